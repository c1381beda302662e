//! The OpenAPI document: what it says beside what each route says of itself.

use std::sync::{Arc, LazyLock};

use axum::http::header;
use axum::response::IntoResponse;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::tag::{Tag, TagBuilder};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, PathItem, Ref, RefOr,
    Response, ResponseBuilder,
};
use utoipa::{PartialSchema as _, ToSchema as _};
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;
use crate::auth::Scope;
use crate::error::{ApiError, Code, Problem};

const TAGS: [(&str, &str); 10] = [
    ("detection", "Who, or what, picked up: of recordings, and of calls as they go on."),
    ("calls", "Calls as they were kept: verdict, events, picture, audio."),
    ("review", "What a call really was, and how often the detector was wrong."),
    ("switches", "Switches, what is done with the calls on them, and calls that are placed through them."),
    ("events", "News of calls as they go on."),
    ("webhooks", "News of calls, sent to a receiver over HTTP: signed, and tried again until it was taken."),
    ("identity", "Who the caller is; API keys; the session of a browser."),
    ("audit", "Who did what."),
    ("operation", "How the service is set up and how it is doing."),
    ("health", "Whether the service is well: for load balancers and orchestrators."),
];

/// What the document begins with, before any route is added.
pub(super) fn base() -> OpenApi {
    let api_key =
        ApiKeyValue::with_description("X-API-Key", "An API key, as `POST /v1/keys` or `offhook keys create` gave it.");
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API key, or a JSON web token (RS256) of the issuer the service is set up for."))
        .build();
    let mut components = ComponentsBuilder::new()
        .security_scheme("api_key", SecurityScheme::ApiKey(ApiKey::Header(api_key)))
        .security_scheme("bearer", SecurityScheme::Http(bearer))
        .schema(Problem::name(), Problem::schema());
    for status in statuses() {
        components = components.response(response_name(status), problem_response(status));
    }
    let info = InfoBuilder::new()
        .title("Offhook")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(description()))
        .license(Some(LicenseBuilder::new().name("Apache-2.0 OR MIT").identifier(Some("Apache-2.0 OR MIT")).build()))
        .build();
    let tags: Vec<Tag> =
        TAGS.iter().map(|(name, text)| TagBuilder::new().name(*name).description(Some(*text)).build()).collect();
    OpenApiBuilder::new().info(info).components(Some(components.build())).tags(Some(tags)).build()
}

fn description() -> String {
    let mut text = String::from(include_str!("document.md"));
    for code in Code::ALL {
        text.push_str(&format!("| `{}` | {} | {} |\n", code.word(), code.status().as_u16(), code.title()));
    }
    text
}

/// Says of every operation of these routes that the caller must be known, and have the scope if one is named.
pub(super) fn needing(scope: Option<Scope>, mut routes: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    for item in routes.get_openapi_mut().paths.paths.values_mut() {
        for operation in operations(item) {
            let schemes = ["api_key", "bearer"].map(|scheme| SecurityRequirement::new(scheme, scope.map(Scope::word)));
            operation.security = Some(schemes.into());
        }
    }
    routes
}

/// The document as JSON, with the problem documents added that any request of each kind can come to.
pub(super) fn text(mut document: OpenApi) -> String {
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in named(item) {
            operation.operation_id = Some(operation_name(method, path));
            for status in possible(operation) {
                let problem = RefOr::Ref(Ref::from_response_name(response_name(status)));
                operation.responses.responses.entry(status.to_string()).or_insert(problem);
            }
        }
    }
    let mut text = document.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// The operations of an address, by method.
fn named(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    let all = [("get", get), ("put", put), ("post", post), ("delete", delete), ("patch", patch)];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// The operations of an address.
fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    named(item).map(|(_, operation)| operation)
}

/// A name for an operation that no other has: `get_calls_id_audio`.
fn operation_name(method: &str, path: &str) -> String {
    let words = path.split('/').filter(|word| !word.is_empty() && *word != "v1");
    let words: Vec<String> = words.map(|word| word.replace(['{', '}'], "").replace(['.', '-'], "_")).collect();
    format!("{method}_{}", words.join("_"))
}

/// The statuses of the problems that any operation of this kind can come to.
fn possible(operation: &Operation) -> Vec<u16> {
    let mut statuses = vec![408, 500, 503];
    if operation.security.is_some() {
        statuses.extend([401, 403, 429]);
    }
    let parameters = operation.parameters.as_deref().unwrap_or_default();
    if !parameters.is_empty() {
        statuses.push(400);
    }
    let in_path = |parameter: &RefOr<_>| {
        matches!(parameter, RefOr::T(utoipa::openapi::path::Parameter { parameter_in: ParameterIn::Path, .. }))
    };
    if parameters.iter().any(in_path) {
        statuses.push(404);
    }
    if operation.responses.responses.contains_key("206") {
        statuses.push(416);
    }
    if operation.request_body.is_some() {
        statuses.extend([400, 413, 415]);
    }
    statuses
}

/// Every status that a problem can have, once.
fn statuses() -> Vec<u16> {
    let mut statuses: Vec<u16> = Code::ALL.iter().map(|code| code.status().as_u16()).collect();
    statuses.sort_unstable();
    statuses.dedup();
    statuses
}

fn response_name(status: u16) -> String {
    format!("Problem{status}")
}

fn problem_response(status: u16) -> Response {
    let codes: Vec<Code> = Code::ALL.iter().copied().filter(|code| code.status().as_u16() == status).collect();
    let said: Vec<String> = codes.iter().map(|code| format!("`{}`: {}.", code.word(), code.title())).collect();
    let example = codes.first().map(|code| Problem::from(&ApiError::new(*code, "what was given, what is allowed")));
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(Problem::name())))
        .example(example.and_then(|problem| serde_json::to_value(problem).ok()))
        .build();
    ResponseBuilder::new().description(said.join(" ")).content("application/problem+json", content).build()
}

/// This document.
///
/// The description of the whole interface, as OpenAPI 3.1. `/docs` shows it for people.
#[utoipa::path(get, path = "/openapi.json", tag = "operation",
    responses((status = 200, description = "The document.", body = Object, content_type = "application/json")))]
pub(super) async fn openapi_json() -> impl IntoResponse {
    static TEXT: LazyLock<String> = LazyLock::new(super::openapi);
    ([(header::CONTENT_TYPE, "application/json")], TEXT.as_str())
}
