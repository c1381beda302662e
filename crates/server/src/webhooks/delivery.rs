//! From rows in the database to receivers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, StatusCode, redirect};
use sqlx::Row as _;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::table::{Receiver, State, micros};
use super::{Shared, signature, target};
use crate::app::App;
use crate::config::WebhookConfig;
use crate::error::chain;
use crate::metrics::Delivery as Counted;

/// The first wait after a try that failed; each further one is twice as long, and longer by a random part of itself.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(3_600);
/// How often it is looked for rows that other nodes left.
const LOOK: Duration = Duration::from_secs(5);
/// How much longer a claim lasts than an answer may take.
const MARGIN: Duration = Duration::from_secs(30);

/// What sends: follows no redirects, uses no proxy, and connects inside only if it is allowed.
pub(super) fn client(config: &WebhookConfig) -> Result<Client, reqwest::Error> {
    let client = Client::builder()
        .user_agent(concat!("Offhook/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .no_proxy()
        .timeout(config.answer_time);
    if config.private { client } else { client.dns_resolver(Arc::new(target::PublicOnly)) }.build()
}

/// A row that this node may try.
struct Claimed {
    id: String,
    webhook: String,
    body: String,
    attempts: u32,
    lease: String,
}

/// How a try went.
enum Outcome {
    /// The receiver took it.
    Taken(u16),
    /// It did not; whether to try again, and no earlier than after what it asked for.
    Failed { status: Option<u16>, why: String, again: bool, wait: Duration },
}

/// Sends what is due, until the service closes; then waits for the tries under way.
pub(super) async fn deliver(shared: Arc<Shared>, app: Arc<App>, client: Client) {
    let most = shared.config.at_once.max(1) as usize;
    let mut under_way = JoinSet::new();
    loop {
        let room = most - under_way.len().min(most);
        let claimed = if room == 0 { Ok(Vec::new()) } else { claim(&shared, room).await };
        let look = match claimed {
            Ok(rows) if rows.is_empty() && room > 0 => until_due(&shared).await.unwrap_or(LOOK),
            Ok(rows) => {
                for row in rows {
                    under_way.spawn(attempt(Arc::clone(&shared), Arc::clone(&app), client.clone(), row));
                }
                LOOK
            }
            Err(error) => {
                tracing::warn!(error = %chain(&error), "the database does not answer the webhooks");
                LOOK
            }
        };
        tokio::select! {
            () = shared.closing.cancelled() => break,
            Some(_) = under_way.join_next() => {}
            () = shared.due.notified() => {}
            () = tokio::time::sleep(look) => {}
        }
    }
    while under_way.join_next().await.is_some() {}
}

/// Takes up to `room` rows that are due, so that no other node takes them while they are tried.
async fn claim(shared: &Shared, room: usize) -> Result<Vec<Claimed>, sqlx::Error> {
    let now = Timestamp::now();
    let until = micros(now).saturating_add((shared.config.answer_time + MARGIN).as_micros() as i64);
    let lease = Uuid::now_v7().to_string();
    // A second node that waits for a row here checks it again once the first is done, and finds it not due any more.
    let rows = sqlx::query(
        "UPDATE webhook_deliveries SET next_at = $1, lease = $2
         WHERE state = 'pending' AND next_at <= $3 AND id IN (
             SELECT id FROM webhook_deliveries WHERE state = 'pending' AND next_at <= $4 ORDER BY next_at, id LIMIT $5)
         RETURNING id, webhook, body, attempts",
    )
    .bind(until)
    .bind(&lease)
    .bind(micros(now))
    .bind(micros(now))
    .bind(i64::try_from(room).unwrap_or(i64::MAX))
    .fetch_all(&shared.pool)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Claimed {
                id: row.try_get("id")?,
                webhook: row.try_get("webhook")?,
                body: row.try_get("body")?,
                attempts: row.try_get::<i64, _>("attempts")?.try_into().unwrap_or(u32::MAX),
                lease: lease.clone(),
            })
        })
        .collect()
}

/// How long until the next row is due, within bounds.
async fn until_due(shared: &Shared) -> Result<Duration, sqlx::Error> {
    let query = sqlx::query("SELECT MIN(next_at) FROM webhook_deliveries WHERE state = 'pending'");
    let next: Option<i64> = query.fetch_one(&shared.pool).await?.try_get(0)?;
    let wait = next.map_or(i64::MAX, |next| next.saturating_sub(micros(Timestamp::now())));
    Ok(Duration::from_micros(wait.max(0).unsigned_abs()).clamp(Duration::from_millis(10), LOOK))
}

