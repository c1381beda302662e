//! What a switch is told to do with a call, in words of no platform. Each connection obeys them in its own.

use std::time::Duration;

use serde_json::Value;

use super::action::Ask;

/// News of a call for the switch and whoever listens there.
#[derive(Clone, Debug, PartialEq)]
pub struct Announcement {
    /// Its name: `offhook::verdict`, `offhook::ready`, `voicemail::detected`, …
    pub what: &'static str,
    /// Its fields, as headers of an event.
    pub headers: Vec<(String, String)>,
    /// The same in full, as JSON; `null` where the headers are all of it.
    pub body: Value,
}

/// One thing a switch is told to do with a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    /// Have its audio sent to the node of this place in the chain; 0 is the first.
    StartAudio(usize),
    /// Stop sending its audio.
    StopAudio,
    /// Have the switch's own detector listen for a beep, for no node can.
    ListenForBeep,
    /// Set variables of its channel.
    Set(Vec<(String, String)>),
    /// Raise an event.
    Announce(Announcement),
    /// Run what the channel's variable of this name says, if it is set.
    Hook(&'static str),
    /// Send it elsewhere in the dialplan.
    Transfer(String),
    /// Connect it with what this dial string reaches.
    Bridge(String),
    /// End it, with this cause.
    HangUp(String),
    /// Play a file.
    Play(String),
    /// Stop what is played.
    StopPlaying,
    /// Let it wait.
    Park,
    /// Hand it back to the dialplan that waits for us.
    Release,
    /// Run an application, with its arguments.
    Execute(Vec<String>),
    /// Ask by HTTP what to do. Done by the service itself.
    Ask(Ask),
}

impl Order {
    /// The word for this order, as records and figures name it.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::StartAudio(_) => "start_audio",
            Self::StopAudio => "stop_audio",
            Self::ListenForBeep => "listen_for_beep",
            Self::Set(_) => "set",
            Self::Announce(_) => "announce",
            Self::Hook(_) => "hook",
            Self::Transfer(_) => "transfer",
            Self::Bridge(_) => "bridge",
            Self::HangUp(_) => "hangup",
            Self::Play(_) => "play",
            Self::StopPlaying => "stop_playing",
            Self::Park => "park",
            Self::Release => "release",
            Self::Execute(_) => "execute",
            Self::Ask(_) => "webhook",
        }
    }
}

/// Why an order was not obeyed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// The switch said no, in these words.
    #[error("the switch refused: {0}")]
    Refused(String),
    /// The switch did not answer in time.
    #[error("no answer from the switch within {} ms", .0.as_millis())]
    Late(Duration),
    /// There is no connection to the switch.
    #[error("no connection to the switch")]
    Gone,
    /// The platform has no such thing.
    #[error("{0}")]
    Unable(String),
}

/// The longest list of actions that is taken from outside.
pub const MOST_ACTIONS: usize = 20;
