//! A rate that was measured, and how far it can be trusted.

use serde::Serialize;
use utoipa::ToSchema;

/// The 97.5 % point of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// So many of so many, with the 95 % interval of Wilson (1927).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Measured {
    /// How many.
    pub count: u64,
    /// Of how many.
    pub of: u64,
    /// The part, 0 to 1; `null` of none.
    pub rate: Option<f64>,
    /// Where its interval begins.
    pub low: f64,
    /// Where its interval ends.
    pub high: f64,
}

impl Measured {
    /// `count` of `of`. Of none nothing is known: the interval is all of 0 to 1.
    pub fn new(count: u64, of: u64) -> Self {
        if of == 0 {
            return Self { count, of, rate: None, low: 0.0, high: 1.0 };
        }
        let n = of as f64;
        let rate = count as f64 / n;
        let scale = 1.0 + Z * Z / n;
        let centre = (rate + Z * Z / (2.0 * n)) / scale;
        let half = Z * (rate * (1.0 - rate) / n + Z * Z / (4.0 * n * n)).sqrt() / scale;
        // At the ends the formula gives 0 and 1 but for the last digit.
        let low = if count == 0 { 0.0 } else { (centre - half).max(0.0) };
        let high = if count >= of { 1.0 } else { (centre + half).min(1.0) };
        Self { count, of, rate: Some(rate), low, high }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From Newcombe (1998), Statistics in Medicine 17, table I, method 3.
    #[test]
    fn intervals_are_those_of_the_literature() {
        for (count, of, low, high) in
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
        {
            let measured = Measured::new(count, of);
            assert!((measured.low - low).abs() < 5e-5, "{measured:?}");
            assert!((measured.high - high).abs() < 5e-5, "{measured:?}");
        }
    }

    #[test]
    fn of_none_nothing_is_known() {
        assert_eq!(Measured::new(0, 0), Measured { count: 0, of: 0, rate: None, low: 0.0, high: 1.0 });
        assert_eq!(Measured::new(7, 7).high, 1.0);
    }
}
