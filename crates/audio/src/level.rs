use std::fmt;

/// The level of a full-scale sine in dBm0 when 16-bit linear PCM carries G.711: the theoretical load capacity of the
/// A-law coder is +3.14 dBm0, of the µ-law coder +3.17 dBm0 (ITU-T G.711, §4). We use the A-law figure for both.
#[expect(clippy::approx_constant, reason = "a level in dB, not a circle")]
pub const FULL_SCALE_DBM0: f32 = 3.14;

/// The lowest level that is told apart: below one quantisation step of 16 bits.
const FLOOR_DB: f32 = -100.0;

/// A level against the telephone reference: a sine at 0 dBm0 peaks 3.14 dB below full scale.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Dbm0(pub f32);

/// A level against full scale: a full-scale sine is 0 dBFS.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Dbfs(pub f32);

impl Dbm0 {
    /// The level of a signal with this mean square, where samples span ±1. Never below −100 dBm0, never NaN.
    pub fn from_mean_square(mean_square: f32) -> Self {
        Self::from(Dbfs::from_mean_square(mean_square))
    }

    /// The mean square, for samples that span ±1, of a signal at this level.
    pub fn mean_square(self) -> f32 {
        10f32.powf((self.0 - FULL_SCALE_DBM0) / 10.0) / 2.0
    }

    /// The peak, for samples that span ±1, of a sine at this level.
    pub fn sine_peak(self) -> f32 {
        10f32.powf((self.0 - FULL_SCALE_DBM0) / 20.0)
    }
}

impl Dbfs {
    /// The level of a signal with this mean square, where samples span ±1. Never below −103 dBFS, never NaN.
    pub fn from_mean_square(mean_square: f32) -> Self {
        let least = FLOOR_DB - FULL_SCALE_DBM0;
        if mean_square > 0.0 { Self((10.0 * (2.0 * mean_square).log10()).max(least)) } else { Self(least) }
    }
}

impl From<Dbfs> for Dbm0 {
    fn from(level: Dbfs) -> Self {
        Self(level.0 + FULL_SCALE_DBM0)
    }
}

impl fmt::Display for Dbm0 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} dBm0", self.0)
    }
}

impl fmt::Display for Dbfs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} dBFS", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_scale_sine_is_3_14_dbm0() {
        assert!((Dbm0::from_mean_square(0.5).0 - FULL_SCALE_DBM0).abs() < 1e-4);
        assert!((Dbm0(-10.0).mean_square() - Dbm0(-10.0).sine_peak().powi(2) / 2.0).abs() < 1e-6);
    }

    #[test]
    fn silence_and_nonsense_have_the_floor_level() {
        for mean_square in [0.0, -1.0, f32::NAN] {
            assert_eq!(Dbm0::from_mean_square(mean_square).0, -100.0);
        }
    }
}
