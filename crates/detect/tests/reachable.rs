//! Every outcome that a preset can give is given for some sound: no parameter shuts another out.

mod support;

use std::sync::LazyLock;
use std::time::Duration;

use offhook_audio::Dbm0;
use offhook_audio::tones::{FaxTone, SIT, SUPERVISORY, SupervisoryTone};
use offhook_detect::{AnsweredBy, Cause, DetectConfig, Fact, Input, Preset, Stage, Verdict};
use offhook_sim::signal::{millis, to_pcm};
use offhook_sim::texts::SpeechKind;
use offhook_sim::tones::{fax, special_information, supervisory};
use offhook_sim::{Random, VoiceBank, music::hold_music};
use support::models::{constant, model};
use support::sounds::{beep, chatter, hello, silence};
use support::{FUSED, LEARNED, detector, first_final, heard_by, play, with_model};

const LEVEL: Dbm0 = Dbm0(-18.0);

fn spoken(kind: SpeechKind, seed: u64) -> Vec<i16> {
    to_pcm(&VoiceBank::builtin().speak(kind, &mut Random::new(seed)).samples)
}

static HELLO: LazyLock<Vec<i16>> = LazyLock::new(hello);
/// Six seconds of a greeting without a pause to wait in.
static GREETING: LazyLock<Vec<i16>> = LazyLock::new(|| {
    let mut samples = Vec::new();
    for seed in 0.. {
        if samples.len() >= millis(6000) {
            break;
        }
        samples.extend(spoken(SpeechKind::VoicemailPersonal, seed));
    }
    samples
});

fn music(seconds: usize) -> Vec<i16> {
    to_pcm(&hold_music(millis(seconds * 1000), LEVEL, &mut Random::new(3)))
}

/// The first verdict to act on, and the one at the end.
fn heard(preset: Preset, parts: &[&[i16]]) -> (Verdict, Verdict) {
    let mut detector = detector(preset);
    let events = play(&mut detector, &[Input::Samples(parts.concat())]);
    let last = detector.finish();
    (first_final(&events, last), last)
}

#[track_caller]
fn reached(preset: Preset, verdict: &Verdict, who: AnsweredBy, cause: &str) {
    let told = (verdict.answered_by, verdict.cause.word());
    assert_eq!(told, (who, cause), "{} at {}: {}", preset.name(), verdict.at, verdict.cause);
}

#[test]
fn a_person_is_reached_by_a_short_greeting() {
    for preset in Preset::ALL {
        let (first, last) = heard(preset, &[&silence(500), &HELLO, &silence(4000)]);
        assert_eq!(first.answered_by, AnsweredBy::Human, "{}: {}", preset.name(), first.cause);
        match preset {
            Preset::Classic | Preset::Heuristic => reached(preset, &first, AnsweredBy::Human, "short_greeting"),
            Preset::Hybrid => assert!(["short_greeting", "weighed"].contains(&first.cause.word()), "{}", first.cause),
            _ => reached(preset, &first, AnsweredBy::Human, "weighed"),
        }
        assert_eq!(first, last);
    }
}

#[test]
fn voicemail_is_reached_by_a_long_greeting() {
    for preset in [Preset::Classic, Preset::Heuristic] {
        let (first, _) = heard(preset, &[&silence(500), &GREETING]);
        assert_eq!(first.answered_by, AnsweredBy::Voicemail, "{}: {}", preset.name(), first.cause);
        if preset == Preset::Heuristic {
            reached(preset, &first, AnsweredBy::Voicemail, "long_greeting");
        }
    }
}

#[test]
fn voicemail_is_reached_by_a_model_that_is_certain() {
    let sure = model(Some(constant(8.0)), None);
    for preset in LEARNED {
        let params = with_model(DetectConfig::preset(preset), &sure);
        let (events, last) = heard_by(&params, &[Input::Samples([silence(500), chatter(3000)].concat())]);
        reached(preset, &first_final(&events, last), AnsweredBy::Voicemail, "weighed");
    }
}

