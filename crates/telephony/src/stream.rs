//! The protocol of `/v1/stream`: JSON messages from a client, as the specification names them.
//!
//! `start_detection` begins a call, `audio_chunk` brings its audio as base64, `stop_detection` ends it; `fact` tells what
//! audio cannot. Binary frames are audio alone and need no parsing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use offhook_audio::SampleRate;
use offhook_detect::{Fact, Probability};
use serde::Deserialize;
use serde_json::Value;

use crate::pcm::{Encoding, PcmFormat, Side};

/// The longest name of a call.
pub const LONGEST_NAME: usize = 128;

/// What a client says.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// A call begins.
    Start(Box<Start>),
    /// Audio of a call.
    Chunk(Chunk),
    /// A call is over.
    Stop {
        /// Which; `None`: the connection's only one.
        call_id: Option<String>,
    },
    /// What audio cannot tell.
    Fact {
        /// Which call; `None`: the connection's only one.
        call_id: Option<String>,
        /// The fact.
        fact: Fact,
    },
}

impl Message {
    /// The call it names, if it does.
    pub fn call_id(&self) -> Option<&str> {
        match self {
            Self::Start(start) => start.call_id.as_deref(),
            Self::Chunk(chunk) => chunk.call_id.as_deref(),
            Self::Stop { call_id } | Self::Fact { call_id, .. } => call_id.as_deref(),
        }
    }
}

/// Which events a client wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// Verdicts, beeps and the moment for a message.
    #[default]
    Results,
    /// Speech, tones and all else too.
    All,
}

/// How a call begins.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Start {
    /// The client's name for it.
    pub call_id: Option<String>,
    /// The format of its audio.
    pub format: PcmFormat,
    /// Whether sample rate and channels were stated; else the first chunk may state them.
    pub stated: (bool, bool),
    /// The campaign it belongs to.
    pub campaign: Option<String>,
    /// Who calls.
    pub caller: Option<String>,
    /// Who is called.
    pub destination: Option<String>,
    /// Whether it was answered already; else what comes first is early media.
    pub answered: bool,
    /// Whether it is the microphone of the dashboard.
    pub microphone: bool,
    /// Whether the client wants the picture of the call.
    pub picture: bool,
    /// Which events the client wants.
    pub detail: Detail,
}

/// A chunk of audio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Which call; `None`: the connection's only one.
    pub call_id: Option<String>,
    /// Its number, one more than that of the chunk before; `None`: they come in order.
    pub sequence: Option<u64>,
    /// What it says of its sample rate, in Hz, which must be the call's.
    pub sample_rate: Option<u32>,
    /// What it says of its channels, which must be the call's.
    pub channels: Option<u8>,
    /// The audio.
    pub audio: Vec<u8>,
}

/// A message that cannot be used. It ends neither its call nor the connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", .field.map(|field| format!("{field}: ")).unwrap_or_default())]
pub struct StreamError {
    /// The call it names, if it does.
    pub call_id: Option<String>,
    /// The field, if one is at fault.
    pub field: Option<&'static str>,
    /// What was given and what is allowed.
    pub message: String,
}

impl StreamError {
    fn of(field: &'static str, message: impl Into<String>) -> Self {
        Self { call_id: None, field: Some(field), message: message.into() }
    }
}

#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "type")]
    kind: Option<Value>,
    call_id: Option<Value>,
    encoding: Option<Value>,
    sample_rate: Option<Value>,
    channels: Option<Value>,
    channel: Option<Value>,
    campaign: Option<Value>,
    caller: Option<Value>,
    destination: Option<Value>,
    answered: Option<Value>,
    source: Option<Value>,
    picture: Option<Value>,
    events: Option<Value>,
    sequence: Option<Value>,
    data: Option<Value>,
    fact: Option<Value>,
    digit: Option<Value>,
    hz: Option<Value>,
    machine: Option<Value>,
}

/// Reads one text message. Fields that are not known are passed over, as the specification's `timestamp` is.
///
/// # Errors
/// [`StreamError`] names the field, what was given and what is allowed.
pub fn decode(text: &str) -> Result<Message, StreamError> {
    let wire: Wire = serde_json::from_str(text).map_err(|error| StreamError {
        call_id: None,
        field: None,
        message: format!("the message is no JSON object of this protocol: {error}"),
    })?;
    let call_id = name("call_id", wire.call_id.as_ref())?;
    let known = call_id.clone();
    message(wire, call_id).map_err(|error| StreamError { call_id: known, ..error })
}

fn message(wire: Wire, call_id: Option<String>) -> Result<Message, StreamError> {
    const TYPES: &str = "start_detection, audio_chunk, stop_detection or fact";
    match wire.kind.as_ref().map(|kind| (kind, kind.as_str())) {
        Some((_, Some("start_detection"))) => start(&wire, call_id).map(|start| Message::Start(Box::new(start))),
        Some((_, Some("audio_chunk"))) => chunk(wire, call_id).map(Message::Chunk),
        Some((_, Some("stop_detection"))) => Ok(Message::Stop { call_id }),
        Some((_, Some("fact"))) => Ok(Message::Fact { call_id, fact: fact(&wire)? }),
        Some((given, _)) => Err(StreamError::of("type", format!("given {}, allowed is {TYPES}", shown(given)))),
        None => Err(StreamError::of("type", format!("given nothing, allowed is {TYPES}"))),
    }
}

