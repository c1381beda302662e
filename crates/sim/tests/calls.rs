//! Calls are repeatable, and what is said to be true of them is.

#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

use offhook_audio::tones::Country;
use offhook_sim::line::{Encoding, Line, LineNoise, NoiseSource};
use offhook_sim::noise::NoiseKind;
use offhook_sim::packets::Loss;
use offhook_sim::signal::{from_pcm, mean_square, power_at};
use offhook_sim::texts::SpeechKind;
use offhook_sim::{CallSet, Label, Lines, Recording, SimCall, SimConfig, SimError, Simulator, VoiceBank};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn simulator(set: CallSet, seed: u64) -> Simulator {
    Simulator::new(SimConfig { set, seed, ..SimConfig::default() }).unwrap()
}

fn clean(set: CallSet, early_media: f64) -> Simulator {
    let lines = Lines::Fixed(Line::clean(Encoding::Linear));
    Simulator::new(SimConfig { set, seed: 11, lines, early_media, ..SimConfig::default() }).unwrap()
}

/// FNV-1a over everything that a call consists of.
fn hash(calls: &[SimCall]) -> u64 {
    let mut bytes = Vec::new();
    for call in calls {
        bytes.extend(call.samples.iter().flat_map(|sample| sample.to_le_bytes()));
        bytes.extend(format!("{:?} {:?} {:?}", call.truth, call.line, call.missing).bytes());
    }
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Samples between two times, ±1.
fn between(call: &SimCall, start_ms: u32, end_ms: u32) -> Vec<f32> {
    from_pcm(&call.samples[start_ms as usize * 8..end_ms as usize * 8])
}

#[test]
fn the_same_seed_gives_the_same_bytes_in_any_order() {
    let forward: Vec<SimCall> = simulator(CallSet::All, 5).calls(12).collect();
    let other = simulator(CallSet::All, 5);
    let mut backward: Vec<SimCall> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..12)
            .rev()
            .map(|index| {
                scope.spawn({
                    let other = &other;
                    move || other.call(index)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    backward.reverse();
    assert_eq!(hash(&forward), hash(&backward));
    let different: Vec<SimCall> = simulator(CallSet::All, 6).calls(12).collect();
    assert_ne!(hash(&forward), hash(&different));
}

#[test]
fn every_set_yields_its_labels() {
    for set in CallSet::ALL {
        let simulator = simulator(set, 1);
        let labels: BTreeSet<Label> = (0..1000).map(|index| simulator.label(index)).collect();
        assert_eq!(labels.into_iter().collect::<Vec<_>>(), set.labels(), "{set}");
        for (index, call) in simulator.calls(4).enumerate() {
            assert_eq!(call.truth.label, simulator.label(index as u64), "{}", call.id);
        }
    }
}

#[test]
fn beeps_lie_where_the_truth_says() {
    for call in clean(CallSet::StandardVoicemail, 0.0).calls(40) {
        let truth = &call.truth;
        let (start, end) = (truth.beep_start_ms.unwrap(), truth.beep_end_ms.unwrap());
        let beep = between(&call, start, end);
        assert!((80..=3000).contains(&(end - start)), "{truth:?}");
        assert!(power_at(&beep, truth.beep_hz.unwrap()) > 0.3 * mean_square(&beep), "{truth:?}");
        assert!(mean_square(&beep[beep.len() / 4..beep.len() * 3 / 4]) > 1e-4, "{truth:?}");
        let gap = between(&call, truth.greeting_end_ms.unwrap(), start);
        assert!(gap.iter().all(|sample| *sample == 0.0), "{truth:?}");
        assert!(between(&call, end, end + 1000).iter().all(|sample| *sample == 0.0), "{truth:?}");
        let edge = |part: &[f32]| part.iter().any(|sample| sample.abs() > 1e-4);
        assert!(edge(&beep[..160]) && edge(&beep[beep.len() - 160..]), "{truth:?}");
    }
}

#[test]
fn speech_lies_where_the_truth_says() {
    for call in clean(CallSet::LiveAnswers, 0.0).calls(40) {
        let truth = &call.truth;
        let (start, end) = (truth.speech_start_ms.unwrap(), truth.speech_end_ms.unwrap());
        assert!(between(&call, 0, start).iter().all(|sample| *sample == 0.0), "{truth:?}");
        assert!(mean_square(&between(&call, start, start + 20)) > 1e-8, "{truth:?}");
        assert!(mean_square(&between(&call, end - 20, end)) > 1e-8, "{truth:?}");
        assert!(between(&call, end, end + 1000).iter().all(|sample| *sample == 0.0), "{truth:?}");
        assert_eq!((truth.greeting_end_ms, truth.beep_start_ms, truth.answered_ms), (None, None, Some(0)));
    }
}

#[test]
fn mailboxes_without_a_beep_have_none() {
    for call in clean(CallSet::ModernVoicemail, 0.0).calls(20) {
        let truth = &call.truth;
        assert_eq!((truth.label, truth.beep_start_ms, truth.beep_hz), (Label::Voicemail, None, None));
        let end = truth.greeting_end_ms.unwrap() as usize * 8;
        assert!(call.samples[end..].iter().all(|sample| *sample == 0) && call.samples.len() - end >= 32_000);
    }
}

#[test]
fn early_media_rings_before_the_answer() {
    let config = SimConfig { country: Some(Country::De), ..clean(CallSet::LiveAnswers, 1.0).config().clone() };
    for call in Simulator::new(config).unwrap().calls(20) {
        let answered = call.truth.answered_ms.unwrap();
        assert!(answered > 1500 && call.truth.speech_start_ms.unwrap() > answered, "{:?}", call.truth);
        let ringing = between(&call, 0, answered);
        let loudest =
            ringing.chunks(800).map(|part| power_at(part, 425.0) / mean_square(part).max(1e-9)).fold(0.0, f32::max);
        assert!(loudest > 0.9, "{loudest} {:?}", call.truth);
    }
    for call in clean(CallSet::IvrSystems, 1.0).calls(40) {
        let network = matches!(call.truth.label, Label::Announcement | Label::Sit);
        assert_eq!(call.truth.answered_ms.is_none(), network, "{:?}", call.truth);
    }
}

#[test]
fn noisy_environments_are_noisy() {
    for call in simulator(CallSet::NoisyEnvironments, 3).calls(30) {
        let noise = call.line.noise.as_ref().unwrap();
        assert!((5.0..=20.0).contains(&noise.snr_db));
        assert!(call.truth.condition.contains("nois"), "{}", call.truth.condition);
        assert_eq!(call.truth.condition.contains("+loss"), call.line.loss.is_some());
    }
}

#[test]
fn rows_follow_the_columns() {
    let bank = {
        let mut bank = VoiceBank::builtin();
        let samples: Vec<i16> = (0..8000).map(|at| (at % 80) * 100).collect();
        let speaker = "Smith, \"Al\"".to_owned();
        bank.add(Recording {
            samples,
            kind: SpeechKind::HumanShort,
            speaker,
            source: "here".into(),
            text: "Hi".into(),
        });
        bank
    };
    let config = SimConfig { set: CallSet::LiveAnswers, voices: bank, ..SimConfig::default() };
    let calls: Vec<SimCall> = Simulator::new(config).unwrap().calls(20).collect();
    let call = calls.iter().find(|call| call.truth.sublabel == "short").unwrap();
    assert_eq!((call.truth.source.as_str(), call.truth.text.as_str()), ("here", "Hi"));
    let row = call.truth.csv_row("a/b.wav");
    let (start, end) = (call.truth.speech_start_ms.unwrap(), call.truth.speech_end_ms.unwrap());
    assert_eq!(end - start, 1000);
    let condition = &call.truth.condition;
    assert_eq!(row, format!("a/b.wav,human,,,,{condition},here,\"Smith, \"\"Al\"\"\",short,{start},{end}"));
    assert!(offhook_sim::Truth::csv_header().starts_with("path,label,greeting_end_ms,beep_start_ms,"));
}

#[test]
fn errors_name_the_field() {
    let refused = |config| Simulator::new(config).unwrap_err().to_string();
    let share = refused(SimConfig { early_media: 1.5, ..SimConfig::default() });
    assert_eq!(share, "early_media is 1.5: allowed is 0 to 1");
    let line = Line { gain_db: f32::NAN, ..Line::default() };
    assert!(
        refused(SimConfig { lines: Lines::Fixed(line), ..SimConfig::default() }).starts_with("line.gain_db is NaN")
    );
    let none = Simulator::new(SimConfig { lines: Lines::OneOf(Vec::new()), ..SimConfig::default() });
    assert!(matches!(none, Err(SimError::OutOfRange { field: "number of lines", .. })));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn no_configuration_panics(
        set in 0usize..6,
        seed: u64,
        index: u64,
        early_media: f64,
        snr_db in -60f32..100.0,
        share in 0f64..=1.0,
        noise_length in 0usize..3,
    ) {
        let line = Line {
            noise: Some(LineNoise { source: NoiseSource::Kind(NoiseKind::Street), snr_db }),
            loss: Some(Loss { share, burst: 2.0 }),
            ..Line::clean(Encoding::Gsm)
        };
        let config = SimConfig {
            set: CallSet::ALL[set],
            seed,
            lines: if share < 0.5 { Lines::OfSet } else { Lines::OneOf(vec![line, Line::default()]) },
            noises: vec![vec![0.0; noise_length].into()],
            early_media: early_media.abs().fract(),
            ..SimConfig::default()
        };
        let allowed = config.early_media.is_finite();
        match Simulator::new(config) {
            Ok(simulator) => prop_assert!(!simulator.call(index).samples.is_empty()),
            Err(_) => prop_assert!(!allowed),
        }
    }
}
