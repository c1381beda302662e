//! Rows of the database as the program has them, and back.

use jiff::Timestamp;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, Row as _};
use uuid::Uuid;

use super::call::{CallSummary, Expired, Feedback, Judge, Truth};
use super::entry::CallRow;
use crate::pii::Pii;
use crate::record::Source;

/// What is read of a call in short.
pub(super) const SUMMARY: &str = "SELECT id, call_id, owner, source, campaign, caller, destination, started, ended, \
    answered_by, is_voicemail, confidence, method, stage, why, decided_ms, ready_ms, audio_ms, lost_ms, processing_ms, \
    model_version, audio_key, truth_answered_by, truth_by, truth_note, truth_at FROM calls";

/// Keeps a call that is not yet there.
pub(super) const INSERT: &str = "INSERT INTO calls (id, call_id, owner, source, campaign, caller, destination, started, \
    ended, answered_by, is_voicemail, confidence, method, stage, why, decided_ms, ready_ms, audio_ms, lost_ms, \
    processing_ms, model_version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, \
    $18, $19, $20, $21) ON CONFLICT (id) DO NOTHING";

/// The values of [`INSERT`].
pub(super) fn insert(row: &CallRow) -> Query<'static, Any, AnyArguments> {
    sqlx::query(INSERT)
        .bind(row.id.to_string())
        .bind(row.call_id.clone())
        .bind(row.owner.clone())
        .bind(row.source.word())
        .bind(row.campaign.clone())
        .bind(row.caller.clone())
        .bind(row.destination.clone())
        .bind(row.started)
        .bind(row.ended)
        .bind(row.answered_by.clone())
        .bind(i64::from(row.is_voicemail))
        .bind(row.confidence)
        .bind(row.method.clone())
        .bind(row.stage.clone())
        .bind(row.why.clone())
        .bind(row.decided_ms)
        .bind(row.ready_ms)
        .bind(row.audio_ms)
        .bind(row.lost_ms)
        .bind(row.processing_ms)
        .bind(row.model_version.clone())
}

fn odd(column: &str, what: &str) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: what.into() }
}

pub(super) fn id(row: &AnyRow, column: &str) -> Result<Uuid, sqlx::Error> {
    row.try_get::<String, _>(column)?.parse().map_err(|_| odd(column, "not a UUID"))
}

pub(super) fn time(row: &AnyRow, column: &str) -> Result<Timestamp, sqlx::Error> {
    Timestamp::from_microsecond(row.try_get(column)?).map_err(|_| odd(column, "not a time"))
}

fn judge(word: &str) -> Judge {
    if word == Judge::System.word() { Judge::System } else { Judge::Person }
}

/// A call in short, from [`SUMMARY`].
pub(super) fn summary(row: &AnyRow) -> Result<CallSummary, sqlx::Error> {
    let source: String = row.try_get("source")?;
    let audio_key: Option<String> = row.try_get("audio_key")?;
    let truth = match row.try_get::<Option<i64>, _>("truth_at")? {
        None => None,
        Some(_) => Some(Truth {
            answered_by: row.try_get("truth_answered_by")?,
            by: judge(row.try_get("truth_by")?),
            note: row.try_get("truth_note")?,
            at: time(row, "truth_at")?,
        }),
    };
    Ok(CallSummary {
        id: id(row, "id")?,
        call_id: row.try_get("call_id")?,
        owner: row.try_get("owner")?,
        source: Source::ALL.into_iter().find(|s| s.word() == source).ok_or_else(|| odd("source", "unknown"))?,
        campaign: row.try_get("campaign")?,
        caller: row.try_get::<Option<String>, _>("caller")?.map(Pii::new),
        destination: row.try_get::<Option<String>, _>("destination")?.map(Pii::new),
        started: time(row, "started")?,
        ended: time(row, "ended")?,
        answered_by: row.try_get("answered_by")?,
        is_voicemail: row.try_get::<i64, _>("is_voicemail")? != 0,
        confidence: row.try_get("confidence")?,
        method: row.try_get("method")?,
        stage: row.try_get("stage")?,
        why: row.try_get("why")?,
        decided_ms: row.try_get("decided_ms")?,
        ready_ms: row.try_get("ready_ms")?,
        audio_ms: row.try_get("audio_ms")?,
        processing_ms: row.try_get("processing_ms")?,
        model_version: row.try_get("model_version")?,
        audio_kept: audio_key.is_some(),
        audio_key,
        truth,
    })
}

/// One piece of feedback, all columns read.
pub(super) fn feedback(row: &AnyRow) -> Result<Feedback, sqlx::Error> {
    Ok(Feedback {
        id: id(row, "id")?,
        who: row.try_get("who")?,
        truth: Truth {
            answered_by: row.try_get("answered_by")?,
            by: judge(row.try_get("judged_by")?),
            note: row.try_get("note")?,
            at: time(row, "at")?,
        },
    })
}

/// A call whose time is up: id and audio_key read.
pub(super) fn expired(row: &AnyRow) -> Result<Expired, sqlx::Error> {
    Ok(Expired { id: id(row, "id")?, audio_key: row.try_get("audio_key")? })
}
