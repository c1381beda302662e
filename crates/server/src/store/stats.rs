//! Figures over a window of time.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::measured::Measured;

/// How far back figures go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum Window {
    /// An hour, by the minute.
    #[serde(rename = "1h")]
    Hour,
    /// A day, by the half hour.
    #[default]
    #[serde(rename = "24h")]
    Day,
    /// A week, by three hours.
    #[serde(rename = "7d")]
    Week,
    /// Thirty days, by twelve hours.
    #[serde(rename = "30d")]
    Month,
}

impl Window {
    /// Every window.
    pub const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    /// The word for it: `1h`, `24h`, `7d` or `30d`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
        }
    }

    /// Its length and that of one step of its series.
    pub const fn span(self) -> (SignedDuration, SignedDuration) {
        match self {
            Self::Hour => (SignedDuration::from_hours(1), SignedDuration::from_mins(1)),
            Self::Day => (SignedDuration::from_hours(24), SignedDuration::from_mins(30)),
            Self::Week => (SignedDuration::from_hours(7 * 24), SignedDuration::from_hours(3)),
            Self::Month => (SignedDuration::from_hours(30 * 24), SignedDuration::from_hours(12)),
        }
    }
}

/// Which calls figures are of.
#[derive(Clone, Debug, PartialEq)]
pub struct StatsQuery {
    /// How far back they go.
    pub window: Window,
    /// The end of the window; calls that began later do not count.
    pub to: Timestamp,
    /// Of this campaign.
    pub campaign: Option<String>,
    /// Sent by this identity.
    pub owner: Option<String>,
}

/// Figures over a window of time.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Stats {
    /// How far back they go.
    pub window: Window,
    /// The beginning, at a whole step.
    pub from: Timestamp,
    /// The end.
    pub to: Timestamp,
    /// How many calls there were.
    pub calls: u64,
    /// How many of them a voicemail answered.
    pub voicemail: u64,
    /// How often each kind was told, most often first.
    pub answered_by: Vec<Share>,
    /// How often each method decided, most often first.
    pub methods: Vec<Share>,
    /// How sure verdicts were, in twentieths from 0 to 1.
    pub confidence: Vec<Bin>,
    /// Media time of the first final verdict.
    pub decided_ms: Percentiles,
    /// From the arrival of the audio that decided to the verdict.
    pub processing_ms: Percentiles,
    /// What those calls tell of which somebody said who really answered.
    pub reviewed: Reviewed,
    /// The same by time, oldest first; steps without calls are there too.
    pub series: Vec<Step>,
}

/// How often one word came.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Share {
    /// The word.
    pub name: String,
    /// How often.
    pub count: u64,
    /// The part of all, 0 to 1.
    pub rate: f64,
}

/// How many values lay in a range.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Bin {
    /// Where the range begins.
    pub low: f64,
    /// Where it ends.
    pub high: f64,
    /// How many.
    pub count: u64,
}

/// Percentiles in milliseconds, by nearest rank; `null` without calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Percentiles {
    /// Half are at most this.
    pub p50: Option<f64>,
    /// 95 of 100 are at most this.
    pub p95: Option<f64>,
    /// 99 of 100 are at most this.
    pub p99: Option<f64>,
}

/// What is known from feedback.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Reviewed {
    /// Of how many calls somebody said who really answered.
    pub count: u64,
    /// Of the people, those called machines.
    pub people_called_machines: Measured,
    /// Of the machines, those called people.
    pub machines_called_people: Measured,
    /// Of all, those whose kind was told right.
    pub accuracy: Measured,
    /// The same for each method.
    pub methods: Vec<MethodAccuracy>,
}

/// How often a method told the kind right.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MethodAccuracy {
    /// The method.
    pub method: String,
    /// Of the reviewed calls it decided, those whose kind was told right.
    pub accuracy: Measured,
}

/// One step of a series.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Step {
    /// When it begins.
    pub at: Timestamp,
    /// How many calls began in it.
    pub calls: u64,
    /// How many of them a voicemail answered.
    pub voicemail: u64,
    /// How many of each kind; kinds that did not come are not there.
    pub answered_by: BTreeMap<String, u64>,
}
