//! Who is learned from, and who is kept for checking.

use super::error::DataError;
use offhook_sim::Random;

/// What voices and calls are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Learned from.
    Train,
    /// Watched while learning.
    Validation,
    /// Neither.
    Test,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 3] = [Self::Train, Self::Validation, Self::Test];
}

/// Which share of a source's sound each part gets; they sum to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shares {
    /// Learned from.
    pub train: f64,
    /// Watched while learning.
    pub validation: f64,
    /// Neither.
    pub test: f64,
}

impl Default for Shares {
    /// 70, 15 and 15 %.
    fn default() -> Self {
        Self { train: 0.7, validation: 0.15, test: 0.15 }
    }
}

impl Shares {
    fn of(&self, part: Part) -> f64 {
        match part {
            Part::Train => self.train,
            Part::Validation => self.validation,
            Part::Test => self.test,
        }
    }

    /// Checks that the shares are shares and sum to 1.
    ///
    /// # Errors
    /// [`DataError::Setting`].
    pub fn check(&self) -> Result<(), DataError> {
        let all = [self.train, self.validation, self.test];
        let good = all.iter().all(|share| (0.0..=1.0).contains(share)) && (all.iter().sum::<f64>() - 1.0).abs() < 1e-6;
        if good {
            return Ok(());
        }
        let given = format!("train {}, validation {}, test {}", self.train, self.validation, self.test);
        Err(DataError::Setting { field: "shares", given, allowed: "three shares of 0 to 1 that sum to 1".into() })
    }

    /// Deals items that weigh this much, in this order: each to the part that lacks most. The first goes to
    /// [`Part::Train`] unless its share is less than another's.
    fn deal(&self, weights: &[f64]) -> Vec<Part> {
        let total: f64 = weights.iter().sum();
        let mut lacks = Part::ALL.map(|part| self.of(part) * total);
        let deal = |weight: &f64| {
            let most = (0..3).fold(0, |best, at| if lacks[at] > lacks[best] { at } else { best });
            lacks[most] -= weight;
            Part::ALL[most]
        };
        weights.iter().map(deal).collect()
    }

    /// Deals speakers of one source, who weigh this much, in an order that follows from `seed`.
    pub(super) fn deal_shuffled(&self, weights: &[f64], seed: u64) -> Vec<Part> {
        let mut random = Random::new(seed);
        let mut order: Vec<usize> = (0..weights.len()).collect();
        shuffle(&mut order, &mut random);
        self.deal_in(&order, weights)
    }

    /// Deals the few voices of prompts: the one with the most sound is trained on, the next is for validation, the third
    /// for the test, and all others go where most is lacking.
    pub(super) fn deal_by_weight(&self, weights: &[f64]) -> Vec<Part> {
        let mut order: Vec<usize> = (0..weights.len()).collect();
        order.sort_by(|a, b| weights[*b].total_cmp(&weights[*a]));
        let mut parts = self.deal_in(&order, weights);
        let wanted = Part::ALL.into_iter().filter(|part| self.of(*part) > 0.0);
        for (at, part) in order.iter().zip(wanted) {
            parts[*at] = part;
        }
        parts
    }

    fn deal_in(&self, order: &[usize], weights: &[f64]) -> Vec<Part> {
        let ordered: Vec<f64> = order.iter().map(|at| weights[*at]).collect();
        let mut parts = vec![Part::Train; weights.len()];
        for (at, part) in order.iter().zip(self.deal(&ordered)) {
            parts[*at] = part;
        }
        parts
    }
}

/// Puts `items` into a random order (Fisher and Yates).
pub(super) fn shuffle<T>(items: &mut [T], random: &mut Random) {
    for at in (1..items.len()).rev() {
        items.swap(at, random.whole(0..at + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_kept_and_one_voice_is_learned_from() {
        let shares = Shares::default();
        let parts = shares.deal_shuffled(&[1.0; 100], 3);
        let count = |part| parts.iter().filter(|it| **it == part).count();
        assert_eq!(Part::ALL.map(count), [70, 15, 15]);
        assert_ne!(parts, shares.deal_shuffled(&[1.0; 100], 4));
        assert_eq!(shares.deal_shuffled(&[5.0], 1), [Part::Train]);
        assert_eq!(shares.deal_by_weight(&[30.0, 40.0, 25.0]), [Part::Validation, Part::Train, Part::Test]);
        assert_eq!(shares.deal_by_weight(&[1.0, 2.0]), [Part::Validation, Part::Train]);
    }

    #[test]
    fn shares_must_sum_to_one() {
        let error = Shares { train: 0.9, ..Shares::default() }.check().unwrap_err().to_string();
        assert!(error.starts_with("shares: given train 0.9, validation 0.15, test 0.15, allowed is three"), "{error}");
        assert!(Shares { test: f64::NAN, ..Shares::default() }.check().is_err());
    }
}
