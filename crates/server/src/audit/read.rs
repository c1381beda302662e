//! Entries in the database.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{AnyPool, Row as _};
use utoipa::ToSchema;

use super::AuditError;
use super::chain::Link;
use crate::store::Store;

/// How many entries an export reads at once.
const PIECE: u32 = 1_000;

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Entry {
    /// The chain it belongs to: one a node.
    pub node: String,
    /// Its place in the chain, from 1.
    pub seq: i64,
    /// When it was noted.
    pub at: Timestamp,
    /// Who did it: the name of an identity, or `service`.
    pub actor: String,
    /// What was done: `call.read`, `key.create`, …
    pub action: String,
    /// To what.
    pub subject: String,
    /// What else there is to say, as JSON text: it is hashed as it stands.
    pub detail: String,
    /// The hash of the entry before; empty for the first.
    pub previous_hash: String,
    /// SHA-256 over all of the above, as hexadecimal digits.
    pub hash: String,
}

impl Entry {
    pub(super) fn of_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        let at = Timestamp::from_microsecond(row.try_get("at")?).map_err(|e| sqlx::Error::Decode(Box::new(e)))?;
        Ok(Self {
            node: row.try_get("node")?,
            seq: row.try_get("seq")?,
            at,
            actor: row.try_get("actor")?,
            action: row.try_get("action")?,
            subject: row.try_get("subject")?,
            detail: row.try_get("detail")?,
            previous_hash: row.try_get("previous_hash")?,
            hash: row.try_get("hash")?,
        })
    }
}

/// Which entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Of this chain.
    pub node: Option<String>,
    /// By this identity.
    pub actor: Option<String>,
    /// Of this action; with a dot at its end, of all that begin so: `key.`.
    pub action: Option<String>,
    /// About this subject.
    pub subject: Option<String>,
    /// Noted at this time or later.
    pub from: Option<Timestamp>,
    /// Noted before this time.
    pub to: Option<Timestamp>,
}

/// One page of entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AuditPage {
    /// The entries.
    pub entries: Vec<Entry>,
    /// What to ask the next page with; `null` on the last.
    pub next: Option<String>,
}

type Place = (i64, String, i64);

fn place(entry: &Entry) -> Place {
    (entry.at.as_microsecond(), entry.node.clone(), entry.seq)
}

fn cursor_of((at, node, seq): &Place) -> String {
    URL_SAFE_NO_PAD.encode(format!("{at} {seq} {node}"))
}

fn place_of(cursor: &str) -> Option<Place> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let mut parts = text.splitn(3, ' ');
    let (at, seq, node) = (parts.next()?, parts.next()?, parts.next()?);
    Some((at.parse().ok()?, node.to_owned(), seq.parse().ok()?))
}

macro_rules! select {
    ($past:literal, $order:literal) => {
        concat!(
            "SELECT node, seq, at, actor, action, subject, detail, previous_hash, hash FROM audit ",
            "WHERE at >= $1 AND at < $2 AND ($3 IS NULL OR node = $3) AND ($4 IS NULL OR actor = $4) ",
            "AND ($5 IS NULL OR subject = $5) AND ($6 IS NULL OR substr(action, 1, CAST($7 AS INTEGER)) = $6) ",
            "AND (at, node, seq) ",
            $past,
            " ($8, $9, $10) ",
            "ORDER BY at ",
            $order,
            ", node ",
            $order,
            ", seq ",
            $order,
            " LIMIT $11"
        )
    };
}

