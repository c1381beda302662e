//! `offhook load` against a small service that speaks the protocol of `/v1/stream` and can be told to misbehave.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use support::{offhook, out};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

/// How the service treats a call.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    /// As the protocol says.
    Well,
    /// It never decides.
    Undecided,
    /// It hears a second less than was sent.
    Deaf,
    /// It answers a start with an error.
    Refusing,
}

/// What the service counted.
#[derive(Default)]
struct Seen {
    audio_ms: AtomicU64,
    calls: AtomicU64,
    keys: AtomicU64,
}

async fn serve(listener: TcpListener, manner: Manner, seen: Arc<Seen>) {
    while let Ok((socket, _)) = listener.accept().await {
        tokio::spawn(call(socket, manner, Arc::clone(&seen)));
    }
}

async fn call(socket: TcpStream, manner: Manner, seen: Arc<Seen>) {
    let keys = Arc::clone(&seen);
    #[allow(clippy::result_large_err, reason = "the signature is the library's")]
    let look = move |request: &Request, response: Response| {
        let known = request.headers().get("x-api-key").is_some_and(|key| key == "secret");
        keys.keys.fetch_add(u64::from(known), Ordering::Relaxed);
        Ok(response)
    };
    let mut stream = tokio_tungstenite::accept_hdr_async(socket, look).await.unwrap();
    let (mut heard_ms, mut decided) = (0, false);
    while let Some(Ok(message)) = stream.next().await {
        let mut answers = Vec::new();
        match message {
            Message::Binary(audio) => heard_ms += audio.len() as u64 / 8,
            Message::Text(text) => {
                let message: Value = serde_json::from_str(&text).unwrap();
                match message["type"].as_str().unwrap() {
                    "start_detection" if manner == Manner::Refusing => {
                        answers.push(json!({ "type": "error", "code": "busy", "message": "no" }));
                    }
                    "start_detection" => answers.push(json!({ "type": "status", "status": "started" })),
                    "audio_chunk" => heard_ms += message["data"].as_str().unwrap().len() as u64 * 3 / 4 / 16,
                    "stop_detection" => {
                        if !decided && manner != Manner::Undecided {
                            answers.push(result("final", heard_ms));
                        }
                        let told = if manner == Manner::Deaf { heard_ms.saturating_sub(1_000) } else { heard_ms };
                        seen.audio_ms.fetch_add(heard_ms, Ordering::Relaxed);
                        seen.calls.fetch_add(1, Ordering::Relaxed);
                        answers.push(json!({ "type": "status", "status": "ended", "audio_ms": told, "lost_ms": 0 }));
                    }
                    other => panic!("{other}"),
                }
            }
            Message::Close(_) => return,
            _ => {}
        }
        if heard_ms >= 500 && !decided && manner != Manner::Undecided {
            decided = true;
            answers.push(result("provisional", 500));
            answers.push(result("final", 500));
        }
        for answer in answers {
            stream.send(Message::text(answer.to_string())).await.unwrap();
        }
    }
}

fn result(event: &str, at_ms: u64) -> Value {
    json!({ "type": "detection_result", "event": event, "final": event == "final", "at_ms": at_ms, "answered_by": "human",
            "is_voicemail": false, "confidence": 0.9 })
}

fn load(manner: Manner, arguments: &[&str]) -> (Value, Option<i32>, Arc<Seen>) {
    load_by(&mut offhook(), manner, arguments)
}

/// Runs the load for four seconds: its report, its exit code and what the service saw.
fn load_by(program: &mut Command, manner: Manner, arguments: &[&str]) -> (Value, Option<i32>, Arc<Seen>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let seen = Arc::new(Seen::default());
    let listener = runtime.block_on(TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))).unwrap();
    let here = format!("http://{}", listener.local_addr().unwrap());
    let url = if arguments.contains(&"--url") { Vec::new() } else { vec!["--url", &here] };
    runtime.spawn(serve(listener, manner, Arc::clone(&seen)));
    let output = program
        .args(["load", "--json", "--calls", "6", "--duration", "4s", "--ramp", "1s", "--pool", "4"])
        .args(["--p95", "60s"])
        .args(url)
        .args(arguments)
        .output()
        .unwrap();
    let report = serde_json::from_str(&out(&output)).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    (report, output.status.code(), seen)
}

