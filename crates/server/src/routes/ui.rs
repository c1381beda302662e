//! The dashboard's files, built from `ui/` and embedded in the program.

use std::borrow::Cow;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::error::{ApiError, Code};

/// What `npm run build` in `ui/` made.
#[derive(RustEmbed)]
#[folder = "ui/dist/"]
struct Dist;

/// The page itself; it shows what its address says.
const PAGE: &str = "index.html";

/// The addresses of the page's views.
const VIEWS: [&str; 7] = ["/", "/calls", "/calls/{call}", "/statistics", "/review", "/microphone", "/settings"];

/// The page at each of its addresses, and the files it loads.
pub(crate) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let page = |headers: HeaderMap| async move { answer(PAGE, &headers) };
    let icon = |headers: HeaderMap| async move { answer("favicon.svg", &headers) };
    let asset =
        |Path(name): Path<String>, headers: HeaderMap| async move { answer(&format!("assets/{name}"), &headers) };
    let router = Router::new().route("/favicon.svg", get(icon)).route("/assets/{name}", get(asset));
    VIEWS.iter().fold(router, |router, view| router.route(view, get(page)))
}

fn answer(name: &str, headers: &HeaderMap) -> Response {
    let Some(file) = Dist::get(name) else {
        return ApiError::new(Code::NotFound, "the dashboard has no such file").into_response();
    };
    let tag = tag(&file);
    // Names under assets/ have a fingerprint of their content in them.
    let caching = if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|given| names(given, &tag));
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let kind = [(header::CONTENT_TYPE, kind(name))];
        match file.data {
            Cow::Borrowed(bytes) => (kind, Body::from(bytes)).into_response(),
            Cow::Owned(bytes) => (kind, Body::from(bytes)).into_response(),
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// The file's entity tag (RFC 9110, 8.8.3): the beginning of its SHA-256.
fn tag(file: &EmbeddedFile) -> String {
    format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..16]))
}

/// Whether an `If-None-Match` names the tag (RFC 9110, 13.1.2: compared weakly).
fn names(given: &HeaderValue, tag: &str) -> bool {
    let Ok(given) = given.to_str() else { return false };
    given.split(',').map(|one| one.trim().trim_start_matches("W/")).any(|one| one == "*" || one == tag)
}

fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use axum::http::Request;
    use tower::ServiceExt as _;

    use super::*;

    async fn ask(path: &str, known: Option<&str>) -> Response {
        let mut request = Request::get(path);
        if let Some(tag) = known {
            request = request.header(header::IF_NONE_MATCH, tag);
        }
        router::<()>().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    fn header_of(response: &Response, name: header::HeaderName) -> String {
        response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    async fn text(response: Response) -> String {
        String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn every_view_is_the_page_and_must_be_asked_for_again() {
        for view in ["/", "/calls", "/calls/a%20call", "/statistics", "/review", "/microphone", "/settings"] {
            let response = ask(view, None).await;
            assert_eq!(response.status(), StatusCode::OK, "{view}");
            assert_eq!(header_of(&response, header::CONTENT_TYPE), "text/html; charset=utf-8");
            assert_eq!(header_of(&response, header::CACHE_CONTROL), "no-cache");
        }
    }

    #[tokio::test]
    async fn all_that_the_page_names_is_there_for_good() {
        let page = text(ask("/", None).await).await;
        let named: Vec<&str> = page.split('"').filter(|part| part.starts_with("/assets/")).collect();
        assert!(named.iter().any(|name| name.ends_with(".js")) && named.iter().any(|name| name.ends_with(".css")));
        for name in named {
            let response = ask(name, None).await;
            assert_eq!(response.status(), StatusCode::OK, "{name}");
            assert!(header_of(&response, header::CACHE_CONTROL).contains("immutable"), "{name}");
            let kind = if name.ends_with(".js") { "text/javascript" } else { "text/css" };
            assert!(header_of(&response, header::CONTENT_TYPE).starts_with(kind), "{name}");
        }
        assert_eq!(header_of(&ask("/favicon.svg", None).await, header::CONTENT_TYPE), "image/svg+xml");
    }

    #[tokio::test]
    async fn what_is_known_is_not_sent_again() {
        let tag = header_of(&ask("/", None).await, header::ETAG);
        assert!(tag.len() > 30, "{tag}");
        for known in [tag.clone(), format!("\"x\", W/{tag}"), "*".to_owned()] {
            let response = ask("/", Some(&known)).await;
            assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{known}");
            assert_eq!(header_of(&response, header::ETAG), tag);
            assert_eq!(text(response).await, "");
        }
        assert_eq!(ask("/", Some("\"other\"")).await.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn what_is_not_there_is_a_problem() {
        for path in ["/assets/none.js", "/assets/..%2findex.html"] {
            let response = ask(path, None).await;
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
            assert_eq!(header_of(&response, header::CONTENT_TYPE), "application/problem+json");
        }
    }
}
