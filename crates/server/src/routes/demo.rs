//! The demonstration call.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Json;
use crate::app::App;
use crate::auth::Caller;
use crate::demo;
use crate::error::{ApiError, Code};

/// A demonstration call that began.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DemoCall {
    /// Our own name for the call.
    id: Uuid,
}

/// Play a demonstration call.
///
/// Plays one of a few real recordings as a live call, at its own pace. It can be watched as any call can.
#[utoipa::path(post, path = "/v1/demo", tag = "operation", responses(
    (status = 202, description = "It began.", body = DemoCall),
    (status = 404, description = "`dashboard.demo` is off.", body = crate::error::Problem,
        content_type = "application/problem+json")))]
pub(crate) async fn demo(
    State(app): State<Arc<App>>,
    Caller(identity): Caller,
) -> Result<(StatusCode, Json<DemoCall>), ApiError> {
    if !app.config.dashboard.demo {
        return Err(ApiError::new(Code::NotFound, "dashboard.demo is off"));
    }
    demo::play(&app, &identity.id).map(|id| (StatusCode::ACCEPTED, Json(DemoCall { id })))
}