#[test]
fn every_packet_arrives_and_every_call_is_decided() {
    for encoding in ["mulaw", "json"] {
        let (report, _, seen) = load(Manner::Well, &["--encoding", encoding, "--key", "secret"]);
        assert_eq!(report["success_rate"], 1.0, "{report:#}");
        assert_eq!(report["dropped_chunks"], 0, "{report:#}");
        assert!(report["delay_ms"]["count"].as_u64().unwrap() > 0, "{report:#}");
        assert_eq!(report["started"], seen.calls.load(Ordering::Relaxed));
        assert_eq!(report["started"], seen.keys.load(Ordering::Relaxed), "each connection has the key");
        assert_eq!(report["answered_by"]["human"], report["started"]);
        // The last packet of a call may be shorter than the others.
        let sent_ms = report["chunks_sent"].as_u64().unwrap() * 20;
        let heard_ms = seen.audio_ms.load(Ordering::Relaxed);
        assert!(heard_ms <= sent_ms && heard_ms + 20 * seen.calls.load(Ordering::Relaxed) >= sent_ms);
        #[cfg(target_os = "linux")]
        assert!(report["server"]["rss"].as_u64().unwrap() > 1_000_000, "found by its port: {report:#}");
    }
}

#[test]
fn the_key_may_come_from_the_environment_and_a_flag_beats_it() {
    let (report, _, seen) = load_by(offhook().env("OFFHOOK_API_KEY", "secret"), Manner::Well, &[]);
    assert!(report["started"].as_u64().unwrap() > 0, "{report:#}");
    assert_eq!(report["started"], seen.keys.load(Ordering::Relaxed));
    let (_, _, seen) = load_by(offhook().env("OFFHOOK_API_KEY", "secret"), Manner::Well, &["--key", "other"]);
    assert_eq!(seen.keys.load(Ordering::Relaxed), 0);
}

#[test]
fn a_post_that_failed_has_no_delay() {
    let (report, code, _) = load(Manner::Well, &["--rest", "--url", "http://127.0.0.1:1"]);
    assert_eq!(code, Some(4));
    assert!(report["started"].as_u64().unwrap() > 0 && report["succeeded"] == 0, "{report:#}");
    assert_eq!(report["delay_ms"]["count"], 0, "{report:#}");
}

#[test]
fn a_service_that_does_not_decide_fails_every_call() {
    let (report, code, _) = load(Manner::Undecided, &[]);
    assert_eq!(code, Some(4));
    assert_eq!(report["success_rate"], 0.0);
    assert_eq!(report["failures"]["ended without a final result"], report["started"]);
}

#[test]
fn audio_that_was_not_heard_is_told() {
    let (report, _, _) = load(Manner::Deaf, &[]);
    assert!(report["dropped_chunks"].as_u64().unwrap() >= 50, "{report:#}");
}

#[test]
fn an_error_is_named_and_a_closed_port_too() {
    let (report, code, _) = load(Manner::Refusing, &[]);
    assert_eq!(code, Some(4));
    assert!(report["failures"]["the service said busy"].as_u64().unwrap() > 0, "{report:#}");
    let (report, code, _) = load(Manner::Well, &["--url", "http://127.0.0.1:1"]);
    assert_eq!(code, Some(4));
    assert_eq!(report["succeeded"], 0);
    assert!(
        report["failures"].as_object().unwrap().keys().all(|reason| reason.starts_with("connecting")),
        "{report:#}"
    );
}

#[test]
fn what_cannot_be_loaded_is_a_mistake_of_use() {
    for arguments in [["--packet", "1ms"], ["--url", "localhost"], ["--calls", "0"], ["--recordings", "/no/such/file"]]
    {
        let output = offhook().arg("load").args(arguments).output().unwrap();
        assert_ne!(output.status.code(), Some(0), "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}
