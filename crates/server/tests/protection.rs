//! What stands around the routes: origins, hosts, fields, time, panics, and problem documents for all that fails.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use offhook_server::{ServerConfig, protection};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::Value;
use support::Service;
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

async fn problem(response: Response) -> (u16, String) {
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let status = response.status().as_u16();
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["status"], status);
    assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{problem}");
    (status, problem["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_name_made_to_lead_to_this_machine_opens_nothing() {
    let service = Service::start(|_| ()).await;
    let client = Client::new();
    let with_host = |host: &str| client.get(service.url("/v1/me")).header("host", host).send();
    assert_eq!(with_host("localhost:8080").await.unwrap().status(), StatusCode::OK);
    let (status, code) = problem(with_host("rebound.example:8080").await.unwrap()).await;
    assert_eq!((status, code.as_str()), (401, "no_identity"));
    let passed_on = client.get(service.url("/v1/me")).header("x-forwarded-for", "127.0.0.1").send().await.unwrap();
    assert_eq!(passed_on.status(), StatusCode::UNAUTHORIZED);
    service.stop().await;
}

#[tokio::test]
async fn pages_of_other_origins_can_neither_call_nor_stream() {
    let service = Service::start(|config| config.http.origins = vec!["https://dialer.example".to_owned()]).await;
    let client = Client::new();
    let post = |origin: &str| client.post(service.url("/v1/keys")).header("origin", origin).body("{}").send();
    let (status, code) = problem(post("http://evil.example").await.unwrap()).await;
    assert_eq!((status, code.as_str()), (403, "origin_not_allowed"));
    let allowed = post("https://dialer.example").await.unwrap();
    assert_ne!(allowed.status(), StatusCode::FORBIDDEN);
    assert_eq!(allowed.headers()["access-control-allow-origin"], "https://dialer.example");
    let preflight = |origin: &str| {
        client
            .request(Method::OPTIONS, service.url("/v1/calls"))
            .header("origin", origin)
            .header("access-control-request-method", "GET")
            .header("access-control-request-headers", "x-api-key")
            .send()
    };
    assert!(preflight("https://dialer.example").await.unwrap().headers().contains_key("access-control-allow-origin"));
    assert!(!preflight("https://evil.example").await.unwrap().headers().contains_key("access-control-allow-origin"));

    for (origin, is_let_in) in [
        (format!("http://{}", service.address), true),
        ("https://dialer.example".into(), true),
        ("http://evil.example".into(), false),
    ] {
        let mut request = service.ws("/v1/stream").into_client_request().unwrap();
        request.headers_mut().insert("origin", origin.parse().unwrap());
        match tokio_tungstenite::connect_async(request).await {
            Ok(_) => assert!(is_let_in, "{origin}"),
            Err(tungstenite::Error::Http(answer)) => assert!(!is_let_in && answer.status() == 403, "{origin}"),
            Err(error) => panic!("{origin}: {error}"),
        }
    }
    service.stop().await;
}

#[tokio::test]
async fn what_fails_is_told_as_a_problem_document() {
    let service = Service::start(|_| ()).await;
    let client = Client::new();
    let ask = |method: Method, path: &str| client.request(method, service.url(path)).send();
    assert_eq!(problem(ask(Method::GET, "/v1/nowhere").await.unwrap()).await, (404, "not_found".to_owned()));
    let wrong = ask(Method::DELETE, "/v1/me").await.unwrap();
    assert!(wrong.headers()["allow"].to_str().unwrap().contains("GET"));
    assert_eq!(problem(wrong).await, (405, "method_not_allowed".to_owned()));
    assert_eq!(problem(ask(Method::DELETE, "/v1/keys/7").await.unwrap()).await.0, 400);
    service.stop().await;
}

#[tokio::test]
async fn every_answer_tells_browsers_what_not_to_do() {
    let service = Service::start(|_| ()).await;
    for path in ["/health", "/v1/me", "/nowhere", "/docs"] {
        let answer = Client::new().get(service.url(path)).send().await.unwrap();
        let fields = answer.headers();
        let policy = fields["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe-inline"), "{path}: {policy}");
        assert_eq!(fields["x-content-type-options"], "nosniff", "{path}");
        assert!(!fields.contains_key("strict-transport-security"), "{path}");
    }
    let named = |name: &str| Client::new().get(service.url("/health")).header("x-request-id", name).send();
    assert_eq!(named("call-7.a_b").await.unwrap().headers()["x-request-id"], "call-7.a_b");
    for bad in ["a b", &"x".repeat(65), "a\"b"] {
        let answer = named(bad).await.unwrap();
        let given = answer.headers()["x-request-id"].to_str().unwrap();
        assert!(given != bad && given.len() == 36, "{given}");
    }
    service.stop().await;
}

#[tokio::test]
async fn panics_and_slowness_end_in_problem_documents() {
    async fn panics() -> &'static str {
        panic!("on purpose: secret")
    }
    async fn waits() -> &'static str {
        std::future::pending().await
    }
    let mut config = ServerConfig::default();
    config.http.request_time = Duration::from_millis(50);
    let router =
        Router::new().route("/panics", get(panics)).route("/waits", get(waits)).route("/", get(|| async { "ok" }));
    let router = protection::surround(router, &config).into_make_service_with_connect_info::<SocketAddr>();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    offhook_server::tls::install_provider();
    let client = Client::new();
    let ask = |path: &str| client.get(format!("http://{address}{path}")).send();
    assert_eq!(problem(ask("/panics").await.unwrap()).await, (500, "internal".to_owned()));
    assert_eq!(problem(ask("/waits").await.unwrap()).await, (408, "request_timeout".to_owned()));
    assert_eq!(ask("/").await.unwrap().status(), StatusCode::OK);
    server.abort();
}
