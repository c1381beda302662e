//! What was learned: a model file, and what is read from it.

pub(crate) mod bytes;
mod error;

pub use error::ModelError;
