use super::chroma::{CLASSES, ChromaBank};
use super::{FeatureError, Matrix, shape};

/// Power spectra, one a frame: what [`super::Stft::power`] gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Spectrogram {
    sample_rate: u32,
    n_fft: usize,
    /// Frame by frame.
    power: Vec<f32>,
}

impl Spectrogram {
    pub(super) fn new(sample_rate: u32, n_fft: usize, power: Vec<f32>) -> Self {
        Self { sample_rate, n_fft, power }
    }

    /// Bins of a frame: `n_fft / 2 + 1`.
    pub fn bins(&self) -> usize {
        self.n_fft / 2 + 1
    }

    /// The frames' powers, one slice a frame, from 0 Hz up.
    pub fn frames(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.power.chunks_exact(self.bins())
    }

    /// Hz from one bin to the next.
    fn step(&self) -> f32 {
        self.sample_rate as f32 / self.n_fft as f32
    }

    /// The mean frequency of each frame, weighted by magnitude, in Hz: `librosa.feature.spectral_centroid`.
    pub fn centroid(&self) -> Vec<f32> {
        self.frames().map(|power| shape::centroid(power, self.step())).collect()
    }

    /// The frequency of each frame, in Hz, up to which `roll_percent` of the magnitude lies:
    /// `librosa.feature.spectral_rolloff`, whose default is 0.85.
    ///
    /// # Errors
    /// [`FeatureError::Parameter`] if `roll_percent` is not between 0 and 1.
    pub fn rolloff(&self, roll_percent: f32) -> Result<Vec<f32>, FeatureError> {
        if !(roll_percent > 0.0 && roll_percent < 1.0) {
            return Err(FeatureError::parameter("roll_percent", roll_percent, "more than 0 and less than 1"));
        }
        Ok(self.frames().map(|power| shape::rolloff(power, self.step(), roll_percent)).collect())
    }

    /// How noise-like each frame is, 0 to 1: `librosa.feature.spectral_flatness`.
    pub fn flatness(&self) -> Vec<f32> {
        self.frames().map(shape::flatness).collect()
    }

    /// The twelve pitch classes of each frame, C first, the strongest being 1: `librosa.feature.chroma_stft` with
    /// `tuning=0`. Twelve rows, a column a frame.
    pub fn chroma(&self) -> Matrix {
        let bank = ChromaBank::new(self.sample_rate, self.n_fft);
        let frames: Vec<[f32; CLASSES]> = self.frames().map(|power| bank.apply(power)).collect();
        Matrix::from_fn(CLASSES, frames.len(), |class, frame| frames[frame][class])
    }
}
