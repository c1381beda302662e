//! Live streams over WebSocket.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::HeaderMap;
use axum::response::Response;
use offhook_telephony::stream::{Message, Start, decode};
use serde_json::{Map, Value};

use super::{Path, Query};
use crate::app::App;
use crate::auth::{Caller, Identity};
use crate::error::{ApiError, Code};
use crate::stream::{self, Manner};
use crate::telemetry::TraceParent;

/// What is read at a time. A packet has some hundred bytes, and every connection has a buffer of this size.
const READ: usize = 2 << 10;
/// The subprotocol of FreeSWITCH's mod_audio_fork.
const AUDIO_FORK: &str = "audio.drachtio.org";

/// Listen to calls as they go on.
///
/// A WebSocket. The client sends `start_detection`, then audio as `audio_chunk` (base64) or as binary frames, then
/// `stop_detection`; the service sends `status`, `detection_result` the moment there is one, and `error`. The guide tells
/// the protocol in full.
#[utoipa::path(get, path = "/v1/stream", tag = "detection", responses(
    (status = 101, description = "The connection is a WebSocket from now on."),
    (status = 426, description = "The request is no upgrade to WebSocket.", body = crate::error::Problem,
        content_type = "application/problem+json")))]
pub(crate) async fn stream(
    State(app): State<Arc<App>>,
    Caller(identity): Caller,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    accept(app, identity, upgrade, Manner::Protocol, TraceParent::of(&headers))
}

/// Take the audio of one call from a switch, named in the path: `/audio_stream/{call_id}`.
#[utoipa::path(get, path = "/audio_stream/{call_id}", tag = "detection",
    params(("call_id" = String, Path, description = "The switch's name for the call."),
        ("encoding" = Option<String>, Query, description = "`linear16`, `mulaw` or `alaw`."),
        ("sample_rate" = Option<u32>, Query, description = "In Hz; 8000 by default."),
        ("channels" = Option<u8>, Query, description = "1 or 2."),
        ("channel" = Option<String>, Query, description = "`left`, `right` or `mix`."),
        ("answered" = Option<bool>, Query, description = "`false`: what comes first is early media."),
        ("events" = Option<String>, Query, description = "`results` or `all`.")),
    responses((status = 101, description = "Binary frames are the call's audio."),
        (status = 426, description = "The request is no upgrade to WebSocket.", body = crate::error::Problem,
            content_type = "application/problem+json")))]
pub(crate) async fn audio_stream(
    State(app): State<Arc<App>>,
    Caller(identity): Caller,
    headers: HeaderMap,
    Path(call_id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    accept(app, identity, upgrade, Manner::Tap(Box::new(tapped(call_id, query)?)), TraceParent::of(&headers))
}

/// Take the audio of one call from a switch, named in the path: `/stream/{call_id}`.
#[utoipa::path(get, path = "/stream/{call_id}", tag = "detection",
    params(("call_id" = String, Path, description = "The switch's name for the call."),
        ("encoding" = Option<String>, Query, description = "`linear16`, `mulaw` or `alaw`."),
        ("sample_rate" = Option<u32>, Query, description = "In Hz; 8000 by default.")),
    responses((status = 101, description = "Binary frames are the call's audio."),
        (status = 426, description = "The request is no upgrade to WebSocket.", body = crate::error::Problem,
            content_type = "application/problem+json")))]
pub(crate) async fn tap(
    state: State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    path: Path<String>,
    query: Query<HashMap<String, String>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    audio_stream(state, caller, headers, path, query, upgrade).await
}

/// The start that a tap's address stands for.
fn tapped(call_id: String, query: HashMap<String, String>) -> Result<Start, ApiError> {
    let mut fields: Map<String, Value> = query.into_iter().map(|(name, value)| (name, value.into())).collect();
    fields.insert("type".into(), "start_detection".into());
    fields.insert("call_id".into(), call_id.into());
    match decode(&Value::Object(fields).to_string()) {
        Ok(Message::Start(start)) => Ok(*start),
        Ok(_) => Err(ApiError::new(Code::BadRequest, "the query does not describe a stream")),
        Err(error) => Err(ApiError::from(&error)),
    }
}

fn accept(
    app: Arc<App>,
    identity: Identity,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    manner: Manner,
    parent: Option<TraceParent>,
) -> Result<Response, ApiError> {
    let upgrade = upgrade.map_err(|rejection| ApiError::new(Code::NotWebSocket, rejection.body_text()))?;
    stream::admits(&app).map_err(|refusal| refusal.retry_after(5))?;
    let message = usize::try_from(app.config.stream.message.as_u64()).unwrap_or(usize::MAX);
    let tasks = app.tasks.clone();
    Ok(upgrade
        .protocols([AUDIO_FORK])
        .read_buffer_size(READ)
        .write_buffer_size(0)
        .max_message_size(message)
        .max_frame_size(message)
        .on_upgrade(move |socket| tasks.track_future(stream::serve(app, identity, socket, manner, parent))))
}
