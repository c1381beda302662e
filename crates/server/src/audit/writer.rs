//! The one task that writes entries.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use jiff::Timestamp;
use serde_json::json;
use sqlx::AnyPool;
use tokio::sync::{mpsc, oneshot};

use super::chain::{Draft, Link};
use super::read::{self, Entry};
use super::{AuditError, Shared, head};

/// How many entries are written in one transaction.
const BATCH: usize = 256;
/// Between tries to write, the wait doubles up to this.
const LONGEST_WAIT: Duration = Duration::from_secs(15);

#[derive(Debug)]
pub(super) enum Message {
    Note(Draft),
    Flush(oneshot::Sender<()>),
}

pub(super) struct Writer {
    pool: AnyPool,
    folder: PathBuf,
    shared: Arc<Shared>,
    /// The end of the chain.
    end: Link,
}

impl Writer {
    pub(super) async fn open(pool: AnyPool, folder: PathBuf, shared: Arc<Shared>) -> Result<Self, AuditError> {
        let end = end_of(&pool, &folder, &shared.node).await?;
        Ok(Self { pool, folder, shared, end })
    }

    /// Writes until nobody can note any more.
    pub(super) async fn run(mut self, mut notes: mpsc::Receiver<Message>) {
        let mut messages = Vec::with_capacity(BATCH);
        while notes.recv_many(&mut messages, BATCH).await > 0 {
            let (mut drafts, mut waiting) = (Vec::new(), Vec::new());
            for message in messages.drain(..) {
                match message {
                    Message::Note(draft) => drafts.push(draft),
                    Message::Flush(done) => waiting.push(done),
                }
            }
            let lost = self.shared.lost.swap(0, Ordering::Relaxed);
            if lost > 0 {
                let detail = json!({ "lost": lost });
                drafts.push(Draft::new(Timestamp::now(), "service", "audit.overflow", "audit", detail));
            }
            if !drafts.is_empty() {
                self.write(&drafts).await;
            }
            for done in waiting {
                // Whoever waited may have lost patience.
                let _ = done.send(());
            }
        }
    }

    /// Writes these, however long it takes.
    async fn write(&mut self, drafts: &[Draft]) {
        let wait = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(100))
            .with_max_delay(LONGEST_WAIT)
            .with_jitter()
            .without_max_times();
        let (pool, folder, shared) = (&self.pool, &self.folder, &*self.shared);
        // What the last try meant to write, of which it is unknown whether it did.
        let tried = &tokio::sync::Mutex::new((self.end.clone(), None::<Link>));
        let attempt = || async move {
            let mut tried = tried.lock().await;
            if let (_, Some(last)) = &*tried {
                let last = last.clone();
                if read::hash_at(pool, &shared.node, last.seq).await?.is_some_and(|hash| hash == last.hash) {
                    return Ok(last);
                }
                *tried = (end_of(pool, folder, &shared.node).await?, None);
            }
            let mut entries: Vec<Entry> = Vec::with_capacity(drafts.len());
            let mut end = tried.0.clone();
            for draft in drafts {
                let entry = draft.after(&shared.node, &end);
                end = Link::from(&entry);
                entries.push(entry);
            }
            tried.1 = Some(end.clone());
            read::insert(pool, &entries).await?;
            Ok::<Link, AuditError>(end)
        };
        let told = |error: &AuditError, wait: Duration| {
            let text = crate::error::chain(error);
            if shared.trouble().replace(text.clone()).is_none() {
                tracing::warn!(error_code = "audit_waits", error = text, ?wait, "the audit log waits for the database");
            }
        };
        // Without a limit of tries there is no error at the end.
        if let Ok(end) = attempt.retry(wait).notify(told).await {
            self.end = end;
        }
        *shared.trouble() = None;
        // It waits for the disk.
        let (folder, end) = (folder.clone(), self.end.clone());
        let kept = tokio::task::spawn_blocking(move || head::keep(&folder, &end)).await;
        if let Ok(Err(error)) = kept {
            tracing::error!(
                error_code = "audit_head",
                error = crate::error::chain(&error),
                "the end of the audit log is not kept"
            );
        }
    }
}

/// The end of a node's chain: that of the database, or, where entries that were written are not there any more, what the
/// node knows it wrote. Going on from there leaves the gap to be seen.
async fn end_of(pool: &AnyPool, folder: &std::path::Path, node: &str) -> Result<Link, AuditError> {
    let there = read::last(pool, node).await?.unwrap_or_default();
    let Some(known) = head::newest(folder)? else {
        return Ok(there);
    };
    if known.seq > there.seq || (known.seq == there.seq && known.hash != there.hash) {
        tracing::error!(
            error_code = "audit_broken",
            node,
            known = known.seq,
            found = there.seq,
            "the end of the audit log is not what was written: see offhook audit verify"
        );
        return Ok(known);
    }
    Ok(there)
}
