//! Who really answered.

use jiff::Timestamp;
use uuid::Uuid;

use super::call::{Feedback, NewFeedback, Truth, whole_micros};
use super::{SETTLE, Store, StoreError};

impl Store {
    /// Notes who really answered; `None` where there is no such call. The newest note is the truth, all are kept.
    ///
    /// # Errors
    /// The database failed.
    pub async fn feedback(&self, id: Uuid, feedback: &NewFeedback) -> Result<Option<Feedback>, StoreError> {
        let feedback = Feedback {
            id: Uuid::now_v7(),
            who: feedback.who.clone(),
            truth: Truth {
                answered_by: feedback.answered_by.clone(),
                by: feedback.by,
                note: feedback.note.as_ref().map(|note| note.replace('\0', "\u{fffd}")),
                at: whole_micros(Timestamp::now()),
            },
        };
        let pending = self.progress.waiting() > 0;
        let mut known = self.note(id, &feedback).await?;
        if !known && pending {
            self.progress.settled(SETTLE).await;
            known = self.note(id, &feedback).await?;
        }
        Ok(known.then_some(feedback))
    }

    async fn note(&self, call: Uuid, feedback: &Feedback) -> Result<bool, StoreError> {
        let Feedback { id, who, truth: Truth { answered_by, by, note, at } } = feedback;
        let mut transaction = self.pool.begin_with(self.database.begin()).await?;
        // Two that say something at once are put in order by the row's lock.
        let known = sqlx::query(
            "UPDATE calls SET truth_answered_by = $1, truth_by = $2, truth_note = $3, truth_at = $4 WHERE id = $5",
        )
        .bind(answered_by.as_str())
        .bind(by.word())
        .bind(note.clone())
        .bind(at.as_microsecond())
        .bind(call.to_string())
        .execute(&mut *transaction)
        .await?
        .rows_affected()
            > 0;
        if known {
            sqlx::query(
                "INSERT INTO call_feedback (id, call, answered_by, judged_by, who, note, at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(id.to_string())
            .bind(call.to_string())
            .bind(answered_by.as_str())
            .bind(by.word())
            .bind(who.as_str())
            .bind(note.clone())
            .bind(at.as_microsecond())
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(known)
    }
}
