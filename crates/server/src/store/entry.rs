//! What the journal holds and the database is given: a record as the columns it fills.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::pii::Pii;
use crate::record::{CallRecord, Point, Source};

/// One entry of the journal. It has no `Debug`, for it holds personal data.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// When it was written, in microseconds since 1970.
    pub(super) written: i64,
    /// What the database is to be told.
    pub(super) what: What,
}

/// What the database is to be told.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum What {
    /// A call is over.
    Call(Box<CallRow>),
    /// The audio of a call is kept.
    Audio {
        /// Which call.
        call: Uuid,
        /// Where.
        key: String,
    },
    /// A call's switch is done with it.
    Handled {
        /// Which call.
        call: Uuid,
        /// How it was handled, as JSON.
        handling: String,
    },
}

/// The columns of `calls`, and `details` for `call_details`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct CallRow {
    pub(super) id: Uuid,
    pub(super) call_id: String,
    pub(super) owner: String,
    pub(super) source: Source,
    pub(super) campaign: Option<String>,
    pub(super) caller: Option<String>,
    pub(super) destination: Option<String>,
    pub(super) started: i64,
    pub(super) ended: i64,
    pub(super) answered_by: String,
    pub(super) is_voicemail: bool,
    pub(super) confidence: f64,
    pub(super) method: String,
    pub(super) stage: String,
    pub(super) why: String,
    pub(super) decided_ms: i64,
    pub(super) ready_ms: Option<i64>,
    pub(super) audio_ms: i64,
    pub(super) lost_ms: i64,
    pub(super) processing_ms: f64,
    pub(super) model_version: String,
    /// Written apart from the other columns, as it is: it is JSON already, and long.
    #[serde(skip)]
    pub(super) details: String,
}

impl Entry {
    /// This entry, written now.
    pub(super) fn now(what: What) -> Self {
        Self { written: Timestamp::now().as_microsecond(), what }
    }

    /// The entry as bytes: how long the first part is (4 bytes), all but details, details.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let head = serde_json::to_vec(self)?;
        let details = match &self.what {
            What::Call(row) => row.details.as_bytes(),
            What::Audio { .. } | What::Handled { .. } => &[],
        };
        let length = u32::try_from(head.len()).unwrap_or(u32::MAX);
        Ok([&length.to_le_bytes(), &head[..], details].concat())
    }

    /// The entry that these bytes are; `None` if they are none.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (length, rest) = bytes.split_first_chunk()?;
        let (head, details) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        let mut entry: Self = serde_json::from_slice(head).ok()?;
        if let What::Call(row) = &mut entry.what {
            row.details = str::from_utf8(details).ok()?.to_owned();
        }
        Some(entry)
    }
}

/// Text as both databases take it: PostgreSQL has no NUL.
fn clean(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

fn finite(value: f64) -> f64 {
    if value.is_finite() { value } else { 0.0 }
}

impl From<&CallRecord> for CallRow {
    fn from(record: &CallRecord) -> Self {
        let CallRecord { info, conclusion, .. } = record;
        let number = |number: &Option<Pii<String>>| number.as_ref().map(|number| clean(number.reveal()));
        let details = Details {
            probabilities: conclusion.probabilities.clone(),
            cause: conclusion.cause.clone(),
            vocabularies: record.vocabularies.clone(),
            events: record.events.clone(),
            timeline: record.timeline.iter().map(Dot::from).collect(),
            warnings: record.warnings.clone(),
        };
        Self {
            id: info.id,
            call_id: clean(&info.call_id),
            owner: clean(&info.owner),
            source: info.source,
            campaign: info.campaign.as_deref().map(clean),
            caller: number(&info.caller),
            destination: number(&info.destination),
            started: info.started.as_microsecond(),
            ended: record.ended.as_microsecond(),
            answered_by: clean(&conclusion.answered_by),
            is_voicemail: conclusion.is_voicemail,
            confidence: finite(conclusion.confidence),
            method: clean(&conclusion.method),
            stage: clean(&conclusion.stage),
            why: clean(&conclusion.why),
            decided_ms: conclusion.decided_ms,
            ready_ms: conclusion.ready_ms,
            audio_ms: record.audio_ms,
            lost_ms: record.lost_ms,
            processing_ms: finite(record.processing_ms),
            model_version: clean(&record.model_version),
            details: serde_json::to_string(&details).unwrap_or_default(),
        }
    }
}

/// What is read of one call only. JSON text has no NUL: it is written as an escape.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Details {
    pub(super) probabilities: Value,
    pub(super) cause: Value,
    pub(super) vocabularies: Value,
    pub(super) events: Vec<Value>,
    pub(super) timeline: Vec<Dot>,
    pub(super) warnings: Vec<String>,
}

/// A point of a picture, short: time, level, voice, tone, music, machine, lost. A picture has ten a second.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Dot(u64, f32, u8, u8, f32, Option<f32>, u8);

fn round(value: f32, to: f32) -> f32 {
    (value * to).round() / to
}

impl From<&Point> for Dot {
    fn from(point: &Point) -> Self {
        let level = if point.level.is_finite() { round(point.level, 10.0) } else { -70.0 };
        let music = if point.music.is_finite() { round(point.music, 1000.0) } else { 0.0 };
        let machine = point.machine.filter(|machine| machine.is_finite()).map(|machine| round(machine, 1000.0));
        Self(point.at_ms, level, point.voice.into(), point.tone.into(), music, machine, point.lost.into())
    }
}

impl From<Dot> for Point {
    fn from(Dot(at_ms, level, voice, tone, music, machine, lost): Dot) -> Self {
        Self { at_ms, level, voice: voice != 0, tone: tone != 0, music, machine, lost: lost != 0 }
    }
}
