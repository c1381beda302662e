//! What was heard, as JSON: one object a recording, one object an event.

use std::time::Duration;

use offhook_audio::MediaTime;
use offhook_detect::{Beep, Cause, Event, EventKind, Outcome, Probability, ReadyReason, Reason, Verdict, Vocabulary};
use serde_json::{Map, Value, json};

use super::words;
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
    let probabilities: Map<String, Value> =
        verdict.probabilities.iter().map(|(kind, p)| (kind.word().to_owned(), share(p))).collect();
    json!({
        "file": file,
        "answered_by": verdict.answered_by.word(),
        "confidence": share(verdict.confidence),
        "probabilities": probabilities,
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
    let decided = heard.decided();
    let mut outcome = Outcome::default();
    for event in &heard.events {
        outcome.note(event);
    }
    let spell = |vocabulary: &Vocabulary| -> Map<String, Value> {
        let fields = vocabulary.spell(&decided, &outcome);
        fields.into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))).collect()
    };
    json!({ "asterisk": spell(words.asterisk), "mod_amd": spell(words.mod_amd), "twilio": spell(words.twilio) })
}

/// One event: when it was known, its kind, and what belongs to it.
pub(crate) fn event(event: &Event) -> Value {
    let mut fields = Map::new();
    fields.insert("at_ms".into(), at_ms(event.at).into());
    fields.insert("kind".into(), event.kind.word().into());
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    match &event.kind {
        EventKind::Answered | EventKind::MusicStarted | EventKind::MusicEnded => {}
        EventKind::SpeechStarted { started } | EventKind::GreetingStarted { started } => {
            put("started_ms", at_ms(*started).into());
        }
        EventKind::SpeechEnded { started, ended } => {
            put("started_ms", at_ms(*started).into());
            put("ended_ms", at_ms(*ended).into());
        }
        EventKind::GreetingEnded { ended, voice } => {
            put("ended_ms", at_ms(*ended).into());
            put("voice_ms", ms(*voice).into());
        }
        EventKind::BeepStarted { started, hz } => {
            put("started_ms", at_ms(*started).into());
            put("hz", tenth(*hz));
        }
        EventKind::BeepEnded(beep) => fields.extend(beep_fields(beep)),
        EventKind::Supervisory(tone) => {
            put("tone", words::supervisory(*tone).into());
        }
        EventKind::Sit(code) => {
            put("code", words::sit_word(*code).into());
        }
        EventKind::Fax(tone) => {
            put("tone", words::fax_word(*tone).into());
        }
        EventKind::Dtmf(digit) => {
            put("digit", digit.digit.to_string().into());
            put("started_ms", at_ms(digit.started).into());
            put("length_ms", ms(digit.length).into());
        }
        EventKind::Verdict(verdict) => fields.extend(verdict_fields(verdict)),
        EventKind::ReadyToRecord(reason) => {
            put("reason", reason.word().into());
            match reason {
                ReadyReason::Beep { ended } => put("beep_ended_ms", at_ms(*ended).into()),
                ReadyReason::Silence { silence } => put("silence_ms", ms(*silence).into()),
                ReadyReason::Timeout { limit } => put("limit_ms", ms(*limit).into()),
            };
        }
    }
    Value::Object(fields)
}

fn verdict_fields(verdict: &Verdict) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("stage".into(), verdict.stage.word().into());
    fields.insert("method".into(), verdict.method.name().into());
    fields.insert("answered_by".into(), verdict.answered_by.word().into());
    fields.insert("confidence".into(), share(verdict.confidence));
    fields.insert("cause".into(), cause(&verdict.cause));
    fields
}

fn beep_fields(beep: &Beep) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("start_ms".into(), at_ms(beep.started).into());
    fields.insert("end_ms".into(), at_ms(beep.ended).into());
    fields.insert("hz".into(), tenth(beep.hz));
    if let Some(hz) = beep.second_hz {
        fields.insert("second_hz".into(), tenth(hz));
    }
    fields.insert("dbm0".into(), tenth(beep.level.0));
    fields
}

/// A cause: its kind and its numbers.
pub(crate) fn cause(cause: &Cause) -> Value {
    let mut fields = Map::new();
    fields.insert("kind".into(), cause.word().into());
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    let span = |d: Duration| Value::from(ms(d));
    match *cause {
        Cause::ShortGreeting { voice, silence, limit } => {
            put("voice_ms", span(voice));
            put("silence_ms", span(silence));
            put("limit_ms", span(limit));
        }
        Cause::LongGreeting { voice, limit } => {
            put("voice_ms", span(voice));
            put("limit_ms", span(limit));
        }
        Cause::Weighed { machine, limit, voice, silence, timing, net, reasons } => {
            put("machine", share(machine));
            put("limit", share(limit));
            put("voice_ms", span(voice));
            put("silence_ms", span(silence));
            put("timing", thousandth(timing));
            put("net", thousandth(net));
            let reason = |r: &Reason| serde_json::json!({ "feature": r.feature, "value": thousandth(r.value), "adds": thousandth(r.adds) });
            put("reasons", reasons.iter().filter(|r| r.adds != 0.0).map(reason).collect());
        }
        Cause::TooManyWords { words, limit } => {
            put("words", words.into());
            put("limit", limit.into());
        }
        Cause::LongWord { length, limit } => {
            put("length_ms", span(length));
            put("limit_ms", span(limit));
        }
        Cause::Cadence { utterances, voice, longest_pause } => {
            put("utterances", utterances.into());
            put("voice_ms", span(voice));
            put("longest_pause_ms", span(longest_pause));
        }
        Cause::InitialSilence { silence, limit } => {
            put("silence_ms", span(silence));
            put("limit_ms", span(limit));
        }
        Cause::Beep { hz, length, level } => {
            put("hz", tenth(hz));
            put("length_ms", span(length));
            put("dbm0", tenth(level.0));
        }
        Cause::Sit { code } => {
            put("code", words::sit_word(code).into());
        }
        Cause::Fax { tone } => {
            put("tone", words::fax_word(tone).into());
        }
        Cause::Supervisory { tone } => {
            put("tone", words::supervisory(tone).into());
        }
        Cause::Music { length } => {
            put("length_ms", span(length));
        }
        Cause::Conversation { utterances, voice } => {
            put("utterances", utterances.into());
            put("voice_ms", span(voice));
        }
        Cause::Timeout { elapsed, voice, limit } => {
            put("elapsed_ms", span(elapsed));
            put("voice_ms", span(voice));
            put("limit_ms", span(limit));
        }
        Cause::NoAudio { elapsed, limit } => {
            put("elapsed_ms", span(elapsed));
            put("limit_ms", span(limit));
        }
        Cause::HungUp { elapsed, voice } => {
            put("elapsed_ms", span(elapsed));
            put("voice_ms", span(voice));
        }
    }
    Value::Object(fields)
}

fn at_ms(at: MediaTime) -> u64 {
    at.as_millis()
}

fn ms(span: Duration) -> u64 {
    span.as_millis() as u64
}

/// To one decimal.
fn tenth(number: f32) -> Value {
    json!((f64::from(number) * 10.0).round() / 10.0)
}

/// To three decimals.
fn thousandth(number: f32) -> Value {
    json!((f64::from(number) * 1000.0).round() / 1000.0)
}

/// To four decimals.
fn share(probability: Probability) -> Value {
    json!((f64::from(probability.get()) * 10_000.0).round() / 10_000.0)
}
