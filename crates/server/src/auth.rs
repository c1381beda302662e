//! Who is who, and who may do what.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::app::App;
use crate::config::ServerConfig;
use crate::error::ApiError;
use crate::store::Store;

/// Why identities cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The database.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

/// A permission, as the specification names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// `voicemail:detect`: send audio, and see one's own calls.
    Detect,
    /// `voicemail:admin`: see all calls, manage keys, webhooks and settings.
    Admin,
    /// `system:monitor`: read the figures.
    Monitor,
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
}

/// The keys, issuers and limits.
#[derive(Debug)]
pub struct Auth {}

impl Auth {
    /// Reads keys and asks issuers for theirs.
    ///
    /// # Errors
    /// Names the setting that cannot be used.
    pub async fn open(_config: &ServerConfig, _store: &Store) -> Result<Self, AuthError> {
        todo!()
    }
}

macro_rules! permitted {
    ($($(#[doc = $doc:literal])* $name:ident $scope:ident;)*) => {
        $($(#[doc = $doc])*
        #[derive(Clone, Debug)]
        pub struct $name(pub Identity);

        impl FromRequestParts<std::sync::Arc<App>> for $name {
            type Rejection = ApiError;
            async fn from_request_parts(parts: &mut Parts, app: &std::sync::Arc<App>) -> Result<Self, ApiError> {
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
}

async fn permitted(_parts: &mut Parts, _app: &App, _scope: Scope) -> Result<Identity, ApiError> {
    todo!()
}
