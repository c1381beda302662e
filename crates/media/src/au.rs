//! The `.snd` header of Sun and NeXT audio: six big-endian 32-bit words, then a comment.

use crate::source::Source;
use crate::{Codec, Container, Encoding, MediaError, StreamInfo};

/// What an AU header says.
pub(crate) struct AuHeader {
    pub(crate) info: StreamInfo,
    pub(crate) encoding: Encoding,
    /// Bytes of audio; `None` when the header was written before the length was known.
    pub(crate) data_bytes: Option<u64>,
}

/// Reads everything up to the first byte of audio.
pub(crate) fn read_header(source: &mut Source, limit: u64) -> Result<AuHeader, MediaError> {
    let container = Container::Au;
    let mut head = [0; 24];
    if source.fill(&mut head)? < head.len() {
        return Err(MediaError::Truncated { container, bytes: source.taken() });
    }
    let word = |n: usize| u32::from_be_bytes([head[4 * n], head[4 * n + 1], head[4 * n + 2], head[4 * n + 3]]);
    let (offset, length, code, rate, channels) = (word(1), word(2), word(3), word(4), word(5));
    if offset < 24 {
        let detail = format!("the audio is said to start at byte {offset}, within the header of 24");
        return Err(MediaError::Mislabelled { container, detail });
    }
    if u64::from(offset) > limit {
        return Err(MediaError::HeaderTooLarge { container, given: offset.into(), allowed: limit });
    }
    let encoding = match code {
        1 => Encoding::Ulaw,
        2 => Encoding::Int { bytes: 1, big_endian: true },
        3..=5 => Encoding::Int { bytes: code as u8 - 1, big_endian: true },
        6 | 7 => Encoding::Float { bytes: (code as u8 - 5) * 4, big_endian: true },
        27 => Encoding::Alaw,
        23 => return Err(MediaError::UnsupportedCodec { container, codec: "G.726 ADPCM".into() }),
        24 => return Err(MediaError::UnsupportedCodec { container, codec: "G.722".into() }),
        _ => return Err(MediaError::UnsupportedCodec { container, codec: format!("format {code}") }),
    };
    let rate = offhook_audio::SampleRate::new(rate)?.hz();
    if !(1..=2).contains(&channels) {
        return Err(MediaError::Channels { given: channels });
    }
    let comment = u64::from(offset) - 24;
    if source.skip(comment)? < comment {
        return Err(MediaError::Truncated { container, bytes: source.taken() });
    }
    let data_bytes = (length > 0 && length < u32::MAX).then_some(u64::from(length));
    let frame = u64::from(channels) * encoding.bytes() as u64;
    let stated_samples = data_bytes.map(|bytes| bytes / frame);
    let info = StreamInfo { container, codec: Codec::Pcm(encoding), rate, channels, stated_samples };
    Ok(AuHeader { info, encoding, data_bytes })
}