async fn attempt(shared: Arc<Shared>, app: Arc<App>, client: Client, row: Claimed) {
    let started = Instant::now();
    let receiver = shared.receivers.load().iter().find(|known| known.webhook.id.to_string() == row.webhook).cloned();
    let outcome = match receiver {
        Some(receiver) => send(&client, &receiver, &row, shared.config.private).await,
        // Set up by another node a moment ago.
        None => failed(None, "the receiver is not known here yet"),
    };
    let took = started.elapsed();
    match finish(&shared, &row, outcome).await {
        Ok(counted) => app.metrics.webhook(counted, took),
        Err(error) => {
            tracing::warn!(error = %chain(&error), delivery = row.id, "what became of a delivery cannot be written down");
        }
    }
}

fn failed(status: Option<u16>, why: impl Into<String>) -> Outcome {
    Outcome::Failed { status, why: why.into(), again: true, wait: Duration::ZERO }
}

async fn send(client: &Client, receiver: &Receiver, row: &Claimed, private: bool) -> Outcome {
    let url = match target::parse(&receiver.webhook.url, private) {
        Ok(url) => url,
        Err(error) => return failed(None, error.to_string()),
    };
    let seconds = Timestamp::now().as_second();
    let Some(signature) = signature::sign(receiver.secret.reveal(), &row.id, seconds, &row.body) else {
        return failed(None, "the secret of the receiver cannot be read");
    };
    let request = client
        .post(url)
        .header(CONTENT_TYPE, "application/json")
        .header("webhook-id", &row.id)
        .header("webhook-timestamp", seconds)
        .header("webhook-signature", signature)
        .body(row.body.clone());
    let answer = match request.send().await {
        Ok(answer) => answer,
        Err(error) => return failed(None, chain(&error.without_url())),
    };
    let status = answer.status();
    if status.is_success() {
        return Outcome::Taken(status.as_u16());
    }
    let seconds = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    Outcome::Failed {
        status: Some(status.as_u16()),
        why: format!("the receiver answered {status}"),
        // Gone: it asks not to be told any more (Standard Webhooks).
        again: status != StatusCode::GONE,
        wait: Duration::from_secs(seconds.unwrap_or(0)).min(LONGEST_WAIT),
    }
}

/// The wait after so many tries.
fn wait_after(attempts: u32) -> Duration {
    let waits = ExponentialBuilder::new()
        .with_min_delay(FIRST_WAIT)
        .with_max_delay(LONGEST_WAIT)
        .with_factor(2.0)
        .with_jitter()
        .without_max_times();
    waits.build().nth(attempts.saturating_sub(1) as usize).unwrap_or(LONGEST_WAIT)
}

async fn finish(shared: &Shared, row: &Claimed, outcome: Outcome) -> Result<Counted, sqlx::Error> {
    let now = Timestamp::now();
    let attempts = row.attempts.saturating_add(1);
    let (state, status, why, wait) = match outcome {
        Outcome::Taken(status) => (State::Done, Some(status), None, Duration::ZERO),
        Outcome::Failed { status, why, again, wait } => {
            let state = if again && attempts < shared.config.attempts { State::Pending } else { State::Dead };
            (state, status, Some(why), wait_after(attempts).max(wait))
        }
    };
    if state == State::Dead {
        tracing::warn!(delivery = row.id, webhook = row.webhook, attempts, error = why, "a delivery was given up");
    }
    let next = micros(now).saturating_add(wait.as_micros() as i64);
    // A claim that ran out may have gone to another node: then its word counts.
    sqlx::query(
        "UPDATE webhook_deliveries
         SET state = $1, attempts = $2, next_at = $3, lease = NULL, finished = $4, last_status = $5, last_error = $6
         WHERE id = $7 AND lease = $8",
    )
    .bind(state.word())
    .bind(i64::from(attempts))
    .bind(next)
    .bind((state != State::Pending).then(|| micros(now)))
    .bind(status.map(i64::from))
    .bind(why)
    .bind(&row.id)
    .bind(&row.lease)
    .execute(&shared.pool)
    .await?;
    Ok(match state {
        State::Done => Counted::Delivered,
        State::Pending => Counted::Retried,
        State::Dead => Counted::Dead,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_from_a_second_up_to_an_hour() {
        for (attempts, least) in [(1, 1), (2, 2), (3, 4), (8, 128), (12, 2_048), (13, 3_600), (40, 3_600)] {
            let least = Duration::from_secs(least);
            let wait = wait_after(attempts);
            assert!(wait >= least && wait <= 2 * least, "{attempts}: {wait:?}");
        }
    }
}
