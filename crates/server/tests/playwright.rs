//! The dashboard as people use it, in headless Chromium; and that what is committed of it is what its sources build.
//!
//! Pictures for the guide: `OFFHOOK_PICTURES=$PWD/docs/images cargo nextest run -p offhook-server --test playwright`.
//!
//! It needs `node` with `npm`, and Chromium: the one named by `CHROMIUM`, or the system's.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod support;

#[path = "browser/npm.rs"]
mod npm;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use offhook_server::ServerConfig;
use support::Service;

fn here(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Runs a scenario of `tests/browser` against a service.
async fn scenario(name: &str, service: &Service, more: &[&str]) {
    let folder = here("tests/browser");
    npm::install(&folder);
    let mut node = tokio::process::Command::new("node");
    node.current_dir(&folder).arg(format!("{name}.mjs")).arg(format!("http://{}", service.address)).args(more);
    let output = node.kill_on_drop(true).output().await.expect("node");
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
}

async fn service() -> Service {
    Service::start(|config| config.dashboard.demo = true).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_call_arrives_live_with_its_verdict() {
    scenario("live", &service().await, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_seen_and_heard() {
    scenario("call", &service().await, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reviews_by_key_change_the_figures() {
    scenario("review", &Service::start(|_| {}).await, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_microphone_is_judged_as_it_is_heard() {
    scenario("microphone", &service().await, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_suits_phones_keyboards_and_screen_readers() {
    scenario("look", &service().await, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_needs_identities_asks_for_a_key() {
    let open = Service::start(|_| {}).await;
    let request = reqwest::Client::new().post(open.url("/v1/keys"));
    let made = request
        .header("content-type", "application/json")
        .body(r#"{"name":"dashboard","role":"admin"}"#)
        .send()
        .await
        .unwrap();
    let text = made.text().await.unwrap();
    let made: serde_json::Value = serde_json::from_str(&text).unwrap();
    let key = made["key"].as_str().unwrap_or_else(|| panic!("no key in {text}")).to_owned();

    let closed = Service::start_in(open.stop().await, |config: &mut ServerConfig| config.auth.anonymous = false).await;
    scenario("signin", &closed, &[&key]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_the_interface_shows_what_it_sends() {
    scenario("docs", &Service::start(|_| {}).await, &[]).await;
}

/// All files below a folder, by their paths in it.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn the_committed_dashboard_is_what_its_sources_build() {
    let sources = here("ui");
    npm::install(&sources);
    npm::run(&sources, &["run", "check"]);
    let built = tempfile::tempdir().unwrap();
    npm::run(&sources, &["run", "build", "--", "--emptyOutDir", "--outDir", built.path().to_str().unwrap()]);
    let (committed, built) = (files(&sources.join("dist")), files(built.path()));
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&committed), names(&built), "crates/server/ui/dist is stale: npm run build there");
    for (name, bytes) in &built {
        assert!(committed[name] == *bytes, "crates/server/ui/dist/{name} is stale: npm run build there");
    }
}

/// What the first page loads is to stay small, before compression; one kibibyte is 1,024 bytes.
#[test]
fn the_first_page_is_light() {
    let dist = here("ui/dist");
    let page = std::fs::read_to_string(dist.join("index.html")).unwrap();
    let scripts: Vec<&str> =
        page.split('"').filter(|part| part.starts_with("/assets/") && part.ends_with(".js")).collect();
    assert!(!scripts.is_empty());
    let bytes: u64 = scripts.iter().map(|name| std::fs::metadata(dist.join(&name[1..])).unwrap().len()).sum();
    assert!(bytes < 150 * 1024, "{bytes} bytes of scripts before compression");
}
