//! What is told of one call: its trace, and the events of the specification.

use tracing::Span;
use tracing::field::Empty;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::traces::TraceParent;
use crate::record::{CallInfo, CallRecord};

/// What calls are told under; the one target whose spans are sent as traces.
pub(super) const TARGET: &str = "offhook::call";

/// The span of a call: the root of its trace. Work on the call makes children of it with [`stage_span`]; it ends when
/// its last clone is dropped. It names the call by our own id, and nothing personal.
pub fn call_span(info: &CallInfo) -> Span {
    tracing::info_span!(
        target: TARGET,
        parent: None,
        "call",
        id = %info.id,
        source = info.source.word(),
        answered_by = Empty,
        decided_ms = Empty,
        audio_ms = Empty,
    )
}

/// Makes a call, of which nothing was told yet, part of the trace of the request that brought it.
pub fn continue_trace(call: &Span, parent: Option<TraceParent>) {
    if let Some(parent) = parent {
        // Refused where no traces are sent, or the span was sent already: then the call is a trace of its own.
        let _ = call.set_parent(parent.remote());
    }
}

/// The span of one stage of the work on a call: `record` or `keep`.
pub fn stage_span(call: &Span, stage: &'static str) -> Span {
    if call.is_disabled() {
        return Span::none();
    }
    tracing::info_span!(target: TARGET, parent: call, "stage", otel.name = stage)
}

/// Tells the log, and the call's span, what a call came to: the event `voicemail_detection` of the specification,
/// without the telephone numbers.
pub fn detection_event(call: &Span, record: &CallRecord) {
    let CallRecord { info, conclusion, audio_ms, processing_ms, model_version, .. } = record;
    call.record("answered_by", conclusion.answered_by.as_str());
    call.record("decided_ms", conclusion.decided_ms);
    call.record("audio_ms", audio_ms);
    tracing::info!(
        target: TARGET,
        event_type = "voicemail_detection",
        call_id = info.call_id,
        id = %info.id,
        source = info.source.word(),
        method = conclusion.method,
        confidence = conclusion.confidence,
        is_voicemail = conclusion.is_voicemail,
        result = conclusion.is_voicemail,
        answered_by = conclusion.answered_by,
        decided_ms = conclusion.decided_ms,
        duration_ms = audio_ms,
        processing_time_ms = processing_ms,
        model_version,
        "call judged"
    );
}

/// Tells the log that the record of a call could not be written: the event `detection_error` of the specification.
pub fn detection_error(call_id: &str, error_code: &'static str, error: &(dyn std::error::Error + 'static)) {
    let message = crate::error::chain(error);
    tracing::error!(
        target: TARGET,
        event_type = "detection_error",
        call_id,
        error_code,
        error_message = message,
        "call failed"
    );
}