#[test]
fn voicemail_is_reached_by_a_text_read_out_to_the_rules() {
    let preset = Preset::Heuristic;
    let config = *detector(preset).params().config();
    // As much voice as a reader has at least, in as many utterances, none of it a long greeting.
    let parts = usize::from(config.decide.read_utterances);
    let length = millis(config.decide.read_voice.as_millis() as usize / parts + 100);
    let loudness = |at: &usize| GREETING[*at..][..length].iter().map(|s| u64::from(s.unsigned_abs())).sum::<u64>();
    let from = (0..GREETING.len() - length).step_by(80).max_by_key(loudness).expect("a loudest part");
    let read = [GREETING[from..][..length].to_vec(), silence(600)].concat().repeat(parts);
    let (first, _) = heard(preset, &[&silence(500), &read, &silence(4000)]);
    reached(preset, &first, AnsweredBy::Voicemail, "cadence");
    let Cause::Cadence { utterances, voice, longest_pause } = first.cause else { panic!("{}", first.cause) };
    assert!(utterances >= config.decide.read_utterances && voice >= config.decide.read_voice, "{}", first.cause);
    assert!(voice < config.decide.long_greeting && longest_pause >= config.cadence.between_utterances);
}

#[test]
fn voicemail_is_reached_by_a_beep() {
    for preset in FUSED {
        let (first, _) = heard(preset, &[&silence(1500), &beep(), &silence(3000)]);
        reached(preset, &first, AnsweredBy::Voicemail, "beep");
        let (_, last) = heard(preset, &[&silence(500), &GREETING, &silence(600), &beep(), &silence(2000)]);
        reached(preset, &last, AnsweredBy::Voicemail, "beep");
        let mut told = detector(preset);
        let events = play(&mut told, &[Input::Gap(4000), Input::Fact(Fact::BeepEnded { hz: 1000.0 })]);
        reached(preset, &first_final(&events, told.finish()), AnsweredBy::Voicemail, "beep");
    }
}

#[test]
fn fax_is_reached_by_each_of_its_tones() {
    for preset in FUSED {
        for tone in [FaxTone::Cng, FaxTone::Ced, FaxTone::Ansam] {
            let sound = to_pcm(&fax(tone, Duration::from_secs(8), LEVEL));
            let (first, _) = heard(preset, &[&silence(800), &sound]);
            reached(preset, &first, AnsweredBy::Fax, "fax");
        }
    }
}

#[test]
fn special_information_is_reached_by_each_of_its_codes() {
    for preset in FUSED {
        for row in SIT {
            let (first, last) =
                heard(preset, &[&silence(500), &to_pcm(&special_information(row, LEVEL)), &silence(2000)]);
            reached(preset, &first, AnsweredBy::Sit(row.code), "sit");
            assert_eq!(first, last);
        }
    }
}

#[test]
fn silence_is_reached_by_saying_nothing() {
    for preset in FUSED {
        reached(preset, &heard(preset, &[&silence(20_000)]).0, AnsweredBy::Silence, "initial_silence");
    }
}

#[test]
fn a_queue_is_reached_by_its_music() {
    for preset in FUSED {
        let (_, last) = heard(preset, &[&silence(500), &music(15)]);
        assert_eq!(last.answered_by, AnsweredBy::Ivr, "{}: {}", preset.name(), last.cause);
        // A model may have taken the queue for one before the music had lasted.
        assert!(["music", "weighed"].contains(&last.cause.word()), "{}: {}", preset.name(), last.cause);
        if preset == Preset::Heuristic {
            reached(preset, &last, AnsweredBy::Ivr, "music");
        }
    }
}

#[test]
fn an_announcement_is_reached_by_a_tone_that_ends_the_call() {
    for preset in FUSED {
        let busy = SUPERVISORY.iter().find(|row| row.tone == SupervisoryTone::Busy).expect("a busy tone");
        let sound = to_pcm(&supervisory(busy, Duration::from_secs(10), LEVEL));
        let (first, _) = heard(preset, &[&silence(500), &sound]);
        reached(preset, &first, AnsweredBy::Announcement, "supervisory");
    }
}

