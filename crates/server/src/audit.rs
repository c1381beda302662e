//! Who did what: an append-only log, each entry bound to the one before it by its hash.

use serde_json::Value;

use crate::auth::Identity;
use crate::config::ServerConfig;
use crate::store::Store;

/// Why the log cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The database.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

/// The log.
#[derive(Clone, Debug)]
pub struct Audit {}

impl Audit {
    /// Opens the log and finds its end.
    ///
    /// # Errors
    /// The database failed.
    pub async fn open(_config: &ServerConfig, _store: &Store) -> Result<Self, AuditError> {
        todo!()
    }

    /// Notes that `who` did `action` to `subject`. Returns at once; entries are written in order.
    pub fn note(&self, _who: &Identity, _action: &'static str, _subject: &str, _detail: Value) {
        todo!()
    }
}
