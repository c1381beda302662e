//! Live streams, by a real WebSocket client against the real service.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt as _, StreamExt as _};
use offhook_audio::g711::encode_ulaw;
use offhook_detect::{DetectConfig, Detector, EventKind, Params};
use serde_json::{Value, json};
use support::{Service, python, samples};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

const VOICEMAIL: &str = "voicemail-personal-beep.wav";
const PERSON: &str = "human-short.wav";

struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    async fn open(service: &Service, path: &str) -> Self {
        Self(connect_async(service.ws(path)).await.unwrap().0)
    }

    async fn say(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    async fn play(&mut self, bytes: &[u8]) {
        for packet in bytes.chunks(160) {
            self.0.send(Message::binary(packet.to_vec())).await.unwrap();
        }
    }

    /// The next message that is no picture; `None` once the connection is closed.
    async fn next(&mut self) -> Option<Value> {
        loop {
            let next = tokio::time::timeout(Duration::from_secs(30), self.0.next()).await.expect("an answer");
            match next {
                Some(Ok(Message::Text(text))) => return Some(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// All messages up to the first of this kind, which is the last.
    async fn until(&mut self, kind: &str, word: &str) -> Vec<Value> {
        let mut heard = Vec::new();
        loop {
            let message = self.next().await.unwrap_or_else(|| panic!("no {kind} {word} in {heard:#?}"));
            let last =
                message["type"] == kind && (message["status"] == word || message["code"] == word || word.is_empty());
            heard.push(message);
            if last {
                return heard;
            }
        }
    }
}

fn ulaw(samples: &[i16]) -> Vec<u8> {
    samples.iter().map(|&sample| encode_ulaw(sample)).collect()
}

fn results(messages: &[Value]) -> Vec<(&str, u64)> {
    let results = messages.iter().filter(|m| m["type"] == "detection_result");
    results.map(|m| (m["event"].as_str().unwrap(), m["at_ms"].as_u64().unwrap())).collect()
}

/// What the detector alone says of these samples, as results are named.
fn alone(samples: &[i16]) -> Vec<(&'static str, u64)> {
    let mut detector = Detector::new(&Arc::new(Params::new(DetectConfig::default()).unwrap()));
    let mut told = Vec::new();
    for event in detector.push(samples) {
        let word = match event.kind {
            EventKind::Verdict(verdict) => verdict.stage.word(),
            EventKind::BeepEnded(_) => "beep",
            EventKind::ReadyToRecord(_) => "ready_to_record",
            _ => continue,
        };
        told.push((word, event.at.as_millis()));
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn the_protocol_of_the_specification_tells_what_the_detector_says_and_keeps_the_call() {
    let service = Service::start(|_| {}).await;
    let mut client = Client::open(&service, "/v1/stream").await;
    let heard = samples(VOICEMAIL);
    client.say(json!({"type": "start_detection", "call_id": "c1", "sample_rate": 8000})).await;
    for (sequence, packet) in heard.chunks(160).enumerate() {
        let bytes: Vec<u8> = packet.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let at = sequence as f64 / 50.0;
        client
            .say(json!({"type": "audio_chunk", "call_id": "c1", "sequence": sequence, "timestamp": at,
                "sample_rate": 8000, "channels": 1, "data": STANDARD.encode(bytes)}))
            .await;
    }
    client.say(json!({"type": "stop_detection", "call_id": "c1"})).await;
    let messages = client.until("status", "ended").await;
    assert_eq!(messages[0]["status"], "started");
    assert_eq!(results(&messages), alone(&heard));
    let last = messages.iter().rfind(|m| m["type"] == "detection_result").unwrap();
    assert_eq!((last["is_voicemail"].as_bool(), last["answered_by"].as_str()), (Some(true), Some("voicemail")));
    for field in ["confidence", "method", "processing_time", "timestamp", "model_version", "why"] {
        assert!(!last[field].is_null(), "{field} in {last}");
    }
    let ended = messages.last().unwrap();
    assert_eq!(ended["reason"], "stopped");
    let call = service.app.store.call(ended["id"].as_str().unwrap(), None).await.unwrap().expect("the record");
    assert_eq!(call.summary.answered_by, "voicemail");
    assert_eq!(call.summary.audio_ms as u64, heard.len() as u64 / 8);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn binary_frames_are_heard_however_they_are_cut() {
    let service = Service::start(|_| {}).await;
    let heard = samples(VOICEMAIL);
    let bytes: Vec<u8> = heard.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let mut client = Client::open(&service, "/v1/stream").await;
    client.say(json!({"type": "start_detection", "events": "all"})).await;
    for packet in bytes.chunks(333) {
        client.0.send(Message::binary(packet.to_vec())).await.unwrap();
    }
    client.say(json!({"type": "stop_detection"})).await;
    let messages = client.until("status", "ended").await;
    assert_eq!(results(&messages), alone(&heard));
    assert!(messages.iter().any(|m| m["type"] == "event" && m["kind"] == "greeting_ended"));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_lost_is_a_gap_and_what_comes_twice_or_late_is_dropped() {
    let service = Service::start(|_| {}).await;
    let mut client = Client::open(&service, "/v1/stream").await;
    client.say(json!({"type": "start_detection", "call_id": "gaps", "encoding": "mulaw"})).await;
    let packets: Vec<Vec<u8>> = ulaw(&samples(PERSON)).chunks(160).map(<[u8]>::to_vec).collect();
    let mut order: Vec<usize> = (0..60).collect();
    order.swap(20, 22);
    order.retain(|at| !(30..35).contains(at));
    order.extend([10, 59]);
    for at in order {
        let data = STANDARD.encode(&packets[at]);
        client.say(json!({"type": "audio_chunk", "call_id": "gaps", "sequence": at, "data": data})).await;
    }
    client.say(json!({"type": "audio_chunk", "call_id": "gaps", "sequence": 99_999, "data": ""})).await;
    let refused = client.until("error", "bad_field").await;
    assert_eq!(refused.last().unwrap()["field"], "sequence");
    client.say(json!({"type": "stop_detection", "call_id": "gaps"})).await;
    let messages = client.until("status", "ended").await;
    let ended = messages.last().unwrap();
    assert_eq!(ended["lost_ms"], 100);
    assert_eq!(ended["audio_ms"], 1_200);
    assert_eq!(ended["dropped_chunks"], 2);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_one_connection_do_not_mix() {
    let service = Service::start(|_| {}).await;
    let mut client = Client::open(&service, "/v1/stream").await;
    let calls = [("a", samples(VOICEMAIL)), ("b", samples(PERSON))];
    for (name, _) in &calls {
        client.say(json!({"type": "start_detection", "call_id": name, "encoding": "mulaw"})).await;
    }
    client.0.send(Message::binary(vec![0xff; 160])).await.unwrap();
    assert!(
        client.until("error", "bad_request").await.last().unwrap()["message"].as_str().unwrap().contains("call_id")
    );
    for at in 0..calls[0].1.len().div_ceil(800) {
        for (name, heard) in &calls {
            if let Some(packet) = heard.chunks(800).nth(at) {
                let data = STANDARD.encode(ulaw(packet));
                client.say(json!({"type": "audio_chunk", "call_id": name, "sequence": at, "data": data})).await;
            }
        }
    }
    for (name, heard) in &calls {
        client.say(json!({"type": "stop_detection", "call_id": name})).await;
        let decoded: Vec<i16> = ulaw(heard).iter().map(|&byte| offhook_audio::g711::decode_ulaw(byte)).collect();
        let messages = client.until("status", "ended").await;
        let of_call: Vec<Value> = messages.into_iter().filter(|m| m["call_id"] == *name).collect();
        let last = of_call.iter().rfind(|m| m["type"] == "detection_result").cloned();
        let expected = alone(&decoded).last().copied();
        if let (Some(last), Some((word, at))) = (last, expected) {
            assert_eq!((last["event"].as_str(), last["at_ms"].as_u64()), (Some(word), Some(at)), "{name}");
        }
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_messages_are_named_and_too_many_close_only_their_own_connection() {
    let service = Service::start(|config| config.stream.errors = 3).await;
    let mut good = Client::open(&service, "/v1/stream").await;
    good.say(json!({"type": "start_detection", "call_id": "good", "encoding": "mulaw"})).await;
    let mut bad = Client::open(&service, "/v1/stream").await;
    for (message, field) in [
        (json!({"type": "start_detection", "sample_rate": 1}), "sample_rate"),
        (json!({"type": "dance"}), "type"),
        (json!({"type": "audio_chunk", "data": "!"}), "data"),
    ] {
        bad.say(message).await;
        assert_eq!(bad.until("error", "bad_field").await.last().unwrap()["field"], field);
    }
    bad.0.send(Message::binary(vec![0; 8])).await.unwrap();
    assert_eq!(bad.until("error", "unknown_call").await.len(), 1);
    assert_eq!(bad.next().await, None);
    let heard = samples(PERSON);
    good.play(&ulaw(&heard)).await;
    good.say(json!({"type": "stop_detection"})).await;
    let messages = good.until("status", "ended").await;
    assert_eq!(messages.iter().rfind(|m| m["type"] == "detection_result").unwrap()["answered_by"], "human");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tap_is_one_call_named_in_its_path() {
    let service = Service::start(|_| {}).await;
    for path in ["/audio_stream/fs-1?encoding=mulaw", "/stream/fs-1?encoding=mulaw&sample_rate=8000"] {
        let mut client = Client::open(&service, path).await;
        client.0.send(Message::text("{\"uuid\": \"fs-1\", \"from\": \"metadata of a switch\"}")).await.unwrap();
        client.play(&ulaw(&samples(PERSON))).await;
        client.0.close(None).await.unwrap();
        let started = client.next().await.unwrap();
        assert_eq!((started["status"].as_str(), started["call_id"].as_str()), (Some("started"), Some("fs-1")));
        while client.next().await.is_some() {}
        let id = started["id"].as_str().unwrap();
        let call = wait_for(&service, id).await;
        assert_eq!((call.summary.answered_by.as_str(), call.summary.source.word()), ("human", "tap"));
    }
    service.stop().await;
}

async fn wait_for(service: &Service, id: &str) -> offhook_server::store::CallDetail {
    for _ in 0..200 {
        if let Some(call) = service.app.store.call(id, None).await.unwrap() {
            return call;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no record of {id}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_wire_is_closed_and_its_call_has_a_verdict() {
    let service = Service::start(|config| config.stream.idle = Duration::from_millis(400)).await;
    let mut client = Client::open(&service, "/v1/stream").await;
    client.say(json!({"type": "start_detection", "call_id": "idle", "encoding": "mulaw"})).await;
    client.play(&ulaw(&samples(PERSON)[..4_000])).await;
    let messages = client.until("status", "ended").await;
    assert_eq!(messages.last().unwrap()["reason"], "idle");
    assert!(messages.iter().any(|m| m["type"] == "detection_result" && m["final"] == true));
    assert_eq!(client.next().await, None);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_stops_tells_its_streams_and_keeps_their_calls() {
    let mut service = Service::start(|config| config.http.drain = Duration::from_millis(600)).await;
    let mut client = Client::open(&service, "/v1/stream").await;
    client.say(json!({"type": "start_detection", "call_id": "last", "encoding": "mulaw"})).await;
    client.play(&ulaw(&samples(VOICEMAIL)[..24_000])).await;
    client.until("status", "started").await;
    service.tell();
    let stopping = client.until("status", "stopping").await;
    assert!(stopping.iter().all(|m| m["status"] != "ended"));
    client.say(json!({"type": "start_detection", "call_id": "too-late"})).await;
    client.until("error", "stopping").await;
    let messages = client.until("status", "ended").await;
    assert_eq!(messages.last().unwrap()["reason"], "service_stopping");
    assert!(messages.iter().any(|m| m["type"] == "detection_result" && m["final"] == true));
    let folder = service.stop().await;
    let again = Service::start_in(folder, |_| {}).await;
    assert_eq!(again.app.store.call("last", None).await.unwrap().unwrap().summary.audio_ms, 3_000);
    again.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_streams_than_are_taken_are_refused_with_a_word() {
    let service = Service::start(|config| config.stream.most = 1).await;
    let mut first = Client::open(&service, "/v1/stream").await;
    first.say(json!({"type": "start_detection", "call_id": "one"})).await;
    first.until("status", "started").await;
    let refused = connect_async(service.ws("/v1/stream")).await.unwrap_err().to_string();
    assert!(refused.contains("503"), "{refused}");
    first.say(json!({"type": "start_detection", "call_id": "two"})).await;
    assert_eq!(first.until("error", "busy").await.len(), 1);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_chunk_may_say_what_the_start_did_not() {
    let service = Service::start(|_| {}).await;
    let mut client = Client::open(&service, "/v1/stream").await;
    client.say(json!({"type": "start_detection", "call_id": "wide"})).await;
    let heard = samples(PERSON);
    for (sequence, packet) in heard.chunks(160).enumerate() {
        // Each sample twice in time and once a channel: 16 kHz, stereo.
        let bytes: Vec<u8> = packet.iter().flat_map(|s| [s; 4]).flat_map(|s| s.to_le_bytes()).collect();
        client
            .say(json!({"type": "audio_chunk", "call_id": "wide", "sequence": sequence, "sample_rate": 16000,
                "channels": 2, "data": STANDARD.encode(bytes)}))
            .await;
    }
    client
        .say(json!({"type": "audio_chunk", "call_id": "wide", "sequence": 9999, "sample_rate": 8000, "data": ""}))
        .await;
    assert_eq!(client.until("error", "bad_field").await.last().unwrap()["field"], "sample_rate");
    client.say(json!({"type": "stop_detection", "call_id": "wide"})).await;
    let messages = client.until("status", "ended").await;
    let told = messages.last().unwrap()["audio_ms"].as_i64().unwrap();
    assert!((told - heard.len() as i64 / 8).abs() <= 15, "{told}");
    service.stop().await;
}

/// A client that is not ours: the package `websockets` of Python.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_others_drives_a_stream() {
    let service = Service::start(|_| {}).await;
    let heard = ulaw(&samples(VOICEMAIL));
    let folder = tempfile::tempdir().unwrap();
    let (file, url) = (folder.path().join("call.ulaw"), service.ws("/v1/stream"));
    std::fs::write(&file, &heard).unwrap();
    let done = tokio::task::spawn_blocking(move || {
        Command::new(python::program("python")).arg(python::file("stream.py")).arg(url).arg(file).output().unwrap()
    });
    let done = done.await.unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let messages: Vec<Value> =
        String::from_utf8(done.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let decoded: Vec<i16> = heard.iter().map(|&byte| offhook_audio::g711::decode_ulaw(byte)).collect();
    assert_eq!(results(&messages), alone(&decoded));
    assert_eq!(messages.last().unwrap()["reason"], "stopped");
    service.stop().await;
}
