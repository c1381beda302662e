//! Makes problem documents of refusals that come without one: an unknown address, a method that is not allowed, a body
//! that cannot be read.

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::error::{ApiError, Code};

/// The longest plain text that is taken over as the detail.
const LONGEST: usize = 1_024;

pub(super) async fn explain(request: Request, next: Next) -> Response {
    let uri = request.uri().clone();
    let method = request.method().clone();
    let response = next.run(request).await;
    let status = response.status();
    let Some(code) = code_of(status).filter(|_| !is_told(response.headers())) else { return response };
    let (parts, body) = response.into_parts();
    let text = axum::body::to_bytes(body, LONGEST).await.ok().and_then(|bytes| String::from_utf8(bytes.into()).ok());
    let detail = match (text.filter(|text| !text.is_empty()), code) {
        (Some(text), _) => text,
        (None, Code::NotFound) => {
            let path: String = uri.path().chars().take(200).collect();
            format!("{path} is no address of this service")
        }
        (None, Code::Method) => {
            let allowed = parts.headers.get(header::ALLOW).and_then(|field| field.to_str().ok()).unwrap_or("another");
            format!("method: given {method}, allowed is {allowed}")
        }
        (None, code) => code.title().to_owned(),
    };
    let mut answer = ApiError::new(code, detail).into_response();
    for name in [header::ALLOW, header::VARY, header::CONNECTION, header::UPGRADE, header::RETRY_AFTER] {
        if let Some(value) = parts.headers.get(&name) {
            answer.headers_mut().insert(name, value.clone());
        }
    }
    answer
}

/// Whether an answer says itself, in some format, what was wrong.
fn is_told(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| !kind.starts_with("text/plain"))
}

fn code_of(status: StatusCode) -> Option<Code> {
    if !status.is_client_error() && !status.is_server_error() {
        return None;
    }
    Some(match status {
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Code::Method,
        StatusCode::PAYLOAD_TOO_LARGE => Code::TooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::MediaType,
        StatusCode::UPGRADE_REQUIRED => Code::NotWebSocket,
        StatusCode::REQUEST_TIMEOUT => Code::Timeout,
        StatusCode::RANGE_NOT_SATISFIABLE | StatusCode::PRECONDITION_FAILED => return None,
        status if status.is_server_error() => Code::Internal,
        _ => Code::BadRequest,
    })
}
