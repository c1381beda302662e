//! The audit log when things go wrong: cut-off ends, several writers, a database that is away, too many entries.

use std::time::Duration;

use offhook_server::audit::{self, Audit, AuditFilter, Break, Fault};
use serde_json::json;

use crate::audit::{only_chain, someone, unguard, written};
use crate::place::Place;

#[tokio::test]
async fn what_was_cut_off_stays_seen_when_the_log_goes_on() {
    let place = Place::sqlite();
    let (config, store, _) = place.open().await;
    let audit = Audit::open(&config, &store).await.unwrap();
    let note = |audit: &Audit| audit.note(&someone(), "call.read", "c", json!({}));
    for _ in 0..5 {
        note(&audit);
    }
    written(&audit).await;
    let database = place.database().await;
    unguard(&database, false).await;
    sqlx::query("DELETE FROM audit WHERE seq > 3").execute(&database).await.unwrap();
    // While it runs, and after it was opened again.
    note(&audit);
    written(&audit).await;
    drop(audit);
    let audit = Audit::open(&config, &store).await.unwrap();
    note(&audit);
    written(&audit).await;
    let chain = only_chain(&config, &store).await;
    assert_eq!(chain.broken, Some(Break { seq: 4, fault: Fault::Missing }));
    store.close().await;
}

#[tokio::test]
async fn a_chain_made_anew_is_not_what_the_node_wrote() {
    let place = Place::sqlite();
    let (config, store, _) = place.open().await;
    let audit = Audit::open(&config, &store).await.unwrap();
    let head = place.folder.path().join("audit.head");
    for _ in 0..3 {
        audit.note(&someone(), "call.read", "c", json!({}));
    }
    written(&audit).await;
    let kept = std::fs::read(&head).unwrap();
    drop(audit);
    // Somebody deletes all and lets the service write a sound chain of another story; the node's own file is put back.
    let database = place.database().await;
    unguard(&database, false).await;
    sqlx::query("DELETE FROM audit").execute(&database).await.unwrap();
    std::fs::remove_file(&head).unwrap();
    let audit = Audit::open(&config, &store).await.unwrap();
    for _ in 0..4 {
        audit.note(&someone(), "call.read", "another", json!({}));
    }
    written(&audit).await;
    assert_eq!(only_chain(&config, &store).await.broken, None, "without the file it cannot be told");
    std::fs::write(&head, kept).unwrap();
    assert_eq!(only_chain(&config, &store).await.broken, Some(Break { seq: 3, fault: Fault::Replaced }));
    store.close().await;
}

#[tokio::test]
async fn two_processes_of_one_node_write_one_chain() {
    let place = Place::sqlite();
    let (config, store, _) = place.open().await;
    let (one, other) = (Audit::open(&config, &store).await.unwrap(), Audit::open(&config, &store).await.unwrap());
    assert_eq!(one.node(), other.node());
    for i in 0..20 {
        one.note(&someone(), "call.read", "one", json!({ "i": i }));
        other.note(&someone(), "call.read", "other", json!({ "i": i }));
        if i % 5 == 0 {
            written(&one).await;
            written(&other).await;
        }
    }
    written(&one).await;
    written(&other).await;
    let chain = only_chain(&config, &store).await;
    assert_eq!((chain.entries, chain.broken), (40, None));
    store.close().await;
}

#[tokio::test]
async fn entries_wait_for_a_database_that_is_away() {
    let mut place = Place::postgres();
    let (config, store, _) = place.open().await;
    let audit = Audit::open(&config, &store).await.unwrap();
    audit.note(&someone(), "call.read", "before", json!({}));
    written(&audit).await;
    place.postgres.as_mut().unwrap().crash();
    for i in 0..10 {
        audit.note(&someone(), "call.read", "meanwhile", json!({ "i": i }));
    }
    assert!(!audit.flush(Duration::from_millis(500)).await);
    place.postgres.as_mut().unwrap().run();
    written(&audit).await;
    let chain = only_chain(&config, &store).await;
    assert_eq!((chain.entries, chain.broken), (11, None), "each once, in order");
    assert_eq!(audit.trouble(), None);
    store.close().await;
}

#[tokio::test]
async fn what_the_queue_cannot_hold_is_itself_noted() {
    let place = Place::sqlite();
    let (config, store, _) = place.open().await;
    let audit = Audit::open(&config, &store).await.unwrap();
    // On one thread nothing is written before this waits.
    for i in 0..20_000 {
        audit.note(&someone(), "call.read", "c", json!({ "i": i }));
    }
    written(&audit).await;
    let filter = AuditFilter { action: Some("audit.overflow".into()), ..AuditFilter::default() };
    let told = audit::page(&store, &filter, None, 10).await.unwrap().entries;
    let lost: u64 = told
        .iter()
        .map(|entry| serde_json::from_str::<serde_json::Value>(&entry.detail).unwrap()["lost"].as_u64().unwrap())
        .sum();
    let chain = only_chain(&config, &store).await;
    assert!(lost > 0);
    assert_eq!(chain.entries, 20_000 - lost + told.len() as u64);
    assert_eq!(chain.broken, None);
    store.close().await;
}
