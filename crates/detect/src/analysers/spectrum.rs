//! The one spectrum a hop that all analysers share.
//!
//! A 32 ms Hann window that ends with the hop, a 256-point real FFT, and what several analysers need of it: the power
//! of each bin, of sixteen bands and of the three strongest lines. Powers are scaled so that the power of a line is the
//! mean square of its sinusoid (samples spanning ±1): a line's power turns into dBm0 like any other mean square.

use std::sync::Arc;

use offhook_audio::{HOP, RATE};
use realfft::num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};

/// Samples in the window: 32 ms.
pub const WINDOW: usize = 256;
/// Bins of the spectrum, 31.25 Hz apart, from 0 to 4000 Hz.
pub const BINS: usize = WINDOW / 2 + 1;
/// Bands of the spectrum, 250 to 3750 Hz, about as wide as the ear's at the bottom and wider at the top.
pub const BANDS: usize = 16;

/// Where each band begins, in bins; the last entry is where the last one ends.
const BAND_EDGES: [usize; BANDS + 1] = [4, 7, 10, 13, 16, 20, 24, 28, 33, 39, 46, 54, 63, 73, 84, 97, 112];
/// The bins that lines are sought in: 200 to 3600 Hz.
const LINES: std::ops::Range<usize> = 6..116;
/// Half the width of a Hann window's main lobe, in bins.
const LOBE: usize = 2;
/// A second and third line are sought only where the first holds at least this share of the power: a weaker one is no
/// tone that anyone listens for.
const LEAST_SHARE: f32 = 0.2;

/// The frequency of bin `bin`, in Hz; fractions of a bin are allowed.
pub fn bin_hz(bin: f32) -> f32 {
    bin * RATE as f32 / WINDOW as f32
}

/// One line of the spectrum.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Peak {
    /// Its frequency, in Hz, between bins.
    pub hz: f32,
    /// The power of its main lobe, as a mean square.
    pub power: f32,
}

/// The spectrum of 32 ms.
#[derive(Clone, Debug)]
pub struct Spectrum {
    /// Power of each bin.
    pub power: [f32; BINS],
    /// Power of each band.
    pub bands: [f32; BANDS],
    /// Power of 200 to 3600 Hz.
    pub total: f32,
    /// The strongest lines, strongest first; the second and third have no power where there is no tone.
    pub peaks: [Peak; 3],
}

impl Default for Spectrum {
    fn default() -> Self {
        Self { power: [0.0; BINS], bands: [0.0; BANDS], total: 0.0, peaks: [Peak::default(); 3] }
    }
}

impl Spectrum {
    /// The share of the power that the strongest `lines` lines hold, 0 to 1.
    pub fn purity(&self, lines: usize) -> f32 {
        if self.total <= 0.0 {
            return 0.0;
        }
        (self.peaks.iter().take(lines).map(|p| p.power).sum::<f32>() / self.total).min(1.0)
    }

    fn find_peaks(&mut self) {
        self.peaks = [Peak::default(); 3];
        let mut taken = [0.0; BINS];
        taken.copy_from_slice(&self.power);
        for rank in 0..self.peaks.len() {
            let mut best = LINES.start;
            let mut most = taken[best];
            for (bin, &power) in taken.iter().enumerate().take(LINES.end).skip(LINES.start) {
                if power > most {
                    (best, most) = (bin, power);
                }
            }
            if most <= 0.0 {
                return;
            }
            let lobe = best - LOBE..=best + LOBE;
            let power = taken[lobe.clone()].iter().sum();
            self.peaks[rank] = Peak { hz: bin_hz(interpolate(&self.power, best)), power };
            if rank == 0 && power < LEAST_SHARE * self.total {
                return;
            }
            taken[lobe].fill(0.0);
        }
    }
}

/// Where between the bins the maximum at `bin` lies: for a Hann window the ratio of the two largest amplitudes gives it
/// exactly for a lone sinusoid.
fn interpolate(power: &[f32; BINS], bin: usize) -> f32 {
    let (below, at, above) = (power[bin - 1], power[bin], power[bin + 1]);
    let (side, sign) = if above >= below { (above, 1.0) } else { (below, -1.0) };
    let ratio = (side / at).sqrt();
    bin as f32 + sign * ((2.0 * ratio - 1.0) / (1.0 + ratio)).clamp(-0.5, 0.5)
}

/// Computes one [`Spectrum`] a hop. The plan and window are shared; the history and scratch are one stream's.
#[derive(Clone)]
pub struct Front {
    transform: Transform,
    history: [f32; WINDOW],
    windowed: [f32; WINDOW],
    bins: [Complex32; BINS],
    scratch: Vec<Complex32>,
    spectrum: Spectrum,
}

