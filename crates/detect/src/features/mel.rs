use super::{FeatureError, Matrix, Spectrogram, Stft, StftConfig};

/// The parameters of a mel spectrogram, by librosa's names. The default is the specification's: 128 bands up to 8 kHz,
/// which for 2 s at 16 kHz gives 128 × 63.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MelConfig {
    /// How the samples are cut into windows.
    pub stft: StftConfig,
    /// Bands: 1 to 512.
    pub n_mels: usize,
    /// Where the lowest band begins, in Hz.
    pub fmin: f32,
    /// Where the highest band ends, in Hz: more than `fmin`, at most half the sample rate.
    pub fmax: f32,
    /// What magnitudes are raised to: 2 for powers, 1 for magnitudes; more than 0.
    pub power: f32,
    /// The scale on which the bands lie evenly.
    pub scale: MelScale,
    /// How the bands are weighed against each other.
    pub norm: MelNorm,
}

impl Default for MelConfig {
    fn default() -> Self {
        Self {
            stft: StftConfig::default(),
            n_mels: 128,
            fmin: 0.0,
            fmax: 8000.0,
            power: 2.0,
            scale: MelScale::Slaney,
            norm: MelNorm::Slaney,
        }
    }
}

/// A scale of pitch as it is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MelScale {
    /// Linear to 1 kHz and logarithmic above (Slaney, "Auditory toolbox", 1998): librosa's `htk=False`.
    Slaney,
    /// `2595 log10(1 + f/700)` (O'Shaughnessy 1987): librosa's `htk=True`.
    Htk,
}

/// Hz of a mel below 1 kHz on Slaney's scale.
const SLANEY_STEP: f64 = 200.0 / 3.0;
/// Where Slaney's scale turns logarithmic, in mel: 1 kHz.
const SLANEY_TURN: f64 = 15.0;

impl MelScale {
    fn mel(self, hz: f64) -> f64 {
        match self {
            Self::Htk => 2595.0 * (1.0 + hz / 700.0).log10(),
            Self::Slaney if hz < 1000.0 => hz / SLANEY_STEP,
            Self::Slaney => SLANEY_TURN + (hz / 1000.0).ln() / (6.4f64.ln() / 27.0),
        }
    }

    fn hz(self, mel: f64) -> f64 {
        match self {
            Self::Htk => 700.0 * (10f64.powf(mel / 2595.0) - 1.0),
            Self::Slaney if mel < SLANEY_TURN => mel * SLANEY_STEP,
            Self::Slaney => 1000.0 * ((mel - SLANEY_TURN) * (6.4f64.ln() / 27.0)).exp(),
        }
    }
}

/// How bands are weighed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MelNorm {
    /// Each triangle has the same area, so that white noise gives an even spectrum: librosa's `norm="slaney"`.
    Slaney,
    /// Each triangle peaks at 1: librosa's `norm=None`.
    None,
}

/// One band's triangle: its first bin and the weights from there on.
#[derive(Clone, Debug)]
struct Triangle {
    first: usize,
    weights: Vec<f32>,
}

/// Makes mel spectrograms that equal `librosa.feature.melspectrogram` for the same parameters.
///
/// ```
/// use offhook_detect::features::{MelConfig, MelSpectrogram, Reference, power_to_db};
///
/// let mut mel = MelSpectrogram::new(MelConfig::default())?;
/// let two_seconds = vec![0.1; 32_000];
/// let levels = power_to_db(&mel.compute(&two_seconds)?, Reference::Max, Some(80.0));
/// assert_eq!((levels.rows(), levels.columns()), (128, 63));
/// # Ok::<(), offhook_detect::features::FeatureError>(())
/// ```
#[derive(Clone)]
pub struct MelSpectrogram {
    config: MelConfig,
    stft: Stft,
    triangles: Vec<Triangle>,
}

