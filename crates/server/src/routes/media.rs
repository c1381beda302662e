//! The WebSocket of Asterisk's `chan_websocket`.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::response::Response;
use offhook_telephony::chan_websocket::LARGEST;

use super::Path;
use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::stream;
use crate::switch::asterisk::media_socket;

/// What is read at a time.
const READ: usize = 2 << 10;

/// Take the audio of one call from Asterisk's `chan_websocket`: `/media/{connection_id}`.
///
/// A call that is watched is known by the name of its channel, which only its Asterisk was told. Others are heard where
/// who connects shows an identity.
#[utoipa::path(get, path = "/media/{connection_id}", tag = "detection",
    params(("connection_id" = String, Path, description = "The name of the connection in `websocket_client.conf`.")),
    responses((status = 101, description = "The subprotocol is `media`: binary frames are the call's audio."),
        (status = 426, description = "The request is no upgrade to WebSocket.", body = crate::error::Problem,
            content_type = "application/problem+json")))]
pub(crate) async fn media(
    State(app): State<Arc<App>>,
    Path(connection_id): Path<String>,
    caller: Result<Caller, ApiError>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    // Without an identity only a call that is expected is heard: where none is, nobody is let in.
    let known = match caller {
        Ok(_) => true,
        Err(refusal) if app.switches.links.count() == 0 => return Err(refusal),
        Err(_) => false,
    };
    let upgrade = upgrade.map_err(|rejection| ApiError::new(Code::NotWebSocket, rejection.body_text()))?;
    stream::admits(&app).map_err(|refusal| refusal.retry_after(5))?;
    let tasks = app.tasks.clone();
    Ok(upgrade
        .protocols([media_socket::PROTOCOL])
        .read_buffer_size(READ)
        .write_buffer_size(0)
        .max_message_size(LARGEST)
        .max_frame_size(LARGEST)
        .on_upgrade(move |socket| tasks.track_future(media_socket::serve(app, socket, connection_id, known))))
}
