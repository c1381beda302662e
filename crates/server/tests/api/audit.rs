//! The audit log over HTTP.

use std::time::Duration;

use crate::support::Service;
use crate::{Api, json};

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_reads_who_did_what() {
    let service = Service::start(|_| {}).await;
    let api = Api::new(&service);
    let made = api.upload("human-short.wav", "audited").await;
    let id = made["id"].as_str().unwrap();
    api.until("/v1/calls", |page| page["calls"][0]["id"] == id).await;
    json(api.get(&format!("/v1/calls/{id}")).await, 200).await;
    let client = api.client("no-admin").await;
    json(client.get("/v1/audit").await, 403).await;
    assert!(service.app.audit.flush(Duration::from_secs(60)).await);

    let all = json(api.get("/v1/audit?limit=500").await, 200).await;
    let entries = all["entries"].as_array().unwrap();
    let noted = |action: &str, subject: &str| {
        entries.iter().any(|entry| entry["action"] == action && entry["subject"] == subject)
    };
    assert!(noted("service.start", "service") && noted("call.read", id), "{all:#}");
    assert!(entries.iter().any(|entry| entry["action"] == "key.created" && entry["actor"] == "local"), "{all:#}");
    assert_eq!(all["next"], serde_json::Value::Null);

    let first = json(api.get("/v1/audit?limit=1").await, 200).await;
    let next = first["next"].as_str().unwrap();
    let second = json(api.get(&format!("/v1/audit?limit=1&cursor={next}")).await, 200).await;
    assert_ne!(first["entries"][0]["seq"], second["entries"][0]["seq"]);
    assert!(service.app.audit.flush(Duration::from_secs(60)).await);
    let reads = json(api.get("/v1/audit?action=audit.&actor=local").await, 200).await;
    assert!(!reads["entries"].as_array().unwrap().is_empty(), "reading the log is itself noted");

    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("cursor=x", "cursor"),
        ("from=today", "from"),
        ("actor=%00", "actor"),
    ] {
        let problem = json(api.get(&format!("/v1/audit?{query}")).await, 400).await;
        assert_eq!(problem["code"], "bad_field", "{query}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains(field) || problem["field"] == field, "{query}: {problem}");
    }
    service.stop().await;
}
