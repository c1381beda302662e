//! What is too old, and its end.

use jiff::Timestamp;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::call::Expired;
use super::columns;
use super::condition::Conditions;
use super::{SETTLE, Store, StoreError};

/// How many calls one statement deletes.
const TOGETHER: usize = 500;

impl Store {
    /// Calls begun before `before` whose audio is kept, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn expired_audio(&self, before: Timestamp, limit: u32) -> Result<Vec<Expired>, StoreError> {
        self.expired("audio_key IS NOT NULL AND started < ?", before, limit).await
    }

    /// Calls begun before `before`, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn expired_calls(&self, before: Timestamp, limit: u32) -> Result<Vec<Expired>, StoreError> {
        self.expired("started < ?", before, limit).await
    }

    async fn expired(&self, condition: &str, before: Timestamp, limit: u32) -> Result<Vec<Expired>, StoreError> {
        let mut conditions = Conditions::default();
        conditions.add(condition, [before.as_microsecond().into()]);
        let tail = format!(" ORDER BY started, id LIMIT {limit}");
        let rows = conditions.query("SELECT id, audio_key FROM calls", &tail).fetch_all(&self.pool).await?;
        Ok(rows.iter().map(columns::expired).collect::<Result<_, _>>()?)
    }

    /// Deletes calls with all that belongs to them, and tells how many there were. Their audio is deleted first, by the
    /// caller.
    ///
    /// # Errors
    /// The database failed.
    pub async fn delete(&self, ids: &[Uuid]) -> Result<u64, StoreError> {
        // What is on its way must have come, or it would come after it was deleted.
        self.progress.settled(SETTLE).await;
        let mut deleted = 0;
        for ids in ids.chunks(TOGETHER) {
            let places: Vec<String> = (1..=ids.len()).map(|number| format!("${number}")).collect();
            let places = places.join(", ");
            let mut query = sqlx::query(AssertSqlSafe(format!("DELETE FROM calls WHERE id IN ({places})")));
            for id in ids {
                query = query.bind(id.to_string());
            }
            deleted += query.execute(&self.pool).await?.rows_affected();
        }
        Ok(deleted)
    }
}
