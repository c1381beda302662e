use std::io;

use offhook_audio::{ResampleError, SampleRateError};

use crate::{Channel, Container, RawFormat};

/// Why bytes could not be turned into audio. Each message says what was found and what to do next.
///
/// [`MediaError::kind`] sorts them coarsely for exit codes and counters.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MediaError {
    /// There was not a single byte.
    #[error("the source is empty: check that something is written to it")]
    Empty,
    /// The container is intact but holds no audio.
    #[error("this {container} holds no audio: check that the recording was made")]
    NoAudio {
        /// What the bytes were recognised as.
        container: Container,
    },
    /// The source ended before the first sample could be decoded.
    #[error("this {container} ends after {bytes} bytes, before its first sample: get the whole file")]
    Truncated {
        /// What the bytes were recognised as.
        container: Container,
        /// Bytes read in all.
        bytes: u64,
    },
    /// The header contradicts itself, so any reading of it may be wrong.
    #[error("the {container} header is not true to itself: {detail}; correct it, or strip it and name a raw format")]
    Mislabelled {
        /// What the bytes were recognised as.
        container: Container,
        /// Which fields contradict each other, with their values.
        detail: String,
    },
    /// A rate outside 8,000 to 48,000 Hz, zero included.
    #[error(transparent)]
    Rate(#[from] SampleRateError),
    /// Neither mono nor stereo.
    #[error("{given} channels are not supported: allowed are 1 and 2; take the channels apart first")]
    Channels {
        /// The number of channels in the header.
        given: u32,
    },
    /// A channel was asked for that the audio does not have.
    #[error("the {asked} channel was asked for, but the audio has 1 channel: ask for left or mix")]
    NoSuchChannel {
        /// The channel that was asked for.
        asked: Channel,
    },
    /// More header than [`DecodeOptions::max_header_bytes`](crate::DecodeOptions::max_header_bytes).
    #[error("the {container} header needs {given} bytes, allowed are {allowed}: raise the limit or strip the header")]
    HeaderTooLarge {
        /// What the bytes were recognised as.
        container: Container,
        /// The size that the header states or reached, in bytes.
        given: u64,
        /// The limit in bytes.
        allowed: u64,
    },
    /// Longer than [`DecodeOptions::max_duration`](crate::DecodeOptions::max_duration).
    #[error("the audio is longer than the {} s allowed: cut it or raise the limit", allowed.as_secs_f64())]
    TooLong {
        /// The limit.
        allowed: std::time::Duration,
    },
    /// A known file format that is not read here.
    #[error("{name} is not supported: convert it to WAV, MP3, Ogg Opus or WebM Opus first")]
    UnsupportedContainer {
        /// The format's name.
        name: &'static str,
    },
    /// A container that is read here, with a codec in it that is not.
    #[error("{codec} in {container} is not supported: convert it to PCM, µ-law or A-law WAV first")]
    UnsupportedCodec {
        /// What the bytes were recognised as.
        container: Container,
        /// The codec's name, or its number if the number is unknown.
        codec: String,
    },
    /// The bytes are something else than audio.
    #[error("this is no audio: {reason}; give the recording itself")]
    NotAudio {
        /// What they are.
        reason: &'static str,
    },
    /// The bytes are no known format, and which raw format they are, if any, could not be told.
    #[error("{reason}: if it is raw audio, name its format, such as ulaw or s16le@8000")]
    UnknownFormat {
        /// Why it could not be told.
        reason: &'static str,
    },
    /// A raw format was named, but the bytes are a known container.
    #[error("the source is said to be raw {given}, but it is a {found}: leave the raw format out")]
    NotRaw {
        /// The raw format that was named.
        given: RawFormat,
        /// What the bytes are.
        found: &'static str,
    },
    /// The container or the coded audio in it is damaged beyond use.
    #[error("this {container} is damaged: {detail}; get an intact copy")]
    Corrupt {
        /// What the bytes were recognised as.
        container: Container,
        /// What was found.
        detail: String,
    },
    /// A raw format that is not known was named.
    #[error("raw format `{given}` is not known: allowed are s16le, s16be, ulaw and alaw, with `@` and a rate in Hz")]
    UnknownRawFormat {
        /// What was given.
        given: String,
    },
    /// The rates could not be converted.
    #[error(transparent)]
    Resample(#[from] ResampleError),
    /// The source could not be opened or read, or the target not written.
    #[error("reading or writing the audio failed")]
    Io(#[from] io::Error),
}

/// A coarse sorting of [`MediaError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The bytes are missing, damaged or contradict themselves.
    Damaged,
    /// The bytes are sound but of a kind that is not read here, or no audio at all.
    Unsupported,
    /// What was asked does not fit the audio, or a limit was reached.
    Asked,
    /// The system failed while reading or writing.
    Io,
}

impl MediaError {
    /// The coarse sort of this error.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Empty
            | Self::NoAudio { .. }
            | Self::Truncated { .. }
            | Self::Mislabelled { .. }
            | Self::Corrupt { .. } => ErrorKind::Damaged,
            Self::Rate(_)
            | Self::Channels { .. }
            | Self::UnsupportedContainer { .. }
            | Self::UnsupportedCodec { .. }
            | Self::NotAudio { .. }
            | Self::UnknownFormat { .. } => ErrorKind::Unsupported,
            Self::NoSuchChannel { .. }
            | Self::HeaderTooLarge { .. }
            | Self::TooLong { .. }
            | Self::NotRaw { .. }
            | Self::UnknownRawFormat { .. } => ErrorKind::Asked,
            Self::Resample(_) | Self::Io(_) => ErrorKind::Io,
        }
    }
}
