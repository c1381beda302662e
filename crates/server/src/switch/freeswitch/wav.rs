//! The header of a WAV file that is still written: its sizes are not yet true and are not looked at.

use offhook_audio::SampleRate;
use offhook_telephony::{Encoding, PcmFormat, Side};

/// The longest header that is read, in bytes.
const LONGEST: usize = 64 << 10;

/// A header that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "recording: given {0}, allowed is a WAV file of 16-bit PCM, A-law or mu-law, 8000 to 48000 Hz, 1 or 2 channels"
)]
pub(super) struct WavError(String);

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// The format and where the audio begins; `None` while the header is not whole.
///
/// # Errors
/// It is no WAV file, or none that is read.
pub(super) fn header(bytes: &[u8]) -> Result<Option<(PcmFormat, usize)>, WavError> {
    let refuse = |given: String| Err(WavError(given));
    let magic = bytes.get(..12);
    if magic.is_some_and(|magic| &magic[..4] != b"RIFF" || &magic[8..] != b"WAVE") {
        return refuse("no RIFF WAVE".into());
    }
    let mut at = 12;
    let mut format = None;
    while at <= LONGEST {
        let (Some(name), Some(length)) = (bytes.get(at..at + 4), u32_at(bytes, at + 4)) else { return Ok(None) };
        let from = at + 8;
        if name == b"data" {
            let Some(format) = format else { return refuse("data before a format".into()) };
            return Ok(Some((format, from)));
        }
        if name == b"fmt " {
            let (Some(tag), Some(channels), Some(rate), Some(bits)) =
                (u16_at(bytes, from), u16_at(bytes, from + 2), u32_at(bytes, from + 4), u16_at(bytes, from + 14))
            else {
                return Ok(None);
            };
            format = Some(read(tag, channels, rate, bits)?);
        }
        // Chunks begin at even places.
        at = from + length as usize + (length as usize & 1);
    }
    refuse(format!("no data within {LONGEST} bytes"))
}

fn read(tag: u16, channels: u16, rate: u32, bits: u16) -> Result<PcmFormat, WavError> {
    let given = || WavError(format!("format {tag}, {bits} bits, {rate} Hz, {channels} channels"));
    let encoding = match (tag, bits) {
        (1, 16) => Encoding::Linear16,
        (6, 8) => Encoding::Alaw,
        (7, 8) => Encoding::Mulaw,
        _ => return Err(given()),
    };
    let rate = SampleRate::new(rate).map_err(|_| given())?;
    // The far party is recorded on the left.
    let side = match channels {
        1 => Side::Mix,
        2 => Side::Left,
        _ => return Err(given()),
    };
    Ok(PcmFormat { encoding, rate, channels: channels as u8, side })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wav(tag: u16, channels: u16, rate: u32, bits: u16, before: &[u8]) -> Vec<u8> {
        let mut bytes = b"RIFF\0\0\0\0WAVE".to_vec();
        if !before.is_empty() {
            bytes.extend_from_slice(b"LIST");
            bytes.extend_from_slice(&(before.len() as u32).to_le_bytes());
            bytes.extend_from_slice(before);
            bytes.resize(bytes.len() + before.len() % 2, 0);
        }
        bytes.extend_from_slice(b"fmt \x10\0\0\0");
        bytes.extend_from_slice(&tag.to_le_bytes());
        bytes.extend_from_slice(&channels.to_le_bytes());
        bytes.extend_from_slice(&rate.to_le_bytes());
        bytes.extend_from_slice(&[0; 6]);
        bytes.extend_from_slice(&bits.to_le_bytes());
        bytes.extend_from_slice(b"data\0\0\0\0");
        bytes
    }

    #[test]
    fn headers_of_files_that_grow_are_read_however_they_are_cut() {
        for (tag, channels, rate, bits, encoding) in [
            (1, 1, 8_000, 16, Encoding::Linear16),
            (1, 2, 16_000, 16, Encoding::Linear16),
            (7, 1, 8_000, 8, Encoding::Mulaw),
            (6, 1, 8_000, 8, Encoding::Alaw),
        ] {
            let bytes = wav(tag, channels, rate, bits, b"odd");
            for cut in 0..bytes.len() - 4 {
                assert_eq!(header(&bytes[..cut]), Ok(None), "{cut}");
            }
            let (format, from) = header(&bytes).unwrap().unwrap();
            assert_eq!(from, bytes.len());
            assert_eq!((format.encoding, format.rate.hz(), u16::from(format.channels)), (encoding, rate, channels));
        }
    }

    #[test]
    fn what_is_no_wav_is_said() {
        for (bytes, named) in [
            (b"ID3\x03........".to_vec(), "no RIFF"),
            (wav(3, 1, 8_000, 32, b""), "format 3, 32 bits"),
            (wav(1, 6, 8_000, 16, b""), "6 channels"),
            (wav(1, 1, 4_000, 16, b""), "4000 Hz"),
            (b"RIFF....WAVEdata....".to_vec(), "data before"),
        ] {
            let error = header(&bytes).unwrap_err().to_string();
            assert!(error.contains(named) && error.contains("allowed"), "{error}");
        }
        let long = wav(1, 1, 8_000, 16, &vec![0; LONGEST]);
        assert!(header(&long).unwrap_err().to_string().contains("no data within"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), begin in any::<bool>()) {
            let mut all = if begin { b"RIFF\0\0\0\0WAVE".to_vec() } else { Vec::new() };
            all.extend(bytes);
            let _ = header(&all);
        }
    }
}
