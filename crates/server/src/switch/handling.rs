//! What was done with a watched call, for its record.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::order::{Order, OrderError};
use super::originate::Placed;
use super::rule::{Platform, SwitchCall};
use crate::app::App;
use crate::error::chain;

/// The most steps that are kept.
const MOST: usize = 200;

/// One thing that was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Step {
    /// Milliseconds since the watch began.
    pub at_ms: u64,
    /// What: `set`, `transfer`, `play`, …
    pub order: String,
    /// With what: the destination, the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with: Option<String>,
    /// Whether the switch did it; nothing where it has not answered.
    pub done: Option<bool>,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// How a call was handled on its switch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Handling {
    /// The switch's name in the configuration.
    pub switch: String,
    /// `freeswitch` or `asterisk`.
    pub platform: String,
    /// The switch's own name for the leg.
    pub uuid: String,
    /// The rule by which it was watched.
    pub rule: String,
    /// When it was answered, in milliseconds since the watch began; nothing where it was not.
    #[serde(default)]
    pub answered_ms: Option<u64>,
    /// What was done, in order.
    pub steps: Vec<Step>,
    /// Why the call ended, in the switch's word.
    pub hangup_cause: Option<String>,
    /// What else the switch said at its end.
    #[schema(value_type = Object)]
    pub hangup: Value,
}

impl Handling {
    pub(super) fn new(call: &SwitchCall, rule: &str) -> Self {
        Self {
            switch: call.switch.clone(),
            platform: call.platform.word().to_owned(),
            uuid: call.uuid.clone(),
            rule: rule.to_owned(),
            answered_ms: call.answered.then_some(0),
            steps: Vec::new(),
            hangup_cause: None,
            hangup: Value::Null,
        }
    }

    /// That of a call that was placed and is not watched.
    pub(super) fn placed(placed: &Placed, platform: Platform) -> Self {
        Self {
            switch: placed.switch.clone(),
            platform: platform.word().to_owned(),
            uuid: placed.call.leg.clone(),
            rule: placed.rule.name.clone(),
            answered_ms: None,
            steps: Vec::new(),
            hangup_cause: None,
            hangup: Value::Null,
        }
    }

    /// Notes an order that is given now; gives its place among the steps.
    pub(super) fn order(&mut self, order: &Order, now: Duration) -> usize {
        let with = match order {
            Order::Transfer(to) | Order::Bridge(to) | Order::HangUp(to) | Order::Play(to) => Some(to.clone()),
            Order::Announce(news) => Some(news.what.to_owned()),
            Order::Execute(words) => words.first().cloned(),
            Order::Hook(name) => Some((*name).to_owned()),
            Order::Ask(ask) => Some(ask.url.clone()),
            Order::StartAudio(node) => Some(node.to_string()),
            _ => None,
        };
        self.note(order.word(), now, with)
    }

    /// Notes something else.
    pub(super) fn note(&mut self, what: &str, now: Duration, with: Option<String>) -> usize {
        let place = self.steps.len();
        if place < MOST {
            let at_ms = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
            self.steps.push(Step { at_ms, order: what.to_owned(), with, done: None, error: None });
        }
        place
    }

    pub(super) fn went(&mut self, step: usize, result: &Result<(), OrderError>) {
        if let Some(step) = self.steps.get_mut(step) {
            step.done = Some(result.is_ok());
            step.error = result.as_ref().err().map(ToString::to_string);
        }
    }

    pub(super) fn answered(&mut self, now: Duration) {
        self.answered_ms.get_or_insert(u64::try_from(now.as_millis()).unwrap_or(u64::MAX));
    }

    pub(super) fn hung_up(&mut self, cause: &str, details: Value) {
        self.hangup_cause = Some(cause.to_owned());
        self.hangup = details;
    }

    /// Adds this to the record of the call.
    pub(super) async fn keep(&self, app: &Arc<App>, id: Uuid) {
        if let Err(error) = app.store.handled(id, self).await {
            tracing::error!(id = %id, error = chain(&error), "how a call was handled could not be kept");
        }
    }
}
