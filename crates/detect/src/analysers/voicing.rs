//! Voicing: does this hop repeat itself at the rate of a voice?
//!
//! What does it do? It tells sounds made by vocal cords from clatter, breath and traffic, which may be as loud.
//!
//! How does it work? The signal below 1 kHz, sampled at 2 kHz and differentiated (which takes out rumble and direct
//! current), is compared with itself one pitch period ago: the normalised cross-correlation of the last 32 ms with the
//! 32 ms that lie 2.5 to 12.5 ms before them (80 to 400 Hz), as in Talkin, "A robust algorithm for pitch tracking"
//! (1995). The telephone cuts off the fundamental of most voices; its harmonics repeat at the same rate.

use offhook_audio::HOP;

/// Samples of 8 kHz to one of 2 kHz.
const DECIMATION: usize = 4;
/// Samples of 2 kHz in a hop.
const STEP: usize = HOP / DECIMATION;
/// Samples compared: 32 ms.
const COMPARED: usize = 64;
/// The shortest period: 2.5 ms.
const SHORTEST: usize = 5;
/// The longest period: 12.5 ms.
const LONGEST: usize = 25;
/// Samples kept.
const KEPT: usize = COMPARED + LONGEST;
/// Low-pass before decimation.
const TAPS: [f32; 8] = [0.05, 0.1, 0.15, 0.2, 0.2, 0.15, 0.1, 0.05];

/// Measures voicing.
#[derive(Clone, Debug)]
pub(super) struct Voicing {
    tail: [f32; TAPS.len() - DECIMATION],
    last: f32,
    kept: [f32; KEPT],
}

impl Voicing {
    pub(super) const fn new() -> Self {
        Self { tail: [0.0; TAPS.len() - DECIMATION], last: 0.0, kept: [0.0; KEPT] }
    }

    /// Takes in one hop.
    pub(super) fn push(&mut self, samples: &[f32; HOP]) {
        let mut joined = [0.0; HOP + TAPS.len() - DECIMATION];
        joined[..self.tail.len()].copy_from_slice(&self.tail);
        joined[self.tail.len()..].copy_from_slice(samples);
        self.tail = std::array::from_fn(|i| samples[HOP - (TAPS.len() - DECIMATION) + i]);
        self.kept.copy_within(STEP.., 0);
        for (out, input) in self.kept[KEPT - STEP..].iter_mut().zip(joined.windows(TAPS.len()).step_by(DECIMATION)) {
            let low: f32 = input.iter().zip(&TAPS).map(|(x, t)| x * t).sum();
            *out = low - self.last;
            self.last = low;
        }
    }

    /// How well the last 32 ms repeat what came one period before: 1 for a perfect repetition, about 0 for noise.
    pub(super) fn strength(&self) -> f32 {
        let recent: &[f32; COMPARED] = self.kept[LONGEST..].try_into().unwrap_or(&[0.0; COMPARED]);
        let energy = dot(recent, recent);
        if energy <= 1e-9 {
            return 0.0;
        }
        let mut best = 0.0f32;
        let mut earlier: f32 = self.kept[LONGEST - SHORTEST + 1..KEPT - SHORTEST + 1].iter().map(|x| x * x).sum();
        for lag in SHORTEST..=LONGEST {
            let start = LONGEST - lag;
            // The earlier stretch moves back by one sample: one comes in at its start, one goes out at its end.
            let (first, beyond) = (self.kept[start], self.kept[start + COMPARED]);
            earlier += first * first - beyond * beyond;
            let before: &[f32; COMPARED] = self.kept[start..start + COMPARED].try_into().unwrap_or(&[0.0; COMPARED]);
            let product = dot(recent, before);
            best = best.max(product / (energy * earlier.max(1e-12)).sqrt());
        }
        best.min(1.0)
    }
}

fn dot(a: &[f32; COMPARED], b: &[f32; COMPARED]) -> f32 {
    let mut lanes = [0.0f32; 8];
    for (a, b) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        for (lane, (x, y)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += x * y;
        }
    }
    lanes.iter().sum()
}
