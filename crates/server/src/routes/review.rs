//! What should be listened to, and figures of what was.

use std::sync::Arc;

use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::calls::{limit, own};
use super::{Json, Query, text};
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::store::{CallSummary, Stats, StatsQuery, Window};

/// How much is asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReviewQuery {
    /// How many calls at most; 50 unless given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Calls to listen to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Queue {
    /// Those that tell most first.
    calls: Vec<CallSummary>,
}

/// The calls to listen to next.
///
/// Their audio is kept, and nobody said yet who really answered. The least sure come first: they tell most.
#[utoipa::path(get, path = "/v1/review", tag = "review", params(ReviewQuery),
    responses((status = 200, description = "The calls.", body = Queue)))]
pub(super) async fn queue(
    State(app): State<Arc<App>>,
    Caller(identity): Caller,
    Query(query): Query<ReviewQuery>,
) -> Result<Json<Queue>, ApiError> {
    let limit = limit(query.limit)?;
    Ok(Json(Queue { calls: app.store.review(own(&identity).as_deref(), limit).await? }))
}

/// Which calls the figures are of.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FiguresQuery {
    /// How far back they go; a day unless given.
    #[param(value_type = Option<Window>, inline)]
    window: Window,
    /// Only calls of this campaign.
    #[param(min_length = 1, max_length = 256)]
    campaign: Option<String>,
}

/// Figures over a window of time.
///
/// How many calls, what they came to, how sure and how quick the verdicts were; and, of those that were reviewed, how
/// often people were called machines and machines people, with the 95 % interval of Wilson.
#[utoipa::path(get, path = "/v1/stats", tag = "review", params(FiguresQuery),
    responses((status = 200, description = "The figures.", body = Stats)))]
pub(super) async fn stats(
    State(app): State<Arc<App>>,
    Caller(identity): Caller,
    Query(query): Query<FiguresQuery>,
) -> Result<Json<Stats>, ApiError> {
    let campaign = text::optional("campaign", query.campaign, 256)?;
    let query = StatsQuery { window: query.window, to: Timestamp::now(), campaign, owner: own(&identity) };
    Ok(Json(app.store.stats(&query).await?))
}
