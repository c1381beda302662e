use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use offhook_audio::{RATE, Resampler, SampleRate};

use crate::origin::{Opened, Origin};
use crate::source::Source;
use crate::{DecodeOptions, MediaError, StreamInfo, Warning};

/// Turns the bytes of one source into 16-bit mono PCM at 8 kHz, piece by piece.
///
/// It reads no more than it needs: of WAV, AU and raw audio each read of the source becomes a piece, and when rates
/// differ at most 15 ms of audio are held back. Memory stays bounded however long the source is.
pub struct Decoder {
    origin: Origin,
    info: StreamInfo,
    opening: Option<Warning>,
    resampler: Resampler,
    /// Samples at the source's rate, then at 8 kHz, then of 16 bits.
    native: Vec<f32>,
    converted: Vec<f32>,
    piece: Vec<i16>,
    given: u64,
    allowed: Option<(std::time::Duration, u64)>,
    ended: bool,
}

impl Decoder {
    /// Recognises what the source is and reads its header. Waits for the source where it has not given its header yet.
    ///
    /// # Errors
    /// Any [`MediaError`]; see there.
    pub fn open(source: impl Read + Send + 'static, options: &DecodeOptions) -> Result<Self, MediaError> {
        let Opened { origin, info, warning } = Origin::open(Source::new(source), options)?;
        let resampler = Resampler::new(SampleRate::new(origin.rate(&info))?, SampleRate::TELEPHONE)?;
        let allowed = options.max_duration.map(|limit| {
            let samples = limit.as_nanos() * u128::from(RATE) / 1_000_000_000;
            (limit, u64::try_from(samples).unwrap_or(u64::MAX))
        });
        Ok(Self {
            origin,
            info,
            opening: warning,
            resampler,
            native: Vec::new(),
            converted: Vec::new(),
            piece: Vec::new(),
            given: 0,
            allowed,
            ended: false,
        })
    }

    /// What the source was found to be.
    pub fn info(&self) -> &StreamInfo {
        &self.info
    }

    /// The next samples, 8,000 a second, one channel; `None` at the end. A piece is never empty; its length is what the
    /// source gave in one go. After an error the stream has ended.
    ///
    /// # Errors
    /// [`MediaError::Truncated`] or [`MediaError::NoAudio`] if the source ends before its first sample;
    /// [`MediaError::Corrupt`], [`MediaError::TooLong`] or [`MediaError::Io`] as they occur.
    pub fn next_piece(&mut self) -> Result<Option<&[i16]>, MediaError> {
        self.converted.clear();
        while self.converted.is_empty() {
            if self.ended {
                return Ok(None);
            }
            if let Err(error) = self.advance() {
                self.ended = true;
                return Err(error);
            }
        }
        self.given += self.converted.len() as u64;
        if let Some((allowed, samples)) = self.allowed
            && self.given > samples
        {
            self.ended = true;
            return Err(MediaError::TooLong { allowed });
        }
        self.piece.clear();
        self.piece.extend(self.converted.iter().map(|sample| (sample * 32_768.0).round() as i16));
        Ok(Some(&self.piece))
    }

    /// What is worth telling a person about the source so far; complete once [`Self::next_piece`] gave `None`.
    pub fn warnings(&self) -> Vec<Warning> {
        let mut warnings: Vec<Warning> = self.opening.iter().cloned().collect();
        self.origin.warnings(&mut warnings);
        warnings
    }

    fn advance(&mut self) -> Result<(), MediaError> {
        self.native.clear();
        let more = self.origin.next(&mut self.native)?;
        self.resampler.push(&self.native, &mut self.converted)?;
        if !more {
            self.ended = true;
            self.resampler.finish(&mut self.converted)?;
            if self.given == 0 && self.converted.is_empty() {
                return Err(self.origin.ended_without_audio());
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoder").field("info", &self.info).field("given", &self.given).finish_non_exhaustive()
    }
}

/// A whole recording in memory.
#[derive(Clone, Debug)]
pub struct Recording {
    /// What the source was found to be.
    pub info: StreamInfo,
    /// 16-bit samples, 8,000 a second, one channel.
    pub samples: Vec<i16>,
    /// What is worth telling a person about the source.
    pub warnings: Vec<Warning>,
}

impl Recording {
    /// Whether the source ended before its time.
    pub fn is_truncated(&self) -> bool {
        self.warnings.iter().any(|warning| matches!(warning, Warning::Truncated { .. }))
    }
}

/// Decodes a source to its end and keeps all of it: 16 kB a second. Set
/// [`DecodeOptions::max_duration`] where the source is not trusted.
///
/// # Errors
/// As [`Decoder::open`] and [`Decoder::next_piece`].
pub fn decode(source: impl Read + Send + 'static, options: &DecodeOptions) -> Result<Recording, MediaError> {
    let mut decoder = Decoder::open(source, options)?;
    let mut samples = Vec::new();
    while let Some(piece) = decoder.next_piece()? {
        samples.extend_from_slice(piece);
    }
    let warnings = decoder.warnings();
    Ok(Recording { info: decoder.info, samples, warnings })
}

/// [`decode`] for a file. Its name says nothing; its content does.
///
/// # Errors
/// As [`decode`], and [`MediaError::Io`] if the file cannot be opened.
pub fn decode_file(path: impl AsRef<Path>, options: &DecodeOptions) -> Result<Recording, MediaError> {
    decode(BufReader::new(File::open(path)?), options)
}
