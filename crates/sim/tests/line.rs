//! Each option of a line does what it says.

#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

use offhook_audio::Dbm0;
use offhook_sim::line::{Dtx, Echo, Encoding, Line, LineNoise, NoiseSource};
use offhook_sim::noise::NoiseKind;
use offhook_sim::packets::{Concealment, Lateness, Loss};
use offhook_sim::signal::{active_level, from_pcm, level, power_at, to_pcm};
use offhook_sim::tones::together;
use offhook_sim::{Handset, Resonance, Room};
use proptest::prelude::*;
use std::time::Duration;

/// A tone of two seconds with a second of silence on either side.
fn tone() -> Vec<i16> {
    let mut samples = vec![0; 8000];
    samples.extend(to_pcm(&together(&[800.0], 16_000, Dbm0(-20.0))));
    samples.extend([0; 8000]);
    samples
}

fn linear() -> Line {
    Line::clean(Encoding::Linear)
}

#[test]
fn a_clean_linear_line_changes_nothing() {
    assert_eq!(linear().apply(&tone(), 1), tone());
}

#[test]
fn the_signal_to_noise_ratio_is_as_asked() {
    let recording: Vec<f32> = together(&[300.0, 1100.0], 5000, Dbm0(-40.0));
    let sources = NoiseKind::ALL.map(NoiseSource::Kind).into_iter().chain([NoiseSource::Recorded(recording.into())]);
    for source in sources {
        for snr_db in [0.0, 5.0, 20.0] {
            let line = Line { noise: Some(LineNoise { source: source.clone(), snr_db }), ..linear() };
            let heard = line.apply(&tone(), 3);
            let added: Vec<f32> =
                heard.iter().zip(tone()).map(|(heard, said)| f32::from(heard - said) / 32_768.0).collect();
            let ratio = active_level(&from_pcm(&tone())).unwrap().0 - level(&added).0;
            assert!((ratio - snr_db).abs() < 0.5, "{source:?} {snr_db} {ratio}");
        }
    }
}

#[test]
fn gain_offset_and_clipping() {
    let louder = Line { gain_db: 6.0, ..linear() }.apply(&tone(), 1);
    assert!((level(&from_pcm(&louder)).0 - level(&from_pcm(&tone())).0 - 6.0).abs() < 0.05);
    let shifted = Line { dc_offset: 500, ..linear() }.apply(&tone(), 1);
    assert!(shifted.iter().zip(tone()).all(|(heard, said)| *heard == said + 500));
    let cut = Line { clipping: Some(Dbm0(-30.0)), ..linear() }.apply(&tone(), 1);
    let peak = (Dbm0(-30.0).sine_peak() * 32_768.0).round() as i16;
    assert_eq!(cut.iter().copied().max(), Some(peak));
}

/// ITU-T G.712: the band from 300 to 3400 Hz passes.
#[test]
fn a_narrow_line_passes_the_telephone_band() {
    let line = Line { narrow: true, ..linear() };
    let change = |hz: f64| {
        let heard = from_pcm(&line.apply(&to_pcm(&together(&[hz], 16_000, Dbm0(-20.0))), 1));
        10.0 * (power_at(&heard[4000..], hz) / Dbm0(-20.0).mean_square()).log10()
    };
    assert!([440.0, 1000.0, 2500.0, 3000.0].into_iter().all(|hz| change(hz).abs() < 1.0));
    assert!(change(100.0) < -30.0 && change(150.0) < -20.0 && change(3900.0) < -20.0);
}

#[test]
fn an_echo_comes_later_and_weaker() {
    let echo = Echo { delay: Duration::from_millis(300), loss_db: 20.0 };
    let heard = from_pcm(&Line { echo: Some(echo), ..linear() }.apply(&tone(), 1));
    assert!((level(&heard[24_000..26_400]).0 - -40.0).abs() < 0.3);
    assert!(level(&heard[26_500..]).0 < -90.0);
}

#[test]
fn pauses_become_comfort_noise() {
    let dtx = Dtx { threshold: Dbm0(-50.0), hangover: Duration::from_millis(100), comfort: Dbm0(-60.0) };
    let heard = from_pcm(&Line { dtx: Some(dtx), ..linear() }.apply(&tone(), 1));
    assert!((level(&heard[..8000]).0 - -60.0).abs() < 3.0);
    assert!(level(&heard[24_000..24_800]).0 < -90.0, "hangover");
    assert!((level(&heard[25_000..]).0 - -60.0).abs() < 3.0);
    assert_eq!(to_pcm(&heard)[8000..24_000], tone()[8000..24_000]);
}

#[test]
fn codecs_keep_a_tone() {
    for encoding in [Encoding::Linear, Encoding::Ulaw, Encoding::Alaw, Encoding::Gsm] {
        let heard = from_pcm(&Line::clean(encoding).apply(&tone(), 1));
        let change = 10.0 * (power_at(&heard[8800..23_200], 800.0) / Dbm0(-20.0).mean_square()).log10();
        assert!(change.abs() < 1.0, "{encoding:?} {change}");
    }
}

#[test]
fn missing_packets_are_reported_and_concealed() {
    let line = Line {
        loss: Some(Loss { share: 0.1, burst: 2.0 }),
        lateness: Some(Lateness { share: 0.05 }),
        concealment: Concealment::Silence,
        ..linear()
    };
    let carried = line.carry(&[1000; 80_000], None, 5);
    assert_eq!(carried, line.carry(&[1000; 80_000], None, 5));
    for (at, sample) in carried.samples.iter().enumerate() {
        assert_eq!(*sample == 0, carried.missing.iter().any(|span| span.contains(&at)), "{at}");
    }
    assert_eq!(line.condition(), "clean+loss+late");
}