/// The FFT's plan and the window: read-only, built once.
#[derive(Clone)]
pub(crate) struct Transform {
    plan: Arc<dyn RealToComplex<f32>>,
    window: Arc<[f32; WINDOW]>,
    scale: f32,
}

impl Transform {
    pub(crate) fn new() -> Self {
        let window: [f32; WINDOW] =
            std::array::from_fn(|i| 0.5 - 0.5 * (std::f32::consts::TAU * (i as f32 + 0.5) / WINDOW as f32).cos());
        let squares: f32 = window.iter().map(|w| w * w).sum();
        Self {
            plan: RealFftPlanner::new().plan_fft_forward(WINDOW),
            window: Arc::new(window),
            scale: 2.0 / (WINDOW as f32 * squares),
        }
    }
}

impl Default for Front {
    /// A front with a plan of its own.
    fn default() -> Self {
        Self::new(&Transform::new())
    }
}

impl Front {
    pub(crate) fn new(transform: &Transform) -> Self {
        Self {
            scratch: transform.plan.make_scratch_vec(),
            transform: transform.clone(),
            history: [0.0; WINDOW],
            windowed: [0.0; WINDOW],
            bins: [Complex32::ZERO; BINS],
            spectrum: Spectrum::default(),
        }
    }

    /// The spectrum of the window that ends with `samples`.
    pub fn push(&mut self, samples: &[f32; HOP]) -> &Spectrum {
        self.shift(samples);
        for ((out, x), w) in self.windowed.iter_mut().zip(&self.history).zip(self.transform.window.iter()) {
            *out = x * w;
        }
        let done = self.transform.plan.process_with_scratch(&mut self.windowed, &mut self.bins, &mut self.scratch);
        debug_assert!(done.is_ok(), "buffers are made by the plan");
        let s = &mut self.spectrum;
        for (power, bin) in s.power.iter_mut().zip(&self.bins) {
            *power = bin.norm_sqr() * self.transform.scale;
        }
        for (band, edges) in s.bands.iter_mut().zip(BAND_EDGES.windows(2)) {
            *band = s.power[edges[0]..edges[1]].iter().sum();
        }
        s.total = s.power[LINES].iter().sum();
        s.find_peaks();
        &self.spectrum
    }

    /// A hop that never arrived: silence moves through the window.
    pub fn push_gap(&mut self) {
        self.shift(&[0.0; HOP]);
    }

    /// Forgets what was heard.
    pub fn reset(&mut self) {
        self.history = [0.0; WINDOW];
        self.spectrum = Spectrum::default();
    }

    /// The spectrum last computed.
    pub fn spectrum(&self) -> &Spectrum {
        &self.spectrum
    }

    fn shift(&mut self, samples: &[f32; HOP]) {
        self.history.copy_within(HOP.., 0);
        self.history[WINDOW - HOP..].copy_from_slice(samples);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spectrum_of(signal: impl Fn(f32) -> f32) -> Spectrum {
        let mut front = Front::new(&Transform::new());
        for hop in 0..10 {
            front.push(&std::array::from_fn(|i| signal((hop * HOP + i) as f32 / RATE as f32)));
        }
        front.spectrum().clone()
    }

    #[test]
    fn a_line_has_the_power_and_frequency_of_its_sinusoid() {
        for hz in [305.0, 440.0, 1000.0, 1004.0, 1399.5, 2100.0, 2498.0] {
            let s = spectrum_of(|t| 0.3 * (std::f32::consts::TAU * hz * t).sin());
            assert!((s.peaks[0].hz - hz).abs() < 1.0, "{hz}: {:?}", s.peaks[0]);
            assert!((s.peaks[0].power / 0.045 - 1.0).abs() < 0.02, "{hz}: {:?}", s.peaks[0]);
            assert!(s.purity(1) > 0.99);
        }
    }

    #[test]
    fn two_lines_are_told_apart() {
        let s = spectrum_of(|t| {
            0.2 * (std::f32::consts::TAU * 480.0 * t).sin() + 0.2 * (std::f32::consts::TAU * 620.0 * t).sin()
        });
        let mut hz = [s.peaks[0].hz, s.peaks[1].hz];
        hz.sort_by(f32::total_cmp);
        assert!((hz[0] - 480.0).abs() < 4.0 && (hz[1] - 620.0).abs() < 4.0, "{hz:?}");
        assert!(s.purity(2) > 0.98);
    }

    #[test]
    fn direct_current_is_no_line() {
        let s = spectrum_of(|_| 0.5);
        assert!(s.total < 1e-6, "{}", s.total);
    }
}