#[test]
fn a_person_taken_for_a_machine_is_reached_by_conversation() {
    let turns = [silence(1500), HELLO.clone(), silence(1500), HELLO.clone(), silence(1500), HELLO.clone()].concat();
    let (first, last) = heard(Preset::Heuristic, &[&silence(500), &GREETING, &turns, &silence(3000)]);
    reached(Preset::Heuristic, &first, AnsweredBy::Voicemail, "long_greeting");
    reached(Preset::Heuristic, &last, AnsweredBy::Human, "conversation");
    assert_eq!(last.stage, Stage::Revised);
    let sure = model(Some(constant(8.0)), None);
    for preset in LEARNED {
        let params = with_model(DetectConfig::preset(preset), &sure);
        let call = [silence(500), chatter(3000), turns.clone(), silence(3000)].concat();
        let (events, last) = heard_by(&params, &[Input::Samples(call)]);
        reached(preset, &first_final(&events, last), AnsweredBy::Voicemail, "weighed");
        reached(preset, &last, AnsweredBy::Human, "conversation");
    }
}

#[test]
fn unknown_is_reached_when_time_runs_out() {
    for preset in FUSED {
        // The line falls silent where a person would wait: what is lost is no silence.
        let mut detector = detector(preset);
        let inputs = [Input::Samples([silence(500), HELLO.clone()].concat()), Input::Gap(8 * 25_000)];
        let events = play(&mut detector, &inputs);
        reached(preset, &first_final(&events, detector.finish()), AnsweredBy::Unknown, "timeout");
    }
}

#[test]
fn unknown_is_reached_when_nothing_arrives() {
    for preset in Preset::ALL {
        let mut detector = detector(preset);
        let events = play(&mut detector, &[Input::Gap(8 * 25_000)]);
        reached(preset, &first_final(&events, detector.finish()), AnsweredBy::Unknown, "no_audio");
    }
}

#[test]
fn a_call_that_ends_early_is_reached_by_its_end() {
    for preset in Preset::ALL {
        reached(preset, &detector(preset).finish(), AnsweredBy::Unknown, "hung_up");
    }
}

/// Stretches of milliseconds under the classic preset: `v` voice, `s` silence, `x` lost.
fn classic(stretches: &[(char, usize)]) -> Verdict {
    let mut detector = detector(Preset::Classic);
    let input = |(kind, length): &(char, usize)| match kind {
        'v' => Input::Samples((0..length * 8).map(|at| if at % 8 < 4 { 3000 } else { -3000 }).collect()),
        's' => Input::Samples(silence(*length)),
        _ => Input::Gap(*length as u64 * 8),
    };
    let events = play(&mut detector, &stretches.iter().map(input).collect::<Vec<_>>());
    first_final(&events, detector.finish())
}

#[test]
fn the_classic_preset_reaches_every_cause_that_its_defaults_allow() {
    let many = |count| [('v', 20), ('s', 80)].repeat(count);
    let words = [('s', 60), ('v', 120), ('s', 60), ('v', 120), ('s', 60), ('v', 120), ('s', 60), ('v', 120)];
    for (stretches, who, cause) in [
        (vec![('s', 300), ('v', 400), ('s', 2000)], AnsweredBy::Human, "short_greeting"),
        (vec![('s', 3000)], AnsweredBy::Voicemail, "initial_silence"),
        (vec![('s', 60), ('v', 900), ('s', 400), ('v', 900)], AnsweredBy::Voicemail, "long_greeting"),
        (words.to_vec(), AnsweredBy::Voicemail, "too_many_words"),
        (many(60), AnsweredBy::Unknown, "timeout"),
        (vec![('x', 6000)], AnsweredBy::Unknown, "no_audio"),
    ] {
        reached(Preset::Classic, &classic(&stretches), who, cause);
    }
}

#[test]
fn causes_of_the_rules_tell_what_was_measured_and_the_limit_it_met() {
    let preset = Preset::Heuristic;
    let config = *detector(preset).params().config();
    let (person, _) = heard(preset, &[&silence(500), &HELLO, &silence(4000)]);
    let Cause::ShortGreeting { voice, silence, limit } = person.cause else { panic!("{}", person.cause) };
    assert!(silence >= limit && voice > Duration::ZERO && voice < config.decide.long_greeting, "{}", person.cause);
    let (machine, _) = heard(preset, &[&GREETING]);
    let Cause::LongGreeting { voice, limit } = machine.cause else { panic!("{}", machine.cause) };
    assert!(voice >= limit && limit == config.decide.long_greeting, "{}", machine.cause);
}
