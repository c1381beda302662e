//! Webhooks, with a real receiver.

use std::collections::{HashSet, VecDeque};
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::postgres::Postgres;
use crate::support::Service;
use crate::{Api, json, problem, python};

type Told = (HeaderMap, String);

/// A receiver that answers as it was told to, and with 204 after that.
struct Receiver {
    url: String,
    told: mpsc::UnboundedReceiver<Told>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

impl Receiver {
    async fn start(answers: impl IntoIterator<Item = u16>) -> Self {
        let answers: Arc<Mutex<VecDeque<u16>>> = Arc::new(Mutex::new(answers.into_iter().collect()));
        let (tell, told) = mpsc::unbounded_channel();
        type Wired = (Arc<Mutex<VecDeque<u16>>>, mpsc::UnboundedSender<Told>);
        let take = async |State((answers, tell)): State<Wired>, headers: HeaderMap, body: String| {
            tell.send((headers, body)).ok();
            let answer = answers.lock().unwrap().pop_front().unwrap_or(204);
            (StatusCode::from_u16(answer).unwrap(), [("location", "/elsewhere")])
        };
        let router =
            axum::Router::new().route("/hook", axum::routing::post(take)).with_state((Arc::clone(&answers), tell));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, told, answers }
    }

    async fn next(&mut self) -> (HeaderMap, Value, String) {
        let (headers, text) = self.told.recv().await.unwrap();
        (headers, serde_json::from_str(&text).unwrap(), text)
    }
}

async fn add(api: &Api, url: &str, events: &[&str]) -> Value {
    json(api.post("/v1/webhooks", &json!({ "url": url, "events": events })).await, 201).await
}

fn list(webhook: &Value, state: &str) -> String {
    format!("/v1/webhooks/{}/deliveries?state={state}", webhook["id"].as_str().unwrap())
}

fn has_one(page: &Value) -> bool {
    page["deliveries"].as_array().unwrap().len() == 1
}

