//! The audit log: written in order, read in pages, and every way to change it shows.

use std::time::Duration;

use offhook_server::ServerConfig;
use offhook_server::audit::{self, Audit, AuditFilter, Break, Chain, Fault};
use offhook_server::auth::Identity;
use offhook_server::store::Store;
use serde_json::json;
use sqlx::AnyPool;

use crate::place::Place;

pub(crate) fn someone() -> Identity {
    Identity { id: "key:abc".into(), name: "someone".into(), scopes: vec![] }
}

pub(crate) async fn written(audit: &Audit) {
    assert!(audit.flush(Duration::from_secs(60)).await);
}

pub(crate) async fn only_chain(config: &ServerConfig, store: &Store) -> Chain {
    let mut chains = audit::verify(config, store).await.unwrap();
    assert_eq!(chains.len(), 1);
    chains.remove(0)
}

async fn pages_and_exports(place: Place) {
    let (config, store, _) = place.open().await;
    let audit = Audit::open(&config, &store).await.unwrap();
    for i in 0..600 {
        let action = if i % 2 == 0 { "call.read" } else { "key.create" };
        audit.note(&someone(), action, &format!("call-{i}"), json!({ "i": i, "token": "secret" }));
    }
    audit.note_own("keys.other", "odd \0 one", json!(null));
    written(&audit).await;
    assert_eq!(audit.trouble(), None);

    let mut exported = Vec::new();
    audit::export(&store, &AuditFilter::default(), |entry| {
        exported.push(entry.clone());
        true
    })
    .await
    .unwrap();
    assert_eq!(exported.len(), 601);
    assert!(exported.iter().zip(1..).all(|(entry, seq)| entry.seq == seq));
    assert!(exported.iter().all(|entry| !entry.detail.contains("secret")));
    assert_eq!(exported[600].actor, "service");

    let filter = AuditFilter { action: Some("key.".into()), actor: Some("key:abc".into()), ..AuditFilter::default() };
    let (mut cursor, mut seqs) = (None, Vec::new());
    loop {
        let page = audit::page(&store, &filter, cursor.as_deref(), 7).await.unwrap();
        seqs.extend(page.entries.iter().map(|entry| entry.seq));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let odd: Vec<i64> = (1..=300).rev().map(|i| i * 2).collect();
    assert_eq!(seqs, odd);
    let exact = AuditFilter { action: Some("key".into()), ..AuditFilter::default() };
    assert!(audit::page(&store, &exact, None, 10).await.unwrap().entries.is_empty());
    let at = exported[300].at;
    let window = AuditFilter { from: Some(at), to: Some(at), ..AuditFilter::default() };
    assert!(audit::page(&store, &window, None, 10).await.unwrap().entries.is_empty());
    let subject = AuditFilter { subject: Some("call-5".into()), ..AuditFilter::default() };
    assert_eq!(audit::page(&store, &subject, None, 10).await.unwrap().entries.len(), 1);
    assert!(audit::page(&store, &filter, Some("nonsense"), 7).await.is_err());

    let chain = only_chain(&config, &store).await;
    assert_eq!(chain, Chain { node: audit.node().into(), entries: 601, end_checked: true, broken: None });
    store.close().await;
}

#[tokio::test]
async fn with_sqlite_entries_are_paged_and_exported() {
    pages_and_exports(Place::sqlite()).await;
}

#[tokio::test]
async fn with_postgres_entries_are_paged_and_exported() {
    pages_and_exports(Place::postgres()).await;
}

/// Takes the triggers away, as one with all rights on the database can.
pub(crate) async fn unguard(database: &AnyPool, postgres: bool) {
    let text = if postgres {
        "ALTER TABLE audit DISABLE TRIGGER ALL"
    } else {
        "DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete; DROP TRIGGER audit_no_replace"
    };
    sqlx::raw_sql(text).execute(database).await.unwrap();
}

async fn the_database_refuses_changes(place: Place) {
    let (config, store, _) = place.open().await;
    let audit = Audit::open(&config, &store).await.unwrap();
    for i in 0..3 {
        audit.note(&someone(), "call.read", "c", json!({ "i": i }));
    }
    written(&audit).await;
    let database = place.database().await;
    let mut attempts = vec![
        "UPDATE audit SET actor = 'nobody' WHERE seq = 2",
        "DELETE FROM audit WHERE seq = 3",
        "DELETE FROM audit",
        "INSERT INTO audit SELECT node, 2, at, 'nobody', action, subject, detail, previous_hash, hash FROM audit WHERE seq = 2",
    ];
    if place.postgres.is_some() {
        attempts.push("TRUNCATE audit");
    } else {
        attempts.push(
            "INSERT OR REPLACE INTO audit SELECT node, 2, at, 'nobody', action, subject, detail, previous_hash, hash \
             FROM audit WHERE seq = 2",
        );
    }
    for attempt in attempts {
        assert!(sqlx::query(attempt).execute(&database).await.is_err(), "{attempt}");
    }
    assert_eq!(only_chain(&config, &store).await.broken, None);
    // Opened again, the guards are as they were.
    drop(audit);
    Audit::open(&config, &store).await.unwrap();
    assert!(sqlx::query("DELETE FROM audit").execute(&database).await.is_err());
    store.close().await;
}

#[tokio::test]
async fn sqlite_refuses_changes() {
    the_database_refuses_changes(Place::sqlite()).await;
}

#[tokio::test]
async fn postgres_refuses_changes() {
    the_database_refuses_changes(Place::postgres()).await;
}

async fn every_change_shows(make: fn() -> Place) {
    const MOVED: &str = "UPDATE audit SET seq = CASE seq WHEN 4 THEN -5 WHEN 5 THEN -4 END WHERE seq IN (4, 5); \
                         UPDATE audit SET seq = -seq WHERE seq < 0";
    let cases: [(&'static str, Break); 9] = [
        ("UPDATE audit SET actor = 'nobody' WHERE seq = 5", Break { seq: 5, fault: Fault::Changed }),
        ("UPDATE audit SET detail = '{}' WHERE seq = 10", Break { seq: 10, fault: Fault::Changed }),
        ("UPDATE audit SET hash = previous_hash WHERE seq = 7", Break { seq: 7, fault: Fault::Changed }),
        ("DELETE FROM audit WHERE seq = 1", Break { seq: 1, fault: Fault::Missing }),
        ("DELETE FROM audit WHERE seq IN (4, 5)", Break { seq: 4, fault: Fault::Missing }),
        ("DELETE FROM audit WHERE seq > 8", Break { seq: 9, fault: Fault::CutOff }),
        ("DELETE FROM audit", Break { seq: 1, fault: Fault::CutOff }),
        (MOVED, Break { seq: 4, fault: Fault::Changed }),
        (
            "INSERT INTO audit SELECT node, 0, at, actor, action, subject, detail, previous_hash, hash FROM audit \
             WHERE seq = 1",
            Break { seq: 0, fault: Fault::Unbound },
        ),
    ];
    let place = make();
    let (mut config, store, _) = place.open().await;
    let database = place.database().await;
    for (i, (change, expected)) in cases.into_iter().enumerate() {
        // A node of its own for each, in the one database.
        config.storage.folder = place.folder.path().join(format!("node{i}"));
        let audit = Audit::open(&config, &store).await.unwrap();
        for n in 0..10 {
            audit.note(&someone(), "call.read", "c", json!({ "n": n }));
        }
        written(&audit).await;
        unguard(&database, place.postgres.is_some()).await;
        assert_eq!(only_chain(&config, &store).await.broken, None);
        sqlx::raw_sql(change).execute(&database).await.unwrap();
        assert_eq!(only_chain(&config, &store).await.broken, Some(expected), "{change}");
        sqlx::raw_sql("DELETE FROM audit").execute(&database).await.unwrap();
        if place.postgres.is_some() {
            sqlx::raw_sql("ALTER TABLE audit ENABLE TRIGGER ALL").execute(&database).await.unwrap();
        }
    }
    store.close().await;
}

#[tokio::test]
async fn with_sqlite_every_change_shows() {
    every_change_shows(Place::sqlite).await;
}

#[tokio::test]
async fn with_postgres_every_change_shows() {
    every_change_shows(Place::postgres).await;
}
