//! The twelve pitch classes of a spectrum, C first: each bin's power is shared among the classes near it by bell curves
//! on the scale of octaves, weighted towards the middle of the piano (Ellis, "Chroma feature analysis and synthesis",
//! 2007). librosa's `filters.chroma` for 12 classes and its defaults, and a tuning of 0: A is 440 Hz.

/// Pitch classes.
pub(super) const CLASSES: usize = 12;
/// The octave, above 27.5 Hz, that weighs most, and how many octaves the bell over the octaves is wide.
const MIDDLE_OCTAVE: f64 = 5.0;
const OCTAVE_WIDTH: f64 = 2.0;

/// The weights of each bin in each class.
#[derive(Clone, Debug)]
pub(super) struct ChromaBank {
    /// A row of twelve a bin.
    weights: Vec<[f32; CLASSES]>,
}

impl ChromaBank {
    /// The bank for the lower half of a spectrum of `n_fft` points.
    pub(super) fn new(sample_rate: u32, n_fft: usize) -> Self {
        let classes = CLASSES as f64;
        let place = |bin: usize| classes * (bin as f64 * f64::from(sample_rate) / n_fft as f64 / 27.5).log2();
        // Nothing lies at 0 Hz on a scale of octaves: that bin is taken to be one and a half octaves below the next.
        let place = |bin: usize| if bin == 0 { place(1) - 1.5 * classes } else { place(bin) };
        let weights = (0..=n_fft / 2).map(|bin| {
            let (here, width) = (place(bin), (place(bin + 1) - place(bin)).max(1.0));
            let bell = |class: usize| {
                let half = classes / 2.0;
                let away = (here - class as f64 + half).rem_euclid(classes) - half;
                (-0.5 * (2.0 * away / width).powi(2)).exp()
            };
            let length = (0..CLASSES).map(|class| bell(class).powi(2)).sum::<f64>().sqrt();
            let octave = (-0.5 * ((here / classes - MIDDLE_OCTAVE) / OCTAVE_WIDTH).powi(2)).exp();
            // The scale begins at A; the classes begin at C, three half-tones above.
            std::array::from_fn(|class| (bell((class + 3) % CLASSES) / length * octave) as f32)
        });
        Self { weights: weights.collect() }
    }

    /// The classes of one spectrum, the strongest being 1; all 0 for nothing at all.
    pub(super) fn apply(&self, power: &[f32]) -> [f32; CLASSES] {
        let mut sums = [0.0f32; CLASSES];
        for (power, weights) in power.iter().zip(&self.weights) {
            sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += power * weight);
        }
        let most = sums.iter().copied().fold(0.0, f32::max);
        if most > f32::MIN_POSITIVE {
            sums.iter_mut().for_each(|sum| *sum /= most);
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_in_their_class() {
        let bank = ChromaBank::new(16_000, 4096);
        for (hz, class) in [(261.63, 0), (440.0, 9), (880.0, 9), (1318.5, 4), (1975.5, 11)] {
            let mut power = [0.0; 2049];
            power[(hz / 16_000.0 * 4096.0f64).round() as usize] = 1.0;
            let classes = bank.apply(&power);
            assert_eq!(classes[class], 1.0, "{hz}: {classes:?}");
        }
        assert_eq!(bank.apply(&[0.0; 2049]), [0.0; CLASSES]);
    }
}
