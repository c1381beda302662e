//! Numbers are kept as the configuration allows, and no log line has one.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use offhook_server::audit::Audit;
use offhook_server::config::Numbers;
use offhook_server::privacy::Privacy;
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::audit::{someone, written};
use crate::place::{Place, call};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a_number_is_in_no_log_line_and_no_table() {
    const NUMBER: &str = "+15551234567";
    let lines = Lines::default();
    let subscriber =
        tracing_subscriber::fmt().json().with_max_level(tracing::Level::TRACE).with_writer(lines.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let place = Place::sqlite();
    let (mut config, store, vault) = place.open().await;
    let audit = Audit::open(&config, &store).await.unwrap();
    for (numbers, kept) in [(Numbers::Mask, "+********567"), (Numbers::Hash, "#")] {
        config.privacy.numbers = numbers;
        let privacy = Privacy::new(&config.privacy, &vault);
        let mut record = call(jiff::Timestamp::now());
        record.info.caller = Some(privacy.number(NUMBER));
        record.info.destination = Some(privacy.number(&format!("sip:{NUMBER}@example.com")));
        tracing::info!(?record, caller = ?record.info.caller, destination = %record.info.destination.as_ref().unwrap(), "a call");
        tracing::info!(?privacy, ?vault, ?audit, "what holds secrets");
        store.record(&record).await.unwrap();
        audit.note(&someone(), "call.read", &record.info.id.to_string(), json!({ "caller": NUMBER, "to": NUMBER }));
        assert!(store.settle(Duration::from_secs(60)).await);
        let read = store.call(&record.info.id.to_string(), None).await.unwrap().unwrap();
        let caller = read.summary.caller.unwrap();
        assert!(caller.reveal().starts_with(kept), "{}", caller.reveal());
        assert_eq!(record.info.caller, record.info.destination, "the same number is kept as the same");
    }
    written(&audit).await;
    store.close().await;
    let told = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(told.contains("[redacted]") && told.contains("a call"));
    assert!(!told.contains("5551234567"), "{told}");
    let database = place.folder.path().join("offhook.db");
    for file in [database.clone(), database.with_extension("db-wal")] {
        let bytes = std::fs::read(file).unwrap_or_default();
        assert!(!bytes.windows(10).any(|part| part == b"5551234567"));
    }
}

#[tokio::test]
async fn the_same_number_has_the_same_hash_on_each_node_and_after_a_restart() {
    let place = Place::sqlite();
    let (mut config, store, vault) = place.open().await;
    config.privacy.numbers = Numbers::Hash;
    let first = Privacy::new(&config.privacy, &vault).number("+15551234567");
    store.close().await;
    let (_, store, vault) = place.open().await;
    assert_eq!(Privacy::new(&config.privacy, &vault).number("+1 555 123 4567"), first);
    store.close().await;
    let elsewhere = Place::sqlite();
    let (_, store, vault) = elsewhere.open().await;
    assert_ne!(Privacy::new(&config.privacy, &vault).number("+15551234567"), first, "another database, another hash");
    store.close().await;
}
