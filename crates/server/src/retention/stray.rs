//! What lies in the audio store without a record that knows of it.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use sqlx::{AssertSqlSafe, Row as _};
use uuid::Uuid;

use super::{SweepError, Sweeper, Swept};
use crate::vault::{Listed, day_of};

/// How long a recording may wait for its record: that may wait in a node's journal while the database is away.
const GRACE: SignedDuration = SignedDuration::from_hours(24);
/// How many records are asked for at once.
const ASKED: usize = 200;

impl Sweeper {
    /// Recordings of calls begun before this, as the audio store lists them.
    pub(super) async fn too_old(&self, before: Timestamp) -> Result<Vec<(Uuid, Listed)>, SweepError> {
        let mut old = Vec::new();
        for day in self.vault.days().await? {
            if day <= day_of(before) {
                let listed = self.vault.of_day(day).await?;
                old.extend(listed.into_iter().filter_map(|item| {
                    // What has no time in its name lies under the first of all days, and is as old as it was written.
                    let begun = item.made.unwrap_or(item.written);
                    Some((item.call?, item)).filter(|_| begun < before)
                }));
            }
        }
        Ok(old)
    }

    /// Deletes what is too old and no record told of, and what is a day old and no record knows.
    pub(super) async fn strays(&self, now: Timestamp, swept: &mut Swept) -> Result<(), SweepError> {
        self.vault.delete_drafts(now - GRACE).await?;
        for (call, item) in self.too_old(swept.audio_before).await? {
            self.vault.delete(&item.key).await?;
            self.store.audio_kept(call, None).await?;
            swept.deleted_stray(call);
        }
        for day in self.vault.days().await? {
            if day > day_of(now - GRACE) {
                continue;
            }
            let listed = self.vault.of_day(day).await?;
            let settled = listed.into_iter().filter(|item| {
                let touched = item.made.map_or(item.written, |made| made.max(item.written));
                touched < now - GRACE
            });
            let settled: Vec<(Uuid, Listed)> = settled.filter_map(|item| Some((item.call?, item))).collect();
            for piece in settled.chunks(ASKED) {
                let known = self.known(piece).await?;
                for (call, item) in piece {
                    if known.get(call).is_none_or(|key| *key != item.key) {
                        self.vault.delete(&item.key).await?;
                        swept.deleted_stray(*call);
                    }
                }
            }
        }
        Ok(())
    }

    /// Under which keys the records of these calls find their audio.
    async fn known(&self, calls: &[(Uuid, Listed)]) -> Result<HashMap<Uuid, String>, SweepError> {
        let places: Vec<String> = (1..=calls.len()).map(|i| format!("${i}")).collect();
        let text =
            format!("SELECT id, audio_key FROM calls WHERE audio_key IS NOT NULL AND id IN ({})", places.join(", "));
        let mut query = sqlx::query(AssertSqlSafe(text));
        for (call, _) in calls {
            query = query.bind(call.to_string());
        }
        let mut known = HashMap::new();
        for row in query.fetch_all(self.store.pool()).await? {
            if let Ok(id) = row.try_get::<String, _>(0)?.parse() {
                known.insert(id, row.try_get(1)?);
            }
        }
        Ok(known)
    }
}
