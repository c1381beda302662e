use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use offhook_audio::SampleRate;

use crate::{Codec, Encoding, MediaError};

/// How to read a source. The default recognises everything by content, mixes stereo to mono and sets no length limit.
#[derive(Clone, Debug)]
pub struct DecodeOptions {
    /// Which channel to take from stereo, where each party of a call often has its own.
    pub channel: Channel,
    /// The format of headerless audio. `Some`: the source is raw and nothing is guessed; a source that is visibly a
    /// container is then an error. `None`: recognised by content.
    pub raw: Option<RawFormat>,
    /// The most bytes a header, with all chunks and tags before the audio, may take. Raising it lets in files with larger
    /// embedded pictures. Memory use does not grow with it for WAV and MP3.
    pub max_header_bytes: u64,
    /// The longest audio accepted, in media time; `None` for no limit. Longer audio ends in [`MediaError::TooLong`].
    pub max_duration: Option<Duration>,
}

impl Default for DecodeOptions {
    fn default() -> Self {
        Self { channel: Channel::Mix, raw: None, max_header_bytes: 16 << 20, max_duration: None }
    }
}

/// A channel of stereo audio, or both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Channel {
    /// The first channel; the only one of mono audio.
    Left,
    /// The second channel.
    Right,
    /// The mean of both; the only channel of mono audio.
    #[default]
    Mix,
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Left => "left",
            Self::Right => "right",
            Self::Mix => "mix",
        })
    }
}

impl Channel {
    /// Whether audio of so many channels has this one.
    pub(crate) fn check(self, channels: u32) -> Result<(), MediaError> {
        match channels {
            1 if self == Self::Right => Err(MediaError::NoSuchChannel { asked: self }),
            1 | 2 => Ok(()),
            given => Err(MediaError::Channels { given }),
        }
    }

    /// The sample to keep of a stereo frame.
    pub(crate) fn pick(self, left: f32, right: f32) -> f32 {
        match self {
            Self::Left => left,
            Self::Right => right,
            Self::Mix => (left + right) / 2.0,
        }
    }
}

/// The format of headerless mono audio: written `s16le@8000`, `s16be@16000`, `ulaw`, `alaw@16000`. Without `@` the rate
/// is 8,000 Hz.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RawFormat {
    /// How a sample is stored.
    pub encoding: RawEncoding,
    /// Samples a second.
    pub rate: SampleRate,
}

/// How headerless audio stores a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RawEncoding {
    /// 16-bit linear PCM, least significant byte first.
    S16Le,
    /// 16-bit linear PCM, most significant byte first.
    S16Be,
    /// ITU-T G.711 µ-law, 8 bits.
    Ulaw,
    /// ITU-T G.711 A-law, 8 bits.
    Alaw,
}

impl RawEncoding {
    const ALL: [(Self, &str); 4] =
        [(Self::S16Le, "s16le"), (Self::S16Be, "s16be"), (Self::Ulaw, "ulaw"), (Self::Alaw, "alaw")];

    /// What a codec is called where there is no header; `None` for those that need one.
    pub fn of(codec: Codec) -> Option<Self> {
        Self::ALL.into_iter().map(|(encoding, _)| encoding).find(|encoding| Codec::Pcm(encoding.encoding()) == codec)
    }

    pub(crate) fn encoding(self) -> Encoding {
        match self {
            Self::S16Le => Encoding::Int { bytes: 2, big_endian: false },
            Self::S16Be => Encoding::Int { bytes: 2, big_endian: true },
            Self::Ulaw => Encoding::Ulaw,
            Self::Alaw => Encoding::Alaw,
        }
    }
}

impl fmt::Display for RawEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL.iter().find(|(encoding, _)| encoding == self).map_or("", |(_, name)| name))
    }
}

impl fmt::Display for RawFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.encoding, self.rate.hz())
    }
}

impl FromStr for RawFormat {
    type Err = MediaError;

    fn from_str(given: &str) -> Result<Self, MediaError> {
        let unknown = || MediaError::UnknownRawFormat { given: given.into() };
        let (name, rate) = given.split_once('@').unwrap_or((given, "8000"));
        let (encoding, _) = RawEncoding::ALL.into_iter().find(|(_, known)| *known == name).ok_or_else(unknown)?;
        let hz = rate.parse().map_err(|_| unknown())?;
        Ok(Self { encoding, rate: SampleRate::new(hz)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_formats_read_as_they_are_written() {
        for text in ["s16le@8000", "s16be@16000", "ulaw@8000", "alaw@48000"] {
            assert_eq!(text.parse::<RawFormat>().unwrap().to_string(), text);
        }
        assert_eq!("ulaw".parse::<RawFormat>().unwrap().to_string(), "ulaw@8000");
        for text in ["", "pcm", "s16le@", "s16le@x", "ulaw@8000@", "s16LE"] {
            let error = text.parse::<RawFormat>().unwrap_err();
            assert!(error.to_string().contains("allowed are s16le"), "{text}: {error}");
        }
        assert!(matches!("ulaw@4000".parse::<RawFormat>(), Err(MediaError::Rate(_))));
    }
}
