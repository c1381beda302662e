//! Statistics and exports.

use std::fs::File;

use jiff::SignedDuration;
use offhook_server::record::CallRecord;
use offhook_server::store::{
    Database, ExportError, ExportFormat, ExportQuery, Judge, Measured, NewFeedback, StatsQuery, Store, StoreError,
    Window, export, migrate,
};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::RowAccessor as _;

use crate::support::{Place, call, config, keep, noon, voicemail, with_both};

async fn say(store: &Store, record: &CallRecord, answered_by: &str) {
    let truth = NewFeedback { answered_by: answered_by.into(), by: Judge::Person, note: None, who: "reviewer".into() };
    store.feedback(record.info.id, &truth).await.unwrap().unwrap();
}

#[tokio::test]
async fn figures_are_those_worked_by_hand() {
    with_both(async |place| {
        let store = place.open().await;
        let mut calls: Vec<_> = (0..10).map(|n| call(&format!("c{n}"))).collect();
        for (n, call) in calls.iter_mut().enumerate() {
            call.info.started = noon() - SignedDuration::from_mins(3 * n as i64);
            call.conclusion.decided_ms = 1_000 + 100 * n as i64;
            call.processing_ms = 1.005 * (n + 1) as f64;
        }
        for n in [1, 2, 3] {
            let decided_ms = calls[n].conclusion.decided_ms;
            calls[n].conclusion = voicemail("").conclusion;
            calls[n].conclusion.decided_ms = decided_ms;
        }
        calls[3].conclusion.method = "ai".into();
        calls[4].conclusion.confidence = 1.0;
        calls[5].conclusion.confidence = 0.0;
        calls[6].conclusion.confidence = 0.95;
        calls[8].info.owner = "another".into();
        calls[9].info.campaign = Some("autumn".into());
        let mut too_old = call("too old");
        too_old.info.started = noon() - SignedDuration::from_mins(61);
        let mut too_new = call("too new");
        too_new.info.started = noon();
        calls[0].info.started = noon() - SignedDuration::from_secs(1);
        keep(&store, &[&calls[..], &[too_old, too_new]].concat()).await;
        // People: 0, 1 and 4, of which 1 was called a machine. Machines: 2, 3 and 6, of which 6 was called a person.
        for (n, truth) in [(0, "human"), (1, "human"), (4, "human"), (2, "voicemail"), (3, "ivr"), (6, "voicemail")] {
            say(&store, &calls[n], truth).await;
        }
        say(&store, &calls[7], "silence").await;

        let mut query = StatsQuery { window: Window::Hour, to: noon(), campaign: None, owner: None };
        let stats = store.stats(&query).await.unwrap();
        assert_eq!((stats.calls, stats.voicemail), (10, 3));
        let shares = |shares: &[offhook_server::store::Share]| {
            shares.iter().map(|share| (share.name.clone(), share.count, share.rate)).collect::<Vec<_>>()
        };
        assert_eq!(shares(&stats.answered_by), [("human".into(), 7, 0.7), ("voicemail".into(), 3, 0.3)]);
        assert_eq!(shares(&stats.methods), [("hybrid".into(), 9, 0.9), ("ai".into(), 1, 0.1)]);
        let bins: Vec<_> = stats.confidence.iter().map(|bin| bin.count).collect();
        assert_eq!((bins.len(), bins[0], bins[18], bins[19]), (20, 1, 7, 2));
        assert_eq!(bins.iter().sum::<u64>(), 10);
        assert_eq!((stats.decided_ms.p50, stats.decided_ms.p95), (Some(1_400.0), Some(1_900.0)));
        assert!((stats.processing_ms.p50.unwrap() - 5.03).abs() < 0.011, "{:?}", stats.processing_ms);
        assert!((stats.processing_ms.p99.unwrap() - 10.05).abs() < 0.011, "{:?}", stats.processing_ms);
        assert_eq!(stats.reviewed.count, 7);
        assert_eq!(stats.reviewed.people_called_machines, Measured::new(1, 3));
        assert_eq!(stats.reviewed.machines_called_people, Measured::new(1, 3));
        assert_eq!(stats.reviewed.accuracy, Measured::new(3, 7));
        let methods: Vec<_> = stats.reviewed.methods.iter().map(|m| (m.method.as_str(), m.accuracy)).collect();
        assert_eq!(methods, [("ai", Measured::new(0, 1)), ("hybrid", Measured::new(3, 6))]);
        assert_eq!(store.reviewed(&query).await.unwrap(), stats.reviewed);
        assert_eq!(stats.series.len(), 60);
        assert_eq!(stats.series.iter().map(|step| step.calls).sum::<u64>(), 10);
        let last = stats.series.last().unwrap();
        assert_eq!(last.at.to_string(), "2026-11-20T12:00:00Z");
        assert_eq!(last.calls, 0);
        assert_eq!(stats.series[58].calls, 1);
        assert_eq!(stats.series[56].answered_by.get("voicemail"), Some(&1));

        query.owner = Some("another".into());
        assert_eq!(store.stats(&query).await.unwrap().calls, 1);
        query = StatsQuery { owner: None, campaign: Some("autumn".into()), window: Window::Month, ..query };
        assert_eq!(store.stats(&query).await.unwrap().calls, 1);
        query = StatsQuery { to: "1999-01-01T00:00:00Z".parse().unwrap(), campaign: None, ..query };
        let none = store.stats(&query).await.unwrap();
        assert_eq!((none.calls, none.decided_ms.p50, none.series.len()), (0, None, 60));
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn exports_hold_every_call_of_their_time() {
    with_both(async |place| {
        let store = place.open().await;
        // More than a page.
        let mut calls: Vec<_> = (0..2_050).map(|n| call(&format!("c{n}"))).collect();
        for (n, call) in calls.iter_mut().enumerate() {
            call.info.started = noon() + SignedDuration::from_millis(n as i64 / 7);
        }
        calls[1].info.campaign = Some("a, \"b\"\nc".into());
        keep(&store, &calls).await;
        say(&store, &calls[2], "ivr").await;
        store.close().await;

        let config = place.config();
        let mut query = ExportQuery { format: ExportFormat::Csv, from: None, to: None };
        let mut table = Vec::new();
        assert_eq!(export(&config, &query, &mut table).await.unwrap(), 2_050);
        let mut reader = csv::Reader::from_reader(&table[..]);
        let names = reader.headers().unwrap().clone();
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        let cell = |row: usize, name: &str| rows[row][names.iter().position(|known| known == name).unwrap()].to_owned();
        let order: Vec<_> = (0..rows.len()).map(|row| cell(row, "id")).collect();
        assert_eq!(order, calls.iter().map(|call| call.info.id.to_string()).collect::<Vec<_>>());
        assert_eq!(cell(1, "campaign"), "a, \"b\"\nc");
        assert_eq!(cell(0, "started"), "2026-11-20T12:00:00.123456Z");
        assert_eq!((cell(0, "confidence"), cell(0, "is_voicemail")), ("0.93".into(), "false".into()));
        assert_eq!((cell(2, "truth_answered_by"), cell(3, "truth_answered_by")), ("ivr".into(), String::new()));

        query.format = ExportFormat::Parquet;
        query.from = Some(noon() + SignedDuration::from_millis(1));
        query.to = Some(noon() + SignedDuration::from_millis(2));
        let path = place.folder.path().join("calls.parquet");
        assert_eq!(export(&config, &query, File::create(&path).unwrap()).await.unwrap(), 7);
        let reader = SerializedFileReader::new(File::open(&path).unwrap()).unwrap();
        let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 7);
        let place = |name: &str| rows[0].get_column_iter().position(|(known, _)| known == name).unwrap();
        assert_eq!(rows[0].get_string(place("call_id")).unwrap(), "c7");
        assert_eq!(rows[0].get_double(place("confidence")).unwrap(), 0.93);
        assert_eq!(rows[0].get_timestamp_micros(place("started")).unwrap(), noon().as_microsecond() + 1_000);
        assert!(!rows[0].get_bool(place("is_voicemail")).unwrap());
        assert!(rows[0].get_string(place("campaign")).is_err());
    })
    .await;
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_made_by_a_migration_and_by_no_export() {
    let place = Place::new(Database::Sqlite);
    let folder = place.folder.path().join("new");
    let config = config(&folder, None);
    let query = ExportQuery { format: ExportFormat::Csv, from: None, to: None };
    let absent = export(&config, &query, Vec::new()).await.unwrap_err();
    assert!(matches!(absent, ExportError::Store(StoreError::Absent { .. })), "{absent}");
    assert!(absent.to_string().contains("offhook.db"), "{absent}");
    assert!(!folder.exists());
    assert!(!migrate(&config).await.unwrap().is_empty());
    assert_eq!(export(&config, &query, Vec::new()).await.unwrap(), 0);
}

#[tokio::test]
async fn a_database_that_is_behind_is_refused_where_it_may_not_be_changed() {
    with_both(async |place| {
        let mut config = place.config();
        config.storage.migrate = false;
        let behind = Store::open(&config).await.unwrap_err();
        assert!(matches!(behind, StoreError::Behind { .. }));
        assert!(behind.to_string().contains("offhook db migrate"), "{behind}");
        assert!(behind.to_string().contains("0001 calls"), "{behind}");
        assert!(!migrate(&config).await.unwrap().is_empty());
        assert!(migrate(&config).await.unwrap().is_empty());
        Store::open(&config).await.unwrap().close().await;
    })
    .await;
}

#[tokio::test]
async fn several_nodes_may_start_at_once() {
    with_both(async |place| {
        let config = place.config();
        let open = || Store::open(&config);
        let (a, b, c) = tokio::join!(open(), open(), open());
        let stores = [a.unwrap(), b.unwrap(), c.unwrap()];
        for store in &stores {
            store.record(&call("c")).await.unwrap();
        }
        for store in &stores {
            store.close().await;
        }
        let count: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM calls").fetch_one(&place.database().await).await.unwrap();
        assert_eq!(count, 3);
    })
    .await;
}
