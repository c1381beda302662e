//! API keys, for administrators.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Json, Path};
use crate::app::App;
use crate::auth::{Admin, KeyText, KeyView, Keys, Role, Scope};
use crate::error::{ApiError, Problem};

/// What a new key is to be.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKey {
    /// A name for people.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// What it may do, by role; `client` if neither role nor scopes are given.
    role: Option<Role>,
    /// What it may do, one by one; in place of `role`.
    scopes: Option<Vec<Scope>>,
    /// How long it lasts, such as `30d` or `12h`, or `never`; the setting `auth.key_life` if it is not given.
    #[schema(example = "30d")]
    life: Option<String>,
}

/// A key that was made just now.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeKey {
    /// The key itself. It is told this once, and kept nowhere.
    #[schema(example = "ohk_…")]
    key: String,
    #[serde(flatten)]
    about: KeyView,
}

impl MadeKey {
    fn new(text: &KeyText, about: KeyView) -> Self {
        Self { key: text.reveal().to_owned(), about }
    }
}

/// All API keys.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct KeyList {
    /// The newest first.
    keys: Vec<KeyView>,
}

/// Lists API keys.
///
/// Revoked and expired ones too.
#[utoipa::path(get, path = "/v1/keys", tag = "identity",
    responses((status = 200, description = "The keys.", body = KeyList)))]
pub(super) async fn list(_: Admin, State(app): State<Arc<App>>) -> Result<Json<KeyList>, ApiError> {
    let keys = app.auth.keys().list().await?;
    Ok(Json(KeyList { keys: keys.iter().map(KeyView::from).collect() }))
}

/// Makes an API key.
#[utoipa::path(post, path = "/v1/keys", tag = "identity", request_body = NewKey,
    responses((status = 201, description = "The key: told this once.", body = MadeKey)))]
pub(super) async fn create(
    Admin(who): Admin,
    State(app): State<Arc<App>>,
    Json(new): Json<NewKey>,
) -> Result<(StatusCode, Json<MadeKey>), ApiError> {
    let refuse = |field: &str, given: &str, allowed: &str| ApiError::field(field, format!("{given:?}"), allowed);
    let name = Keys::name_of(&new.name).map_err(|allowed| refuse("name", new.name.trim(), allowed))?;
    let scopes = match (new.role, new.scopes) {
        (Some(_), Some(_)) => return Err(ApiError::field("scopes", "a list", "either role or scopes")),
        (_, Some(scopes)) if scopes.is_empty() => return Err(ApiError::field("scopes", "none", "at least one")),
        (None, Some(scopes)) => Scope::ALL.into_iter().filter(|scope| scopes.contains(scope)).collect(),
        (role, None) => role.unwrap_or(Role::Client).scopes().to_vec(),
    };
    let life = Keys::life_of(new.life.as_deref(), app.auth.key_life())
        .map_err(|allowed| refuse("life", new.life.as_deref().unwrap_or_default(), allowed))?;
    let (text, key) = app.auth.keys().create(name, &scopes, life).await?;
    let detail = json!({ "name": key.name, "prefix": key.prefix, "scopes": key.scopes });
    app.audit.note(&who, "key.created", &key.id.to_string(), detail);
    Ok((StatusCode::CREATED, Json(MadeKey::new(&text, KeyView::from(&key)))))
}

/// Revokes an API key.
///
/// It ends at once on the node that is asked, on others within seconds, and with it the sessions it began.
#[utoipa::path(delete, path = "/v1/keys/{id}", tag = "identity", params(("id" = Uuid, Path, description = "The key.")),
    responses((status = 204, description = "It can be used no more.")))]
pub(super) async fn revoke(
    Admin(who): Admin,
    State(app): State<Arc<App>>,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, ApiError> {
    if app.auth.keys().revoke(id).await? {
        app.audit.note(&who, "key.revoked", &id.to_string(), json!({}));
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a key that follows another.
///
/// The new one stands for the same identity, may do the same and lasts as long; the old one goes on for the time of the
/// setting `auth.key_overlap`.
#[utoipa::path(post, path = "/v1/keys/{id}/rotate", tag = "identity",
    params(("id" = Uuid, Path, description = "The key that is to be followed.")),
    responses(
        (status = 201, description = "The new key: told this once.", body = MadeKey),
        (status = 409, description = "The key cannot be used any more, or was rotated already.", body = Problem,
            content_type = "application/problem+json")))]
pub(super) async fn rotate(
    Admin(who): Admin,
    State(app): State<Arc<App>>,
    Path(id): Path<Uuid>,
) -> Result<(StatusCode, Json<MadeKey>), ApiError> {
    let (text, key) = app.auth.keys().rotate(id, app.auth.key_overlap()).await?;
    app.audit.note(&who, "key.rotated", &id.to_string(), json!({ "successor": key.id, "prefix": key.prefix }));
    Ok((StatusCode::CREATED, Json(MadeKey::new(&text, KeyView::from(&key)))))
}
