//! What is asked of ARI, as data: who sends it adds host, `/ari` and the password.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

/// All but what RFC 3986 calls unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A name that ARI cannot be asked with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("id: given {0:?}, allowed is a text of 1 to 149 bytes without control characters, but not . and ..")]
pub struct RequestError(String);

/// The name of a channel, bridge, playback or application, fit to stand in a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Id(String);

impl Id {
    /// Checks a name.
    ///
    /// # Errors
    /// It would not name one thing: it is empty, too long, `.` or `..`, or holds a control character.
    pub fn new(id: &str) -> Result<Self, RequestError> {
        if id.is_empty() || id.len() > 149 || matches!(id, "." | "..") || id.chars().any(char::is_control) {
            return Err(RequestError(id.chars().take(40).collect()));
        }
        Ok(Self(id.to_owned()))
    }

    /// The name as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    /// As it stands in a path, percent-encoded.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        utf8_percent_encode(&self.0, RESERVED).fmt(f)
    }
}

/// The method of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `DELETE`
    Delete,
}

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path after `/ari`, encoded.
    pub path: String,
    /// The parameters, not encoded, in order.
    pub query: Vec<(&'static str, String)>,
    /// The body, as JSON.
    pub body: Option<Value>,
}

/// Which direction of a channel is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spy {
    /// What comes from the channel's party.
    In,
    /// What goes to it.
    Out,
    /// Both, mixed.
    Both,
}

impl Spy {
    const fn word(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
            Self::Both => "both",
        }
    }
}

/// A channel that hears another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snoop {
    /// Which direction.
    pub spy: Spy,
    /// The application it comes into.
    pub app: String,
    /// What it brings along there.
    pub arguments: Vec<String>,
    /// The name it is to have.
    pub id: Id,
}

/// A channel that carries audio to and from us.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExternalMedia {
    /// The application it comes into.
    pub app: String,
    /// The name it is to have.
    pub channel_id: Option<String>,
    /// Where to: `host:port`; for a WebSocket, a connection of `websocket_client.conf`, or `INCOMING`.
    pub external_host: String,
    /// `rtp`, `audiosocket` or `none`.
    pub encapsulation: &'static str,
    /// `udp`, `tcp` or `websocket`.
    pub transport: &'static str,
    /// `client` or `server`: who connects, seen from Asterisk.
    pub connection_type: Option<&'static str>,
    /// The codec: `slin`, `slin16`, `ulaw` …
    pub format: String,
    /// The UUID, for AudioSocket.
    pub data: Option<String>,
    /// Options of the dial string, for a WebSocket: `f(json)`.
    pub transport_data: Option<String>,
    /// Variables of the channel.
    pub variables: Vec<(String, String)>,
}

/// A call to be placed into the application.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewChannel {
    /// Whom to call: `PJSIP/100@trunk`.
    pub endpoint: String,
    /// The application it comes into.
    pub app: String,
    /// What it brings along there.
    pub arguments: Vec<String>,
    /// The name it is to have.
    pub channel_id: Option<String>,
    /// Who calls: `Name <number>`.
    pub caller: Option<String>,
    /// How long it may ring, in seconds.
    pub ring_limit_s: Option<u32>,
    /// Variables of the channel.
    pub variables: Vec<(String, String)>,
}

fn variables(of: &[(String, String)]) -> Option<Value> {
    if of.is_empty() {
        return None;
    }
    let all: Map<String, Value> = of.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    Some(json!({ "variables": all }))
}

