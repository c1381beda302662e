//! Whether the service is well.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::Json;
use crate::app::App;

/// How the service is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
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

fn health_of(app: &App) -> Health {
    let mut status = Status::Healthy;
    let mut reasons = Vec::new();
    if app.stopping.is_cancelled() {
        status = Status::Unhealthy;
        reasons.push("the service is stopping".to_owned());
    }
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
    (status = 503, description = "They should not: the service is stopping, or its storage does not answer.", body = Health)))]
pub(super) async fn ready(State(app): State<Arc<App>>) -> (StatusCode, Json<Health>) {
    let ready = !app.stopping.is_cancelled();
    (if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(health_of(&app)))
}
