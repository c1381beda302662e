//! What passes values or stops them: the rectifier and dropout.

use offhook_sim::Random;

use super::float::Float;

/// Which values passed, and by what those were multiplied.
#[derive(Clone, Debug)]
pub(super) struct Passed<F> {
    passed: Vec<bool>,
    scale: F,
}

/// Makes negative values zero.
pub(super) fn rectify<F: Float>(values: &mut [F]) {
    values.iter_mut().for_each(|v| *v = if *v > F::ZERO { *v } else { F::ZERO });
}

/// Makes negative values zero if `relu`, and each with the probability `dropout` (in steps of 1 / 65,536); those that
/// stay are scaled up to keep the mean (Srivastava et al. 2014). `None` if every value passes as it is.
pub(super) fn pass<F: Float>(values: &mut [F], relu: bool, dropout: f32, random: &mut Random) -> Option<Passed<F>> {
    if !relu && dropout <= 0.0 {
        return None;
    }
    let mut passed: Vec<bool> = values.iter().map(|v| !relu || *v > F::ZERO).collect();
    let mut scale = F::ONE;
    if dropout > 0.0 {
        let limit = (dropout * 65_536.0) as u16;
        scale = F::from_f64(1.0 / (1.0 - f64::from(limit) / 65_536.0));
        for four in passed.chunks_mut(4) {
            let bits = random.bits();
            four.iter_mut().enumerate().for_each(|(i, p)| *p &= (bits >> (16 * i)) as u16 >= limit);
        }
    }
    let kept = Passed { passed, scale };
    kept.apply(values);
    Some(kept)
}

impl<F: Float> Passed<F> {
    /// Stops and scales values, or gradients, likewise.
    pub(super) fn apply(&self, values: &mut [F]) {
        for (value, passed) in values.iter_mut().zip(&self.passed) {
            *value = if *passed { *value * self.scale } else { F::ZERO };
        }
    }
}
