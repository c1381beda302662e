//! API keys: made, found, rotated and revoked.

use std::time::Duration;

use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{AnyPool, Row as _};
use utoipa::ToSchema;
use uuid::Uuid;

use super::cache::{Cache, FRESH, STALE};
use super::scope::{Role, Scope};
use super::secret::{self, KeyText};
use super::{AuthError, moment};
use crate::config::Setting as _;
use crate::store::Store;

/// The longest name of a key, in characters.
const LONGEST_NAME: usize = 100;
/// How coarse the time of the last use is, in microseconds.
const USE_STEP: i64 = 60_000_000;

/// An API key, as it is kept: all but the key itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its name in addresses.
    pub id: Uuid,
    /// The part of the key that may be seen.
    pub prefix: String,
    /// The identity behind it, the same for a key and those that follow it.
    pub owner: String,
    /// A name for people.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was made, in microseconds since 1970.
    pub created: i64,
    /// When it ends by itself, in microseconds since 1970; `None` for never.
    pub expires: Option<i64>,
    /// When it was last used, to the minute, in microseconds since 1970.
    pub last_used: Option<i64>,
    /// When it was revoked, in microseconds since 1970.
    pub revoked: Option<i64>,
    /// The key that follows it.
    pub successor: Option<Uuid>,
    hash: String,
}

/// An API key, as callers are told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub struct KeyView {
    /// Its name in addresses.
    pub id: Uuid,
    /// The part of the key that may be seen.
    pub prefix: String,
    /// A name for people.
    pub name: String,
    /// The role whose limits hold for it.
    pub role: Role,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was made (RFC 3339).
    pub created: String,
    /// When it ends by itself (RFC 3339); `null` for never.
    pub expires: Option<String>,
    /// When it was last used, to the minute (RFC 3339).
    pub last_used: Option<String>,
    /// When it was revoked (RFC 3339).
    pub revoked: Option<String>,
    /// The key that follows it.
    pub successor: Option<Uuid>,
    /// Whether it can be used now.
    pub active: bool,
}

impl From<&Key> for KeyView {
    fn from(key: &Key) -> Self {
        Self {
            id: key.id,
            prefix: key.prefix.clone(),
            name: key.name.clone(),
            role: Role::holding(&key.scopes),
            scopes: key.scopes.clone(),
            created: moment::show(key.created),
            expires: key.expires.map(moment::show),
            last_used: key.last_used.map(moment::show),
            revoked: key.revoked.map(moment::show),
            successor: key.successor,
            active: key.is_good(moment::now()),
        }
    }
}

impl Key {
    /// Whether it can be used at a time, in microseconds since 1970.
    pub(crate) fn is_good(&self, now: i64) -> bool {
        self.revoked.is_none() && self.expires.is_none_or(|end| now < end)
    }

    /// The same key with a new text.
    fn with_text(mut self) -> Result<(KeyText, Self), AuthError> {
        let text = KeyText::random()?;
        text.prefix().clone_into(&mut self.prefix);
        self.hash = text.hash();
        Ok((text, self))
    }

    async fn insert<'c>(&self, database: impl sqlx::Executor<'c, Database = sqlx::Any>) -> Result<(), AuthError> {
        sqlx::query(
            "INSERT INTO api_keys (id, prefix, hash, owner, name, scopes, created, expires) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(self.id.to_string())
        .bind(self.prefix.clone())
        .bind(self.hash.clone())
        .bind(self.owner.clone())
        .bind(self.name.clone())
        .bind(Scope::list(&self.scopes))
        .bind(self.created)
        .bind(self.expires)
        .execute(database)
        .await?;
        Ok(())
    }

    fn of(row: &AnyRow) -> Result<Self, AuthError> {
        let id = |text: String| Uuid::parse_str(&text).map_err(|error| sqlx::Error::Decode(error.into()));
        Ok(Self {
            id: id(row.try_get("id")?)?,
            prefix: row.try_get("prefix")?,
            owner: row.try_get("owner")?,
            name: row.try_get("name")?,
            scopes: Scope::among(row.try_get("scopes")?),
            created: row.try_get("created")?,
            expires: row.try_get("expires")?,
            last_used: row.try_get("last_used")?,
            revoked: row.try_get("revoked")?,
            successor: row.try_get::<Option<String>, _>("successor")?.map(id).transpose()?,
            hash: row.try_get("hash")?,
        })
    }
}

/// All API keys. Straight on the database, but for what was looked up a moment ago.
#[derive(Debug)]
pub struct Keys {
    pool: AnyPool,
    known: Cache<Option<Key>>,
}

impl Keys {
    /// The keys of a store, whose service need not run.
    pub fn of(store: &Store) -> Self {
        Self::new(store.pool().clone())
    }

    pub(super) fn new(pool: AnyPool) -> Self {
        Self { pool, known: Cache::new(FRESH, STALE) }
    }

