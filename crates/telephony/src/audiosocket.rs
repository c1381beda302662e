//! AudioSocket, the TCP protocol of Asterisk's `AudioSocket()`, `chan_audiosocket` and external media.
//!
//! Asterisk connects. Each message is its kind in one byte, the length of what follows in two, most significant first,
//! and the payload. The first message is the UUID that the dialplan gave. Audio is 16-bit PCM, least significant byte
//! first, mono. (Asterisk, `res_audiosocket`; the rates above 8 kHz since October 2025, digits since March 2025.)
//! The channel driver sends what its channel's codec is: let its dial string end in `/c(slin)` or `/c(slin16)`.
//!
//! No message comes while the far party's side sends nothing: the time between messages counts, not their number. After
//! two seconds without a message either way Asterisk gives up, so write [`silence`] when there is nothing to say.

use std::collections::VecDeque;

use offhook_audio::SampleRate;
use offhook_detect::Fact;

use crate::halving::Halving;
use crate::pcm::PcmFormat;
use crate::pending::Pending;
use crate::wire::{Inbound, Outbound, WireError};

const HANG_UP: u8 = 0x00;
const NAME: u8 = 0x01;
const DIGIT: u8 = 0x03;
const AUDIO: u8 = 0x10;
const LAST_AUDIO: u8 = 0x18;
const ERROR: u8 = 0xff;

/// The rates of the audio kinds from 0x10 on as they are given on, in Hz, and how often they are halved for that.
const RATES: [(u32, usize); 9] = [
    (8_000, 0),
    (12_000, 0),
    (16_000, 0),
    (24_000, 0),
    (32_000, 0),
    (44_100, 0),
    (48_000, 0),
    (48_000, 1),
    (48_000, 2),
];

/// Kind and length.
const HEADER: usize = 3;

/// Samples of one message that is written: 20 ms at 8 kHz.
pub const FRAME: usize = 160;

/// Reads what Asterisk sends.
#[derive(Debug, Default)]
pub struct Decoder {
    pending: Pending,
    /// The audio kind in force, with what halves its rate.
    audio: Option<(u8, Vec<Halving>)>,
    /// Read, and not given yet.
    ready: VecDeque<Inbound>,
}

impl Decoder {
    /// A decoder of a connection's first byte.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes, however they are cut.
    pub fn push(&mut self, bytes: &[u8]) {
        self.pending.push(bytes);
    }

    /// What came next, if it came whole. Audio at 96 and 192 kHz is given on at 48 kHz.
    ///
    /// # Errors
    /// A message that is unknown or not as the protocol has it. It is passed over, and the next call reads on.
    #[expect(
        clippy::should_implement_trait,
        reason = "what comes next may be an error, and more may come after nothing"
    )]
    pub fn next(&mut self) -> Result<Option<Inbound>, WireError> {
        loop {
            if let Some(inbound) = self.ready.pop_front() {
                return Ok(Some(inbound));
            }
            let &[kind, high, low, ref rest @ ..] = self.pending.rest() else { return Ok(None) };
            let length = usize::from(u16::from_be_bytes([high, low]));
            if rest.len() < length {
                return Ok(None);
            }
            let offset = self.pending.offset();
            let message = self.pending.take(HEADER + length);
            let payload = &message[HEADER..];
            match (kind, payload) {
                (HANG_UP, _) => self.ready.push_back(Inbound::Ended),
                (NAME, _) => {
                    let uuid = payload
                        .try_into()
                        .map_err(|_| WireError::new(offset, "a UUID of 16 bytes (kind 0x01)", message))?;
                    self.ready.push_back(Inbound::Named(hyphenated(u128::from_be_bytes(uuid))));
                }
                (DIGIT, &[digit @ (b'0'..=b'9' | b'A'..=b'D' | b'*' | b'#')]) => {
                    self.ready.push_back(Inbound::Fact(Fact::Dtmf(char::from(digit))));
                }
                (DIGIT, _) => {
                    return Err(WireError::new(offset, "one digit of 0-9, A-D, * and # (kind 0x03)", message));
                }
                (AUDIO..=LAST_AUDIO, []) => {
                    return Err(WireError::new(offset, "audio of one byte or more (kinds 0x10 to 0x18)", message));
                }
                (AUDIO..=LAST_AUDIO, _) => audio(&mut self.audio, &mut self.ready, kind, payload.to_vec()),
                (ERROR, _) => self.ready.push_back(Inbound::Note(trouble(payload))),
                _ => return Err(WireError::new(offset, "kind 0x00, 0x01, 0x03, 0x10 to 0x18 or 0xff", message)),
            }
        }
    }
}

fn audio(in_force: &mut Option<(u8, Vec<Halving>)>, ready: &mut VecDeque<Inbound>, kind: u8, mut payload: Vec<u8>) {
    let (hz, halvings) = RATES[usize::from(kind - AUDIO)];
    if in_force.as_ref().is_none_or(|(known, _)| *known != kind) {
        *in_force = Some((kind, vec![Halving::default(); halvings]));
        let rate = SampleRate::new(hz).unwrap_or(SampleRate::TELEPHONE);
        ready.push_back(Inbound::Format(PcmFormat { rate, ..PcmFormat::default() }));
    }
    for halving in in_force.iter_mut().flat_map(|(_, halvings)| halvings) {
        payload = halving.push(&payload);
    }
    if !payload.is_empty() {
        ready.push_back(Inbound::Audio(payload));
    }
}

/// An error of Asterisk in words.
fn trouble(payload: &[u8]) -> String {
    let meaning = match payload {
        [] | [0x00] => "no code",
        [0x01] => "the caller hung up",
        [0x02] => "a frame could not be forwarded",
        [0x04] => "out of memory",
        _ => "code not known",
    };
    let code = hex::encode(&payload[..payload.len().min(8)]);
    format!("AudioSocket error 0x{code}: {meaning}")
}

fn hyphenated(uuid: u128) -> String {
    let part = |shift: u32, bits: u32| (uuid >> shift) & ((1 << bits) - 1);
    format!("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", part(96, 32), part(80, 16), part(64, 16), part(48, 16), part(0, 48))
}

/// Messages of 8 kHz audio, at most [`FRAME`] samples each. Write each with one call, for Asterisk before 2025 takes a
/// message that comes in two for a broken one; and one each 20 ms, for it plays them as they come.
pub fn audio_messages(samples: &[i16]) -> impl Iterator<Item = Vec<u8>> {
    samples.chunks(FRAME).map(|frame| {
        let mut message = Vec::with_capacity(HEADER + 2 * FRAME);
        message.push(AUDIO);
        message.extend_from_slice(&(2 * frame.len() as u16).to_be_bytes());
        message.extend(frame.iter().flat_map(|sample| sample.to_le_bytes()));
        message
    })
}

/// A message of 20 ms of silence, which keeps the connection alive.
pub fn silence() -> Vec<u8> {
    audio_messages(&[0; FRAME]).flatten().collect()
}

/// The message that ends the call, or hands it back to its dialplan.
pub const fn hang_up() -> [u8; HEADER] {
    [HANG_UP, 0, 0]
}

/// The messages for what is to go out, to be written one by one. News has no place in this protocol, and Asterisk keeps
/// no audio that could be dropped: none for these.
pub fn encode(outbound: &Outbound) -> Vec<Vec<u8>> {
    match outbound {
        Outbound::Audio(samples) => audio_messages(samples).collect(),
        Outbound::HangUp => vec![hang_up().to_vec()],
        Outbound::News(_) | Outbound::Flush => Vec::new(),
    }
}
