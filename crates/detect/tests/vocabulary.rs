//! The words each system gets for a verdict.

use std::time::Duration;

use offhook_audio::{Dbm0, MediaTime};
use offhook_detect::{
    AnsweredBy, Beep, Cause, Event, EventKind, FaxTone, Method, Outcome, Probabilities, Probability, ReadyReason,
    Reason, SitCode, Stage, SupervisoryTone, Verdict, Vocabulary,
};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn verdict(answered_by: AnsweredBy, cause: Cause) -> Verdict {
    let mut weights = [0.0; AnsweredBy::ALL.len()];
    weights[answered_by.index()] = 3.0;
    weights[AnsweredBy::Unknown.index()] += 1.0;
    let probabilities = Probabilities::from_weights(weights);
    let confidence = probabilities.of(answered_by);
    Verdict {
        answered_by,
        confidence,
        probabilities,
        cause,
        at: MediaTime::from_millis(3120),
        stage: Stage::Final,
        method: Method::Heuristic,
    }
}

fn causes() -> Vec<Cause> {
    vec![
        Cause::ShortGreeting { voice: ms(400), silence: ms(800), limit: ms(800) },
        Cause::LongGreeting { voice: ms(1500), limit: ms(1500) },
        Cause::TooManyWords { words: 3, limit: 2 },
        Cause::LongWord { length: ms(5000), limit: ms(5000) },
        Cause::Cadence { utterances: 2, voice: ms(2400), longest_pause: ms(430) },
        Cause::InitialSilence { silence: ms(2500), limit: ms(2500) },
        Cause::Beep { hz: 999.6, length: ms(240), level: Dbm0(-12.0) },
        Cause::Sit { code: SitCode::NoCircuit },
        Cause::Fax { tone: FaxTone::Cng },
        Cause::Supervisory { tone: SupervisoryTone::Busy },
        Cause::Music { length: ms(3000) },
        Cause::Conversation { utterances: 2, voice: ms(700) },
        Cause::Timeout { elapsed: ms(5000), voice: ms(600), limit: ms(5000) },
        Cause::NoAudio { elapsed: ms(5000), limit: ms(5000) },
        Cause::HungUp { elapsed: ms(1200), voice: ms(0) },
        Cause::Weighed {
            machine: Probability::percent(97.0),
            limit: Probability::percent(95.0),
            voice: ms(1500),
            silence: ms(800),
            timing: 1.2,
            net: 2.3,
            reasons: [Reason { feature: "voice", value: 1.5, adds: 0.7 }; 3],
        },
    ]
}

fn named(name: &str) -> &'static Vocabulary {
    Vocabulary::named(name).expect("a built-in vocabulary")
}

fn beep() -> Beep {
    Beep {
        started: MediaTime::from_millis(7000),
        ended: MediaTime::from_millis(7250),
        hz: 999.6,
        second_hz: None,
        level: Dbm0(-12.0),
    }
}

fn after_beep() -> Outcome {
    let reason = ReadyReason::Beep { ended: beep().ended };
    Outcome {
        answered_at: MediaTime::from_millis(1000),
        beep: Some(beep()),
        ready: Some((MediaTime::from_millis(7300), reason)),
    }
}

fn of(fields: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    fields.iter().map(|&(name, value)| (name, value.to_owned())).collect()
}

#[test]
fn every_verdict_has_legal_words_everywhere() {
    let outcomes = [
        Outcome::default(),
        after_beep(),
        Outcome { ready: Some((MediaTime::ZERO, ReadyReason::Silence { silence: ms(2000) })), ..Outcome::default() },
        Outcome { ready: Some((MediaTime::ZERO, ReadyReason::Timeout { limit: ms(60_000) })), ..Outcome::default() },
    ];
    for words in Vocabulary::ALL {
        let legal = words.results();
        for answered_by in AnsweredBy::ALL {
            for cause in causes() {
                let verdict = verdict(answered_by, cause);
                for outcome in &outcomes {
                    let result = words.result(&verdict, outcome);
                    assert!(legal.contains(&result), "{}: {result}", words.name());
                }
                let why = words.cause(&verdict);
                let hung_up = matches!(cause, Cause::HungUp { .. });
                assert_eq!(why.is_empty(), hung_up && words.name() == "asterisk", "{}: {why}", words.name());
                assert!(why.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)), "{why}");
            }
        }
    }
}

