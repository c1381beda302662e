//! Who the caller is, and the session of a browser.

use std::sync::Arc;

use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::Json;
use crate::app::App;
use crate::auth::{Auth, Known, Means, Role, Scope, cookie_of, moment};
use crate::error::ApiError;

/// Who the caller is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    /// A name that does not change: `key:…`, `jwt:…` or `local`.
    id: String,
    /// A name for people.
    name: String,
    /// The role whose limits hold.
    role: Role,
    /// What the caller may do.
    scopes: Vec<Scope>,
    /// What showed it: `key`, `token`, `session`, or `local` for the loopback address.
    #[schema(example = "key")]
    by: &'static str,
    /// When that ends (RFC 3339); `null` for never.
    expires: Option<String>,
}

impl From<&Known> for Me {
    fn from(Known { identity, expires, means }: &Known) -> Self {
        Self {
            id: identity.id.clone(),
            name: identity.name.clone(),
            role: identity.role(),
            scopes: identity.scopes.clone(),
            by: means.word(),
            expires: expires.map(moment::show),
        }
    }
}

/// Says who the caller is.
#[utoipa::path(get, path = "/v1/me", tag = "identity",
    responses((status = 200, description = "The caller.", body = Me)))]
pub(super) async fn me(known: Known) -> Json<Me> {
    Json(Me::from(&known))
}

/// Begins a session.
///
/// For browsers: in exchange for the API key or token of this request comes a cookie that pages of the service send
/// themselves and that scripts cannot read. It lasts twelve hours at most, and no longer than the key. A caller on the
/// loopback address who needs no key gets none.
#[utoipa::path(post, path = "/v1/session", tag = "identity",
    responses((status = 200, description = "The caller; the cookie is in `Set-Cookie`.", body = Me)))]
pub(super) async fn begin(State(app): State<Arc<App>>, parts: Parts, known: Known) -> Result<Response, ApiError> {
    let mut response = Json(Me::from(&known)).into_response();
    if matches!(known.means, Means::Key { .. } | Means::Token) {
        let (token, life) = app.auth.sessions().begin(&known).await?;
        app.audit.note(&known.identity, "session.begun", &known.identity.id, json!({ "by": known.means.word() }));
        set_cookie(&mut response, &app.auth, &parts, &token, life);
    }
    Ok(response)
}

/// Ends the session.
#[utoipa::path(delete, path = "/v1/session", tag = "identity",
    responses((status = 204, description = "There is none any more.")))]
pub(super) async fn end(State(app): State<Arc<App>>, parts: Parts) -> Result<Response, ApiError> {
    if let Some(token) = cookie_of(&parts.headers, app.auth.cookie_name(&parts))
        && let Some((known, _)) = app.auth.sessions().find(token).await?
    {
        app.auth.sessions().end(token).await?;
        app.audit.note(&known.identity, "session.ended", &known.identity.id, json!({}));
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    set_cookie(&mut response, &app.auth, &parts, "", 0);
    Ok(response)
}

/// RFC 6265bis: out of reach of scripts and of pages of others.
fn set_cookie(response: &mut Response, auth: &Auth, parts: &Parts, token: &str, life: i64) {
    let (name, secure) = (auth.cookie_name(parts), if auth.is_secure(parts) { "; Secure" } else { "" });
    let cookie = format!("{name}={token}; Path=/; Max-Age={life}; HttpOnly; SameSite=Strict{secure}");
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
}
