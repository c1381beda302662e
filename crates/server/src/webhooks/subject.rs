//! What receivers can be told of.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::live::News;
use crate::pii::Pii;

/// What a receiver can be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A call began.
    Started,
    /// A verdict that may still change.
    Provisional,
    /// The verdict.
    Verdict,
    /// The verdict was changed by what was heard later.
    Revised,
    /// A beep was heard.
    Beep,
    /// A message may be left.
    Ready,
    /// A call is over and its record is kept.
    Ended,
}

impl Subject {
    /// Every subject.
    pub const ALL: [Self; 7] =
        [Self::Started, Self::Provisional, Self::Verdict, Self::Revised, Self::Beep, Self::Ready, Self::Ended];

    /// The word for it: `started`, `verdict`, …
    pub const fn word(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Provisional => "provisional",
            Self::Verdict => "verdict",
            Self::Revised => "revised",
            Self::Beep => "beep",
            Self::Ready => "ready",
            Self::Ended => "ended",
        }
    }

    /// The subject that a word stands for.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|subject| subject.word() == word)
    }

    /// What a piece of news is of, if receivers can be told of it.
    pub(super) fn of_news(news: &News) -> Option<Self> {
        match news {
            News::Started(_) => Some(Self::Started),
            News::Ended { .. } => Some(Self::Ended),
            News::Picture { .. } => None,
            News::Event { event, .. } => match event["event"].as_str()? {
                "provisional" => Some(Self::Provisional),
                "final" => Some(Self::Verdict),
                "revised" => Some(Self::Revised),
                "beep" => Some(Self::Beep),
                "ready_to_record" => Some(Self::Ready),
                _ => None,
            },
        }
    }
}

/// The body of a delivery (Standard Webhooks: type, timestamp, data). `sequence` rises with each piece of news.
pub(super) fn body(subject: Subject, sequence: u64, at: Timestamp, news: &News) -> String {
    let data = match news {
        News::Started(info) => json!({
            "id": info.id,
            "call_id": info.call_id,
            "source": info.source,
            "campaign": info.campaign,
            "caller": info.caller.as_ref().map(Pii::reveal),
            "destination": info.destination.as_ref().map(Pii::reveal),
            "started": info.started,
        }),
        News::Event { call, event } => {
            json!({ "id": call.id, "call_id": call.call_id, "campaign": call.campaign, "event": &**event })
        }
        News::Ended { record, .. } => Value::clone(record),
        News::Picture { .. } => Value::Null,
    };
    json!({ "type": subject.word(), "timestamp": at, "sequence": sequence, "data": data }).to_string()
}
