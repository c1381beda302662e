//! ARI, the REST interface of Asterisk: events as JSON over a WebSocket, requests over HTTP (port 8088, under `/ari`).
//!
//! [`decode`] reads an event, [`Request`] is what is asked. (Seen on Asterisk 22.)

mod event;
mod request;

use std::collections::BTreeMap;

use serde::Deserialize;

pub use event::{Event, Happening, Playback, decode};
pub use request::{ExternalMedia, Id, Method, NewChannel, Request, RequestError, Snoop, Spy};

/// A number with a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Party {
    /// The name, or nothing.
    pub name: String,
    /// The number, or nothing.
    pub number: String,
}

/// Where in the dialplan a channel is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Dialplan {
    /// The context.
    pub context: String,
    /// The extension.
    pub exten: String,
    /// The priority.
    pub priority: i64,
    /// The application that runs.
    pub app_name: String,
    /// Its arguments.
    pub app_data: String,
}

/// A channel as ARI describes it: in events, and as the answer to a request for one or for all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Channel {
    /// Its name for good: the `Uniqueid` of AMI.
    pub id: String,
    /// Its name, which can change: `PJSIP/trunk-00000009`.
    pub name: String,
    /// `Down`, `Ring`, `Ringing`, `Up`, `Busy` …
    pub state: String,
    /// The name of the protocol for it: the `Call-ID` of SIP.
    pub protocol_id: String,
    /// Who calls.
    pub caller: Party,
    /// Whom it talks to.
    pub connected: Party,
    /// The account it is billed to.
    pub accountcode: String,
    /// Where in the dialplan it is.
    pub dialplan: Dialplan,
    /// Variables that Asterisk is configured to send along.
    pub channelvars: BTreeMap<String, String>,
}