#[test]
fn each_system_has_its_results() {
    let results = [
        ("asterisk", vec!["HUMAN", "MACHINE", "NOTSURE", "HANGUP"]),
        ("seanbright", vec!["HUMAN", "MACHINE", "NOTSURE"]),
        ("webitel", vec!["HUMAN", "MACHINE", "NOTSURE", "CANCEL"]),
        ("silviucpp", vec!["HUMAN", "MACHINE", "NOT_SURE", "CANCEL"]),
        ("w1ck3dza", vec!["HUMAN", "MACHINE", "NOTSURE"]),
        ("nexis", vec!["HUMAN", "MACHINE", "NOTSURE"]),
        ("twilio_enable", vec!["human", "machine_start", "unknown", "fax"]),
        (
            "twilio_detect_message_end",
            vec!["human", "unknown", "fax", "machine_end_beep", "machine_end_silence", "machine_end_other"],
        ),
    ];
    for (name, mut expected) in results {
        let mut given = named(name).results();
        given.sort_unstable();
        expected.sort_unstable();
        assert_eq!(given, expected, "{name}");
    }
}

#[test]
fn no_system_calls_a_possible_person_a_machine() {
    let fused_silence = Cause::InitialSilence { silence: ms(6000), limit: ms(6000) };
    for words in Vocabulary::ALL {
        let machine = |who, cause| {
            let given = words.result(&verdict(who, cause), &Outcome::default());
            given == words.result(&verdict(AnsweredBy::Announcement, causes()[1]), &Outcome::default())
        };
        assert!(!machine(AnsweredBy::Silence, fused_silence), "{}", words.name());
        for cause in causes() {
            for who in [AnsweredBy::Human, AnsweredBy::CallScreener, AnsweredBy::Unknown] {
                assert!(!machine(who, cause), "{} {who} {cause}", words.name());
            }
        }
    }
}

#[test]
fn asterisk_gets_its_exact_causes() {
    let causes = causes();
    let expected = [
        (AnsweredBy::Human, causes[0], "HUMAN", "HUMAN-800-800"),
        (AnsweredBy::Voicemail, causes[1], "MACHINE", "LONGGREETING-1500-1500"),
        (AnsweredBy::Voicemail, causes[2], "MACHINE", "MAXWORDS-3-2"),
        (AnsweredBy::Voicemail, causes[3], "MACHINE", "MAXWORDLENGTH-5000"),
        (AnsweredBy::Voicemail, causes[5], "MACHINE", "INITIALSILENCE-2500-2500"),
        (AnsweredBy::Unknown, causes[12], "NOTSURE", "TOOLONG-5000"),
        (AnsweredBy::Unknown, causes[13], "NOTSURE", "NOAUDIODATA-5000"),
        (AnsweredBy::Human, causes[14], "HANGUP", ""),
        (AnsweredBy::Silence, causes[5], "NOTSURE", "INITIALSILENCE-2500-2500"),
        (AnsweredBy::Voicemail, causes[0], "MACHINE", "SILENCEAFTERGREETING-800-800"),
        (AnsweredBy::Voicemail, causes[4], "MACHINE", "CADENCE-2-2400"),
        (AnsweredBy::Voicemail, causes[6], "MACHINE", "BEEP-1000-240"),
        (AnsweredBy::Sit(SitCode::NoCircuit), causes[7], "MACHINE", "SIT-NC"),
        (AnsweredBy::Fax, causes[8], "MACHINE", "FAX-CNG"),
        (AnsweredBy::Announcement, causes[9], "MACHINE", "TONE-BUSY"),
        (AnsweredBy::Ivr, causes[10], "MACHINE", "MUSIC-3000"),
        (AnsweredBy::Human, causes[11], "HUMAN", "CONVERSATION-2-700"),
    ];
    for (who, cause, status, why) in expected {
        let fields = named("asterisk").spell(&verdict(who, cause), &after_beep());
        assert_eq!(fields, of(&[("AMDSTATUS", status), ("AMDCAUSE", why)]));
    }
}

