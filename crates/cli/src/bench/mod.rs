//! How fast the engine is and how much a stream holds, beside the least that any detector costs.

mod counting;
pub(crate) mod engine;
mod floor;
mod material;
mod timing;

pub(crate) use timing::Timing;
