//! Each tracker follows one question over time, hop by hop, from the signals.

mod cadence;
mod ready;

pub(crate) use cadence::Cadence;
pub(crate) use ready::Ready;
