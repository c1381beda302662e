use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};

use super::{FeatureError, Spectrogram};

/// How a stretch of samples is cut into windows. The default is the specification's: 2,048 samples at 16 kHz, one
/// window each 512, centred.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StftConfig {
    /// Samples a second.
    pub sample_rate: u32,
    /// Samples in a window: even, 16 to 65,536. The window is Hann's, periodic.
    pub n_fft: usize,
    /// Samples from one window to the next: 1 to 65,536.
    pub hop_length: usize,
    /// `Some`: frame `t` is centred on sample `t × hop_length`, and half a window is added at both ends in this way.
    /// `None`: frame `t` begins there, and only whole windows give frames (librosa's `center=False`).
    pub center: Option<Padding>,
}

impl Default for StftConfig {
    fn default() -> Self {
        Self { sample_rate: 16_000, n_fft: 2048, hop_length: 512, center: Some(Padding::Constant) }
    }
}

/// What is taken to lie beyond the ends of the samples: librosa's `pad_mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// Silence; librosa's default since 0.10.
    Constant,
    /// The samples mirrored at the first and last one; librosa's default before.
    Reflect,
    /// The first and last sample, held.
    Edge,
}

impl Padding {
    /// The sample at `at`, counted from the first of `samples`, of which there is at least one.
    fn sample(self, samples: &[f32], at: isize) -> f32 {
        let last = samples.len() as isize - 1;
        if (0..=last).contains(&at) {
            return samples[at as usize];
        }
        match self {
            Self::Constant => 0.0,
            Self::Edge => samples[at.clamp(0, last) as usize],
            Self::Reflect => {
                let turn = at.rem_euclid((2 * last).max(1));
                samples[turn.min(2 * last - turn).max(0) as usize]
            }
        }
    }
}

/// The short-time Fourier transform: power spectra of overlapping windows.
#[derive(Clone)]
pub struct Stft {
    config: StftConfig,
    plan: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    windowed: Vec<f32>,
    bins: Vec<Complex32>,
    scratch: Vec<Complex32>,
}

impl Stft {
    /// Plans the transform.
    ///
    /// # Errors
    /// [`FeatureError::Parameter`] if a parameter is out of its range.
    pub fn new(config: StftConfig) -> Result<Self, FeatureError> {
        let StftConfig { sample_rate, n_fft, hop_length, .. } = config;
        if sample_rate == 0 {
            return Err(FeatureError::parameter("sample_rate", sample_rate, "1 or more"));
        }
        if !(16..=65_536).contains(&n_fft) || n_fft % 2 != 0 {
            return Err(FeatureError::parameter("n_fft", n_fft, "an even number from 16 to 65536"));
        }
        if !(1..=65_536).contains(&hop_length) {
            return Err(FeatureError::parameter("hop_length", hop_length, "1 to 65536"));
        }
        let plan = RealFftPlanner::new().plan_fft_forward(n_fft);
        let turn = |i: usize| std::f64::consts::TAU * i as f64 / n_fft as f64;
        Ok(Self {
            config,
            window: (0..n_fft).map(|i| (0.5 - 0.5 * turn(i).cos()) as f32).collect(),
            windowed: plan.make_input_vec(),
            bins: plan.make_output_vec(),
            scratch: plan.make_scratch_vec(),
            plan,
        })
    }

    /// How it cuts.
    pub fn config(&self) -> &StftConfig {
        &self.config
    }

    /// How many frames so many samples give.
    ///
    /// # Errors
    /// [`FeatureError::TooShort`] if they give none.
    pub fn frames(&self, samples: usize) -> Result<usize, FeatureError> {
        let StftConfig { n_fft, hop_length, center, .. } = self.config;
        let (padded, least) = if center.is_some() { (samples + n_fft, 1) } else { (samples, n_fft) };
        if samples < least {
            return Err(FeatureError::TooShort { given: samples, least });
        }
        Ok(1 + (padded - n_fft) / hop_length)
    }

    /// The power of each bin of each frame of `samples`, which span ±1: `np.abs(librosa.stft(samples))**2`.
    ///
    /// # Errors
    /// [`FeatureError::TooShort`] if there is no frame.
    pub fn power(&mut self, samples: &[f32]) -> Result<Spectrogram, FeatureError> {
        let frames = self.frames(samples.len())?;
        let StftConfig { sample_rate, n_fft, hop_length, center } = self.config;
        let (padding, before) = center.map_or((Padding::Constant, 0), |padding| (padding, n_fft / 2));
        let mut power = Vec::with_capacity(frames * self.bins.len());
        for frame in 0..frames {
            let from = (frame * hop_length) as isize - before as isize;
            for (i, (out, window)) in self.windowed.iter_mut().zip(&self.window).enumerate() {
                *out = window * padding.sample(samples, from + i as isize);
            }
            let done = self.plan.process_with_scratch(&mut self.windowed, &mut self.bins, &mut self.scratch);
            debug_assert!(done.is_ok(), "buffers are made by the plan");
            power.extend(self.bins.iter().map(Complex32::norm_sqr));
        }
        Ok(Spectrogram::new(sample_rate, n_fft, power))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_beyond_is_as_numpy_pads() {
        let samples = [1.0, 2.0, 3.0];
        let padded = |padding: Padding| (-5..8).map(|at| padding.sample(&samples, at)).collect::<Vec<_>>();
        assert_eq!(padded(Padding::Constant), [0., 0., 0., 0., 0., 1., 2., 3., 0., 0., 0., 0., 0.]);
        assert_eq!(padded(Padding::Edge), [1., 1., 1., 1., 1., 1., 2., 3., 3., 3., 3., 3., 3.]);
        assert_eq!(padded(Padding::Reflect), [2., 1., 2., 3., 2., 1., 2., 3., 2., 1., 2., 3., 2.]);
        assert_eq!(Padding::Reflect.sample(&[7.0], 4), 7.0);
    }

    #[test]
    fn frames_are_counted_as_librosa_counts_them() {
        let centred = Stft::new(StftConfig::default()).unwrap();
        assert_eq!(centred.frames(32_000), Ok(63));
        assert_eq!(centred.frames(1), Ok(1));
        assert_eq!(centred.frames(0), Err(FeatureError::TooShort { given: 0, least: 1 }));
        let whole = Stft::new(StftConfig { center: None, ..StftConfig::default() }).unwrap();
        assert_eq!(whole.frames(32_000), Ok(59));
        assert_eq!(whole.frames(2047).unwrap_err().to_string(), "samples: given 2047, allowed 2048 or more");
    }

    #[test]
    fn parameters_are_checked() {
        let told = |config: StftConfig| Stft::new(config).err().map(|error| error.to_string()).unwrap_or_default();
        let usual = StftConfig::default();
        assert_eq!(
            told(StftConfig { n_fft: 2047, ..usual }),
            "n_fft: given 2047, allowed an even number from 16 to 65536"
        );
        assert_eq!(told(StftConfig { hop_length: 0, ..usual }), "hop_length: given 0, allowed 1 to 65536");
        assert_eq!(told(StftConfig { sample_rate: 0, ..usual }), "sample_rate: given 0, allowed 1 or more");
    }
}
