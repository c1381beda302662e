//! The OpenAPI document: what is committed is what the code says.

use std::collections::HashSet;
use std::path::Path;

use serde_json::Value;

/// To write it anew: `OFFHOOK_WRITE=1 cargo nextest run -p offhook-server the_committed_document`.
#[test]
fn the_committed_document_is_what_the_code_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let text = offhook_server::openapi();
    if std::env::var_os("OFFHOOK_WRITE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == text, "docs/openapi.json is stale: run this test with OFFHOOK_WRITE=1");
}

#[test]
fn every_operation_is_described() {
    let document: Value = serde_json::from_str(&offhook_server::openapi()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let known: Vec<&Value> = document["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
    let mut names = HashSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let at = format!("{method} {path}");
            assert!(names.insert(operation["operationId"].as_str().unwrap()), "{at} has the name of another");
            assert!(operation["summary"].is_string(), "{at} has no summary");
            assert!(known.contains(&&operation["tags"][0]), "{at} has no known tag");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                assert!(parameter["description"].is_string(), "{at}: {} is not described", parameter["name"]);
            }
            assert!(
                operation["responses"].as_object().unwrap().keys().any(|status| status < &"400".to_owned()),
                "{at}"
            );
            if path.starts_with("/v1") {
                assert!(operation["security"].is_array(), "{at} says nothing of who may call it");
            }
        }
    }
}

#[test]
fn what_a_query_may_hold_is_described() {
    let document: Value = serde_json::from_str(&offhook_server::openapi()).unwrap();
    for (path, method, names) in [
        ("/v1/calls", "get", &["answered_by", "voicemail_only", "min_confidence", "from", "cursor", "limit"][..]),
        ("/v1/stats", "get", &["window", "campaign"]),
        ("/v1/review", "get", &["limit"]),
        ("/v1/events", "get", &["call"]),
        ("/v1/webhooks/{id}/deliveries", "get", &["id", "state", "cursor", "limit"]),
        ("/v1/audit", "get", &["limit"]),
        ("/v1/detect", "post", &["call_id", "sample_rate"]),
    ] {
        let given = document["paths"][path][method]["parameters"].as_array();
        let given: Vec<&str> = given.into_iter().flatten().filter_map(|one| one["name"].as_str()).collect();
        for name in names {
            assert!(given.contains(name), "{method} {path} does not describe {name}: {given:?}");
        }
    }
}
