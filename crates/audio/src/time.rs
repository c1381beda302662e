use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

/// Samples a second inside Offhook: the rate of the telephone network.
pub const RATE: u32 = 8_000;

/// Samples a hop: the engine's fixed step of 10 ms at [`RATE`].
pub const HOP: usize = 80;

/// The length of a hop.
pub const HOP_LENGTH: Duration = Duration::from_millis(HOP as u64 * 1000 / RATE as u64);

/// A position in the audio since detection began, in samples at [`RATE`]. Never wall time: it advances only when
/// samples are pushed or known to be lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MediaTime(u64);

impl MediaTime {
    /// The first sample.
    pub const ZERO: Self = Self(0);

    /// The position after `samples` samples at 8 kHz.
    pub const fn from_samples(samples: u64) -> Self {
        Self(samples)
    }

    /// The position after `millis` milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis * (RATE as u64 / 1000))
    }

    /// Samples at 8 kHz since detection began.
    pub const fn samples(self) -> u64 {
        self.0
    }

    /// Whole milliseconds since detection began, rounded down.
    pub const fn as_millis(self) -> u64 {
        self.0 / (RATE as u64 / 1000)
    }

    /// Seconds since detection began.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / f64::from(RATE)
    }

    /// The span from `earlier` to here; zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0) * 125)
    }

    /// This position moved back by `span`, not before zero.
    pub fn saturating_sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(samples_in(span)))
    }
}

/// Samples at [`RATE`] in `span`, rounded down.
pub(crate) fn samples_in(span: Duration) -> u64 {
    (span.as_micros() / 125) as u64
}

impl Add<Duration> for MediaTime {
    type Output = Self;
    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(samples_in(span)))
    }
}

impl Sub for MediaTime {
    type Output = Duration;
    fn sub(self, earlier: Self) -> Duration {
        self.since(earlier)
    }
}

/// As seconds with two decimals: `3.12s`.
impl fmt::Display for MediaTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2}s", self.as_secs_f64())
    }
}

/// A sampling rate that telephone audio arrives in: 8,000 to 48,000 Hz.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SampleRate(u32);

impl SampleRate {
    /// The rate inside Offhook.
    pub const TELEPHONE: Self = Self(RATE);
    /// The lowest rate accepted, in Hz.
    pub const MIN: u32 = 8_000;
    /// The highest rate accepted, in Hz.
    pub const MAX: u32 = 48_000;

    /// Checks that `hz` lies within [`Self::MIN`] and [`Self::MAX`].
    ///
    /// # Errors
    /// [`SampleRateError`] with the rate given.
    pub const fn new(hz: u32) -> Result<Self, SampleRateError> {
        if hz < Self::MIN || hz > Self::MAX { Err(SampleRateError { given: hz }) } else { Ok(Self(hz)) }
    }

    /// Samples a second.
    pub const fn hz(self) -> u32 {
        self.0
    }
}

/// A sampling rate outside 8,000 to 48,000 Hz. Resample the audio first, or correct the rate that was stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sample rate {given} Hz is not supported: allowed are {} to {} Hz", SampleRate::MIN, SampleRate::MAX)]
pub struct SampleRateError {
    /// The rate that was given, in Hz.
    pub given: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_positions_agree() {
        let at = MediaTime::from_millis(3_120);
        assert_eq!(at.samples(), 24_960);
        assert_eq!(at.to_string(), "3.12s");
        assert_eq!(at - MediaTime::from_millis(120), Duration::from_secs(3));
        assert_eq!(MediaTime::ZERO - at, Duration::ZERO);
        assert_eq!(at + Duration::from_millis(80), MediaTime::from_millis(3_200));
    }

    #[test]
    fn rates_outside_the_telephone_range_are_refused() {
        for given in [0, 7_999, 48_001, u32::MAX] {
            let error = SampleRate::new(given).unwrap_err();
            assert_eq!(error.given, given);
            assert!(error.to_string().contains("8000 to 48000"), "{error}");
        }
        assert_eq!(SampleRate::new(44_100).unwrap().hz(), 44_100);
    }
}
