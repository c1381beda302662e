//! What was told to be safe is found again, whatever happened.

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use offhook_server::store::{Database, Store};
use sqlx::Executor as _;
use uuid::Uuid;

use crate::postgres::Postgres;
use crate::support::{Place, call, config, settled, with_both};

const FOLDER: &str = "OFFHOOK_TEST_FOLDER";
const DATABASE: &str = "OFFHOOK_TEST_DATABASE";

async fn ids(place: &Place) -> Vec<String> {
    sqlx::query_scalar("SELECT id FROM calls").fetch_all(&place.database().await).await.unwrap()
}

/// Every one of these is in the database, and once.
async fn assert_kept(place: &Place, safe: &HashSet<Uuid>) {
    let found = ids(place).await;
    let kept: HashSet<Uuid> = found.iter().map(|id| id.parse().unwrap()).collect();
    assert_eq!(found.len(), kept.len());
    let lost: Vec<_> = safe.difference(&kept).collect();
    assert!(lost.is_empty(), "{} of {} lost", lost.len(), safe.len());
}

/// The segments and locks in the journal's folder.
fn journal(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder.join("journal")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name != "gate").collect()
}

/// Writes records and tells each that is safe, until it is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the other side of `a_killed_process_loses_nothing`, which starts and kills it"]
async fn writes_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let store = Store::open(&config(Path::new(&folder), std::env::var(DATABASE).ok())).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..8 {
        let store = store.clone();
        tasks.spawn(async move {
            loop {
                let record = call(&format!("task {task}"));
                store.record(&record).await.unwrap();
                println!("safe {}", record.info.id);
            }
        });
    }
    tasks.join_next().await;
}

/// Runs a process that writes, kills it once it told `count` records to be safe, and gives those. What `told` does happens
/// after each.
fn write_and_kill(folder: &Path, database: Option<String>, count: usize, mut told: impl FnMut(usize)) -> HashSet<Uuid> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "survival::writes_until_it_is_killed", "--ignored", "--nocapture"]);
    command.env(FOLDER, folder).envs(database.map(|database| (DATABASE, database)));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut safe = HashSet::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        // A line that was cut short by the kill is no promise.
        let Some(id) = line.split("safe ").nth(1).and_then(|id| id.parse().ok()) else { continue };
        safe.insert(id);
        told(safe.len());
        if safe.len() == count {
            child.kill().unwrap();
        }
    }
    assert!(!child.wait().unwrap().success());
    assert!(safe.len() >= count, "it ended by itself after {}", safe.len());
    safe
}

