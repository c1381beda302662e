//! The log-mel spectrum that the net hears, one frame a hop.
//!
//! What does it do? It sums the power spectrum into 40 overlapping triangles, evenly spaced on the mel scale
//! (O'Shaughnessy 1987: `2595 log10(1 + f/700)`) from 100 to 3800 Hz, and takes logarithms.
//!
//! How does it work? The triangles are laid over the bins of the one shared spectrum as a sparse matrix. A frame is
//! `(log2(power + 1e-9) + 18) / 6`: about −2 for digital silence, −0.5 for a quiet line, +1 for a loud voice. Training
//! and running use this code and no other; a model file names [`FEATURE_SET`].

use super::Hop;
use super::logarithm::fast_log2;
use super::spectrum::{BINS, bin_hz};

/// Bands of the log-mel spectrum.
pub const MELS: usize = 40;
/// The name of this feature set: a model trained on it asks for it by this name.
pub const FEATURE_SET: &str = "logmel40-8k-v1";

/// One frame: the logarithm of each band's power, scaled to about −2 to 2.
pub type Mel = [f32; MELS];

const LEAST_HZ: f32 = 100.0;
const MOST_HZ: f32 = 3800.0;
/// Added to each band's power: below the quantisation noise of µ-law silence.
const FLOOR: f32 = 1e-9;

/// What a frame of nothing at all holds: the value a net's memory starts with.
pub const EMPTY: f32 = -1.983;

/// Makes log-mel frames.
#[derive(Clone, Debug)]
pub struct MelAnalyser {
    frame: Mel,
}

/// One band's triangle: its first bin and the weights from there on.
struct Triangle {
    first: usize,
    weights: Vec<f32>,
}

fn triangles() -> &'static [Triangle] {
    static TRIANGLES: std::sync::OnceLock<Vec<Triangle>> = std::sync::OnceLock::new();
    TRIANGLES.get_or_init(|| {
        let mel = |hz: f32| 2595.0 * (1.0 + hz / 700.0).log10();
        let hz = |mel: f32| 700.0 * (10f32.powf(mel / 2595.0) - 1.0);
        let step = (mel(MOST_HZ) - mel(LEAST_HZ)) / (MELS + 1) as f32;
        let edge = |i: usize| hz(mel(LEAST_HZ) + step * i as f32);
        let triangle = |band| {
            let (low, centre, high) = (edge(band), edge(band + 1), edge(band + 2));
            let weight = |bin: usize| {
                let hz = bin_hz(bin as f32);
                ((hz - low) / (centre - low)).min((high - hz) / (high - centre)).max(0.0)
            };
            let first = (0..BINS).find(|&bin| weight(bin) > 0.0).unwrap_or(0);
            let weights = (first..BINS).map(weight).take_while(|w| *w > 0.0).collect();
            Triangle { first, weights }
        };
        (0..MELS).map(triangle).collect()
    })
}

impl MelAnalyser {
    /// Holds an empty frame.
    pub fn new() -> Self {
        // The table is made here, not in the first push.
        triangles();
        Self { frame: [EMPTY; MELS] }
    }

    /// Forgets what was heard.
    pub fn reset(&mut self) {
        self.frame = [EMPTY; MELS];
    }

    /// A hop that never arrived: the last frame is held.
    pub fn push_gap(&mut self) -> &Mel {
        &self.frame
    }

    /// The frame of this hop.
    pub fn push(&mut self, hop: &Hop<'_>) -> &Mel {
        let power = &hop.spectrum.power;
        for (out, triangle) in self.frame.iter_mut().zip(triangles()) {
            let bins = &power[triangle.first..];
            let sum: f32 = triangle.weights.iter().zip(bins).map(|(w, p)| w * p).sum();
            *out = (fast_log2(sum + FLOOR) + 18.0) / 6.0;
        }
        &self.frame
    }
}

impl Default for MelAnalyser {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysers::{Front, Transform, measure};
    use offhook_audio::{HOP, MediaTime, RATE};

    fn frame_of(signal: impl Fn(f32) -> f32) -> Mel {
        let mut front = Front::new(&Transform::new());
        let mut mel = MelAnalyser::new();
        for hop in 0..5 {
            let samples = std::array::from_fn(|i| signal((hop * HOP + i) as f32 / RATE as f32));
            let level = measure(&samples, 0);
            let spectrum = front.push(&samples);
            mel.push(&Hop { at: MediaTime::ZERO, samples: &samples, level: &level, spectrum });
        }
        mel.frame
    }

    #[test]
    fn every_band_hears_something() {
        for triangle in triangles() {
            assert!(triangle.weights.iter().sum::<f32>() > 0.3, "{:?}", triangle.weights);
        }
    }

    #[test]
    fn silence_is_the_empty_frame() {
        for value in frame_of(|_| 0.0) {
            assert!((value - EMPTY).abs() < 2e-3, "{value}");
        }
    }

    #[test]
    fn a_line_is_in_its_band() {
        let frame = frame_of(|t| 0.3 * (std::f32::consts::TAU * 1000.0 * t).sin());
        let loudest = (0..MELS).max_by(|&a, &b| frame[a].total_cmp(&frame[b])).unwrap();
        // 1000 Hz lies (1000 − 150.5) / 46 = 18 steps above 100 Hz.
        assert!((17..=18).contains(&loudest), "{loudest}");
    }
}
