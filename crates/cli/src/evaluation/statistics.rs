//! Shares with their intervals, and percentiles.

use serde::Serialize;

/// The normal quantile of a two-sided 95 % interval.
const Z: f64 = 1.959_963_984_540_054;

/// So many of so many, with the 95 % Wilson interval of the share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Rate {
    /// How many did.
    pub(crate) hits: usize,
    /// Of how many.
    pub(crate) of: usize,
    /// `hits / of`; `None` for none of none.
    pub(crate) share: Option<f64>,
    /// Lower end of the interval.
    pub(crate) low: Option<f64>,
    /// Upper end of the interval.
    pub(crate) high: Option<f64>,
}

impl Rate {
    /// `hits` of `of`.
    pub(crate) fn new(hits: usize, of: usize) -> Self {
        if of == 0 {
            return Self { hits, of, share: None, low: None, high: None };
        }
        let n = of as f64;
        let p = hits as f64 / n;
        let z2 = Z * Z;
        let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
        let half = Z / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
        // At the ends the formula gives 0 and 1, the arithmetic only nearly.
        let low = if hits == 0 { 0.0 } else { centre - half };
        let high = if hits == of { 1.0 } else { centre + half };
        Self { hits, of, share: Some(p), low: Some(low), high: Some(high) }
    }

    /// How many of `items` do.
    pub(crate) fn of<T>(items: impl IntoIterator<Item = T>, mut does: impl FnMut(T) -> bool) -> Self {
        let (mut hits, mut of) = (0, 0);
        for item in items {
            of += 1;
            hits += usize::from(does(item));
        }
        Self::new(hits, of)
    }
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.share, self.low, self.high) {
            (Some(share), Some(low), Some(high)) => {
                write!(f, "{:5.1} % [{:.1}–{:.1}] {}/{}", share * 100.0, low * 100.0, high * 100.0, self.hits, self.of)
            }
            _ => f.write_str("    – "),
        }
    }
}

/// How values are spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Spread {
    /// How many values.
    pub(crate) of: usize,
    /// The median.
    pub(crate) median: Option<f64>,
    /// The value that 95 % of the values do not exceed.
    pub(crate) p95: Option<f64>,
}

impl Spread {
    /// The spread of `values`.
    pub(crate) fn new(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        Self { of: values.len(), median: percentile(&values, 0.5), p95: percentile(&values, 0.95) }
    }
}

/// The value at `share` of the way through sorted `values`, straight between the two nearest.
fn percentile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = share * last as f64;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    Some(sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked by hand from Wilson (1927): p̂ = 0.3, n = 10, z = 1.96: centre 0.3555, half width 0.2477.
    #[test]
    fn the_wilson_interval_is_that_of_the_formula() {
        let rate = Rate::new(3, 10);
        assert_eq!(rate.share, Some(0.3));
        assert!((rate.low.unwrap() - 0.1078).abs() < 5e-4, "{rate:?}");
        assert!((rate.high.unwrap() - 0.6032).abs() < 5e-4, "{rate:?}");
    }

    /// None of 100: the upper end is z²/(n+z²) = 3.8415/103.8415.
    #[test]
    fn none_of_many_still_leaves_room() {
        let rate = Rate::new(0, 100);
        assert_eq!(rate.low, Some(0.0));
        assert!((rate.high.unwrap() - 3.8415 / 103.8415).abs() < 1e-4);
        let all = Rate::new(100, 100);
        assert!((all.low.unwrap() - (1.0 - 3.8415 / 103.8415)).abs() < 1e-4);
        assert_eq!(all.high, Some(1.0));
        assert_eq!(Rate::new(0, 0).share, None);
    }

    #[test]
    fn percentiles_lie_between_values() {
        assert_eq!(Spread::new(vec![]).median, None);
        assert_eq!(Spread::new(vec![7.0]).p95, Some(7.0));
        let spread = Spread::new(vec![4.0, 1.0, 3.0, 2.0]);
        assert_eq!(spread.median, Some(2.5));
        assert!((spread.p95.unwrap() - 3.85).abs() < 1e-12);
    }

    #[test]
    fn rates_count() {
        assert_eq!(Rate::of([1, 2, 3, 4], |n| n > 1), Rate::new(3, 4));
        assert_eq!(Rate::new(3, 10).to_string(), " 30.0 % [10.8–60.3] 3/10");
    }
}