async fn select(
    pool: &AnyPool,
    filter: &AuditFilter,
    after: Option<Place>,
    newest_first: bool,
    limit: u32,
) -> Result<Vec<Entry>, AuditError> {
    let AuditFilter { node, actor, action, subject, from, to } = filter;
    let begins = action.as_ref().filter(|action| action.ends_with('.'));
    let compared = begins.map_or(i64::from(i32::MAX), |begins| begins.chars().count() as i64);
    let start = (if newest_first { i64::MAX } else { i64::MIN }, String::new(), 0);
    let (at, place_node, seq) = after.unwrap_or(start);
    let text = if newest_first { select!("<", "DESC") } else { select!(">", "ASC") };
    let rows = sqlx::query(text)
        .bind(from.map_or(i64::MIN, |from| from.as_microsecond()))
        .bind(to.map_or(i64::MAX, |to| to.as_microsecond()))
        .bind(node.clone())
        .bind(actor.clone())
        .bind(subject.clone())
        .bind(action.clone())
        .bind(compared)
        .bind(at)
        .bind(place_node)
        .bind(seq)
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await?;
    Ok(rows.iter().map(Entry::of_row).collect::<Result<_, _>>()?)
}

/// One page, newest first, beginning after `cursor`.
///
/// # Errors
/// The cursor is none of ours, or the database failed.
pub async fn page(
    store: &Store,
    filter: &AuditFilter,
    cursor: Option<&str>,
    limit: u32,
) -> Result<AuditPage, AuditError> {
    let after = cursor.map(|given| place_of(given).ok_or_else(|| AuditError::Cursor { given: given.to_owned() }));
    let mut entries = select(store.pool(), filter, after.transpose()?, true, limit.saturating_add(1)).await?;
    let more = entries.len() > limit as usize;
    entries.truncate(limit as usize);
    let next = entries.last().filter(|_| more).map(|last| cursor_of(&place(last)));
    Ok(AuditPage { entries, next })
}

/// Gives each entry, oldest first, to `each`, until that says `false`.
///
/// # Errors
/// The database failed.
pub async fn export(
    store: &Store,
    filter: &AuditFilter,
    mut each: impl FnMut(&Entry) -> bool,
) -> Result<(), AuditError> {
    let mut after = None;
    loop {
        let entries = select(store.pool(), filter, after.take(), false, PIECE).await?;
        for entry in &entries {
            if !each(entry) {
                return Ok(());
            }
        }
        match entries.last() {
            Some(last) if entries.len() == PIECE as usize => after = Some(place(last)),
            _ => return Ok(()),
        }
    }
}

/// The newest entry of a chain.
pub(super) async fn last(pool: &AnyPool, node: &str) -> Result<Option<Link>, sqlx::Error> {
    let row = sqlx::query("SELECT seq, hash FROM audit WHERE node = $1 ORDER BY seq DESC LIMIT 1")
        .bind(node)
        .fetch_optional(pool)
        .await?;
    row.map(|row| Ok(Link { seq: row.try_get(0)?, hash: row.try_get(1)? })).transpose()
}

/// The hash of an entry, if it is there.
pub(super) async fn hash_at(pool: &AnyPool, node: &str, seq: i64) -> Result<Option<String>, sqlx::Error> {
    let row = sqlx::query("SELECT hash FROM audit WHERE node = $1 AND seq = $2")
        .bind(node)
        .bind(seq)
        .fetch_optional(pool)
        .await?;
    row.map(|row| row.try_get(0)).transpose()
}

/// Entries of a chain after `seq`, in order.
pub(super) async fn after(pool: &AnyPool, node: &str, seq: i64) -> Result<Vec<Entry>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT node, seq, at, actor, action, subject, detail, previous_hash, hash FROM audit \
         WHERE node = $1 AND seq > $2 ORDER BY seq LIMIT 1000",
    )
    .bind(node)
    .bind(seq)
    .fetch_all(pool)
    .await?;
    rows.iter().map(Entry::of_row).collect()
}

/// Writes entries, all or none.
pub(super) async fn insert(pool: &AnyPool, entries: &[Entry]) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    for entry in entries {
        sqlx::query(
            "INSERT INTO audit (node, seq, at, actor, action, subject, detail, previous_hash, hash) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(&entry.node)
        .bind(entry.seq)
        .bind(entry.at.as_microsecond())
        .bind(&entry.actor)
        .bind(&entry.action)
        .bind(&entry.subject)
        .bind(&entry.detail)
        .bind(&entry.previous_hash)
        .bind(&entry.hash)
        .execute(&mut *transaction)
        .await?;
    }
    transaction.commit().await
}