fn start(wire: &Wire, call_id: Option<String>) -> Result<Start, StreamError> {
    let mut format = PcmFormat::default();
    if let Some(word) = text("encoding", wire.encoding.as_ref())? {
        format.encoding = Encoding::from_word(word)
            .ok_or_else(|| StreamError::of("encoding", format!("given {word:?}, allowed is {}", Encoding::WORDS)))?;
    }
    if let Some(hz) = whole("sample_rate", wire.sample_rate.as_ref())? {
        format.rate = u32::try_from(hz)
            .ok()
            .and_then(|hz| SampleRate::new(hz).ok())
            .ok_or_else(|| StreamError::of("sample_rate", format!("given {hz}, allowed is 8000 to 48000 Hz")))?;
    }
    if let Some(channels) = whole("channels", wire.channels.as_ref())? {
        format.channels = u8::try_from(channels)
            .ok()
            .filter(|channels| (1..=2).contains(channels))
            .ok_or_else(|| StreamError::of("channels", format!("given {channels}, allowed is 1 or 2")))?;
    }
    if let Some(word) = text("channel", wire.channel.as_ref())? {
        format.side = Side::from_word(word)
            .ok_or_else(|| StreamError::of("channel", format!("given {word:?}, allowed is left, right or mix")))?;
    }
    let detail = match text("events", wire.events.as_ref())? {
        None | Some("results") => Detail::Results,
        Some("all") => Detail::All,
        Some(other) => return Err(StreamError::of("events", format!("given {other:?}, allowed is results or all"))),
    };
    let microphone = match text("source", wire.source.as_ref())? {
        None | Some("stream") => false,
        Some("microphone") => true,
        Some(other) => {
            return Err(StreamError::of("source", format!("given {other:?}, allowed is stream or microphone")));
        }
    };
    Ok(Start {
        call_id,
        format,
        stated: (wire.sample_rate.is_some(), wire.channels.is_some()),
        campaign: name("campaign", wire.campaign.as_ref())?,
        caller: name("caller", wire.caller.as_ref())?,
        destination: name("destination", wire.destination.as_ref())?,
        answered: flag("answered", wire.answered.as_ref())?.unwrap_or(true),
        microphone,
        picture: flag("picture", wire.picture.as_ref())?.unwrap_or(false),
        detail,
    })
}

fn chunk(wire: Wire, call_id: Option<String>) -> Result<Chunk, StreamError> {
    let sequence = whole("sequence", wire.sequence.as_ref())?;
    let sample_rate = whole("sample_rate", wire.sample_rate.as_ref())?;
    let channels = whole("channels", wire.channels.as_ref())?;
    let Some(Value::String(data)) = wire.data else {
        return Err(StreamError::of("data", "allowed is audio in base64"));
    };
    let audio = STANDARD.decode(data).map_err(|error| StreamError::of("data", format!("no base64: {error}")))?;
    Ok(Chunk {
        call_id,
        sequence,
        sample_rate: sample_rate.map(|hz| u32::try_from(hz).unwrap_or(u32::MAX)),
        channels: channels.map(|channels| u8::try_from(channels).unwrap_or(u8::MAX)),
        audio,
    })
}

fn fact(wire: &Wire) -> Result<Fact, StreamError> {
    const FACTS: &str = "answered, early_media, dtmf, beep or score";
    let number = |field: &'static str, given: Option<&Value>| match given {
        None => Ok(None),
        Some(value) => value
            .as_f64()
            .map(|number| Some(number as f32))
            .ok_or_else(|| StreamError::of(field, format!("given {}, allowed is a number", shown(value)))),
    };
    match text("fact", wire.fact.as_ref())? {
        Some("answered") => Ok(Fact::Answered),
        Some("early_media") => Ok(Fact::EarlyMedia),
        Some("dtmf") => {
            let digit = text("digit", wire.digit.as_ref())?.unwrap_or_default();
            match digit.chars().collect::<Vec<_>>()[..] {
                [one] if one.is_ascii_digit() || matches!(one, 'A'..='D' | '*' | '#') => Ok(Fact::Dtmf(one)),
                _ => Err(StreamError::of("digit", format!("given {digit:?}, allowed is one of 0-9, A-D, * and #"))),
            }
        }
        Some("beep") => {
            let hz = number("hz", wire.hz.as_ref())?.unwrap_or(0.0);
            if (0.0..=4_000.0).contains(&hz) {
                Ok(Fact::BeepEnded { hz })
            } else {
                Err(StreamError::of("hz", format!("given {hz}, allowed is 0 to 4000")))
            }
        }
        Some("score") => number("machine", wire.machine.as_ref())?
            .and_then(Probability::new)
            .map(|machine| Fact::Score { machine })
            .ok_or_else(|| StreamError::of("machine", "allowed is a probability, 0 to 1")),
        other => Err(StreamError::of("fact", format!("given {:?}, allowed is {FACTS}", other.unwrap_or_default()))),
    }
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 60 { text } else { format!("{}…", text.chars().take(60).collect::<String>()) }
}

