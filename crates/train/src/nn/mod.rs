//! Training of nets: the layers of [`offhook_detect::net`] forth and back, losses, and the optimiser.
//!
//! Each layer's gradient is written by hand, checked numerically in `f64` and against PyTorch. Mini-batches are split into
//! parts of fixed size, which threads share, so that the same seed gives the same weights for any number of threads. On a
//! processor with other vector instructions the last bits differ: sums are taken in another order there.

mod activations;
mod adam;
mod batch;
mod block;
mod checkpoint;
mod conv;
mod error;
mod float;
mod gate;
mod gru;
mod initial;
mod linear;
mod loss;
mod matrix;
mod norm;
mod pool;
mod schedule;
mod shards;
mod stack;
mod trainable;

#[cfg(test)]
mod gradient_tests;

pub use adam::{Adam, AdamSettings};
pub use batch::{Batch, IGNORED};
pub use checkpoint::{restore, save};
pub use error::NnError;
pub use loss::{Loss, Losses};
pub use schedule::Schedule;
pub use trainable::{Gradients, Net};
