//! What is too old, and its end.

use std::collections::HashMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::call::Expired;
use super::columns;
use super::condition::Conditions;
use super::{SETTLE, Store, StoreError};

/// How many calls one statement names.
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
            let mut conditions = Conditions::default();
            conditions.ids(ids);
            deleted += conditions.query("DELETE FROM calls", "").execute(&self.pool).await?.rows_affected();
        }
        Ok(deleted)
    }

    /// Says that the audio of these calls is not kept any more. The database knows it once this returns.
    ///
    /// # Errors
    /// The database failed.
    pub async fn audio_gone(&self, ids: &[Uuid]) -> Result<(), StoreError> {
        // That it is kept may be on its way, and would come after.
        self.progress.settled(SETTLE).await;
        for ids in ids.chunks(TOGETHER) {
            let mut conditions = Conditions::default();
            conditions.ids(ids);
            conditions.query("UPDATE calls SET audio_key = NULL", "").execute(&self.pool).await?;
        }
        Ok(())
    }

    /// Where the audio of these calls is kept, of those whose audio is.
    ///
    /// # Errors
    /// The database failed.
    pub async fn audio_keys(&self, ids: &[Uuid]) -> Result<HashMap<Uuid, String>, StoreError> {
        let mut keys = HashMap::new();
        for ids in ids.chunks(TOGETHER) {
            let mut conditions = Conditions::default();
            conditions.add("audio_key IS NOT NULL", []);
            conditions.ids(ids);
            for row in conditions.query("SELECT id, audio_key FROM calls", "").fetch_all(&self.pool).await? {
                let Expired { id, audio_key } = columns::expired(&row)?;
                keys.extend(audio_key.map(|key| (id, key)));
            }
        }
        Ok(keys)
    }
}