fn text<'a>(field: &'static str, given: Option<&'a Value>) -> Result<Option<&'a str>, StreamError> {
    match given {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(StreamError::of(field, format!("given {}, allowed is a text", shown(other)))),
    }
}

/// A text of at most [`LONGEST_NAME`] characters, none of them a control character; a number counts as its digits.
fn name(field: &'static str, given: Option<&Value>) -> Result<Option<String>, StreamError> {
    let text = match given {
        Some(Value::Number(number)) => Some(number.to_string()),
        other => text(field, other)?.filter(|text| !text.is_empty()).map(str::to_owned),
    };
    match &text {
        Some(text) if text.chars().count() > LONGEST_NAME || text.chars().any(char::is_control) => {
            Err(StreamError::of(
                field,
                format!("allowed is a text of at most {LONGEST_NAME} characters without control characters"),
            ))
        }
        _ => Ok(text),
    }
}

fn flag(field: &'static str, given: Option<&Value>) -> Result<Option<bool>, StreamError> {
    match given {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(Value::String(text)) if text == "true" => Ok(Some(true)),
        Some(Value::String(text)) if text == "false" => Ok(Some(false)),
        Some(other) => Err(StreamError::of(field, format!("given {}, allowed is true or false", shown(other)))),
    }
}

/// A whole number; one that is written as a text counts too, as some platforms send it.
fn whole(field: &'static str, given: Option<&Value>) -> Result<Option<u64>, StreamError> {
    let number = match given {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.parse().ok(),
        Some(value) => {
            value.as_u64().or_else(|| value.as_f64().filter(|n| n.fract() == 0.0 && *n >= 0.0).map(|n| n as u64))
        }
    };
    match (number, given) {
        (Some(number), _) => Ok(Some(number)),
        (None, given) => {
            let given = given.map(shown).unwrap_or_default();
            Err(StreamError::of(field, format!("given {given}, allowed is a whole number")))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_messages_of_the_specification_are_understood() {
        let Message::Start(start) = decode(r#"{"type":"start_detection","call_id":"c1","sample_rate":16000}"#).unwrap()
        else {
            panic!("a start");
        };
        assert_eq!(start.call_id.as_deref(), Some("c1"));
        assert_eq!(start.format.rate.hz(), 16_000);
        assert!(start.answered);
        let text = r#"{"type":"audio_chunk","call_id":"c1","sequence":3,"timestamp":1.5,"sample_rate":8000,"channels":1,"data":"AAEC"}"#;
        let Message::Chunk(chunk) = decode(text).unwrap() else { panic!("a chunk") };
        assert_eq!((chunk.sequence, chunk.audio), (Some(3), vec![0, 1, 2]));
        assert_eq!(
            decode(r#"{"type":"stop_detection","call_id":"c1"}"#).unwrap(),
            Message::Stop { call_id: Some("c1".into()) }
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, field) in [
            (r#"{"type":"audio"}"#, Some("type")),
            (r#"{"call_id":"c"}"#, Some("type")),
            ("[1]", None),
            (r#"{"type":"start_detection","sample_rate":4000}"#, Some("sample_rate")),
            (r#"{"type":"start_detection","channels":3}"#, Some("channels")),
            (r#"{"type":"start_detection","encoding":"opus"}"#, Some("encoding")),
            (r#"{"type":"start_detection","call_id":{}}"#, Some("call_id")),
            (r#"{"type":"start_detection","call_id":"a\nb"}"#, Some("call_id")),
            (r#"{"type":"audio_chunk","data":"!"}"#, Some("data")),
            (r#"{"type":"audio_chunk","sequence":-1,"data":""}"#, Some("sequence")),
            (r#"{"type":"fact","fact":"rain"}"#, Some("fact")),
            (r#"{"type":"fact","fact":"dtmf","digit":"12"}"#, Some("digit")),
            (r#"{"type":"fact","fact":"score","machine":2}"#, Some("machine")),
        ] {
            let error = decode(text).unwrap_err();
            assert_eq!(error.field, field, "{text}: {error}");
            assert!(error.to_string().contains("allowed") || error.to_string().contains("no "), "{error}");
        }
    }

    #[test]
    fn facts_are_facts() {
        for (text, fact) in [
            (r#"{"type":"fact","fact":"answered"}"#, Fact::Answered),
            (r#"{"type":"fact","fact":"early_media"}"#, Fact::EarlyMedia),
            (r#"{"type":"fact","fact":"dtmf","digit":"5"}"#, Fact::Dtmf('5')),
            (r#"{"type":"fact","fact":"beep","hz":1000}"#, Fact::BeepEnded { hz: 1000.0 }),
        ] {
            assert_eq!(decode(text).unwrap(), Message::Fact { call_id: None, fact });
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_fall_over(text in ".*") {
            let _ = decode(&text);
        }
    }
}
