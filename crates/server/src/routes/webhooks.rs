//! Receivers of news by HTTP, and what became of what was sent to them.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::calls::limit;
use super::{Json, Path, Query, text};
use crate::app::App;
use crate::auth::Admin;
use crate::error::{ApiError, Code};
use crate::webhooks::{self, Deliveries, Delivery, NewWebhook, Webhook, WebhookError};

impl From<WebhookError> for ApiError {
    fn from(error: WebhookError) -> Self {
        match error {
            WebhookError::Target(refused) => Self::new(Code::BadField, refused.to_string()).about("url"),
            WebhookError::Database(error) => Self::storage(&error, "the log of the service says more", 1),
            error @ (WebhookError::Client(_) | WebhookError::Vault(_) | WebhookError::Random) => Self::internal(&error),
        }
    }
}

fn unknown() -> ApiError {
    ApiError::new(Code::UnknownWebhook, "id: there is no such webhook or delivery")
}

/// A name in the path: what is no name of ours stands for nothing.
fn named(text: &str) -> Result<Uuid, ApiError> {
    Uuid::parse_str(text).map_err(|_| unknown())
}

/// Every receiver.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Webhooks {
    /// Oldest first.
    webhooks: Vec<Webhook>,
}

/// The receivers.
#[utoipa::path(get, path = "/v1/webhooks", tag = "webhooks",
    responses((status = 200, description = "The receivers, oldest first, without their secrets.", body = Webhooks)))]
pub(super) async fn list(State(app): State<Arc<App>>, Admin(_identity): Admin) -> Result<Json<Webhooks>, ApiError> {
    Ok(Json(Webhooks { webhooks: app.webhooks.list().await? }))
}

/// A receiver, with its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CreatedWebhook {
    /// The receiver.
    #[serde(flatten)]
    webhook: Webhook,
    /// What deliveries are signed with (Standard Webhooks): it is shown this once.
    secret: String,
}

/// Adds a receiver.
///
/// Each piece of news is a `POST` of `{type, timestamp, sequence, data}`. `sequence` rises with time; deliveries may come
/// in another order, and, after a failure in their midst, twice: `webhook-id` tells. They are signed after Standard
/// Webhooks: `webhook-signature` is `v1,` and the base64 of the HMAC-SHA-256 over `webhook-id`, `.`,
/// `webhook-timestamp`, `.` and the body, by the base64 after `whsec_` of the secret. Any 2xx answer takes a delivery.
/// All else is tried again, with longer and longer waits; 410, and too many tries, put it among the dead.
#[utoipa::path(post, path = "/v1/webhooks", tag = "webhooks", request_body = NewWebhook,
    responses((status = 201, description = "The receiver, with its secret.", body = CreatedWebhook)))]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    Admin(identity): Admin,
    Json(mut new): Json<NewWebhook>,
) -> Result<(StatusCode, Json<CreatedWebhook>), ApiError> {
    new.owner = text::optional("owner", new.owner, 256)?;
    new.campaign = text::optional("campaign", new.campaign, 256)?;
    new.note = text::optional("note", new.note, 2_000)?;
    let (webhook, secret) = app.webhooks.add(new, &identity.id).await?;
    app.audit.note(&identity, "webhook.created", &webhook.id.to_string(), json!({ "url": webhook.url }));
    Ok((StatusCode::CREATED, Json(CreatedWebhook { webhook, secret })))
}

/// Removes a receiver, with all its deliveries.
#[utoipa::path(delete, path = "/v1/webhooks/{id}", tag = "webhooks",
    params(("id" = Uuid, Path, description = "Which receiver.")),
    responses((status = 204, description = "It is gone.")))]
pub(super) async fn delete(
    State(app): State<Arc<App>>,
    Admin(identity): Admin,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id = named(&id)?;
    if !app.webhooks.remove(id).await? {
        return Err(unknown());
    }
    app.audit.note(&identity, "webhook.removed", &id.to_string(), json!({}));
    Ok(StatusCode::NO_CONTENT)
}

/// Which deliveries are asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeliveriesQuery {
    /// Only those in this state; `dead` is the dead-letter list.
    state: Option<webhooks::State>,
    /// What the page before gave as `next`.
    cursor: Option<Uuid>,
    /// How many at most; 50 unless given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// What was, or is to be, sent to a receiver, newest first.
///
/// What was taken is kept for a week, what was given up for as long as records of calls are.
#[utoipa::path(get, path = "/v1/webhooks/{id}/deliveries", tag = "webhooks",
    params(("id" = Uuid, Path, description = "Which receiver."), DeliveriesQuery),
    responses((status = 200, description = "A page of deliveries.", body = Deliveries)))]
pub(super) async fn deliveries(
    State(app): State<Arc<App>>,
    Admin(_identity): Admin,
    Path(id): Path<String>,
    Query(query): Query<DeliveriesQuery>,
) -> Result<Json<Deliveries>, ApiError> {
    let limit = limit(query.limit)?;
    let page = app.webhooks.deliveries(named(&id)?, query.state, query.cursor, limit).await?;
    page.map(Json).ok_or_else(unknown)
}

/// Sends a delivery again.
///
/// It gets all its tries anew, the first at once.
#[utoipa::path(post, path = "/v1/webhooks/{id}/deliveries/{delivery}/redeliver", tag = "webhooks",
    params(("id" = Uuid, Path, description = "Which receiver."), ("delivery" = Uuid, Path, description = "Which delivery.")),
    responses((status = 202, description = "The delivery, as it waits.", body = Delivery)))]
pub(super) async fn redeliver(
    State(app): State<Arc<App>>,
    Admin(identity): Admin,
    Path((id, delivery)): Path<(String, String)>,
) -> Result<(StatusCode, Json<Delivery>), ApiError> {
    let again = app.webhooks.redeliver(named(&id)?, named(&delivery)?).await?.ok_or_else(unknown)?;
    app.audit.note(&identity, "webhook.redelivered", &again.id.to_string(), json!({}));
    Ok((StatusCode::ACCEPTED, Json(again)))
}
