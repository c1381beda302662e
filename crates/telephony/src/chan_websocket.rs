//! `chan_websocket`, Asterisk's media over a WebSocket: audio in binary messages, all else in text messages.
//!
//! The subprotocol is `media`. Texts come as words, `DTMF_END digit:1`, or as JSON objects, as the dial string has it
//! (`f(json)`); commands go out in the form that came in. No message may be larger than 65,500 bytes, or Asterisk ends
//! the call. (Seen on Asterisk 22; its documentation, "WebSocket channel driver".)

mod command;
mod sending;

use std::collections::BTreeMap;

use offhook_audio::SampleRate;
use offhook_detect::Fact;
use serde_json::{Map, Value};

use crate::pcm::{Encoding, PcmFormat};
use crate::wire::{Inbound, WireError};

pub use command::{Command, CommandError, Form};
pub use sending::Sending;

/// The largest message, in bytes.
pub const LARGEST: usize = 65_500;

/// How the call begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Start {
    /// The name of the connection.
    pub connection: String,
    /// The channel's name.
    pub channel: String,
    /// The channel's `Uniqueid`.
    pub channel_id: String,
    /// Its codec, by Asterisk's name.
    pub format: String,
    /// The bytes of a frame; audio goes out in these.
    pub frame: usize,
    /// How long a frame lasts, in milliseconds.
    pub ptime_ms: u64,
    /// The channel's variables; only JSON has them.
    pub variables: BTreeMap<String, String>,
}

/// How full Asterisk's queue is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Frames that wait.
    pub queue: u64,
    /// Below so many, audio is taken again.
    pub xon: u64,
    /// From so many on, no more is taken.
    pub xoff: u64,
    /// Whether frames are being dropped.
    pub full: bool,
    /// Whether it is buffering.
    pub buffering: bool,
    /// Whether it is paused.
    pub paused: bool,
}

/// What a text message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The call begins.
    Start(Start),
    /// A digit was pressed.
    Digit(char),
    /// Audio is taken, or no more is.
    Takes(bool),
    /// The answer to [`Command::GetStatus`].
    Status(Status),
    /// All that was sent is played.
    Drained,
    /// All that was sent between [`Command::StartBuffering`] and [`Command::StopBuffering`] is played.
    Buffered(Option<String>),
    /// All that was sent before a [`Command::Mark`] is played.
    Marked(Option<String>),
    /// Something else, by its name.
    Other(String),
}

/// Reads one connection's messages.
#[derive(Debug, Default)]
pub struct Decoder {
    form: Form,
    taken: u64,
}

impl Decoder {
    /// A decoder of a connection's first message.
    pub fn new() -> Self {
        Self::default()
    }

    /// The form of the last text: commands are to go out in it.
    pub fn form(&self) -> Form {
        self.form
    }

    /// Reads a text, and appends to `into` what a session should know of it.
    ///
    /// # Errors
    /// It is too large or not as the protocol has it, or the codec is none that can be read. Nothing changes.
    pub fn text(&mut self, text: &str, into: &mut Vec<Inbound>) -> Result<Notice, WireError> {
        let offset = self.taken;
        let wrong = |expected| WireError::new(offset, expected, text.as_bytes());
        self.taken += text.len() as u64;
        if text.len() > LARGEST {
            return Err(wrong("a message of at most 65500 bytes"));
        }
        let (form, fields) = if text.trim_start().starts_with('{') {
            let fields = serde_json::from_str(text).map_err(|_| wrong("a JSON object"))?;
            (Form::Json, fields)
        } else {
            (Form::Words, words(text))
        };
        let notice = notice(&Fields(fields)).map_err(wrong)?;
        self.form = form;
        match &notice {
            Notice::Start(start) => {
                let format = format(&start.format)
                    .ok_or_else(|| wrong("format: ulaw, alaw or slin up to slin48; c(slin16) in the dial string"))?;
                // The connection's name is that of the configuration, the same for many calls.
                let name = if start.channel_id.is_empty() { &start.connection } else { &start.channel_id };
                into.push(Inbound::Named(name.clone()));
                into.push(Inbound::Format(format));
            }
            Notice::Digit(digit) => into.push(Inbound::Fact(Fact::Dtmf(*digit))),
            Notice::Takes(takes) => into.push(Inbound::Takes(*takes)),
            Notice::Status(_) | Notice::Drained | Notice::Buffered(_) | Notice::Marked(_) | Notice::Other(_) => {}
        }
        Ok(notice)
    }

