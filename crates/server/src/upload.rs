//! Judges recordings that were sent whole.

mod fields;

use std::io::Cursor;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use offhook_audio::{RATE, SampleRate};
use offhook_detect::Fact;
use offhook_media::{Channel, Container, DecodeOptions, Decoder, MediaError, RawEncoding, RawFormat};
use offhook_telephony::PcmFormat;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::auth::Identity;
use crate::config::Setting;
use crate::error::{ApiError, Code, chain};
use crate::metrics::Stage;
use crate::record::{CallInfo, CallRecord, Source};
use crate::session::{self, Opening, Session};
use crate::telemetry::TraceParent;

/// How much is heard at a time: as much as a packet brings.
const PIECE: usize = RATE as usize / 50;
/// How far a stated duration may be from the audio's own before it is told.
const TOLERANCE: Duration = Duration::from_millis(500);

/// A recording as it was sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Upload {
    /// The file.
    pub(crate) audio: Bytes,
    /// The caller's name for the call.
    pub(crate) call_id: Option<String>,
    /// What is said of the sample rate, in Hz: needed where there is no header.
    pub(crate) sample_rate: Option<u32>,
    /// What is said of the length.
    pub(crate) duration: Option<Duration>,
    /// How samples are written where there is no header.
    pub(crate) encoding: Option<RawEncoding>,
    /// Which channel of stereo is listened to.
    pub(crate) channel: Channel,
    /// When the call was answered, from the beginning of the recording.
    pub(crate) answered_at: Duration,
    /// The campaign.
    pub(crate) campaign: Option<String>,
    /// Who calls.
    pub(crate) caller: Option<String>,
    /// Who is called.
    pub(crate) destination: Option<String>,
    /// The trace that the request belongs to.
    pub(crate) parent: Option<TraceParent>,
}

/// What a recording came to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Detection {
    /// Whether a voicemail picked up: `voicemail` or `mailbox_unavailable`.
    pub(crate) is_voicemail: bool,
    /// How sure the verdict is, 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    confidence: f64,
    /// What decided: `ai`, `hybrid`, `avmd` (a tone), `heuristic` or `classic`.
    method: String,
    /// How long decoding and detecting took, in milliseconds.
    processing_time: f64,
    /// Which model decided.
    model_version: String,
    /// The caller's name for the call; our own where none was given.
    call_id: String,
    /// Our own name for the call.
    id: Uuid,
    /// Who, or what, picked up.
    answered_by: String,
    /// `final` or `revised`.
    stage: String,
    /// Why: its kind, and the numbers.
    #[schema(value_type = Object)]
    cause: Value,
    /// Why, in words.
    why: String,
    /// The probability of each kind.
    #[schema(value_type = Object)]
    probabilities: Value,
    /// When it was decided, in milliseconds of the recording.
    decided_ms: i64,
    /// When a message may be left, in milliseconds of the recording.
    ready_ms: Option<i64>,
    /// How long the recording is, in milliseconds.
    audio_ms: i64,
    /// The record tones.
    #[schema(value_type = Vec<Object>)]
    beeps: Vec<Value>,
    /// What happened, in order.
    #[schema(value_type = Vec<Object>)]
    events: Vec<Value>,
    /// What other systems would call it: `asterisk`, `mod_amd`, `twilio`.
    #[schema(value_type = Object)]
    vocabularies: Value,
    /// What was odd, for people.
    warnings: Vec<String>,
}

/// Decodes a recording, listens to it as to a call, and keeps its record.
///
/// # Errors
/// The recording is not what is allowed, or its record cannot be kept.
pub(crate) async fn judge(app: &Arc<App>, identity: &Identity, upload: Upload) -> Result<Detection, ApiError> {
    let arrived = Instant::now();
    let limits = &app.config.limits;
    if let Some(duration) = upload.duration.filter(|duration| *duration > limits.longest) {
        return Err(too_long(duration, limits.longest));
    }
    let info = CallInfo {
        campaign: upload.campaign.clone(),
        caller: upload.caller.as_deref().map(|number| app.privacy.number(number)),
        destination: upload.destination.as_deref().map(|number| app.privacy.number(number)),
        ..CallInfo::begin(Source::Upload, &identity.id, upload.call_id.clone())
    };
    let turn = Arc::clone(&app.uploads).acquire_owned().await;
    let turn = turn.map_err(|_| ApiError::new(Code::Stopping, "no new recordings are taken"))?;
    let working = Arc::clone(app);
    let judged = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        listen(&working, info, &upload)
    });
    let record = judged.await.map_err(|error| ApiError::internal(&error))??;
    let processing = arrived.elapsed();
    let record = session::keep(app, record)
        .await
        .map_err(|error| ApiError::new(Code::Storage, format!("the record was not kept: {}", chain(&error))))?;
    Ok(detection(record, processing))
}

fn detection(record: CallRecord, processing: Duration) -> Detection {
    let CallRecord { info, conclusion, .. } = record;
    let is_beep = |event: &&Value| event.get("kind").and_then(Value::as_str) == Some("beep_ended");
    Detection {
        is_voicemail: conclusion.is_voicemail,
        confidence: conclusion.confidence,
        method: conclusion.method,
        processing_time: (processing.as_secs_f64() * 1e6).round() / 1e3,
        model_version: record.model_version,
        call_id: info.call_id,
        id: info.id,
        answered_by: conclusion.answered_by,
        stage: conclusion.stage,
        cause: conclusion.cause,
        why: conclusion.why,
        probabilities: conclusion.probabilities,
        decided_ms: conclusion.decided_ms,
        ready_ms: conclusion.ready_ms,
        audio_ms: record.audio_ms,
        beeps: record.events.iter().filter(is_beep).cloned().collect(),
        events: record.events,
        vocabularies: record.vocabularies,
        warnings: record.warnings,
    }
}

