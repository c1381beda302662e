//! What a model's input is filled with.

use offhook_audio::{HOP, MediaTime, RATE, SampleRate, resample};
use offhook_detect::analysers::{Front, Hop, MELS, MelAnalyser, WINDOW, measure};
use offhook_detect::features::{MelConfig, MelSpectrogram, Reference, power_to_db};
use rten::Dimension;

use crate::{Hears, OnnxError, Scaling};

/// Samples at 8 kHz that a model hears at once: 2 s.
pub(crate) const HEARD: usize = 2 * RATE as usize;
/// Samples before those which fill the window of the first log-mel frame.
const BEFORE: usize = (WINDOW - HOP).next_multiple_of(HOP);
/// Samples at 8 kHz that matter: 2 s, and what the first window reaches back to.
pub(crate) const KEPT: usize = BEFORE + HEARD;

const FRAMES: usize = HEARD / HOP;
/// Samples at 16 kHz in 2 s.
const WIDE: usize = 2 * HEARD;
/// Bands and frames of the specification's mel spectrogram.
const BANDS: usize = 128;
const COLUMNS: usize = 63;

const ALLOWED: &str =
    "[1, 32000] samples, [1, 128, 63] mel spectrogram, [1, frames, 40] log-mel with at most 200 frames";

/// What a model hears, in which shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Input {
    pub(crate) hears: Hears,
    pub(crate) shape: Vec<usize>,
}

/// One axis of what is heard.
#[derive(Clone, Copy)]
enum Axis {
    /// Of this size.
    Exactly(usize),
    /// Of any size up to this one, which an open axis gets.
    AtMost(usize),
}

impl Hears {
    fn axes(self) -> &'static [Axis] {
        match self {
            Self::Samples => &[Axis::Exactly(WIDE)],
            Self::Mel => &[Axis::Exactly(BANDS), Axis::Exactly(COLUMNS)],
            Self::LogMel => &[Axis::AtMost(FRAMES), Axis::Exactly(MELS)],
        }
    }
}

impl Input {
    /// What an input of these dimensions is to be filled with; `None` dimensions are not known.
    pub(crate) fn of(dimensions: Option<&[Dimension]>, asked: Option<Hears>) -> Result<Self, OnnxError> {
        let refused = |given: String| OnnxError::InputShape { given, allowed: ALLOWED };
        let Some(dimensions) = dimensions else {
            let hears = asked.ok_or_else(|| refused("none, so that it must be said what the model hears".into()))?;
            let full = hears.axes().iter().map(|axis| match axis {
                Axis::Exactly(size) | Axis::AtMost(size) => *size,
            });
            return Ok(Self { hears, shape: std::iter::once(1).chain(full).collect() });
        };
        let mut known = dimensions.to_vec();
        if let [batch @ Dimension::Symbolic(_), _, ..] = known.as_mut_slice() {
            *batch = Dimension::Fixed(1);
        }
        let fitting = [Hears::Samples, Hears::Mel, Hears::LogMel].into_iter().filter(|h| asked.is_none_or(|a| a == *h));
        let mut fitting = fitting.filter_map(|hears| Some(Self { hears, shape: fit(&known, hears.axes())? }));
        let first = fitting.next().ok_or_else(|| refused(shown(dimensions)))?;
        if let Some(second) = fitting.next() {
            let (given, one, other) = (shown(dimensions), first.hears, second.hears);
            return Err(refused(format!("{given}, so that it must be said which of {one:?} and {other:?} is meant")));
        }
        Ok(first)
    }

    /// What the model hears of the end of `samples`, at 8 kHz.
    pub(crate) fn fill(&self, samples: &[i16], scaling: Scaling) -> Result<Vec<f32>, OnnxError> {
        match self.hears {
            Hears::Samples => {
                let mut wide = wide(samples)?;
                scaling.apply(&mut wide);
                Ok(wide)
            }
            Hears::Mel => {
                let power = MelSpectrogram::new(MelConfig::default())?.compute(&wide(samples)?)?;
                Ok(power_to_db(&power, Reference::Max, Some(80.0)).values().to_vec())
            }
            Hears::LogMel => Ok(log_mel(samples, self.shape.iter().product::<usize>() / MELS)),
        }
    }
}

/// The sizes of the axes where `dimensions` can hold `axes` in their order, and axes of 1 between them.
fn fit(dimensions: &[Dimension], axes: &[Axis]) -> Option<Vec<usize>> {
    let Some((dimension, rest)) = dimensions.split_first() else { return axes.is_empty().then(Vec::new) };
    let with = |size: usize, axes: &[Axis]| {
        let mut sizes = vec![size];
        sizes.extend(fit(rest, axes)?);
        Some(sizes)
    };
    let spare = || with(1, axes);
    match (dimension, axes.split_first()) {
        (Dimension::Fixed(1), _) | (Dimension::Symbolic(_), None) => spare(),
        (Dimension::Fixed(size), Some((Axis::Exactly(wanted), after))) if size == wanted => with(*size, after),
        (Dimension::Fixed(size), Some((Axis::AtMost(most), after))) if (2..=*most).contains(size) => with(*size, after),
        (Dimension::Fixed(_), _) => None,
        (Dimension::Symbolic(_), Some((Axis::Exactly(size) | Axis::AtMost(size), after))) => {
            spare().or_else(|| with(*size, after))
        }
    }
}

fn shown(dimensions: &[Dimension]) -> String {
    let sizes: Vec<String> = dimensions
        .iter()
        .map(|dimension| match dimension {
            Dimension::Fixed(size) => size.to_string(),
            Dimension::Symbolic(name) => name.clone(),
        })
        .collect();
    format!("[{}]", sizes.join(", "))
}