    /// Reads a binary message: audio in the format of the start.
    ///
    /// # Errors
    /// It is too large.
    pub fn binary(&mut self, audio: Vec<u8>, into: &mut Vec<Inbound>) -> Result<(), WireError> {
        let offset = self.taken;
        self.taken += audio.len() as u64;
        if audio.len() > LARGEST {
            return Err(WireError::new(offset, "a message of at most 65500 bytes", &audio));
        }
        if !audio.is_empty() {
            into.push(Inbound::Audio(audio));
        }
        Ok(())
    }
}

/// The format of a codec, by Asterisk's name for it.
pub fn format(name: &str) -> Option<PcmFormat> {
    let (encoding, hz) = match name {
        "ulaw" => (Encoding::Mulaw, 8_000),
        "alaw" => (Encoding::Alaw, 8_000),
        "slin" => (Encoding::Linear16, 8_000),
        "slin12" => (Encoding::Linear16, 12_000),
        "slin16" => (Encoding::Linear16, 16_000),
        "slin24" => (Encoding::Linear16, 24_000),
        "slin32" => (Encoding::Linear16, 32_000),
        "slin44" => (Encoding::Linear16, 44_100),
        "slin48" => (Encoding::Linear16, 48_000),
        _ => return None,
    };
    Some(PcmFormat { encoding, rate: SampleRate::new(hz).ok()?, ..PcmFormat::default() })
}

/// `EVENT name:value name:value`; a lone word after the event is its id.
fn words(text: &str) -> Map<String, Value> {
    let mut words = text.split_ascii_whitespace();
    let event = words.next().unwrap_or_default();
    let fields = words.map(|word| word.split_once(':').unwrap_or(("correlation_id", word)));
    std::iter::once(("event", event)).chain(fields).map(|(name, value)| (name.to_owned(), value.into())).collect()
}

struct Fields(Map<String, Value>);

impl Fields {
    fn text(&self, name: &str) -> Option<String> {
        match self.0.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    fn number(&self, name: &str) -> Option<u64> {
        match self.0.get(name)? {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    fn flag(&self, name: &str) -> bool {
        match self.0.get(name) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) => text == "true",
            _ => false,
        }
    }
}

fn notice(fields: &Fields) -> Result<Notice, &'static str> {
    let text = |name| fields.text(name).unwrap_or_default();
    let number = |name| fields.number(name).unwrap_or_default();
    let id = || fields.text("correlation_id").filter(|id| !id.is_empty());
    Ok(match text("event").as_str() {
        "MEDIA_START" => {
            let frame = fields
                .number("optimal_frame_size")
                .and_then(|bytes| usize::try_from(bytes).ok())
                .filter(|bytes| (1..=LARGEST).contains(bytes))
                .ok_or("MEDIA_START with an optimal_frame_size of 1 to 65500 bytes")?;
            let variables = match fields.0.get("channel_variables") {
                Some(Value::Object(variables)) => {
                    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    variables.iter().map(|(name, value)| (name.clone(), text(value))).collect()
                }
                _ => BTreeMap::new(),
            };
            Notice::Start(Start {
                connection: text("connection_id"),
                channel: text("channel"),
                channel_id: text("channel_id"),
                format: text("format"),
                frame,
                ptime_ms: number("ptime"),
                variables,
            })
        }
        "DTMF_END" => match text("digit").as_bytes() {
            &[digit @ (b'0'..=b'9' | b'A'..=b'D' | b'*' | b'#')] => Notice::Digit(char::from(digit)),
            _ => return Err("DTMF_END with one digit of 0-9, A-D, * and #"),
        },
        "MEDIA_XON" => Notice::Takes(true),
        "MEDIA_XOFF" => Notice::Takes(false),
        "STATUS" => Notice::Status(Status {
            queue: number("queue_length"),
            xon: number("xon_level"),
            xoff: number("xoff_level"),
            full: fields.flag("queue_full"),
            buffering: fields.flag("bulk_media"),
            paused: fields.flag("media_paused"),
        }),
        "QUEUE_DRAINED" => Notice::Drained,
        "MEDIA_BUFFERING_COMPLETED" => Notice::Buffered(id()),
        "MEDIA_MARK_PROCESSED" => Notice::Marked(id()),
        "" => return Err("a text with the name of its event"),
        other => Notice::Other(other.to_owned()),
    })
}
