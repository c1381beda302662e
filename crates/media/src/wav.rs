//! The headers of RIFF, RIFX and RF64 WAVE files, read front to back from a source that cannot seek.

use crate::source::Source;
use crate::{Codec, Container, Encoding, MediaError, StreamInfo, Warning};

/// Stated lengths from here up are what recorders write when they cannot go back to correct the header.
const UNKNOWN_LENGTH: u64 = 0x7fff_0000;

/// The first 14 bytes of a `SubFormat` GUID of the media-type family, after the two bytes of the format tag.
const SUBFORMAT_TAIL: [u8; 14] = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];

const EXTENSIBLE: u16 = 0xfffe;

/// What a WAV header says.
pub(crate) struct WavHeader {
    pub(crate) info: StreamInfo,
    pub(crate) encoding: Encoding,
    /// Bytes of audio; `None` when the header was written before the length was known.
    pub(crate) data_bytes: Option<u64>,
    pub(crate) warning: Option<Warning>,
}

struct HeaderReader<'a> {
    source: &'a mut Source,
    big_endian: bool,
    limit: u64,
}

/// Reads everything up to the first byte of audio.
pub(crate) fn read_header(source: &mut Source, limit: u64) -> Result<WavHeader, MediaError> {
    let mut riff = [0; 12];
    HeaderReader { source, big_endian: false, limit }.exact(&mut riff)?;
    let mut reader = HeaderReader { source, big_endian: riff.starts_with(b"RIFX"), limit };
    let mut format = None;
    let mut long_data = None;
    loop {
        let mut head = [0; 8];
        reader.exact(&mut head)?;
        let stated = reader.u32(&head[4..]);
        let size = u64::from(stated);
        match &head[..4] {
            b"fmt " => format = Some(reader.format(size)?),
            b"ds64" => {
                let body = reader.body::<16>(size)?;
                long_data = Some(u64::from(reader.u32(&body[8..])) | u64::from(reader.u32(&body[12..])) << 32);
            }
            b"data" => {
                let Some((info, encoding, warning)) = format else {
                    return Err(mislabelled("the audio comes before any format (`fmt `) chunk".into()));
                };
                let stated = if stated == u32::MAX { long_data.unwrap_or(size) } else { size };
                let known = stated > 0 && (stated < UNKNOWN_LENGTH || long_data.is_some_and(|long| long == stated));
                let data_bytes = known.then_some(stated);
                let frame = u64::from(info.channels) * encoding.bytes() as u64;
                let info = StreamInfo { stated_samples: data_bytes.map(|bytes| bytes / frame), ..info };
                return Ok(WavHeader { info, encoding, data_bytes, warning });
            }
            _ => reader.skip(size + size % 2)?,
        }
    }
}

