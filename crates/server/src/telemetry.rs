//! Logs and traces.

use tracing::Span;

use crate::config::ServerConfig;
use crate::record::{CallInfo, CallRecord};

/// Why logs or traces cannot be sent where they should go.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// A setting.
    #[error(transparent)]
    Config(#[from] crate::config::ServerConfigError),
}

/// Logs and traces are written as long as this lives.
#[derive(Debug)]
#[must_use = "logs and traces are written as long as this lives"]
pub struct Telemetry {}

/// Starts logs and traces, for the whole process. In a runtime of tokio.
///
/// # Errors
/// A setting cannot be used.
pub fn start(_config: &ServerConfig) -> Result<Telemetry, TelemetryError> {
    todo!()
}

/// The span of a call: the root of its trace, or, with the headers of the request that brought it, part of the caller's.
/// Work on the call enters it, or makes children with [`stage_span`]. Costs next to nothing where no traces are sent.
pub fn call_span(_info: &CallInfo, _headers: Option<&axum::http::HeaderMap>) -> Span {
    Span::none()
}

/// The span of one stage of the work on a call: `decode`, `detect`, `record`, `keep` or `webhook`.
pub fn stage_span(_call: &Span, _stage: &'static str) -> Span {
    Span::none()
}

/// Tells the log, and the call's span, what a call came to: the event `voicemail_detection`.
pub fn detection_event(_call: &Span, _record: &CallRecord) {}

/// Tells the log that a call could not be judged: the event `detection_error`.
pub fn detection_error(_call_id: &str, _error_code: &'static str, _error: &(dyn std::error::Error + 'static)) {}

/// How many log lines could not be written since the process began.
pub(crate) fn lost_lines() -> u64 {
    0
}
