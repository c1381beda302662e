//! Who is who, and who may do what.
//!
//! A request shows an API key, a JSON web token or the cookie of a session; in the development set-up one from this
//! machine needs none. The extractors [`Caller`], [`Admin`], [`Monitor`] and [`Controller`] let a request in that may do what their name
//! says, and refuse all others.

mod cache;
mod claims;
mod identify;
mod keys;
mod known;
pub(crate) mod moment;
mod peer;
mod published;
mod rate;
mod scope;
mod secret;
mod session;
#[cfg(test)]
mod tests;
mod token;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde_json::json;
use sqlx::AnyPool;

use crate::app::App;
use crate::config::{ServerConfig, ServerConfigError};
use crate::error::{ApiError, Code};
use crate::store::Store;

pub(crate) use identify::cookie_of;
pub use keys::{Key, KeyView, Keys};
pub(crate) use known::{Known, Means};
pub(crate) use peer::host;
pub(crate) use rate::Told;
pub use scope::{Role, Scope};
pub use secret::KeyText;
pub(crate) use secret::same;

/// Why identities cannot be set up, or keys not be made or changed.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The database.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// A setting.
    #[error(transparent)]
    Setting(#[from] ServerConfigError),
    /// The file of `auth.jwt_key`.
    #[error("auth.jwt_key: cannot read {path}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// What asks issuers for their keys.
    #[error("cannot set up a client for the keys of issuers")]
    Client(#[source] reqwest::Error),
    /// The system.
    #[error("the system has no randomness to give")]
    Random,
    /// A key that is not there.
    #[error("there is no key of this id")]
    UnknownKey,
    /// A key that cannot be followed by another.
    #[error("the key was revoked, has expired or was rotated already")]
    Ended,
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::UnknownKey => Self::new(Code::UnknownKey, error.to_string()),
            AuthError::Ended => Self::new(Code::Conflict, error.to_string()),
            AuthError::Database(error) => Self::storage(&error, "identities cannot be looked up now", 5),
            error => Self::internal(&error),
        }
    }
}

/// Who sends a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// A name that does not change: `key:…`, `jwt:…`, `local`.
    pub id: String,
    /// A name for people.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
}

impl Identity {
    /// Whether it may do what the scope names.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    /// The role whose limits hold for it.
    pub fn role(&self) -> Role {
        Role::holding(&self.scopes)
    }
}

/// The keys, issuers and limits.
#[derive(Debug)]
pub struct Auth {
    keys: Keys,
    sessions: session::Sessions,
    tokens: Option<token::Tokens>,
    rates: rate::Rates,
    /// Whether callers from this machine need show nothing.
    anonymous: bool,
    /// Whether a proxy before the service is trusted.
    forwarded: bool,
    /// Whether the service does TLS itself.
    tls: bool,
    key_life: Duration,
    key_overlap: Duration,
}

impl Auth {
    /// Reads the settings. Issuers are asked for their keys when the first token comes.
    ///
    /// # Errors
    /// Names the setting that cannot be used.
    pub async fn open(config: &ServerConfig, store: &Store) -> Result<Self, AuthError> {
        Self::over(config, store.pool().clone())
    }

    fn over(config: &ServerConfig, pool: AnyPool) -> Result<Self, AuthError> {
        let ServerConfig { auth, http, tls, .. } = config;
        Ok(Self {
            keys: Keys::new(pool.clone()),
            sessions: session::Sessions::new(pool),
            tokens: token::Tokens::open(auth)?,
            rates: rate::Rates::new(auth.client_rate, auth.admin_rate),
            anonymous: !config.identities_needed(),
            forwarded: http.forwarded,
            tls: tls.certificate.is_some(),
            key_life: auth.key_life,
            key_overlap: auth.key_overlap,
        })
    }

    /// The API keys.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// How long a new key lasts if nothing else is asked for.
    pub(crate) fn key_life(&self) -> Duration {
        self.key_life
    }

    /// How long a key goes on after a rotation.
    pub(crate) fn key_overlap(&self) -> Duration {
        self.key_overlap
    }

    /// The sessions of the dashboard.
    pub(crate) fn sessions(&self) -> &session::Sessions {
        &self.sessions
    }
}

macro_rules! permitted {
    ($($(#[doc = $doc:literal])* $name:ident $scope:ident;)*) => {
        $($(#[doc = $doc])*
        #[derive(Clone, Debug)]
        pub struct $name(pub Identity);

        impl FromRequestParts<Arc<App>> for $name {
            type Rejection = ApiError;
            async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
                permitted(parts, app, Scope::$scope).await.map(Self)
            }
        })*
    };
}

permitted! {
    /// A caller with the scope `voicemail:detect`.
    Caller Detect;
    /// A caller with the scope `voicemail:admin`.
    Admin Admin;
    /// A caller with the scope `system:monitor`.
    Monitor Monitor;
    /// A caller with the scope `calls:control`.
    Controller Control;
}

async fn permitted(parts: &mut Parts, app: &Arc<App>, scope: Scope) -> Result<Identity, ApiError> {
    let Known { identity, .. } = Known::from_request_parts(parts, app).await?;
    require(identity, scope).inspect_err(|error| app.metrics.auth_failed(error.code().word()))
}

fn require(identity: Identity, scope: Scope) -> Result<Identity, ApiError> {
    if identity.may(scope) {
        return Ok(identity);
    }
    let given = if identity.scopes.is_empty() { "none".to_owned() } else { Scope::list(&identity.scopes) };
    Err(ApiError::new(Code::Forbidden, format!("the scope {} is needed; the caller's: {given}", scope.word())))
}

/// Anyone who could show who they are, whatever they may do. A request is counted once, however often it is asked.
impl FromRequestParts<Arc<App>> for Known {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(known.clone());
        }
        match app.auth.identify(parts).await {
            Ok(known) => {
                parts.extensions.insert(known.clone());
                Ok(known)
            }
            Err(refusal) => {
                match refusal.error.code() {
                    Code::RateLimit => app.metrics.rate_limited(refusal.role.map_or("unknown", Role::word)),
                    code => app.metrics.auth_failed(code.word()),
                }
                if refusal.is_attempt && refusal.error.code() == Code::BadIdentity {
                    note(parts, app, &refusal.error);
                }
                Err(refusal.error)
            }
        }
    }
}

/// Notes that somebody showed a bad identity. What showed none at all is no attempt to be another.
fn note(parts: &Parts, app: &App, error: &ApiError) {
    let nobody = Identity { id: "nobody".into(), name: "nobody".into(), scopes: Vec::new() };
    let from =
        peer::address(parts, app.config.http.forwarded).map_or_else(|| "unknown".into(), |from| from.to_string());
    app.audit.note(&nobody, "auth.failed", &from, json!({ "code": error.code().word(), "reason": error.detail() }));
}
