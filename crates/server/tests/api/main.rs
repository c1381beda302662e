//! The API over real HTTP: a real service, a real database, real files.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod audit;
mod calls;
mod document;
mod events;
mod page;
#[path = "../store/postgres.rs"]
mod postgres;
mod schemathesis;
#[path = "../support/mod.rs"]
mod support;
mod webhooks;

use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;
use support::{Service, python};

/// What a caller sends with, and as whom.
struct Api {
    client: Client,
    root: String,
    key: Option<String>,
}

impl Api {
    /// The caller on the loopback address.
    fn new(service: &Service) -> Self {
        Self { client: Client::new(), root: service.url(""), key: None }
    }

    /// A client with a key of its own.
    async fn client(&self, name: &str) -> Self {
        let made = self.post("/v1/keys", &serde_json::json!({ "name": name, "role": "client" })).await;
        let key = json(made, 201).await["key"].as_str().unwrap().to_owned();
        Self { client: self.client.clone(), root: self.root.clone(), key: Some(key) }
    }

    fn as_caller(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.key {
            Some(key) => request.header("X-API-Key", key),
            None => request,
        }
    }

    fn getting(&self, path: &str) -> RequestBuilder {
        self.as_caller(self.client.get(format!("{}{path}", self.root)))
    }

    async fn get(&self, path: &str) -> Response {
        self.getting(path).send().await.unwrap()
    }

    async fn post(&self, path: &str, body: &Value) -> Response {
        self.as_caller(self.client.post(format!("{}{path}", self.root)).json(body)).send().await.unwrap()
    }

    async fn delete(&self, path: &str) -> Response {
        self.as_caller(self.client.delete(format!("{}{path}", self.root))).send().await.unwrap()
    }

    /// Sends a recording of the corpus under this name and gives the answer.
    async fn upload(&self, file: &str, call_id: &str) -> Value {
        let body = std::fs::read(support::corpus(file)).unwrap();
        let request = self.client.post(format!("{}/v1/detect?call_id={call_id}&campaign=autumn", self.root));
        let request = self.as_caller(request).header("content-type", "audio/wav").body(body);
        json(request.send().await.unwrap(), 200).await
    }

    /// What is at the address once it fits; fails if it never does.
    async fn until(&self, path: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        for _ in 0..600 {
            last = json(self.get(path).await, 200).await;
            if fits(&last) {
                return last;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{path} never fits: {last}");
    }
}

/// The JSON of an answer of this status.
async fn json(answer: Response, status: u16) -> Value {
    let (got, text) = (answer.status().as_u16(), answer.text().await.unwrap());
    assert_eq!(got, status, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// Checks that an answer is a problem document of this code, about this field.
async fn problem(answer: Response, status: u16, code: &str, field: Option<&str>) {
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let problem = json(answer, status).await;
    assert_eq!(problem["code"], code, "{problem}");
    assert_eq!(problem["status"], status);
    assert_eq!(problem["field"].as_str(), field, "{problem}");
}
