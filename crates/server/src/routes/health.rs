//! Whether the service is well.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::Json;
use crate::app::App;

/// How the service is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    /// All is well.
    Healthy,
    /// It answers, but something needs a person to look.
    Degraded,
    /// It cannot do its work.
    Unhealthy,
}

/// How the service is doing, and why.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// The worst of the reasons.
    status: Status,
    /// What is not well, for people. Empty while all is well.
    reasons: Vec<String>,
    /// The version of the service.
    version: &'static str,
    /// Which model decides.
    model_version: String,
    /// Seconds since the start.
    uptime: u64,
    /// Calls that go on now.
    active_connections: usize,
}

/// How long records may wait for the database before the service counts as not able to work.
const GRACE: Duration = Duration::from_secs(60);
/// The part of the most streams, in percent, from which on the service says that it is nearly full.
const NEARLY_FULL: u64 = 90;

/// Everything that is not well.
fn reasons_of(app: &App) -> Vec<(Status, String)> {
    let mut reasons = Vec::new();
    if app.stopping.is_cancelled() {
        reasons.push((Status::Unhealthy, "the service is stopping".to_owned()));
    }
    let store = app.store.health();
    if store.failing.is_some() {
        let (waiting, lag) = (store.waiting, store.lag.as_secs());
        let status = if store.lag > GRACE { Status::Unhealthy } else { Status::Degraded };
        reasons.push((status, format!("the database fails: {waiting} records wait, the oldest for {lag} s")));
    }
    if store.refused > 0 {
        let refused = store.refused;
        reasons
            .push((Status::Degraded, format!("the database refused {refused} records; they lie beside the journal")));
    }
    if app.vault.trouble().is_some() {
        reasons.push((Status::Degraded, "audio cannot be kept".to_owned()));
    }
    if app.sweeper.health().failing.is_some() {
        reasons.push((Status::Degraded, "what is too old could not be deleted".to_owned()));
    }
    if app.audit.trouble().is_some() {
        reasons.push((Status::Degraded, "the audit log waits for the database".to_owned()));
    }
    if app.webhooks.is_failing() {
        reasons.push((Status::Degraded, "deliveries to webhooks cannot be written down".to_owned()));
    }
    for state in app.switches.states.all().into_iter().filter(|state| state.connected_since.is_none()) {
        let why = state.last_error.map(|error| format!(": {error}")).unwrap_or_default();
        reasons.push((Status::Degraded, format!("the switch {} is not connected{why}", state.name)));
    }
    let (count, most) = (app.live.count() as u64, u64::from(app.config.stream.most));
    if count * 100 >= most * NEARLY_FULL {
        reasons.push((Status::Degraded, format!("{count} calls go on, at most {most} may")));
    }
    reasons
}

fn health_of(app: &App) -> Health {
    let reasons = reasons_of(app);
    let status = reasons.iter().map(|(status, _)| *status).max().unwrap_or(Status::Healthy);
    let reasons = reasons.into_iter().map(|(_, reason)| reason).collect();
    Health {
        status,
        reasons,
        version: env!("CARGO_PKG_VERSION"),
        model_version: app.model_version.clone(),
        uptime: app.started.elapsed().as_secs(),
        active_connections: app.live.count(),
    }
}

/// How the service is doing, with reasons.
#[utoipa::path(get, path = "/health", tag = "health", responses(
    (status = 200, description = "`healthy`, or `degraded`: it works, but somebody should look.", body = Health),
    (status = 503, description = "`unhealthy`: it cannot do its work.", body = Health)))]
pub(super) async fn health(State(app): State<Arc<App>>) -> (StatusCode, Json<Health>) {
    let health = health_of(&app);
    let code = if health.status == Status::Unhealthy { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    (code, Json(health))
}

/// Whether the process answers at all.
#[utoipa::path(get, path = "/health/live", tag = "health",
    responses((status = 200, description = "It does.", body = Health)))]
pub(super) async fn live(State(app): State<Arc<App>>) -> Json<Health> {
    Json(health_of(&app))
}

/// Whether new calls should be sent here.
#[utoipa::path(get, path = "/health/ready", tag = "health", responses(
    (status = 200, description = "They should.", body = Health),
    (status = 503, description = "They should not: the service is stopping or full, or its storage has not answered for a minute.", body = Health)))]
pub(super) async fn ready(State(app): State<Arc<App>>) -> (StatusCode, Json<Health>) {
    let health = health_of(&app);
    let full = health.active_connections >= app.config.stream.most as usize;
    let ready = health.status != Status::Unhealthy && !full;
    (if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(health))
}
