//! Identities as a whole, on a real database.

mod keys;
mod tokens;

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::http::request::Parts;
use sqlx::AnyPool;
use tempfile::TempDir;

use super::*;

/// Identities over a new database.
struct Place {
    auth: Auth,
    pool: AnyPool,
    config: ServerConfig,
    _folder: TempDir,
}

impl Place {
    async fn with(config: ServerConfig) -> Self {
        sqlx::any::install_default_drivers();
        let folder = tempfile::tempdir().unwrap();
        let address = format!("sqlite:{}?mode=rwc", folder.path().join("keys.db").display());
        let pool = AnyPool::connect(&address).await.unwrap();
        sqlx::raw_sql(include_str!("../../migrations/0002_keys.sql")).execute(&pool).await.unwrap();
        let auth = Auth::over(&config, pool.clone()).unwrap();
        Self { auth, pool, config, _folder: folder }
    }

    async fn public() -> Self {
        Self::with(set(&[("auth.anonymous", "false")])).await
    }

    /// The same service on another machine.
    fn other_node(&self) -> Auth {
        Auth::over(&self.config, self.pool.clone()).unwrap()
    }
}

fn set(settings: &[(&str, &str)]) -> ServerConfig {
    let mut config = ServerConfig::default();
    for (name, value) in settings {
        config.set(name, value).unwrap();
    }
    config
}

/// A request of a program on this machine.
fn request(fields: &[(&str, &str)]) -> Parts {
    from("127.0.0.1:5000", "GET", fields)
}

fn from(peer: &str, method: &str, fields: &[(&str, &str)]) -> Parts {
    let mut request = Request::builder().method(method).uri("/v1/me");
    if !fields.iter().any(|(name, _)| *name == "host") {
        request = request.header("host", "localhost:8080");
    }
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    let (mut parts, ()) = request.body(()).unwrap().into_parts();
    parts.extensions.insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
    parts
}

async fn known(auth: &Auth, parts: &Parts) -> Known {
    auth.identify(parts).await.unwrap_or_else(|refusal| panic!("{:?}", refusal.error))
}

async fn refused(auth: &Auth, parts: &Parts) -> Code {
    match auth.identify(parts).await {
        Ok(known) => panic!("let in as {known:?}"),
        Err(refusal) => refusal.error.code(),
    }
}

#[tokio::test]
async fn nobody_but_this_machine_comes_in_without_a_key() {
    let place = Place::with(ServerConfig::default()).await;
    let local = known(&place.auth, &request(&[])).await;
    assert_eq!((local.identity.id.as_str(), local.identity.scopes.as_slice()), ("local", Scope::ALL.as_slice()));
    for parts in [
        from("192.0.2.1:5000", "GET", &[]),
        request(&[("host", "rebound.example:8080")]),
        request(&[("x-forwarded-for", "127.0.0.1")]),
    ] {
        assert_eq!(refused(&place.auth, &parts).await, Code::NoIdentity);
    }
    let closed = Place::public().await;
    assert_eq!(refused(&closed.auth, &request(&[])).await, Code::NoIdentity);
    let open = Place::with(set(&[("http.bind", "0.0.0.0:8080"), ("http.insecure", "true")])).await;
    assert_eq!(refused(&open.auth, &request(&[])).await, Code::NoIdentity);
}

#[tokio::test]
async fn a_bad_key_is_refused_even_where_none_is_needed() {
    let place = Place::with(ServerConfig::default()).await;
    for (name, value) in [
        ("x-api-key", "ohk_nonsense"),
        ("x-api-key", ""),
        ("authorization", "Bearer nonsense"),
        ("authorization", "Basic dXNlcjpwYXNz"),
        ("authorization", "Bearer"),
    ] {
        assert_eq!(refused(&place.auth, &request(&[(name, value)])).await, Code::BadIdentity, "{name}: {value}");
    }
}

#[tokio::test]
async fn a_session_goes_on_other_nodes_and_ends_with_its_key() {
    let place = Place::public().await;
    let (text, key) = place.auth.keys().create("dashboard", &Scope::ALL, None).await.unwrap();
    let who = known(&place.auth, &request(&[("x-api-key", text.reveal())])).await;
    let (token, life) = place.auth.sessions().begin(&who).await.unwrap();
    assert_eq!(life, 12 * 3_600);
    let cookie = format!("theme=dark; offhook={token}");
    let parts = request(&[("cookie", &cookie)]);
    let found = known(&place.other_node(), &parts).await;
    assert_eq!((found.identity, found.means), (who.identity, Means::Session));
    let wrong = format!("offhook={}", token.chars().rev().collect::<String>());
    assert_eq!(refused(&place.auth, &request(&[("cookie", &wrong)])).await, Code::BadIdentity);
    place.auth.keys().revoke(key.id).await.unwrap();
    assert_eq!(refused(&place.auth, &parts).await, Code::BadIdentity);
}

