//! Takes what is in the journal into the database, many entries at a time, for as long as it takes.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use backon::{ExponentialBuilder, Retryable as _};
use sqlx::AnyPool;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::columns;
use super::database::Database;
use super::entry::{Entry, What};
use super::journal::{Chunk, Journal, Left, Own};
use super::progress::Progress;
use crate::error::chain;

/// How many entries are one transaction.
const BATCH: usize = 256;

/// After so long without anything to write, the journal is tidied.
const IDLE: Duration = Duration::from_secs(1);

/// How often what processes that died meanwhile left is looked for.
const TAKE_OVER: Duration = Duration::from_secs(60);

/// The one that writes to the database.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) database: Database,
    pub(super) pool: AnyPool,
    pub(super) journal: Journal,
    pub(super) progress: Arc<Progress>,
    /// Where entries are put that the database would never take.
    pub(super) refused: PathBuf,
    /// Cancelled when nothing more is recorded.
    pub(super) closing: CancellationToken,
}

impl Writer {
    /// Writes until the store is closed and everything is written.
    pub(super) async fn work(self, left: Vec<Left>) {
        let mut left = VecDeque::from(left);
        let mut own = self.journal.own();
        let mut looked = Instant::now();
        loop {
            // Before the step, for on a busy node there is always another one.
            if looked.elapsed() >= TAKE_OVER {
                looked = Instant::now();
                match self.journal.take_over().await {
                    Ok(more) => left.extend(more),
                    Err(error) => tracing::warn!(%error, "the journal's folder cannot be read"),
                }
            }
            match self.step(&mut left, &mut own).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(%error, "the journal cannot be read or removed");
                    self.progress.fails(Some(error.to_string()));
                    tokio::time::sleep(IDLE).await;
                }
            }
            let closing = self.closing.is_cancelled();
            own.tidy(closing);
            if closing && own.is_tidy() {
                break;
            }
            let told = async {
                tokio::select! {
                    () = own.more() => {}
                    () = self.closing.cancelled(), if !closing => {}
                }
            };
            if tokio::time::timeout(IDLE, told).await.is_err() {
                own.tidy(true);
            }
        }
        if let Err(error) = own.end() {
            tracing::warn!(%error, "the lock of the journal cannot be removed");
        }
    }

    /// Writes some entries; `false` where there are none.
    async fn step(&self, left: &mut VecDeque<Left>, own: &mut Own) -> io::Result<bool> {
        if let Some(dead) = left.front_mut() {
            match dead.read(BATCH).await? {
                Some(chunk) => {
                    self.take(&chunk, false).await;
                    dead.done(&chunk)?;
                }
                None => {
                    if let Some(dead) = left.pop_front() {
                        dead.end()?;
                    }
                }
            }
            return Ok(true);
        }
        let Some(chunk) = own.read(BATCH).await? else { return Ok(false) };
        self.take(&chunk, true).await;
        own.done(&chunk)?;
        Ok(true)
    }

    /// Writes these entries, however long the database is away.
    async fn take(&self, chunk: &Chunk, own: bool) {
        let mut entries = Vec::with_capacity(chunk.entries.len());
        for bytes in &chunk.entries {
            match Entry::from_bytes(bytes) {
                Some(entry) => entries.push(entry),
                None => self.refuse(bytes, "not an entry that this version knows").await,
            }
        }
        if let Some(first) = entries.first() {
            self.progress.turned_to(first.written);
            if self.write(&entries).await.is_err() {
                for entry in &entries {
                    if let Err(error) = self.write(std::slice::from_ref(entry)).await {
                        self.refuse(&entry.to_bytes().unwrap_or_default(), &chain(&error)).await;
                    }
                }
            }
        }
        self.progress.done(chunk.entries.len() as u64, own);
    }

    /// Tries until the database answers.
    ///
    /// # Errors
    /// It answered that it will never take these.
    async fn write(&self, entries: &[Entry]) -> Result<(), sqlx::Error> {
        let patience = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(50))
            .with_max_delay(Duration::from_secs(3))
            .with_jitter()
            .without_max_times();
        let result = (|| self.try_write(entries))
            .retry(patience)
            .when(|error| !is_for_ever(error))
            .notify(|error, _| {
                let error = chain(error);
                if self.progress.failing().is_none() {
                    tracing::warn!(%error, "the database takes no records; they wait in the journal");
                }
                self.progress.fails(Some(error));
            })
            .await;
        if self.progress.failing().is_some() {
            tracing::info!("the database takes records again");
            self.progress.fails(None);
        }
        result
    }

    async fn try_write(&self, entries: &[Entry]) -> Result<(), sqlx::Error> {
        let mut transaction = self.pool.begin_with(self.database.begin()).await?;
        for entry in entries {
            match &entry.what {
                What::Call(row) => {
                    columns::insert(row).execute(&mut *transaction).await?;
                    sqlx::query("INSERT INTO call_details (id, details) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING")
                        .bind(row.id.to_string())
                        .bind(row.details.clone())
                        .execute(&mut *transaction)
                        .await?;
                }
                What::Audio { call, key } => {
                    sqlx::query("UPDATE calls SET audio_key = $2 WHERE id = $1")
                        .bind(call.to_string())
                        .bind(key.clone())
                        .execute(&mut *transaction)
                        .await?;
                }
                What::Handled { call, handling } => {
                    let insert = "INSERT INTO call_handling (id, handling) SELECT id, $2 FROM calls WHERE id = $1 \
                                  ON CONFLICT (id) DO UPDATE SET handling = excluded.handling";
                    sqlx::query(insert)
                        .bind(call.to_string())
                        .bind(handling.clone())
                        .execute(&mut *transaction)
                        .await?;
                }
            }
        }
        transaction.commit().await
    }

    /// Puts an entry aside for people to look at.
    async fn refuse(&self, entry: &[u8], why: &str) {
        let path = self.refused.join(format!("{}.entry", Uuid::now_v7()));
        tracing::error!(why, entry = %path.display(), "an entry of the journal cannot be taken into the database");
        let written = async {
            tokio::fs::create_dir_all(&self.refused).await?;
            tokio::fs::write(&path, entry).await
        };
        if let Err(error) = written.await {
            tracing::error!(%error, "nor can it be put aside: it is lost");
        }
        self.progress.refused();
    }
}

/// Whether the database will say the same however often it is asked: data it does not take (SQLSTATE classes 22, 23 and
/// 54; SQLite's TOOBIG, CONSTRAINT, MISMATCH and their extended codes).
fn is_for_ever(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Encode(_) => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| match code.len() {
            5 => ["22", "23", "54"].contains(&&code[..2]),
            _ => code.parse::<u32>().is_ok_and(|code| [18, 19, 20].contains(&(code & 0xff))),
        }),
        _ => false,
    }
}
