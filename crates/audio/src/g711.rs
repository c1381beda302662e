//! ITU-T G.711: 8-bit µ-law and A-law against 16-bit linear PCM.
//!
//! Decoding is by table; the levels are those of tables 1a and 2a of the recommendation, scaled to 16 bits.

/// What each µ-law byte stands for.
pub const ULAW_TO_LINEAR: [i16; 256] = table(false);

/// What each A-law byte stands for.
pub const ALAW_TO_LINEAR: [i16; 256] = table(true);

/// The 16-bit sample that a µ-law byte stands for.
pub const fn decode_ulaw(byte: u8) -> i16 {
    ULAW_TO_LINEAR[byte as usize]
}

/// The 16-bit sample that an A-law byte stands for.
pub const fn decode_alaw(byte: u8) -> i16 {
    ALAW_TO_LINEAR[byte as usize]
}

/// The µ-law byte nearest to a 16-bit sample.
pub const fn encode_ulaw(sample: i16) -> u8 {
    const BIAS: i32 = 132;
    let magnitude = (sample as i32).abs();
    let magnitude = (if magnitude > 32_635 { 32_635 } else { magnitude }) + BIAS;
    let segment = 24 - magnitude.leading_zeros() as i32;
    let mantissa = (magnitude >> (segment + 3)) & 0x0f;
    let sign = if sample < 0 { 0x80 } else { 0 };
    !(sign | (segment as u8) << 4 | mantissa as u8)
}

/// The A-law byte nearest to a 16-bit sample.
pub const fn encode_alaw(sample: i16) -> u8 {
    let sign = if sample < 0 { 0 } else { 0x80 };
    let magnitude = if sample < 0 { -(sample as i32) - 1 } else { sample as i32 } >> 4;
    let code = if magnitude < 32 {
        magnitude
    } else {
        let segment = 28 - magnitude.leading_zeros() as i32;
        segment << 4 | (magnitude >> (segment - 1)) & 0x0f
    };
    (code as u8 | sign) ^ 0x55
}

const fn table(alaw: bool) -> [i16; 256] {
    let mut levels = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        levels[byte] = if alaw { alaw_level(byte as u8) } else { ulaw_level(byte as u8) };
        byte += 1;
    }
    levels
}

const fn ulaw_level(byte: u8) -> i16 {
    let code = !byte;
    let magnitude = ((((code & 0x0f) as i32) << 3) + 132) << ((code & 0x70) >> 4);
    if code & 0x80 == 0 { (magnitude - 132) as i16 } else { (132 - magnitude) as i16 }
}

const fn alaw_level(byte: u8) -> i16 {
    let code = byte ^ 0x55;
    let segment = (code & 0x70) >> 4;
    let mantissa = ((code & 0x0f) as i32) << 4;
    let magnitude = if segment == 0 { mantissa + 8 } else { (mantissa + 0x108) << (segment - 1) };
    if code & 0x80 == 0 { -magnitude as i16 } else { magnitude as i16 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_levels() {
        assert_eq!(
            [decode_ulaw(0x00), decode_ulaw(0x80), decode_ulaw(0xff), decode_ulaw(0x7f)],
            [-32_124, 32_124, 0, 0]
        );
        assert_eq!(
            [decode_alaw(0xd5), decode_alaw(0x55), decode_alaw(0x2a), decode_alaw(0xaa)],
            [8, -8, -32_256, 32_256]
        );
    }

    #[test]
    fn every_byte_survives_a_round_trip() {
        for byte in 0..=255 {
            assert_eq!(encode_alaw(decode_alaw(byte)), byte);
            // µ-law has two zeros, 0x7f and 0xff, which decode alike.
            let again = encode_ulaw(decode_ulaw(byte));
            assert!(again == byte || byte == 0x7f && again == 0xff, "{byte:#x} {again:#x}");
        }
    }

    #[test]
    fn encoding_picks_the_nearest_level() {
        for sample in i16::MIN..=i16::MAX {
            let error = |level: i16| (i32::from(level) - i32::from(sample)).abs();
            let step = 16 + i32::from(sample).abs() / 16;
            assert!(error(decode_ulaw(encode_ulaw(sample))) <= step, "{sample}");
            assert!(error(decode_alaw(encode_alaw(sample))) <= step, "{sample}");
        }
    }
}
