//! Asking a webhook what to do with a call.

use serde_json::{Value, json};
use uuid::Uuid;

use super::action::{Action, Ask};
use super::handling::Handling;
use super::outside;
use super::rule::{Rule, SwitchCall};

/// The longest answer that is read, in bytes.
const MOST: usize = 64 << 10;

/// What a webhook is posted.
pub(super) fn body(call: &SwitchCall, rule: &Rule, record: Option<Uuid>, handling: &Handling) -> Value {
    let number = |number: &Option<crate::Pii<String>>| number.as_ref().map(|number| number.reveal().clone());
    json!({
        "type": "action_needed",
        "id": record,
        "call_id": call.uuid,
        "switch": call.switch,
        "platform": call.platform.word(),
        "rule": rule.name,
        "caller": number(&call.caller),
        "destination": number(&call.destination),
        "steps": handling.steps,
    })
}

/// Asks; `None` where no answer that can be used comes in time. The answer is a list of actions, or an object that has
/// it as `actions`.
pub(super) async fn ask(client: reqwest::Client, ask: Ask, body: Value) -> Option<Vec<Action>> {
    let answer = async {
        let response = client.post(&ask.url).timeout(ask.within).json(&body).send().await?.error_for_status()?;
        response.bytes().await
    };
    let bytes = match answer.await {
        Ok(bytes) if bytes.len() <= MOST => bytes,
        Ok(bytes) => {
            tracing::warn!(url = ask.url, bytes = bytes.len(), "a webhook's answer is too long");
            return None;
        }
        Err(error) => {
            tracing::warn!(url = ask.url, error = %error.without_url(), "a webhook that was asked what to do did not answer");
            return None;
        }
    };
    let actions = serde_json::from_slice::<Value>(&bytes).map_err(|error| error.to_string()).and_then(|mut value| {
        let list = if value.is_object() { value["actions"].take() } else { value };
        let actions: Vec<Action> = serde_json::from_value(list).map_err(|error| error.to_string())?;
        outside::actions(&actions)?;
        Ok(actions)
    });
    match actions {
        Ok(actions) => Some(actions),
        Err(error) => {
            tracing::warn!(url = ask.url, error, "a webhook's answer cannot be used");
            None
        }
    }
}
