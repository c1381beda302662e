//! Audio to Asterisk, in its codec and in whole frames.

use offhook_audio::{Resampler, SampleRate, g711};

use crate::pcm::{Encoding, PcmError, PcmFormat};

/// Writes 8 kHz samples as binary messages. Asterisk drops what does not fill a frame, so the rest of a frame waits.
#[derive(Debug)]
pub struct Sending {
    encoding: Encoding,
    frame: usize,
    resampler: Resampler,
    resampled: Vec<f32>,
    waiting: Vec<u8>,
}

impl Sending {
    /// A writer of a format in frames of so many bytes, as `MEDIA_START` has them.
    ///
    /// # Errors
    /// The format is not mono, or its rate cannot be made.
    pub fn new(format: PcmFormat, frame: usize) -> Result<Self, PcmError> {
        if format.channels != 1 {
            return Err(PcmError::Channels(format.channels));
        }
        let resampler = Resampler::new(SampleRate::TELEPHONE, format.rate)?;
        let frame = frame.clamp(1, super::LARGEST);
        Ok(Self { encoding: format.encoding, frame, resampler, resampled: Vec::new(), waiting: Vec::new() })
    }

    /// The whole frames that come of these samples and what waited.
    ///
    /// # Errors
    /// The rate conversion failed.
    pub fn push(&mut self, samples: &[i16]) -> Result<Vec<Vec<u8>>, PcmError> {
        let samples: Vec<f32> = samples.iter().map(|sample| f32::from(*sample) / 32_768.0).collect();
        self.resampler.push(&samples, &mut self.resampled)?;
        Ok(self.frames())
    }

    /// What still waits, filled up with silence.
    ///
    /// # Errors
    /// The rate conversion failed.
    pub fn finish(&mut self) -> Result<Vec<Vec<u8>>, PcmError> {
        self.resampler.finish(&mut self.resampled)?;
        let mut frames = self.frames();
        if !self.waiting.is_empty() {
            let mut last = std::mem::take(&mut self.waiting);
            let silence = match self.encoding {
                Encoding::Linear16 => 0,
                Encoding::Mulaw => g711::encode_ulaw(0),
                Encoding::Alaw => g711::encode_alaw(0),
            };
            last.resize(self.frame, silence);
            frames.push(last);
        }
        Ok(frames)
    }

    fn frames(&mut self) -> Vec<Vec<u8>> {
        for sample in self.resampled.drain(..) {
            let sample = (sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16;
            match self.encoding {
                Encoding::Linear16 => self.waiting.extend_from_slice(&sample.to_le_bytes()),
                Encoding::Mulaw => self.waiting.push(g711::encode_ulaw(sample)),
                Encoding::Alaw => self.waiting.push(g711::encode_alaw(sample)),
            }
        }
        let whole = self.waiting.len() / self.frame * self.frame;
        let rest = self.waiting.split_off(whole);
        let frames = self.waiting.chunks_exact(self.frame).map(<[u8]>::to_vec).collect();
        self.waiting = rest;
        frames
    }
}
