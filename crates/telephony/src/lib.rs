//! Wire protocols of media streams as pure codecs: bytes in, audio and facts out. No sockets, no clock, nothing awaited.
//!
//! What comes in on any platform's media wire is an [`Inbound`], what goes out an [`Outbound`]. [`stream`] is the protocol
//! of the service's own `/v1/stream`. [`PcmReader`] turns a stream's bytes into the samples a detector takes, and
//! [`Reorder`] puts numbered chunks in order and finds what is missing.
//!
//! Of Asterisk there are the wires of audio, [`audiosocket`], [`chan_websocket`] and [`rtp`], and those of control,
//! [`ami`], [`ari`] and [`agi`]. Of FreeSWITCH there are its event socket, [`esl`], and the audio it streams, [`tap`].

pub mod agi;
pub mod ami;
pub mod ari;
pub mod audiosocket;
pub mod chan_websocket;
pub mod esl;
mod halving;
mod pcm;
mod pending;
mod reorder;
pub mod rtp;
pub mod stream;
pub mod tap;
mod wire;

pub use pcm::{Encoding, PcmError, PcmFormat, PcmReader, Side};
pub use reorder::{Arrival, Reorder, ReorderError};
pub use wire::{Inbound, Outbound, WireError};
