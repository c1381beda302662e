use super::Matrix;

/// The least power that is told apart: librosa's `amin`.
const LEAST: f32 = 1e-10;

/// What 0 dB stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reference {
    /// This power; librosa's default is 1.
    Power(f32),
    /// The greatest power of the matrix: `ref=np.max`.
    Max,
}

/// Powers as levels in dB, as `librosa.power_to_db` (`amin` 1e-10): nothing is more than `top_db` below the greatest
/// level, if that is given (librosa's default is 80).
pub fn power_to_db(power: &Matrix, reference: Reference, top_db: Option<f32>) -> Matrix {
    let most = power.values().iter().copied().fold(0.0, f32::max);
    let reference = match reference {
        Reference::Power(power) => power.abs(),
        Reference::Max => most,
    };
    let level = |power: f32| 10.0 * (power.max(LEAST).log10() - reference.max(LEAST).log10());
    let least = top_db.map_or(f32::NEG_INFINITY, |top| level(most) - top);
    let mut levels = power.clone();
    levels.values_mut().iter_mut().for_each(|value| *value = level(*value).max(least));
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_relative_to_the_reference_and_cut_off() {
        let power = Matrix::from_fn(1, 4, |_, column| [0.0, 1e-3, 1.0, 10.0][column]);
        let near = |given: Matrix, wanted: [f32; 4]| {
            for (given, wanted) in given.values().iter().zip(wanted) {
                assert!((given - wanted).abs() < 1e-4, "{given} {wanted}");
            }
        };
        near(power_to_db(&power, Reference::Power(1.0), None), [-100.0, -30.0, 0.0, 10.0]);
        near(power_to_db(&power, Reference::Power(1.0), Some(80.0)), [-70.0, -30.0, 0.0, 10.0]);
        near(power_to_db(&power, Reference::Max, Some(25.0)), [-25.0, -25.0, -10.0, 0.0]);
    }

    #[test]
    fn silence_against_itself_is_0_db() {
        let levels = power_to_db(&Matrix::from_fn(2, 2, |_, _| 0.0), Reference::Max, Some(80.0));
        assert_eq!(levels.values(), [0.0; 4]);
    }
}