    /// The name that a text gives a key.
    ///
    /// # Errors
    /// Says what is allowed.
    pub fn name_of(text: &str) -> Result<&str, &'static str> {
        let name = text.trim();
        if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
            return Err("1 to 100 characters that can be printed");
        }
        Ok(name)
    }

    /// How long a key lasts by a text such as `30d`; for ever by `never`, and as `usual` by none.
    ///
    /// # Errors
    /// Says what is allowed.
    pub fn life_of(text: Option<&str>, usual: Duration) -> Result<Option<Duration>, &'static str> {
        match text {
            None => Ok(Some(usual)),
            Some("never") => Ok(None),
            Some(text) => {
                let life = Duration::parse(text).filter(|life| !life.is_zero());
                life.map(Some).ok_or("a duration such as 30d or 12h, or never")
            }
        }
    }

    /// Makes a key that lasts for `life`, or for ever. The text is told this once.
    ///
    /// # Errors
    /// The database failed.
    pub async fn create(
        &self,
        name: &str,
        scopes: &[Scope],
        life: Option<Duration>,
    ) -> Result<(KeyText, Key), AuthError> {
        let id = Uuid::now_v7();
        let now = moment::now();
        let key = Key {
            id,
            prefix: String::new(),
            owner: format!("key:{id}"),
            name: name.to_owned(),
            scopes: scopes.to_vec(),
            created: now,
            expires: life.map(|life| moment::after(now, life)),
            last_used: None,
            revoked: None,
            successor: None,
            hash: String::new(),
        };
        let made = key.with_text()?;
        made.1.insert(&self.pool).await?;
        // It may have been asked for, and not been there.
        self.known.forget(&made.1.prefix);
        Ok(made)
    }

    /// Every key, the newest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn list(&self) -> Result<Vec<Key>, AuthError> {
        let rows = sqlx::query("SELECT * FROM api_keys ORDER BY id DESC").fetch_all(&self.pool).await?;
        rows.iter().map(Key::of).collect()
    }

    /// One key.
    ///
    /// # Errors
    /// There is none of this name, or the database failed.
    pub async fn get(&self, id: Uuid) -> Result<Key, AuthError> {
        let row = sqlx::query("SELECT * FROM api_keys WHERE id = $1").bind(id.to_string()).fetch_optional(&self.pool);
        row.await?.as_ref().map(Key::of).ok_or(AuthError::UnknownKey)?
    }

    /// Makes a key that follows another, for the same identity and as long as that was meant to last; the old one goes
    /// on for `overlap`, if it does not end before.
    ///
    /// # Errors
    /// There is none of this name, it cannot be used any more or was followed already, or the database failed.
    pub async fn rotate(&self, id: Uuid, overlap: Duration) -> Result<(KeyText, Key), AuthError> {
        let old = self.get(id).await?;
        let now = moment::now();
        if !old.is_good(now) || old.successor.is_some() {
            return Err(AuthError::Ended);
        }
        let overlapped = moment::after(now, overlap);
        let next = Key {
            id: Uuid::now_v7(),
            created: now,
            expires: old.expires.map(|end| now.saturating_add(end.saturating_sub(old.created))),
            last_used: None,
            ..old.clone()
        };
        let made = next.with_text()?;
        let mut transaction = self.pool.begin().await?;
        // Of two rotations at once one wins: the other finds a successor.
        let taken = sqlx::query(
            "UPDATE api_keys SET successor = $1, expires = $2 \
             WHERE id = $3 AND successor IS NULL AND revoked IS NULL",
        )
        .bind(made.1.id.to_string())
        .bind(old.expires.map_or(overlapped, |end| end.min(overlapped)))
        .bind(id.to_string())
        .execute(&mut *transaction)
        .await?;
        if taken.rows_affected() == 0 {
            return Err(AuthError::Ended);
        }
        made.1.insert(&mut *transaction).await?;
        transaction.commit().await?;
        self.known.forget(&old.prefix);
        self.known.forget(&made.1.prefix);
        Ok(made)
    }

    /// Ends a key: at once on this node, within seconds on others. Says whether it was good until now.
    ///
    /// # Errors
    /// There is none of this name, or the database failed.
    pub async fn revoke(&self, id: Uuid) -> Result<bool, AuthError> {
        let key = self.get(id).await?;
        let done = sqlx::query("UPDATE api_keys SET revoked = $1 WHERE id = $2 AND revoked IS NULL")
            .bind(moment::now())
            .bind(id.to_string())
            .execute(&self.pool)
            .await?;
        self.known.forget(&key.prefix);
        Ok(done.rows_affected() > 0)
    }

    /// The key that a text is, if it can be used now.
    pub(crate) async fn find(&self, text: &KeyText) -> Result<Option<Key>, AuthError> {
        let key = self.by_prefix(text.prefix()).await?;
        Ok(key.filter(|key| secret::same(&key.hash, &text.hash())))
    }

    /// The key with this prefix, if it can be used now.
    pub(crate) async fn by_prefix(&self, prefix: &str) -> Result<Option<Key>, AuthError> {
        let now = moment::now();
        let key = self.known.find(prefix, self.look_up(prefix, now)).await?;
        Ok(key.filter(|key| key.is_good(now)))
    }

    async fn look_up(&self, prefix: &str, now: i64) -> Result<Option<Key>, AuthError> {
        let row = sqlx::query("SELECT * FROM api_keys WHERE prefix = $1").bind(prefix).fetch_optional(&self.pool);
        let Some(key) = row.await?.as_ref().map(Key::of).transpose()? else { return Ok(None) };
        if key.is_good(now) && key.last_used.is_none_or(|last| now - last >= USE_STEP) {
            let (pool, id) = (self.pool.clone(), key.id.to_string());
            tokio::spawn(async move {
                let query = "UPDATE api_keys SET last_used = $1 WHERE id = $2";
                if let Err(error) = sqlx::query(query).bind(now).bind(id).execute(&pool).await {
                    tracing::warn!(%error, "cannot note the use of a key");
                }
            });
        }
        Ok(Some(key))
    }
}
