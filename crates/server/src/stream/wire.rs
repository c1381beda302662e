//! What the service says on a stream.

use jiff::Timestamp;
use offhook_telephony::stream::StreamError;
use serde_json::{Map, Value, json};

use crate::error::{ApiError, Code};
use crate::record::{CallInfo, CallRecord};
use crate::session::Picture;

/// Why a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The client said so.
    Stopped,
    /// The connection was closed.
    Closed,
    /// Nothing came for too long.
    Idle,
    /// It was longer than is allowed.
    TooLong,
    /// The service stops.
    ServiceStopping,
}

impl Ending {
    const fn word(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Closed => "closed",
            Self::Idle => "idle",
            Self::TooLong => "too_long",
            Self::ServiceStopping => "service_stopping",
        }
    }
}

fn now() -> i64 {
    Timestamp::now().as_millisecond()
}

fn status(info: &CallInfo, word: &str) -> Map<String, Value> {
    let mut fields = named(info, "status");
    fields.insert("status".into(), word.into());
    fields.insert("timestamp".into(), now().into());
    fields
}

fn named(info: &CallInfo, kind: &str) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("type".into(), kind.into());
    fields.insert("call_id".into(), info.call_id.as_str().into());
    fields.insert("id".into(), info.id.to_string().into());
    fields
}

fn text(fields: Map<String, Value>) -> String {
    Value::Object(fields).to_string()
}

/// A call began.
pub(super) fn started(info: &CallInfo, model_version: &str) -> String {
    let mut fields = status(info, "started");
    fields.insert("model_version".into(), model_version.into());
    text(fields)
}

/// The service stops soon.
pub(super) fn stopping(info: &CallInfo) -> String {
    text(status(info, "stopping"))
}

/// A call is over and its record is safe.
pub(super) fn ended(record: &CallRecord, ending: Ending, dropped: u64) -> String {
    let mut fields = status(&record.info, "ended");
    fields.insert("reason".into(), ending.word().into());
    fields.insert("audio_ms".into(), record.audio_ms.into());
    fields.insert("lost_ms".into(), record.lost_ms.into());
    fields.insert("dropped_chunks".into(), dropped.into());
    text(fields)
}

/// The same for mod_audio_fork, which raises `mod_audio_fork::json` with the whole of a message whose type is `json`. What
/// its type was is its `message_type`.
pub(super) fn forked(message: String) -> String {
    let Ok(Value::Object(mut fields)) = serde_json::from_str(&message) else { return message };
    if let Some(kind) = fields.insert("type".into(), "json".into()) {
        fields.insert("message_type".into(), kind);
    }
    text(fields)
}

/// A result of a call.
pub(super) fn result(info: &CallInfo, model_version: &str, fields: Map<String, Value>) -> String {
    let mut all = named(info, "detection_result");
    all.extend(fields);
    all.insert("model_version".into(), model_version.into());
    all.insert("timestamp".into(), now().into());
    text(all)
}

/// An event that is no result.
pub(super) fn event(info: &CallInfo, event: Value) -> String {
    let mut all = named(info, "event");
    if let Value::Object(fields) = event {
        all.extend(fields);
    }
    text(all)
}

/// A piece of a call's picture.
pub(super) fn picture(info: &CallInfo, picture: &Picture) -> String {
    json!({ "type": "picture", "call_id": info.call_id, "points": *picture.points, "wave": *picture.wave }).to_string()
}

/// A message could not be used.
pub(super) fn error(call_id: Option<&str>, error: &ApiError) -> String {
    let mut fields = Map::new();
    fields.insert("type".into(), "error".into());
    if let Some(call_id) = call_id {
        fields.insert("call_id".into(), call_id.into());
    }
    fields.insert("code".into(), error.code().word().into());
    fields.insert("message".into(), error.detail().into());
    if let Some(field) = error.named_field() {
        fields.insert("field".into(), field.into());
    }
    fields.insert("timestamp".into(), now().into());
    text(fields)
}

/// What a message that could not be read is refused with.
impl From<&StreamError> for ApiError {
    fn from(error: &StreamError) -> Self {
        match error.field {
            Some(field) => Self::new(Code::BadField, error.to_string()).about(field),
            None => Self::new(Code::BadRequest, error.to_string()),
        }
    }
}
