//! Who may do what, on the real service: every operation of the OpenAPI document, as nobody and as each role.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use offhook_server::auth::{Role, Scope};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use support::Service;

/// Who may call what, by the beginning of the path; the longest that fits holds.
const TABLE: &[(&str, Needs)] = &[
    ("/health", Needs::Nothing),
    ("/openapi.json", Needs::Nothing),
    ("/v1/me", Needs::Identity),
    ("/v1/session", Needs::Identity),
    ("/v1/detect", Needs::Scope(Scope::Detect)),
    ("/v1/stream", Needs::Scope(Scope::Detect)),
    ("/audio_stream/", Needs::Scope(Scope::Detect)),
    ("/media/", Needs::Scope(Scope::Detect)),
    ("/stream/", Needs::Scope(Scope::Detect)),
    ("/v1/demo", Needs::Scope(Scope::Detect)),
    ("/v1/calls", Needs::Scope(Scope::Detect)),
    ("/v1/review", Needs::Scope(Scope::Detect)),
    ("/v1/stats", Needs::Scope(Scope::Detect)),
    ("/v1/events", Needs::Scope(Scope::Detect)),
    ("/v1/keys", Needs::Scope(Scope::Admin)),
    ("/v1/webhooks", Needs::Scope(Scope::Admin)),
    ("/v1/audit", Needs::Scope(Scope::Admin)),
    ("/v1/settings", Needs::Scope(Scope::Admin)),
    ("/metrics", Needs::Scope(Scope::Monitor)),
    ("/v1/switches", Needs::Scope(Scope::Monitor)),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    Nothing,
    Identity,
    Scope(Scope),
}

fn needs(method: &Method, path: &str) -> Needs {
    // Who is not signed in is signed out already.
    if (method, path) == (&Method::DELETE, "/v1/session") {
        return Needs::Nothing;
    }
    if method == Method::POST && (path == "/v1/calls" || path.ends_with("/actions")) {
        return Needs::Scope(Scope::Control);
    }
    let fitting = TABLE.iter().filter(|(beginning, _)| path.starts_with(beginning));
    let (_, needs) = fitting.max_by_key(|(beginning, _)| beginning.len()).unwrap_or_else(|| {
        panic!("{method} {path}: the table does not say who may call it");
    });
    *needs
}

fn operations() -> Vec<(Method, String)> {
    let document: Value = serde_json::from_str(&offhook_server::openapi()).unwrap();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys().filter(|key| *key != "parameters") {
            all.push((method.to_uppercase().parse().unwrap(), path.clone()));
        }
    }
    assert!(all.len() > 15, "{all:?}");
    all
}

