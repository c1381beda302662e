//! After construction a detector does not touch the heap, its net included: every allocation of this program is counted.
//! [`Batch`] makes one list for each net step, of the states that are due, and nothing else.

mod counting;
mod support;

use std::hint::black_box;

use counting::touches;
use offhook_detect::analysers::{Front, Hop, measure};
use offhook_detect::features::AcousticAnalyser;
use offhook_detect::{Batch, DetectConfig, Detector, Fact, Method, Preset, Probability};
use offhook_sim::noise::{NoiseKind, noise};
use offhook_sim::signal::{millis, to_pcm};
use offhook_sim::tones::{Beep, dtmf, fax, special_information, supervisory, together};
use offhook_sim::{Random, music::hold_music};
use std::time::Duration;
use support::models;

use offhook_audio::tones::{FaxTone, SIT, SUPERVISORY};
use offhook_audio::{Dbm0, HOP, MediaTime};

/// Hears `samples` with gaps and facts between, then starts again and hears the beginning anew.
fn hear(detector: &mut Detector, samples: &[i16]) {
    for (number, piece) in samples.chunks(333).enumerate() {
        for event in detector.push(piece) {
            black_box(event);
        }
        let events = match number {
            5 => detector.note(Fact::EarlyMedia),
            9 => detector.note(Fact::Answered),
            30 => detector.note(Fact::Dtmf('1')),
            12 => detector.note(Fact::Score { machine: Probability::percent(40.0) }),
            90 => detector.note(Fact::BeepEnded { hz: 1000.0 }),
            n if n % 17 == 0 => detector.push_gap(160),
            _ => detector.push(&[]),
        };
        drop(events);
        black_box((detector.verdict(), detector.signals()));
    }
    detector.reset();
    drop(detector.push(&samples[..samples.len().min(16_000)]));
    detector.reset();
}

fn sounds() -> Vec<(String, Vec<i16>)> {
    let (level, random) = (Dbm0(-15.0), &mut Random::new(5));
    let seconds = Duration::from_secs;
    let mut sounds: Vec<(String, Vec<f32>)> = vec![
        ("beep".into(), Beep::default().samples()),
        ("two tones".into(), together(&[700.0, 1200.0], millis(3000), level)),
        ("music".into(), hold_music(millis(10_000), level, random)),
        (
            "digits".into(),
            "159D*#".chars().filter_map(|d| dtmf(d, Duration::from_millis(90), level, 0.0)).flatten().collect(),
        ),
    ];
    sounds.extend(NoiseKind::ALL.map(|kind| (kind.name().to_owned(), noise(kind, millis(4000), level, random))));
    sounds.extend(
        [FaxTone::Cng, FaxTone::Ced, FaxTone::Ansam].map(|tone| (format!("{tone:?}"), fax(tone, seconds(5), level))),
    );
    sounds.extend(SIT.iter().map(|row| (format!("{:?}", row.code), special_information(row, level))));
    sounds.extend(SUPERVISORY.iter().take(4).map(|row| (format!("{row:?}"), supervisory(row, seconds(9), level))));
    let mut sounds: Vec<(String, Vec<i16>)> =
        sounds.into_iter().map(|(name, samples)| (name, to_pcm(&samples))).collect();
    let square = (0..16_000).map(|at| if at / 7 % 2 == 0 { i16::MIN } else { i16::MAX }).collect();
    sounds.extend([("full scale".into(), square), ("silence".into(), vec![0; 60_000])]);
    sounds
}

/// Every preset; with a net that never rests; and with one that sees windows.
fn detectors() -> Vec<(String, Detector)> {
    let restless = |method| {
        let mut config = DetectConfig::default();
        (config.decide.method, config.weigh.rest) = (method, false);
        config
    };
    let windows = models::model(Some(models::listening(models::WINDOW, 1)), Some(models::timing()));
    let mut detectors: Vec<_> = Preset::ALL.map(|preset| (preset.name().to_owned(), support::detector(preset))).into();
    for method in [Method::Ai, Method::Hybrid] {
        let detector = Detector::new(&support::params(restless(method)));
        assert!(detector.params().model().is_some_and(|model| model.network().is_some()), "a net to run");
        detectors.push((format!("{method} without rest"), detector));
    }
    detectors.push(("a net of windows".into(), Detector::new(&support::with_model(restless(Method::Ai), &windows))));
    detectors
}

#[test]
fn a_detector_never_allocates_after_construction() {
    let recorded = support::corpus().into_iter().map(|call| (call.name, call.samples));
    for (name, samples) in recorded.chain(sounds()) {
        for (which, mut detector) in detectors() {
            let touches = touches(|| hear(&mut detector, &samples));
            assert_eq!(touches, 0, "{name} under {which}");
        }
    }
}

#[test]
fn a_batch_allocates_its_list_of_due_states_only() {
    let call = support::corpus().swap_remove(0).samples;
    for preset in [Preset::Heuristic, Preset::Balanced] {
        let mut config = DetectConfig::preset(preset);
        config.weigh.rest = false;
        let params = support::params(config);
        let (mut calls, mut batch) = (vec![Detector::new(&params); 20], Batch::new(&params));
        for packet in call.chunks_exact(2 * HOP) {
            let packets = [packet; 20];
            let tell = |call, event| _ = black_box((call, event));
            let touches = touches(|| batch.push(&mut calls, &packets, tell));
            // A list is made and let go in each of the two hops, if there is a net.
            let most = if preset == Preset::Heuristic { 0 } else { 4 };
            assert!(touches <= most, "{touches} under {}", preset.name());
        }
    }
}

#[test]
fn acoustic_features_never_allocate_after_construction() {
    let (mut front, mut analyser) = (Front::default(), AcousticAnalyser::new());
    for (name, samples) in sounds() {
        let touches = touches(|| {
            for hop in samples.chunks_exact(HOP) {
                let samples: [f32; HOP] = std::array::from_fn(|at| f32::from(hop[at]) / 32_768.0);
                let (level, spectrum) = (measure(&samples, 0), front.push(&samples));
                let hop = Hop { at: MediaTime::ZERO, samples: &samples, level: &level, spectrum };
                black_box(analyser.push(&hop).values());
            }
            black_box(analyser.push_gap());
            analyser.reset();
        });
        assert_eq!(touches, 0, "{name}");
    }
}

#[test]
fn what_allocates_is_counted() {
    assert_eq!(touches(|| drop(black_box(vec![0u8; 100]))), 2);
}
