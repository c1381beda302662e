//! Receivers and deliveries in the database, as the API shows them.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::Row as _;
use sqlx::any::AnyRow;
use utoipa::ToSchema;
use uuid::Uuid;

use super::subject::Subject;
use super::{Shared, WebhookError, Webhooks, signature, target};
use crate::record::CallInfo;
use crate::vault::SecretText;

/// A receiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Webhook {
    /// Its name.
    pub id: Uuid,
    /// Where news is sent.
    pub url: String,
    /// What it is told of.
    pub events: Vec<Subject>,
    /// The only identity whose calls it is told of; `null` for all.
    pub owner: Option<String>,
    /// The only campaign whose calls it is told of; `null` for all.
    pub campaign: Option<String>,
    /// What people should know of it.
    pub note: Option<String>,
    /// The identity that set it up.
    pub created_by: String,
    /// When.
    pub created: Timestamp,
}

/// A receiver that is to be.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"url": "https://dialer.example.com/offhook", "events": ["verdict", "ended"]}))]
pub struct NewWebhook {
    /// Where news is to be sent: `https://…` on the public internet.
    #[schema(min_length = 1, max_length = 2000)]
    pub url: String,
    /// What it is to be told of; verdicts, their revisions and the ends of calls unless given.
    #[serde(default)]
    #[schema(required = false)]
    pub events: Vec<Subject>,
    /// The only identity whose calls it is to be told of.
    #[schema(min_length = 1, max_length = 256)]
    pub owner: Option<String>,
    /// The only campaign whose calls it is to be told of.
    #[schema(min_length = 1, max_length = 256)]
    pub campaign: Option<String>,
    /// What people should know of it.
    #[schema(min_length = 1, max_length = 2000)]
    pub note: Option<String>,
}

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It waits for its time, or is tried.
    Pending,
    /// The receiver took it.
    Done,
    /// It was given up.
    Dead,
}

impl State {
    /// The word for it: `pending`, `done` or `dead`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Done => "done",
            Self::Dead => "dead",
        }
    }
}

/// One piece of news for one receiver.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Delivery {
    /// Its name: what the receiver gets as `webhook-id`.
    pub id: Uuid,
    /// The call it is about.
    pub call: Uuid,
    /// What it tells of.
    pub event: Subject,
    /// What became of it.
    pub state: State,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next; `null` when it is not.
    pub next: Option<Timestamp>,
    /// When it was written down.
    pub created: Timestamp,
    /// When it was taken or given up.
    pub finished: Option<Timestamp>,
    /// The HTTP status of the last answer.
    pub last_status: Option<u16>,
    /// Why the last try failed.
    pub last_error: Option<String>,
    /// What is sent.
    #[schema(value_type = Object)]
    pub body: Value,
}

/// One page of deliveries, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Deliveries {
    /// The deliveries.
    pub deliveries: Vec<Delivery>,
    /// What to ask the next page with; `null` on the last.
    pub next: Option<String>,
}

/// A receiver with what it takes to send it news.
pub(super) struct Receiver {
    pub(super) webhook: Webhook,
    pub(super) secret: SecretText,
}

impl Receiver {
    /// Whether it is to be told of this, in this call.
    pub(super) fn wants(&self, subject: Subject, call: &CallInfo) -> bool {
        let Webhook { events, owner, campaign, .. } = &self.webhook;
        events.contains(&subject)
            && owner.as_ref().is_none_or(|owner| *owner == call.owner)
            && campaign.as_ref().is_none_or(|campaign| call.campaign.as_ref() == Some(campaign))
    }
}

pub(super) fn micros(time: Timestamp) -> i64 {
    time.as_microsecond()
}

fn broken(column: &str, given: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("{column} holds {given:?}").into())
}

fn time(column: &str, micros: i64) -> Result<Timestamp, sqlx::Error> {
    Timestamp::from_microsecond(micros).map_err(|_| broken(column, &micros.to_string()))
}

