//! Which pages a request may come from (RFC 6454, Fetch Metadata).

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::Rules;
use crate::auth;
use crate::error::{ApiError, Code};

/// The origin that a browser names; an empty text for one that cannot be read.
pub(super) fn of(headers: &HeaderMap) -> Option<&str> {
    let mut fields = headers.get_all(header::ORIGIN).iter();
    let first = fields.next()?;
    if fields.next().is_some() { Some("") } else { Some(first.to_str().unwrap_or_default()) }
}

/// Whether a request may change something, or opens a stream, which no browser asks leave for.
pub(crate) fn is_risky(parts: &Parts) -> bool {
    !parts.method.is_safe() || parts.headers.contains_key(header::UPGRADE) || parts.method == "CONNECT"
}

/// Whether an origin is that of the service: the host that the request is for, and under TLS `https`.
fn is_own(origin: &str, parts: &Parts, secure: bool) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let port = match scheme {
        "https" => ":443",
        "http" if !secure => ":80",
        _ => return false,
    };
    // A port that the scheme implies is left out of an origin, not always of a host.
    let bare = |host: &str| host.strip_suffix(port).unwrap_or(host).to_ascii_lowercase();
    auth::host(parts).is_some_and(|host| !authority.is_empty() && bare(host) == bare(authority))
}

fn site(headers: &HeaderMap) -> Option<&str> {
    headers.get("sec-fetch-site").map(|field| field.to_str().unwrap_or_default())
}

/// Whether a browser says that a page of the service itself sends this.
pub(crate) fn is_of_own_page(parts: &Parts, secure: bool) -> bool {
    match of(&parts.headers) {
        Some(origin) => is_own(origin, parts, secure),
        None => site(&parts.headers) == Some("same-origin"),
    }
}

impl Rules {
    /// Whether pages of an origin may use the API.
    pub(super) fn allows(&self, origin: &str) -> bool {
        self.origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin))
    }

    fn refuses(&self, parts: &Parts) -> bool {
        match of(&parts.headers) {
            Some(origin) => !is_own(origin, parts, self.tls) && !self.allows(origin),
            None => is_risky(parts) && matches!(site(&parts.headers), Some("cross-site" | "same-site")),
        }
    }
}

/// Refuses what pages of other origins send: their own are named in `http.origins`. Programs that are no browsers name no
/// origin and are not concerned.
pub(super) async fn check(State(rules): State<Rules>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    if rules.refuses(&parts) {
        let detail = "origin: allowed are the service's own and those of the setting http.origins";
        return ApiError::new(Code::Origin, detail).about("origin").into_response();
    }
    next.run(Request::from_parts(parts, body)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(method: &str, fields: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().method(method).uri("/v1/keys");
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    fn refused(method: &str, fields: &[(&str, &str)]) -> bool {
        let origins = vec!["https://dialer.example".to_owned()].into();
        let rules = Rules { origins, tls: false, request_time: std::time::Duration::ZERO };
        rules.refuses(&parts(method, &[&[("host", "localhost:8080")], fields].concat()))
    }

    #[test]
    fn own_and_allowed_origins_pass() {
        assert!(!refused("POST", &[]));
        assert!(!refused("POST", &[("origin", "http://localhost:8080")]));
        assert!(!refused("POST", &[("origin", "https://dialer.example")]));
        assert!(!refused("GET", &[("sec-fetch-site", "cross-site")]));
        assert!(!refused("POST", &[("sec-fetch-site", "same-origin")]));
    }

    #[test]
    fn other_origins_do_not() {
        for origin in [
            "http://localhost:3000",
            "http://localhost",
            "https://evil.example",
            "null",
            "",
            "localhost:8080",
            "http://localhost:8080.evil.example",
            "https://dialer.example.evil.example",
            "http://dialer.example",
            "ftp://localhost:8080",
            "http://",
            "http://localhost:8080/",
        ] {
            assert!(refused("POST", &[("origin", origin)]), "{origin}");
            assert!(refused("GET", &[("origin", origin), ("upgrade", "websocket")]), "{origin}");
        }
        assert!(refused("POST", &[("origin", "http://localhost:8080"), ("origin", "https://evil.example")]));
        assert!(refused("POST", &[("sec-fetch-site", "cross-site")]));
        assert!(refused("POST", &[("sec-fetch-site", "same-site")]));
        assert!(refused("GET", &[("sec-fetch-site", "cross-site"), ("upgrade", "websocket")]));
    }

    #[test]
    fn under_tls_the_page_must_have_come_by_it_too() {
        let of_page =
            |origin, secure| is_of_own_page(&parts("POST", &[("host", "calls.example"), ("origin", origin)]), secure);
        assert!(of_page("https://calls.example", true) && of_page("https://calls.example:443", true));
        assert!(of_page("http://calls.example", false) && !of_page("http://calls.example", true));
        assert!(!is_of_own_page(&parts("POST", &[("host", "calls.example")]), true));
    }
}