fn listen(app: &Arc<App>, info: CallInfo, upload: &Upload) -> Result<CallRecord, ApiError> {
    let started = Instant::now();
    let (samples, mut warnings) = decode(app, upload).inspect_err(|_| app.metrics.stage_failed(Stage::Decode))?;
    app.metrics.stage(Stage::Decode, started.elapsed());
    let limits = &app.config.limits;
    let length = Duration::from_secs_f64(samples.len() as f64 / f64::from(RATE));
    if length < limits.shortest {
        let detail = format!(
            "the audio lasts {:.2} s, allowed is limits.shortest, {}, or more",
            length.as_secs_f64(),
            limits.shortest.show()
        );
        return Err(ApiError::new(Code::TooShort, detail));
    }
    if let Some(stated) = upload.duration.filter(|stated| stated.abs_diff(length) > TOLERANCE) {
        warnings.push(format!(
            "duration says {:.2} s, the audio lasts {:.2} s",
            stated.as_secs_f64(),
            length.as_secs_f64()
        ));
    }
    let answered = (upload.answered_at.as_secs_f64() * f64::from(RATE)) as usize;
    if answered > samples.len() {
        return Err(ApiError::field(
            "answered_at_ms",
            upload.answered_at.as_millis(),
            format!("at most the length of the audio, {}", length.as_millis()),
        ));
    }
    let opening = Opening { answered: answered == 0, picture: false, parent: upload.parent };
    let arrived = Instant::now();
    let mut session =
        Session::begin(app, info, PcmFormat::default(), opening).map_err(|error| ApiError::internal(&error))?;
    let mut happened = Vec::new();
    let (before, after) = samples.split_at(answered);
    for piece in before.chunks(PIECE) {
        session.hear_samples(piece, arrived, &mut happened);
    }
    if !before.is_empty() {
        session.note(Fact::Answered, arrived, &mut happened);
    }
    for piece in after.chunks(PIECE) {
        session.hear_samples(piece, arrived, &mut happened);
    }
    app.metrics.stage(Stage::Detect, arrived.elapsed());
    let mut record = session.finish();
    record.warnings.append(&mut warnings);
    Ok(record)
}

/// The samples of a recording, at 8 kHz, and what was odd about it.
fn decode(app: &App, upload: &Upload) -> Result<(Vec<i16>, Vec<String>), ApiError> {
    let limits = &app.config.limits;
    let rate = match upload.sample_rate {
        None => SampleRate::TELEPHONE,
        Some(hz) => SampleRate::new(hz).map_err(|_| ApiError::field("sample_rate", hz, "8000 to 48000 Hz"))?,
    };
    let raw = upload.encoding.map(|encoding| RawFormat { encoding, rate });
    let mut options =
        DecodeOptions { channel: upload.channel, raw, max_duration: Some(limits.longest), ..DecodeOptions::default() };
    let open = |options: &DecodeOptions| Decoder::open(Cursor::new(upload.audio.clone()), options);
    let mut opened = open(&options);
    if matches!(opened, Err(MediaError::UnknownFormat { .. })) && upload.sample_rate.is_some() {
        // Who states a rate and no encoding means the specification's raw PCM.
        options.raw = Some(RawFormat { encoding: RawEncoding::S16Le, rate });
        opened = open(&options);
    }
    let mut decoder = opened.map_err(|error| unreadable(app, &error))?;
    let stated = upload.sample_rate.unwrap_or_else(|| decoder.info().rate);
    if decoder.info().container == Container::Raw && upload.encoding.is_none() && decoder.info().rate != stated {
        // Without a header the rate is guessed; what the caller says counts for more.
        options.raw = RawEncoding::of(decoder.info().codec).map(|encoding| RawFormat { encoding, rate });
        decoder = open(&options).map_err(|error| unreadable(app, &error))?;
    }
    let found = decoder.info().rate;
    if !limits.sample_rates.contains(&found) {
        let allowed = limits.sample_rates.show();
        return Err(ApiError::new(
            Code::SampleRate,
            format!("the audio has {found} Hz, limits.sample_rates allows {allowed}"),
        ));
    }
    let mut warnings = Vec::new();
    if found != stated && decoder.info().container != Container::Raw {
        warnings.push(format!("sample_rate says {stated} Hz, the file has {found} Hz, which counts"));
    }
    let mut samples = Vec::new();
    while let Some(piece) = decoder.next_piece().map_err(|error| unreadable(app, &error))? {
        samples.extend_from_slice(piece);
    }
    warnings.extend(decoder.warnings().iter().map(ToString::to_string));
    Ok((samples, warnings))
}

fn unreadable(app: &App, error: &MediaError) -> ApiError {
    match error {
        MediaError::TooLong { .. } => {
            let longest = app.config.limits.longest.show();
            ApiError::new(Code::TooLong, format!("the audio is longer than limits.longest, {longest}"))
        }
        MediaError::Rate(_) => ApiError::new(Code::SampleRate, error.to_string()),
        MediaError::NoSuchChannel { .. } => ApiError::new(Code::BadField, error.to_string()).about("channel"),
        error => ApiError::new(Code::BadAudio, chain(error)),
    }
}

fn too_long(given: Duration, longest: Duration) -> ApiError {
    let detail =
        format!("the audio lasts {:.2} s, allowed is limits.longest, {}, or less", given.as_secs_f64(), longest.show());
    ApiError::new(Code::TooLong, detail)
}
