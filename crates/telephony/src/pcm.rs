//! Bytes of a media stream to 16-bit mono PCM at 8 kHz.

use offhook_audio::{ResampleError, Resampler, SampleRate, g711};

/// How a sample is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// 16-bit PCM, least significant byte first.
    #[default]
    Linear16,
    /// ITU-T G.711 µ-law.
    Mulaw,
    /// ITU-T G.711 A-law.
    Alaw,
}

impl Encoding {
    /// The words for all encodings.
    pub const WORDS: &'static str = "linear16, mulaw or alaw";

    /// The encoding of this name; `pcm`, `l16`, `ulaw`, `pcmu` and `pcma` are understood too.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "linear16" | "pcm" | "l16" | "s16le" => Some(Self::Linear16),
            "mulaw" | "ulaw" | "pcmu" => Some(Self::Mulaw),
            "alaw" | "pcma" => Some(Self::Alaw),
            _ => None,
        }
    }

    /// Bytes a sample.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Linear16 => 2,
            Self::Mulaw | Self::Alaw => 1,
        }
    }

    fn sample(self, bytes: &[u8]) -> i16 {
        match (self, bytes) {
            (Self::Linear16, &[low, high, ..]) => i16::from_le_bytes([low, high]),
            (Self::Mulaw, &[byte, ..]) => g711::decode_ulaw(byte),
            (Self::Alaw, &[byte, ..]) => g711::decode_alaw(byte),
            _ => 0,
        }
    }
}

/// Which channel of a stereo stream is listened to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Side {
    /// The first.
    Left,
    /// The second.
    Right,
    /// The mean of both.
    #[default]
    Mix,
}

impl Side {
    /// `left`, `right` or `mix`.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "left" => Some(Self::Left),
            "right" => Some(Self::Right),
            "mix" => Some(Self::Mix),
            _ => None,
        }
    }
}

/// The format of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PcmFormat {
    /// How a sample is written.
    pub encoding: Encoding,
    /// Samples a second.
    pub rate: SampleRate,
    /// 1 or 2, interleaved.
    pub channels: u8,
    /// Which channel is listened to.
    pub side: Side,
}

impl PcmFormat {
    /// The telephone network's own in America and Japan: G.711 µ-law, mono, 8 kHz.
    pub const MULAW: Self =
        Self { encoding: Encoding::Mulaw, rate: SampleRate::TELEPHONE, channels: 1, side: Side::Mix };
}

impl Default for PcmFormat {
    fn default() -> Self {
        Self { encoding: Encoding::default(), rate: SampleRate::TELEPHONE, channels: 1, side: Side::Mix }
    }
}

/// A stream that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PcmError {
    /// Neither mono nor stereo.
    #[error("channels: given {0}, allowed is 1 or 2")]
    Channels(u8),
    /// The rate cannot be converted.
    #[error(transparent)]
    Resample(#[from] ResampleError),
}

/// Reads the bytes of one stream, however they are cut.
#[derive(Debug)]
pub struct PcmReader {
    format: PcmFormat,
    /// `None` at 8 kHz.
    resampler: Option<Box<Resampling>>,
    /// The beginning of a frame whose rest has not come: at most three bytes.
    rest: [u8; 4],
    held: usize,
}

#[derive(Debug)]
struct Resampling {
    resampler: Resampler,
    input: Vec<f32>,
    output: Vec<f32>,
}

impl PcmReader {
    /// A reader of this format.
    ///
    /// # Errors
    /// The number of channels or the rate is not allowed.
    pub fn new(format: PcmFormat) -> Result<Self, PcmError> {
        if !(1..=2).contains(&format.channels) {
            return Err(PcmError::Channels(format.channels));
        }
        let resampler = if format.rate == SampleRate::TELEPHONE {
            None
        } else {
            let resampler = Resampler::new(format.rate, SampleRate::TELEPHONE)?;
            Some(Box::new(Resampling { resampler, input: Vec::new(), output: Vec::new() }))
        };
        Ok(Self { format, resampler, rest: [0; 4], held: 0 })
    }

    /// The format that is read.
    pub fn format(&self) -> PcmFormat {
        self.format
    }

