//! What the service says of one call, and what became of it.

use std::borrow::Cow;

use serde::Deserialize;

/// A message of the service, as far as it matters here.
#[derive(Deserialize, Debug)]
pub(crate) struct Heard<'a> {
    /// `status`, `detection_result`, `error`, …
    #[serde(rename = "type", borrow)]
    pub(crate) kind: Cow<'a, str>,
    /// Of a status: `started`, `ended`.
    #[serde(borrow, default)]
    pub(crate) status: Option<Cow<'a, str>>,
    /// Of a result: whether it is final.
    #[serde(rename = "final", default)]
    pub(crate) is_final: bool,
    /// Of a result: media time at which it was known.
    #[serde(default)]
    pub(crate) at_ms: Option<f64>,
    /// Of a result: who answered.
    #[serde(borrow, default)]
    pub(crate) answered_by: Option<Cow<'a, str>>,
    /// Of the end: how much audio was heard.
    #[serde(default)]
    pub(crate) audio_ms: Option<f64>,
    /// Of the end: how much of it was lost.
    #[serde(default)]
    pub(crate) lost_ms: Option<f64>,
    /// Of an error: its code.
    #[serde(borrow, default)]
    pub(crate) code: Option<Cow<'a, str>>,
}

/// How a call went.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Outcome {
    /// Who answered, by the first final result.
    pub(crate) answered_by: Option<String>,
    /// Whether the service said that the call is over and its record safe.
    pub(crate) ended: bool,
    /// Audio that the service did not hear, in milliseconds.
    pub(crate) lost_ms: f64,
    /// What went wrong.
    pub(crate) error: Option<String>,
}

impl Outcome {
    /// Why the call is no success, if it is none.
    pub(crate) fn failure(&self) -> Option<String> {
        match (&self.error, &self.answered_by, self.ended) {
            (Some(error), ..) => Some(error.clone()),
            (None, _, false) => Some("closed before the status ended".to_owned()),
            (None, None, true) => Some("ended without a final result".to_owned()),
            (None, Some(_), true) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_succeeds_with_a_final_result_and_an_end() {
        let mut outcome = Outcome { answered_by: Some("human".into()), ended: true, ..Outcome::default() };
        assert_eq!(outcome.failure(), None);
        outcome.ended = false;
        assert_eq!(outcome.failure().as_deref(), Some("closed before the status ended"));
        outcome = Outcome { ended: true, ..Outcome::default() };
        assert_eq!(outcome.failure().as_deref(), Some("ended without a final result"));
    }

    #[test]
    fn messages_are_read_with_what_they_have() {
        let heard: Heard<'_> = serde_json::from_str(
            r#"{"type":"detection_result","event":"final","final":true,"at_ms":1280,"answered_by":"human","is_voicemail":false}"#,
        )
        .unwrap();
        assert!(heard.is_final && heard.at_ms == Some(1280.0));
        let heard: Heard<'_> = serde_json::from_str(r#"{"type":"status","status":"ended","audio_ms":8000}"#).unwrap();
        assert_eq!(heard.status.as_deref(), Some("ended"));
    }
}
