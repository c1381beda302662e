//! The page that shows the OpenAPI document to people.

use std::sync::Arc;

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::app::App;

/// The page and its parts.
pub(super) fn router() -> Router<Arc<App>> {
    let part = |kind: &'static str, text: &'static str| {
        get(move || async move { ([(header::CONTENT_TYPE, kind)], text).into_response() })
    };
    Router::new()
        .route("/docs", part("text/html; charset=utf-8", include_str!("docs/page.html")))
        .route("/docs/page.css", part("text/css; charset=utf-8", include_str!("docs/page.css")))
        .route("/docs/schema.js", part("text/javascript; charset=utf-8", include_str!("docs/schema.js")))
        .route("/docs/try.js", part("text/javascript; charset=utf-8", include_str!("docs/try.js")))
        .route("/docs/page.js", part("text/javascript; charset=utf-8", include_str!("docs/page.js")))
}
