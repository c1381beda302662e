//! What the tests of the store have in common.

use jiff::{SignedDuration, Timestamp};
use offhook_server::record::{CallInfo, CallRecord, Conclusion, Point, Source};
use offhook_server::store::{Database, Store};
use offhook_server::{Pii, ServerConfig};
use serde_json::json;
use sqlx::AnyPool;
use tempfile::TempDir;
use uuid::Uuid;

use crate::postgres::Postgres;

/// A folder and a database for one test.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
    pub(crate) postgres: Option<Postgres>,
}

impl Place {
    pub(crate) fn new(database: Database) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), postgres: (database == Database::Postgres).then(Postgres::start) }
    }

    pub(crate) fn config(&self) -> ServerConfig {
        config(self.folder.path(), self.postgres.as_ref().map(Postgres::url))
    }

    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.config()).await.unwrap()
    }

    /// The database, beside the store.
    pub(crate) async fn database(&self) -> AnyPool {
        sqlx::any::install_default_drivers();
        let file = format!("sqlite://{}", self.folder.path().join("offhook.db").display());
        AnyPool::connect(&self.postgres.as_ref().map_or(file, Postgres::url)).await.unwrap()
    }
}

pub(crate) fn config(folder: &std::path::Path, database: Option<String>) -> ServerConfig {
    let mut config = ServerConfig::default();
    config.storage.folder = folder.to_owned();
    config.storage.database = database;
    config
}

/// Does the same with SQLite and with PostgreSQL.
pub(crate) async fn with_both(test: impl AsyncFn(Place)) {
    for database in [Database::Sqlite, Database::Postgres] {
        test(Place::new(database)).await;
    }
}

/// A time within which the tests' calls begin.
pub(crate) fn noon() -> Timestamp {
    "2026-11-20T12:00:00.123456Z".parse().unwrap()
}

/// A call: what tests set is set in what this gives.
pub(crate) fn call(name: &str) -> CallRecord {
    CallRecord {
        info: CallInfo {
            id: Uuid::now_v7(),
            call_id: name.to_owned(),
            owner: "dialler".into(),
            source: Source::Stream,
            campaign: None,
            caller: Some(Pii::new("*******456".to_owned())),
            destination: None,
            started: noon(),
        },
        ended: noon() + SignedDuration::from_millis(4_321),
        conclusion: Conclusion {
            answered_by: "human".into(),
            is_voicemail: false,
            confidence: 0.93,
            probabilities: json!({"human": 0.93, "voicemail": 0.07}),
            method: "hybrid".into(),
            stage: "final".into(),
            cause: json!({"kind": "short_greeting", "voice": 0.6}),
            why: "a short greeting, then silence".into(),
            decided_ms: 1_850,
            ready_ms: None,
        },
        audio_ms: 4_000,
        lost_ms: 20,
        processing_ms: 3.25,
        model_version: "builtin-0123".into(),
        vocabularies: json!({"asterisk": {"AMDSTATUS": "HUMAN"}}),
        events: vec![json!({"kind": "speech_started", "at_ms": 200})],
        timeline: vec![Point {
            at_ms: 100,
            level: -23.4,
            voice: true,
            tone: false,
            music: 0.125,
            machine: Some(0.5),
            lost: true,
        }],
        warnings: vec!["clipped".into()],
        audio: None,
    }
}

/// The same for a call of a voicemail.
pub(crate) fn voicemail(name: &str) -> CallRecord {
    let mut record = call(name);
    record.conclusion.answered_by = "voicemail".into();
    record.conclusion.is_voicemail = true;
    record.conclusion.ready_ms = Some(9_000);
    record
}

/// Records all of these and waits until the database has them.
pub(crate) async fn keep(store: &Store, records: &[CallRecord]) {
    for record in records {
        store.record(record).await.unwrap();
    }
    settled(store).await;
}

/// Waits until the database has all that was recorded, by this process or by one that died.
pub(crate) async fn settled(store: &Store) {
    while store.health().waiting > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}
