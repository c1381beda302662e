use crate::mp3::Mp3Stream;
use crate::opus::OpusStream;
use crate::pcm::PcmStream;
use crate::sniff::{self, Signature};
use crate::source::Source;
use crate::{Codec, Container, DecodeOptions, Encoding, MediaError, RawFormat, StreamInfo, Warning};
use crate::{au, guess, wav};

/// One channel of a source at the source's own rate.
pub(crate) enum Origin {
    Pcm(PcmStream),
    Mp3(Box<Mp3Stream>),
    Opus(Box<OpusStream>),
}

/// An origin, with what its header said.
pub(crate) struct Opened {
    pub(crate) origin: Origin,
    pub(crate) info: StreamInfo,
    pub(crate) warning: Option<Warning>,
}

impl Origin {
    /// Recognises the source and reads its header.
    pub(crate) fn open(mut source: Source, options: &DecodeOptions) -> Result<Opened, MediaError> {
        let signature = sniff::signature(&mut source)?;
        match (options.raw, signature) {
            (Some(given), Some(Signature::Known(Container::Mp3)) | None) => raw(source, given, options, None),
            (Some(given), Some(Signature::Known(container))) => {
                Err(MediaError::NotRaw { given, found: container.name() })
            }
            (Some(given), Some(Signature::Foreign(_))) => raw(source, given, options, None),
            (None, Some(Signature::Foreign(name))) => Err(MediaError::UnsupportedContainer { name }),
            (None, Some(Signature::Known(container))) => known(source, container, options),
            (None, None) if sniff::is_mp3(&mut source)? => known(source, Container::Mp3, options),
            (None, None) => {
                let format = guess::guess(&mut source)?;
                raw(source, format, options, Some(Warning::Guessed(format)))
            }
        }
    }

    /// The rate of the samples that [`Self::next`] gives.
    pub(crate) fn rate(&self, info: &StreamInfo) -> u32 {
        if matches!(self, Self::Opus(_)) { offhook_audio::RATE } else { info.rate }
    }

    /// Appends what comes next to `out`; false at the end.
    pub(crate) fn next(&mut self, out: &mut Vec<f32>) -> Result<bool, MediaError> {
        match self {
            Self::Pcm(stream) => stream.next(out),
            Self::Mp3(stream) => stream.next(out),
            Self::Opus(stream) => stream.next(out),
        }
    }

    /// What is to be said about the stream so far; complete at its end.
    pub(crate) fn warnings(&self, warnings: &mut Vec<Warning>) {
        let (missing, damaged) = match self {
            Self::Pcm(stream) => (stream.truncation(), 0),
            Self::Mp3(stream) => (stream.cut_short().then_some(None), stream.damaged()),
            Self::Opus(stream) => (stream.cut_short().then_some(None), stream.damaged()),
        };
        if let Some(missing_bytes) = missing {
            warnings.push(Warning::Truncated { missing_bytes });
        }
        if damaged > 0 {
            warnings.push(Warning::DamagedPackets { count: damaged });
        }
    }

    /// The error for a stream that ended without a sample.
    pub(crate) fn ended_without_audio(&self) -> MediaError {
        let (container, bytes, cut) = match self {
            Self::Pcm(stream) => (stream.container(), stream.bytes_taken(), stream.truncation().is_some()),
            Self::Mp3(stream) => (Container::Mp3, stream.packets().bytes_taken(), stream.cut_short()),
            Self::Opus(stream) => (stream.packets().container(), stream.packets().bytes_taken(), stream.cut_short()),
        };
        if cut { MediaError::Truncated { container, bytes } } else { MediaError::NoAudio { container } }
    }
}

fn known(mut source: Source, container: Container, options: &DecodeOptions) -> Result<Opened, MediaError> {
    let (channel, limit) = (options.channel, options.max_header_bytes);
    match container {
        Container::Wav => {
            let header = wav::read_header(&mut source, limit)?;
            channel.check(header.info.channels)?;
            Ok(pcm(source, header.info, header.encoding, header.data_bytes, options, header.warning))
        }
        Container::Au => {
            let header = au::read_header(&mut source, limit)?;
            channel.check(header.info.channels)?;
            Ok(pcm(source, header.info, header.encoding, header.data_bytes, options, None))
        }
        Container::Mp3 => {
            let (stream, info) = Mp3Stream::open(source, channel, limit)?;
            Ok(Opened { origin: Origin::Mp3(Box::new(stream)), info, warning: None })
        }
        Container::Ogg | Container::WebM => {
            if container == Container::Ogg
                && let Some(codec) = sniff::foreign_ogg_codec(&mut source)?
            {
                return Err(MediaError::UnsupportedCodec { container, codec: codec.into() });
            }
            let (stream, info) = OpusStream::open(source, container, channel, limit)?;
            Ok(Opened { origin: Origin::Opus(Box::new(stream)), info, warning: None })
        }
        Container::Raw => Err(MediaError::NoAudio { container }),
    }
}

fn pcm(
    source: Source,
    info: StreamInfo,
    encoding: Encoding,
    data_bytes: Option<u64>,
    options: &DecodeOptions,
    warning: Option<Warning>,
) -> Opened {
    let channels = (info.channels, options.channel);
    let stream = PcmStream::new(source, info.container, encoding, channels, data_bytes);
    Opened { origin: Origin::Pcm(stream), info, warning }
}

fn raw(
    source: Source,
    format: RawFormat,
    options: &DecodeOptions,
    warning: Option<Warning>,
) -> Result<Opened, MediaError> {
    options.channel.check(1)?;
    let encoding = format.encoding.encoding();
    let (container, codec) = (Container::Raw, Codec::Pcm(encoding));
    let info = StreamInfo { container, codec, rate: format.rate.hz(), channels: 1, stated_samples: None };
    Ok(pcm(source, info, encoding, None, options, warning))
}
