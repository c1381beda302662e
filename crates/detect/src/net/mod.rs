//! The net: its layers, and running them.

mod architecture;

pub use architecture::{Architecture, Layer};
