//! Seeded synthetic calls.
mod error;
mod filter;
pub mod gsm;
pub mod line;
pub mod noise;
pub mod packets;
mod random;
pub mod signal;
pub mod tones;
pub use error::SimError;
pub use random::Random;
