//! Records of calls, in SQLite or PostgreSQL.

mod call;
mod measured;
mod stats;

use std::time::Duration;

use jiff::Timestamp;
use sqlx::AnyPool;
use uuid::Uuid;

use crate::config::ServerConfig;
use crate::record::CallRecord;

pub use call::{CallDetail, CallFilter, CallPage, CallSummary, Expired, Feedback, Judge, NewFeedback, Truth};
pub use measured::Measured;
pub use stats::{Bin, MethodAccuracy, Percentiles, Reviewed, Share, Stats, StatsQuery, Step, Window};

/// Why the storage cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// A cursor that no page gave.
    #[error("cursor: given {given:?}, allowed is the `next` of a page")]
    Cursor {
        /// What was given.
        given: String,
    },
}

/// Which database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// SQLite, in a file.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// How records fare on their way into the database.
#[derive(Clone, Debug, PartialEq)]
pub struct StoreHealth {
    /// Which database it is.
    pub database: Database,
    /// How many entries of the journal wait.
    pub waiting: u64,
    /// How long the oldest of them waits.
    pub lag: Duration,
    /// Why the last try failed, while tries fail.
    pub failing: Option<String>,
    /// How many records were taken since the start.
    pub recorded: u64,
    /// How many entries the database would never take; they are in `refused` beside the journal.
    pub refused: u64,
}

/// The database, and the journal before it.
#[derive(Clone, Debug)]
pub struct Store {
    pool: AnyPool,
}

#[allow(unused_variables, reason = "bodies follow")]
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

    /// One page of calls, newest first, beginning after `cursor`.
    ///
    /// # Errors
    /// The cursor is none of ours, or the database failed.
    pub async fn calls(&self, filter: &CallFilter, cursor: Option<&str>, limit: u32) -> Result<CallPage, StoreError> {
        todo!()
    }

    /// A call by our name for it, or the newest by the caller's; of `owner`, if one is given.
    ///
    /// # Errors
    /// The database failed.
    pub async fn call(&self, name: &str, owner: Option<&str>) -> Result<Option<CallDetail>, StoreError> {
        todo!()
    }

    /// Notes who really answered; `None` where there is no such call.
    ///
    /// # Errors
    /// The database failed.
    pub async fn feedback(&self, id: Uuid, feedback: &NewFeedback) -> Result<Option<Feedback>, StoreError> {
        todo!()
    }

    /// The calls that tell most when somebody listens to them: audio kept, no truth yet, least sure first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn review(&self, owner: Option<&str>, limit: u32) -> Result<Vec<CallSummary>, StoreError> {
        todo!()
    }

    /// Figures over a window of time.
    ///
    /// # Errors
    /// The database failed.
    pub async fn stats(&self, query: &StatsQuery) -> Result<Stats, StoreError> {
        todo!()
    }

    /// Calls begun before `before` whose audio is kept, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn expired_audio(&self, before: Timestamp, limit: u32) -> Result<Vec<Expired>, StoreError> {
        todo!()
    }

    /// Calls begun before `before`, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn expired_calls(&self, before: Timestamp, limit: u32) -> Result<Vec<Expired>, StoreError> {
        todo!()
    }

    /// Deletes calls with all that belongs to them, and tells how many there were. Their audio is deleted first, by the
    /// caller.
    ///
    /// # Errors
    /// The database failed.
    pub async fn delete(&self, ids: &[Uuid]) -> Result<u64, StoreError> {
        todo!()
    }

    /// How records fare on their way into the database.
    pub fn health(&self) -> StoreHealth {
        todo!()
    }

    /// Asks the database whether it answers.
    ///
    /// # Errors
    /// It does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
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
pub(crate) fn folder(_config: &ServerConfig) -> std::io::Result<&std::path::Path> {
    todo!()
}
