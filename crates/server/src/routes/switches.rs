//! Switches: how they are, what is done with the calls on them, and calls that are placed through them.

mod placing;

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::json;
use tokio::sync::oneshot;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Json, Path};
use crate::app::App;
use crate::auth::{Controller, Monitor};
use crate::error::{ApiError, Code, Problem};
use crate::switch::{Action, LegNews, SwitchState, originate, outside};
use placing::{NewCall, PlacedCall};

/// The switches, and the calls on them that this node watches.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SwitchList {
    /// By name.
    switches: Vec<SwitchState>,
    /// How many calls are watched now.
    watched: usize,
    /// How many calls were placed and are not over.
    placed: usize,
}

/// How the connections to the switches are.
#[utoipa::path(get, path = "/v1/switches", tag = "switches",
    responses((status = 200, description = "The switches of the file of switches.", body = SwitchList)))]
pub(super) async fn list(_: Monitor, State(app): State<Arc<App>>) -> Json<SwitchList> {
    let switches = &app.switches;
    Json(SwitchList {
        switches: switches.states.all(),
        watched: switches.watches.count(),
        placed: switches.placements.count(),
    })
}

/// Do something with a watched call.
///
/// The actions are those of the file of switches, in the same form; `webhook` and `execute` are for the file alone. They
/// are done in order. What the switch said to each is told by the call's record.
#[utoipa::path(post, path = "/v1/calls/{id}/actions", tag = "switches", request_body = Vec<Action>,
    params(("id" = String, Path, description = "Our name for the call, or the switch's.")),
    responses(
        (status = 202, description = "They are being done."),
        (status = 409, description = "The call is over, or was given away.", body = Problem,
            content_type = "application/problem+json")))]
pub(super) async fn act(
    Controller(who): Controller,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Json(actions): Json<Vec<Action>>,
) -> Result<StatusCode, ApiError> {
    outside::actions(&actions).map_err(|error| ApiError::new(Code::BadField, error).about("actions"))?;
    let leg = leg_of(&app, &id);
    let words: Vec<&str> = actions.iter().map(Action::word).collect();
    let detail = json!({ "actions": words });
    let (answer, taken) = oneshot::channel();
    if !app.switches.watches.tell(&leg, LegNews::Asked(actions, answer)) {
        let known = !id.contains('\0') && app.store.call(&id, None).await?.is_some();
        return Err(if known {
            over()
        } else {
            ApiError::new(Code::UnknownCall, "id: no call of this name is watched")
        });
    }
    app.audit.note(&who, "call.actions", &leg, detail);
    if taken.await.unwrap_or(false) { Ok(StatusCode::ACCEPTED) } else { Err(over()) }
}

fn over() -> ApiError {
    ApiError::new(Code::Conflict, "the call is over, or was given away")
}

/// The switch's name for a call that may be named as its record is.
fn leg_of(app: &App, id: &str) -> String {
    let record = Uuid::parse_str(id).ok();
    let named = record.and_then(|id| app.switches.watches.of_record(id).or_else(|| app.switches.placements.leg_of(id)));
    named.unwrap_or_else(|| id.to_owned())
}

/// Place a call through a switch.
///
/// It is watched, and what `on` says is done with it. The answer comes at once; `GET /v1/calls/{id}` has the result once
/// the call is over, and `GET /v1/events` the news of it. A call that nobody answered becomes a record too: `handling`
/// has the cause. Where `on` says nothing for a moment, the call is ended there.
#[utoipa::path(post, path = "/v1/calls", tag = "switches", request_body = NewCall,
    responses((status = 201, description = "It is being placed.", body = PlacedCall)))]
pub(super) async fn place(
    Controller(who): Controller,
    State(app): State<Arc<App>>,
    Json(new): Json<NewCall>,
) -> Result<(StatusCode, Json<PlacedCall>), ApiError> {
    if app.stopping.is_cancelled() {
        return Err(ApiError::new(Code::Stopping, "no new calls are placed"));
    }
    let placed = new.read(&app, &who)?;
    let made = PlacedCall { id: placed.id, call_id: placed.call_id.clone() };
    let detail = json!({ "switch": placed.switch, "campaign": placed.rule.campaign });
    let most = app.config.switches.originate_most;
    originate::place(&app, placed, most).map_err(|error| match error {
        originate::PlaceError::NotConnected(_) => ApiError::new(Code::NotConnected, error.to_string()).retry_after(5),
        originate::PlaceError::Full(_) => ApiError::new(Code::Busy, error.to_string()).retry_after(5),
    })?;
    app.audit.note(&who, "call.placed", &made.id.to_string(), detail);
    Ok((StatusCode::CREATED, Json(made)))
}