#[test]
fn errors_name_the_field() {
    let noise = Some(LineNoise { source: NoiseSource::Kind(NoiseKind::Car), snr_db: f32::NAN });
    let cases = [
        (Line { gain_db: 90.0, ..linear() }, "line.gain_db is 90: allowed is -80 to 80 dB"),
        (Line { noise, ..linear() }, "line.noise.snr_db is NaN"),
        (Line { loss: Some(Loss { share: 1.5, burst: 1.0 }), ..linear() }, "line.loss.share is 1.5"),
        (Line { loss: Some(Loss { share: 0.5, burst: 0.0 }), ..linear() }, "line.loss.burst is 0"),
        (Line { packet: Duration::ZERO, ..linear() }, "line.packet is 0"),
    ];
    for (line, message) in cases {
        let error = line.check().unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
    }
    assert_eq!(linear().check(), Ok(()));
}

/// Power of 3500 Hz against that of 500 Hz, in dB, of what comes out.
fn tilt(line: &Line) -> f32 {
    let said = to_pcm(&together(&[500.0, 3500.0], 16_000, Dbm0(-20.0)));
    let heard = from_pcm(&line.apply(&said, 1));
    10.0 * (power_at(&heard[800..], 3500.0) / power_at(&heard[800..], 500.0)).log10()
}

#[test]
fn handsets_colour_low_passes_cut_and_tandems_code() {
    let flat = Resonance { hz: 1000.0, db: 0.0, q: 1.0 };
    let handset = Handset { bass_db: 0.0, treble_db: -8.0, resonances: [flat; 2] };
    assert!((tilt(&Line { handset: Some(Box::new(handset)), ..linear() }) + 7.5).abs() < 1.5);
    assert!(tilt(&Line { low_pass_hz: Some(2900.0), ..linear() }) < -10.0);
    let twice = Line { tandem: Some(Encoding::Gsm), ..linear() };
    assert_ne!(twice.apply(&tone(), 1), tone());
    assert_eq!(twice.condition(), "clean+gsm");
}

#[test]
fn a_room_sounds_on_after_the_end() {
    let room = Some(Room { decay: Duration::from_millis(400), distance_db: 3.0 });
    let heard = from_pcm(&Line { room, ..linear() }.apply(&tone(), 1));
    assert!(heard[..8000].iter().all(|sample| *sample == 0.0));
    assert!(level(&heard[24_000..24_400]).0 > -40.0 && level(&heard[30_000..]).0 < -70.0);
    assert_eq!(Line { room, ..linear() }.condition(), "clean+room");
}

fn any_line() -> impl Strategy<Value = Line> {
    let number = prop_oneof![-200.0f32..200.0, Just(f32::NAN), Just(f32::INFINITY), Just(f32::NEG_INFINITY), Just(0.0)];
    let noise = (0usize..9, number.clone()).prop_map(|(kind, snr_db)| {
        let source =
            NoiseKind::ALL.get(kind).map_or(NoiseSource::Recorded(Vec::new().into()), |k| NoiseSource::Kind(*k));
        LineNoise { source, snr_db }
    });
    let dtx = (number.clone(), number.clone(), 0u64..5000).prop_map(|(threshold, comfort, hangover)| Dtx {
        threshold: Dbm0(threshold),
        hangover: Duration::from_millis(hangover),
        comfort: Dbm0(comfort),
    });
    let echo =
        (any::<u64>(), number.clone()).prop_map(|(s, loss_db)| Echo { delay: Duration::from_micros(s), loss_db });
    let encoding = prop_oneof![Just(Encoding::Linear), Just(Encoding::Ulaw), Just(Encoding::Alaw), Just(Encoding::Gsm)];
    let loss = (any::<f64>(), any::<f64>()).prop_map(|(share, burst)| Loss { share, burst });
    (
        (prop::option::of(noise), prop::option::of(echo), number.clone(), any::<i16>(), prop::option::of(number)),
        (prop::option::of(dtx), encoding, any::<u32>(), prop::option::of(loss), prop::option::of(any::<f64>())),
        (any::<f64>(), any::<u64>(), prop::bool::ANY),
    )
        .prop_map(|((noise, echo, gain_db, dc_offset, clipping), (dtx, encoding, packet, loss, late), more)| {
            Line {
                room: more.2.then(|| Room { decay: Duration::from_micros(more.1), distance_db: more.0 as f32 }),
                handset: more.2.then(|| {
                    let resonance = Resonance { hz: more.0, db: more.0, q: more.0 };
                    Box::new(Handset { bass_db: more.0, treble_db: more.0, resonances: [resonance; 2] })
                }),
                low_pass_hz: more.2.then_some(more.0),
                tandem: more.2.then_some(encoding),
                noise,
                echo,
                gain_db,
                narrow: dc_offset > 0,
                dc_offset,
                clipping: clipping.map(Dbm0),
                dtx,
                encoding,
                packet: Duration::from_micros(packet.into()),
                loss,
                lateness: late.map(|share| Lateness { share }),
                concealment: Concealment::RepeatAttenuated,
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn no_line_panics_or_changes_the_length(line in any_line(), samples in prop::collection::vec(any::<i16>(), 0..1000), seed: u64) {
        let _ = line.check();
        prop_assert_eq!(line.apply(&samples, seed).len(), samples.len());
    }
}
