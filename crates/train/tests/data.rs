//! Voices are dealt by speaker, examples are what a detector hears, and batches follow from a seed.

#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

use offhook_audio::{Dbm0, HOP};
use offhook_detect::analysers::{EMPTY, MELS};
use offhook_media::{WavEncoding, wav_bytes};
use offhook_sim::noise::{NoiseKind, noise};
use offhook_sim::signal::{from_pcm, mean_square, to_pcm};
use offhook_sim::texts::SpeechKind;
use offhook_sim::{Label, Random};
use offhook_train::data::{
    CropConfig, DataError, Example, Generation, IGNORED, Part, Sampler, VoiceOptions, Voices, frames_of,
};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

/// A table of 20 people and 3 prompt voices, each with a few recordings of 0.5 to 6 s.
fn write_voices(folder: &Path) -> std::path::PathBuf {
    let mut table = "path,label,sublabel,source,speaker,language,text\n".to_owned();
    let mut random = Random::new(1);
    let mut write = |label: &str, sublabel: &str, source: &str, speaker: &str, seconds: f64| {
        let said = noise(NoiseKind::Pink, (seconds * 8000.0) as usize, Dbm0(-22.0), &mut random);
        let name = format!("{}.wav", table.lines().count());
        let samples = [vec![0; 4000], to_pcm(&said), vec![0; 4000]].concat();
        std::fs::write(folder.join(&name), wav_bytes(&samples, WavEncoding::Ulaw)).unwrap();
        table += &format!("{name},{label},{sublabel},{source},{speaker},en,\n");
    };
    for speaker in 0..20 {
        let source = if speaker < 12 { "phones" } else { "microphones" };
        let sublabel = if speaker < 12 { "phone_word" } else { "word" };
        for seconds in [0.5, 0.9] {
            write("human_short", sublabel, source, &format!("p{speaker}"), seconds);
        }
        for seconds in [1.7, 2.6, 3.3] {
            write("human_long", "sentence", source, &format!("p{speaker}"), seconds);
        }
    }
    for (speaker, lengths) in [("Ann", &[1.1, 2.2, 3.3, 6.0][..]), ("Bea", &[1.0, 2.0, 3.0]), ("Cas", &[1.2, 2.3])] {
        for seconds in lengths {
            write("ivr_prompt", "prompt", &format!("studio-{speaker}"), speaker, *seconds);
        }
    }
    write("noise", "tap", "sounds", "", 5.0);
    write("music", "hold", "sounds", "", 5.0);
    write("beep", "beep", "sounds", "", 1.0);
    let path = folder.join("voices.csv");
    std::fs::write(&path, table).unwrap();
    path
}

fn voices() -> &'static Voices {
    static VOICES: OnceLock<Voices> = OnceLock::new();
    VOICES.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        Voices::load(&VoiceOptions::new(write_voices(folder.path()))).unwrap()
    })
}

fn generation(part: Part) -> Generation {
    Generation { keep_samples: true, ..Generation::new(part, Duration::from_secs(300), 7) }
}

fn examples() -> &'static [Example] {
    static EXAMPLES: OnceLock<Vec<Example>> = OnceLock::new();
    EXAMPLES.get_or_init(|| generation(Part::Train).make(voices(), &|_, _| {}).unwrap())
}

#[test]
fn no_speaker_is_in_two_parts_and_every_part_has_people_and_prompts() {
    let voices = voices();
    assert_eq!((voices.noises.len(), voices.music.len(), voices.skipped.len()), (1, 1, 0));
    let of = |part| -> BTreeSet<&str> { voices.speakers().filter(|it| it.2 == part).map(|it| it.1).collect() };
    let parts = Part::ALL.map(of);
    assert_eq!(parts.iter().map(BTreeSet::len).sum::<usize>(), 23);
    assert!(parts[0].contains("Ann") && parts[0].len() >= 14, "{parts:?}");
    for part in &parts[1..] {
        assert!(part.iter().any(|it| it.starts_with('p')) && part.iter().any(|it| !it.starts_with('p')), "{parts:?}");
    }
    for part in Part::ALL {
        let bank = voices.bank(part);
        let mut random = Random::new(3);
        for kind in SpeechKind::ALL {
            for _ in 0..20 {
                let said = bank.speak(kind, &mut random);
                let its = voices.part(&said.source, &said.speaker);
                assert!(its == Some(part) || said.source == "builtin", "{kind} {said:?}");
            }
        }
    }
    assert!(voices.bank(Part::Train).is_telephone("phones") && !voices.bank(Part::Train).is_telephone("microphones"));
}

#[test]
fn calls_of_a_part_have_its_voices_and_repeat_by_seed() {
    for part in [Part::Train, Part::Validation] {
        let made = generation(part).make(voices(), &|done, all| assert!(done <= all)).unwrap();
        assert!(made.iter().map(Example::hops).sum::<usize>() >= 30_000);
        for example in made.iter().filter(|example| !matches!(example.source.as_str(), "builtin")) {
            assert_eq!(voices().part(&example.source, &example.speaker), Some(part), "{}", example.speaker);
            assert_eq!(example.language, "en");
        }
        if part == Part::Train {
            assert_eq!(made, examples());
        }
    }
}

