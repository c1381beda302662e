//! Keeps a call that is over: its record, and its audio where that is wanted.

use std::sync::Arc;
use std::time::Instant;

use tracing::Instrument as _;
use uuid::Uuid;

use crate::app::App;
use crate::config::Keep;
use crate::error::{Code, chain};
use crate::live::News;
use crate::metrics::Stage;
use crate::record::{CallRecord, KeptAudio, Source};
use crate::store::{CallSummary, StoreError};
use crate::telemetry;

/// Keeps the record of a call that is over, and its audio where that is wanted. Once this returns, no kill of the
/// process loses the record.
///
/// # Errors
/// The record could not be written down.
pub async fn keep(app: &Arc<App>, mut record: CallRecord) -> Result<CallRecord, StoreError> {
    let audio = record.audio.take().filter(|_| is_kept(app, &record));
    let (span, started) = (app.live.span(record.info.id), Instant::now());
    let written = app.store.record(&record).instrument(telemetry::stage_span(&span, "record")).await;
    app.live.end(record.info.id);
    if let Err(error) = written {
        app.metrics.stage_failed(Stage::Record);
        telemetry::detection_error(&record.info.call_id, Code::Storage.word(), &error);
        return Err(error);
    }
    app.metrics.stage(Stage::Record, started.elapsed());
    app.metrics.call_ended(&record);
    telemetry::detection_event(&span, &record);
    let call = Arc::new(record.info.clone());
    app.live.tell(|| {
        let summary = CallSummary { audio_kept: audio.is_some(), ..CallSummary::from(&record) };
        News::Ended { call, record: Arc::new(serde_json::to_value(summary).unwrap_or_default()) }
    });
    if let Some(audio) = audio {
        let keeping = telemetry::stage_span(&span, "keep");
        app.tasks.spawn(keep_audio(Arc::clone(app), record.info.id, audio).instrument(keeping));
    }
    Ok(record)
}

async fn keep_audio(app: Arc<App>, id: Uuid, audio: KeptAudio) {
    let started = Instant::now();
    let kept = match app.vault.keep(id, &audio).await {
        Ok(key) => app.store.audio_kept(id, &key).await.map_err(|error| chain(&error)),
        Err(error) => Err(chain(&error)),
    };
    match kept {
        Ok(()) => app.metrics.stage(Stage::Keep, started.elapsed()),
        Err(error) => {
            app.metrics.stage_failed(Stage::Keep);
            tracing::error!(id = %id, error, error_code = Code::Storage.word(), "audio not kept");
        }
    }
}

/// Whether the audio of this call is to be kept.
fn is_kept(app: &App, record: &CallRecord) -> bool {
    match app.config.audio.keep {
        _ if record.info.source == Source::Demo => true,
        Keep::None => false,
        Keep::All => true,
        // The last byte of a version 7 identifier is random.
        Keep::Unsure => record.conclusion.confidence < 0.9 || record.info.id.as_bytes()[15].is_multiple_of(10),
    }
}
