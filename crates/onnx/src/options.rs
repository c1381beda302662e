/// How a model is to be used; what is `None` its shape tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OnnxOptions {
    /// What it hears.
    pub hears: Option<Hears>,
    /// How samples are scaled.
    pub scaling: Scaling,
    /// What its output means.
    pub gives: Gives,
}

/// What a model hears of the last 2 s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hears {
    /// 32,000 samples at 16 kHz.
    Samples,
    /// The mel spectrogram of those, 128 bands × 63 frames, in dB below its maximum.
    Mel,
    /// Log-mel frames of 40 bands, one each 10 ms.
    LogMel,
}

/// How samples are scaled; mel spectrograms are in dB below their maximum, log-mel frames as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scaling {
    /// The least sample of the 2 s becomes −1 and the greatest +1, as the specification has it; silence becomes 0.
    #[default]
    MinMax,
    /// The sample farthest from 0 becomes −1 or +1.
    Peak,
    /// Samples span ±1 as they came: full scale is 1.
    Plain,
}

impl Scaling {
    /// Scales samples that span ±1.
    pub(crate) fn apply(self, samples: &mut [f32]) {
        let least = samples.iter().copied().fold(f32::INFINITY, f32::min);
        let most = samples.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let (middle, half) = match self {
            Self::Plain => return,
            Self::MinMax => ((most + least) / 2.0, (most - least) / 2.0),
            Self::Peak => (0.0, most.max(-least)),
        };
        let scale = if half > 0.0 { 1.0 / half } else { 0.0 };
        samples.iter_mut().for_each(|sample| *sample = (*sample - middle) * scale);
    }
}

/// What a model's output means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gives {
    /// Probabilities, 0 to 1.
    #[default]
    Probabilities,
    /// Logits: what goes into the logistic function, or into softmax.
    Logits,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_scaled_as_said() {
        let scaled = |scaling: Scaling, samples: &[f32]| {
            let mut samples = samples.to_vec();
            scaling.apply(&mut samples);
            samples
        };
        assert_eq!(scaled(Scaling::MinMax, &[-0.25, 0.0, 0.75]), [-1.0, -0.5, 1.0]);
        assert_eq!(scaled(Scaling::Peak, &[-0.5, 0.25]), [-1.0, 0.5]);
        assert_eq!(scaled(Scaling::Plain, &[-0.5, 0.25]), [-0.5, 0.25]);
        for scaling in [Scaling::MinMax, Scaling::Peak] {
            assert_eq!(scaled(scaling, &[0.0, 0.0]), [0.0, 0.0]);
            assert_eq!(scaled(scaling, &[]), []);
        }
    }
}