fn name(row: &AnyRow, column: &str) -> Result<Uuid, sqlx::Error> {
    let text: String = row.try_get(column)?;
    Uuid::parse_str(&text).map_err(|_| broken(column, &text))
}

fn webhook(row: &AnyRow) -> Result<Webhook, sqlx::Error> {
    let events: String = row.try_get("events")?;
    Ok(Webhook {
        id: name(row, "id")?,
        url: row.try_get("url")?,
        events: events.split(',').filter_map(Subject::of).collect(),
        owner: row.try_get("owner")?,
        campaign: row.try_get("campaign")?,
        note: row.try_get("note")?,
        created_by: row.try_get("created_by")?,
        created: time("created", row.try_get("created")?)?,
    })
}

fn delivery(row: &AnyRow) -> Result<Delivery, sqlx::Error> {
    let (event, state, body): (String, String, String) =
        (row.try_get("event")?, row.try_get("state")?, row.try_get("body")?);
    let state = [State::Pending, State::Done, State::Dead].into_iter().find(|known| known.word() == state);
    let state = state.ok_or_else(|| broken("state", "another word"))?;
    let finished: Option<i64> = row.try_get("finished")?;
    let next = if state == State::Pending { Some(time("next_at", row.try_get("next_at")?)?) } else { None };
    Ok(Delivery {
        id: name(row, "id")?,
        call: name(row, "call")?,
        event: Subject::of(&event).ok_or_else(|| broken("event", &event))?,
        state,
        attempts: row.try_get::<i64, _>("attempts")?.try_into().unwrap_or(u32::MAX),
        next,
        created: time("created", row.try_get("created")?)?,
        finished: finished.map(|at| time("finished", at)).transpose()?,
        last_status: row.try_get::<Option<i64>, _>("last_status")?.and_then(|status| status.try_into().ok()),
        last_error: row.try_get("last_error")?,
        body: serde_json::from_str(&body).map_err(|_| broken("body", "no JSON"))?,
    })
}

/// What the sealed secret of a receiver is bound to.
fn purpose(id: Uuid) -> String {
    format!("webhook {id}")
}

impl Shared {
    /// Reads the receivers again: another node may have changed them.
    pub(super) async fn reload(&self) -> Result<(), WebhookError> {
        let rows = sqlx::query("SELECT * FROM webhooks ORDER BY id").fetch_all(&self.pool).await?;
        let receivers = rows.iter().map(|row| {
            let webhook = webhook(row)?;
            let sealed: String = row.try_get("secret")?;
            let secret = self.vault.unseal(&purpose(webhook.id), &sealed)?;
            Ok(Arc::new(Receiver { webhook, secret }))
        });
        let receivers: Vec<Arc<Receiver>> = receivers.collect::<Result<_, WebhookError>>()?;
        self.receivers.store(Arc::new(receivers));
        Ok(())
    }
}

