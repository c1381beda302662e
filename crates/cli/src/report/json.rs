//! What was heard, as JSON: one object a recording, one object an event.

use offhook_detect::Vocabulary;
use offhook_server::views::{at_ms, beep_fields, cause, event, probabilities, share, spell};
use serde_json::{Value, json};

use crate::detect::Heard;

/// Whose words the object's `vocabularies` are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vocabularies {
    /// Asterisk's.
    pub(crate) asterisk: &'static Vocabulary,
    /// Those of one fork of mod_amd.
    pub(crate) mod_amd: &'static Vocabulary,
    /// Twilio's.
    pub(crate) twilio: &'static Vocabulary,
}

/// All that was heard in `file`.
pub(crate) fn recording(file: &str, heard: &Heard, words: &Vocabularies) -> Value {
    let (verdict, decided) = (&heard.verdict, heard.decided());
    let beeps: Vec<Value> = heard.beeps().map(|beep| Value::Object(beep_fields(beep))).collect();
    json!({
        "file": file,
        "answered_by": verdict.answered_by.word(),
        "confidence": share(verdict.confidence),
        "probabilities": probabilities(verdict),
        "cause": cause(&decided.cause),
        "decided_at_ms": at_ms(decided.at),
        "audio_ms": at_ms(heard.audio),
        "ready_to_record_ms": heard.ready().map(|(at, _)| at_ms(at)),
        "beeps": beeps,
        "events": heard.events.iter().map(event).collect::<Vec<_>>(),
        "vocabularies": vocabularies(heard, words),
    })
}

/// That `file` could not be heard, and why.
pub(crate) fn failed(file: &str, error: &str) -> Value {
    json!({ "file": file, "error": error })
}

/// The end of a live stream: what stands then.
pub(crate) fn ended(heard: &Heard, words: &Vocabularies) -> Value {
    let (verdict, decided) = (&heard.verdict, heard.decided());
    json!({
        "at_ms": at_ms(heard.audio),
        "kind": "ended",
        "answered_by": verdict.answered_by.word(),
        "confidence": share(verdict.confidence),
        "cause": cause(&decided.cause),
        "decided_at_ms": at_ms(decided.at),
        "ready_to_record_ms": heard.ready().map(|(at, _)| at_ms(at)),
        "vocabularies": vocabularies(heard, words),
    })
}

fn vocabularies(heard: &Heard, words: &Vocabularies) -> Value {
    let course = heard.course();
    let spell = |vocabulary| spell(vocabulary, &course, heard.verdict);
    json!({ "asterisk": spell(words.asterisk), "mod_amd": spell(words.mod_amd), "twilio": spell(words.twilio) })
}
