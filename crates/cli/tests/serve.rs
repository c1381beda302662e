//! The service as a process: how it starts, stops, and what a kill leaves.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use support::{err, offhook, run};

/// A service in a process of its own.
struct Process {
    child: Child,
    url: String,
}

impl Process {
    /// Starts it in this folder and waits until it listens.
    fn start(folder: &Path) -> Self {
        let mut child = offhook()
            .current_dir(folder)
            .args(["serve", "--bind", "127.0.0.1:0", "--set", "storage.folder=data", "--set", "dashboard.demo=false"])
            .args(["--set", "auth.admin_rate=100000", "--set", "log.level=warn"])
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let said = lines.by_ref().map_while(Result::ok).find(|line| line.contains("listening on "));
        let said = said.expect("it says where it listens");
        let url = said.split_whitespace().find(|word| word.starts_with("http://")).unwrap().to_owned();
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| eprintln!("serve: {line}")));
        Self { child, url }
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn terminate(mut self) -> ExitStatus {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap()
    }
}

async fn send(client: &reqwest::Client, url: &str, audio: Vec<u8>) -> Option<String> {
    let post = client.post(format!("{url}/v1/detect")).header("content-type", "audio/wav").body(audio);
    let answer = post.send().await.ok().filter(|answer| answer.status() == 200)?;
    let answer: Value = answer.json().await.ok()?;
    Some(answer["id"].as_str()?.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_moment_loses_no_call_that_was_answered() {
    let folder = tempfile::tempdir().unwrap();
    let audio = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/human-short.wav")).unwrap();
    let client = reqwest::Client::new();
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    for after in [350, 900, 1_600] {
        let service = Process::start(folder.path());
        let senders: Vec<_> = (0..8)
            .map(|_| {
                let (client, url, audio) = (client.clone(), service.url.clone(), audio.clone());
                let acknowledged = Arc::clone(&acknowledged);
                tokio::spawn(async move {
                    while let Some(id) = send(&client, &url, audio.clone()).await {
                        acknowledged.lock().unwrap().push(id);
                    }
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(after)).await;
        service.kill();
        for sender in senders {
            sender.await.unwrap();
        }
    }
    let acknowledged = std::mem::take(&mut *acknowledged.lock().unwrap());
    assert!(acknowledged.len() > 10, "{} calls were answered before the kills", acknowledged.len());
    let service = Process::start(folder.path());
    for id in &acknowledged {
        let answer = client.get(format!("{}/v1/calls/{id}", service.url)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{id} of {} is gone", acknowledged.len());
    }
    assert!(service.terminate().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_stops_in_order_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let service = Process::start(folder.path());
    let health: Value = reqwest::get(format!("{}/health", service.url)).await.unwrap().json().await.unwrap();
    assert_eq!(health["status"], "healthy", "{health}");
    assert_eq!(service.terminate().code(), Some(0));
}

#[test]
fn a_public_address_is_refused_unless_it_is_safe_or_meant() {
    let folder = tempfile::tempdir().unwrap();
    let refused = run(folder.path(), &["serve", "--bind", "0.0.0.0:0"]);
    assert_eq!(refused.status.code(), Some(3));
    let said = err(&refused);
    assert!(said.contains("http.bind") && said.contains("http.insecure"), "{said}");
    assert!(!folder.path().join("offhook-data").exists());
}

#[test]
fn a_setting_that_cannot_be_used_is_named_with_where_it_came_from() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("o.toml"), "[http]\nbind = \"here\"\n[limits]\nsample_rates = [8000, 16000]\n")
        .unwrap();
    let refused = run(folder.path(), &["serve", "--config", "o.toml"]);
    assert_eq!(refused.status.code(), Some(3));
    let said = err(&refused);
    assert!(said.contains("http.bind: given \"here\"") && said.contains("o.toml"), "{said}");
}
