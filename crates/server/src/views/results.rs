//! Results of a call: as they happen, and as they stand at its end.

use std::time::Duration;

use offhook_detect::{AnsweredBy, Event, EventKind, Stage, Verdict, Vocabulary};
use serde_json::{Map, Value, json};

use super::{at_ms, beep_fields, cause, event, share, words};
use crate::record::Conclusion;
use crate::session::Course;

/// Whether a voicemail picked up, as the specification asks.
pub fn is_voicemail(answered_by: AnsweredBy) -> bool {
    matches!(answered_by, AnsweredBy::Voicemail | AnsweredBy::MailboxUnavailable)
}

/// How likely each kind is, by its word.
pub fn probabilities(verdict: &Verdict) -> Value {
    verdict.probabilities.iter().map(|(kind, p)| (kind.word().to_owned(), share(p))).collect()
}

/// What stands at the end of a call, where `last` is the last verdict.
pub fn conclusion(course: &Course, last: Verdict) -> Conclusion {
    let decided = course.decided(last);
    Conclusion {
        answered_by: last.answered_by.word().to_owned(),
        is_voicemail: is_voicemail(last.answered_by),
        confidence: share(last.confidence).as_f64().unwrap_or_default(),
        probabilities: probabilities(&last),
        method: decided.method.name().to_owned(),
        stage: last.stage.word().to_owned(),
        cause: cause(&decided.cause),
        why: words::why(&decided.cause),
        decided_ms: at_ms(decided.at) as i64,
        ready_ms: course.ready().map(|(at, _)| at_ms(at) as i64),
    }
}

/// The fields of a verdict as they are sent while a call goes on.
pub fn verdict_view(verdict: &Verdict) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("answered_by".into(), verdict.answered_by.word().into());
    fields.insert("is_voicemail".into(), is_voicemail(verdict.answered_by).into());
    fields.insert("confidence".into(), share(verdict.confidence));
    fields.insert("method".into(), verdict.method.name().into());
    fields.insert("stage".into(), verdict.stage.word().into());
    fields.insert("final".into(), (verdict.stage != Stage::Provisional).into());
    fields.insert("cause".into(), cause(&verdict.cause));
    fields.insert("why".into(), words::why(&verdict.cause).into());
    fields.insert("probabilities".into(), probabilities(verdict));
    fields
}

/// A result as it is sent the moment it happens: a verdict, a beep, or that a message may start. `None` for events that
/// are none of these. `verdict` is the one that stands, `processing` the time since the audio that brought it arrived.
pub fn result(happened: &Event, verdict: Option<&Verdict>, processing: Duration) -> Option<Map<String, Value>> {
    let (kind, verdict) = match &happened.kind {
        EventKind::Verdict(verdict) => (verdict.stage.word(), Some(verdict)),
        EventKind::BeepEnded(_) => ("beep", verdict),
        EventKind::ReadyToRecord(_) => ("ready_to_record", verdict),
        _ => return None,
    };
    let mut fields = Map::new();
    fields.insert("event".into(), kind.into());
    fields.insert("at_ms".into(), at_ms(happened.at).into());
    fields.insert("processing_time".into(), json!((processing.as_secs_f64() * 1e6).round() / 1e3));
    match verdict {
        Some(verdict) => fields.extend(verdict_view(verdict)),
        None => fields.extend(undecided()),
    }
    match &happened.kind {
        EventKind::BeepEnded(beep) => {
            fields.insert("beep".into(), beep_fields(beep).into());
        }
        EventKind::ReadyToRecord(_) => {
            let Value::Object(told) = event(happened) else { return Some(fields) };
            fields.extend(told.into_iter().filter(|(name, _)| name != "kind" && name != "at_ms"));
        }
        _ => {}
    }
    Some(fields)
}

/// What stands before the first verdict.
fn undecided() -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("answered_by".into(), AnsweredBy::Unknown.word().into());
    fields.insert("is_voicemail".into(), false.into());
    fields.insert("confidence".into(), 0.0.into());
    fields.insert("method".into(), Value::Null);
    fields.insert("stage".into(), Value::Null);
    fields.insert("final".into(), false.into());
    fields
}

/// What a system would call a call whose last verdict is `last`: its variables by their names.
pub fn spell(words: &Vocabulary, course: &Course, last: Verdict) -> Value {
    let fields = words.spell(&course.decided(last), course.outcome());
    fields.into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))).collect()
}

/// What other systems would call it: Asterisk, mod_amd of Webitel, Twilio without the message's end.
pub fn vocabularies(course: &Course, last: Verdict) -> Value {
    let spell = |name: &str| Vocabulary::named(name).map(|words| spell(words, course, last));
    json!({ "asterisk": spell("asterisk"), "mod_amd": spell("webitel"), "twilio": spell("twilio_enable") })
}