#[test]
fn examples_are_what_a_detector_hears() {
    for example in examples() {
        let samples = example.samples.as_ref().unwrap();
        assert_eq!((example.hops(), example.frames.len()), (samples.len() / HOP, samples.len() / HOP));
        let exact = frames_of(samples);
        let mut kept = vec![0.0; exact.len()];
        example.frames.copy(0, &mut kept);
        assert!(kept.iter().zip(&exact).all(|(a, b)| (a - b).abs() < 6.2e-5));
        // Frames look back only.
        assert_eq!(frames_of(&samples[..100 * HOP]), exact[..100 * MELS]);
        assert_eq!(example.machine(), (example.label != Label::Silence).then_some(example.label != Label::Human));
        let first = example.targets.iter().position(|target| (1..=3).contains(target));
        assert_eq!(example.first_speech, first.map(|hop| hop as u32));
        assert_eq!(example.label == Label::Human, example.targets.contains(&1), "{}", example.label);
    }
}

#[test]
fn speech_is_louder_than_what_lies_between() {
    let clean = examples().iter().filter(|example| example.line == "clean" && example.label == Label::Human);
    let mut checked = 0;
    for example in clean {
        let samples = from_pcm(example.samples.as_ref().unwrap());
        let power = |speaks: bool| {
            let hops = example.targets.iter().zip(samples.chunks(HOP));
            let chosen: Vec<f32> =
                hops.filter(|(t, _)| (**t == 1) == speaks).map(|(_, hop)| mean_square(hop)).collect();
            chosen.iter().sum::<f32>() / chosen.len().max(1) as f32
        };
        assert!(power(true) > 100.0 * power(false), "{} {}", power(true), power(false));
        checked += 1;
    }
    assert!(checked > 3, "{checked}");
}

#[test]
fn batches_hold_every_example_once_an_epoch() {
    let sampler = Sampler::new(examples(), CropConfig { batch: 8, ..CropConfig::default() }, 5).unwrap();
    let epoch: Vec<_> = sampler.epoch(0).collect();
    assert_eq!(epoch.len(), sampler.batches());
    assert!(epoch == sampler.epoch(0).collect::<Vec<_>>() && epoch != sampler.epoch(1).collect::<Vec<_>>());
    let mut seen: Vec<usize> = epoch.iter().flat_map(|crops| crops.examples.clone()).collect();
    seen.sort_unstable();
    assert_eq!(seen, (0..examples().len()).collect::<Vec<_>>());
}

#[test]
fn what_cannot_be_read_is_told_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = write_voices(folder.path());
    std::fs::write(folder.path().join("1.wav"), b"no sound").unwrap();
    let lenient = Voices::load(&VoiceOptions::new(&path)).unwrap();
    assert!(lenient.skipped.len() == 1 && lenient.skipped[0].contains("1.wav: cannot be decoded"));
    let strict = VoiceOptions { strict: true, ..VoiceOptions::new(&path) };
    assert!(matches!(Voices::load(&strict), Err(DataError::Media { .. })));
    std::fs::write(&path, "file,label\n").unwrap();
    let error = Voices::load(&VoiceOptions::new(&path)).unwrap_err().to_string();
    assert!(error.ends_with("no column path: given are the columns file,label, needed are path, label"), "{error}");
    std::fs::write(&path, "path,label\n1.wav,unheard_of\n").unwrap();
    let error = Voices::load(&VoiceOptions::new(&path)).unwrap_err().to_string();
    assert!(error.starts_with("voices: given no usable row"), "{error}");
    let missing = Voices::load(&VoiceOptions::new(folder.path().join("none.csv"))).unwrap_err().to_string();
    assert!(missing.ends_with("none.csv: cannot be read"), "{missing}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(20) })]

    #[test]
    fn crops_show_calls_as_they_are(
        seed: u64,
        batch in 1usize..9,
        shortest in 1usize..600,
        more in 0usize..1000,
        from_start in 0f64..=1.0,
        latest in 0usize..2000,
    ) {
        let config = CropConfig { batch, shortest, longest: shortest + more, from_start, latest };
        let sampler = Sampler::new(examples(), config, seed).unwrap();
        for crops in sampler.epoch(seed).take(3) {
            prop_assert!((shortest..=shortest + more).contains(&crops.time));
            prop_assert_eq!(crops.frames.len(), crops.sequences * crops.time * MELS);
            prop_assert_eq!(crops.targets.len(), crops.sequences * crops.time);
            for (row, at) in crops.examples.iter().enumerate() {
                let targets = &crops.targets[row * crops.time..][..crops.time];
                let there = targets.iter().position(|target| *target == IGNORED).unwrap_or(crops.time);
                prop_assert!(there > 0 && targets[there..].iter().all(|target| *target == IGNORED));
                let whole = &examples()[*at].targets;
                prop_assert!(whole.windows(there).any(|part| part == &targets[..there]));
                let frames = &crops.frames[row * crops.time * MELS..][..crops.time * MELS];
                prop_assert!(frames[there * MELS..].iter().all(|value| *value == EMPTY));
            }
        }
    }
}

#[test]
fn samplers_say_what_is_allowed() {
    let refused = |config| Sampler::new(&[], config, 1).unwrap_err().to_string();
    let config = CropConfig::default();
    assert_eq!(refused(CropConfig { batch: 0, ..config }), "crops.batch: given 0, allowed is 1 or more");
    assert!(refused(CropConfig { shortest: 900, ..config }).starts_with("crops.shortest: given 900 to 800 hops"));
    assert!(refused(CropConfig { from_start: 1.5, ..config }).ends_with("given 1.5, allowed is 0 to 1"));
}
