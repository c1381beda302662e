//! A folder, a database and calls for one test.

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use offhook_server::record::{CallInfo, CallRecord, Conclusion, KeptAudio, KeptEncoding, Source};
use offhook_server::store::Store;
use offhook_server::vault::Vault;
use offhook_server::{Pii, ServerConfig};
use serde_json::json;
use sqlx::AnyPool;
use tempfile::TempDir;
use uuid::{NoContext, Uuid};

use crate::postgres::Postgres;

pub(crate) struct Place {
    pub(crate) folder: TempDir,
    pub(crate) postgres: Option<Postgres>,
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), postgres: None }
    }

    pub(crate) fn postgres() -> Self {
        Self { postgres: Some(Postgres::start()), ..Self::sqlite() }
    }

    pub(crate) fn config(&self) -> ServerConfig {
        let mut config = ServerConfig::default();
        config.storage.folder = self.folder.path().to_owned();
        config.storage.database = self.postgres.as_ref().map(Postgres::url);
        config
    }

    pub(crate) async fn open(&self) -> (ServerConfig, Store, Vault) {
        let config = self.config();
        let store = Store::open(&config).await.unwrap();
        let vault = Vault::open(&config, &store).await.unwrap();
        (config, store, vault)
    }

    /// The database, past the store.
    pub(crate) async fn database(&self) -> AnyPool {
        sqlx::any::install_default_drivers();
        let file = format!("sqlite://{}", self.folder.path().join("offhook.db").display());
        AnyPool::connect(&self.postgres.as_ref().map_or(file, Postgres::url)).await.unwrap()
    }
}

/// A second of something.
pub(crate) fn audio() -> KeptAudio {
    let bytes: Bytes = (0..8_000_u32).map(|i| (i * 31 % 251) as u8).collect::<Vec<_>>().into();
    KeptAudio { encoding: KeptEncoding::Ulaw, bytes }
}

/// A name of a call that began then.
pub(crate) fn begun(at: Timestamp) -> Uuid {
    let (seconds, nanos) = (at.as_second() as u64, at.subsec_nanosecond() as u32);
    Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, nanos))
}

/// A finished call that began then.
pub(crate) fn call(at: Timestamp) -> CallRecord {
    CallRecord {
        info: CallInfo {
            id: begun(at),
            call_id: "call".into(),
            owner: "dialler".into(),
            source: Source::Stream,
            campaign: None,
            caller: Some(Pii::new("+********567".to_owned())),
            destination: None,
            started: at,
        },
        ended: at + SignedDuration::from_secs(4),
        conclusion: Conclusion {
            answered_by: "human".into(),
            is_voicemail: false,
            confidence: 0.93,
            probabilities: json!({ "human": 0.93 }),
            method: "hybrid".into(),
            stage: "final".into(),
            cause: json!({ "kind": "short_greeting" }),
            why: "a short greeting".into(),
            decided_ms: 1_850,
            ready_ms: None,
        },
        audio_ms: 4_000,
        lost_ms: 0,
        processing_ms: 3.0,
        model_version: "test".into(),
        vocabularies: json!({}),
        events: vec![],
        timeline: vec![],
        warnings: vec![],
        audio: None,
    }
}
