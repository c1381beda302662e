//! The record of a call that was placed and on which nobody was heard: busy, no answer, no audio.

use std::sync::Arc;

use jiff::Timestamp;
use offhook_detect::{AnsweredBy, Stage};
use serde_json::{Value, json};

use super::Placed;
use crate::app::App;
use crate::error::chain;
use crate::live::News;
use crate::record::{CallInfo, CallRecord, Conclusion, Source};
use crate::store::CallSummary;
use crate::switch::handling::Handling;

/// Keeps the record, and tells of it.
pub(super) async fn keep(app: &Arc<App>, placed: &Placed, handling: &Handling) {
    let record = record(app, placed, handling.hangup_cause.as_deref().unwrap_or("unknown"));
    if let Err(error) = app.store.record(&record).await {
        tracing::error!(id = %placed.id, error = chain(&error), "the record of a placed call could not be kept");
        return;
    }
    handling.keep(app, placed.id).await;
    let call = Arc::new(record.info.clone());
    app.live.tell(|| {
        let summary = serde_json::to_value(CallSummary::from(&record)).unwrap_or_default();
        News::Ended { call, record: Arc::new(summary) }
    });
}

fn record(app: &App, placed: &Placed, cause: &str) -> CallRecord {
    let info = CallInfo {
        id: placed.id,
        call_id: placed.call_id.clone(),
        owner: placed.owner.clone(),
        source: Source::Tap,
        campaign: placed.rule.campaign.clone(),
        caller: placed.call.caller_id.as_ref().map(|number| app.privacy.number(number.reveal())),
        destination: Some(app.privacy.number(placed.destination.reveal())),
        started: placed.started,
    };
    let conclusion = Conclusion {
        answered_by: AnsweredBy::Unknown.word().to_owned(),
        is_voicemail: false,
        confidence: 0.0,
        probabilities: json!({}),
        method: app.params.config().decide.method.name().to_owned(),
        stage: Stage::Final.word().to_owned(),
        cause: json!({ "kind": "not_heard", "hangup_cause": cause }),
        why: format!("nobody was heard: {cause}"),
        decided_ms: 0,
        ready_ms: None,
    };
    CallRecord {
        info,
        ended: Timestamp::now(),
        conclusion,
        audio_ms: 0,
        lost_ms: 0,
        processing_ms: 0.0,
        model_version: app.model_version.clone(),
        vocabularies: Value::Object(serde_json::Map::new()),
        events: Vec::new(),
        timeline: Vec::new(),
        warnings: Vec::new(),
        audio: None,
    }
}
