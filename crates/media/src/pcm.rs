use std::io::Read;

use offhook_audio::g711;

use crate::source::Source;
use crate::{Channel, Container, Encoding, MediaError};

/// Bytes asked of the source at once; at 8 kHz s16 a quarter of a second, if the source has them.
const READ: usize = 4096;

impl Encoding {
    /// Bytes a sample.
    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::Unsigned8 | Self::Ulaw | Self::Alaw => 1,
            Self::Int { bytes, .. } | Self::Float { bytes, .. } => bytes.into(),
        }
    }

    /// The sample, spanning ±1, that these bytes (as many as [`Self::bytes`]) stand for. Not a number counts as 0.
    pub(crate) fn sample(self, bytes: &[u8]) -> f32 {
        let first = bytes.first().copied().unwrap_or(0);
        match self {
            Self::Unsigned8 => (f32::from(first) - 128.0) / 128.0,
            Self::Ulaw => f32::from(g711::decode_ulaw(first)) / 32_768.0,
            Self::Alaw => f32::from(g711::decode_alaw(first)) / 32_768.0,
            Self::Int { big_endian, .. } => {
                let value = word(bytes, big_endian) << (64 - 8 * bytes.len().clamp(1, 8));
                (value as i64 >> 32) as f32 / 2_147_483_648.0
            }
            Self::Float { bytes: width, big_endian } => {
                let bits = word(bytes, big_endian);
                let value = if width == 4 { f32::from_bits(bits as u32) } else { f64::from_bits(bits) as f32 };
                if value.is_nan() { 0.0 } else { value.clamp(-1.0, 1.0) }
            }
        }
    }
}

/// The unsigned number that up to 8 bytes make.
fn word(bytes: &[u8], big_endian: bool) -> u64 {
    let join = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
    if big_endian { bytes.iter().fold(0, join) } else { bytes.iter().rev().fold(0, join) }
}

/// Samples stored one by one, taken from the source as they arrive.
pub(crate) struct PcmStream {
    source: Source,
    container: Container,
    encoding: Encoding,
    channels: u32,
    channel: Channel,
    /// Bytes of audio still expected; `None` when the length is not known.
    left: Option<u64>,
    /// At most one frame's beginning between two calls.
    buffer: Vec<u8>,
    missing: Option<u64>,
    cut_in_frame: bool,
}

impl PcmStream {
    pub(crate) fn new(
        source: Source,
        container: Container,
        encoding: Encoding,
        (channels, channel): (u32, Channel),
        left: Option<u64>,
    ) -> Self {
        Self {
            source,
            container,
            encoding,
            channels,
            channel,
            left,
            buffer: Vec::with_capacity(READ),
            missing: None,
            cut_in_frame: false,
        }
    }

    /// Appends what the source gives in one go to `out`; false at the end.
    pub(crate) fn next(&mut self, out: &mut Vec<f32>) -> Result<bool, MediaError> {
        let frame = self.encoding.bytes() * self.channels as usize;
        while self.buffer.len() < frame {
            let have = self.buffer.len();
            let wanted = (READ - have).min(usize::try_from(self.left.unwrap_or(u64::MAX)).unwrap_or(READ));
            self.buffer.resize(have + wanted, 0);
            let read = self.source.read(&mut self.buffer[have..]);
            self.buffer.truncate(have + *read.as_ref().unwrap_or(&0));
            let read = read?;
            if read == 0 {
                self.missing = self.left.filter(|&left| left > 0);
                self.cut_in_frame = have > 0 && self.left != Some(0);
                return Ok(false);
            }
            self.left = self.left.map(|left| left - read as u64);
        }
        let whole = self.buffer.len() - self.buffer.len() % frame;
        let width = self.encoding.bytes();
        out.extend(self.buffer[..whole].chunks_exact(frame).map(|frame| {
            let left = self.encoding.sample(&frame[..width]);
            if frame.len() == width { left } else { self.channel.pick(left, self.encoding.sample(&frame[width..])) }
        }));
        self.buffer.drain(..whole);
        Ok(true)
    }

    /// Bytes that were stated but did not come, or `None` inside if only a frame is cut.
    pub(crate) fn truncation(&self) -> Option<Option<u64>> {
        if self.missing.is_some() { Some(self.missing) } else { self.cut_in_frame.then_some(None) }
    }

    pub(crate) fn container(&self) -> Container {
        self.container
    }

    pub(crate) fn bytes_taken(&self) -> u64 {
        self.source.taken()
    }
}
