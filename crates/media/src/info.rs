use std::fmt;

use crate::RawFormat;

/// What a source was found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamInfo {
    /// The container, by content.
    pub container: Container,
    /// How the audio is coded in it.
    pub codec: Codec,
    /// Samples a second before conversion to 8 kHz. Opus has no rate of its own and says 48,000.
    pub rate: u32,
    /// Channels before one was taken.
    pub channels: u32,
    /// The length in samples at [`Self::rate`], if the header states one that can be believed.
    pub stated_samples: Option<u64>,
}

/// A container that is read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Container {
    /// RIFF, RIFX or RF64 WAVE.
    Wav,
    /// The `.snd` header of Sun and NeXT.
    Au,
    /// A bare MPEG audio stream, with or without ID3 tags.
    Mp3,
    /// Ogg (RFC 3533).
    Ogg,
    /// WebM or Matroska.
    WebM,
    /// No header at all.
    Raw,
}

impl Container {
    /// The name for people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Wav => "WAV",
            Self::Au => "AU",
            Self::Mp3 => "MP3",
            Self::Ogg => "Ogg",
            Self::WebM => "WebM",
            Self::Raw => "raw audio",
        }
    }
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How audio is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// Samples stored one by one.
    Pcm(Encoding),
    /// MPEG-1, 2 or 2.5 audio layer III.
    Mp3,
    /// Opus (RFC 6716).
    Opus,
}

/// How one sample is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// 8-bit unsigned PCM, silence at 128.
    Unsigned8,
    /// Signed PCM of 1 to 4 bytes.
    Int {
        /// Bytes a sample.
        bytes: u8,
        /// Whether the most significant byte comes first.
        big_endian: bool,
    },
    /// IEEE 754 floating point of 4 or 8 bytes, full scale at ±1.
    Float {
        /// Bytes a sample.
        bytes: u8,
        /// Whether the most significant byte comes first.
        big_endian: bool,
    },
    /// ITU-T G.711 µ-law.
    Ulaw,
    /// ITU-T G.711 A-law.
    Alaw,
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pcm(encoding) => encoding.fmt(f),
            Self::Mp3 => f.write_str("MP3"),
            Self::Opus => f.write_str("Opus"),
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = |big_endian| if big_endian { "big-endian" } else { "little-endian" };
        match *self {
            Self::Unsigned8 => f.write_str("8-bit PCM"),
            Self::Int { bytes, big_endian } => write!(f, "{}-bit {} PCM", bytes * 8, order(big_endian)),
            Self::Float { bytes, big_endian } => write!(f, "{}-bit {} float", bytes * 8, order(big_endian)),
            Self::Ulaw => f.write_str("µ-law"),
            Self::Alaw => f.write_str("A-law"),
        }
    }
}

/// Something about a source that is worth telling a person but did not stop decoding.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// The source ended before the length its header states, or in the middle of a packet. What was there is decoded.
    Truncated {
        /// Bytes of audio still owed, where the header tells.
        missing_bytes: Option<u64>,
    },
    /// The format was guessed from the statistics of headerless bytes.
    Guessed(RawFormat),
    /// The header's byte rate is not the rate times the frame size, and no other rate fits it; it was ignored.
    ByteRateIgnored {
        /// The byte rate in the header.
        given: u32,
        /// What the rest of the header implies.
        implied: u32,
    },
    /// Packets could not be decoded; silence or concealment of their length stands in for them.
    DamagedPackets {
        /// How many so far.
        count: u64,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { missing_bytes: Some(bytes) } => {
                write!(f, "the source is cut short: {bytes} bytes of audio are missing")
            }
            Self::Truncated { missing_bytes: None } => write!(f, "the source is cut short"),
            Self::Guessed(format) => write!(f, "no header: guessed {format} from the content; name it to be sure"),
            Self::ByteRateIgnored { given, implied } => {
                write!(f, "the header's byte rate of {given} was ignored: its other fields imply {implied}")
            }
            Self::DamagedPackets { count } => write!(f, "{count} damaged packets were replaced"),
        }
    }
}
