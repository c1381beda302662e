//! Does the channel give the class away? A probe that knows nothing but channels tries to tell people from machines.
//!
//! People come from telephones and microphones, prompts from studios. If a line's band, level or noise tells which, a net
//! learns that and nothing of voices. The probe is a logistic regression on features of the channel alone; on calls it
//! did not learn from, its area under the ROC curve should be near 0.5.

use super::example::{Class, Example};
use crate::fit_error::FitError;
use crate::logistic::fit;
use crate::metrics::Binary;
use offhook_detect::analysers::MELS;
use std::ops::Range;

/// How well the channel alone tells machines (yes) from people, on calls the probe did not learn from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChannelProbe {
    /// By what lies between sounds: its mean spectrum, its level, its tilt.
    pub background: Binary,
    /// By what the channel does to speech: its level, tilt, band edges, and the noise in its pauses.
    pub speech: Binary,
    /// By both.
    pub all: Binary,
}

/// Hops at the edges of sounds that hold some of both.
const AWAY: usize = 8;
/// Hops of background and of speech that a call needs.
const ENOUGH: usize = 20;
/// Bands of the middle of the spectrum, 600 to 1900 Hz, which every channel passes.
const MIDDLE: Range<usize> = 12..26;
const BACKGROUND: Range<usize> = 0..MELS + 2;
const SPEECH: Range<usize> = MELS + 2..MELS + 12;

impl ChannelProbe {
    /// Learns from the calls of `train` in which somebody speaks, and judges those of `held_out`.
    ///
    /// # Errors
    /// [`FitError`] if `train` has no people or no machines whose channel can be heard.
    pub fn measure(train: &[Example], held_out: &[Example]) -> Result<Self, FitError> {
        let [train, held_out] = [train, held_out].map(|examples| {
            examples.iter().filter_map(|example| Some((features(example)?, example.machine()?))).collect::<Vec<_>>()
        });
        let judged = |range: Range<usize>| judge(&train, &held_out, range);
        Ok(Self { background: judged(BACKGROUND)?, speech: judged(SPEECH)?, all: judged(0..SPEECH.end)? })
    }
}

/// A call's channel, and whether a machine speaks.
type Heard = (Vec<f32>, bool);

fn judge(train: &[Heard], held_out: &[Heard], range: Range<usize>) -> Result<Binary, FitError> {
    let width = range.len();
    let count = train.len().max(1) as f32;
    let mean: Vec<f32> = range.clone().map(|at| train.iter().map(|(row, _)| row[at]).sum::<f32>() / count).collect();
    let spread: Vec<f32> = range
        .clone()
        .zip(&mean)
        .map(|(at, mean)| (train.iter().map(|(row, _)| (row[at] - mean).powi(2)).sum::<f32>() / count).sqrt().max(1e-6))
        .collect();
    let scaled = |row: &[f32]| -> Vec<f32> {
        row[range.clone()]
            .iter()
            .zip(&mean)
            .zip(&spread)
            .map(|((value, mean), spread)| (value - mean) / spread)
            .collect()
    };
    let rows: Vec<f32> = train.iter().flat_map(|(row, _)| scaled(row)).collect();
    let labels: Vec<bool> = train.iter().map(|(_, machine)| *machine).collect();
    // Both sides weigh the same, so that accuracy without any clue is one half.
    let machines = labels.iter().filter(|machine| **machine).count() as f32;
    let side = |machine: bool| if machine { machines } else { count - machines };
    let weights: Vec<f32> = labels.iter().map(|machine| count / (2.0 * side(*machine).max(1.0))).collect();
    let model = fit(&rows, width, &labels, &weights, 1.0)?;
    let scored: Vec<(f32, bool)> =
        held_out.iter().map(|(row, machine)| (model.probability(&scaled(row)), *machine)).collect();
    Ok(Binary::of(&scored))
}

/// What is known of a call's channel; `None` if it has too little speech or too little else.
fn features(example: &Example) -> Option<Vec<f32>> {
    let mut frames = vec![0.0; example.frames.len() * MELS];
    example.frames.copy(0, &mut frames);
    let quiet = |hop: &usize| {
        let near = hop.saturating_sub(AWAY)..(hop + AWAY + 1).min(example.targets.len());
        // The first frames hold silence from before the call.
        *hop > AWAY && example.targets[near].iter().all(|it| [Class::Silence as u8, Class::Noise as u8].contains(it))
    };
    let spoken = |hop: &usize| Class::ALL[usize::from(example.targets[*hop])].is_voice();
    let chosen = |wanted: &dyn Fn(&usize) -> bool| -> Vec<&[f32]> {
        (0..example.hops()).filter(wanted).map(|hop| &frames[hop * MELS..][..MELS]).collect()
    };
    let (background, speech) = (chosen(&quiet), chosen(&spoken));
    if background.len() < ENOUGH || speech.len() < ENOUGH {
        return None;
    }
    let mut features = mean_spectrum(&background);
    features.extend([mean(&features), tilt(&features)]);
    let spectrum = mean_spectrum(&speech);
    let middle = mean(&spectrum[MIDDLE]);
    let mut levels: Vec<f32> = speech.iter().map(|frame| mean(frame)).collect();
    levels.sort_by(f32::total_cmp);
    let pauses = levels[levels.len() / 20];
    let edges = [0..2, 2..4, 4..7, 31..34, 34..37, 37..39, 39..40].map(|band| mean(&spectrum[band]) - middle);
    features.extend([middle, tilt(&spectrum), pauses - middle]);
    features.extend(edges);
    Some(features)
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len().max(1) as f32
}

fn mean_spectrum(frames: &[&[f32]]) -> Vec<f32> {
    (0..MELS).map(|band| frames.iter().map(|frame| frame[band]).sum::<f32>() / frames.len() as f32).collect()
}

/// The slope of a spectrum over its bands, by least squares.
fn tilt(spectrum: &[f32]) -> f32 {
    let centre = (MELS - 1) as f32 / 2.0;
    let squares: f32 = (0..MELS).map(|band| (band as f32 - centre).powi(2)).sum();
    spectrum.iter().enumerate().map(|(band, value)| (band as f32 - centre) * value).sum::<f32>() / squares
}
