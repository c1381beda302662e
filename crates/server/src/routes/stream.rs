//! Live streams over WebSocket.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;

use super::{Path, Query};
use crate::app::App;
use crate::auth::{Caller, Identity, KeyText, Scope};
use crate::error::{ApiError, Code};
use crate::stream::{self, AUDIO_FORK, Manner, Tap};
use crate::switch;
use crate::telemetry::TraceParent;

/// What is read at a time. A packet has some hundred bytes, and every connection has a buffer of this size.
const READ: usize = 2 << 10;
/// How much sooner audio may come than the news of its call.
const EARLY: Duration = Duration::from_millis(300);

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
        ("mix" = Option<String>, Query, description = "As FreeSWITCH names it: `mono`, `mixed` or `stereo`."),
        ("channels" = Option<u8>, Query, description = "1 or 2."),
        ("channel" = Option<String>, Query, description = "`left`, `right` or `mix`."),
        ("answered" = Option<bool>, Query, description = "`false`: what comes first is early media."),
        ("events" = Option<String>, Query, description = "`results` or `all`."),
        ("variables" = Option<String>, Query,
            description = "Vocabularies, by commas: results carry `variables` in their words."),
        ("token" = Option<String>, Query,
            description = "The word that a watched switch was told, or an API key where no header can be sent.")),
    responses((status = 101, description = "Binary frames are the call's audio."),
        (status = 426, description = "The request is no upgrade to WebSocket.", body = crate::error::Problem,
            content_type = "application/problem+json")))]
pub(crate) async fn audio_stream(
    State(app): State<Arc<App>>,
    Tapper(identity): Tapper,
    headers: HeaderMap,
    Path(call_id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    accept(app, identity, upgrade, Manner::Tap(Box::new(Tap::read(call_id, query)?)), TraceParent::of(&headers))
}

/// Take the audio of one call from a switch, named in the path: `/stream/{call_id}`.
#[utoipa::path(get, path = "/stream/{call_id}", tag = "detection",
    params(("call_id" = String, Path, description = "The switch's name for the call."),
        ("encoding" = Option<String>, Query, description = "`linear16`, `mulaw` or `alaw`."),
        ("sample_rate" = Option<u32>, Query, description = "In Hz; 8000 by default."),
        ("mix" = Option<String>, Query, description = "As FreeSWITCH names it: `mono`, `mixed` or `stereo`."),
        ("variables" = Option<String>, Query,
            description = "Vocabularies, by commas: results carry `variables` in their words."),
        ("token" = Option<String>, Query,
            description = "The word that a watched switch was told, or an API key where no header can be sent.")),
    responses((status = 101, description = "Binary frames are the call's audio."),
        (status = 426, description = "The request is no upgrade to WebSocket.", body = crate::error::Problem,
            content_type = "application/problem+json")))]
pub(crate) async fn tap(
    state: State<Arc<App>>,
    tapper: Tapper,
    headers: HeaderMap,
    path: Path<String>,
    query: Query<HashMap<String, String>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    audio_stream(state, tapper, headers, path, query, upgrade).await
}

/// Who may send the audio of a call: the switch, which shows the word that it was told for it, or whoever may send audio.
/// Modules of switches can send no headers: an API key may be the word too.
#[derive(Clone, Debug)]
pub(crate) struct Tapper(Identity);

impl FromRequestParts<Arc<App>> for Tapper {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Path(call_id) = Path::<String>::from_request_parts(parts, app).await?;
        let Query(mut query) = Query::<HashMap<String, String>>::from_request_parts(parts, app).await?;
        if let Some(word) = query.remove("token") {
            if let Some(call) = app.switches.links.admits(&call_id, &word) {
                let id = switch::identity(&call);
                return Ok(Self(Identity { name: id.clone(), id, scopes: vec![Scope::Detect] }));
            }
            if KeyText::is_meant(&word)
                && let Ok(key) = HeaderValue::from_str(&word)
            {
                parts.headers.insert("x-api-key", key);
            }
        }
        let Caller(identity) = Caller::from_request_parts(parts, app).await?;
        // What a dialplan begins, it may begin before its switch told us of the call.
        if app.switches.config.is_some() && !query.contains_key("variables") {
            app.switches.links.expected(&call_id, EARLY).await;
        }
        Ok(Self(identity))
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
