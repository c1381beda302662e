//! Recordings sent whole: who, or what, picked up?

use std::sync::Arc;

use axum::body::Body;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest as _, Multipart, Request, State};
use axum::http::{StatusCode, header};
use bytes::Bytes;
use futures_util::future::join_all;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Json, Query};
use crate::app::App;
use crate::auth::Caller;
use crate::config::Setting;
use crate::error::{ApiError, Code, Problem};
use crate::telemetry::TraceParent;
use crate::upload::{self, Detection, Upload};

/// Room for the other fields of a form beside its files.
const FORM: u64 = 64 << 10;

/// What may be said of a recording beside its audio.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct About {
    /// The caller's name for the call; one is made where none is given.
    #[param(max_length = 128)]
    call_id: Option<String>,
    /// Sample rate in Hz. Needed where the audio has no header; a header counts for more.
    #[param(minimum = 8000, maximum = 48000, example = 8000)]
    sample_rate: Option<u32>,
    /// The length of the audio in seconds, if it is known.
    #[param(minimum = 0)]
    duration: Option<f64>,
    /// How samples are written where there is no header: `s16le`, `s16be`, `ulaw` or `alaw`.
    #[param(example = "ulaw")]
    encoding: Option<String>,
    /// Which channel of stereo is listened to: `left`, `right` or `mix`.
    channel: Option<String>,
    /// When the call was answered, in milliseconds of the recording. What comes before is early media.
    answered_at_ms: Option<u32>,
    /// The campaign the call belongs to.
    #[param(max_length = 128)]
    campaign: Option<String>,
    /// Who calls.
    #[param(max_length = 128)]
    caller: Option<String>,
    /// Who is called.
    #[param(max_length = 128)]
    destination: Option<String>,
}

/// A recording as a form sends it.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "the shape of the form, for the document alone")]
pub(crate) struct DetectForm {
    /// The recording: WAV, AU, MP3, Ogg or WebM Opus, or samples without a header.
    #[schema(format = Binary, content_media_type = "application/octet-stream")]
    audio_file: String,
    /// The caller's name for the call.
    call_id: Option<String>,
    /// Sample rate in Hz, where there is no header.
    sample_rate: Option<u32>,
    /// The length of the audio in seconds.
    duration: Option<f64>,
    /// How samples are written where there is no header: `s16le`, `s16be`, `ulaw` or `alaw`.
    encoding: Option<String>,
    /// Which channel of stereo is listened to: `left`, `right` or `mix`.
    channel: Option<String>,
    /// When the call was answered, in milliseconds of the recording.
    answered_at_ms: Option<u32>,
    /// The campaign the call belongs to.
    campaign: Option<String>,
    /// Who calls.
    caller: Option<String>,
    /// Who is called.
    destination: Option<String>,
}

/// Several recordings as a form sends them.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "the shape of the form, for the document alone")]
pub(crate) struct BatchForm {
    /// The recordings, each a field of this name.
    #[schema(value_type = Vec<String>, format = Binary)]
    audio_file: Vec<String>,
    /// The callers' names for the calls, in the order of the recordings.
    call_id: Option<Vec<String>>,
    /// The campaign they belong to.
    campaign: Option<String>,
}

/// What several recordings came to, in the order in which they were sent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Batch {
    results: Vec<BatchItem>,
}

/// What one of several recordings came to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BatchItem {
    /// The name of the file, as it was sent.
    file: String,
    /// What it came to.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Detection>,
    /// Why it could not be judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Problem>,
}

/// Judge one recording.
///
/// Decodes a recording, listens to it as to a live call, and keeps it as a call. The audio comes as a form, or as the body
/// itself with its `Content-Type`; then all else is in the query. What is allowed in length, size and sample rate is the
/// service's configuration (`limits.*`), by default 1 to 30 seconds and 50 MB.
#[utoipa::path(post, path = "/v1/detect", tag = "detection", params(About),
    request_body(content(
        (DetectForm = "multipart/form-data"),
        (Vec<u8> = "audio/wav"), (Vec<u8> = "audio/mpeg"), (Vec<u8> = "audio/ogg"), (Vec<u8> = "audio/webm"),
        (Vec<u8> = "audio/basic"), (Vec<u8> = "application/octet-stream")),
        description = "The recording."),
    responses((status = 200, description = "Who, or what, picked up, and why.", body = Detection),
        (status = 422, description = "The audio cannot be decoded, or is shorter, longer or of another sample rate than is allowed.",
            body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn detect(
    State(app): State<Arc<App>>,
    Caller(identity): Caller,
    Query(about): Query<About>,
    request: Request,
) -> Result<Json<Detection>, ApiError> {
    let most = app.config.limits.file.as_u64();
    let kind = content_type(&request);
    let parent = TraceParent::of(request.headers());
    let mut upload = if kind.starts_with("multipart/form-data") {
        let mut form = multipart(request, most.saturating_add(FORM)).await?;
        let mut upload = upload_of(about)?;
        let mut sent = false;
        while let Some(field) = form.next_field().await.map_err(|error| broken(&error, most))? {
            let name = field.name().unwrap_or_default().to_owned();
            if name == "audio_file" {
                if std::mem::replace(&mut sent, true) {
                    return Err(ApiError::new(
                        Code::TooMany,
                        "audio_file: one is allowed; send several to /v1/detect/batch",
                    ));
                }
                upload.audio = read(field, most).await?;
            } else {
                let text = field.text().await.map_err(|error| broken(&error, most))?;
                upload.set(&name, &text)?;
            }
        }
        if !sent {
            return Err(ApiError::field("audio_file", "nothing", "the recording"));
        }
        upload
    } else {
        let mut upload = upload_of(about)?;
        upload.take_type(&kind)?;
        let body = Limited::new(request.into_body(), usize::try_from(most).unwrap_or(usize::MAX));
        upload.audio = body.collect().await.map_err(|error| unreadable(error.as_ref(), most))?.to_bytes();
        upload
    };
    if upload.audio.is_empty() {
        return Err(ApiError::new(Code::BadAudio, "the recording is empty"));
    }
    upload.parent = parent;
    upload::judge(&app, &identity, upload).await.map(Json)
}

/// Judge several recordings.
///
/// As `/v1/detect` for each; one that cannot be judged does not keep the others from it. At most `limits.batch` recordings,
/// by default 32.
#[utoipa::path(post, path = "/v1/detect/batch", tag = "detection",
    request_body(content = BatchForm, content_type = "multipart/form-data"),
    responses((status = 200, description = "One result a recording, in their order.", body = Batch)))]
