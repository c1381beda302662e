//! Each tracker follows one question over time, hop by hop, from the signals.

mod cadence;
mod music;
mod ready;
mod weigh;

pub(crate) use cadence::Cadence;
pub(crate) use music::Music;
pub(crate) use ready::Ready;
pub use weigh::Inputs;
pub(crate) use weigh::{Weigh, Weighed};
