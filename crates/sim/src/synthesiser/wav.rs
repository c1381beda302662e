/// What a synthesiser wrote: the first channel of a 16-bit PCM WAV.
#[derive(Debug, PartialEq)]
pub(super) struct Wave {
    /// Samples a second.
    pub(super) rate: u32,
    /// ±1.
    pub(super) samples: Vec<f32>,
}

impl Wave {
    /// Reads a WAV whose lengths may be wrong, as in a stream that was begun before its length was known: the data end
    /// where the bytes end at the latest, and there if their length is given as zero. The error says what was found instead.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, &'static str> {
        if bytes.get(..4) != Some(b"RIFF") || bytes.get(8..12) != Some(b"WAVE") {
            return Err(if bytes.is_empty() { "nothing" } else { "something that is not RIFF" });
        }
        let mut rest = &bytes[12..];
        let mut format = None;
        while let Some((header, body)) = rest.split_at_checked(8) {
            let length = usize::try_from(u32::from_le_bytes([header[4], header[5], header[6], header[7]]));
            let length = length.unwrap_or(usize::MAX).min(body.len());
            match (&header[..4], format) {
                (b"fmt ", _) => format = Some(read_format(&body[..length])?),
                (b"data", Some((rate, channels))) => {
                    let data = if length == 0 { body } else { &body[..length] };
                    let frames = data.chunks_exact(2 * channels);
                    let samples = frames.map(|frame| f32::from(i16::from_le_bytes([frame[0], frame[1]])) / 32_768.0);
                    return Ok(Self { rate, samples: samples.collect() });
                }
                _ => {}
            }
            rest = body.get(length + length % 2..).unwrap_or_default();
        }
        Err("a WAV without samples")
    }
}

fn read_format(body: &[u8]) -> Result<(u32, usize), &'static str> {
    match body {
        [1, 0, channels @ 1..=8, 0, a, b, c, d, _, _, _, _, _, _, 16, 0, ..] => {
            Ok((u32::from_le_bytes([*a, *b, *c, *d]), usize::from(*channels)))
        }
        _ => Err("a WAV of another format"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wav(length: u32, bits: u8) -> Vec<u8> {
        let mut bytes = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
        bytes.extend(22_050u32.to_le_bytes());
        bytes.extend([0, 0, 0, 0, 2, 0, bits, 0]);
        bytes.extend(b"data");
        bytes.extend(length.to_le_bytes());
        bytes.extend([0, 0x40, 0, 0xc0, 7]);
        bytes
    }

    #[test]
    fn lengths_may_be_wrong() {
        for length in [0, 4, 0x7fff_f000] {
            assert_eq!(Wave::parse(&wav(length, 16)), Ok(Wave { rate: 22_050, samples: vec![0.5, -0.5] }));
        }
    }

    #[test]
    fn other_things_are_refused() {
        assert_eq!(Wave::parse(b""), Err("nothing"));
        assert_eq!(Wave::parse(b"ID3..."), Err("something that is not RIFF"));
        assert_eq!(Wave::parse(&wav(4, 8)), Err("a WAV of another format"));
        let whole = wav(4, 16);
        for cut in 0..whole.len() - 5 {
            assert!(Wave::parse(&whole[..cut]).is_err() || cut >= 44, "{cut}");
        }
    }
}
