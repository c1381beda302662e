//! What the switch says at once on its event socket.

use super::event::Event;

/// What the switch said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// It wants a password: the first thing it says where we connected to it.
    AuthRequest,
    /// It answers a command. Answers come in the order of the commands.
    Reply(Reply),
    /// It answers `api`, in the same order.
    ApiResponse(ApiResponse),
    /// Something happened.
    Event(Event),
    /// The answer to `connect` where it connected to us: the call leg, as an event.
    ChannelData(Event),
    /// It is about to close the connection, or the call of this connection has ended.
    Disconnect(Disconnect),
    /// It takes no connection from this address: its access list.
    Rejected(String),
    /// Something else, which may be passed over.
    Other {
        /// The `Content-Type`.
        content_type: String,
        /// Bytes of its body.
        length: usize,
    },
}

/// An answer to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// `Reply-Text`, such as `+OK accepted`; for `getvar` the value alone.
    pub text: String,
    /// The other headers, `Content-Type` left out.
    pub headers: Vec<(String, String)>,
}

impl Reply {
    /// Whether the switch did not refuse.
    pub fn ok(&self) -> bool {
        self.refusal().is_none()
    }

    /// Why the switch refused: what follows `-ERR`.
    pub fn refusal(&self) -> Option<&str> {
        refusal(&self.text)
    }

    /// `Job-UUID`: under which name the result of a `bgapi` will come.
    pub fn job(&self) -> Option<&str> {
        self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("Job-UUID")).map(|(_, value)| value.as_str())
    }
}

/// An answer to `api`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiResponse {
    /// The text, verbatim: with a line break at its end, or without.
    pub body: String,
}

impl ApiResponse {
    /// Whether the switch did not refuse.
    pub fn ok(&self) -> bool {
        self.refusal().is_none()
    }

    /// Why the switch refused: what follows `-ERR` or `-USAGE:`.
    pub fn refusal(&self) -> Option<&str> {
        refusal(&self.body)
    }
}

/// A notice that the connection ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disconnect {
    /// `Controlled-Session-UUID`: the leg of an outbound connection.
    pub leg: Option<String>,
    /// Whether the connection stays open for a while to bring the last events (`Content-Disposition: linger`).
    pub lingers: bool,
    /// `Linger-Time`, in seconds.
    pub linger_s: Option<u64>,
    /// What it says in words.
    pub text: String,
}

/// What follows `-ERR` or `-USAGE:`; also for the body of a `BACKGROUND_JOB`.
pub(super) fn refusal(text: &str) -> Option<&str> {
    let text = text.trim_end();
    let rest =
        text.strip_prefix("-ERR").or_else(|| text.strip_prefix("-USAGE:")).or_else(|| text.strip_prefix("-USAGE"));
    rest.map(str::trim_start)
}

impl Event {
    /// Why a background command failed, if this is the `BACKGROUND_JOB` that says so: the cause, such as `NO_ANSWER`.
    pub fn refusal(&self) -> Option<&str> {
        refusal(self.body()?)
    }
}
