//! How many records a second a database takes: `cargo run -p offhook-server --release --example store_rate [DATABASE]`,
//! with the address of a PostgreSQL; without one, SQLite in a temporary folder.

#![allow(clippy::print_stdout, reason = "the figures are what it is for")]

use std::time::{Duration, Instant};

use jiff::Timestamp;
use offhook_server::ServerConfig;
use offhook_server::record::{CallInfo, CallRecord, Conclusion, Point, Source};
use offhook_server::store::{CallFilter, StatsQuery, Store, Window};
use serde_json::json;
use uuid::Uuid;

const CALLS: usize = 20_000;
const TASKS: usize = 64;

/// A call of ten seconds with its events and its picture.
fn record() -> CallRecord {
    let point = |n: u64| Point {
        at_ms: n * 100,
        level: -20.0 - n as f32 / 7.0,
        voice: n.is_multiple_of(3),
        tone: false,
        music: 0.01 * n as f32,
        machine: Some(0.009 * n as f32),
        lost: false,
    };
    let event = |n: u64| json!({"kind": "speech_started", "at_ms": n * 500, "level": -23.5});
    CallRecord {
        info: CallInfo {
            id: Uuid::now_v7(),
            call_id: Uuid::new_v4().to_string(),
            owner: "dialler".into(),
            source: Source::Stream,
            campaign: Some("autumn".into()),
            caller: None,
            destination: None,
            started: Timestamp::now(),
        },
        ended: Timestamp::now(),
        conclusion: Conclusion {
            answered_by: "human".into(),
            is_voicemail: false,
            confidence: 0.93,
            probabilities: json!({"human": 0.93, "voicemail": 0.05, "ivr": 0.02}),
            method: "hybrid".into(),
            stage: "final".into(),
            cause: json!({"kind": "short_greeting", "voice": 0.6, "silence": 0.9}),
            why: "a greeting of 0.6 s, then 0.9 s of silence".into(),
            decided_ms: 1_850,
            ready_ms: None,
        },
        audio_ms: 10_000,
        lost_ms: 0,
        processing_ms: 3.25,
        model_version: "builtin-0123".into(),
        vocabularies: json!({"asterisk": {"AMDSTATUS": "HUMAN"}}),
        events: (0..20).map(event).collect(),
        timeline: (0..100).map(point).collect(),
        warnings: Vec::new(),
        audio: None,
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let mut config = ServerConfig::default();
    config.storage.folder = folder.path().to_owned();
    config.storage.database = std::env::args().nth(1);
    for sync in [false, true] {
        config.storage.sync = sync;
        let store = Store::open(&config).await?;
        let begun = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..TASKS {
            let store = store.clone();
            tasks.spawn(async move {
                let mut slowest = Duration::ZERO;
                for _ in 0..CALLS / TASKS {
                    let begun = Instant::now();
                    store.record(&record()).await?;
                    slowest = slowest.max(begun.elapsed());
                }
                Ok::<_, offhook_server::store::StoreError>(slowest)
            });
        }
        let mut slowest = Duration::ZERO;
        while let Some(task) = tasks.join_next().await {
            slowest = slowest.max(task??);
        }
        let safe = begun.elapsed();
        store.settle(Duration::from_secs(600)).await;
        let kept = begun.elapsed();
        let rate = |time: Duration| CALLS as f64 / time.as_secs_f64();
        let database = store.database().word();
        println!(
            "{database} sync={sync}: {:.0} records/s safe, {:.0} records/s in the database",
            rate(safe),
            rate(kept)
        );
        println!("  the slowest record took {:.1} ms to be safe", slowest.as_secs_f64() * 1e3);
        let begun = Instant::now();
        store.calls(&CallFilter::default(), None, 100).await?;
        println!("  100 of {CALLS} or more calls listed in {:.1} ms", begun.elapsed().as_secs_f64() * 1e3);
        let begun = Instant::now();
        let query = StatsQuery { window: Window::Day, to: Timestamp::now(), campaign: None, owner: None };
        let stats = store.stats(&query).await?;
        println!("  figures of {} calls in {:.1} ms", stats.calls, begun.elapsed().as_secs_f64() * 1e3);
        store.close().await;
    }
    Ok(())
}
