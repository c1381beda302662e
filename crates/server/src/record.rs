//! A call as it is kept once it is over.

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::pii::Pii;

/// How a call's audio came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A recording, by `POST /v1/detect`.
    Upload,
    /// A stream, by `/v1/stream`.
    Stream,
    /// An audio tap of a switch, by `/audio_stream/{call_id}` or `/stream/{call_id}`.
    Tap,
    /// The microphone of the dashboard.
    Microphone,
    /// The demonstration call.
    Demo,
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 5] = [Self::Upload, Self::Stream, Self::Tap, Self::Microphone, Self::Demo];

    /// The word for it: `upload`, `stream`, …
    pub const fn word(self) -> &'static str {
        match self {
            Self::Upload => "upload",
            Self::Stream => "stream",
            Self::Tap => "tap",
            Self::Microphone => "microphone",
            Self::Demo => "demo",
        }
    }
}

/// What is known of a call before a sample is heard.
#[derive(Clone, Debug)]
pub struct CallInfo {
    /// Our own name for it: UUID version 7, so that names sort by time.
    pub id: Uuid,
    /// The caller's name for it; our own where none was given.
    pub call_id: String,
    /// The identity that sent it.
    pub owner: String,
    /// How its audio comes.
    pub source: Source,
    /// The campaign it belongs to.
    pub campaign: Option<String>,
    /// Who calls, as it may be kept.
    pub caller: Option<Pii<String>>,
    /// Who is called, as it may be kept.
    pub destination: Option<Pii<String>>,
    /// When its audio began, by the wall clock.
    pub started: Timestamp,
}

impl CallInfo {
    /// A call that begins now. Where the caller has no name for it, ours is both.
    pub fn begin(source: Source, owner: &str, call_id: Option<String>) -> Self {
        let id = Uuid::now_v7();
        Self {
            id,
            call_id: call_id.unwrap_or_else(|| id.to_string()),
            owner: owner.to_owned(),
            source,
            campaign: None,
            caller: None,
            destination: None,
            started: Timestamp::now(),
        }
    }
}

/// One point of a call's picture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Point {
    /// Media time at its end, in milliseconds.
    pub at_ms: u64,
    /// The highest level in it, in dBm0; at least -70.
    pub level: f32,
    /// Whether there is voice.
    pub voice: bool,
    /// Whether a steady tone sounds.
    pub tone: bool,
    /// How likely music is, 0 to 1.
    pub music: f32,
    /// How likely a machine is, 0 to 1, by all that was heard so far; `null` before anything speaks for it.
    pub machine: Option<f32>,
    /// Whether audio was lost in it.
    pub lost: bool,
}

/// What stands at the end of a call: the last verdict and the first that was final.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conclusion {
    /// Who, or what, picked up: `human`, `voicemail`, …
    pub answered_by: String,
    /// Whether a voicemail did: `voicemail` or `mailbox_unavailable`.
    pub is_voicemail: bool,
    /// How sure that is, 0 to 1.
    pub confidence: f64,
    /// The probability of each kind, by its word.
    pub probabilities: Value,
    /// What decided: `ai`, `hybrid`, `avmd`, `heuristic` or `classic`.
    pub method: String,
    /// `final` or `revised`.
    pub stage: String,
    /// Why, with numbers.
    pub cause: Value,
    /// Why, in words.
    pub why: String,
    /// Media time of the first final verdict, in milliseconds.
    pub decided_ms: i64,
    /// Media time from which a message may be left, in milliseconds.
    pub ready_ms: Option<i64>,
}

/// A finished call.
#[derive(Clone, Debug)]
pub struct CallRecord {
    /// What was known before.
    pub info: CallInfo,
    /// When it was over, by the wall clock.
    pub ended: Timestamp,
    /// What it came to.
    pub conclusion: Conclusion,
    /// How much audio there was, in milliseconds of media time.
    pub audio_ms: i64,
    /// How much of it was lost on the way, in milliseconds.
    pub lost_ms: i64,
    /// From the arrival of the audio that decided to the first final verdict, in milliseconds.
    pub processing_ms: f64,
    /// Which model decided: a name and the beginning of its fingerprint.
    pub model_version: String,
    /// What other systems would call it: `asterisk`, `mod_amd`, `twilio`, each with its variables.
    pub vocabularies: Value,
    /// Every event, in order, as it was sent.
    pub events: Vec<Value>,
    /// The call's picture.
    pub timeline: Vec<Point>,
    /// What was odd, for people.
    pub warnings: Vec<String>,
    /// What was heard, if it is to be kept.
    pub audio: Option<KeptAudio>,
}

/// How kept audio is written: 8,000 samples a second, mono.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptEncoding {
    /// G.711 µ-law.
    Ulaw,
    /// 16-bit PCM, least significant byte first.
    Linear16,
}

/// Audio on its way to where it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptAudio {
    /// How the bytes are to be read.
    pub encoding: KeptEncoding,
    /// The samples.
    pub bytes: Bytes,
}

impl std::fmt::Debug for KeptAudio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}, {} bytes", self.encoding, self.bytes.len())
    }
}
