//! Results of another node, which came through the switch as that node sent them.

use offhook_detect::{AnsweredBy, Stage};
use serde_json::Value;

use super::announcement;
use crate::switch::conduct::{Input, Opinion};
use crate::switch::outside;
use crate::switch::rule::SwitchCall;

/// The most variables that are taken over.
const MOST: usize = 100;

/// What another node's result means, which came through the switch as that node sent it. `None`: it is none that can be
/// used.
pub(in crate::switch) fn remote(result: &Value, call: &SwitchCall) -> Option<Input> {
    let body = result.as_object()?;
    let variables = || {
        let all = body.get("variables").and_then(Value::as_object).into_iter().flatten();
        all.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
            .filter(|(name, value)| outside::variable(name, value).is_ok())
            .take(MOST)
            .collect::<Vec<_>>()
    };
    let stage = match body.get("event")?.as_str()? {
        "provisional" => Stage::Provisional,
        "final" => Stage::Final,
        "revised" => Stage::Revised,
        "beep" => return Some(Input::Beep(announcement("offhook::beep", call, body.clone()))),
        "ready_to_record" => {
            return Some(Input::Ready(variables(), announcement("offhook::ready", call, body.clone())));
        }
        _ => return None,
    };
    let word = body.get("answered_by")?.as_str()?;
    let answered_by = AnsweredBy::ALL.into_iter().find(|kind| kind.word() == word)?;
    let what = if stage == Stage::Revised { "offhook::revised" } else { "offhook::verdict" };
    let announcements = vec![announcement(what, call, body.clone())];
    let variables = if stage == Stage::Provisional { Vec::new() } else { variables() };
    Some(Input::Heard(Opinion { answered_by, stage, variables, announcements, once: Vec::new(), hooks: Vec::new() }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, json};

    use super::*;
    use crate::switch::rule::tests::call;

    #[test]
    fn what_a_node_says_is_understood_as_if_it_was_heard_here() {
        let text = json!({
            "type": "json", "message_type": "detection_result", "event": "final", "answered_by": "voicemail",
            "confidence": 0.97, "variables": { "AMDSTATUS": "MACHINE", "AMDCAUSE": "MAXWORDS-3-3" }
        });
        let Some(Input::Heard(opinion)) = remote(&text, &call("a")) else { panic!("a verdict") };
        assert_eq!((opinion.answered_by, opinion.stage), (AnsweredBy::Voicemail, Stage::Final));
        assert_eq!(opinion.variables.len(), 2);
        let headers = &opinion.announcements[0].headers;
        assert!(headers.contains(&("Offhook-Answered-By".into(), "voicemail".into())), "{headers:?}");
        let ready = json!({"event": "ready_to_record", "variables": {"offhook_ready": "true"}});
        assert!(matches!(remote(&ready, &call("a")), Some(Input::Ready(variables, _)) if variables.len() == 1));
        assert_eq!(remote(&json!({"event": "final", "answered_by": "nobody"}), &call("a")), None);
    }

    /// What a value of JSON may be, near to what a node says.
    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "\\PC*|[\\x00-\\x7f]{0,20}".prop_map(Value::from),
            prop::sample::select(vec!["final", "revised", "beep", "ready_to_record", "human", "voicemail", "${a}"])
                .prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 40, 8, |inner| {
            let name = prop_oneof![
                prop::sample::select(vec!["event", "answered_by", "variables", "execute_on_answer"])
                    .prop_map(String::from),
                "\\PC{0,10}|[\\x00-\\x7f]{0,10}",
            ];
            prop::collection::btree_map(name, inner, 0..8).prop_map(|all| Value::Object(Map::from_iter(all)))
        })
    }

    proptest! {
        #[test]
        fn nothing_that_is_said_makes_it_fall_over_or_ends_a_line(mut said in value(), event in 0..5_usize) {
            if let Value::Object(fields) = &mut said {
                let event = ["provisional", "final", "revised", "beep", "ready_to_record"][event];
                fields.insert("event".into(), event.into());
                fields.insert("answered_by".into(), "human".into());
            }
            let (variables, announcements) = match remote(&said, &call("a")) {
                Some(Input::Heard(opinion)) => (opinion.variables, opinion.announcements),
                Some(Input::Ready(variables, told)) => (variables, vec![told]),
                Some(Input::Beep(told)) => (Vec::new(), vec![told]),
                _ => (Vec::new(), Vec::new()),
            };
            let headers = announcements.iter().flat_map(|told| &told.headers);
            for (name, value) in headers.chain(&variables) {
                let is_name = |letter: char| letter.is_ascii_alphanumeric() || "_-.".contains(letter);
                prop_assert!(!name.is_empty() && name.chars().all(is_name), "{name:?}");
                prop_assert!(!value.chars().any(char::is_control), "{value:?}");
            }
            for (name, value) in &variables {
                prop_assert!(outside::variable(name, value).is_ok(), "{name}={value}");
            }
        }
    }
}
