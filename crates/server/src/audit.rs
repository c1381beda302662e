//! Who did what: an append-only log, each entry bound to the one before it by its hash.
//!
//! Each node writes a chain of its own. An entry's hash covers the hash of the one before it, so an entry that is changed,
//! removed, put in or moved breaks the chain there. The hash of the newest is also kept in a file of the node's folder, so
//! that it shows when the end of the chain is cut off. The database refuses to change or delete entries by triggers;
//! [`verify`] tells whether somebody got past them.

mod chain;
mod guard;
mod head;
mod read;
mod redact;
mod verify;
mod writer;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use self::chain::Draft;
use self::writer::{Message, Writer};
use crate::auth::Identity;
use crate::config::ServerConfig;
use crate::store::Store;

pub use read::{AuditFilter, AuditPage, Entry, export, page};
pub use verify::{Break, Chain, Fault, verify};

/// How many entries may wait for the database.
const QUEUE: usize = 16_384;

/// Why the log cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The database.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// A file of the node.
    #[error("storage.folder: cannot use {path}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file that tells the newest entry is not what was written there.
    #[error("{path} does not tell the newest entry of a chain")]
    Head {
        /// Which.
        path: PathBuf,
    },
    /// A cursor that no page gave.
    #[error("cursor: given {given:?}, allowed is the `next` of a page")]
    Cursor {
        /// What was given.
        given: String,
    },
}

/// The log.
#[derive(Clone, Debug)]
pub struct Audit {
    shared: Arc<Shared>,
    queue: mpsc::Sender<Message>,
}

/// What those who note and the one who writes both see.
#[derive(Debug)]
struct Shared {
    node: String,
    /// Entries that found the queue full and are not told of yet.
    lost: AtomicU64,
    /// Why the database does not take entries.
    trouble: Mutex<Option<String>>,
}

impl Shared {
    fn trouble(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Audit {
    /// Opens the log, finds the end of this node's chain, and begins to write.
    ///
    /// # Errors
    /// The database failed, or the files of the node cannot be used.
    pub async fn open(config: &ServerConfig, store: &Store) -> Result<Self, AuditError> {
        let pool = store.pool().clone();
        guard::install(&pool).await?;
        let folder = &config.storage.folder;
        let node = head::node(folder)?;
        let shared = Arc::new(Shared { node, lost: AtomicU64::new(0), trouble: Mutex::default() });
        let (queue, notes) = mpsc::channel(QUEUE);
        let writer = Writer::open(pool, folder.clone(), Arc::clone(&shared)).await?;
        tokio::spawn(writer.run(notes));
        Ok(Self { shared, queue })
    }

    /// Notes that `who` did `action` to `subject`. Returns at once; entries are written in order. What is secret or
    /// personal in `detail`, by its name or its look, is redacted. Where more entries wait for the database than can, this
    /// one is lost, and an entry `audit.overflow` tells how many were.
    pub fn note(&self, who: &Identity, action: &'static str, subject: &str, detail: Value) {
        self.append(&who.id, action, subject, detail);
    }

    /// Notes that the service itself did `action` to `subject`; else as [`Self::note`].
    pub fn note_own(&self, action: &'static str, subject: &str, detail: Value) {
        self.append("service", action, subject, detail);
    }

    fn append(&self, actor: &str, action: &'static str, subject: &str, detail: Value) {
        let draft = Draft::new(Timestamp::now(), actor, action, subject, detail);
        if self.queue.try_send(Message::Note(draft)).is_err() && self.shared.lost.fetch_add(1, Ordering::Relaxed) == 0 {
            tracing::error!(
                error_code = "audit_overflow",
                "entries of the audit log are lost: the database is too slow"
            );
        }
    }

    /// Waits until all that was noted before is written, `patience` at most; tells whether it is.
    pub async fn flush(&self, patience: Duration) -> bool {
        let written = async {
            let (done, written) = oneshot::channel();
            self.queue.send(Message::Flush(done)).await.is_ok() && written.await.is_ok()
        };
        tokio::time::timeout(patience, written).await.unwrap_or(false)
    }

    /// The name of this node's chain.
    pub fn node(&self) -> &str {
        &self.shared.node
    }

    /// Why the database does not take entries; `None` while it does.
    pub fn trouble(&self) -> Option<String> {
        self.shared.trouble().clone()
    }
}
