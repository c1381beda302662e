//! Pitch: how often a second the vocal cords close, and how regularly.
//!
//! What does it do? It finds the fundamental frequency of voices, 60 to 400 Hz, also where the line has cut it off and
//! only its harmonics are left.
//!
//! How does it work? YIN (de Cheveigné and Kawahara, "YIN, a fundamental frequency estimator for speech and music",
//! 2002): the squared difference of 32 ms of sound and the same as many samples earlier, divided by its mean over all
//! shorter lags. The first lag at which that falls below a threshold is the period; a parabola through its neighbours
//! places it between samples. A steady tone above 400 Hz repeats itself at multiples of its period and so has a pitch
//! too: a whole fraction of its frequency.

use offhook_audio::{HOP, RATE};

/// Samples compared: 32 ms.
const COMPARED: usize = 256;
/// The shortest period: 400 Hz.
const SHORTEST: usize = RATE as usize / 400;
/// The longest period: 60 Hz.
const LONGEST: usize = RATE as usize / 60;
/// Samples kept: the longest period before those compared, and one lag more for the parabola.
const KEPT: usize = COMPARED + LONGEST + 1;
/// The paper's threshold for a period.
const PERIODIC: f32 = 0.15;
/// A sound that repeats itself this well is voiced.
const VOICED: f32 = 0.7;
/// The least mean square that is listened to: about −77 dBm0, below which 16 bits hold only their own steps.
const FAINT: f32 = 1e-8;

/// The pitch of one hop.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pitch {
    /// The fundamental frequency, in Hz; `None` where the sound is not voiced.
    pub hz: Option<f32>,
    /// How well the sound repeats itself at the rate of a voice: 1 for a perfect repetition, about 0 for noise.
    pub voicing: f32,
}

/// Follows the pitch of the last 48 ms.
#[derive(Clone, Debug)]
pub(super) struct PitchAnalyser {
    kept: [f32; KEPT],
    /// The difference at each lag, over the mean of those before.
    differences: [f32; LONGEST + 2],
}

impl PitchAnalyser {
    pub(super) const fn new() -> Self {
        Self { kept: [0.0; KEPT], differences: [1.0; LONGEST + 2] }
    }

    pub(super) fn reset(&mut self) {
        *self = Self::new();
    }

    /// A hop that never arrived: silence moves through what is kept.
    pub(super) fn push_gap(&mut self) {
        self.shift(&[0.0; HOP]);
    }

    /// The pitch of the sound that ends with `samples`.
    pub(super) fn push(&mut self, samples: &[f32; HOP]) -> Pitch {
        self.shift(samples);
        if !self.measure() {
            return Pitch::default();
        }
        let Some(lag) = self.period() else { return Pitch::default() };
        let [before, at, after] = [-1, 0, 1].map(|by| self.differences[lag.saturating_add_signed(by)]);
        let bend = before - 2.0 * at + after;
        let shift = if bend > 0.0 { (0.5 * (before - after) / bend).clamp(-0.5, 0.5) } else { 0.0 };
        let voicing = (1.0 - at).clamp(0.0, 1.0);
        let hz = RATE as f32 / (lag as f32 + shift);
        Pitch { hz: (voicing >= VOICED).then_some(hz), voicing }
    }

    fn shift(&mut self, samples: &[f32; HOP]) {
        self.kept.copy_within(HOP.., 0);
        self.kept[KEPT - HOP..].copy_from_slice(samples);
    }

    /// Fills the differences; `false` if there is nothing to compare.
    fn measure(&mut self) -> bool {
        let recent = &self.kept[KEPT - COMPARED..];
        let mean = recent.iter().sum::<f32>() / COMPARED as f32;
        if recent.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() <= FAINT * COMPARED as f32 {
            return false;
        }
        let mut sum = 0.0;
        for lag in 1..self.differences.len() {
            let start = KEPT - COMPARED - lag;
            let difference = squared_difference(recent, &self.kept[start..start + COMPARED]);
            sum += difference;
            self.differences[lag] = if sum > 0.0 { difference * lag as f32 / sum } else { 1.0 };
        }
        true
    }

    /// The first dip below the threshold, followed to its bottom, or else the deepest one.
    fn period(&self) -> Option<usize> {
        let lags = SHORTEST..=LONGEST;
        let first = lags.clone().find(|&lag| self.differences[lag] < PERIODIC);
        match first {
            Some(first) => (first..=LONGEST).find(|&lag| self.differences[lag + 1] >= self.differences[lag]),
            None => lags.min_by(|&a, &b| self.differences[a].total_cmp(&self.differences[b])),
        }
        .or(Some(LONGEST))
    }
}

fn squared_difference(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0f32; 8];
    for (a, b) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        for (lane, (x, y)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += (x - y) * (x - y);
        }
    }
    lanes.iter().sum()
}

#[cfg(test)]
mod tests {
    use std::f32::consts::TAU;

    use super::*;

    fn last_of(signal: impl Fn(usize) -> f32) -> Pitch {
        let mut analyser = PitchAnalyser::new();
        let mut last = Pitch::default();
        for hop in 0..12 {
            last = analyser.push(&std::array::from_fn(|i| signal(hop * HOP + i)));
        }
        last
    }

    /// Harmonics of `hz` between 300 and 3400 Hz, as a line lets through.
    fn voice(hz: f32, at: usize) -> f32 {
        let t = at as f32 / RATE as f32;
        let heard = (1..60).map(|k| k as f32 * hz).filter(|hz| (300.0..3400.0).contains(hz));
        heard.map(|hz| 20.0 / hz * (TAU * hz * t).cos()).sum()
    }

    #[test]
    fn the_fundamental_is_found_where_the_line_has_cut_it_off() {
        for hz in [62.0, 85.0, 110.0, 151.0, 207.0, 260.0, 333.0, 395.0] {
            let pitch = last_of(|at| voice(hz, at));
            let found = pitch.hz.unwrap_or_default();
            assert!((found / hz - 1.0).abs() < 0.01 && pitch.voicing > 0.9, "{hz}: {pitch:?}");
        }
    }

    #[test]
    fn a_voice_in_noise_keeps_its_pitch() {
        let mut state = 1u32;
        let noise: Vec<f32> = (0..12 * HOP)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state as f32 / u32::MAX as f32 - 0.5
            })
            .collect();
        let pitch = last_of(|at| voice(140.0, at) + 0.05 * noise[at]);
        assert!((pitch.hz.unwrap_or_default() - 140.0).abs() < 3.0, "{pitch:?}");
        let pitch = last_of(|at| noise[at]);
        assert!(pitch.hz.is_none() && pitch.voicing < 0.5, "{pitch:?}");
    }

    #[test]
    fn silence_and_direct_current_have_no_pitch() {
        assert_eq!(last_of(|_| 0.0), Pitch::default());
        assert_eq!(last_of(|_| 0.7), Pitch::default());
    }
}
