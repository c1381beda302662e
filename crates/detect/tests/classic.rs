//! The classic preset through the whole engine: Asterisk's answers to constructed calls.

use std::sync::Arc;
use std::time::Duration;

use offhook_detect::{
    AnsweredBy, Cause, DetectConfig, Detector, EventKind, Fact, Outcome, Params, Phase, Preset, Verdict, Vocabulary,
};
use proptest::prelude::*;

fn detector(change: impl FnOnce(&mut DetectConfig)) -> Detector {
    let mut config = DetectConfig::preset(Preset::Classic);
    change(&mut config);
    Detector::new(&Arc::new(Params::new(config).expect("a valid configuration")))
}

/// Stretches of milliseconds: `v` voice, `s` silence, `x` lost, `a` the answer. The first verdict.
fn verdict_of(mut detector: Detector, stretches: &[(char, u64)]) -> Verdict {
    let mut verdicts = Vec::new();
    let mut t = 0u64;
    for &(kind, length) in stretches {
        let samples: Vec<i16> =
            (t..t + length * 8).map(|n| if kind == 'v' { if n % 8 < 4 { 3000 } else { -3000 } } else { 0 }).collect();
        t += length * 8;
        let events = match kind {
            'a' => detector.note(Fact::Answered),
            'x' => detector.push_gap(length * 8),
            _ => detector.push(&samples),
        };
        verdicts.extend(events.filter_map(|event| match event.kind {
            EventKind::Verdict(verdict) => Some(verdict),
            _ => None,
        }));
    }
    verdicts.first().copied().unwrap_or_else(|| detector.finish())
}

fn spelled(verdict: &Verdict) -> (String, String) {
    let words = Vocabulary::named("asterisk").expect("a built-in vocabulary");
    (words.result(verdict, &Outcome::default()).to_owned(), words.cause(verdict))
}

fn heard(stretches: &[(char, u64)]) -> (String, String, u64) {
    let verdict = verdict_of(detector(|_| ()), stretches);
    let (status, cause) = spelled(&verdict);
    (status, cause, verdict.at.as_millis())
}

fn is(status: &str, cause: &str, at: u64) -> (String, String, u64) {
    (status.to_owned(), cause.to_owned(), at)
}

#[test]
fn asterisks_answers_are_given_word_for_word() {
    assert_eq!(heard(&[('s', 500), ('v', 400), ('s', 5000)]), is("HUMAN", "HUMAN-800-800", 1700));
    assert_eq!(heard(&[('s', 5000)]), is("MACHINE", "INITIALSILENCE-2500-2500", 2500));
    let long = [('s', 60), ('v', 900), ('s', 400), ('v', 900)];
    assert_eq!(heard(&long), is("MACHINE", "LONGGREETING-1500-1500", 1960));
    let words = [('s', 60), ('v', 120), ('s', 60), ('v', 120), ('s', 60), ('v', 120)];
    assert_eq!(heard(&words), is("MACHINE", "MAXWORDS-3-2", 520));
    let clicks: Vec<_> = (0..60).flat_map(|_| [('v', 20), ('s', 80)]).collect();
    assert_eq!(heard(&clicks), is("NOTSURE", "TOOLONG-5000", 5000));
    assert_eq!(heard(&[('x', 6000)]), is("NOTSURE", "NOAUDIODATA-5000", 5000));
    assert_eq!(heard(&[('s', 60), ('v', 400)]).0, "HANGUP");
    assert_eq!(heard(&[('s', 60), ('v', 400)]).1, "");
}

#[test]
fn counting_begins_at_the_answer() {
    let progress = detector(|config| config.begins = Phase::Progress);
    let verdict = verdict_of(progress, &[('v', 4010), ('a', 0), ('s', 500), ('v', 400), ('s', 800)]);
    assert_eq!(spelled(&verdict), ("HUMAN".to_owned(), "HUMAN-800-800".to_owned()));
    assert_eq!(verdict.at.as_millis(), 5710);
}

#[test]
fn the_verdict_of_silence_is_told_from_a_machine_that_was_heard() {
    let verdict = verdict_of(detector(|_| ()), &[('s', 3000)]);
    assert_eq!(verdict.answered_by, AnsweredBy::Voicemail);
    let limit = Duration::from_millis(2500);
    assert_eq!(verdict.cause, Cause::InitialSilence { silence: limit, limit });
}

#[test]
fn no_tone_gives_or_changes_a_verdict() {
    let mut detector = detector(|_| ());
    let sit = [(950.0, 330), (1400.0, 330), (1800.0, 330), (0.0, 1500), (1000.0, 500), (0.0, 1500), (2100.0, 3000)];
    let mut verdicts = Vec::new();
    for (hz, length) in sit {
        let sample = |n: u32| (8000.0 * (std::f32::consts::TAU * hz * n as f32 / 8000.0).sin()) as i16;
        let samples: Vec<i16> = (0..length * 8).map(sample).collect();
        verdicts.extend(detector.push(&samples).filter_map(|event| match event.kind {
            EventKind::Verdict(verdict) => Some(spelled(&verdict).1),
            _ => None,
        }));
    }
    assert_eq!(verdicts, ["HUMAN-800-800"], "to these rules a special information tone is a short greeting");
}

#[test]
fn the_nine_parameters_are_obeyed() {
    let with = |name: &str, value: &str, stretches: &[(char, u64)]| {
        spelled(&verdict_of(detector(|config| config.set(&format!("classic.{name}"), value).unwrap()), stretches)).1
    };
    let person = [('s', 500), ('v', 400), ('s', 5000)];
    assert_eq!(with("initial_silence", "400", &person), "INITIALSILENCE-400-400");
    assert_eq!(with("greeting", "300", &person), "LONGGREETING-300-300");
    assert_eq!(with("after_greeting_silence", "1200", &person), "HUMAN-1200-1200");
    assert_eq!(with("total_analysis_time", "1000", &person), "TOOLONG-1000");
    assert_eq!(with("min_word_length", "500", &person), "INITIALSILENCE-2500-2500");
    assert_eq!(with("maximum_number_of_words", "0", &person), "MAXWORDS-1-0");
    assert_eq!(with("silence_threshold", "3001", &person), "INITIALSILENCE-2500-2500");
    assert_eq!(with("maximum_word_length", "200", &person), "MAXWORDLENGTH-200");
    let words = [('s', 200), ('v', 120), ('s', 60), ('v', 120), ('s', 60), ('v', 120), ('s', 900)];
    assert_eq!(with("between_words_silence", "100", &words), "HUMAN-800-800");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_call_gets_a_verdict_in_time(
        stretches in prop::collection::vec((prop::sample::select(vec!['v', 's', 'x']), 1u64..700), 1..12),
    ) {
        let call = [stretches.as_slice(), &[('s', 6000)]].concat();
        prop_assert!(verdict_of(detector(|_| ()), &call).at.as_millis() <= 5020);
    }
}
