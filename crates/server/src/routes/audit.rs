//! The audit log, as administrators read it.

use std::sync::Arc;

use axum::extract::State;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Json, Query, text};
use crate::app::App;
use crate::audit::{self, AuditError, AuditFilter, AuditPage};
use crate::auth::Admin;
use crate::error::ApiError;

/// How many entries a page has at most, and where nothing is asked for.
const MOST: u32 = 500;
const USUAL: u32 = 50;
/// The longest text to look for, in characters.
const LONGEST: usize = 512;

/// Which entries, and how many.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditQuery {
    /// Of this node's chain.
    node: Option<String>,
    /// By this identity; `service` for the service itself.
    actor: Option<String>,
    /// Of this action, such as `key.create`; with a dot at its end, of all that begin so: `key.`.
    action: Option<String>,
    /// About this subject.
    subject: Option<String>,
    /// Noted at this time or later (RFC 3339).
    from: Option<Timestamp>,
    /// Noted before this time (RFC 3339).
    to: Option<Timestamp>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// How many entries, 1 to 500.
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: Option<u32>,
}

/// Who did what, newest first.
///
/// Entries cannot be changed or deleted. Each bears the hash of the one before it in its node's chain;
/// `offhook audit verify` walks the chains. Reading the log is itself noted.
#[utoipa::path(get, path = "/v1/audit", tag = "audit", params(AuditQuery), responses(
    (status = 200, description = "A page of entries.", body = AuditPage)))]
pub(super) async fn audit(
    State(app): State<Arc<App>>,
    Admin(who): Admin,
    Query(query): Query<AuditQuery>,
) -> Result<Json<AuditPage>, ApiError> {
    let AuditQuery { node, actor, action, subject, from, to, cursor, limit } = query;
    let limit = limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(ApiError::field("limit", limit, format!("1 to {MOST}")));
    }
    let filter = AuditFilter {
        node: text::optional("node", node, LONGEST)?,
        actor: text::optional("actor", actor, LONGEST)?,
        action: text::optional("action", action, LONGEST)?,
        subject: text::optional("subject", subject, LONGEST)?,
        from,
        to,
    };
    let page = audit::page(&app.store, &filter, cursor.as_deref(), limit).await.map_err(|error| match error {
        AuditError::Cursor { given } => ApiError::field("cursor", given, "the `next` of a page"),
        AuditError::Database(error) => ApiError::storage(&error, "the database does not answer", 5),
        error => ApiError::internal(&error),
    })?;
    app.audit.note(&who, "audit.read", "audit", serde_json::json!({ "entries": page.entries.len() }));
    Ok(Json(page))
}
