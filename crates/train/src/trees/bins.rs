//! Features in bins, so that the best question can be found by adding up.

use offhook_detect::timing::TIMING_FEATURES;

/// The most bins a feature may have.
pub(super) const MOST_BINS: usize = 64;
/// Rows that are looked at, at most, to find where to cut.
const ROWS_LOOKED_AT: usize = 100_000;

/// Rows with each feature's value replaced by its bin.
pub(super) struct Binned {
    /// The bins of each row.
    pub(super) rows: Vec<[u8; TIMING_FEATURES]>,
    /// For each feature, rising: bin *b* holds the values from `cuts[b − 1]` to below `cuts[b]`.
    pub(super) cuts: Vec<Vec<f32>>,
}

impl Binned {
    /// Cuts every feature into at most `bins` bins of about as many rows each.
    pub(super) fn new(features: &[[f32; TIMING_FEATURES]], bins: usize) -> Self {
        let step = features.len().div_ceil(ROWS_LOOKED_AT).max(1);
        let cuts: Vec<Vec<f32>> = (0..TIMING_FEATURES)
            .map(|feature| cuts(features.iter().step_by(step).map(|row| row[feature]).collect(), bins))
            .collect();
        let bin = |row: &[f32; TIMING_FEATURES]| {
            std::array::from_fn(|feature| cuts[feature].partition_point(|&cut| cut <= row[feature]) as u8)
        };
        Self { rows: features.iter().map(bin).collect(), cuts }
    }
}

/// Up to `bins − 1` values between neighbouring ones of `values`, at even shares of them.
fn cuts(mut values: Vec<f32>, bins: usize) -> Vec<f32> {
    values.sort_unstable_by(f32::total_cmp);
    let mut cuts: Vec<f32> = Vec::new();
    for number in 1..bins {
        let value = values[number * values.len() / bins];
        let above = values.partition_point(|&other| other <= value);
        // Between the value and the next greater one; a value that many rows share is parted from what lies below too.
        let below = values.partition_point(|&other| other < value);
        for at in [below, above] {
            if (1..values.len()).contains(&at) {
                cuts.push(between(values[at - 1], values[at]));
            }
        }
    }
    cuts.sort_unstable_by(f32::total_cmp);
    cuts.dedup();
    thin(cuts, bins - 1)
}

/// Halfway, above `low` and not above `high` whatever the rounding.
fn between(low: f32, high: f32) -> f32 {
    let middle = low + (high - low) / 2.0;
    if middle > low { middle.min(high) } else { high }
}

/// At most `most` of `cuts`, evenly taken.
fn thin(cuts: Vec<f32>, most: usize) -> Vec<f32> {
    if cuts.len() <= most {
        return cuts;
    }
    (0..most).map(|number| cuts[number * cuts.len() / most]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_that_rows_share_has_a_bin() {
        let values: Vec<f32> = [0.0; 70].into_iter().chain([1.0; 25]).chain([2.0; 5]).collect();
        assert_eq!(cuts(values, 64), [0.5, 1.5]);
        assert!(cuts(vec![3.0; 10], 64).is_empty());
    }

    #[test]
    fn bins_hold_about_as_many_rows_each_and_cuts_rise() {
        let cuts = cuts((0..10_000).map(|i| (i as f32).powi(2)).collect(), 64);
        assert!(cuts.len() <= 63 && cuts.len() >= 60, "{}", cuts.len());
        assert!(cuts.windows(2).all(|pair| pair[0] < pair[1]));
        let close = 1.0f32;
        let next = close.next_up();
        assert!(between(close, next) > close && between(close, next) <= next);
    }
}
