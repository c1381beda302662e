//! A finished call, made up.

use jiff::Timestamp;
use offhook_server::Pii;
use offhook_server::record::{CallInfo, CallRecord, Conclusion, Source};
use serde_json::json;
use uuid::Uuid;

/// A call with telephone numbers that nobody may see.
pub(super) fn info(source: Source) -> CallInfo {
    CallInfo {
        id: Uuid::now_v7(),
        call_id: "12345-67890-abcde".into(),
        owner: "local".into(),
        source,
        campaign: None,
        caller: Some(Pii::new("+15551234567".into())),
        destination: Some(Pii::new("+15551234567".into())),
        started: Timestamp::now(),
    }
}

/// What that call came to: a voicemail, after 1.23 seconds of audio.
pub(super) fn record(info: CallInfo) -> CallRecord {
    CallRecord {
        info,
        ended: Timestamp::now(),
        conclusion: Conclusion {
            answered_by: "voicemail".into(),
            is_voicemail: true,
            confidence: 0.95,
            probabilities: json!({}),
            method: "ai".into(),
            stage: "final".into(),
            cause: json!({}),
            why: "a long greeting".into(),
            decided_ms: 1_230,
            ready_ms: None,
        },
        audio_ms: 4_500,
        lost_ms: 60,
        processing_ms: 3.5,
        model_version: "test-0123".into(),
        vocabularies: json!({}),
        events: Vec::new(),
        timeline: Vec::new(),
        warnings: Vec::new(),
        audio: None,
    }
}
