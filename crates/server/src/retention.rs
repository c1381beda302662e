//! Deletes what is too old, and proves it.
//!
//! A sweep deletes audio older than `retention.audio` and records older than `retention.calls`, and audio that no record
//! knows of, as a kill in the middle of keeping may leave it. Then it looks again, in the audio store itself and in the
//! database, and the audit log gets an entry that tells what was deleted and that nothing was left.

mod stray;
mod swept;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::audit::Audit;
use crate::config::RetentionConfig;
use crate::store::{Expired, Store, StoreError};
use crate::vault::{Vault, VaultError};

pub use swept::Swept;

/// How many calls are worked on in one go.
const PIECE: u32 = 500;
/// How many deletions go on at once.
const AT_ONCE: usize = 8;
/// The longest a sweep waits for records on their way into the database.
const SETTLE: Duration = Duration::from_secs(30);

/// Why a sweep could not be finished. The next one tries again.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The database.
    #[error("cannot sweep what is too old in the database")]
    Store(#[from] StoreError),
    /// The audio store.
    #[error("cannot sweep what is too old in the audio store")]
    Vault(#[from] VaultError),
    /// It was deleted, and is there.
    #[error("{audio} recordings and {calls} records are too old and still there")]
    Left {
        /// How many recordings.
        audio: u64,
        /// How many records.
        calls: u64,
    },
}

/// How sweeps fare.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SweepHealth {
    /// When a sweep was last finished with nothing left.
    pub finished: Option<Timestamp>,
    /// Why the last one was not.
    pub failing: Option<String>,
}

/// Deletes what is too old.
#[derive(Clone, Debug)]
pub struct Sweeper {
    config: RetentionConfig,
    store: Store,
    vault: Vault,
    audit: Audit,
    health: Arc<Mutex<SweepHealth>>,
}

impl Sweeper {
    /// Prepares sweeps; nothing is deleted before [`Self::run`] or [`Self::run_once`].
    pub fn new(config: &RetentionConfig, store: &Store, vault: &Vault, audit: &Audit) -> Self {
        Self {
            config: config.clone(),
            store: store.clone(),
            vault: vault.clone(),
            audit: audit.clone(),
            health: Arc::default(),
        }
    }