/// Asks the reference library of Standard Webhooks whether a delivery is signed right.
fn verified(secret: &Value, headers: &HeaderMap, body: &str) -> bool {
    let field = |name: &str| headers[name].to_str().unwrap().to_owned();
    let headers: serde_json::Map<String, Value> = ["webhook-id", "webhook-timestamp", "webhook-signature"]
        .map(|name| (name.to_owned(), field(name).into()))
        .into_iter()
        .collect();
    let mut child = Command::new(python::program("python"))
        .arg(python::file("verify_webhook.py"))
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let given = json!({ "secret": secret, "headers": headers, "body": body });
    child.stdin.take().unwrap().write_all(given.to_string().as_bytes()).unwrap();
    child.wait().unwrap().success()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_is_told_what_it_asked_for_and_can_verify_it() {
    let service = Service::start(|config| config.webhooks.private = true).await;
    let (api, mut receiver) = (Api::new(&service), Receiver::start([]).await);
    let webhook = add(&api, &receiver.url, &["started", "verdict", "ended"]).await;
    let shown = json(api.get("/v1/webhooks").await, 200).await;
    assert_eq!((&shown["webhooks"][0]["id"], &shown["webhooks"][0]["secret"]), (&webhook["id"], &Value::Null));
    let answer = api.upload("voicemail-personal-beep.wav", "hooked").await;
    let mut told = Vec::new();
    for _ in 0..3 {
        let (headers, body, text) = receiver.next().await;
        assert!(verified(&webhook["secret"], &headers, &text), "{text}");
        assert!(!verified(&webhook["secret"], &headers, &text.replace("hooked", "forged")));
        told.push((body["sequence"].as_u64().unwrap(), body));
    }
    told.sort_by_key(|(sequence, _)| *sequence);
    let kinds: Vec<&str> = told.iter().map(|(_, body)| body["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["started", "verdict", "ended"]);
    assert_eq!(told[1].1["data"]["event"]["answered_by"], answer["answered_by"]);
    assert_eq!(told[2].1["data"]["id"], answer["id"]);
    let done = api.until(&list(&webhook, "done"), |page| page["deliveries"].as_array().unwrap().len() == 3).await;
    assert!(done["deliveries"].as_array().unwrap().iter().all(|one| one["attempts"] == 1 && one["last_status"] == 204));
    let gone = format!("/v1/webhooks/{}", webhook["id"].as_str().unwrap());
    assert_eq!(api.delete(&gone).await.status(), 204);
    problem(api.delete(&gone).await, 404, "unknown_webhook", None).await;
    problem(api.get(&list(&webhook, "done")).await, 404, "unknown_webhook", None).await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_fails_is_told_again_and_a_redirect_is_a_failure() {
    let service = Service::start(|config| config.webhooks.private = true).await;
    let (api, mut receiver) = (Api::new(&service), Receiver::start([500, 307]).await);
    let webhook = add(&api, &receiver.url, &["ended"]).await;
    api.upload("human-short.wav", "again").await;
    let (first, ..) = receiver.next().await;
    for _ in 0..2 {
        assert_eq!(receiver.next().await.0["webhook-id"], first["webhook-id"]);
    }
    let done = api.until(&list(&webhook, "done"), has_one).await;
    assert_eq!(done["deliveries"][0]["attempts"], 3);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_takes_is_put_among_the_dead_across_a_restart_and_can_be_sent_again() {
    let change = |config: &mut offhook_server::ServerConfig| {
        config.webhooks.private = true;
        config.webhooks.attempts = 2;
    };
    let service = Service::start(change).await;
    let (api, mut receiver) = (Api::new(&service), Receiver::start([500, 500]).await);
    let webhook = add(&api, &receiver.url, &["ended"]).await;
    api.upload("human-short.wav", "dead").await;
    receiver.next().await;
    let folder = service.stop().await;
    let service = Service::start_in(folder, change).await;
    let api = Api::new(&service);
    receiver.next().await;
    let dead = api.until(&list(&webhook, "dead"), has_one).await;
    let delivery = &dead["deliveries"][0];
    assert_eq!((&delivery["attempts"], &delivery["last_status"]), (&json!(2), &json!(500)));
    assert!(delivery["last_error"].as_str().unwrap().contains("500"));
    assert!(receiver.answers.lock().unwrap().is_empty());
    let (id, name) = (webhook["id"].as_str().unwrap(), delivery["id"].as_str().unwrap());
    let again = format!("/v1/webhooks/{id}/deliveries/{name}/redeliver");
    assert_eq!(json(api.post(&again, &Value::Null).await, 202).await["state"], "pending");
    assert_eq!(receiver.next().await.0["webhook-id"], name);
    assert_eq!(api.until(&list(&webhook, "done"), has_one).await["deliveries"][0]["attempts"], 1);
    let other = format!("/v1/webhooks/{id}/deliveries/{id}/redeliver");
    problem(api.post(&other, &Value::Null).await, 404, "unknown_webhook", None).await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn receivers_inside_the_network_are_refused() {
    let service = Service::start(|_| {}).await;
    let api = Api::new(&service);
    for url in ["http://example.com/", "https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/", "hook", ""] {
        problem(api.post("/v1/webhooks", &json!({ "url": url })).await, 400, "bad_field", Some("url")).await;
    }
    let wrong = json!({ "url": "https://example.com/", "events": ["picture"] });
    assert_eq!(api.post("/v1/webhooks", &wrong).await.status(), 400);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_leads_inside_is_not_connected_to() {
    let service = Service::start(|config| config.webhooks.attempts = 1).await;
    let api = Api::new(&service);
    let webhook = add(&api, "https://localhost:9/", &["ended"]).await;
    api.upload("human-short.wav", "inside").await;
    let dead = api.until(&list(&webhook, "dead"), has_one).await;
    let error = dead["deliveries"][0]["last_error"].as_str().unwrap();
    assert!(error.contains("private network"), "{error}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_on_one_database_tell_each_piece_of_news_once() {
    let shared = tempfile::tempdir().unwrap();
    let (database, key) = (tokio::task::spawn_blocking(Postgres::start).await.unwrap(), shared.path().join("key"));
    std::fs::write(&key, "0123456789abcdef".repeat(4)).unwrap();
    let change = |config: &mut offhook_server::ServerConfig| {
        config.webhooks.private = true;
        config.storage.database = Some(database.url());
        config.audio.key = vec![format!("file:{}", key.display())];
    };
    let (one, two) = (Service::start(change).await, Service::start(change).await);
    let mut receiver = Receiver::start([]).await;
    let webhook = add(&Api::new(&one), &receiver.url, &["ended"]).await;
    let calls = 12;
    for call in 0..calls {
        Api::new(&one).upload("human-short.wav", &format!("call-{call}")).await;
    }
    let all = |page: &Value| page["deliveries"].as_array().unwrap().len() == calls;
    Api::new(&two).until(&list(&webhook, "done"), all).await;
    let mut told = HashSet::new();
    while let Ok((headers, _)) = receiver.told.try_recv() {
        assert!(told.insert(headers["webhook-id"].clone()), "told twice");
    }
    assert_eq!(told.len(), calls);
    one.stop().await;
    two.stop().await;
}
