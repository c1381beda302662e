//! The figures, for Prometheus.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use crate::app::App;
use crate::auth::Monitor;
use crate::metrics::Metrics;

/// The figures.
///
/// In the text format of Prometheus, version 0.0.4.
#[utoipa::path(get, path = "/metrics", tag = "health", responses(
    (status = 200, description = "The figures.", body = String, content_type = "text/plain")))]
pub(crate) async fn metrics(State(app): State<Arc<App>>, _: Monitor) -> impl IntoResponse {
    let store = app.store.health();
    app.metrics.store_queue(store.waiting, store.lag);
    ([(header::CONTENT_TYPE, Metrics::CONTENT_TYPE)], app.metrics.text())
}
