//! What ARI tells.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::Channel;
use crate::wire::WireError;

/// What happened, and to whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The application that is told.
    pub application: String,
    /// When, by Asterisk's clock: `2026-11-20T09:24:08.243+0000`.
    pub timestamp: String,
    /// The channel it is about; of [`Happening::Dial`], the one that is dialled.
    pub channel: Option<Channel>,
    /// What happened.
    pub happening: Happening,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Happening {
    /// The channel came into the application.
    StasisStart {
        /// What it was given.
        arguments: Vec<String>,
    },
    /// The channel left the application.
    StasisEnd,
    /// Its state changed: [`Channel::state`].
    StateChange,
    /// It is gone.
    Destroyed {
        /// The cause of Q.850.
        cause: i64,
        /// The cause in words.
        text: String,
    },
    /// Someone asked for it to be hung up.
    HangupRequest {
        /// The cause of Q.850, if one was said.
        cause: Option<i64>,
    },
    /// A variable was set; without a channel, a global one.
    Varset {
        /// Its name.
        variable: String,
        /// What it is now.
        value: String,
    },
    /// A digit was pressed.
    Dtmf {
        /// The digit.
        digit: String,
        /// How long, in milliseconds.
        duration_ms: i64,
    },
    /// Asterisk heard talking begin, where `TALK_DETECT` is set.
    TalkingStarted,
    /// Asterisk heard talking end.
    TalkingFinished {
        /// How long it lasted, in milliseconds.
        duration_ms: i64,
    },
    /// Dialling went on.
    Dial {
        /// Nothing at first, then `RINGING`, `PROGRESS`, `ANSWER`, `BUSY`, `NOANSWER` …
        status: String,
        /// What was dialled.
        string: String,
    },
    /// A sound began to play.
    PlaybackStarted(Playback),
    /// A sound is over.
    PlaybackFinished(Playback),
    /// A user event.
    User {
        /// Its name.
        name: String,
        /// What was sent along.
        variables: BTreeMap<String, Value>,
    },
    /// Another connection has taken the application over: this one hears no more.
    Replaced,
    /// Something else, by its `type`.
    Other(String),
}

/// A sound that plays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Playback {
    /// Its name.
    pub id: String,
    /// What plays: `sound:hello`.
    pub media_uri: String,
    /// Where: `channel:` or `bridge:` and an id.
    pub target_uri: String,
    /// `queued`, `playing`, `done`, `failed` …
    pub state: String,
}

/// The types that are read in full.
const KNOWN: [&str; 14] = [
    "StasisStart",
    "StasisEnd",
    "ChannelStateChange",
    "ChannelDestroyed",
    "ChannelHangupRequest",
    "ChannelVarset",
    "ChannelDtmfReceived",
    "ChannelTalkingStarted",
    "ChannelTalkingFinished",
    "Dial",
    "PlaybackStarted",
    "PlaybackFinished",
    "ChannelUserevent",
    "ApplicationReplaced",
];

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire {
    #[serde(rename = "type")]
    kind: String,
    application: String,
    timestamp: String,
    channel: Option<Channel>,
    peer: Option<Channel>,
    args: Vec<String>,
    cause: Option<i64>,
    cause_txt: String,
    variable: String,
    value: String,
    digit: String,
    duration_ms: i64,
    duration: i64,
    dialstatus: String,
    dialstring: String,
    playback: Playback,
    eventname: String,
    userevent: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Stranger {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    application: String,
    #[serde(default)]
    timestamp: String,
}

/// An event of a type that is not known here, whose fields may share names with others and be something else.
fn stranger(text: &str) -> Option<Wire> {
    let Stranger { kind, application, timestamp } = serde_json::from_str(text).ok()?;
    (!KNOWN.contains(&kind.as_str())).then(|| Wire { kind, application, timestamp, ..Wire::default() })
}

/// Reads an event. Fields that are not known are passed over, and so is what an event lacks.
///
/// # Errors
/// The text is no JSON object with a `type`, or a field is not what ARI has there.
pub fn decode(text: &str) -> Result<Event, WireError> {
    let wrong = |expected| WireError::new(0, expected, text.as_bytes());
    let wire = match serde_json::from_str(text) {
        Ok(wire) => wire,
        Err(_) => stranger(text).ok_or_else(|| wrong("an event of ARI, a JSON object"))?,
    };
    let happening = match wire.kind.as_str() {
        "" => return Err(wrong("an event of ARI with its type")),
        "StasisStart" => Happening::StasisStart { arguments: wire.args },
        "StasisEnd" => Happening::StasisEnd,
        "ChannelStateChange" => Happening::StateChange,
        "ChannelDestroyed" => Happening::Destroyed { cause: wire.cause.unwrap_or_default(), text: wire.cause_txt },
        "ChannelHangupRequest" => Happening::HangupRequest { cause: wire.cause },
        "ChannelVarset" => Happening::Varset { variable: wire.variable, value: wire.value },
        "ChannelDtmfReceived" => Happening::Dtmf { digit: wire.digit, duration_ms: wire.duration_ms },
        "ChannelTalkingStarted" => Happening::TalkingStarted,
        "ChannelTalkingFinished" => Happening::TalkingFinished { duration_ms: wire.duration },
        "Dial" => Happening::Dial { status: wire.dialstatus, string: wire.dialstring },
        "PlaybackStarted" => Happening::PlaybackStarted(wire.playback),
        "PlaybackFinished" => Happening::PlaybackFinished(wire.playback),
        "ChannelUserevent" => Happening::User { name: wire.eventname, variables: wire.userevent },
        "ApplicationReplaced" => Happening::Replaced,
        _ => Happening::Other(wire.kind),
    };
    let channel = match happening {
        Happening::Dial { .. } => wire.peer,
        _ => wire.channel,
    };
    Ok(Event { application: wire.application, timestamp: wire.timestamp, channel, happening })
}
