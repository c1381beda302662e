//! Labelled calls of one's own: read, dealt, changed, and made into examples; and examples kept in files.

#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

use offhook_audio::Dbm0;
use offhook_media::{WavEncoding, wav_bytes};
use offhook_sim::formant::FormantVoice;
use offhook_sim::signal::{from_pcm, to_pcm};
use offhook_sim::tones::Beep;
use offhook_sim::{Label, Random};
use offhook_train::Augmentation;
use offhook_train::data::{
    ChannelProbe, Class, Copies, DataError, Generation, LabelledCalls, Part, Shares, VoiceOptions, Voices,
};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

/// Half a second of nothing, something said, a second of nothing.
fn said(text: &str, seed: u64) -> Vec<i16> {
    let mut random = Random::new(seed);
    let voice = FormantVoice::drawn(&mut random).speak(text, &mut random);
    [vec![0; 4000], to_pcm(&voice), vec![0; 8000]].concat()
}

fn write(path: &Path, samples: &[i16]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, wav_bytes(samples, WavEncoding::Ulaw)).unwrap();
}

fn copies(augmentation: Augmentation) -> Copies {
    Copies {
        augmentation,
        copies: 6,
        noises: vec![vec![0.01; 100].into()],
        longest: Duration::from_secs(6),
        keep_samples: true,
        seed: 4,
    }
}

#[test]
fn a_table_gives_calls_with_the_class_of_their_label() {
    let folder = tempfile::tempdir().unwrap();
    let beep = to_pcm(&Beep::default().samples());
    let greeting = said("Please leave a message after the tone.", 2);
    let mailbox = [greeting.clone(), beep, vec![0; 8000]].concat();
    write(&folder.path().join("person.wav"), &said("Hello, this is Anna speaking.", 1));
    write(&folder.path().join("mailbox.wav"), &mailbox);
    let (start, end) = (greeting.len() / 8, greeting.len() / 8 + 400);
    let table = format!(
        "path,label,beep_start_ms,beep_end_ms,answered_ms,speaker\n\
         person.wav,human,,,,anna\nmailbox.wav,VOICEMAIL,{start},{end},100,\nnone.wav,human,,,,\n\
         person.wav,dog,,,,\nperson.wav,human,soon,,,\n"
    );
    let path = folder.path().join("calls.csv");
    std::fs::write(&path, table).unwrap();
    let read = LabelledCalls::of_table(&path, false).unwrap();
    assert_eq!((read.calls.len(), read.skipped.len()), (2, 3));
    assert!(read.skipped[0].contains("none.wav: cannot be decoded"), "{}", read.skipped[0]);
    assert!(
        read.skipped[1].contains("line 5: label: given \"dog\", allowed is human, voicemail"),
        "{}",
        read.skipped[1]
    );
    assert!(
        read.skipped[2].contains("line 6: beep_start_ms: given \"soon\", allowed is a time"),
        "{}",
        read.skipped[2]
    );
    assert!(LabelledCalls::of_table(&path, true).is_err());

    let [person, mailbox] = [&read.calls[0], &read.calls[1]].map(|call| call.example(Duration::from_secs(20), true));
    let share = |targets: &[u8], class: Class| {
        targets.iter().filter(|target| **target == class as u8).count() as f64 / targets.len() as f64
    };
    let voiced = 50..person.hops() - 100;
    assert!(share(&person.targets[voiced], Class::LiveVoice) > 0.8, "{:?}", person.targets);
    assert!(person.targets[..45].iter().all(|target| *target == 0));
    assert!((45..60).contains(&person.first_speech.unwrap()));
    assert_eq!((mailbox.label, mailbox.machine()), (Label::Voicemail, Some(true)));
    // The first 100 ms came before the answer.
    let beep = start / 10 - 9..end / 10 - 11;
    assert_eq!(share(&mailbox.targets[beep], Class::Tone), 1.0);
    assert!(mailbox.targets.contains(&(Class::RecordedVoice as u8)) && !mailbox.targets.contains(&1));
}

#[test]
fn folders_are_labels_and_splits_keep_speakers_together() {
    let folder = tempfile::tempdir().unwrap();
    for label in ["human", "ivr", "holiday"] {
        for number in 0..10 {
            write(&folder.path().join(label).join(format!("{number}.wav")), &said("Hello?", number));
        }
    }
    let mut read = LabelledCalls::of_folder(folder.path(), false).unwrap();
    assert_eq!((read.calls.len(), read.skipped.len()), (20, 1));
    assert!(read.skipped[0].contains("holiday, allowed is human, voicemail, ivr"), "{}", read.skipped[0]);
    assert!(matches!(LabelledCalls::of_folder(folder.path(), true), Err(DataError::Setting { .. })));
    for (number, call) in read.calls.iter_mut().enumerate() {
        call.speaker = format!("s{}", number / 2);
    }
    let parts = read.split(&Shares { train: 0.6, validation: 0.2, test: 0.2 }, 1).unwrap();
    assert_eq!(parts.each_ref().map(Vec::len), [12, 4, 4]);
    let speakers = parts.each_ref().map(|part| part.iter().map(|call| call.speaker.clone()).collect::<BTreeSet<_>>());
    assert_eq!(speakers.iter().map(BTreeSet::len).sum::<usize>(), 10);
    for part in &parts {
        assert_eq!(part.iter().map(|call| call.label).collect::<BTreeSet<_>>(), [Label::Human, Label::Ivr].into());
    }
}