impl HeaderReader<'_> {
    fn u16(&self, bytes: &[u8]) -> u16 {
        let pair = [bytes[0], bytes[1]];
        if self.big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
    }

    fn u32(&self, bytes: &[u8]) -> u32 {
        let four = [bytes[0], bytes[1], bytes[2], bytes[3]];
        if self.big_endian { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) }
    }

    fn exact(&mut self, buffer: &mut [u8]) -> Result<(), MediaError> {
        self.allow(buffer.len() as u64)?;
        let filled = self.source.fill(buffer)?;
        if filled == buffer.len() { Ok(()) } else { Err(self.truncated()) }
    }

    fn skip(&mut self, count: u64) -> Result<(), MediaError> {
        self.allow(count)?;
        if self.source.skip(count)? == count { Ok(()) } else { Err(self.truncated()) }
    }

    /// The first `N` bytes of a chunk of `size` bytes; the rest is skipped, what is missing reads as 0.
    fn body<const N: usize>(&mut self, size: u64) -> Result<[u8; N], MediaError> {
        let mut body = [0; N];
        let taken = size.min(N as u64) as usize;
        self.exact(&mut body[..taken])?;
        self.skip(size - taken as u64 + size % 2)?;
        Ok(body)
    }

    fn allow(&self, more: u64) -> Result<(), MediaError> {
        let given = self.source.taken().saturating_add(more);
        if given <= self.limit {
            return Ok(());
        }
        Err(MediaError::HeaderTooLarge { container: Container::Wav, given, allowed: self.limit })
    }

    fn truncated(&self) -> MediaError {
        MediaError::Truncated { container: Container::Wav, bytes: self.source.taken() }
    }

    fn format(&mut self, size: u64) -> Result<(StreamInfo, Encoding, Option<Warning>), MediaError> {
        if size < 16 {
            return Err(mislabelled(format!("the format chunk has {size} bytes where at least 16 are needed")));
        }
        let body = self.body::<40>(size)?;
        let mut tag = self.u16(&body);
        let channels = u32::from(self.u16(&body[2..]));
        let rate = self.u32(&body[4..]);
        let byte_rate = self.u32(&body[8..]);
        let frame = u32::from(self.u16(&body[12..]));
        let bits = self.u16(&body[14..]);
        if tag == EXTENSIBLE {
            if size < 40 {
                return Err(mislabelled(format!("an extensible format needs 40 bytes, the chunk has {size}")));
            }
            tag = if body[26..40] == SUBFORMAT_TAIL { u16::from_le_bytes([body[24], body[25]]) } else { EXTENSIBLE };
        }
        let encoding = self.encoding(tag, bits)?;
        let hz = offhook_audio::SampleRate::new(rate)?.hz();
        if !(1..=2).contains(&channels) {
            return Err(MediaError::Channels { given: channels });
        }
        let implied_frame = channels * encoding.bytes() as u32;
        if frame != implied_frame {
            return Err(mislabelled(format!(
                "{channels} channels of {bits}-bit {encoding} make frames of {implied_frame} bytes, stated are {frame}"
            )));
        }
        let warning = check_byte_rate(byte_rate, hz, frame)?;
        let codec = Codec::Pcm(encoding);
        let info = StreamInfo { container: Container::Wav, codec, rate: hz, channels, stated_samples: None };
        Ok((info, encoding, warning))
    }

    fn encoding(&self, tag: u16, bits: u16) -> Result<Encoding, MediaError> {
        let big_endian = self.big_endian;
        match (tag, bits) {
            (1, 8) => Ok(Encoding::Unsigned8),
            (1, 16 | 24 | 32) => Ok(Encoding::Int { bytes: (bits / 8) as u8, big_endian }),
            (3, 32 | 64) => Ok(Encoding::Float { bytes: (bits / 8) as u8, big_endian }),
            (6, 8) => Ok(Encoding::Alaw),
            (7, 8) => Ok(Encoding::Ulaw),
            (1, _) => Err(mislabelled(format!("PCM of {bits} bits; possible are 8, 16, 24 and 32"))),
            (3, _) => Err(mislabelled(format!("floating point of {bits} bits; possible are 32 and 64"))),
            (6, _) => Err(mislabelled(format!("A-law of {bits} bits; it always has 8"))),
            (7, _) => Err(mislabelled(format!("µ-law of {bits} bits; it always has 8"))),
            _ => Err(MediaError::UnsupportedCodec { container: Container::Wav, codec: codec_name(tag) }),
        }
    }
}

/// A byte rate that fits another allowed sample rate leaves two readings, a factor apart in time; any other wrong one is
/// a slip of the writer's.
fn check_byte_rate(given: u32, rate: u32, frame: u32) -> Result<Option<Warning>, MediaError> {
    let implied = rate * frame;
    if given.abs_diff(implied) <= implied / 100 {
        return Ok(None);
    }
    let other = given / frame;
    if given.is_multiple_of(frame) && offhook_audio::SampleRate::new(other).is_ok() {
        return Err(mislabelled(format!(
            "the sample rate is {rate} Hz, but the byte rate of {given} means {other} Hz"
        )));
    }
    Ok(Some(Warning::ByteRateIgnored { given, implied }))
}

fn mislabelled(detail: String) -> MediaError {
    MediaError::Mislabelled { container: Container::Wav, detail }
}

fn codec_name(tag: u16) -> String {
    let name = match tag {
        0x0002 => "MS ADPCM",
        0x0011 => "IMA ADPCM",
        0x0014 | 0x0042 => "G.723.1",
        0x0022 => "TrueSpeech",
        0x0031 | 0x0032 => "GSM 6.10",
        0x0038 => "AMR",
        0x0040 | 0x0045 | 0x0064 => "G.726 ADPCM",
        0x0041 | 0x0044 | 0x0083 => "G.729",
        0x0050 => "MPEG layer I or II",
        0x0055 => "MP3",
        0x0065 | 0x028f => "G.722",
        0x00ff | 0x1610 => "AAC",
        0x0161 | 0x0162 => "Windows Media Audio",
        0x704f => "Opus",
        0xa109 => "Speex",
        0xf1ac => "FLAC",
        EXTENSIBLE => "an unknown extensible subformat",
        _ => return format!("format {tag:#06x}"),
    };
    name.into()
}
