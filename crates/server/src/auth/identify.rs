//! From the head of a request to who sends it.

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};

use super::known::{Known, Means};
use super::rate::Told;
use super::scope::{Role, Scope};
use super::secret::KeyText;
use super::token::TokenError;
use super::{Auth, Identity, peer};
use crate::error::{ApiError, Code};
use crate::protection::origin;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// What a request shows.
enum Shown<'a> {
    Nothing,
    Key(&'a str),
    Token(&'a str),
    Cookie(&'a str),
}

/// A request that was refused.
#[derive(Debug)]
pub(super) struct Refusal {
    /// What the caller is told.
    pub(super) error: ApiError,
    /// Whether it counts as an attempt, and is to be noted.
    pub(super) is_attempt: bool,
    /// The role whose limit was reached.
    pub(super) role: Option<Role>,
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        let is_attempt = matches!(error.code(), Code::NoIdentity | Code::BadIdentity);
        Self { error, is_attempt, role: None }
    }
}

impl Auth {
    /// Who sends a request, counted against its limit.
    pub(super) async fn identify(&self, parts: &Parts) -> Result<Known, Refusal> {
        let found = self.find(parts).await.map_err(Refusal::from);
        let (allowance, found) = match found {
            Ok(known) => (self.rates.request(&known.identity), Ok(known)),
            Err(refusal) if !refusal.is_attempt => return Err(refusal),
            Err(refusal) => match peer::address(parts, self.forwarded) {
                Some(address) => (self.rates.refused(peer::place(address)), Err(refusal)),
                None => return Err(refusal),
            },
        };
        if let Some(told) = parts.extensions.get::<Told>() {
            told.set(allowance).ok();
        }
        match allowance.wait {
            Some(wait) => {
                let error = ApiError::new(Code::RateLimit, format!("the next request may come in {wait} s"));
                let role = found.ok().map(|known| known.identity.role());
                Err(Refusal { error: error.retry_after(wait), is_attempt: false, role })
            }
            None => found,
        }
    }

    async fn find(&self, parts: &Parts) -> Result<Known, ApiError> {
        match shown(&parts.headers, self.cookie_name(parts))? {
            Shown::Key(text) => self.by_key(text).await,
            Shown::Token(token) => self.by_token(token).await,
            Shown::Cookie(token) => match self.by_cookie(parts, token).await {
                // A cookie outlives its session: where none is needed, it does no harm.
                Err(error) if error.code() == Code::BadIdentity => self.by_place(parts).map_err(|_| error),
                found => found,
            },
            Shown::Nothing => self.by_place(parts),
        }
    }

    async fn by_key(&self, text: &str) -> Result<Known, ApiError> {
        let refuse = || ApiError::new(Code::BadIdentity, "the API key is unknown, revoked or has expired");
        let text = KeyText::read(text).ok_or_else(refuse)?;
        let key = self.keys.find(&text).await?.ok_or_else(refuse)?;
        let identity = Identity { id: key.owner, name: key.name, scopes: key.scopes };
        Ok(Known { identity, expires: key.expires, means: Means::Key { prefix: key.prefix } })
    }

    async fn by_token(&self, token: &str) -> Result<Known, ApiError> {
        let Some(tokens) = &self.tokens else {
            return Err(ApiError::new(Code::BadIdentity, "this service takes API keys alone, not tokens"));
        };
        tokens.check(token).await.map_err(|error| match error {
            TokenError::Issuer => ApiError::new(Code::Issuer, error.to_string()).retry_after(10),
            _ => ApiError::new(Code::BadIdentity, error.to_string()),
        })
    }

    async fn by_cookie(&self, parts: &Parts, token: &str) -> Result<Known, ApiError> {
        let refuse = || ApiError::new(Code::BadIdentity, "the session is over");
        let (known, key) = self.sessions.find(token).await?.ok_or_else(refuse)?;
        if let Some(prefix) = key {
            self.keys.by_prefix(&prefix).await?.ok_or_else(refuse)?;
        }
        // A browser sends the cookie whoever wrote the page: what changes something must come from our own.
        if origin::is_risky(parts) && !origin::is_of_own_page(parts, self.is_secure(parts)) {
            return Err(ApiError::new(Code::Origin, "with a session, only pages of this service may do this"));
        }
        Ok(known)
    }

    fn by_place(&self, parts: &Parts) -> Result<Known, ApiError> {
        if self.anonymous && peer::is_local(parts, self.forwarded) {
            let identity = Identity { id: "local".into(), name: "local".into(), scopes: Scope::ALL.to_vec() };
            return Ok(Known { identity, expires: None, means: Means::Local });
        }
        Err(ApiError::new(
            Code::NoIdentity,
            "an API key is needed in X-API-Key or Authorization: Bearer, or a token in Authorization: Bearer",
        ))
    }

    /// Whether the client came by TLS: to us, or to a trusted proxy before us.
    pub(crate) fn is_secure(&self, parts: &Parts) -> bool {
        let proto = || parts.headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https");
        self.tls || (self.forwarded && proto())
    }

    /// The name of the session's cookie. Under TLS its prefix makes browsers hold it to this host (RFC 6265bis, 4.1.3).
    pub(crate) fn cookie_name(&self, parts: &Parts) -> &'static str {
        if self.is_secure(parts) { "__Host-offhook" } else { "offhook" }
    }
}

fn shown<'a>(headers: &'a HeaderMap, cookie: &str) -> Result<Shown<'a>, ApiError> {
    if let Some(key) = only(headers, &API_KEY)? {
        return Ok(Shown::Key(key));
    }
    if let Some(text) = only(headers, &header::AUTHORIZATION)? {
        let token = match text.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
            _ => return Err(ApiError::new(Code::BadIdentity, "authorization: allowed is Bearer and a key or token")),
        };
        return Ok(if KeyText::is_meant(token) { Shown::Key(token) } else { Shown::Token(token) });
    }
    Ok(cookie_of(headers, cookie).map_or(Shown::Nothing, Shown::Cookie))
}

/// The one field of a name.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ApiError> {
    let refuse = || ApiError::new(Code::BadIdentity, format!("{name}: allowed is one, of visible ASCII characters"));
    let mut fields = headers.get_all(name).iter();
    match (fields.next(), fields.next()) {
        (None, _) => Ok(None),
        (Some(field), None) => field.to_str().map(|text| Some(text.trim())).map_err(|_| refuse()),
        _ => Err(refuse()),
    }
}

/// The cookie of a name (RFC 6265, 5.4).
pub(crate) fn cookie_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let fields = headers.get_all(header::COOKIE).iter().filter_map(|field| field.to_str().ok());
    fields
        .flat_map(|field| field.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
}
