//! What sounds when is what the spans say, and composed speech is one speaker's.

#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

use offhook_audio::Dbm0;
use offhook_sim::line::{Encoding, Line};
use offhook_sim::noise::{NoiseKind, noise};
use offhook_sim::signal::{from_pcm, mean_square};
use offhook_sim::texts::SpeechKind;
use offhook_sim::{CallSet, Course, Label, Lines, Random, SimConfig, Simulator, Sound, Utterance, VoiceBank};
use std::collections::BTreeSet;

fn simulator(set: CallSet, lines: Lines, variety: bool) -> Simulator {
    Simulator::new(SimConfig { set, seed: 21, lines, variety, early_media: 0.3, ..SimConfig::default() }).unwrap()
}

#[test]
fn what_sounds_is_inside_the_spans_and_nothing_is_outside() {
    for variety in [false, true] {
        for call in simulator(CallSet::All, Lines::Fixed(Line::clean(Encoding::Linear)), variety).calls(60) {
            let mut outside = from_pcm(&call.samples);
            for span in &call.spans {
                assert!(span.start < span.end && span.end <= call.samples.len(), "{} {span:?}", call.id);
                assert!(mean_square(&outside[span.start..span.end]) > 1e-6, "{} {span:?}", call.id);
                outside[span.start..span.end].fill(0.0);
            }
            let loudest = outside.chunks(80).map(mean_square).fold(0.0, f32::max);
            assert!(Dbm0::from_mean_square(loudest).0 < -45.0, "{} {loudest}", call.id);
            let ordered = call.spans.windows(2).all(|pair| pair[0].end <= pair[1].start);
            assert!(ordered, "{} {:?}", call.id, call.spans);
        }
    }
}

#[test]
fn the_sounds_are_those_of_the_label() {
    for call in simulator(CallSet::All, Lines::Varied, true).calls(80) {
        let sounds: BTreeSet<Sound> = call.spans.iter().map(|span| span.sound).collect();
        let has = |sound| sounds.contains(&sound);
        match call.truth.label {
            Label::Human => assert!(has(Sound::LiveVoice) && !has(Sound::RecordedVoice)),
            Label::Voicemail => {
                assert!(has(Sound::RecordedVoice) && !has(Sound::LiveVoice));
                assert!(call.truth.beep_start_ms.is_none_or(|_| has(Sound::Tone)));
            }
            Label::Ivr | Label::Announcement | Label::Screener => {
                assert!(has(Sound::MenuOrAnnouncement) && !has(Sound::LiveVoice));
            }
            Label::Sit | Label::Fax => assert!(has(Sound::Tone) && !has(Sound::LiveVoice)),
            Label::Music => assert!(has(Sound::Music) && !has(Sound::LiveVoice)),
            Label::Silence => assert!(!has(Sound::LiveVoice) && !has(Sound::Music)),
        }
    }
}

/// A bank of four speakers, each with pieces of 0.4 to 2.3 s.
fn bank() -> VoiceBank {
    let mut bank = VoiceBank::builtin();
    let mut random = Random::new(1);
    for speaker in 0..4 {
        for piece in 0..20 {
            let samples = noise(NoiseKind::Pink, 3200 + 800 * piece, Dbm0(-20.0), &mut random);
            let piece = Utterance::new(&samples, format!("s{speaker}"), "here".into(), format!("s{speaker}"));
            bank.add_piece(&SpeechKind::ALL, &piece);
        }
    }
    bank
}

#[test]
fn composed_speech_is_one_speakers_and_as_long_as_its_kind() {
    let bank = bank();
    let mut random = Random::new(2);
    let lengths = |kind: SpeechKind, random: &mut Random| -> Vec<f64> {
        let spoken: Vec<Utterance> = (0..60).map(|_| bank.speak(kind, random)).collect();
        for utterance in &spoken {
            let speakers: BTreeSet<&str> = utterance.text.split(' ').collect();
            assert_eq!(speakers.into_iter().collect::<Vec<_>>(), [utterance.speaker.as_str()]);
        }
        spoken.iter().map(Utterance::seconds).collect()
    };
    for (kind, least, most) in [
        (SpeechKind::HumanShort, 0.35, 1.6),
        (SpeechKind::HumanBusiness, 1.5, 3.6),
        (SpeechKind::VoicemailPersonal, 3.0, 16.5),
        (SpeechKind::IvrMenu, 4.0, 26.0),
        (SpeechKind::Announcement, 1.0, 6.5),
    ] {
        let lengths = lengths(kind, &mut random);
        assert!(lengths.iter().all(|length| (least..=most).contains(length)), "{kind} {lengths:?}");
        let middle = least * (most / least).sqrt();
        let short = lengths.iter().filter(|length| **length < middle).count();
        assert!((15..50).contains(&short), "{kind} {short}");
    }
}

#[test]
fn announcements_are_often_short_and_sometimes_said_twice() {
    let courses = vec![(Course::Announcement, 1)];
    let config = SimConfig { courses, voices: bank(), variety: true, seed: 3, ..SimConfig::default() };
    let (mut short, mut longer_call) = (0, 0);
    for call in Simulator::new(config).unwrap().calls(60) {
        assert_eq!(call.truth.label, Label::Announcement);
        let once = call.truth.greeting_end_ms.unwrap() - call.truth.speech_start_ms.unwrap();
        short += u32::from(once < 3000);
        let last = call.spans.last().unwrap().end as u32 / 8;
        longer_call += u32::from(last > call.truth.greeting_end_ms.unwrap() + 300);
    }
    assert!((20..55).contains(&short) && (10..35).contains(&longer_call), "{short} {longer_call}");
}

#[test]
fn variety_repeats_by_seed_and_changes_the_voices() {
    let make = |variety| -> Vec<_> {
        let line = Lines::Fixed(Line::clean(Encoding::Ulaw));
        simulator(CallSet::All, line, variety).calls(6).map(|call| call.samples).collect()
    };
    assert_eq!(make(true), make(true));
    assert_ne!(make(true), make(false));
}
