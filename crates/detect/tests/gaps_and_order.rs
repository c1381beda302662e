//! What is missing is no evidence, and what counts when one sign comes before another.

mod support;

use std::time::Duration;

use offhook_audio::Dbm0;
use offhook_audio::tones::{SIT, SUPERVISORY, SupervisoryTone};
use offhook_detect::{
    AnsweredBy, Cause, DetectConfig, Detector, Event, EventKind, Fact, Input, Phase, Preset, ReadyReason, Stage,
};
use offhook_sim::signal::{millis, to_pcm};
use offhook_sim::tones::{Beep, special_information, supervisory};
use offhook_sim::{Random, music::hold_music};
use support::sounds::{hello, hum};
use support::{FUSED, detector, params, play, verdicts};

const LEVEL: Dbm0 = Dbm0(-18.0);

fn silence(length: usize) -> Input {
    Input::Samples(vec![0; millis(length)])
}

fn gap(length: usize) -> Input {
    Input::Gap(millis(length) as u64)
}

fn busy() -> Input {
    let row = SUPERVISORY.iter().find(|row| row.tone == SupervisoryTone::Busy).expect("a busy tone");
    Input::Samples(to_pcm(&supervisory(row, Duration::from_secs(8), LEVEL)))
}

fn beep() -> Input {
    Input::Samples(to_pcm(&Beep::default().samples()))
}

fn has_busy(events: &[Event]) -> bool {
    events.iter().any(|event| event.kind == EventKind::Supervisory(SupervisoryTone::Busy))
}

fn has_beep(events: &[Event]) -> bool {
    events.iter().any(|event| matches!(event.kind, EventKind::BeepEnded(_)))
}

/// A detector that has taken a short greeting for a person's.
fn answered_by_a_person(preset: Preset) -> Detector {
    let mut detector = detector(preset);
    let events = play(&mut detector, &[silence(500), Input::Samples(hello()), silence(3000)]);
    assert_eq!(verdicts(&events).next_back().map(|v| v.answered_by), Some(AnsweredBy::Human), "{}", preset.name());
    detector
}

#[test]
fn a_call_of_nothing_but_gaps_is_unknown_at_the_time_limit() {
    for preset in FUSED {
        let limit = DetectConfig::preset(preset).decide.total_time;
        let mut detector = detector(preset);
        let events = play(&mut detector, &[gap(25_000)]);
        let told: Vec<_> = verdicts(&events).collect();
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!((told[0].answered_by, told[0].stage), (AnsweredBy::Unknown, Stage::Final));
        assert_eq!(told[0].cause, Cause::NoAudio { elapsed: limit, limit });
        assert_eq!(told[0].at.as_millis(), limit.as_millis() as u64);
    }
}

#[test]
fn a_gap_after_a_greeting_is_no_silence() {
    for preset in FUSED {
        let mut detector = detector(preset);
        let events = play(&mut detector, &[silence(500), Input::Samples(hello()), gap(3000)]);
        let settled = verdicts(&events).find(|v| v.stage != Stage::Provisional);
        assert_eq!(settled, None, "{}", preset.name());
        let heard_from = detector.now();
        let events = play(&mut detector, &[silence(3000)]);
        let verdict = verdicts(&events).find(|v| v.stage != Stage::Provisional).expect("a verdict");
        assert_eq!(verdict.answered_by, AnsweredBy::Human, "{}: {}", preset.name(), verdict.cause);
        let (silence, least) = match verdict.cause {
            Cause::ShortGreeting { silence, limit, .. } => (silence, limit),
            Cause::Weighed { silence, .. } => (silence, DetectConfig::preset(preset).weigh.least_silence),
            other => panic!("{other}"),
        };
        // The greeting's recording may end in a little silence of its own.
        assert!(
            silence >= least && verdict.at - heard_from + Duration::from_millis(300) >= silence,
            "{}",
            verdict.cause
        );
    }
}

#[test]
fn a_gap_between_two_voices_is_no_voice() {
    for preset in FUSED {
        let mut detector = detector(preset);
        let word = Input::Samples(hum(300));
        let events = play(&mut detector, &[silence(500), word.clone(), gap(4000), word, silence(4000)]);
        for verdict in verdicts(&events) {
            assert_eq!(verdict.answered_by, AnsweredBy::Human, "{}: {}", preset.name(), verdict.cause);
        }
    }
}

