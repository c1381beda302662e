//! One frequency, listened to closely.
//!
//! What does it do? It correlates the 80 samples of a hop with a sinusoid of one frequency. The 31 Hz bins of the
//! shared spectrum can't tell 400 from 450 Hz; several hops' correlations, added in phase, can.
//!
//! How does it work? As Goertzel's algorithm does, but with the sinusoid in a table, so that eight products are made at
//! a time. The phase counts from the beginning of the hop; [`turn`] gives by how much a tone moves on from one hop to
//! the next.

use offhook_audio::{HOP, RATE};
use realfft::num_complex::Complex32;

/// Products made side by side.
const LANES: usize = 8;

/// The sinusoid of one frequency over one hop.
#[derive(Clone, Debug)]
pub(super) struct Correlator {
    cos: [f32; HOP],
    sin: [f32; HOP],
}

impl Correlator {
    /// For `hz` Hz.
    pub(super) fn new(hz: f32) -> Self {
        let angle = |i: usize| std::f32::consts::TAU * (hz * i as f32 / RATE as f32).fract();
        Self { cos: std::array::from_fn(|i| angle(i).cos()), sin: std::array::from_fn(|i| angle(i).sin()) }
    }

    /// The hop's correlation: a sinusoid of amplitude 1 at this frequency gives a magnitude of 40.
    pub(super) fn correlate(&self, samples: &[f32; HOP]) -> Complex32 {
        let mut re = [0.0; LANES];
        let mut im = [0.0; LANES];
        let tables = self.cos.chunks_exact(LANES).zip(self.sin.chunks_exact(LANES));
        for (x, (cos, sin)) in samples.chunks_exact(LANES).zip(tables) {
            for lane in 0..LANES {
                re[lane] += x[lane] * cos[lane];
                im[lane] -= x[lane] * sin[lane];
            }
        }
        Complex32::new(re.iter().sum(), im.iter().sum())
    }
}

/// What a hop's correlation is multiplied with to count its phase from `hops` hops earlier.
pub(super) fn turn(hz: f32, hops: f32) -> Complex32 {
    let cycles = f64::from(hz) * f64::from(hops) * HOP as f64 / f64::from(RATE);
    Complex32::from_polar(1.0, -(std::f64::consts::TAU * cycles.fract()) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn correlations_of_a_tone_add_in_phase() {
        let tone = |i: usize| (std::f32::consts::TAU * 440.0 * i as f32 / 8000.0 + 0.3).sin();
        for (hz, expected) in [(440.0, 240.0), (480.0, 0.0)] {
            let bank = Correlator::new(hz);
            let sum: Complex32 =
                (0..6).map(|k| bank.correlate(&std::array::from_fn(|i| tone(k * HOP + i))) * turn(hz, k as f32)).sum();
            assert!((sum.norm() - expected).abs() < 0.12 * 240.0, "{hz}: {}", sum.norm());
        }
    }
}
