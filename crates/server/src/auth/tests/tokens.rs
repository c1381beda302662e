//! Attacks on JSON web tokens, and the keys of issuers that change and fail.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::response::IntoResponse as _;
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::{KeyPair, PKCS_RSA_SHA256};
use serde_json::{Value, json};

use super::*;

const ISSUER: &str = "https://issuer.example";
const AUDIENCE: &str = "api-clients";

/// A key of an issuer.
struct Signer {
    name: String,
    private: EncodingKey,
    public_pem: String,
}

impl Signer {
    fn new(name: &str) -> Self {
        let pair = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
        let private = EncodingKey::from_rsa_pem(pair.serialize_pem().as_bytes()).unwrap();
        Self { name: name.to_owned(), private, public_pem: pair.public_key_pem() }
    }

    fn jwk(&self) -> Jwk {
        let mut jwk = Jwk::from_encoding_key(&self.private, Algorithm::RS256).unwrap();
        jwk.common.key_id = Some(self.name.clone());
        jwk
    }

    fn sign(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.name.clone()), ..Header::new(Algorithm::RS256) };
        encode(&header, claims, &self.private).unwrap()
    }
}

fn now() -> i64 {
    moment::now() / 1_000_000
}

fn claims(changes: Value) -> Value {
    let mut claims = json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "dialer-7", "exp": now() + 600, "iat": now(), "scope": "voicemail:detect",
    });
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    claims
}

async fn with_key_file(signer: &Signer) -> Place {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("issuer.pem");
    std::fs::write(&path, &signer.public_pem).unwrap();
    Place::with(set(&[
        ("auth.anonymous", "false"),
        ("auth.jwt_key", &path.display().to_string()),
        ("auth.jwt_issuer", ISSUER),
        ("auth.jwt_audience", AUDIENCE),
        ("auth.leeway", "30s"),
        ("auth.client_rate", "1000"),
    ]))
    .await
}

fn bearing(token: &str) -> Parts {
    // Each from an address of its own, so that the limit of attempts is none of the test's business.
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    from(&format!("10.1.{}.{}:1", number / 250, number % 250), "GET", &[("authorization", &format!("Bearer {token}"))])
}

#[tokio::test]
async fn a_good_token_lets_in_and_names_no_person() {
    let signer = Signer::new("a");
    let place = with_key_file(&signer).await;
    let token = signer.sign(&claims(json!({"aud": ["other", AUDIENCE], "roles": ["admin"]})));
    let found = known(&place.auth, &bearing(&token)).await;
    assert_eq!(found.identity.scopes, Scope::ALL);
    assert!(found.identity.id.starts_with("jwt:") && !format!("{found:?}").contains("dialer-7"));
    assert!(found.expires.unwrap() > moment::now());
    let again = known(&place.auth, &bearing(&signer.sign(&claims(json!({}))))).await;
    assert_eq!(again.identity.id, found.identity.id);
    let other = known(&place.auth, &bearing(&signer.sign(&claims(json!({"sub": "dialer-8"}))))).await;
    assert_ne!(other.identity.id, found.identity.id);
}

#[tokio::test]
async fn claims_that_do_not_fit_are_refused() {
    let signer = Signer::new("a");
    let place = with_key_file(&signer).await;
    for (what, changes) in [
        ("expired", json!({"exp": now() - 31})),
        ("no end", json!({"exp": null})),
        ("an end that is no number", json!({"exp": "tomorrow"})),
        ("not valid yet", json!({"nbf": now() + 40})),
        ("issued in the future", json!({"iat": now() + 40})),
        ("another issuer", json!({"iss": "https://evil.example"})),
        ("no issuer", json!({"iss": null})),
        ("many issuers", json!({"iss": [ISSUER, "https://evil.example"]})),
        ("another audience", json!({"aud": "another"})),
        ("no audience", json!({"aud": null})),
        ("an empty list of audiences", json!({"aud": []})),
        ("nobody", json!({"sub": null})),
    ] {
        let code = refused(&place.auth, &bearing(&signer.sign(&claims(changes)))).await;
        assert_eq!(code, Code::BadIdentity, "{what}");
    }
    for changes in [json!({"exp": now() - 5}), json!({"nbf": now() + 5}), json!({"iat": now() + 5})] {
        known(&place.auth, &bearing(&signer.sign(&claims(changes)))).await;
    }
}

