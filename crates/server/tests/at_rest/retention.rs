//! What is too old goes, and is gone.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use offhook_server::audit::{self, Audit, AuditFilter, Entry};
use offhook_server::retention::{SweepError, Sweeper};
use offhook_server::store::Store;
use offhook_server::vault::Vault;
use uuid::Uuid;

use crate::place::{Place, audio, begun, call};

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

async fn keep(store: &Store, vault: &Vault, at: Timestamp) -> (Uuid, String) {
    let record = call(at);
    store.record(&record).await.unwrap();
    let key = vault.keep(record.info.id, &audio()).await.unwrap();
    store.audio_kept(record.info.id, &key).await.unwrap();
    (record.info.id, key)
}

async fn entries(audit: &Audit, store: &Store) -> Vec<Entry> {
    assert!(audit.flush(Duration::from_secs(30)).await);
    let filter = AuditFilter { action: Some("sweep.".into()), ..AuditFilter::default() };
    audit::page(store, &filter, None, 100).await.unwrap().entries
}

async fn a_sweep_deletes_what_is_too_old(place: Place) {
    let (config, store, vault) = place.open().await;
    let audit = Audit::open(&config, &store).await.unwrap();
    let sweeper = Sweeper::new(&config.retention, &store, &vault, &audit);
    let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
    let young = keep(&store, &vault, now - DAY).await;
    let mut old = Vec::new();
    // More than one piece of work.
    for i in 0..7 {
        old.push(keep(&store, &vault, now - DAY * 8 - SignedDuration::from_mins(i)).await);
    }
    let older = keep(&store, &vault, now - DAY * 91).await;
    let audio_folder = place.folder.path().join("audio");
    assert_eq!(files(&audio_folder).len(), 9);

    let swept = sweeper.run_once(now).await.unwrap();
    assert_eq!((swept.audio, swept.calls, swept.strays), (8, 1, 0), "{swept:?}");
    assert!(swept.proven && swept.left_audio == 0 && swept.left_calls == 0);
    let left = files(&audio_folder);
    assert_eq!(left, [audio_folder.join(&young.1)]);
    let days: Vec<_> = std::fs::read_dir(&audio_folder).unwrap().collect();
    assert_eq!(days.len(), 1, "empty days are gone too");
    assert_eq!(vault.read(young.0, &young.1).await.unwrap(), Some(audio()));
    for (id, key) in &old {
        let record = store.call(&id.to_string(), None).await.unwrap().unwrap();
        assert!(!record.summary.audio_kept);
        assert_eq!(vault.read(*id, key).await.unwrap(), None);
    }
    assert!(store.call(&older.0.to_string(), None).await.unwrap().is_none());

    let told = entries(&audit, &store).await;
    assert_eq!(told.len(), 1);
    let detail: serde_json::Value = serde_json::from_str(&told[0].detail).unwrap();
    assert_eq!((told[0].action.as_str(), told[0].actor.as_str()), ("sweep.done", "service"));
    assert_eq!(detail["audio"], 8);
    assert_eq!(detail["calls"], 1);
    assert_eq!(detail["left"], 0);
    assert_eq!(detail["proven"], true);
    assert_eq!(detail["oldest"], (now - DAY * 91).to_string());
    assert_eq!(detail["newest"], (now - DAY * 8).to_string());

    let again = sweeper.run_once(now).await.unwrap();
    assert_eq!((again.audio, again.calls, again.strays, again.proven), (0, 0, 0, true));
    assert_eq!(entries(&audit, &store).await.len(), 1, "a sweep with nothing to do is no entry");
    let later = sweeper.run_once(now + DAY * 90).await.unwrap();
    assert_eq!((later.audio, later.calls), (1, 8));
    assert!(files(&audio_folder).is_empty());
    store.close().await;
}

#[tokio::test]
async fn with_sqlite_a_sweep_deletes_what_is_too_old() {
    a_sweep_deletes_what_is_too_old(Place::sqlite()).await;
}

#[tokio::test]
async fn with_postgres_a_sweep_deletes_what_is_too_old() {
    a_sweep_deletes_what_is_too_old(Place::postgres()).await;
}

#[tokio::test]
async fn what_no_record_knows_goes_after_a_day() {
    let place = Place::sqlite();
    let (config, store, vault) = place.open().await;
    let audit = Audit::open(&config, &store).await.unwrap();
    let sweeper = Sweeper::new(&config.retention, &store, &vault, &audit);
    let now = Timestamp::now();
    let known = keep(&store, &vault, now).await;
    vault.keep(begun(now), &audio()).await.unwrap();
    // A record that says its audio is not kept, as after a deletion that a rotation undid.
    let undone = keep(&store, &vault, now).await;
    store.audio_gone(&[undone.0]).await.unwrap();
    let folder = place.folder.path().join("audio");
    let draft = folder.join(format!("{}#1", known.1));
    std::fs::write(&draft, "half a recording").unwrap();
    let stranger = folder.join("notes.txt");
    std::fs::write(&stranger, "not ours").unwrap();

    let soon = sweeper.run_once(now + SignedDuration::from_hours(1)).await.unwrap();
    assert_eq!(soon.strays, 0, "a record may still be on its way");
    assert!(draft.exists());
    let later = sweeper.run_once(now + DAY * 2).await.unwrap();
    assert_eq!((later.strays, later.audio, later.proven), (2, 0, true));
    assert_eq!(files(&folder), [folder.join(&known.1), stranger], "what is not ours stays");
    // What is too old goes even if no record ever asked for it.
    vault.keep(begun(now), &audio()).await.unwrap();
    let last = sweeper.run_once(now + DAY * 8).await.unwrap();
    assert_eq!((last.audio, last.strays, last.proven), (1, 1, true));
    store.close().await;
}

#[tokio::test]
async fn what_cannot_be_deleted_is_told_and_kept_in_mind() {
    let place = Place::sqlite();
    let (config, store, vault) = place.open().await;
    let audit = Audit::open(&config, &store).await.unwrap();
    let sweeper = Sweeper::new(&config.retention, &store, &vault, &audit);
    let now = Timestamp::now();
    let (_, key) = keep(&store, &vault, now - DAY * 8).await;
    let fine = keep(&store, &vault, now - DAY * 9).await;
    // A folder in place of the file cannot be deleted as one, whoever runs this.
    let path = place.folder.path().join("audio").join(&key);
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir_all(path.join("inside")).unwrap();

    let error = sweeper.run_once(now).await.unwrap_err();
    assert!(matches!(error, SweepError::Vault(_)), "{error}");
    assert!(sweeper.health().failing.is_some());
    assert!(!vault.exists(&fine.1).await.unwrap(), "the others are deleted all the same");
    let told = entries(&audit, &store).await;
    assert_eq!(told[0].action, "sweep.failed");
    assert_eq!(store.expired_audio(now - DAY * 7, 10).await.unwrap().len(), 1);

    std::fs::remove_dir_all(&path).unwrap();
    assert!(sweeper.run_once(now).await.unwrap().proven);
    assert_eq!(sweeper.health().failing, None);
    store.close().await;
}