impl Webhooks {
    /// Every receiver, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn list(&self) -> Result<Vec<Webhook>, WebhookError> {
        let rows = sqlx::query("SELECT * FROM webhooks ORDER BY id").fetch_all(&self.shared.pool).await?;
        Ok(rows.iter().map(webhook).collect::<Result<_, _>>()?)
    }

    /// Adds a receiver, and gives its secret: it is shown this once.
    ///
    /// # Errors
    /// Its address is not allowed, or the database failed.
    pub async fn add(&self, new: NewWebhook, created_by: &str) -> Result<(Webhook, String), WebhookError> {
        let url = target::parse(&new.url, self.shared.config.private)?;
        let secret = signature::new_secret().ok_or(WebhookError::Random)?;
        let mut events = new.events;
        if events.is_empty() {
            events = vec![Subject::Verdict, Subject::Revised, Subject::Ended];
        }
        events.sort_by_key(|subject| subject.word());
        events.dedup();
        let words: Vec<&str> = events.iter().map(|subject| subject.word()).collect();
        let created = Timestamp::from_microsecond(micros(Timestamp::now())).unwrap_or_default();
        let webhook = Webhook {
            id: Uuid::now_v7(),
            url: url.to_string(),
            events,
            owner: new.owner,
            campaign: new.campaign,
            note: new.note,
            created_by: created_by.to_owned(),
            created,
        };
        let sealed = self.shared.vault.seal(&purpose(webhook.id), secret.as_bytes())?;
        sqlx::query(
            "INSERT INTO webhooks (id, url, events, owner, campaign, note, secret, created_by, created)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(webhook.id.to_string())
        .bind(&webhook.url)
        .bind(words.join(","))
        .bind(&webhook.owner)
        .bind(&webhook.campaign)
        .bind(&webhook.note)
        .bind(sealed)
        .bind(&webhook.created_by)
        .bind(micros(created))
        .execute(&self.shared.pool)
        .await?;
        self.shared.reload().await?;
        Ok((webhook, secret))
    }

    /// Removes a receiver with all its deliveries; tells whether there was one.
    ///
    /// # Errors
    /// The database failed.
    pub async fn remove(&self, id: Uuid) -> Result<bool, WebhookError> {
        let id = id.to_string();
        let mut work = self.shared.pool.begin().await?;
        sqlx::query("DELETE FROM webhook_deliveries WHERE webhook = $1").bind(&id).execute(&mut *work).await?;
        let removed = sqlx::query("DELETE FROM webhooks WHERE id = $1").bind(&id).execute(&mut *work).await?;
        work.commit().await?;
        self.shared.reload().await?;
        Ok(removed.rows_affected() > 0)
    }

    /// Deliveries of a receiver, newest first, in this state if one is given, older than `before`; `None` where there is
    /// no such receiver.
    ///
    /// # Errors
    /// The database failed.
    pub async fn deliveries(
        &self,
        id: Uuid,
        state: Option<State>,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Option<Deliveries>, WebhookError> {
        let pool = &self.shared.pool;
        let known = sqlx::query("SELECT id FROM webhooks WHERE id = $1").bind(id.to_string()).fetch_optional(pool);
        if known.await?.is_none() {
            return Ok(None);
        }
        let rows = sqlx::query(
            "SELECT * FROM webhook_deliveries
             WHERE webhook = $1 AND ($2 = '' OR state = $2) AND ($3 = '' OR id < $3)
             ORDER BY id DESC LIMIT $4",
        )
        .bind(id.to_string())
        .bind(state.map_or("", State::word))
        .bind(before.map(|before| before.to_string()).unwrap_or_default())
        .bind(i64::from(limit) + 1)
        .fetch_all(pool)
        .await?;
        let wanted = limit as usize;
        let deliveries = rows.iter().take(wanted).map(delivery).collect::<Result<Vec<_>, _>>()?;
        let last = deliveries.last().map(|delivery| delivery.id.to_string());
        Ok(Some(Deliveries { deliveries, next: last.filter(|_| rows.len() > wanted) }))
    }

    /// Has a delivery sent again, with all its tries before it; `None` where there is no such delivery.
    ///
    /// # Errors
    /// The database failed.
    pub async fn redeliver(&self, id: Uuid, delivery_id: Uuid) -> Result<Option<Delivery>, WebhookError> {
        let row = sqlx::query(
            "UPDATE webhook_deliveries
             SET state = 'pending', attempts = 0, next_at = $1, lease = NULL, finished = NULL
             WHERE webhook = $2 AND id = $3 RETURNING *",
        )
        .bind(micros(Timestamp::now()))
        .bind(id.to_string())
        .bind(delivery_id.to_string())
        .fetch_optional(&self.shared.pool)
        .await?;
        self.shared.due.notify_one();
        Ok(row.as_ref().map(delivery).transpose()?)
    }
}
