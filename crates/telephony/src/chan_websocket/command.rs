//! What Asterisk is told by text.

use serde_json::json;

/// The longest command, in bytes.
const LONGEST: usize = 128;

/// How texts are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// `STOP_MEDIA_BUFFERING id`
    #[default]
    Words,
    /// `{"command":"STOP_MEDIA_BUFFERING","correlation_id":"id"}`
    Json,
}

/// A command that cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("correlation_id: given {0:?}, allowed is letters, digits, -, _, . and : in a command of at most 128 bytes")]
pub struct CommandError(String);

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Answers the channel, where that was left to us.
    Answer,
    /// Hangs up and closes.
    HangUp,
    /// What follows is cut into frames by Asterisk.
    StartBuffering,
    /// No more follows; the rest is filled up with silence. With an id, [`Notice::Buffered`](super::Notice::Buffered)
    /// names it.
    StopBuffering(Option<String>),
    /// Drops what is not played yet.
    Flush,
    /// Plays silence, and keeps what is not played yet.
    Pause,
    /// Plays on.
    Continue,
    /// Asks to be told when what was sent before is played: [`Notice::Marked`](super::Notice::Marked).
    Mark(String),
    /// Asks how full the queue is.
    GetStatus,
    /// Asks to be told once when all is played.
    ReportDrained,
}

impl Command {
    /// The text to send.
    ///
    /// # Errors
    /// The id holds what is not allowed, or is too long.
    pub fn encode(&self, form: Form) -> Result<String, CommandError> {
        let (name, id) = match self {
            Self::Answer => ("ANSWER", None),
            Self::HangUp => ("HANGUP", None),
            Self::StartBuffering => ("START_MEDIA_BUFFERING", None),
            Self::StopBuffering(id) => ("STOP_MEDIA_BUFFERING", id.as_deref()),
            Self::Flush => ("FLUSH_MEDIA", None),
            Self::Pause => ("PAUSE_MEDIA", None),
            Self::Continue => ("CONTINUE_MEDIA", None),
            Self::Mark(id) => ("MARK_MEDIA", Some(id.as_str())),
            Self::GetStatus => ("GET_STATUS", None),
            Self::ReportDrained => ("REPORT_QUEUE_DRAINED", None),
        };
        let refused = || CommandError(id.unwrap_or_default().chars().take(40).collect());
        let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
        if id.is_some_and(|id| id.is_empty() || !id.bytes().all(known)) {
            return Err(refused());
        }
        let text = match (form, id) {
            (Form::Words, None) => name.to_owned(),
            (Form::Words, Some(id)) => format!("{name} {id}"),
            (Form::Json, None) => json!({ "command": name }).to_string(),
            (Form::Json, Some(id)) => json!({ "command": name, "correlation_id": id }).to_string(),
        };
        if text.len() > LONGEST { Err(refused()) } else { Ok(text) }
    }
}