pub(crate) async fn detect_batch(
    State(app): State<Arc<App>>,
    Caller(identity): Caller,
    request: Request,
) -> Result<Json<Batch>, ApiError> {
    let limits = &app.config.limits;
    let (most, each) = (limits.batch_size.as_u64(), limits.file.as_u64());
    let kind = content_type(&request);
    if !kind.starts_with("multipart/form-data") {
        return Err(ApiError::new(
            Code::MediaType,
            format!("content-type: given {kind:?}, allowed is multipart/form-data"),
        ));
    }
    let parent = TraceParent::of(request.headers());
    let mut form = multipart(request, most.saturating_add(FORM)).await?;
    let (mut files, mut names) = (Vec::new(), Vec::new());
    let mut shared = Upload { parent, ..Upload::default() };
    while let Some(field) = form.next_field().await.map_err(|error| broken(&error, most))? {
        match field.name().unwrap_or_default().to_owned().as_str() {
            "audio_file" => {
                if files.len() >= limits.batch as usize {
                    return Err(ApiError::new(
                        Code::TooMany,
                        format!("audio_file: limits.batch allows {}", limits.batch),
                    ));
                }
                let file = field.file_name().unwrap_or_default().to_owned();
                files.push((file, read(field, each).await?));
            }
            "call_id" => names.push(field.text().await.map_err(|error| broken(&error, most))?),
            name => {
                let name = name.to_owned();
                let text = field.text().await.map_err(|error| broken(&error, most))?;
                shared.set(&name, &text)?;
            }
        }
    }
    if files.is_empty() {
        return Err(ApiError::field("audio_file", "nothing", "one or more recordings"));
    }
    let judged = files.into_iter().enumerate().map(|(at, (file, audio))| {
        let mut upload = Upload { audio, ..shared.clone() };
        let (app, identity, name) = (&app, &identity, names.get(at));
        async move {
            let named = name.map_or(Ok(()), |name| upload.set("call_id", name));
            let judged = match named {
                Ok(()) if upload.audio.is_empty() => Err(ApiError::new(Code::BadAudio, "the recording is empty")),
                Ok(()) => upload::judge(app, identity, upload).await,
                Err(error) => Err(error),
            };
            match judged {
                Ok(result) => BatchItem { file, result: Some(result), error: None },
                Err(error) => BatchItem { file, result: None, error: Some(Problem::from(&error)) },
            }
        }
    });
    Ok(Json(Batch { results: join_all(judged).await }))
}

fn content_type(request: &Request) -> String {
    let value = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_ascii_lowercase()
}

async fn multipart(request: Request, most: u64) -> Result<Multipart, ApiError> {
    let limit = usize::try_from(most).unwrap_or(usize::MAX);
    let mut request = request.map(|body| Body::new(Limited::new(body, limit)));
    // The framework's own limit of 2 MiB would come before ours.
    DefaultBodyLimit::disable().apply(&mut request);
    Multipart::from_request(request, &()).await.map_err(|error| ApiError::new(Code::BadRequest, error.body_text()))
}

async fn read(field: Field<'_>, most: u64) -> Result<Bytes, ApiError> {
    let bytes = field.bytes().await.map_err(|error| broken(&error, most))?;
    if bytes.len() as u64 > most { Err(too_large(most)) } else { Ok(bytes) }
}

fn broken(error: &MultipartError, most: u64) -> ApiError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        too_large(most)
    } else {
        ApiError::new(Code::BadRequest, format!("the form cannot be read: {}", error.body_text()))
    }
}

fn unreadable(error: &(dyn std::error::Error + 'static), most: u64) -> ApiError {
    if error.is::<LengthLimitError>() {
        too_large(most)
    } else {
        ApiError::new(Code::BadRequest, format!("the body cannot be read: {error}"))
    }
}

fn too_large(most: u64) -> ApiError {
    let most = bytesize::ByteSize::b(most).show();
    ApiError::new(Code::TooLarge, format!("the body is larger than limits.file or limits.batch_size allows, {most}"))
}

fn upload_of(about: About) -> Result<Upload, ApiError> {
    let mut upload = Upload::default();
    let About { call_id, sample_rate, duration, encoding, channel, answered_at_ms, campaign, caller, destination } =
        about;
    let numbers = [
        ("sample_rate", sample_rate.map(|hz| hz.to_string())),
        ("duration", duration.map(|seconds| seconds.to_string())),
        ("answered_at_ms", answered_at_ms.map(|ms| ms.to_string())),
    ];
    let texts = [
        ("call_id", call_id),
        ("encoding", encoding),
        ("channel", channel),
        ("campaign", campaign),
        ("caller", caller),
        ("destination", destination),
    ];
    for (name, text) in numbers.into_iter().chain(texts) {
        if let Some(text) = text {
            upload.set(name, &text)?;
        }
    }
    Ok(upload)
}
