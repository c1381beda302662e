//! Switches by the API: how they are, calls that are placed, and what is done with those that are watched.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use offhook_server::auth::Scope;
use offhook_server::switch::order::OrderError;
use offhook_server::switch::{Dialer, Originate, Platform};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use support::Service;

/// A switch on which nobody answers.
#[derive(Debug, Default)]
struct Unanswered {
    placed: Mutex<Vec<Originate>>,
    /// Whether it says nothing at all.
    silent: bool,
}

impl Dialer for Unanswered {
    fn place(&self, call: &Originate) -> BoxFuture<'static, Result<(), OrderError>> {
        self.placed.lock().unwrap().push(call.clone());
        let silent = self.silent;
        Box::pin(async move {
            if silent {
                std::future::pending::<()>().await;
            }
            Err(OrderError::Refused("USER_BUSY".into()))
        })
    }

    fn platform(&self) -> Platform {
        Platform::FreeSwitch
    }

    fn template(&self) -> Option<&str> {
        Some("sofia/gateway/carrier/{number}")
    }
}

struct Caller {
    client: Client,
    key: String,
}

impl Caller {
    async fn with(service: &Service, scopes: &[Scope]) -> Self {
        let (key, _) = service.app.auth.keys().create("test", scopes, None).await.unwrap();
        Self { client: Client::new(), key: key.reveal().to_owned() }
    }

    async fn answer(&self, request: RequestBuilder) -> (StatusCode, Value) {
        let answer = request.header("x-api-key", &self.key).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap_or_default())
    }

    async fn post(&self, service: &Service, path: &str, body: Value) -> (StatusCode, Value) {
        self.answer(self.client.post(service.url(path)).json(&body)).await
    }

    async fn get(&self, service: &Service, path: &str) -> (StatusCode, Value) {
        self.answer(self.client.get(service.url(path))).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_nobody_answers_is_placed_and_has_a_record_with_its_cause() {
    let service = Service::start(|_| {}).await;
    let dialer = Arc::new(Unanswered::default());
    service.app.switches.placements.connect("fs1", Arc::clone(&dialer) as _);
    let caller = Caller::with(&service, &[Scope::Control, Scope::Detect]).await;
    let new = json!({
        "switch": "fs1", "to": "+15550100", "caller_id": "15550199", "campaign": "spring", "call_id": "lead-7",
        "variables": { "lead": "7" }, "ring_limit": "20s", "on": { "human": [{ "transfer": "1000 XML default" }] },
    });
    let (status, made) = caller.post(&service, "/v1/calls", new).await;
    assert_eq!((status, &made["call_id"]), (StatusCode::CREATED, &json!("lead-7")), "{made}");
    let path = format!("/v1/calls/{}", made["id"].as_str().unwrap());
    let record = loop {
        let (status, record) = caller.get(&service, &path).await;
        if status == StatusCode::OK && !record["handling"].is_null() {
            break record;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(record["handling"]["hangup_cause"], "USER_BUSY");
    assert_eq!((&record["call_id"], &record["campaign"]), (&json!("lead-7"), &json!("spring")));
    assert_eq!((&record["answered_by"], &record["cause"]["hangup_cause"]), (&json!("unknown"), &json!("USER_BUSY")));
    {
        let placed = dialer.placed.lock().unwrap();
        assert_eq!(placed[0].to.reveal(), "sofia/gateway/carrier/+15550100");
        assert_eq!(placed[0].ring_limit, Duration::from_secs(20));
        assert_eq!(placed[0].variables["lead"], "7");
    }
    assert_eq!(service.app.switches.placements.count(), 0);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_placed_is_refused_with_the_field() {
    let service = Service::start(|config| config.switches.originate_most = 1).await;
    service.app.switches.placements.connect("fs1", Arc::new(Unanswered { silent: true, ..Unanswered::default() }));
    service.app.switches.states.add("fs2", Platform::FreeSwitch, "127.0.0.1:1");
    let caller = Caller::with(&service, &[Scope::Control]).await;
    let call = |change: Value| {
        let mut call = json!({ "switch": "fs1", "to": "100", "on": { "human": ["park"] } });
        call.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        call
    };
    for (change, field) in [
        (json!({ "switch": "fs9" }), "switch"),
        (json!({ "to": "user/1 &system(id)" }), "to"),
        (json!({ "to": "{execute_on_answer='system id'}user/1" }), "to"),
        (json!({ "caller_id": "a b" }), "caller_id"),
        (json!({ "variables": { "execute_on_answer": "system id" } }), "variables"),
        (json!({ "ring_limit": "1h" }), "ring_limit"),
        (json!({ "within": "soon" }), "within"),
        (json!({ "on": {} }), "on"),
        (json!({ "on": { "voicemail": ["stay"] } }), "on"),
        (json!({ "rule": "none" }), "rule"),
        (json!({ "on": { "human": [{ "execute": ["system", "id"] }] } }), "on"),
    ] {
        let (status, problem) = caller.post(&service, "/v1/calls", call(change)).await;
        assert_eq!((status, &problem["field"]), (StatusCode::BAD_REQUEST, &json!(field)), "{problem}");
    }
    let (status, problem) = caller.post(&service, "/v1/calls", call(json!({ "switch": "fs2" }))).await;
    assert_eq!((status, &problem["code"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("switch_not_connected")));
    assert_eq!(caller.post(&service, "/v1/calls", call(json!({}))).await.0, StatusCode::CREATED);
    let (status, problem) = caller.post(&service, "/v1/calls", call(json!({}))).await;
    assert_eq!((status, &problem["code"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("busy")), "one at once");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn actions_are_for_calls_that_are_watched() {
    let service = Service::start(|_| {}).await;
    let caller = Caller::with(&service, &[Scope::Control]).await;
    let (status, problem) = caller.post(&service, "/v1/calls/none/actions", json!(["park"])).await;
    assert_eq!((status, &problem["code"]), (StatusCode::NOT_FOUND, &json!("unknown_call")));
    let execute = json!([{ "execute": ["system", "id"] }]);
    let (status, problem) = caller.post(&service, "/v1/calls/none/actions", execute).await;
    assert_eq!((status, &problem["field"]), (StatusCode::BAD_REQUEST, &json!("actions")), "{problem}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_switches_are_listed_for_who_may_monitor() {
    let service = Service::start(|_| {}).await;
    service.app.switches.states.add("fs1", Platform::FreeSwitch, "127.0.0.1:8021");
    service.app.switches.states.lost("fs1", "refused");
    let (status, list) = Caller::with(&service, &[Scope::Monitor]).await.get(&service, "/v1/switches").await;
    assert_eq!((status, &list["watched"]), (StatusCode::OK, &json!(0)));
    let fs1 = &list["switches"][0];
    assert_eq!(
        (&fs1["name"], &fs1["last_error"], &fs1["connected_since"]),
        (&json!("fs1"), &json!("refused"), &Value::Null)
    );
    service.stop().await;
}
