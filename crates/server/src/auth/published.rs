//! The keys that an issuer publishes (RFC 7517), found by their address or by OpenID Connect discovery.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, JwkSet, KeyAlgorithm, PublicKeyUse};
use reqwest::{Client, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::AuthError;
use crate::config::ServerConfigError;
use crate::error::chain;

/// The shortest time between two requests to the issuer, however many unknown keys are named.
const PAUSE: Duration = Duration::from_secs(10);
/// The longest that the issuer may take to answer.
const ANSWER: Duration = Duration::from_secs(5);
/// The largest answer, in bytes.
const LARGEST: usize = 256 * 1_024;

/// Why keys cannot be had.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("no answer")]
    Http(#[from] reqwest::Error),
    #[error("the answer is larger than {LARGEST} bytes")]
    Large,
    #[error("the answer cannot be read")]
    Json(#[from] serde_json::Error),
    #[error("the provider calls itself another issuer")]
    Issuer,
    #[error("the address of its keys cannot be used")]
    Address,
    #[error("there is no RSA key for signatures among its keys")]
    Empty,
}

/// What a provider says of itself (OpenID Connect Discovery 1.0, 3).
#[derive(Deserialize)]
struct Provider {
    issuer: String,
    jwks_uri: String,
}

/// How a search for a key ended.
pub(super) enum Search {
    Found(Box<DecodingKey>),
    /// The issuer does not publish it.
    Absent,
    /// The issuer has never answered.
    Unreachable,
}

#[derive(Default)]
struct State {
    keys: HashMap<String, DecodingKey>,
    /// The only key, whatever its name: for tokens that name none.
    only: Option<DecodingKey>,
    fetched: Option<Instant>,
    tried: Option<Instant>,
}

/// The keys of one issuer. They are asked for again after a while and when an unknown one is named; while the issuer
/// does not answer, those that are known go on.
pub(super) struct Published {
    client: Client,
    issuer: String,
    /// Where the keys are; `None`: where the issuer says.
    address: Option<Url>,
    life: Duration,
    state: RwLock<State>,
    fetching: tokio::sync::Mutex<()>,
}

/// An address that may be trusted with keys: of `https`, or on this machine.
fn trusted(field: &str, text: &str) -> Result<Url, ServerConfigError> {
    let refuse = || ServerConfigError::new(field, text, "an address that begins with https://, or http:// on loopback");
    let url = Url::parse(text).map_err(|_| refuse())?;
    if is_trusted(&url) { Ok(url) } else { Err(refuse()) }
}

fn is_trusted(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && url.host_str().is_some_and(super::peer::is_loopback_name))
}

impl Published {
    /// The keys at an address.
    pub(super) fn at(address: &str, issuer: String, life: Duration) -> Result<Self, AuthError> {
        let address = trusted("auth.jwks_url", address)?;
        Self::new(Some(address), issuer, life)
    }

    /// The keys of an OpenID Connect provider.
    pub(super) fn discovered(issuer: String, life: Duration) -> Result<Self, AuthError> {
        trusted("auth.oidc_issuer", &issuer)?;
        Self::new(None, issuer, life)
    }

    fn new(address: Option<Url>, issuer: String, life: Duration) -> Result<Self, AuthError> {
        crate::tls::install_provider();
        let client = Client::builder()
            .timeout(ANSWER)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("offhook/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(AuthError::Client)?;
        let (state, fetching) = <(RwLock<State>, tokio::sync::Mutex<()>)>::default();
        Ok(Self { client, issuer, address, life, state, fetching })
    }

    /// The key of this name; where a token names none, the only key.
    pub(super) async fn key(&self, name: Option<&str>) -> Search {
        if let Some(key) = self.known(name, self.life) {
            return Search::Found(Box::new(key));
        }
        self.refresh(name).await;
        if let Some(key) = self.known(name, Duration::MAX) {
            return Search::Found(Box::new(key));
        }
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        if state.fetched.is_some() { Search::Absent } else { Search::Unreachable }
    }

    fn known(&self, name: Option<&str>, age: Duration) -> Option<DecodingKey> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.fetched.filter(|at| at.elapsed() < age)?;
        match name {
            Some(name) => state.keys.get(name).cloned(),
            None => state.only.clone(),
        }
    }

    /// Asks the issuer, if that is not too soon. Of many at once, one asks; of the others those wait for the answer whose
    /// key is not known at all.
    async fn refresh(&self, name: Option<&str>) {
        let _one = match self.fetching.try_lock() {
            Ok(one) => one,
            Err(_) if self.known(name, Duration::MAX).is_some() => return,
            Err(_) => self.fetching.lock().await,
        };
        if self.known(name, self.life).is_some() {
            return;
        }
        {
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            if state.tried.is_some_and(|at| at.elapsed() < PAUSE) {
                return;
            }
            state.tried = Some(Instant::now());
        }
        match self.fetch().await {
            Ok((keys, only)) => {
                let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
                let tried = state.tried;
                *state = State { keys, only, fetched: Some(Instant::now()), tried };
            }
            Err(error) => {
                tracing::warn!(issuer = %self.issuer, error = %chain(&error), "cannot get the keys of the issuer");
            }
        }
    }

    async fn fetch(&self) -> Result<(HashMap<String, DecodingKey>, Option<DecodingKey>), FetchError> {
        let address = match &self.address {
            Some(address) => address.clone(),
            None => self.discover().await?,
        };
        let mut keys = HashMap::new();
        let mut all = Vec::new();
        for jwk in self.get::<JwkSet>(address).await?.keys {
            let common = &jwk.common;
            let is_rsa = matches!(jwk.algorithm, AlgorithmParameters::RSA(_));
            let signs = matches!(common.public_key_use, None | Some(PublicKeyUse::Signature));
            let is_rs256 = matches!(common.key_algorithm, None | Some(KeyAlgorithm::RS256));
            let Some(key) = (is_rsa && signs && is_rs256).then(|| DecodingKey::from_jwk(&jwk).ok()).flatten() else {
                continue;
            };
            if let Some(name) = &common.key_id {
                keys.entry(name.clone()).or_insert_with(|| key.clone());
            }
            all.push(key);
        }
        match all.len() {
            0 => Err(FetchError::Empty),
            1 => Ok((keys, all.pop())),
            _ => Ok((keys, None)),
        }
    }

    async fn discover(&self) -> Result<Url, FetchError> {
        let address = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let address = Url::parse(&address).map_err(|_| FetchError::Address)?;
        let provider: Provider = self.get(address).await?;
        if provider.issuer != self.issuer {
            return Err(FetchError::Issuer);
        }
        Url::parse(&provider.jwks_uri).ok().filter(is_trusted).ok_or(FetchError::Address)
    }

    async fn get<T: DeserializeOwned>(&self, address: Url) -> Result<T, FetchError> {
        let mut response = self.client.get(address).send().await?.error_for_status()?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > LARGEST {
                return Err(FetchError::Large);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(serde_json::from_slice(&body)?)
    }
}

/// Time, for tests.
#[cfg(test)]
impl Published {
    /// The pause between two requests is over.
    pub(super) fn forget_pause(&self) {
        self.state.write().unwrap().tried = None;
    }

    /// What is known is old.
    pub(super) fn age(&self) {
        let mut state = self.state.write().unwrap();
        state.fetched = state.fetched.and_then(|at| at.checked_sub(self.life));
    }
}
