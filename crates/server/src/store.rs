//! Records of calls, in SQLite or PostgreSQL.
//!
//! A record is first written to a journal on disk, and is safe from then on: a killed process loses none, nor
//! does a database that is away. A writer takes the journal into the database, many records at a time.

mod call;
mod columns;
mod condition;
mod counting;
mod cursor;
mod database;
mod entry;
mod expiry;
mod export;
mod journal;
mod measured;
mod progress;
mod reading;
mod stats;
mod truth;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sqlx::AnyPool;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::config::ServerConfig;
use crate::record::CallRecord;
use crate::switch::Handling;
use entry::{CallRow, Entry, What};
use journal::Journal;
use progress::Progress;
use writer::Writer;

pub use call::{CallDetail, CallFilter, CallPage, CallSummary, Expired, Feedback, Judge, NewFeedback, Truth};
pub use database::Database;
pub(crate) use database::folder;
pub use export::{ExportError, ExportFormat, ExportQuery, export};
pub use measured::Measured;
pub use reading::LONGEST_PAGE;
pub use stats::{Bin, MethodAccuracy, Percentiles, Reviewed, Share, Stats, StatsQuery, Step, Window};

/// How long a question waits for a record that is on its way into the database.
const SETTLE: Duration = Duration::from_secs(2);

/// How long closing waits for the database. What is not in it then waits in the journal for the next start.
const CLOSE: Duration = Duration::from_secs(10);

/// Why the storage cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder of everything embedded.
    #[error("storage.folder: given {}, allowed is a folder that can be written to", .folder.display())]
    Folder {
        /// The folder, or what in it cannot be made.
        folder: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The address of the database. It may hold a password, so that what was given is not told.
    #[error("storage.database: allowed is {allowed}")]
    Address {
        /// What it must look like.
        allowed: &'static str,
    },
    /// There is no database to read.
    #[error("storage.database: there is none at {}: `offhook serve` or `offhook db migrate` makes it", .path.display())]
    Absent {
        /// The file that is not there.
        path: PathBuf,
    },
    /// The database lacks tables and may not be changed.
    #[error(
        "the database is behind: `offhook db migrate` brings it up to date, or storage.migrate = true at start; it lacks {}",
        .missing.join(", ")
    )]
    Behind {
        /// The names of the migrations it lacks.
        missing: Vec<String>,
    },
    /// The tables could not be brought up to date.
    #[error("the tables of the database cannot be brought up to date")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The database.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// The journal.
    #[error("the journal in storage.folder cannot be written or read")]
    Journal(#[from] std::io::Error),
    /// A record that cannot be written as JSON.
    #[error("the record cannot be written as JSON")]
    Record(#[from] serde_json::Error),
    /// A cursor that no page gave.
    #[error("cursor: given {given:?}, allowed is the `next` of a page")]
    Cursor {
        /// What was given.
        given: String,
    },
    /// The process is stopping.
    #[error("the storage is closed")]
    Closed,
}

/// Brings the tables of the database up to date, and says which migrations that took.
///
/// # Errors
/// It cannot be opened or changed.
pub async fn migrate(config: &ServerConfig) -> Result<Vec<String>, StoreError> {
    folder(config)?;
    let (database, pool) = database::open(&config.storage).await?;
    let done = database::migrate(config, database, &pool).await;
    pool.close().await;
    done
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
    database: Database,
    pool: AnyPool,
    journal: Journal,
    progress: Arc<Progress>,
    closing: CancellationToken,
    writer: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Store {
    /// Opens the database and brings its tables up to date where `storage.migrate` says so; takes over what processes
    /// that died left in the journal.
    ///
    /// # Errors
    /// It cannot be opened, or is behind and may not be brought up to date.
    pub async fn open(config: &ServerConfig) -> Result<Self, StoreError> {
        let storage = &config.storage;
        let folder = folder(config)?;
        let (database, pool) = database::open(storage).await?;
        if storage.migrate {
            database::migrate(config, database, &pool).await?;
        } else {
            let missing = database::missing(&pool).await?;
            if !missing.is_empty() {
                return Err(StoreError::Behind { missing });
            }
        }
        let progress = Arc::new(Progress::default());
        let journal = Journal::begin(&folder.join("journal"), storage.sync, Arc::clone(&progress))?;
        let left = journal.take_over().await?;
        let closing = CancellationToken::new();
        let writer = Writer {
            database,
            pool: pool.clone(),
            journal: journal.clone(),
            progress: Arc::clone(&progress),
            refused: folder.join("journal").join("refused"),
            closing: closing.clone(),
        };
        let writer = Arc::new(Mutex::new(Some(tokio::spawn(writer.work(left)))));
        Ok(Self { database, pool, journal, progress, closing, writer })
    }

    /// Keeps a record. Once this returns, no kill of the process loses it.
    ///
    /// # Errors
    /// It could not be written down.
    pub async fn record(&self, record: &CallRecord) -> Result<(), StoreError> {
        self.append(What::Call(Box::new(CallRow::from(record)))).await?;
        self.progress.recorded();
        Ok(())
    }

    async fn append(&self, what: What) -> Result<(), StoreError> {
        if self.closing.is_cancelled() {
            return Err(StoreError::Closed);
        }
        Ok(self.journal.append(&Entry::now(what).to_bytes()?).await?)
    }

    /// Says where the audio of a call is kept. That is then as safe as a record.
    ///
    /// # Errors
    /// It could not be written down.
    pub async fn audio_kept(&self, id: Uuid, key: &str) -> Result<(), StoreError> {
        self.append(What::Audio { call: id, key: key.to_owned() }).await
    }

    /// The switch of this call is done with it. To be told after [`Self::record`].
    ///
    /// # Errors
    /// It could not be written down.
    pub async fn handled(&self, id: Uuid, handling: &Handling) -> Result<(), StoreError> {
        let handling = serde_json::to_string(handling).unwrap_or_default();
        self.append(What::Handled { call: id, handling }).await
    }

    /// Waits until the database has everything that was recorded before; `false` if that takes longer than `within`.
    pub async fn settle(&self, within: Duration) -> bool {
        self.progress.settled(within).await
    }

    /// How records fare on their way into the database.
    pub fn health(&self) -> StoreHealth {
        let (recorded, refused) = self.progress.counts();
        StoreHealth {
            database: self.database,
            waiting: self.progress.waiting(),
            lag: self.progress.lag(),
            failing: self.progress.failing(),
            recorded,
            refused,
        }
    }

    /// Asks the database whether it answers.
    ///
    /// # Errors
    /// It does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(sqlx::query("SELECT 1").execute(&self.pool).await.map(drop)?)
    }

    /// The database itself, for the tables of other modules.
    pub(crate) fn pool(&self) -> &AnyPool {
        &self.pool
    }

    /// Which database it is.
    pub fn database(&self) -> Database {
        self.database
    }

    /// Takes no more records, writes those under way to the database and closes it. If the database does not answer
    /// within ten seconds, they stay in the journal.
    pub async fn close(&self) {
        self.closing.cancel();
        if let Some(mut writer) = self.writer.lock().await.take()
            && tokio::time::timeout(CLOSE, &mut writer).await.is_err()
        {
            writer.abort();
            let waiting = self.progress.waiting();
            tracing::warn!(waiting, "the database does not answer: what waits stays in the journal for the next start");
        }
        self.pool.close().await;
    }
}
