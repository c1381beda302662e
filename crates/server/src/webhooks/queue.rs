//! From news to rows in the database.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use jiff::Timestamp;
use sqlx::Row as _;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{broadcast, mpsc};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};
use uuid::Uuid;

use super::subject::{self, Subject};
use super::table::micros;
use super::{Shared, WebhookError};
use crate::app::App;
use crate::error::chain;
use crate::live::News;

/// How many rows may wait while the database is away.
pub(super) const MOST_WAITING: usize = 100_000;
/// How many rows are written at once.
const BATCH: usize = 256;
/// How often receivers are read again, and rows counted.
const REFRESH: Duration = Duration::from_secs(5);
/// How often rows that are too old are deleted.
const SWEEP: Duration = Duration::from_secs(600);
/// How long deliveries that were taken are kept.
const DONE_KEPT: Duration = Duration::from_secs(7 * 86_400);
/// How long the database may take for the last rows, all of them together, when the service stops.
const LAST_WRITE: Duration = Duration::from_secs(5);

/// One piece of news for one receiver.
pub(super) struct NewRow {
    id: Uuid,
    webhook: Uuid,
    call: Uuid,
    subject: Subject,
    body: Arc<str>,
    at: Timestamp,
}

/// Hears news and makes rows of it, until the service closes. Never waits for the database.
pub(super) async fn listen(shared: Arc<Shared>, mut news: broadcast::Receiver<News>, rows: mpsc::Sender<NewRow>) {
    let mut sequence = 0;
    loop {
        tokio::select! {
            heard = news.recv() => match heard {
                Ok(heard) => take(&shared, &heard, &mut sequence, &rows),
                Err(RecvError::Lagged(count)) => lost(count),
                Err(RecvError::Closed) => return,
            },
            () = shared.closing.cancelled() => break,
        }
    }
    loop {
        match news.try_recv() {
            Ok(heard) => take(&shared, &heard, &mut sequence, &rows),
            Err(TryRecvError::Lagged(count)) => lost(count),
            Err(TryRecvError::Empty | TryRecvError::Closed) => return,
        }
    }
}

fn lost(count: u64) {
    tracing::error!(count, "news was lost for webhooks");
}

fn take(shared: &Shared, news: &News, sequence: &mut u64, rows: &mpsc::Sender<NewRow>) {
    let Some(subject) = Subject::of_news(news) else { return };
    let receivers = shared.receivers.load();
    let mut wanting = receivers.iter().filter(|receiver| receiver.wants(subject, news.call())).peekable();
    if wanting.peek().is_none() {
        return;
    }
    *sequence += 1;
    let at = Timestamp::now();
    let body: Arc<str> = subject::body(subject, *sequence, at, news).into();
    for receiver in wanting {
        let row = NewRow {
            id: Uuid::now_v7(),
            webhook: receiver.webhook.id,
            call: news.call().id,
            subject,
            body: Arc::clone(&body),
            at,
        };
        if rows.try_send(row).is_err() {
            lost(1);
        }
    }
}

/// Writes rows into the database, and tries for as long as it is away. Ends once no more can come.
pub(super) async fn write(shared: Arc<Shared>, app: Arc<App>, mut rows: mpsc::Receiver<NewRow>) {
    let (mut refresh, mut sweep) = (interval(REFRESH), interval(SWEEP));
    refresh.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut batch = Vec::with_capacity(BATCH);
    let mut end = None;
    loop {
        tokio::select! {
            count = rows.recv_many(&mut batch, BATCH) => {
                if count == 0 {
                    return;
                }
                insist(&shared, &batch, &mut end).await;
                batch.clear();
                shared.due.notify_one();
            }
            _ = refresh.tick() => quietly(&shared, refreshed(&shared, &app).await),
            _ = sweep.tick() => quietly(&shared, swept(&shared).await.map_err(WebhookError::from)),
        }
    }
}

