//! Where samples come from: recordings, folders of them, and live streams.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use offhook_audio::MediaTime;
use offhook_detect::{Fact, Probability, Value};
use offhook_media::{Channel, DecodeOptions, Decoder, MediaError, RawFormat};

use crate::exit::Mistake;
use crate::onnx::{OnnxEar, OnnxModel};

/// How recordings are read.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Reading audio")]
pub(crate) struct SoundArgs {
    /// Which channel of a stereo recording to listen to: the far party's
    #[arg(long, value_enum, default_value_t)]
    pub(crate) channel: Side,
    /// The recordings have no header: ENCODING is s16le, s16be, ulaw or alaw, RATE is in Hz. Without it the format is
    /// recognised by content
    #[arg(long, value_name = "ENCODING[@RATE]")]
    pub(crate) raw: Option<String>,
    /// The call was answered this long after the recording begins, such as 6.2s or 6200ms; without a unit in
    /// milliseconds. What comes before is early media
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) answered_at: Option<Duration>,
    /// Push the audio in pieces of this length; the events are the same for any
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u64).range(1..=60_000))]
    pub(crate) chunk: Option<u64>,
}

/// A channel, as a flag names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Side {
    /// The first channel
    Left,
    /// The second channel
    Right,
    /// The mean of both
    #[default]
    Mix,
}

/// [`SoundArgs`], checked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hearing {
    /// How to decode.
    pub(crate) decode: DecodeOptions,
    /// When the call was answered, if it was not from the start.
    pub(crate) answered_at: Option<MediaTime>,
    /// Samples a piece, if the source is not to decide.
    pub(crate) chunk: Option<usize>,
    /// A model outside the engine that is to listen along.
    pub(crate) onnx: Option<OnnxModel>,
}

impl SoundArgs {
    /// Checks what was given.
    ///
    /// # Errors
    /// [`Mistake::Usage`] if the raw format is not known.
    pub(crate) fn check(&self) -> Result<Hearing> {
        let raw = match &self.raw {
            Some(text) => {
                Some(text.parse::<RawFormat>().map_err(|error: MediaError| Mistake::Usage(format!("--raw: {error}")))?)
            }
            None => None,
        };
        let channel = match self.channel {
            Side::Left => Channel::Left,
            Side::Right => Channel::Right,
            Side::Mix => Channel::Mix,
        };
        Ok(Hearing {
            decode: DecodeOptions { channel, raw, ..DecodeOptions::default() },
            answered_at: self.answered_at.map(|at| MediaTime::ZERO + at),
            chunk: self.chunk.map(|ms| samples_in(Duration::from_millis(ms))),
            onnx: None,
        })
    }
}

/// Reads a time as the parameters do.
pub(crate) fn time(text: &str) -> Result<Duration, String> {
    Value::parse(text.trim()).ok_or_else(|| "allowed is a time of 0 or more, such as 900ms, 2.5s or 900".to_owned())
}

/// Samples at 8 kHz in `span`.
pub(crate) fn samples_in(span: Duration) -> usize {
    (MediaTime::ZERO + span).samples() as usize
}

/// What comes next from a source.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Input<'a> {
    /// Samples at 8 kHz; never none.
    Samples(&'a [i16]),
    /// Something that was said about the call on the command line, or by a model that listens along.
    Fact(Fact),
}

/// A source of samples that is read piece by piece.
pub(crate) struct Sound {
    decoder: Decoder,
    chunk: Option<usize>,
    answered_at: Option<MediaTime>,
    begun: bool,
    ear: Option<OnnxEar>,
    /// Decoded samples; those up to `taken` were given, and those up to `attended` are done with.
    kept: Vec<i16>,
    taken: usize,
    attended: usize,
    position: MediaTime,
}

impl Sound {
    /// Opens a recording.
    pub(crate) fn open(path: &Path, hearing: &Hearing) -> Result<Self> {
        let file = File::open(path).context("cannot be opened")?;
        Self::from_reader(BufReader::with_capacity(1 << 16, file), hearing)
    }

    /// Reads a stream as it comes.
    pub(crate) fn from_reader(reader: impl Read + Send + 'static, hearing: &Hearing) -> Result<Self> {
        let decoder = Decoder::open(reader, &hearing.decode).map_err(with_the_flag)?;
        Ok(Self {
            decoder,
            chunk: hearing.chunk,
            answered_at: hearing.answered_at,
            begun: false,
            ear: hearing.onnx.as_ref().map(OnnxModel::ear),
            kept: Vec::new(),
            taken: 0,
            attended: 0,
            position: MediaTime::ZERO,
        })
    }

    /// What the source is, in words: `WAV, µ-law, 8000 Hz`.
    pub(crate) fn format(&self) -> String {
        let info = self.decoder.info();
        let channels = if info.channels == 2 { ", stereo" } else { "" };
        format!("{}, {}, {} Hz{channels}", info.container, info.codec, info.rate)
    }

