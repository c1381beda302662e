use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::ops::Range;

/// The simulator's only source of chance: a ChaCha8 stream whose draws are defined here, so that the same seed gives the
/// same calls on every machine and with every version of the `rand` crates.
#[derive(Clone, Debug)]
pub struct Random(ChaCha8Rng);

impl Random {
    /// The stream of `seed`.
    pub fn new(seed: u64) -> Self {
        Self::of(seed, 0, 0)
    }

    /// The stream of item `index` under `seed`: streams of different items don't overlap, so that items can be made in
    /// any order.
    pub fn for_item(seed: u64, index: u64) -> Self {
        Self::of(seed, index, 1)
    }

    /// A further stream, split off for the part of the work that `purpose` numbers. It depends on the state of this
    /// one, and what it is used for doesn't move this one any further.
    pub fn split(&mut self, purpose: u64) -> Self {
        Self::of(self.bits(), purpose, 2)
    }

    fn of(seed: u64, index: u64, domain: u64) -> Self {
        let mut key = [0; 32];
        for (bytes, word) in key.chunks_exact_mut(8).zip([seed, index, domain]) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number in 0..1, with 53 random bits.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number spread evenly over `range`; its start if the range is empty.
    pub fn between(&mut self, range: Range<f64>) -> f64 {
        range.start + self.unit() * (range.end - range.start).max(0.0)
    }

    /// A whole number spread evenly over `range`; its start if the range is empty.
    pub fn whole(&mut self, range: Range<usize>) -> usize {
        let width = range.end.saturating_sub(range.start).max(1);
        range.start + ((u128::from(self.bits()) * width as u128) >> 64) as usize
    }

    /// True with this probability; below 0 counts as 0, above 1 as 1.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One of `items`, or `None` if there are none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.whole(0..items.len()))
    }

    /// A number with mean 0 and variance 1 from the sum of twelve even ones (Irwin–Hall), within ±6.
    pub fn normal(&mut self) -> f64 {
        let mut sum = -6.0;
        for _ in 0..6 {
            let bits = self.bits();
            sum += ((bits >> 32) as f64 + (bits & 0xffff_ffff) as f64) / (1u64 << 32) as f64;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_repeatable_and_differ() {
        assert_eq!(Random::new(7).bits(), Random::new(7).bits());
        assert_ne!(Random::new(7).bits(), Random::new(8).bits());
        assert_ne!(Random::for_item(7, 0).bits(), Random::for_item(7, 1).bits());
        assert_ne!(Random::new(7).split(0).bits(), Random::new(7).split(1).bits());
    }

    #[test]
    fn draws_stay_within_their_range() {
        let mut random = Random::new(1);
        for _ in 0..10_000 {
            assert!((2.0..3.0).contains(&random.between(2.0..3.0)));
            assert!((5..9).contains(&random.whole(5..9)));
            assert!(random.normal().abs() <= 6.0);
        }
        assert_eq!(random.whole(4..4), 4);
        assert_eq!(random.pick::<u8>(&[]), None);
    }

    #[test]
    fn normal_numbers_have_unit_variance() {
        let mut random = Random::new(2);
        let square = (0..50_000).map(|_| random.normal().powi(2)).sum::<f64>() / 50_000.0;
        assert!((square - 1.0).abs() < 0.02, "{square}");
    }
}