impl Request {
    fn new(method: Method, path: String) -> Self {
        Self { method, path, query: Vec::new(), body: None }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    fn with_some(self, name: &'static str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Path and parameters, encoded.
    pub fn target(&self) -> String {
        let mut target = self.path.clone();
        for (at, (name, value)) in self.query.iter().enumerate() {
            target.push(if at == 0 { '?' } else { '&' });
            target.push_str(name);
            target.push('=');
            target.extend(utf8_percent_encode(value, RESERVED));
        }
        target
    }

    /// The WebSocket of events for these applications; with all channels, or only those of the applications.
    pub fn events(apps: &[&str], all_channels: bool) -> Self {
        let request = Self::new(Method::Get, "/events".to_owned()).with("app", apps.join(","));
        if all_channels { request.with("subscribeAll", "true") } else { request }
    }

    /// Tells an application of these channels, bridges or endpoints too: `channel:ID`, `endpoint:PJSIP/trunk`.
    pub fn subscribe(app: &Id, sources: &[&str]) -> Self {
        Self::new(Method::Post, format!("/applications/{app}/subscription")).with("eventSource", sources.join(","))
    }

    /// Tells an application of a user event.
    pub fn user_event(name: &Id, app: &str, channel: &Id, of: &[(String, String)]) -> Self {
        let request = Self::new(Method::Post, format!("/events/user/{name}"));
        let source = format!("channel:{}", channel.as_str());
        Self { body: variables(of), ..request.with("application", app).with("source", source) }
    }

    /// All channels.
    pub fn channels() -> Self {
        Self::new(Method::Get, "/channels".to_owned())
    }

    /// One channel.
    pub fn channel(id: &Id) -> Self {
        Self::new(Method::Get, format!("/channels/{id}"))
    }

    /// Answers.
    pub fn answer(id: &Id) -> Self {
        Self::new(Method::Post, format!("/channels/{id}/answer"))
    }

    /// Asks for a variable: `{"value": …}`.
    pub fn variable(id: &Id, name: &str) -> Self {
        Self::new(Method::Get, format!("/channels/{id}/variable")).with("variable", name)
    }

    /// Sets a variable.
    pub fn set_variable(id: &Id, name: &str, value: &str) -> Self {
        Self::new(Method::Post, format!("/channels/{id}/variable")).with("variable", name).with("value", value)
    }

    /// Hears a channel.
    pub fn snoop(id: &Id, snoop: &Snoop) -> Self {
        Self::new(Method::Post, format!("/channels/{id}/snoop/{}", snoop.id))
            .with("spy", snoop.spy.word())
            .with("app", &snoop.app)
            .with_some("appArgs", joined(&snoop.arguments))
    }

    /// Carries audio to us.
    pub fn external_media(media: &ExternalMedia) -> Self {
        let request = Self::new(Method::Post, "/channels/externalMedia".to_owned())
            .with("app", &media.app)
            .with_some("channelId", media.channel_id.as_deref())
            .with("external_host", &media.external_host)
            .with("encapsulation", media.encapsulation)
            .with("transport", media.transport)
            .with_some("connection_type", media.connection_type)
            .with("format", &media.format)
            .with("direction", "both")
            .with_some("data", media.data.as_deref())
            .with_some("transport_data", media.transport_data.as_deref());
        Self { body: variables(&media.variables), ..request }
    }

    /// Places a call into the application.
    pub fn originate(call: &NewChannel) -> Self {
        let request = Self::new(Method::Post, "/channels".to_owned())
            .with("endpoint", &call.endpoint)
            .with("app", &call.app)
            .with_some("appArgs", joined(&call.arguments))
            .with_some("channelId", call.channel_id.as_deref())
            .with_some("callerId", call.caller.as_deref())
            .with_some("timeout", call.ring_limit_s.map(|limit| limit.to_string()));
        Self { body: variables(&call.variables), ..request }
    }

    /// Makes a channel without dialling it: [`Self::dial`] does.
    pub fn create(call: &NewChannel) -> Self {
        let ringing_is_later = NewChannel { ring_limit_s: None, ..call.clone() };
        Self { path: "/channels/create".to_owned(), ..Self::originate(&ringing_is_later) }
    }

    /// Dials a channel that was made, and lets it ring so long.
    pub fn dial(id: &Id, ring_limit_s: Option<u32>) -> Self {
        Self::new(Method::Post, format!("/channels/{id}/dial"))
            .with_some("timeout", ring_limit_s.map(|limit| limit.to_string()))
    }

    /// Hangs up with a cause of Q.850: 16 is normal.
    pub fn hangup(id: &Id, cause: u8) -> Self {
        Self::new(Method::Delete, format!("/channels/{id}")).with("reason_code", cause.to_string())
    }

    /// Gives the channel back to its dialplan: where it was, or at a place.
    pub fn go_on(id: &Id, context: Option<&str>, extension: Option<&str>, priority: Option<u32>) -> Self {
        Self::new(Method::Post, format!("/channels/{id}/continue"))
            .with_some("context", context)
            .with_some("extension", extension)
            .with_some("priority", priority.map(|priority| priority.to_string()))
    }

    /// Sends the caller elsewhere, by the means of its protocol.
    pub fn redirect(id: &Id, endpoint: &str) -> Self {
        Self::new(Method::Post, format!("/channels/{id}/redirect")).with("endpoint", endpoint)
    }

    /// Moves a channel to another application.
    pub fn move_to(id: &Id, app: &str, arguments: &[String]) -> Self {
        let request = Self::new(Method::Post, format!("/channels/{id}/move")).with("app", app);
        request.with_some("appArgs", joined(arguments))
    }

    /// Makes a mixing bridge of this name.
    pub fn create_bridge(bridge: &Id) -> Self {
        Self::new(Method::Post, format!("/bridges/{bridge}")).with("type", "mixing")
    }

    /// Brings channels into a bridge.
    pub fn add_channels(bridge: &Id, channels: &[&Id]) -> Self {
        let channels: Vec<_> = channels.iter().map(|id| id.as_str()).collect();
        Self::new(Method::Post, format!("/bridges/{bridge}/addChannel")).with("channel", channels.join(","))
    }

    /// Destroys a bridge; its channels stay.
    pub fn destroy_bridge(bridge: &Id) -> Self {
        Self::new(Method::Delete, format!("/bridges/{bridge}"))
    }

    /// Plays a sound to a channel: `sound:hello`.
    pub fn play(id: &Id, playback: &Id, media: &str) -> Self {
        Self::new(Method::Post, format!("/channels/{id}/play/{playback}")).with("media", media)
    }

    /// Plays a sound to all in a bridge.
    pub fn play_to_bridge(bridge: &Id, playback: &Id, media: &str) -> Self {
        Self::new(Method::Post, format!("/bridges/{bridge}/play/{playback}")).with("media", media)
    }

    /// Stops a sound.
    pub fn stop(playback: &Id) -> Self {
        Self::new(Method::Delete, format!("/playbacks/{playback}"))
    }
}

fn joined(arguments: &[String]) -> Option<String> {
    (!arguments.is_empty()).then(|| arguments.join(","))
}
