use std::sync::Arc;

use offhook_audio::{MediaTime, RATE};
use offhook_detect::Probability;

use crate::input::KEPT;
use crate::{OnnxError, OnnxModel};

/// Samples from one judgement to the next: 250 ms.
const STEP: u64 = RATE as u64 / 4;
/// The samples before the first judgement: 1 s.
const FIRST: u64 = RATE as u64;

/// What a model said of the 2 s before a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heard {
    /// The media time at the end of those 2 s.
    pub at: MediaTime,
    /// How likely a machine answered.
    pub probability: Probability,
}

/// Lets a model listen to one call while it goes on: every 250 ms from the end of the first second on it judges the
/// last 2 s. Until 2 s were heard, what is still missing is silence. How samples are cut into pushes changes nothing.
#[derive(Debug)]
pub struct Listener {
    model: Arc<OnnxModel>,
    kept: Vec<i16>,
    heard: u64,
}

impl Listener {
    /// One that has heard nothing.
    pub fn new(model: Arc<OnnxModel>) -> Self {
        Self { model, kept: Vec::with_capacity(KEPT), heard: 0 }
    }

    /// Takes samples at 8 kHz, any number, and gives what the model said at each moment that they reach.
    ///
    /// # Errors
    /// [`OnnxError`] if the model fails; the samples were taken up to the moment at which it did.
    pub fn push(&mut self, samples: &[i16]) -> Result<Vec<Heard>, OnnxError> {
        let (mut rest, mut said) = (samples, Vec::new());
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(self.until_next()));
            rest = later;
            self.keep(now);
            if self.heard >= FIRST && self.heard.is_multiple_of(STEP) {
                let probability = self.model.listen(&self.kept)?;
                said.push(Heard { at: MediaTime::from_samples(self.heard), probability });
            }
        }
        Ok(said)
    }

    /// Takes `samples` that never arrived for silence.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn push_gap(&mut self, samples: u64) -> Result<Vec<Heard>, OnnxError> {
        let (mut left, mut said) = (samples, Vec::new());
        while left > 0 {
            let now = left.min(STEP);
            said.extend(self.push(&[0; STEP as usize][..now as usize])?);
            left -= now;
        }
        Ok(said)
    }

    /// Forgets what was heard.
    pub fn reset(&mut self) {
        self.kept.clear();
        self.heard = 0;
    }

    /// Samples up to the next moment of judgement; at those before the end of the first second nothing is said.
    pub fn until_next(&self) -> usize {
        (STEP - self.heard % STEP) as usize
    }

    fn keep(&mut self, samples: &[i16]) {
        let beyond = (self.kept.len() + samples.len()).saturating_sub(KEPT);
        self.kept.drain(..beyond);
        self.kept.extend_from_slice(samples);
        self.heard += samples.len() as u64;
    }
}