    /// Takes the next bytes and appends to `into` the 8 kHz samples that can be told so far. A frame that is cut by the
    /// end of `bytes` is kept until its rest comes.
    ///
    /// # Errors
    /// The rate conversion failed.
    pub fn push(&mut self, bytes: &[u8], into: &mut Vec<i16>) -> Result<(), PcmError> {
        let frame = self.format.encoding.bytes() * usize::from(self.format.channels);
        let mut bytes = bytes;
        if self.held > 0 {
            let missing = (frame - self.held).min(bytes.len());
            self.rest[self.held..self.held + missing].copy_from_slice(&bytes[..missing]);
            self.held += missing;
            bytes = &bytes[missing..];
            if self.held == frame {
                self.held = 0;
                let rest = self.rest;
                self.frames(&rest[..frame], frame, into)?;
            }
        }
        let whole = bytes.len() / frame * frame;
        self.frames(&bytes[..whole], frame, into)?;
        let cut = &bytes[whole..];
        self.rest[self.held..self.held + cut.len()].copy_from_slice(cut);
        self.held += cut.len();
        Ok(())
    }

    /// How many 8 kHz samples `bytes` of this stream stand for: for counting what was lost.
    pub fn samples_in(&self, bytes: u64) -> u64 {
        let frame = self.format.encoding.bytes() as u64 * u64::from(self.format.channels);
        bytes / frame * u64::from(SampleRate::TELEPHONE.hz()) / u64::from(self.format.rate.hz())
    }

    fn frames(&mut self, bytes: &[u8], frame: usize, into: &mut Vec<i16>) -> Result<(), PcmError> {
        let PcmFormat { encoding, channels, side, .. } = self.format;
        let width = encoding.bytes();
        let samples = bytes.chunks_exact(frame).map(|frame| {
            let left = encoding.sample(frame);
            if channels == 1 {
                return left;
            }
            let right = encoding.sample(&frame[width..]);
            match side {
                Side::Left => left,
                Side::Right => right,
                Side::Mix => ((i32::from(left) + i32::from(right)) / 2) as i16,
            }
        });
        let Some(resampling) = &mut self.resampler else {
            into.extend(samples);
            return Ok(());
        };
        let Resampling { resampler, input, output } = &mut **resampling;
        input.clear();
        output.clear();
        input.extend(samples.map(|sample| f32::from(sample) / 32_768.0));
        resampler.push(input, output)?;
        into.extend(output.iter().map(|sample| (sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(format: PcmFormat, pieces: &[&[u8]]) -> Vec<i16> {
        let mut reader = PcmReader::new(format).unwrap();
        let mut samples = Vec::new();
        for piece in pieces {
            reader.push(piece, &mut samples).unwrap();
        }
        samples
    }

    proptest! {
        #[test]
        fn cuts_change_nothing(
            bytes in prop::collection::vec(any::<u8>(), 0..900),
            cuts in prop::collection::vec(0usize..900, 0..6),
            encoding in prop::sample::select(vec![Encoding::Linear16, Encoding::Mulaw, Encoding::Alaw]),
            hz in prop::sample::select(vec![8_000u32, 16_000, 44_100]),
            channels in 1u8..=2,
        ) {
            let format = PcmFormat { encoding, rate: SampleRate::new(hz).unwrap(), channels, side: Side::Mix };
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.sort_unstable();
            let mut pieces = Vec::new();
            let mut from = 0;
            for cut in cuts {
                pieces.push(&bytes[from..cut]);
                from = cut;
            }
            pieces.push(&bytes[from..]);
            prop_assert_eq!(read(format, &pieces), read(format, &[&bytes]));
        }
    }

    #[test]
    fn stereo_gives_the_side_asked_for() {
        let bytes = [100i16, -100, 30, 10].iter().flat_map(|s| s.to_le_bytes()).collect::<Vec<_>>();
        let of = |side| read(PcmFormat { channels: 2, side, ..PcmFormat::default() }, &[&bytes]);
        assert_eq!(of(Side::Left), [100, 30]);
        assert_eq!(of(Side::Right), [-100, 10]);
        assert_eq!(of(Side::Mix), [0, 20]);
    }

    #[test]
    fn three_channels_are_refused() {
        let format = PcmFormat { channels: 3, ..PcmFormat::default() };
        assert_eq!(PcmReader::new(format).unwrap_err().to_string(), "channels: given 3, allowed is 1 or 2");
    }

    #[test]
    fn sixteen_kilohertz_keeps_time() {
        let format = PcmFormat { rate: SampleRate::new(16_000).unwrap(), ..PcmFormat::default() };
        let reader = PcmReader::new(format).unwrap();
        assert_eq!(reader.samples_in(640), 160);
        let samples = read(format, &[&vec![0u8; 32_000]]);
        assert!((7_800..=8_000).contains(&samples.len()), "{}", samples.len());
    }
}