fn quietly(shared: &Shared, result: Result<(), WebhookError>) {
    if let Err(error) = &result {
        tracing::warn!(error = %chain(error), "the database does not answer the webhooks");
    }
    shared.is_failing.store(result.is_err(), Ordering::Relaxed);
}

/// Writes a batch, however long it takes; when the service closes, until `end`, which is set then, for all batches.
async fn insist(shared: &Shared, batch: &[NewRow], end: &mut Option<Instant>) {
    let waits = ExponentialBuilder::new().with_max_delay(Duration::from_secs(10)).with_jitter().without_max_times();
    let tries = async {
        for wait in waits.build() {
            match insert(shared, batch).await {
                Ok(()) => return,
                Err(error) => {
                    quietly(shared, Err(error.into()));
                    tokio::time::sleep(wait).await;
                }
            }
        }
    };
    tokio::pin!(tries);
    tokio::select! {
        () = &mut tries => return,
        () = shared.closing.cancelled() => {}
    }
    let end = *end.get_or_insert_with(|| Instant::now() + LAST_WRITE);
    if timeout_at(end, tries).await.is_err() {
        lost(batch.len() as u64);
    }
}

async fn insert(shared: &Shared, batch: &[NewRow]) -> Result<(), sqlx::Error> {
    let mut work = shared.pool.begin().await?;
    for row in batch {
        // A receiver may have been removed since.
        sqlx::query(
            "INSERT INTO webhook_deliveries (id, webhook, call, event, body, state, attempts, next_at, created)
             SELECT $1, id, $3, $4, $5, 'pending', 0, $6, $7 FROM webhooks WHERE id = $2
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(row.id.to_string())
        .bind(row.webhook.to_string())
        .bind(row.call.to_string())
        .bind(row.subject.word())
        .bind(&*row.body)
        .bind(micros(row.at))
        .bind(micros(row.at))
        .execute(&mut *work)
        .await?;
    }
    work.commit().await
}

/// Reads the receivers again and counts the rows.
async fn refreshed(shared: &Shared, app: &App) -> Result<(), WebhookError> {
    shared.reload().await?;
    let dead = sqlx::query("SELECT COUNT(*) FROM webhook_deliveries WHERE state = 'dead'");
    let pending = sqlx::query("SELECT COUNT(*) FROM webhook_deliveries WHERE state = 'pending'");
    let dead: i64 = dead.fetch_one(&shared.pool).await?.try_get(0)?;
    let pending: i64 = pending.fetch_one(&shared.pool).await?.try_get(0)?;
    app.metrics.webhook_queue(dead.unsigned_abs(), pending.unsigned_abs());
    Ok(())
}

/// Deletes what was taken or given up long ago.
async fn swept(shared: &Shared) -> Result<(), sqlx::Error> {
    let now = Timestamp::now();
    for (state, kept) in [("done", DONE_KEPT.min(shared.keep)), ("dead", shared.keep)] {
        let before = micros(now).saturating_sub(i64::try_from(kept.as_micros()).unwrap_or(i64::MAX));
        sqlx::query("DELETE FROM webhook_deliveries WHERE finished < $1 AND state = $2")
            .bind(before)
            .bind(state)
            .execute(&shared.pool)
            .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ServerConfig;
    use crate::store::Store;
    use crate::vault::Vault;
    use crate::webhooks::Webhooks;

    #[tokio::test]
    async fn all_last_batches_have_one_end() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = ServerConfig::default();
        config.set("storage.folder", &folder.path().display().to_string()).unwrap();
        let store = Store::open(&config).await.unwrap();
        let vault = Vault::open(&config, &store).await.unwrap();
        let shared = Webhooks::new(&config, &store, &vault).shared;
        store.close().await;
        shared.closing.cancel();
        let set = Instant::now();
        let mut end = Some(set);
        for _ in 0..3 {
            insist(&shared, &[], &mut end).await;
        }
        assert_eq!(end, Some(set));
    }
}
