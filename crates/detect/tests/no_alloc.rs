//! After construction a detector does not touch the heap: every allocation of this program is counted.

mod counting;
mod support;

use std::hint::black_box;

use counting::touches;
use offhook_detect::analysers::{Front, Hop, measure};
use offhook_detect::features::AcousticAnalyser;
use offhook_detect::{Detector, Fact, Preset};
use offhook_sim::noise::{NoiseKind, noise};
use offhook_sim::signal::{millis, to_pcm};
use offhook_sim::tones::{Beep, dtmf, fax, special_information, supervisory, together};
use offhook_sim::{Random, music::hold_music};
use std::time::Duration;

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

#[test]
fn a_detector_never_allocates_after_construction() {
    let recorded = support::corpus().into_iter().map(|call| (call.name, call.samples));
    for (name, samples) in recorded.chain(sounds()) {
        for preset in Preset::ALL {
            let mut detector = support::detector(preset);
            let touches = touches(|| hear(&mut detector, &samples));
            assert_eq!(touches, 0, "{name} under {}", preset.name());
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