/// With every parameter of the path filled in.
fn filled(path: &str) -> String {
    let part =
        |part: &str| if part.starts_with('{') { "0197c0de-0000-7000-8000-000000000000" } else { part }.to_owned();
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

async fn closed(change: impl FnOnce(&mut offhook_server::ServerConfig)) -> Service {
    Service::start(|config| {
        config.auth.anonymous = false;
        config.auth.client_rate = 100_000;
        change(config);
    })
    .await
}

async fn key(service: &Service, scopes: &[Scope]) -> String {
    let (text, _) = service.app.auth.keys().create("test", scopes, None).await.unwrap();
    text.reveal().to_owned()
}

#[tokio::test]
async fn every_operation_lets_in_whom_it_should_and_nobody_else() {
    let service = closed(|_| ()).await;
    let client = Client::new();
    let holders = [
        ("client", Role::Client.scopes()),
        ("admin", Role::Admin.scopes()),
        ("monitor", &[Scope::Monitor][..]),
        ("admin without detect", &[Scope::Admin][..]),
        ("controller", &[Scope::Control][..]),
    ];
    let mut wrong = Vec::new();
    for (method, path) in operations() {
        let needs = needs(&method, &path);
        let url = service.url(&filled(&path));
        let ask = |change: &dyn Fn(RequestBuilder) -> RequestBuilder| {
            let request = change(client.request(method.clone(), &url));
            async move { request.send().await.unwrap().status() }
        };
        for (who, field, value) in [
            ("nobody", "accept", "*/*".to_owned()),
            ("a stranger", "x-api-key", format!("ohk_0000000000_{}", "0".repeat(43))),
            ("a token", "authorization", "Bearer e30.e30.e30".to_owned()),
        ] {
            let status = ask(&|request| request.header(field, &value)).await;
            let is_right = (status == StatusCode::UNAUTHORIZED || status == StatusCode::TOO_MANY_REQUESTS)
                == (needs != Needs::Nothing);
            if !is_right {
                wrong.push(format!("{method} {path} as {who}: {status}"));
            }
        }
        for (who, scopes) in holders {
            let key = key(&service, scopes).await;
            let status = ask(&|request| request.header("x-api-key", &key)).await;
            let may = match needs {
                Needs::Scope(scope) => scopes.contains(&scope),
                Needs::Nothing | Needs::Identity => true,
            };
            let is_right = match status {
                StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS => false,
                status => (status == StatusCode::FORBIDDEN) != may,
            };
            if !is_right {
                wrong.push(format!("{method} {path} as {who}: {status}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    service.stop().await;
}

#[tokio::test]
async fn keys_are_made_listed_rotated_and_revoked() {
    let service = closed(|_| ()).await;
    let admin = key(&service, Role::Admin.scopes()).await;
    let client = Client::new();
    let ask = |method: Method, path: &str| client.request(method, service.url(path)).header("x-api-key", &admin);
    for (field, body) in [
        ("name", json!({"name": " "})),
        ("life", json!({"name": "a", "life": "soon"})),
        ("scopes", json!({"name": "a", "scopes": []})),
        ("scopes", json!({"name": "a", "scopes": ["voicemail:detect"], "role": "client"})),
    ] {
        let problem: Value = ask(Method::POST, "/v1/keys").json(&body).send().await.unwrap().json().await.unwrap();
        assert_eq!(problem["field"], field, "{problem}");
    }
    let made = ask(Method::POST, "/v1/keys").json(&json!({"name": "dialer", "life": "2d"})).send().await.unwrap();
    assert_eq!(made.status(), StatusCode::CREATED);
    assert_eq!(made.headers()["cache-control"], "no-store");
    let made: Value = made.json().await.unwrap();
    let me = |key: String| {
        let request = client.get(service.url("/v1/me")).bearer_auth(key);
        async move { request.send().await.unwrap() }
    };
    let first = made["key"].as_str().unwrap().to_owned();
    let who: Value = me(first.clone()).await.json().await.unwrap();
    assert_eq!((&who["name"], &who["role"], &who["by"]), (&json!("dialer"), &json!("client"), &json!("key")));
    let id = made["id"].as_str().unwrap();
    let rotated = ask(Method::POST, &format!("/v1/keys/{id}/rotate")).send().await.unwrap();
    assert_eq!(rotated.status(), StatusCode::CREATED);
    let rotated: Value = rotated.json().await.unwrap();
    let again = ask(Method::POST, &format!("/v1/keys/{id}/rotate")).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::CONFLICT);
    let second: Value = me(rotated["key"].as_str().unwrap().to_owned()).await.json().await.unwrap();
    assert_eq!(second["id"], who["id"]);
    let list = ask(Method::GET, "/v1/keys").send().await.unwrap().text().await.unwrap();
    assert!(list.contains(id) && !list.contains(&first) && !list.contains("hash"), "{list}");
    let revoked = ask(Method::DELETE, &format!("/v1/keys/{id}")).send().await.unwrap();
    assert_eq!(revoked.status(), StatusCode::NO_CONTENT);
    assert_eq!(me(first).await.status(), StatusCode::UNAUTHORIZED);
    let unknown = ask(Method::DELETE, "/v1/keys/0197c0de-0000-7000-8000-000000000000").send().await.unwrap();
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    service.stop().await;
}

#[tokio::test]
async fn a_browser_trades_its_key_for_a_cookie_and_signs_out() {
    let service = closed(|_| ()).await;
    let admin = key(&service, Role::Admin.scopes()).await;
    let client = Client::new();
    let session = service.url("/v1/session");
    let begun = client.post(&session).header("x-api-key", &admin).send().await.unwrap();
    assert_eq!(begun.status(), StatusCode::OK);
    let field = begun.headers()["set-cookie"].to_str().unwrap().to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"] {
        assert!(field.contains(part), "{field}");
    }
    assert!(!field.contains("Secure") && !field.contains(&admin));
    let cookie = field.split(';').next().unwrap().to_owned();
    let own = format!("http://{}", service.address);
    let make = |origin: Option<&str>| {
        let request =
            client.post(service.url("/v1/keys")).header("cookie", &cookie).json(&json!({"name": "by cookie"}));
        match origin {
            Some(origin) => request.header("origin", origin),
            None => request,
        }
    };
    assert_eq!(make(Some(&own)).send().await.unwrap().status(), StatusCode::CREATED);
    for origin in [Some("http://evil.example"), Some("null"), None] {
        assert_eq!(make(origin).send().await.unwrap().status(), StatusCode::FORBIDDEN, "{origin:?}");
    }
    let me = || client.get(service.url("/v1/me")).header("cookie", &cookie);
    let who: Value = me().send().await.unwrap().json().await.unwrap();
    assert_eq!(who["by"], "session");
    let ended = client.delete(&session).header("cookie", &cookie).header("origin", &own).send().await.unwrap();
    assert_eq!(ended.status(), StatusCode::NO_CONTENT);
    assert!(ended.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(me().send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    service.stop().await;
}

#[tokio::test]
async fn limits_are_told_and_kept() {
    let service = closed(|config| config.auth.client_rate = 3).await;
    let key = key(&service, &[Scope::Detect]).await;
    let client = Client::new();
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let answer = client.get(service.url("/v1/me")).header("x-api-key", &key).send().await.unwrap();
        assert_eq!(answer.headers()["ratelimit-policy"], "\"default\";q=3;w=60");
        assert!(answer.headers().contains_key("ratelimit"));
        statuses.push(answer.status().as_u16());
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            let wait: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
            assert!((1..=20).contains(&wait), "{wait}");
            assert_eq!(answer.headers()["content-type"], "application/problem+json");
        }
    }
    assert_eq!(statuses, [200, 200, 200, 429]);
    service.stop().await;
}