fn scaled(samples: &[i16]) -> impl Iterator<Item = f32> + '_ {
    samples.iter().map(|sample| f32::from(*sample) / 32_768.0)
}

/// The last 2 s at 16 kHz.
fn wide(samples: &[i16]) -> Result<Vec<f32>, OnnxError> {
    let last = &samples[samples.len().saturating_sub(HEARD)..];
    let mut last: Vec<f32> = scaled(last).collect();
    last.resize(HEARD, 0.0);
    Ok(resample(&last, SampleRate::TELEPHONE, SampleRate::new(2 * RATE)?)?)
}

/// The last `frames` log-mel frames. Where there is no sound before the 2 s, their first windows begin with silence.
fn log_mel(samples: &[i16], frames: usize) -> Vec<f32> {
    let before = samples.len().saturating_sub(HEARD).min(BEFORE);
    let last = &samples[samples.len().saturating_sub(HEARD + before)..];
    let mut last: Vec<f32> = std::iter::repeat_n(0.0, BEFORE - before).chain(scaled(last)).collect();
    last.resize(KEPT, 0.0);
    let (mut front, mut mel) = (Front::default(), MelAnalyser::new());
    let mut made = Vec::with_capacity(KEPT / HOP * MELS);
    for samples in last.as_chunks::<HOP>().0 {
        let level = measure(samples, 0);
        let spectrum = front.push(samples);
        made.extend(mel.push(&Hop { at: MediaTime::ZERO, samples, level: &level, spectrum }));
    }
    made.split_off(made.len().saturating_sub(frames * MELS))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Dimensions from text: numbers are fixed, words are open.
    fn dimensions(text: &str) -> Vec<Dimension> {
        let one = |word: &str| word.parse().map_or_else(|_| Dimension::Symbolic(word.to_owned()), Dimension::Fixed);
        text.split_whitespace().map(one).collect()
    }

    #[test]
    fn a_shape_tells_what_is_heard() {
        for (given, hears, shape) in [
            ("1 32000", Hears::Samples, vec![1, 32_000]),
            ("32000", Hears::Samples, vec![32_000]),
            ("batch 1 32000", Hears::Samples, vec![1, 1, 32_000]),
            ("1 128 63", Hears::Mel, vec![1, 128, 63]),
            ("n 1 128 63", Hears::Mel, vec![1, 1, 128, 63]),
            ("n 128 63 1", Hears::Mel, vec![1, 128, 63, 1]),
            ("n c 128 63", Hears::Mel, vec![1, 1, 128, 63]),
            ("1 frames 40", Hears::LogMel, vec![1, 200, 40]),
            ("n 150 40", Hears::LogMel, vec![1, 150, 40]),
        ] {
            assert_eq!(Input::of(Some(&dimensions(given)), None).unwrap(), Input { hears, shape }, "{given}");
        }
    }

    #[test]
    fn a_shape_that_cannot_be_filled_is_refused() {
        for given in ["1 80 100", "2 32000", "63 128", "1 201 40", "40", "n 40", "n 63", "1 16000", ""] {
            let told = Input::of(Some(&dimensions(given)), None).unwrap_err().to_string();
            assert!(told.starts_with("onnx model: input shape: given ["), "{given}: {told}");
            assert!(told.contains("allowed [1, 32000] samples, [1, 128, 63]"), "{told}");
        }
    }

    #[test]
    fn an_open_shape_needs_to_be_told() {
        let open = dimensions("batch rows columns");
        let told = Input::of(Some(&open), None).unwrap_err().to_string();
        assert!(told.contains("given [batch, rows, columns], so that it must be said which"), "{told}");
        assert_eq!(Input::of(Some(&open), Some(Hears::Mel)).unwrap().shape, [1, 128, 63]);
        assert_eq!(Input::of(Some(&open), Some(Hears::LogMel)).unwrap().shape, [1, 200, 40]);
        assert!(Input::of(Some(&dimensions("n 128 t")), None).unwrap_err().to_string().contains("Mel and LogMel"));
        assert_eq!(Input::of(Some(&dimensions("n 128 t")), Some(Hears::Mel)).unwrap().shape, [1, 128, 63]);
        assert_eq!(Input::of(None, Some(Hears::Samples)).unwrap().shape, [1, 32_000]);
        assert!(Input::of(None, None).is_err());
        assert!(Input::of(Some(&dimensions("1 128 63")), Some(Hears::Samples)).is_err());
    }

    #[test]
    fn frames_are_those_that_a_detector_hears() {
        let samples: Vec<i16> = (0..40_000i32).map(|at| ((at * at / 7) % 5000 - 2500) as i16).collect();
        let (mut front, mut mel) = (Front::default(), MelAnalyser::new());
        let mut all = Vec::new();
        for hop in samples.as_chunks::<HOP>().0 {
            let samples = hop.map(|sample| f32::from(sample) / 32_768.0);
            let level = measure(&samples, 0);
            let spectrum = front.push(&samples);
            all.extend(mel.push(&Hop { at: MediaTime::ZERO, samples: &samples, level: &level, spectrum }));
        }
        assert!(log_mel(&samples, 200) == all[all.len() - 200 * MELS..]);
        assert!(log_mel(&samples, 30) == all[all.len() - 30 * MELS..]);
        assert!(log_mel(&samples[..16_000], 200) == all[..200 * MELS]);
        assert!(log_mel(&samples[..8000], 200)[..100 * MELS] == all[..100 * MELS]);
    }
}
