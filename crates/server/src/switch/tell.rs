//! What is heard of a call, in the words its switch and its dialplan know: variables, events, hooks.

mod remote;

use std::collections::BTreeSet;

use offhook_detect::{AnsweredBy, EventKind, Stage, Verdict, Vocabulary};
use serde_json::{Map, Value};

use super::conduct::{Input, Opinion};
use super::order::Announcement;
use super::rule::{Rule, SwitchCall};
use crate::session::{Course, Happened};
use crate::views;
pub(super) use remote::remote;

/// The event of the specification.
const SPECIFIED: &str = "voicemail::detected";
/// What our own variables begin with.
const OURS: &str = "offhook_";

/// What an event of the detector means for the conduct of its call; `None`: nothing.
pub(super) fn input(
    happened: &Happened,
    course: &Course,
    latest: Option<&Verdict>,
    rule: &Rule,
    call: &SwitchCall,
    model_version: &str,
) -> Option<Input> {
    let body = views::result(&happened.event, latest, happened.processing)?;
    match &happened.event.kind {
        EventKind::Verdict(verdict) => Some(Input::Heard(opinion(verdict, course, rule, call, body, model_version))),
        EventKind::BeepEnded(_) => Some(Input::Beep(announcement("offhook::beep", call, body))),
        EventKind::ReadyToRecord(_) => {
            let variables = latest.map_or_else(Vec::new, |verdict| variables(verdict, course, &vocabularies(rule)));
            Some(Input::Ready(variables, announcement("offhook::ready", call, body)))
        }
        _ => None,
    }
}

fn opinion(
    verdict: &Verdict,
    course: &Course,
    rule: &Rule,
    call: &SwitchCall,
    body: Map<String, Value>,
    model_version: &str,
) -> Opinion {
    let what = if verdict.stage == Stage::Revised { "offhook::revised" } else { "offhook::verdict" };
    let mut once = Vec::new();
    let mut hooks = Vec::new();
    let mut spelled = Vec::new();
    if verdict.stage != Stage::Provisional {
        let words = vocabularies(rule);
        spelled = variables(verdict, course, &words);
        if views::is_voicemail(verdict.answered_by) {
            once.push(specified(verdict, call, &body, model_version));
        }
        let decided = course.decided(*verdict);
        for words in words {
            hooks.extend(words.hook(&decided, course.outcome()));
            if let Some((subclass, headers)) = words.event(&decided, course.outcome()) {
                let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
                once.push(Announcement { what: subclass, headers, body: Value::Null });
            }
        }
    }
    let announcements = vec![announcement(what, call, body)];
    Opinion { answered_by: verdict.answered_by, stage: verdict.stage, variables: spelled, announcements, once, hooks }
}

/// The vocabularies that a rule asks for.
fn vocabularies(rule: &Rule) -> Vec<&'static Vocabulary> {
    rule.vocabularies.iter().filter_map(|name| Vocabulary::named(name)).collect()
}

/// The variables of a verdict in these vocabularies. A name that two of them share is set once.
pub(crate) fn variables(verdict: &Verdict, course: &Course, words: &[&'static Vocabulary]) -> Vec<(String, String)> {
    let decided = course.decided(*verdict);
    let mut known = BTreeSet::new();
    let mut all = Vec::new();
    for words in words {
        let ours = if words.name() == "offhook" { OURS } else { "" };
        for (name, value) in words.spell(&decided, course.outcome()) {
            let name = format!("{ours}{name}");
            if known.insert(name.clone()) {
                all.push((name, value));
            }
        }
    }
    all.push(("ai_voicemail_detected".into(), views::is_voicemail(verdict.answered_by).to_string()));
    all
}

/// What the switch's own beep detector stands for, where no node hears the call.
pub(super) fn switch_beep(rule: &Rule) -> Opinion {
    let mut variables = Vec::new();
    for name in &rule.vocabularies {
        variables.extend(match name.as_str() {
            "offhook" => vec![("offhook_answered_by", "voicemail"), ("offhook_cause", "switch_beep")],
            "asterisk" => vec![("AMDSTATUS", "MACHINE"), ("AMDCAUSE", "BEEP")],
            _ => vec![("amd_result", "MACHINE"), ("amd_cause", "BEEP")],
        });
    }
    variables.push(("ai_voicemail_detected", "true"));
    variables.dedup_by_key(|(name, _)| *name);
    Opinion {
        answered_by: AnsweredBy::Voicemail,
        stage: Stage::Final,
        variables: variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        announcements: Vec::new(),
        once: Vec::new(),
        hooks: Vec::new(),
    }
}

/// The event of the specification, with its headers.
fn specified(verdict: &Verdict, call: &SwitchCall, body: &Map<String, Value>, model_version: &str) -> Announcement {
    let processing = body.get("processing_time").and_then(Value::as_f64).unwrap_or_default();
    let number =
        |number: &Option<crate::Pii<String>>| number.as_ref().map(|number| number.reveal().clone()).unwrap_or_default();
    let headers = [
        ("Call-UUID", call.uuid.clone()),
        ("Caller-ID-Number", number(&call.caller)),
        ("Destination-Number", number(&call.destination)),
        ("Detection-Method", verdict.method.name().to_owned()),
        ("Confidence-Score", format!("{:.2}", verdict.confidence.get())),
        ("Processing-Time-MS", format!("{processing:.0}")),
        ("Model-Version", model_version.to_owned()),
    ];
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Announcement { what: SPECIFIED, headers, body: Value::Null }
}

/// The most headers of an event, and the longest value of one in characters: what another node sent has its bounds.
const HEADERS: (usize, usize) = (50, 1_000);

/// One of our own events: its plain fields as headers, all of it as its body.
fn announcement(what: &'static str, call: &SwitchCall, body: Map<String, Value>) -> Announcement {
    let mut headers = vec![("Call-UUID".to_owned(), call.uuid.clone())];
    for (name, value) in &body {
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            _ => continue,
        };
        if headers.len() < HEADERS.0
            && let Some(name) = header(name)
        {
            headers.push((name, value.chars().filter(|letter| !letter.is_control()).take(HEADERS.1).collect()));
        }
    }
    Announcement { what, headers, body: Value::Object(body) }
}

/// `answered_by` as a header is `Offhook-Answered-By`. `None`: it is no name of ours.
fn header(name: &str) -> Option<String> {
    let is_ours = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'_';
    if name.is_empty() || name.len() > 64 || !name.bytes().all(is_ours) {
        return None;
    }
    let mut words = String::from("Offhook");
    for word in name.split('_') {
        let (first, rest) = word.split_at(word.len().min(1));
        words.push('-');
        words.push_str(&first.to_uppercase());
        words.push_str(rest);
    }
    Some(words)
}