#[tokio::test]
async fn signatures_that_do_not_fit_are_refused() {
    let signer = Signer::new("a");
    let place = with_key_file(&signer).await;
    let good = signer.sign(&claims(json!({})));
    known(&place.auth, &bearing(&good)).await;
    let parts: Vec<&str> = good.split('.').collect();
    let b64 = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let body = b64(&claims(json!({"role": "admin"})));
    let with_public_key_as_secret = {
        let secret = EncodingKey::from_secret(signer.public_pem.as_bytes());
        encode(&Header::new(Algorithm::HS256), &claims(json!({})), &secret).unwrap()
    };
    let critical = json!({"alg": "RS256", "crit": ["exp"], "kid": "a"});
    let carried = json!({"alg": "RS256", "jwk": Signer::new("evil").jwk()});
    for (what, token) in [
        ("none", format!("{}.{body}.", b64(&json!({"alg": "none", "typ": "JWT"})))),
        ("None", format!("{}.{body}.", b64(&json!({"alg": "None"})))),
        ("none with a signature", format!("{}.{body}.{}", b64(&json!({"alg": "none"})), parts[2])),
        ("no algorithm", format!("{}.{}.{}", b64(&json!({"kid": "a"})), parts[1], parts[2])),
        ("HS256 with the public key", with_public_key_as_secret),
        ("RS384", encode(&Header::new(Algorithm::RS384), &claims(json!({})), &signer.private).unwrap()),
        ("PS256", encode(&Header::new(Algorithm::PS256), &claims(json!({})), &signer.private).unwrap()),
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
        ("two parts", format!("{}.{}", parts[0], parts[1])),
        ("tampered claims", format!("{}.{body}.{}", parts[0], parts[2])),
        ("tampered head", format!("{}.{}.{}", b64(&json!({"alg": "RS256", "kid": "b"})), parts[1], parts[2])),
        ("tampered signature", format!("{}.{}.{}", parts[0], parts[1], parts[2].chars().rev().collect::<String>())),
        ("another key", Signer::new("a").sign(&claims(json!({})))),
        ("a key it brings itself", format!("{}.{}.{}", b64(&carried), parts[1], parts[2])),
        ("something critical", format!("{}.{}.{}", b64(&critical), parts[1], parts[2])),
        ("too long", signer.sign(&claims(json!({"pad": "x".repeat(20_000)})))),
        ("empty parts", "..".to_owned()),
        ("no token", "token".to_owned()),
    ] {
        assert_eq!(refused(&place.auth, &bearing(&token)).await, Code::BadIdentity, "{what}");
    }
}

#[tokio::test]
async fn without_an_issuer_tokens_are_refused() {
    let place = Place::public().await;
    let token = Signer::new("a").sign(&claims(json!({})));
    assert_eq!(refused(&place.auth, &bearing(&token)).await, Code::BadIdentity);
}

/// An issuer on this machine: what it publishes can be changed, and how often it was asked is counted.
#[derive(Default)]
struct Issuer {
    keys: Mutex<Option<Value>>,
    named: Mutex<String>,
    asked: AtomicUsize,
    /// While it is held, nothing is answered.
    gate: tokio::sync::Mutex<()>,
}