impl MelSpectrogram {
    /// Lays the bands over the bins.
    ///
    /// # Errors
    /// [`FeatureError::Parameter`] if a parameter is out of its range.
    pub fn new(config: MelConfig) -> Result<Self, FeatureError> {
        let MelConfig { stft, n_mels, fmin, fmax, power, .. } = config;
        if !(1..=512).contains(&n_mels) {
            return Err(FeatureError::parameter("n_mels", n_mels, "1 to 512"));
        }
        let half = stft.sample_rate as f32 / 2.0;
        if !(fmin >= 0.0 && fmin < half) {
            return Err(FeatureError::parameter("fmin", fmin, format!("0 or more, less than {half} Hz")));
        }
        if !(fmax > fmin && fmax <= half) {
            return Err(FeatureError::parameter("fmax", fmax, format!("more than {fmin}, at most {half} Hz")));
        }
        if !(power > 0.0 && power.is_finite()) {
            return Err(FeatureError::parameter("power", power, "more than 0"));
        }
        Ok(Self { stft: Stft::new(stft)?, triangles: triangles(&config), config })
    }

    /// What it was made with.
    pub fn config(&self) -> &MelConfig {
        &self.config
    }

    /// The power in each band of each frame of `samples`, which span ±1: a row a band, a column a frame.
    ///
    /// # Errors
    /// [`FeatureError::TooShort`] if there is no frame.
    pub fn compute(&mut self, samples: &[f32]) -> Result<Matrix, FeatureError> {
        let spectrogram = self.stft.power(samples)?;
        Ok(self.of(&spectrogram))
    }

    fn of(&self, spectrogram: &Spectrogram) -> Matrix {
        let half_power = self.config.power / 2.0;
        let columns = spectrogram.frames().len();
        let mut made = Matrix::from_fn(self.triangles.len(), columns, |_, _| 0.0);
        let mut raised = vec![0.0; spectrogram.bins()];
        for (column, frame) in spectrogram.frames().enumerate() {
            for (raised, power) in raised.iter_mut().zip(frame) {
                *raised = if half_power == 1.0 { *power } else { power.powf(half_power) };
            }
            for (row, triangle) in self.triangles.iter().enumerate() {
                let bins = &raised[triangle.first..];
                made.values_mut()[row * columns + column] =
                    triangle.weights.iter().zip(bins).map(|(weight, power)| weight * power).sum();
            }
        }
        made
    }
}

fn triangles(config: &MelConfig) -> Vec<Triangle> {
    let MelConfig { stft, n_mels, scale, .. } = *config;
    let (low, high) = (scale.mel(config.fmin.into()), scale.mel(config.fmax.into()));
    let edge = |i: usize| scale.hz(low + (high - low) * i as f64 / (n_mels + 1) as f64);
    let hz = |bin: usize| bin as f64 * f64::from(stft.sample_rate) / stft.n_fft as f64;
    let triangle = |band: usize| {
        let (low, centre, high) = (edge(band), edge(band + 1), edge(band + 2));
        let area = match config.norm {
            MelNorm::Slaney => 2.0 / (high - low),
            MelNorm::None => 1.0,
        };
        let weight = |bin: usize| {
            let hz = hz(bin);
            area * ((hz - low) / (centre - low)).min((high - hz) / (high - centre)).max(0.0)
        };
        let bins = 0..=stft.n_fft / 2;
        let first = bins.clone().find(|&bin| weight(bin) > 0.0).unwrap_or(0);
        let weights = bins.skip(first).map(weight).take_while(|weight| *weight > 0.0);
        Triangle { first, weights: weights.map(|weight| weight as f32).collect() }
    };
    (0..n_mels).map(triangle).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_scales_turn_back() {
        for scale in [MelScale::Slaney, MelScale::Htk] {
            for hz in [0.0, 60.0, 999.0, 1000.0, 1001.0, 7999.0] {
                assert!((scale.hz(scale.mel(hz)) - hz).abs() < 1e-6, "{scale:?} {hz}");
            }
        }
    }

    #[test]
    fn parameters_are_checked() {
        let told = |config: MelConfig| MelSpectrogram::new(config).err().map(|e| e.to_string()).unwrap_or_default();
        let usual = MelConfig::default();
        assert_eq!(told(MelConfig { fmax: 8001.0, ..usual }), "fmax: given 8001, allowed more than 0, at most 8000 Hz");
        assert!(told(MelConfig { fmin: f32::NAN, ..usual }).starts_with("fmin: given NaN"));
        assert!(told(MelConfig { n_mels: 0, ..usual }).starts_with("n_mels: given 0"));
        assert!(told(MelConfig { power: 0.0, ..usual }).starts_with("power: given 0"));
    }
}
