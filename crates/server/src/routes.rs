//! Addresses and what answers there.
//!
//! One list of routes makes both the router and the OpenAPI document. A handler's own annotation tells what is its own:
//! parameters, body and success. Who may call it, and the problem documents that any request can come to, are added to
//! each operation by [`document`].

#![allow(unused_qualifications, reason = "what utoipa makes of `params(…)` carries the place of the type it names")]

mod audio;
mod audit;
mod calls;
mod demo;
mod detect;
mod docs;
mod document;
mod events;
mod extract;
mod feedback;
mod health;
mod identity;
mod keys;
mod kind;
mod media;
mod metrics;
mod review;
mod settings;
mod stream;
mod switches;
mod text;
mod ui;
mod webhooks;

use std::sync::Arc;

use axum::Router;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::auth::Scope;

pub(crate) use extract::{Json, Path, Query};

/// Every route that the OpenAPI document tells of, by who may call it.
fn routes() -> OpenApiRouter<Arc<App>> {
    let anyone = OpenApiRouter::new()
        .routes(routes!(health::health))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(document::openapi_json));
    let known = OpenApiRouter::new().routes(routes!(identity::me)).routes(routes!(identity::begin, identity::end));
    let detect = OpenApiRouter::new()
        .routes(routes!(detect::detect))
        .routes(routes!(detect::detect_batch))
        .routes(routes!(stream::stream))
        .routes(routes!(stream::audio_stream))
        .routes(routes!(stream::tap))
        .routes(routes!(media::media))
        .routes(routes!(demo::demo))
        .routes(routes!(calls::list))
        .routes(routes!(calls::live))
        .routes(routes!(calls::one))
        .routes(routes!(audio::audio))
        .routes(routes!(feedback::give))
        .routes(routes!(review::queue))
        .routes(routes!(review::stats))
        .routes(routes!(events::events));
    let admin = OpenApiRouter::new()
        .routes(routes!(audit::audit))
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::revoke))
        .routes(routes!(keys::rotate))
        .routes(routes!(settings::settings))
        .routes(routes!(webhooks::list, webhooks::create))
        .routes(routes!(webhooks::delete))
        .routes(routes!(webhooks::deliveries))
        .routes(routes!(webhooks::redeliver));
    let monitor = OpenApiRouter::new().routes(routes!(metrics::metrics)).routes(routes!(switches::list));
    let control = OpenApiRouter::new().routes(routes!(switches::place)).routes(routes!(switches::act));
    OpenApiRouter::with_openapi(document::base())
        .merge(anyone)
        .merge(document::needing(None, known))
        .merge(document::needing(Some(Scope::Detect), detect))
        .merge(document::needing(Some(Scope::Admin), admin))
        .merge(document::needing(Some(Scope::Monitor), monitor))
        .merge(document::needing(Some(Scope::Control), control))
}

/// Everything the service answers at. Layers are put around it by the caller.
pub fn router(app: Arc<App>) -> Router {
    let (router, _) = routes().split_for_parts();
    let dashboard = if app.config.dashboard.enabled { ui::router() } else { Router::new() };
    router.merge(docs::router()).merge(dashboard).with_state(app)
}

/// The OpenAPI 3.1 document, as JSON.
pub fn openapi() -> String {
    document::text(routes().into_openapi())
}
