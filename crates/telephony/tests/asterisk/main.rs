//! The wires of Asterisk: what a real one sent, however it is cut, and what is sent to it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod agi;
mod ami;
mod ari;
mod audiosocket;
mod chan_websocket;
mod rtp;

/// Everything a decoder gives for these bytes, pushed in pieces of so many, errors included.
macro_rules! decoded {
    ($decoder:expr, $bytes:expr, $size:expr) => {{
        let mut decoder = $decoder;
        let mut given = Vec::new();
        for piece in $bytes.chunks($size) {
            decoder.push(piece);
            while let Some(one) = decoder.next().transpose() {
                given.push(one);
            }
        }
        given
    }};
}
use decoded;
