//! What stands around every route: who may call from a browser, how long a request may take, what a browser may do with
//! the answer, and how many may be connected.

pub mod connections;
mod cors;
mod headers;
pub(crate) mod origin;
mod problems;
mod request;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::App;
use crate::config::{HttpConfig, ServerConfig};

/// What the layers need to know of the settings.
#[derive(Clone, Debug)]
struct Rules {
    origins: Arc<[String]>,
    /// Whether the service does TLS itself.
    tls: bool,
    request_time: std::time::Duration,
}

impl Rules {
    fn of(config: &ServerConfig) -> Self {
        let HttpConfig { origins, request_time, .. } = &config.http;
        let origins = origins.iter().map(|origin| origin.trim_end_matches('/').to_ascii_lowercase()).collect();
        Self { origins, tls: config.tls.certificate.is_some(), request_time: *request_time }
    }
}

/// Puts everything that protects around a router: to be called once, when all routes are there. From the outside in: a
/// name for the request, security fields, panics, problem documents, CORS, origins, the time limit, rate limit fields.
pub fn protect(router: Router, app: &App) -> Router {
    surround(router, &app.config)
}

/// As [`protect`], from the settings alone.
pub fn surround(router: Router, config: &ServerConfig) -> Router {
    let rules = Rules::of(config);
    let router = router
        .layer(from_fn(request::allowance))
        .layer(from_fn_with_state(rules.clone(), request::limit_time))
        .layer(from_fn_with_state(rules.clone(), origin::check));
    let router = match cors::layer(&rules.origins) {
        Some(cors) => router.layer(cors),
        None => router,
    };
    router
        .layer(from_fn(problems::explain))
        .layer(CatchPanicLayer::custom(request::panicked))
        .layer(from_fn_with_state(rules, headers::secure))
        .layer(from_fn(request::name))
}
