//! Samples and time for telephone audio: [`MediaTime`], [`SampleRate`], levels ([`Dbm0`], [`Dbfs`]),
//! G.711 ([`g711`]) and, with the feature `resample`, rate conversion. No I/O.
//!
//! Inside Offhook audio is 16-bit linear PCM, one channel, 8,000 samples a second ([`RATE`]); the engine works in
//! hops of 10 ms ([`HOP`]).

pub mod g711;
mod level;
#[cfg(feature = "resample")]
mod resample;
mod time;
pub mod tones;

pub use level::{Dbfs, Dbm0, FULL_SCALE_DBM0};
#[cfg(feature = "resample")]
pub use resample::{ResampleError, Resampler, resample};
pub use time::{HOP, HOP_LENGTH, MediaTime, RATE, SampleRate, SampleRateError};