impl Issuer {
    async fn start() -> (Arc<Self>, String) {
        let issuer = Arc::new(Self::default());
        let (keys, about) = (Arc::clone(&issuer), Arc::clone(&issuer));
        let publish = move || async move {
            keys.asked.fetch_add(1, Ordering::SeqCst);
            let _open = keys.gate.lock().await;
            let published = keys.keys.lock().unwrap().clone();
            published
                .map_or_else(|| axum::http::StatusCode::BAD_GATEWAY.into_response(), |v| axum::Json(v).into_response())
        };
        let describe = move || async move {
            let named = about.named.lock().unwrap().clone();
            axum::Json(json!({"issuer": named, "jwks_uri": format!("{named}/keys")}))
        };
        let router =
            Router::new().route("/keys", get(publish)).route("/.well-known/openid-configuration", get(describe));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        issuer.named.lock().unwrap().clone_from(&address);
        (issuer, address)
    }

    fn publish(&self, signers: &[&Signer]) {
        let keys: Vec<Jwk> = signers.iter().map(|signer| signer.jwk()).collect();
        *self.keys.lock().unwrap() = Some(json!({ "keys": keys }));
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn with_published(address: &str, life: &str) -> Place {
    let config = set(&[
        ("auth.anonymous", "false"),
        ("auth.jwks_url", &format!("{address}/keys")),
        ("auth.jwt_issuer", ISSUER),
        ("auth.jwt_audience", AUDIENCE),
        ("auth.jwks_life", life),
    ]);
    Place::with(config).await
}

#[tokio::test]
async fn published_keys_are_asked_for_once_and_unknown_names_do_not_make_us_ask_again_and_again() {
    let (issuer, address) = Issuer::start().await;
    let (one, other) = (Signer::new("one"), Signer::new("other"));
    issuer.publish(&[&one]);
    let place = with_published(&address, "10m").await;
    for _ in 0..5 {
        known(&place.auth, &bearing(&one.sign(&claims(json!({}))))).await;
    }
    assert_eq!(issuer.asked(), 1);
    for name in ["", "../one", "' OR 1=1 --", "other"] {
        let token = Signer { name: name.to_owned(), ..Signer::new("x") }.sign(&claims(json!({})));
        assert_eq!(refused(&place.auth, &bearing(&token)).await, Code::BadIdentity, "{name}");
    }
    // The right name for the wrong key.
    let forged = Signer { name: "one".to_owned(), ..other }.sign(&claims(json!({})));
    assert_eq!(refused(&place.auth, &bearing(&forged)).await, Code::BadIdentity);
    assert_eq!(issuer.asked(), 1);
    // A token that names no key is for the only one.
    let nameless = encode(&Header::new(Algorithm::RS256), &claims(json!({})), &one.private).unwrap();
    known(&place.auth, &bearing(&nameless)).await;
}

#[tokio::test]
async fn a_new_key_is_found_and_old_ones_go_on_while_the_issuer_is_away() {
    let (issuer, address) = Issuer::start().await;
    let (old, new) = (Signer::new("old"), Signer::new("new"));
    issuer.publish(&[&old]);
    let place = with_published(&address, "10m").await;
    let published = match &place.auth.tokens {
        Some(tokens) => tokens.published().unwrap(),
        None => panic!("no tokens"),
    };
    known(&place.auth, &bearing(&old.sign(&claims(json!({}))))).await;
    issuer.publish(&[&old, &new]);
    published.forget_pause();
    known(&place.auth, &bearing(&new.sign(&claims(json!({}))))).await;
    assert_eq!(issuer.asked(), 2);
    *issuer.keys.lock().unwrap() = None;
    published.forget_pause();
    published.age();
    known(&place.auth, &bearing(&old.sign(&claims(json!({}))))).await;
    known(&place.auth, &bearing(&new.sign(&claims(json!({}))))).await;
    assert_eq!(issuer.asked(), 3);
    // It is back, and the old key is gone.
    issuer.publish(&[&new]);
    published.forget_pause();
    known(&place.auth, &bearing(&new.sign(&claims(json!({}))))).await;
    assert_eq!(refused(&place.auth, &bearing(&old.sign(&claims(json!({}))))).await, Code::BadIdentity);
}

#[tokio::test]
async fn known_keys_do_not_wait_for_the_issuer_behind_another() {
    let (issuer, address) = Issuer::start().await;
    let signer = Signer::new("one");
    issuer.publish(&[&signer]);
    let place = with_published(&address, "10m").await;
    let parts = bearing(&signer.sign(&claims(json!({}))));
    known(&place.auth, &parts).await;
    let published = place.auth.tokens.as_ref().unwrap().published().unwrap();
    published.forget_pause();
    published.age();
    let shut = issuer.gate.lock().await;
    let first = known(&place.auth, &parts);
    tokio::pin!(first);
    let second = async {
        while issuer.asked() < 2 {
            tokio::task::yield_now().await;
        }
        known(&place.auth, &parts).await
    };
    tokio::select! {
        biased;
        _ = &mut first => panic!("the issuer has not answered yet"),
        _ = second => {}
    }
    drop(shut);
    first.await;
    assert_eq!(issuer.asked(), 2);
}

#[tokio::test]
async fn an_issuer_that_never_answered_is_no_fault_of_the_caller() {
    let (issuer, address) = Issuer::start().await;
    let place = with_published(&address, "10m").await;
    let token = Signer::new("one").sign(&claims(json!({})));
    assert_eq!(refused(&place.auth, &bearing(&token)).await, Code::Issuer);
    *issuer.keys.lock().unwrap() = Some(json!({"keys": [], "pad": "x".repeat(300_000)}));
    assert_eq!(refused(&place.auth, &bearing(&token)).await, Code::Issuer);
}

#[tokio::test]
async fn a_provider_is_found_by_discovery_and_must_name_itself() {
    let (issuer, address) = Issuer::start().await;
    let signer = Signer::new("one");
    issuer.publish(&[&signer]);
    let config = set(&[("auth.anonymous", "false"), ("auth.oidc_issuer", &address), ("auth.jwt_audience", AUDIENCE)]);
    let token = signer.sign(&claims(json!({ "iss": address })));
    let place = Place::with(config.clone()).await;
    known(&place.auth, &bearing(&token)).await;
    assert_eq!(refused(&place.auth, &bearing(&signer.sign(&claims(json!({}))))).await, Code::BadIdentity);
    *issuer.named.lock().unwrap() = "https://evil.example".to_owned();
    assert_eq!(refused(&Place::with(config).await.auth, &bearing(&token)).await, Code::Issuer);
}

#[tokio::test]
async fn settings_that_do_not_go_together_are_refused_by_name() {
    for (field, settings) in [
        ("auth.jwt_audience", vec![("auth.oidc_issuer", "https://issuer.example")]),
        ("auth.jwt_issuer", vec![("auth.jwks_url", "https://issuer.example/keys"), ("auth.jwt_audience", "a")]),
        ("auth.jwt_key", vec![("auth.jwt_audience", "a")]),
        ("auth.jwt_key", vec![("auth.oidc_issuer", "https://a.example"), ("auth.jwks_url", "https://a.example/k")]),
        ("auth.oidc_issuer", vec![("auth.oidc_issuer", "http://issuer.example"), ("auth.jwt_audience", "a")]),
        ("auth.jwks_url", vec![("auth.jwks_url", "nonsense"), ("auth.jwt_issuer", "i"), ("auth.jwt_audience", "a")]),
    ] {
        match token::Tokens::open(&set(&settings).auth) {
            Err(AuthError::Setting(error)) => assert_eq!(error.field, field, "{error}"),
            other => panic!("{field}: {other:?}"),
        }
    }
    let missing = set(&[("auth.jwt_key", "/nowhere/key.pem"), ("auth.jwt_issuer", "i"), ("auth.jwt_audience", "a")]);
    assert!(matches!(token::Tokens::open(&missing.auth), Err(AuthError::Read { .. })));
}