#[test]
fn copies_change_what_they_are_told_to_and_repeat_by_seed() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("human/a.wav"), &said("Hello, who is there?", 5));
    let calls = LabelledCalls::of_folder(folder.path(), true).unwrap().calls;
    let none = Augmentation {
        noise_injection: 0.0,
        time_stretching: 0.0,
        pitch_shifting: 0.0,
        volume_scaling: 0.0,
        codec: 0.0,
        loss: 0.0,
        gain: 0.0,
        reverb: 0.0,
        ..Augmentation::default()
    };
    let plain = copies(none.clone()).make(&calls);
    assert_eq!(plain.len(), 7);
    assert!(plain.iter().all(|example| example.samples == plain[0].samples && example.targets == plain[0].targets));
    let length = |augmentation| copies(augmentation).make(&calls)[1].hops();
    assert_ne!(length(Augmentation { time_stretching: 1.0, ..none.clone() }), plain[0].hops());
    assert!(length(Augmentation { pitch_shifting: 1.0, ..none.clone() }).abs_diff(plain[0].hops()) <= 3);
    for one in [
        Augmentation { noise_injection: 1.0, ..none.clone() },
        Augmentation { volume_scaling: 1.0, ..none.clone() },
        Augmentation { codec: 1.0, ..none.clone() },
        Augmentation { loss: 1.0, ..none.clone() },
        Augmentation { gain: 1.0, ..none.clone() },
        Augmentation { reverb: 1.0, ..none },
    ] {
        let made = copies(one.clone()).make(&calls);
        assert_eq!(made, copies(one.clone()).make(&calls));
        assert_eq!(made[0], plain[0]);
        let changed = made[1..].iter().filter(|example| example.samples != plain[0].samples).count();
        assert!(changed > 0, "{one:?}");
        assert!(
            made.iter().all(|example| example.hops() == plain[0].hops() && example.targets.contains(&1)),
            "{one:?}"
        );
    }
}

#[test]
fn a_cache_gives_what_was_made_and_notices_other_settings() {
    let folder = tempfile::tempdir().unwrap();
    let voices = Voices::default();
    let generation = Generation { keep_samples: true, ..Generation::new(Part::Train, Duration::from_secs(30), 3) };
    let files = || std::fs::read_dir(folder.path()).unwrap().count();
    let made = generation.make_cached(&voices, folder.path(), &|_, _| {}).unwrap();
    assert_eq!(files(), 1);
    assert_eq!(generation.make_cached(&voices, folder.path(), &|_, _| {}).unwrap(), made);
    assert_eq!(generation.make(&voices, &|_, _| {}).unwrap(), made);
    let other = Generation { seed: 4, ..generation };
    assert_ne!(other.make_cached(&voices, folder.path(), &|_, _| {}).unwrap(), made);
    assert_eq!(files(), 2);
}

/// Prompts that are louder and darker than people give themselves away; the probe must say so. Without a difference it
/// finds none.
#[test]
fn the_probe_finds_a_channel_that_gives_the_class_away() {
    let folder = tempfile::tempdir().unwrap();
    let calls = |louder: f32| {
        for number in 0..40 {
            let machine = number % 2 == 1;
            let name = format!("{}/{number}.wav", if machine { "ivr" } else { "human" });
            let mut random = Random::new(number);
            let mut samples = from_pcm(&said("Hello, this is somebody speaking.", number));
            let level = random.between(-60.0..-50.0) as f32 + if machine { louder } else { 0.0 };
            let background = offhook_sim::noise::NoiseKind::Pink;
            let noise = offhook_sim::noise::noise(background, samples.len(), Dbm0(level), &mut random);
            samples.iter_mut().zip(noise).for_each(|(sample, noise)| *sample += noise);
            write(&folder.path().join(name), &to_pcm(&samples));
        }
        let read = LabelledCalls::of_folder(folder.path(), true).unwrap().calls;
        read.iter().map(|call| call.example(Duration::from_secs(9), false)).collect::<Vec<_>>()
    };
    let auc = |louder| {
        let examples = calls(louder);
        let (train, held_out): (Vec<_>, Vec<_>) = examples.into_iter().enumerate().partition(|(at, _)| at % 4 < 2);
        let [train, held_out] = [train, held_out].map(|part| part.into_iter().map(|(_, it)| it).collect::<Vec<_>>());
        ChannelProbe::measure(&train, &held_out).unwrap().background.auc
    };
    let (different, same) = (auc(15.0), auc(0.0));
    assert!(different > 0.9 && (0.2..0.8).contains(&same), "{different} {same}");
    assert!(ChannelProbe::measure(&[], &[]).is_err());
}

#[test]
fn voices_without_recordings_are_refused() {
    let options = VoiceOptions { shares: Shares { train: 2.0, ..Shares::default() }, ..VoiceOptions::new("none.csv") };
    assert!(matches!(Voices::load(&options), Err(DataError::Setting { field: "shares", .. })));
}
