//! What the media wires of all platforms have in common: what comes in on them, what goes out, and what cannot be read.

use offhook_detect::Fact;

use crate::pcm::PcmFormat;

/// What came in on the media wire of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Inbound {
    /// The wire's name for the call: the UUID of AudioSocket, the channel's id of `chan_websocket`.
    Named(String),
    /// From here on audio comes in this format.
    Format(PcmFormat),
    /// Audio in the format in force, as it came. It may be cut within a sample.
    Audio(Vec<u8>),
    /// So many samples at 8 kHz never came.
    Lost(u64),
    /// What audio cannot tell.
    Fact(Fact),
    /// What the platform says of the call, as it was given: often JSON, always untrusted.
    Note(String),
    /// The far side of the wire takes (`true`) or takes no more (`false`) audio.
    Takes(bool),
    /// The call, or its audio, is over.
    Ended,
}

/// What is to go out on the media wire of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Outbound {
    /// Audio for the far party: samples at 8 kHz.
    Audio(Vec<i16>),
    /// News for the platform, as one JSON object.
    News(serde_json::Value),
    /// Audio that was sent and is not yet played is to be dropped.
    Flush,
    /// The call is to be hung up, or handed back to its dialplan, as the platform has it.
    HangUp,
}

/// Bytes that a wire's protocol does not allow. What is not yet whole is no error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at byte {offset}: expected {expected}, got {got}")]
pub struct WireError {
    /// Where, in bytes since the wire was opened.
    pub offset: u64,
    /// What the protocol allows there.
    pub expected: &'static str,
    /// What was there, shortened.
    pub got: String,
}

impl WireError {
    /// Names at most 40 bytes of what was there, escaped.
    pub fn new(offset: u64, expected: &'static str, got: &[u8]) -> Self {
        const MOST: usize = 40;
        let mut shown = got[..got.len().min(MOST)].escape_ascii().to_string();
        if got.len() > MOST {
            shown.push('…');
        }
        Self { offset, expected, got: shown }
    }
}