#[tokio::test]
async fn a_killed_process_loses_nothing() {
    with_both(async |place| {
        let mut safe = HashSet::new();
        for count in [1, 3, 50, 500] {
            let database = place.postgres.as_ref().map(Postgres::url);
            safe.extend(write_and_kill(place.folder.path(), database, count, |_| {}));
        }
        let store = place.open().await;
        settled(&store).await;
        assert_kept(&place, &safe).await;
        store.close().await;
        assert_eq!(journal(place.folder.path()), [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn a_process_that_is_killed_while_the_database_is_away_loses_nothing() {
    let mut place = Place::new(Database::Postgres);
    let mut postgres = place.postgres.take().unwrap();
    let folder = place.folder.path().to_owned();
    let safe = write_and_kill(&folder, Some(postgres.url()), 2_000, |told| {
        if told == 200 {
            postgres.crash();
        }
    });
    assert!(journal(&folder).iter().any(|name| name.ends_with(".journal")));
    postgres.run();
    place.postgres = Some(postgres);
    let store = place.open().await;
    settled(&store).await;
    assert_kept(&place, &safe).await;
    store.close().await;
    assert_eq!(journal(&folder), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_restarts_under_load_loses_nothing() {
    let mut place = Place::new(Database::Postgres);
    let store = place.open().await;
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..8 {
        let store = store.clone();
        tasks.spawn(async move {
            let mut safe = Vec::new();
            for _ in 0..400 {
                let record = call(&format!("task {task}"));
                store.record(&record).await.unwrap();
                safe.push(record.info.id);
                tokio::task::yield_now().await;
            }
            safe
        });
    }
    let postgres = place.postgres.as_mut().unwrap();
    for _ in 0..2 {
        while store.health().recorded % 1_600 < 800 && store.health().recorded < 3_200 {
            tokio::task::yield_now().await;
        }
        postgres.crash();
        // It is seen to be away: records wait.
        while store.health().failing.is_none() || store.health().waiting == 0 {
            store.record(&call("while it is away")).await.unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        assert!(store.ping().await.is_err());
        postgres.run();
    }
    let safe: HashSet<Uuid> = tasks.join_all().await.into_iter().flatten().collect();
    assert_eq!(safe.len(), 3_200);
    settled(&store).await;
    assert_eq!(store.health().failing, None);
    assert_kept(&place, &safe).await;
    store.close().await;
}

#[tokio::test]
async fn two_processes_share_a_folder_and_neither_takes_what_the_other_writes() {
    with_both(async |place| {
        let (first, second) = (place.open().await, place.open().await);
        let mut safe = HashSet::new();
        for n in 0..50 {
            let record = call(&format!("c{n}"));
            let store = if n % 2 == 0 { &first } else { &second };
            store.record(&record).await.unwrap();
            safe.insert(record.info.id);
        }
        first.close().await;
        second.close().await;
        assert_kept(&place, &safe).await;
        assert_eq!(journal(place.folder.path()), [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn a_record_that_the_database_never_takes_is_put_aside_and_holds_nobody_up() {
    with_both(async |place| {
        let store = place.open().await;
        let database = place.database().await;
        let rule = match store.database() {
            Database::Sqlite => {
                "CREATE TRIGGER rule BEFORE INSERT ON calls WHEN NEW.audio_ms = 13 \
                 BEGIN SELECT RAISE(ABORT, 'unlucky'); END"
            }
            Database::Postgres => "ALTER TABLE calls ADD CONSTRAINT rule CHECK (audio_ms <> 13)",
        };
        database.execute(rule).await.unwrap();
        let mut calls: Vec<_> = (0..5).map(|n| call(&format!("c{n}"))).collect();
        calls[2].audio_ms = 13;
        let written = futures_util::future::join_all(calls.iter().map(|call| store.record(call))).await;
        assert!(written.iter().all(Result::is_ok));
        settled(&store).await;
        assert_eq!(store.health().refused, 1);
        assert_eq!(ids(&place).await.len(), 4);
        let aside: Vec<_> = std::fs::read_dir(place.folder.path().join("journal/refused")).unwrap().collect();
        assert_eq!(aside.len(), 1);
        let entry = std::fs::read(aside[0].as_ref().unwrap().path()).unwrap();
        let id = calls[2].info.id.to_string();
        assert!(entry.windows(id.len()).any(|part| part == id.as_bytes()));
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn the_torn_end_of_a_journal_is_left_and_damage_is_kept_for_people() {
    let mut place = Place::new(Database::Postgres);
    let mut postgres = place.postgres.take().unwrap();
    let store = Store::open(&config(place.folder.path(), Some(postgres.url()))).await.unwrap();
    postgres.crash();
    let calls: Vec<_> = (0..4).map(|n| call(&format!("c{n}"))).collect();
    for call in &calls {
        store.record(call).await.unwrap();
    }
    let segment = journal(place.folder.path()).into_iter().find(|name| name.ends_with(".journal")).unwrap();
    let bytes = std::fs::read(place.folder.path().join("journal").join(segment)).unwrap();
    for (change, kept, damaged) in [(1, 3, false), (0, 4, false), (2, 3, true)] {
        let place = Place::new(Database::Sqlite);
        let folder = place.folder.path().join("journal");
        std::fs::create_dir_all(&folder).unwrap();
        let mut bytes = bytes.clone();
        match change {
            1 => bytes.truncate(bytes.len() - 1),
            2 => *bytes.last_mut().unwrap() ^= 1,
            _ => {}
        }
        std::fs::write(folder.join("0123-0000000000.journal"), &bytes).unwrap();
        let store = place.open().await;
        store.record(&call("another")).await.unwrap();
        settled(&store).await;
        store.close().await;
        assert_eq!(ids(&place).await.len(), kept + 1, "change {change}");
        let left = journal(place.folder.path());
        assert_eq!(left.iter().any(|name| name.ends_with(".damaged")), damaged, "{left:?}");
    }
}
