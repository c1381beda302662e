//! What the engine says, as JSON: one object an event, one a cause.

use std::time::Duration;

use offhook_audio::MediaTime;
use offhook_detect::{Beep, Cause, Event, EventKind, Probability, ReadyReason, Reason, Verdict};
use serde_json::{Map, Value, json};

use super::words;

/// One event: when it was known, its kind, and what belongs to it.
pub fn event(event: &Event) -> Value {
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

/// A verdict's fields.
pub fn verdict_fields(verdict: &Verdict) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("stage".into(), verdict.stage.word().into());
    fields.insert("method".into(), verdict.method.name().into());
    fields.insert("answered_by".into(), verdict.answered_by.word().into());
    fields.insert("confidence".into(), share(verdict.confidence));
    fields.insert("cause".into(), cause(&verdict.cause));
    fields
}

/// A record tone's fields.
pub fn beep_fields(beep: &Beep) -> Map<String, Value> {
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
pub fn cause(cause: &Cause) -> Value {
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
            let reason =
                |r: &Reason| json!({ "feature": r.feature, "value": thousandth(r.value), "adds": thousandth(r.adds) });
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

/// Media time in milliseconds.
pub fn at_ms(at: MediaTime) -> u64 {
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
pub fn share(probability: Probability) -> Value {
    json!((f64::from(probability.get()) * 10_000.0).round() / 10_000.0)
}