#[tokio::test]
async fn a_session_is_over_when_it_was_ended_and_no_longer_than_its_key() {
    let place = Place::public().await;
    let (text, _) = place.auth.keys().create("short", &Scope::ALL, Some(Duration::from_secs(600))).await.unwrap();
    let who = known(&place.auth, &request(&[("x-api-key", text.reveal())])).await;
    let (token, life) = place.auth.sessions().begin(&who).await.unwrap();
    assert!(life <= 600, "{life}");
    let cookie = format!("offhook={token}");
    known(&place.auth, &request(&[("cookie", &cookie)])).await;
    place.auth.sessions().end(&token).await.unwrap();
    assert_eq!(refused(&place.auth, &request(&[("cookie", &cookie)])).await, Code::BadIdentity);
}

#[tokio::test]
async fn with_a_cookie_only_own_pages_change_anything() {
    let place = Place::public().await;
    let (text, _) = place.auth.keys().create("dashboard", &Scope::ALL, None).await.unwrap();
    let who = known(&place.auth, &request(&[("x-api-key", text.reveal())])).await;
    let (token, _) = place.auth.sessions().begin(&who).await.unwrap();
    let cookie = format!("offhook={token}");
    let with = |method: &str, field: (&str, &str)| from("127.0.0.1:1", method, &[("cookie", &cookie), field]);
    for field in [("origin", "http://localhost:8080"), ("sec-fetch-site", "same-origin")] {
        known(&place.auth, &with("POST", field)).await;
    }
    for field in [
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("origin", "http://localhost:3000"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("accept", "*/*"),
    ] {
        assert_eq!(refused(&place.auth, &with("POST", field)).await, Code::Origin, "{field:?}");
        assert_eq!(refused(&place.auth, &with("DELETE", field)).await, Code::Origin, "{field:?}");
    }
    let socket = [("cookie", cookie.as_str()), ("upgrade", "websocket"), ("origin", "http://evil.example")];
    assert_eq!(refused(&place.auth, &request(&socket)).await, Code::Origin);
    known(&place.auth, &with("GET", ("accept", "*/*"))).await;
}

#[tokio::test]
async fn under_tls_the_cookie_is_bound_to_the_host() {
    let place = Place::with(set(&[("http.forwarded", "true"), ("auth.anonymous", "false")])).await;
    let plain = request(&[]);
    let proxied = request(&[("x-forwarded-proto", "https")]);
    assert_eq!(place.auth.cookie_name(&plain), "offhook");
    assert_eq!(place.auth.cookie_name(&proxied), "__Host-offhook");
    assert!(!Place::public().await.auth.is_secure(&proxied));
}

#[tokio::test]
async fn those_who_ask_too_often_are_told_when_to_come_again() {
    let place = Place::with(set(&[("auth.anonymous", "false"), ("auth.client_rate", "2")])).await;
    let (text, _) = place.auth.keys().create("client", &[Scope::Detect], None).await.unwrap();
    let parts = request(&[("x-api-key", text.reveal())]);
    known(&place.auth, &parts).await;
    known(&place.auth, &parts).await;
    assert_eq!(refused(&place.auth, &parts).await, Code::RateLimit);
    // Another address without a key has a limit of its own.
    let stranger = from("192.0.2.9:1", "GET", &[]);
    let mut codes = Vec::new();
    for _ in 0..70 {
        codes.push(refused(&place.auth, &stranger).await);
    }
    assert_eq!(codes.iter().filter(|code| **code == Code::RateLimit).count(), 10);
    assert_eq!(refused(&place.auth, &from("192.0.2.10:1", "GET", &[])).await, Code::NoIdentity);
}

#[test]
fn what_is_missing_is_named() {
    let identity = Identity { id: "key:1".into(), name: "one".into(), scopes: vec![Scope::Detect] };
    assert!(require(identity.clone(), Scope::Detect).is_ok());
    let error = require(identity, Scope::Admin).unwrap_err();
    assert_eq!(error.code(), Code::Forbidden);
    assert!(error.detail().contains("voicemail:admin"), "{error}");
}
