//! Records of calls, in SQLite or PostgreSQL.

use std::path::Path;

use sqlx::AnyPool;
use uuid::Uuid;

use crate::config::ServerConfig;
use crate::record::CallRecord;

/// Why the storage cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

/// The database, and the journal before it.
#[derive(Clone, Debug)]
pub struct Store {
    pool: AnyPool,
}

impl Store {
    /// Opens the database and brings its tables up to date where `storage.migrate` says so.
    ///
    /// # Errors
    /// It cannot be opened, or is behind and may not be brought up to date.
    pub async fn open(_config: &ServerConfig) -> Result<Self, StoreError> {
        todo!()
    }

    /// Keeps a record. Once this returns, no kill of the process loses it.
    ///
    /// # Errors
    /// It could not be written down.
    pub async fn record(&self, _record: &CallRecord) -> Result<(), StoreError> {
        todo!()
    }

    /// Says where the audio of a call is kept, or, with `None`, that it is not any more.
    ///
    /// # Errors
    /// The database failed.
    pub async fn audio_kept(&self, _id: Uuid, _key: Option<&str>) -> Result<(), StoreError> {
        todo!()
    }

    /// The database itself, for the tables of other modules.
    pub(crate) fn pool(&self) -> &AnyPool {
        &self.pool
    }

    /// Writes what is under way and closes.
    pub async fn close(&self) {
        todo!()
    }
}

/// The folder of everything embedded, made if it is not there.
#[allow(dead_code, reason = "x")]
pub(crate) fn folder(_config: &ServerConfig) -> std::io::Result<&Path> {
    todo!()
}
