//! Wire protocols of media streams as pure codecs: bytes in, audio and facts out. No sockets, no clock, nothing awaited.
//!
//! [`stream`] is the protocol of the service's own `/v1/stream`. [`PcmReader`] turns a stream's bytes into the samples a
//! detector takes, and [`Reorder`] puts numbered chunks in order and finds what is missing.

mod pcm;
mod reorder;
pub mod stream;

pub use pcm::{Encoding, PcmError, PcmFormat, PcmReader, Side};
pub use reorder::{Arrival, Reorder, ReorderError};
