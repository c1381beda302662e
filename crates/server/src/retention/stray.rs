//! What lies in the audio store without a record that knows of it.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{SweepError, Sweeper, Swept};
use crate::store::Expired;
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
        for piece in self.too_old(swept.audio_before).await?.chunks(ASKED) {
            let calls = piece.iter().map(|(id, item)| Expired { id: *id, audio_key: Some(item.key.clone()) });
            let (gone, failed) = self.delete_audio(calls.collect()).await;
            let ids: Vec<Uuid> = gone.iter().map(|call| call.id).collect();
            self.store.audio_gone(&ids).await?;
            for id in ids {
                swept.deleted_stray(id);
            }
            if let Some(error) = failed {
                return Err(error);
            }
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
                let ids: Vec<Uuid> = piece.iter().map(|(call, _)| *call).collect();
                let known = self.store.audio_keys(&ids).await?;
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
}
