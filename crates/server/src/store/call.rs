//! Calls as they are asked for and answered.

use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::pii::Pii;
use crate::record::{CallRecord, Point, Source};
use crate::switch::Handling;

/// A finished call in short, as lists have it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CallSummary {
    /// Our own name for it.
    pub id: Uuid,
    /// The caller's name for it.
    pub call_id: String,
    /// The identity that sent it.
    #[serde(skip)]
    pub owner: String,
    /// How its audio came.
    pub source: Source,
    /// The campaign it belongs to.
    pub campaign: Option<String>,
    /// Who called, as it may be kept.
    #[serde(serialize_with = "reveal")]
    #[schema(value_type = Option<String>)]
    pub caller: Option<Pii<String>>,
    /// Who was called, as it may be kept.
    #[serde(serialize_with = "reveal")]
    #[schema(value_type = Option<String>)]
    pub destination: Option<Pii<String>>,
    /// When its audio began.
    pub started: Timestamp,
    /// When it was over.
    pub ended: Timestamp,
    /// Who, or what, picked up: `human`, `voicemail`, …
    pub answered_by: String,
    /// Whether a voicemail did.
    pub is_voicemail: bool,
    /// How sure that is, 0 to 1.
    pub confidence: f64,
    /// What decided.
    pub method: String,
    /// `final` or `revised`.
    pub stage: String,
    /// Why, in words.
    pub why: String,
    /// Media time of the first final verdict, in milliseconds.
    pub decided_ms: i64,
    /// Media time from which a message may be left, in milliseconds.
    pub ready_ms: Option<i64>,
    /// How much audio there was, in milliseconds.
    pub audio_ms: i64,
    /// From the arrival of the audio that decided to the first final verdict, in milliseconds.
    pub processing_ms: f64,
    /// Which model decided.
    pub model_version: String,
    /// Whether its audio can be had.
    pub audio_kept: bool,
    /// Where its audio is kept.
    #[serde(skip)]
    pub audio_key: Option<String>,
    /// Who really answered, if anybody said so.
    pub truth: Option<Truth>,
}

fn reveal<S: Serializer>(value: &Option<Pii<String>>, serializer: S) -> Result<S::Ok, S::Error> {
    value.as_ref().map(Pii::reveal).serialize(serializer)
}

/// Times are kept in microseconds; this is what a time is once it was kept.
pub(super) fn whole_micros(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time)
}

impl From<&CallRecord> for CallSummary {
    fn from(record: &CallRecord) -> Self {
        let CallRecord { info, conclusion, .. } = record;
        Self {
            id: info.id,
            call_id: info.call_id.clone(),
            owner: info.owner.clone(),
            source: info.source,
            campaign: info.campaign.clone(),
            caller: info.caller.clone(),
            destination: info.destination.clone(),
            started: whole_micros(info.started),
            ended: whole_micros(record.ended),
            answered_by: conclusion.answered_by.clone(),
            is_voicemail: conclusion.is_voicemail,
            confidence: conclusion.confidence,
            method: conclusion.method.clone(),
            stage: conclusion.stage.clone(),
            why: conclusion.why.clone(),
            decided_ms: conclusion.decided_ms,
            ready_ms: conclusion.ready_ms,
            audio_ms: record.audio_ms,
            processing_ms: record.processing_ms,
            model_version: record.model_version.clone(),
            audio_kept: false,
            audio_key: None,
            truth: None,
        }
    }
}

/// Everything of a finished call.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CallDetail {
    /// The call in short.
    #[serde(flatten)]
    pub summary: CallSummary,
    /// The probability of each kind, by its word.
    #[schema(value_type = Object)]
    pub probabilities: Value,
    /// Why, with numbers.
    #[schema(value_type = Object)]
    pub cause: Value,
    /// What other systems would call it: `asterisk`, `mod_amd`, `twilio`, each with its variables.
    #[schema(value_type = Object)]
    pub vocabularies: Value,
    /// Every event, in order, as it was sent.
    #[schema(value_type = Vec<Object>)]
    pub events: Vec<Value>,
    /// The call's picture. Levels are kept to a tenth of a decibel, likelihoods to a thousandth.
    pub timeline: Vec<Point>,
    /// How much of the audio was lost on the way, in milliseconds.
    pub lost_ms: i64,
    /// What was odd, for people.
    pub warnings: Vec<String>,
    /// What its switch was told to do with it; nothing where it was not watched on one.
    pub handling: Option<Handling>,
    /// All that was said of who really answered, oldest first.
    pub feedback: Vec<Feedback>,
}

/// Who says what the truth is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Judge {
    /// Somebody who listened.
    #[default]
    Person,
    /// A system, such as the dialler that saw what the agent pressed.
    System,
}

impl Judge {
    /// The word for it: `person` or `system`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::System => "system",
        }
    }
}

/// Who really answered, by the newest feedback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Truth {
    /// Who, or what, really picked up.
    pub answered_by: String,
    /// Who says so.
    pub by: Judge,
    /// What else was said.
    pub note: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// What was once said of who really answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Feedback {
    /// Our own name for it.
    pub id: Uuid,
    /// The identity that said it.
    pub who: String,
    /// What was said.
    #[serde(flatten)]
    pub truth: Truth,
}

/// What somebody says of who really answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFeedback {
    /// Who, or what, really picked up.
    pub answered_by: String,
    /// Who says so.
    pub by: Judge,
    /// What else is said.
    pub note: Option<String>,
    /// The identity that says it.
    pub who: String,
}

/// Which calls are asked for; what is not set does not restrict.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CallFilter {
    /// Sent by this identity.
    pub owner: Option<String>,
    /// Answered by one of these; empty for any.
    pub answered_by: Vec<String>,
    /// Answered by a voicemail.
    pub voicemail_only: bool,
    /// Answered by a person.
    pub human_only: bool,
    /// At least this sure.
    pub min_confidence: Option<f64>,
    /// Of this campaign.
    pub campaign: Option<String>,
    /// Whose audio came this way.
    pub source: Option<Source>,
    /// Begun at this time or later.
    pub from: Option<Timestamp>,
    /// Begun before this time.
    pub to: Option<Timestamp>,
    /// With this name, given by the caller.
    pub call_id: Option<String>,
    /// Whether somebody said who really answered.
    pub reviewed: Option<bool>,
}

/// One page of calls, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CallPage {
    /// The calls.
    pub calls: Vec<CallSummary>,
    /// What to ask the next page with; `null` on the last.
    pub next: Option<String>,
}

/// A call whose time is up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expired {
    /// Which call.
    pub id: Uuid,
    /// Where its audio is kept.
    pub audio_key: Option<String>,
}
