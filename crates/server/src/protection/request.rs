//! One request: its name, its time, its panic, its allowance.

use std::any::Any;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tracing::Instrument as _;
use uuid::Uuid;

use super::Rules;
use crate::auth::Told;
use crate::error::{ApiError, Code};

const REQUEST_ID: &str = "x-request-id";

/// Takes the client's name for the request where that is short and plain, or makes one, and puts all that is logged under
/// it.
pub(super) async fn name(request: Request, next: Next) -> Response {
    let is_plain = |name: &&str| {
        (1..=64).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    let given = request.headers().get(REQUEST_ID).and_then(|name| name.to_str().ok()).filter(is_plain);
    let id = given.map_or_else(|| Uuid::new_v4().to_string(), str::to_owned);
    let field = HeaderValue::try_from(&id).ok();
    // The pattern, not the path: that may hold a telephone number.
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", request_id = %id, method = %request.method(), route);
    let mut response = next.run(request).instrument(span).await;
    if let Some(field) = field {
        response.headers_mut().insert(REQUEST_ID, field);
    }
    response
}

/// Ends what takes too long to be answered. A stream is answered when it begins.
pub(super) async fn limit_time(State(rules): State<Rules>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(rules.request_time, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let longest = crate::config::Setting::show(&rules.request_time);
            ApiError::new(Code::Timeout, format!("allowed is http.request_time, {longest}")).into_response()
        }
    }
}

/// Tells the caller what is left of its limit.
pub(super) async fn allowance(mut request: Request, next: Next) -> Response {
    let told = Told::default();
    request.extensions_mut().insert(Arc::clone(&told));
    let mut response = next.run(request).await;
    if let Some(allowance) = told.get() {
        allowance.write(response.headers_mut());
    }
    response
}

/// The answer to a request whose handler panicked. What it said goes to where panics go, not to the caller.
pub(super) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!(error_code = Code::Internal.word(), "a request panicked");
    ApiError::new(Code::Internal, "the log of the service says more").into_response()
}