#[test]
fn a_gap_after_a_little_music_is_no_music() {
    for preset in FUSED {
        for length in (500..6000).step_by(250) {
            let mut detector = detector(preset);
            let music = to_pcm(&hold_music(millis(length), LEVEL, &mut Random::new(3)));
            let events = play(&mut detector, &[silence(500), Input::Samples(music), gap(6000)]);
            let begun = millis(500 + length) as u64;
            let in_gap = verdicts(&events).find(|v| v.at.samples() > begun && matches!(v.cause, Cause::Music { .. }));
            assert_eq!(in_gap, None, "{length} ms under {}", preset.name());
        }
    }
}

#[test]
fn voicemail_known_by_its_beep_takes_a_message_at_the_beeps_end() {
    for preset in FUSED {
        let mut detector = detector(preset);
        let events = play(&mut detector, &[silence(1500), beep(), silence(3000)]);
        let ready: Vec<_> = events.iter().filter(|e| matches!(e.kind, EventKind::ReadyToRecord(_))).collect();
        let ended = events.iter().find_map(|event| match event.kind {
            EventKind::BeepEnded(beep) => Some(beep.ended),
            _ => None,
        });
        assert_eq!(ready.len(), 1, "{ready:?}");
        let EventKind::ReadyToRecord(ReadyReason::Beep { ended: at }) = ready[0].kind else { panic!("{ready:?}") };
        assert_eq!(Some(at), ended);
        assert!(ready[0].at - at <= Duration::from_millis(100), "{}", ready[0]);
    }
}

#[test]
fn a_busy_tone_after_a_person_revises_nothing() {
    for preset in FUSED {
        let mut detector = answered_by_a_person(preset);
        let events = play(&mut detector, &[busy()]);
        assert!(has_busy(&events), "{}", preset.name());
        assert_eq!(verdicts(&events).next(), None, "{}", preset.name());
        assert_eq!(detector.finish().answered_by, AnsweredBy::Human);
    }
}

#[test]
fn a_beep_revises_a_person_within_the_time_limit_only() {
    for preset in FUSED {
        let mut detector = answered_by_a_person(preset);
        let mut late = detector.clone();
        let events = play(&mut detector, &[beep(), silence(1000)]);
        assert!(has_beep(&events), "{}", preset.name());
        let revised = verdicts(&events).next_back().map(|v| (v.answered_by, v.stage));
        assert_eq!(revised, Some((AnsweredBy::Voicemail, Stage::Revised)), "{}", preset.name());

        let events = play(&mut late, &[silence(20_000), beep(), silence(1000)]);
        assert!(has_beep(&events), "{}", preset.name());
        assert_eq!(verdicts(&events).next(), None, "{}", preset.name());
        assert_eq!(late.finish().answered_by, AnsweredBy::Human);
    }
}

/// A detector in early media that has heard special information tones, at the hop after `later` that told of them.
fn told_that_nobody_is_there(preset: Preset, later: usize) -> Detector {
    let config = DetectConfig { begins: Phase::Progress, ..DetectConfig::preset(preset) };
    let mut detector = Detector::new(&params(config));
    let tones = [vec![0; millis(500)], to_pcm(&special_information(&SIT[0], LEVEL)), vec![0; millis(1000)]].concat();
    for hop in tones.chunks(80) {
        let events = play(&mut detector, &[Input::Samples(hop.to_vec())]);
        if verdicts(&events).any(|v| matches!(v.answered_by, AnsweredBy::Sit(_))) {
            play(&mut detector, &[silence(later)]);
            return detector;
        }
    }
    panic!("no tones heard under {}", preset.name());
}

#[test]
fn a_person_who_answers_after_special_information_tones_is_one() {
    for preset in FUSED {
        for later in [0, 10, 1000] {
            let mut detector = told_that_nobody_is_there(preset, later);
            let call = [Input::Fact(Fact::Answered), silence(600), Input::Samples(hello()), silence(3000)];
            let events = play(&mut detector, &call);
            let verdict = verdicts(&events).next_back().map(|v| (v.answered_by, v.stage));
            let expected = Some((AnsweredBy::Human, Stage::Revised));
            assert_eq!(verdict, expected, "answered {later} ms after, {}", preset.name());
        }
    }
}

#[test]
fn a_beep_after_the_answer_is_one_whatever_tones_came_before() {
    for preset in FUSED {
        let mut detector = told_that_nobody_is_there(preset, 500);
        let events = play(&mut detector, &[Input::Fact(Fact::Answered), silence(1000), beep(), silence(1000)]);
        let verdict = verdicts(&events).next_back().map(|v| v.answered_by);
        assert_eq!(verdict, Some(AnsweredBy::Voicemail), "{}", preset.name());
    }
}
