//! Pages of other origins that may use the API (Fetch standard, CORS).

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// Lets pages of these origins call with a key of their own, and read the answers; `None` where there are none. A
/// session's cookie is of no use to them.
pub(super) fn layer(origins: &[String]) -> Option<CorsLayer> {
    let origins: Vec<HeaderValue> = origins.iter().filter_map(|origin| HeaderValue::try_from(origin).ok()).collect();
    if origins.is_empty() {
        return None;
    }
    let name = HeaderName::from_static;
    let layer = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::RANGE,
            name("x-api-key"),
            name("x-request-id"),
            name("last-event-id"),
        ])
        .expose_headers([
            header::RETRY_AFTER,
            header::CONTENT_RANGE,
            header::ACCEPT_RANGES,
            name("x-request-id"),
            name("ratelimit"),
            name("ratelimit-policy"),
        ])
        .max_age(Duration::from_secs(600));
    Some(layer)
}