    /// Sweeps at once and then every `retention.sweep`, until it is told to stop. A sweep that fails is tried again then.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            let sweep = self.run_once(Timestamp::now());
            // What went wrong was told by the sweep itself.
            if stop.run_until_cancelled(sweep).await.is_none() {
                return;
            }
            if stop.run_until_cancelled(tokio::time::sleep(self.config.sweep)).await.is_none() {
                return;
            }
        }
    }

    /// How sweeps fare.
    pub fn health(&self) -> SweepHealth {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Deletes what is too old at `now`, and looks whether it is gone. What was done is told in the log and, if it was
    /// anything, in the audit log.
    ///
    /// # Errors
    /// The database or the audio store failed, or something is still there. What could be deleted is.
    pub async fn run_once(&self, now: Timestamp) -> Result<Swept, SweepError> {
        // What is on its way into the database is swept with the rest. If it does not come, the next sweep has it.
        self.store.settle(SETTLE).await;
        let mut swept = Swept::new(before(now, self.config.audio), before(now, self.config.calls));
        // One that fails does not keep the others from what they can do.
        let audio = self.audio(&mut swept).await;
        let calls = self.calls(&mut swept).await;
        let strays = self.strays(now, &mut swept).await;
        let outcome = match audio.and(calls).and(strays) {
            Ok(()) => self.prove(&mut swept).await,
            Err(error) => Err(error),
        };
        self.tell(&swept, outcome.as_ref().err());
        outcome.map(|()| swept)
    }

    fn tell(&self, swept: &Swept, error: Option<&SweepError>) {
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = error {
            let error = crate::error::chain(error);
            tracing::error!(error_code = "sweep", error, "a sweep was not finished");
            if swept.anything() {
                self.audit.note_own("sweep.failed", "retention", swept.detail(Some(&error)));
            }
            health.failing = Some(error);
        } else {
            if swept.anything() {
                tracing::info!(
                    audio = swept.audio,
                    calls = swept.calls,
                    strays = swept.strays,
                    "swept what is too old"
                );
                self.audit.note_own("sweep.done", "retention", swept.detail(None));
            }
            *health = SweepHealth { finished: Some(Timestamp::now()), failing: None };
        }
    }

    /// Deletes audio that is too old.
    async fn audio(&self, swept: &mut Swept) -> Result<(), SweepError> {
        let mut done = HashSet::new();
        loop {
            let expired = self.store.expired_audio(swept.audio_before, PIECE).await?;
            let fresh: Vec<Expired> = expired.into_iter().filter(|call| !done.contains(&call.id)).collect();
            if fresh.is_empty() {
                return Ok(());
            }
            let (gone, failed) = self.delete_audio(fresh).await;
            let ids: Vec<Uuid> = gone.iter().map(|call| call.id).collect();
            self.store.audio_gone(&ids).await?;
            for id in ids {
                swept.deleted_audio(id);
                done.insert(id);
            }
            if let Some(error) = failed
                && gone.is_empty()
            {
                return Err(error);
            }
        }
    }

    /// Deletes records that are too old, what audio they may have first.
    async fn calls(&self, swept: &mut Swept) -> Result<(), SweepError> {
        loop {
            let expired = self.store.expired_calls(swept.calls_before, PIECE).await?;
            if expired.is_empty() {
                return Ok(());
            }
            let (gone, failed) = self.delete_audio(expired).await;
            let ids: Vec<Uuid> = gone.iter().map(|call| call.id).collect();
            for call in gone.iter().filter(|call| call.audio_key.is_some()) {
                swept.deleted_audio(call.id);
            }
            let deleted = if ids.is_empty() { 0 } else { self.store.delete(&ids).await? };
            swept.deleted_calls(&ids, deleted);
            match failed {
                Some(error) if deleted == 0 => return Err(error),
                _ if deleted == 0 => return Ok(()),
                _ => {}
            }
        }
    }

    /// Deletes the audio of these and looks whether it is gone; gives those that have none any more, and the first
    /// failure.
    async fn delete_audio(&self, calls: Vec<Expired>) -> (Vec<Expired>, Option<SweepError>) {
        let outcomes = futures_util::stream::iter(calls.into_iter().map(|call| async move {
            let Some(key) = &call.audio_key else {
                return Ok(call);
            };
            self.vault.delete(key).await?;
            if self.vault.exists(key).await? { Err(SweepError::Left { audio: 1, calls: 0 }) } else { Ok(call) }
        }));
        let mut outcomes = outcomes.buffer_unordered(AT_ONCE);
        let (mut gone, mut failed) = (Vec::new(), None);
        while let Some(outcome) = outcomes.next().await {
            match outcome {
                Ok(call) => gone.push(call),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        (gone, failed)
    }

    /// Looks whether anything that is too old is left: in the list of the audio store, and in the database.
    async fn prove(&self, swept: &mut Swept) -> Result<(), SweepError> {
        swept.left_audio = self.too_old(swept.audio_before).await?.len() as u64;
        swept.left_audio += self.store.expired_audio(swept.audio_before, 1).await?.len() as u64;
        swept.left_calls = self.store.expired_calls(swept.calls_before, 1).await?.len() as u64;
        swept.proven = swept.left_audio == 0 && swept.left_calls == 0;
        if swept.proven { Ok(()) } else { Err(SweepError::Left { audio: swept.left_audio, calls: swept.left_calls }) }
    }
}

fn before(now: Timestamp, age: Duration) -> Timestamp {
    let age = SignedDuration::try_from(age).unwrap_or(SignedDuration::MAX);
    now.checked_sub(age).unwrap_or(Timestamp::MIN)
}
