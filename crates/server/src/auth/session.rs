//! Sessions of the dashboard: a cookie in place of a key.

use std::time::Duration;

use sqlx::{AnyPool, Row as _};

use super::cache::{Cache, FRESH, STALE};
use super::known::{Known, Means};
use super::scope::Scope;
use super::secret::{self, STRONG};
use super::{AuthError, Identity, moment};

/// The longest session.
const LIFE: Duration = Duration::from_secs(12 * 3_600);

/// A session as it is kept.
#[derive(Clone, Debug)]
struct Session {
    identity: Identity,
    key_prefix: Option<String>,
    expires: i64,
}

/// All sessions. They are kept in the database, so that every node knows them.
#[derive(Debug)]
pub(crate) struct Sessions {
    pool: AnyPool,
    known: Cache<Option<Session>>,
}

impl Sessions {
    pub(crate) fn new(pool: AnyPool) -> Self {
        Self { pool, known: Cache::new(FRESH, STALE) }
    }

    /// Begins a session for one who has shown a key or a token; it ends with that, or after [`LIFE`]. Gives the secret
    /// for the cookie, and how many seconds it lasts.
    pub(crate) async fn begin(&self, who: &Known) -> Result<(String, i64), AuthError> {
        let token = secret::random_digits(STRONG)?;
        let now = moment::now();
        let longest = moment::after(now, LIFE);
        let expires = who.expires.map_or(longest, |end| end.min(longest));
        let key_prefix = match &who.means {
            Means::Key { prefix } => Some(prefix.clone()),
            _ => None,
        };
        sqlx::query("DELETE FROM sessions WHERE expires <= $1").bind(now).execute(&self.pool).await?;
        sqlx::query(
            "INSERT INTO sessions (hash, identity, name, scopes, key_prefix, created, expires) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(secret::hash(&token))
        .bind(who.identity.id.clone())
        .bind(who.identity.name.clone())
        .bind(Scope::list(&who.identity.scopes))
        .bind(key_prefix)
        .bind(now)
        .bind(expires)
        .execute(&self.pool)
        .await?;
        Ok((token, (expires - now) / 1_000_000))
    }

    /// Who holds a cookie; the prefix of the key that must still be good, if a key began it.
    pub(crate) async fn find(&self, token: &str) -> Result<Option<(Known, Option<String>)>, AuthError> {
        if token.len() != STRONG {
            return Ok(None);
        }
        let hash = secret::hash(token);
        let session = self.known.find(&hash, self.look_up(&hash)).await?;
        Ok(session.filter(|session| moment::now() < session.expires).map(
            |Session { identity, key_prefix, expires }| {
                (Known { identity, expires: Some(expires), means: Means::Session }, key_prefix)
            },
        ))
    }

    async fn look_up(&self, hash: &str) -> Result<Option<Session>, AuthError> {
        let query = "SELECT identity, name, scopes, key_prefix, expires FROM sessions WHERE hash = $1";
        let Some(row) = sqlx::query(query).bind(hash).fetch_optional(&self.pool).await? else { return Ok(None) };
        Ok(Some(Session {
            identity: Identity {
                id: row.try_get("identity")?,
                name: row.try_get("name")?,
                scopes: Scope::among(row.try_get("scopes")?),
            },
            key_prefix: row.try_get("key_prefix")?,
            expires: row.try_get("expires")?,
        }))
    }

    /// Ends a session.
    pub(crate) async fn end(&self, token: &str) -> Result<(), AuthError> {
        let hash = secret::hash(token);
        sqlx::query("DELETE FROM sessions WHERE hash = $1").bind(hash.clone()).execute(&self.pool).await?;
        self.known.forget(&hash);
        Ok(())
    }
}
