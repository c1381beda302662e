//! Each tracker follows one question over time, hop by hop, from the signals.

mod cadence;
mod music;
mod ready;

pub(crate) use cadence::Cadence;
pub(crate) use music::Music;
pub(crate) use ready::Ready;
