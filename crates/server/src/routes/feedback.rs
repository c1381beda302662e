//! What a call really was.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::calls::find;
use super::kind::Kind;
use super::{Json, Path, text};
use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::store::{Feedback, Judge, NewFeedback};

/// What is said of a call.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"answered_by": "voicemail", "by": "person", "note": "clearly a mailbox"}))]
pub(crate) struct Truthful {
    /// Who, or what, really picked up.
    answered_by: Kind,
    /// Who says so; a person unless given.
    #[serde(default)]
    #[schema(required = false)]
    by: Judge,
    /// What else is to be said.
    #[schema(min_length = 1, max_length = 2000)]
    note: Option<String>,
}

/// Says who really answered a call.
///
/// Measured accuracy is made of this. What is said later replaces what was said before; everything said is kept.
#[utoipa::path(post, path = "/v1/calls/{id}/feedback", tag = "review", request_body = Truthful,
    params(("id" = String, Path, description = "Our name for the call; or the caller's: the newest call of that name.")),
    responses((status = 201, description = "What is kept.", body = Feedback)))]
pub(super) async fn give(
    State(app): State<Arc<App>>,
    Caller(identity): Caller,
    Path(id): Path<String>,
    Json(said): Json<Truthful>,
) -> Result<(StatusCode, Json<Feedback>), ApiError> {
    let note = text::optional("note", said.note, 2_000)?;
    let call = find(&app, &identity, &id, "feedback.give").await?.summary;
    let feedback =
        NewFeedback { answered_by: said.answered_by.word().to_owned(), by: said.by, note, who: identity.id.clone() };
    let kept = app.store.feedback(call.id, &feedback).await?;
    let kept = kept.ok_or_else(|| ApiError::new(Code::UnknownCall, "id: the call is not kept any more"))?;
    app.audit.note(&identity, "feedback.given", &call.id.to_string(), json!({ "answered_by": feedback.answered_by }));
    Ok((StatusCode::CREATED, Json(kept)))
}
