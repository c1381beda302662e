//! The four bytes that begin each frame of an MPEG audio stream (ISO/IEC 11172-3 and 13818-3).

/// Kilobits a second of layer III, by index; 0 stands for those that cannot be walked through.
const KBITS_V1: [usize; 16] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0];
const KBITS_V2: [usize; 16] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0];

/// Frames that must follow each other for bytes to pass as MP3.
const FRAMES: usize = 3;

/// The frame length in bytes and the fields that stay the same from frame to frame, if these bytes begin a layer III
/// frame.
fn frame(bytes: &[u8]) -> Option<(usize, [u8; 2])> {
    let &[sync, version, rates, _, ..] = bytes else { return None };
    if sync != 0xff || version & 0xe6 != 0xe2 {
        return None;
    }
    let (is_v1, halvings) = match version >> 3 & 3 {
        3 => (true, 0),
        2 => (false, 1),
        0 => (false, 2),
        _ => return None,
    };
    let hz = *[44_100, 48_000, 32_000].get(usize::from(rates >> 2 & 3))? >> halvings;
    let kbits = if is_v1 { KBITS_V1 } else { KBITS_V2 }[usize::from(rates >> 4)];
    if kbits == 0 {
        return None;
    }
    let slots = if is_v1 { 144_000 } else { 72_000 };
    Some((slots * kbits / hz + usize::from(rates >> 1 & 1), [version & 0xfe, rates & 0x0c]))
}

/// Where MP3 frames begin in `bytes`, at most `within` bytes in: three alike in a row, or fewer if the bytes end there.
pub(crate) fn find_frames(bytes: &[u8], within: usize) -> Option<usize> {
    (0..bytes.len().min(within)).find(|&start| {
        let mut at = start;
        let mut fixed = None;
        for found in 0..FRAMES {
            if found > 0 && start == 0 && at >= bytes.len() {
                return true;
            }
            match frame(bytes.get(at..).unwrap_or(&[])) {
                Some((length, fields)) if *fixed.get_or_insert(fields) == fields => at += length,
                _ => return false,
            }
        }
        true
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_found_and_silence_is_not() {
        // MPEG-1 layer III, 128 kbit/s, 44.1 kHz: 417 bytes.
        let mut stream = vec![0; 4 * 417];
        for n in 0..4 {
            stream[n * 417..n * 417 + 4].copy_from_slice(&[0xff, 0xfb, 0x90, 0x00]);
        }
        assert_eq!(find_frames(&stream, 1), Some(0));
        assert_eq!(find_frames(&stream[100..], 1_000), Some(317));
        assert_eq!(find_frames(&stream[..417], 1), Some(0));
        for byte in [0x00, 0xff, 0xd5, 0x7f] {
            assert_eq!(find_frames(&[byte; 8_192], 4_096), None);
        }
    }
}