#[test]
fn each_fork_of_mod_amd_gets_its_spelling() {
    let causes = causes();
    let person = verdict(AnsweredBy::Human, causes[0]);
    let silence = verdict(AnsweredBy::Voicemail, causes[5]);
    let greeting = verdict(AnsweredBy::Voicemail, causes[1]);
    let unsure = verdict(AnsweredBy::Unknown, causes[12]);
    let gone = verdict(AnsweredBy::Unknown, causes[14]);
    let expected = [
        ("seanbright", ["HUMAN HUMAN", "MACHINE INITIALSILENCE", "MACHINE LONGGREETING", "NOTSURE TOOLONG"]),
        (
            "webitel",
            ["HUMAN SILENCEAFTERGREETING", "MACHINE INITIALSILENCE", "MACHINE LONGGREETING", "NOTSURE TOOLONG"],
        ),
        (
            "silviucpp",
            ["HUMAN SILENCE_AFTER_GREETING", "MACHINE INITIAL_SILENCE", "MACHINE LONG_GREETING", "NOT_SURE TOO_LONG"],
        ),
        ("w1ck3dza", ["HUMAN HUMAN", "MACHINE INITIALSILENCE", "MACHINE LONGGREETING", "NOTSURE TOOLONG"]),
        ("nexis", ["HUMAN SILENCEAFTERGREETING", "HUMAN INITIALSILENCE", "MACHINE LONGGREETING", "NOTSURE TOOLONG"]),
    ];
    for (name, spelled) in expected {
        let words = named(name);
        let both = |v: &Verdict| format!("{} {}", words.result(v, &Outcome::default()), words.cause(v));
        assert_eq!([&person, &silence, &greeting, &unsure].map(both), spelled, "{name}");
        let cancel = matches!(name, "webitel" | "silviucpp");
        assert_eq!(both(&gone), if cancel { "CANCEL CANCEL" } else { "NOTSURE TOOLONG" }, "{name}");
    }
    let long = [causes[2], causes[3]].map(|cause| named("silviucpp").cause(&verdict(AnsweredBy::Voicemail, cause)));
    assert_eq!(long, ["MAX_WORDS", "MAX_WORD_LENGTH"]);
}

#[test]
fn mod_amd_is_told_of_the_beep() {
    let machine = verdict(AnsweredBy::Voicemail, causes()[1]);
    for name in ["seanbright", "webitel", "silviucpp", "w1ck3dza", "nexis"] {
        let heard = named(name).spell(&machine, &after_beep());
        assert_eq!(heard[2..], of(&[("amd_beep_detected", "true"), ("amd_beep_time_ms", "6250")]), "{name}");
        let unheard = named(name).spell(&machine, &Outcome::default());
        assert_eq!(unheard[2..], of(&[("amd_beep_detected", "false")]), "{name}");
    }
    let elsewhere = Outcome { beep: None, ..after_beep() };
    let fields = named("webitel").spell(&machine, &elsewhere);
    assert!(fields.contains(&("amd_beep_time_ms", "6250".to_owned())), "a beep that another detector heard counts too");
}

#[test]
fn freeswitch_modules_fire_their_events_and_hooks() {
    let outcome = Outcome::default();
    let machine = verdict(AnsweredBy::Voicemail, causes()[1]);
    let headers = || of(&[("AMD-Result", "MACHINE"), ("AMD-Cause", "LONGGREETING")]);
    assert_eq!(named("seanbright").event(&machine, &outcome), None);
    assert_eq!(named("webitel").event(&machine, &outcome), Some(("amd::info", vec![])));
    assert_eq!(named("silviucpp").event(&machine, &outcome), Some(("mod_amd::info", vec![])));
    assert_eq!(named("w1ck3dza").event(&machine, &outcome), Some(("amd::result", headers())));
    assert_eq!(named("nexis").event(&machine, &outcome), Some(("amd", headers())));
    let hook = |name, who, cause| named(name).hook(&verdict(who, cause), &outcome);
    assert_eq!(hook("webitel", AnsweredBy::Human, causes()[0]), Some("amd_on_human"));
    assert_eq!(hook("nexis", AnsweredBy::Fax, causes()[8]), Some("amd_on_machine"));
    assert_eq!(hook("silviucpp", AnsweredBy::CallScreener, causes()[4]), Some("mod_amd_on_not_sure"));
    assert_eq!(hook("webitel", AnsweredBy::Unknown, causes()[14]), None, "a call that ended runs nothing");
    assert_eq!(hook("asterisk", AnsweredBy::Human, causes()[0]), None);
}

