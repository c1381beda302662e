//! Lists of calls, and one call.

use serde_json::Value as Json;
use sqlx::{Executor, Row as _};
use uuid::Uuid;

use super::call::{CallDetail, CallFilter, CallPage, CallSummary};
use super::columns::{self, SUMMARY};
use super::condition::Conditions;
use super::cursor::Cursor;
use super::entry::Details;
use super::{SETTLE, Store, StoreError};

/// The most calls of one page.
pub const LONGEST_PAGE: u32 = 1_000;

impl Store {
    /// One page of calls, newest first, beginning after `cursor`; `limit` is taken as 1 to [`LONGEST_PAGE`].
    ///
    /// # Errors
    /// The cursor is none of ours, or the database failed.
    pub async fn calls(&self, filter: &CallFilter, cursor: Option<&str>, limit: u32) -> Result<CallPage, StoreError> {
        let mut conditions = Conditions::default();
        conditions.filter(filter);
        if let Some(cursor) = cursor {
            conditions.before(Cursor::read(cursor)?);
        }
        let limit = limit.clamp(1, LONGEST_PAGE) as usize;
        // One more than asked for tells whether there is another page.
        let tail = format!(" ORDER BY started DESC, id DESC LIMIT {}", limit + 1);
        let rows = conditions.query(SUMMARY, &tail).fetch_all(&self.pool).await?;
        let mut calls = rows.iter().map(columns::summary).collect::<Result<Vec<_>, _>>()?;
        let more = calls.len() > limit;
        calls.truncate(limit);
        let last = calls.last().filter(|_| more);
        let next = last.map(|call| Cursor { started: call.started.as_microsecond(), id: call.id }.show());
        Ok(CallPage { calls, next })
    }

    /// The calls that tell most when somebody listens to them: audio kept, no truth yet, least sure first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn review(&self, owner: Option<&str>, limit: u32) -> Result<Vec<CallSummary>, StoreError> {
        let mut conditions = Conditions::default();
        conditions.add("audio_key IS NOT NULL AND truth_at IS NULL", []);
        conditions.owner(owner);
        let tail = format!(" ORDER BY confidence, id LIMIT {}", limit.clamp(1, LONGEST_PAGE));
        let rows = conditions.query(SUMMARY, &tail).fetch_all(&self.pool).await?;
        Ok(rows.iter().map(columns::summary).collect::<Result<_, _>>()?)
    }

    /// A call by our name for it, or the newest by the caller's; of `owner`, if one is given.
    ///
    /// # Errors
    /// The database failed.
    pub async fn call(&self, name: &str, owner: Option<&str>) -> Result<Option<CallDetail>, StoreError> {
        let pending = self.progress.waiting() > 0;
        let found = match self.find(name, owner).await? {
            None if pending => {
                self.progress.settled(SETTLE).await;
                self.find(name, owner).await?
            }
            found => found,
        };
        let Some((summary, lost_ms)) = found else { return Ok(None) };
        let id = summary.id.to_string();
        let details = sqlx::query_scalar::<_, String>("SELECT details FROM call_details WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&self.pool)
            .await?;
        let feedback = sqlx::query("SELECT * FROM call_feedback WHERE call = $1 ORDER BY at, id")
            .bind(id.as_str())
            .fetch_all(&self.pool)
            .await?;
        let handling = sqlx::query_scalar::<_, String>("SELECT handling FROM call_handling WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&self.pool)
            .await?
            .map(|text| serde_json::from_str(&text))
            .transpose()
            .map_err(|error| sqlx::Error::Decode(error.into()))?;
        let Details { probabilities, cause, vocabularies, events, timeline, warnings } = match details {
            Some(text) => serde_json::from_str(&text).map_err(|error| sqlx::Error::Decode(error.into()))?,
            None => Details { probabilities: Json::Object(Default::default()), ..Details::default() },
        };
        Ok(Some(CallDetail {
            summary,
            probabilities,
            cause,
            vocabularies,
            events,
            timeline: timeline.into_iter().map(Into::into).collect(),
            lost_ms,
            warnings,
            handling,
            feedback: feedback.iter().map(columns::feedback).collect::<Result<_, _>>()?,
        }))
    }

    async fn find(&self, name: &str, owner: Option<&str>) -> Result<Option<(CallSummary, i64)>, StoreError> {
        if let Ok(id) = name.parse::<Uuid>() {
            let mut conditions = Conditions::default();
            conditions.add("id = ?", [id.to_string().as_str().into()]);
            conditions.owner(owner);
            if let Some(row) = self.pool.fetch_optional(conditions.query(SUMMARY, "")).await? {
                return Ok(Some((columns::summary(&row)?, row.try_get("lost_ms")?)));
            }
        }
        let mut conditions = Conditions::default();
        conditions.add("call_id = ?", [name.replace('\0', "\u{fffd}").as_str().into()]);
        conditions.owner(owner);
        let row =
            self.pool.fetch_optional(conditions.query(SUMMARY, " ORDER BY started DESC, id DESC LIMIT 1")).await?;
        Ok(row.map(|row| Ok::<_, sqlx::Error>((columns::summary(&row)?, row.try_get("lost_ms")?))).transpose()?)
    }
}
