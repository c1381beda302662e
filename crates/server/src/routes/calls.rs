//! Calls as they were kept, and those that go on.

use std::sync::Arc;

use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::kind::Kind;
use super::{Json, Path, Query, text};
use crate::app::App;
use crate::auth::{Caller, Identity, Scope};
use crate::error::{ApiError, Code};
use crate::live::LiveCall;
use crate::pii::Pii;
use crate::record::{CallInfo, Source};
use crate::store::{CallDetail, CallFilter, CallPage};

/// How many calls a page has at most.
const MOST: u32 = 200;
/// How many it has unless asked otherwise.
const USUAL: u32 = 50;

/// Which calls are asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CallsQuery {
    /// Who, or what, picked up: one or more words, with commas between them.
    #[param(style = Form, explode = false, value_type = Option<Vec<Kind>>, example = json!(["human", "voicemail"]))]
    answered_by: Option<String>,
    /// Only calls that a voicemail answered.
    #[param(value_type = Option<bool>)]
    voicemail_only: bool,
    /// Only calls that a person answered.
    #[param(value_type = Option<bool>)]
    human_only: bool,
    /// Only verdicts at least this sure.
    #[param(minimum = 0, maximum = 1)]
    min_confidence: Option<f64>,
    /// Only calls of this campaign.
    #[param(min_length = 1, max_length = 256)]
    campaign: Option<String>,
    /// Only calls whose audio came this way.
    source: Option<Source>,
    /// Only calls that began at this time or later.
    from: Option<Timestamp>,
    /// Only calls that began before this time.
    to: Option<Timestamp>,
    /// Only calls with this name, given by the caller.
    #[param(min_length = 1, max_length = 256)]
    call_id: Option<String>,
    /// Only calls of which it was said, or was not, who really answered.
    reviewed: Option<bool>,
    /// What the page before gave as `next`.
    cursor: Option<String>,
    /// How many calls the page has at most; 50 unless given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// The identity whose calls the caller may see; `None` for all.
pub(crate) fn own(identity: &Identity) -> Option<String> {
    (!identity.may(Scope::Admin)).then(|| identity.id.clone())
}

/// How many are asked for.
pub(crate) fn limit(given: Option<u32>) -> Result<u32, ApiError> {
    match given {
        None => Ok(USUAL),
        Some(limit) if (1..=MOST).contains(&limit) => Ok(limit),
        Some(limit) => Err(ApiError::field("limit", limit, format_args!("1 to {MOST}"))),
    }
}

fn kinds(words: Option<&str>) -> Result<Vec<String>, ApiError> {
    let words = words.unwrap_or_default().split(',').map(str::trim).filter(|word| !word.is_empty());
    words
        .map(|word| match Kind::of(word) {
            Some(kind) => Ok(kind.word().to_owned()),
            None => Err(ApiError::field("answered_by", format_args!("{word:?}"), Kind::allowed())),
        })
        .collect()
}

/// Calls that are over, newest first.
///
/// A page at a time: `next` of one page is the `cursor` of the one after it. A client sees the calls it sent.
#[utoipa::path(get, path = "/v1/calls", tag = "calls", params(CallsQuery),
    responses((status = 200, description = "A page of calls.", body = CallPage)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Caller(identity): Caller,
    Query(query): Query<CallsQuery>,
) -> Result<Json<CallPage>, ApiError> {
    let limit = limit(query.limit)?;
    if let Some(given) = query.min_confidence.filter(|given| !(0.0..=1.0).contains(given)) {
        return Err(ApiError::field("min_confidence", given, "0 to 1"));
    }
    let filter = CallFilter {
        owner: own(&identity),
        answered_by: kinds(query.answered_by.as_deref())?,
        voicemail_only: query.voicemail_only,
        human_only: query.human_only,
        min_confidence: query.min_confidence,
        campaign: text::optional("campaign", query.campaign, 256)?,
        source: query.source,
        from: query.from,
        to: query.to,
        call_id: text::optional("call_id", query.call_id, 256)?,
        reviewed: query.reviewed,
    };
    Ok(Json(app.store.calls(&filter, query.cursor.as_deref(), limit).await?))
}

/// The call of this name, if the caller may see it. That it was read is noted.
pub(super) async fn find(
    app: &App,
    identity: &Identity,
    name: &str,
    action: &'static str,
) -> Result<CallDetail, ApiError> {
    let owner = own(identity);
    let known = if name.contains('\0') { None } else { app.store.call(name, owner.as_deref()).await? };
    let call = known.ok_or_else(|| ApiError::new(Code::UnknownCall, "id: there is no call of this name"))?;
    app.audit.note(identity, action, &call.summary.id.to_string(), json!({}));
    Ok(call)
}

/// One call, with all that is known of it.
#[utoipa::path(get, path = "/v1/calls/{id}", tag = "calls",
    params(("id" = String, Path, description = "Our name for the call; or the caller's: the newest call of that name.")),
    responses((status = 200, description = "The call.", body = CallDetail)))]
pub(super) async fn one(
    State(app): State<Arc<App>>,
    Caller(identity): Caller,
    Path(id): Path<String>,
) -> Result<Json<CallDetail>, ApiError> {
    find(&app, &identity, &id, "call.read").await.map(Json)
}

/// A call that goes on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GoingCall {
    /// Our own name for it.
    id: Uuid,
    /// The caller's name for it.
    call_id: String,
    /// How its audio comes.
    source: Source,
    /// The campaign it belongs to.
    campaign: Option<String>,
    /// Who calls, as it may be kept.
    caller: Option<String>,
    /// Who is called, as it may be kept.
    destination: Option<String>,
    /// When its audio began.
    started: Timestamp,
    /// The verdict that stands, as it was sent; `null` before the first.
    #[schema(value_type = Option<Object>)]
    latest: Option<Value>,
}

impl From<&CallInfo> for GoingCall {
    fn from(info: &CallInfo) -> Self {
        Self {
            id: info.id,
            call_id: info.call_id.clone(),
            source: info.source,
            campaign: info.campaign.clone(),
            caller: info.caller.as_ref().map(Pii::reveal).cloned(),
            destination: info.destination.as_ref().map(Pii::reveal).cloned(),
            started: info.started,
            latest: None,
        }
    }
}

impl From<&LiveCall> for GoingCall {
    fn from(call: &LiveCall) -> Self {
        Self { latest: call.latest().map(|verdict| Value::clone(&verdict)), ..Self::from(&*call.info) }
    }
}

/// The calls that go on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GoingCalls {
    /// Oldest first.
    calls: Vec<GoingCall>,
}

/// The calls that go on at this node.
#[utoipa::path(get, path = "/v1/calls/live", tag = "calls",
    responses((status = 200, description = "The calls, oldest first.", body = GoingCalls)))]
pub(super) async fn live(State(app): State<Arc<App>>, Caller(identity): Caller) -> Json<GoingCalls> {
    let owner = own(&identity);
    let mine = |call: &&Arc<LiveCall>| owner.as_ref().is_none_or(|owner| *owner == call.info.owner);
    Json(GoingCalls { calls: app.live.list().iter().filter(mine).map(|call| GoingCall::from(&**call)).collect() })
}