    /// What is worth telling about the source; complete at its end.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.decoder.warnings().iter().map(ToString::to_string).collect()
    }

    /// When the call was said to be answered, if that is still to come.
    pub(crate) fn unanswered(&self) -> Option<MediaTime> {
        self.answered_at
    }

    /// Samples given so far, as media time.
    pub(crate) fn position(&self) -> MediaTime {
        self.position
    }

    /// What comes next; `None` at the end. `listening` is whether it still matters what a model that listens along says;
    /// such a one hears the call from the answer on.
    pub(crate) fn next(&mut self, listening: bool) -> Result<Option<Input<'_>>> {
        if let Some(machine) = self.attend(listening)? {
            return Ok(Some(Input::Fact(Fact::Score { machine })));
        }
        if !std::mem::replace(&mut self.begun, true) && self.answered_at.is_some() {
            return Ok(Some(Input::Fact(Fact::EarlyMedia)));
        }
        let until_answer = self.answered_at.map(|at| (at.samples() - self.position.samples()) as usize);
        if until_answer == Some(0) {
            self.answered_at = None;
            return Ok(Some(Input::Fact(Fact::Answered)));
        }
        let until_judged = self.ear.as_ref().filter(|_| listening && until_answer.is_none()).map(OnnxEar::until_next);
        let limit = until_answer.or(until_judged).unwrap_or(usize::MAX);
        let wanted = self.chunk.unwrap_or(1).min(limit);
        while self.kept.len() - self.taken < wanted {
            self.kept.drain(..self.taken);
            (self.taken, self.attended) = (0, 0);
            match self.decoder.next_piece()? {
                Some(piece) => self.kept.extend_from_slice(piece),
                None => break,
            }
        }
        let most = self.chunk.unwrap_or(usize::MAX).min(limit);
        let from = self.taken;
        self.taken = self.kept.len().min(from.saturating_add(most));
        self.position = MediaTime::from_samples(self.position.samples() + (self.taken - from) as u64);
        Ok((self.taken > from).then(|| Input::Samples(&self.kept[from..self.taken])))
    }

    /// Lets the model that listens along hear what was given last, and gives what it says of a machine at this moment.
    fn attend(&mut self, listening: bool) -> Result<Option<Probability>> {
        let from = std::mem::replace(&mut self.attended, self.taken);
        match &mut self.ear {
            Some(ear) if listening && self.answered_at.is_none() => ear.push(&self.kept[from..self.taken]),
            _ => Ok(None),
        }
    }
}

/// The same error in terms of the command line.
fn with_the_flag(error: MediaError) -> anyhow::Error {
    match error {
        MediaError::UnknownFormat { reason } => anyhow::anyhow!(
            "{reason}: if it is raw audio, name its format with --raw: ulaw, alaw, s16le or s16be, as in --raw ulaw"
        ),
        MediaError::NotRaw { given, found } => {
            anyhow::anyhow!("given --raw {given}, but it is a {found}: leave --raw out")
        }
        error => error.into(),
    }
}

/// What the names on the command line stand for.
#[derive(Debug, Default)]
pub(crate) struct Recordings {
    /// The recordings, in order.
    pub(crate) files: Vec<PathBuf>,
    /// The folders that could not be read, and why.
    pub(crate) unread: Vec<(PathBuf, std::io::Error)>,
}

impl Recordings {
    fn count(&self) -> usize {
        self.files.len() + self.unread.len()
    }
}

/// The recordings that `arguments` stand for, in order: files as they are, folders with all that is in them, and
/// patterns such as `calls/*.wav`.
///
/// # Errors
/// [`Mistake::Usage`] if an argument stands for nothing.
pub(crate) fn recordings(arguments: &[String]) -> Result<Recordings> {
    let mut found = Recordings::default();
    for argument in arguments {
        let path = Path::new(argument);
        let before = found.count();
        if path.is_dir() {
            folder(path, &mut found);
        } else if path.exists() || !argument.contains(['*', '?', '[']) {
            found.files.push(path.to_owned());
        } else {
            let matches = glob::glob(argument)
                .map_err(|error| Mistake::Usage(format!("the pattern {argument:?} cannot be read: {error}")))?;
            for path in matches {
                match path {
                    Ok(path) if path.is_dir() => folder(&path, &mut found),
                    Ok(path) => found.files.push(path),
                    Err(error) => found.unread.push((error.path().to_owned(), error.into())),
                }
            }
        }
        if found.count() == before {
            return Err(Mistake::Usage(format!(
                "{argument}: no recording found: name files, folders that hold {} files, or quoted patterns",
                ENDINGS.join(", ")
            ))
            .into());
        }
    }
    Ok(found)
}

/// The names' ends that are taken for recordings in a folder. A file that is named itself may be called anything.
const ENDINGS: [&str; 12] = ["wav", "wave", "mp3", "ogg", "opus", "webm", "au", "snd", "raw", "ulaw", "alaw", "sln"];

/// Whether the name of this file is that of a recording.
pub(crate) fn is_recording(path: &Path) -> bool {
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    ENDINGS.contains(&ending.as_str())
}

fn folder(path: &Path, found: &mut Recordings) {
    let entries = std::fs::read_dir(path).and_then(|entries| entries.map(|e| Ok(e?.path())).collect());
    let mut entries: Vec<PathBuf> = match entries {
        Ok(entries) => entries,
        Err(error) => return found.unread.push((path.to_owned(), error)),
    };
    entries.sort();
    for entry in entries {
        if entry.is_dir() && !entry.is_symlink() {
            folder(&entry, found);
        } else if is_recording(&entry) {
            found.files.push(entry);
        }
    }
}