#[test]
fn twilio_hears_how_the_message_ended() {
    let machine = verdict(AnsweredBy::Voicemail, causes()[1]);
    let (start, end) = (named("twilio_enable"), named("twilio_detect_message_end"));
    let fields = |by, duration| of(&[("AnsweredBy", by), ("MachineDetectionDuration", duration)]);
    assert_eq!(start.spell(&machine, &after_beep()), fields("machine_start", "2120"));
    assert_eq!(end.spell(&machine, &after_beep()), fields("machine_end_beep", "6300"));
    let ready = |reason| Outcome { ready: Some((MediaTime::from_millis(9000), reason)), ..after_beep() };
    let silence = ready(ReadyReason::Silence { silence: ms(2000) });
    assert_eq!(end.spell(&machine, &silence), fields("machine_end_silence", "8000"));
    let timeout = ready(ReadyReason::Timeout { limit: ms(60_000) });
    assert_eq!(end.spell(&machine, &timeout), fields("machine_end_other", "8000"));
    assert_eq!(end.result(&machine, &Outcome::default()), "machine_end_other");
    assert!(end.waits_for_message_end(&machine) && !start.waits_for_message_end(&machine));

    for (who, cause, word) in [
        (AnsweredBy::Human, causes()[0], "human"),
        (AnsweredBy::Fax, causes()[8], "fax"),
        (AnsweredBy::Silence, causes()[5], "unknown"),
        (AnsweredBy::Voicemail, causes()[5], "unknown"),
        (AnsweredBy::CallScreener, causes()[4], "unknown"),
        (AnsweredBy::Unknown, causes()[12], "unknown"),
        (AnsweredBy::Human, causes()[14], "unknown"),
    ] {
        let other = verdict(who, cause);
        assert_eq!((start.result(&other, &after_beep()), end.result(&other, &after_beep())), (word, word));
        assert!(!end.waits_for_message_end(&other));
    }
}

#[test]
fn our_own_words_say_all() {
    let own = named("offhook");
    let machine = verdict(AnsweredBy::Voicemail, causes()[1]);
    let expected = of(&[
        ("answered_by", "voicemail"),
        ("confidence", "0.750"),
        ("stage", "final"),
        ("cause", "long_greeting"),
        ("cause_detail", "long_greeting 1.50s>=1.50s"),
        ("verdict_ms", "2120"),
        ("beep_detected", "true"),
        ("beep_ms", "6250"),
        ("beep_hz", "1000"),
        ("ready", "beep"),
        ("ready_ms", "6300"),
    ]);
    assert_eq!(own.spell(&machine, &after_beep()), expected);
    let sit = verdict(AnsweredBy::Sit(SitCode::VacantCode), Cause::Sit { code: SitCode::VacantCode });
    assert!(own.spell(&sit, &Outcome::default()).contains(&("sit_code", "VC".to_owned())));
    for cause in causes() {
        assert_eq!(own.cause(&verdict(AnsweredBy::Human, cause)), cause.word());
    }
}

#[test]
fn an_outcome_is_gathered_from_events() {
    let mut outcome = Outcome::default();
    let at = MediaTime::from_millis;
    let later = Beep { started: at(20_000), ended: at(20_300), ..beep() };
    for (millis, kind) in [
        (400, EventKind::BeepEnded(Beep { ended: at(300), ..beep() })),
        (1000, EventKind::Answered),
        (7300, EventKind::BeepEnded(beep())),
        (7300, EventKind::ReadyToRecord(ReadyReason::Beep { ended: beep().ended })),
        (20_400, EventKind::BeepEnded(later)),
        (21_000, EventKind::MusicStarted),
    ] {
        outcome.note(&Event { at: at(millis), kind });
    }
    assert_eq!(outcome, after_beep());
}

#[test]
fn names_are_unique_and_found() {
    for words in Vocabulary::ALL {
        assert_eq!(Vocabulary::ALL.iter().filter(|other| other.name() == words.name()).count(), 1);
        assert_eq!(named(words.name()).about(), words.about());
        assert!(!words.about().is_empty());
    }
    assert!(Vocabulary::named("").is_none());
}
