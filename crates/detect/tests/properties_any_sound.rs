//! What holds for any sound whatever: numbers are numbers, probabilities sum to 1, every verdict has its cause and its
//! time, and nothing before the answer makes a person.

mod support;

use offhook_audio::Dbm0;
use offhook_audio::tones::{SUPERVISORY, SupervisoryTone};
use offhook_detect::{
    AnsweredBy, Cause, DetectConfig, Detector, Event, EventKind, Fact, Input, Method, Phase, Preset, Signals, Stage,
    ToneBurst, Verdict,
};
use offhook_sim::noise::{NoiseKind, noise};
use offhook_sim::signal::{millis, to_pcm};
use offhook_sim::texts::SpeechKind;
use offhook_sim::tones::{supervisory, together};
use offhook_sim::{Random, VoiceBank, music::hold_music};
use proptest::prelude::*;
use std::time::Duration;
use support::sounds::hello;
use support::{first_final, params, play, verdicts};

/// A stretch of sound.
#[derive(Clone, Debug)]
enum Sound {
    Silence,
    Constant(i16),
    Square { half: usize, peak: i16 },
    Tone { hz: f64, level: f32 },
    Noise { kind: usize, level: f32 },
    Samples,
    Speech { kind: usize, gain: f32 },
    Music,
    Network { row: usize },
    Gap,
}

fn sound() -> impl Strategy<Value = Sound> {
    prop_oneof![
        Just(Sound::Silence),
        prop_oneof![Just(i16::MIN), Just(i16::MAX), any::<i16>()].prop_map(Sound::Constant),
        (1..90usize, prop_oneof![Just(i16::MAX), 1..i16::MAX]).prop_map(|(half, peak)| Sound::Square { half, peak }),
        (20f64..4000.0, -60f32..3.0).prop_map(|(hz, level)| Sound::Tone { hz, level }),
        (0..NoiseKind::ALL.len(), -60f32..3.0).prop_map(|(kind, level)| Sound::Noise { kind, level }),
        Just(Sound::Samples),
        (0..SpeechKind::ALL.len(), -20f32..20.0).prop_map(|(kind, gain)| Sound::Speech { kind, gain }),
        Just(Sound::Music),
        (0..SUPERVISORY.len()).prop_map(|row| Sound::Network { row }),
        Just(Sound::Gap),
    ]
}

impl Sound {
    fn input(&self, length: usize, random: &mut Random) -> Input {
        let samples = match *self {
            Self::Gap => return Input::Gap(length as u64),
            Self::Silence => vec![0; length],
            Self::Constant(sample) => vec![sample; length],
            Self::Square { half, peak } => {
                (0..length).map(|at| if at / half % 2 == 0 { peak } else { -1 - peak }).collect()
            }
            Self::Tone { hz, level } => to_pcm(&together(&[hz], length, Dbm0(level))),
            Self::Noise { kind, level } => to_pcm(&noise(NoiseKind::ALL[kind], length, Dbm0(level), random)),
            Self::Samples => (0..length).map(|_| random.bits() as i16).collect(),
            Self::Speech { kind, gain } => {
                let spoken = VoiceBank::builtin().speak(SpeechKind::ALL[kind], random);
                let factor = 10f32.powf(gain / 20.0);
                to_pcm(&spoken.samples.iter().map(|sample| sample * factor).collect::<Vec<_>>())
            }
            Self::Music => to_pcm(&hold_music(length, Dbm0(-18.0), random)),
            Self::Network { row } => {
                to_pcm(&supervisory(&SUPERVISORY[row], Duration::from_micros(length as u64 * 125), Dbm0(-18.0)))
            }
        };
        Input::Samples(samples)
    }
}

/// Stretches of sound, 1 ms to 5 s each, and what chance follows from.
#[derive(Clone, Debug)]
struct Sounds(Vec<(Sound, usize)>, u64);

impl Sounds {
    fn inputs(&self) -> Vec<Input> {
        let mut random = Random::new(self.1);
        self.0.iter().map(|(sound, length)| sound.input(*length, &mut random)).collect()
    }
}

fn sounds() -> impl Strategy<Value = Sounds> {
    (prop::collection::vec((sound(), 8..40_000usize), 1..12), 0..1000u64)
        .prop_map(|(sounds, seed)| Sounds(sounds, seed))
}

fn cases(count: u32) -> ProptestConfig {
    ProptestConfig { cases: count, failure_persistence: None, max_shrink_iters: 300, ..ProptestConfig::default() }
}

/// Every number of `signals`.
fn numbers(signals: &Signals) -> Vec<f32> {
    let Signals { level, voice, tone, dtmf: _, music, line, .. } = *signals;
    let mut numbers = vec![level.mean_square, level.dbm0.0, level.zero_crossing_rate];
    numbers.extend([voice.probability.get(), voice.voicing, voice.floor.0, music.get()]);
    match tone {
        Some(ToneBurst::Sounding { hz, .. }) => numbers.push(hz),
        Some(ToneBurst::Ended(beep)) => numbers.extend([beep.hz, beep.second_hz.unwrap_or(0.0), beep.level.0]),
        Some(ToneBurst::Rejected) | None => {}
    }
    if let Some(line) = line {
        numbers.extend(line.sounds);
        numbers.push(line.machine);
    }
    numbers
}

fn check_verdict(verdict: &Verdict) {
    let sum: f32 = verdict.probabilities.iter().map(|(_, probability)| probability.get()).sum();
    assert!((sum - 1.0).abs() < 1e-4, "{sum} {verdict:?}");
    assert_eq!(verdict.confidence, verdict.probabilities.of(verdict.answered_by), "{verdict:?}");
    assert!(!verdict.cause.word().is_empty());
    if let Cause::Beep { hz, level, .. } = verdict.cause {
        assert!(hz.is_finite() && level.0.is_finite(), "{verdict:?}");
    }
    if let Cause::Weighed { machine, limit, timing, net, .. } = verdict.cause {
        assert!(timing.is_finite() && net.is_finite(), "{verdict:?}");
        assert!(verdict.answered_by.is_machine() == (machine >= limit), "{verdict:?}");
    }
    let shown = verdict.cause.to_string();
    assert!(!shown.contains("NaN") && !shown.contains("inf"), "{shown}");
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn numbers_are_numbers_and_probabilities_sum_to_one(
        sounds in sounds(), preset in prop::sample::select(Preset::ALL.to_vec())
    ) {
        let mut detector = support::detector(preset);
        for input in &sounds.inputs() {
            let hops: Vec<Input> = match input {
                Input::Samples(samples) => samples.chunks(80).map(|hop| Input::Samples(hop.to_vec())).collect(),
                other => vec![other.clone()],
            };
            for hop in hops {
                for event in play(&mut detector, &[hop]) {
                    let shown = event.to_string();
                    prop_assert!(!shown.contains("NaN") && !shown.contains("inf"), "{}", shown);
                    if let EventKind::Verdict(verdict) = &event.kind {
                        check_verdict(verdict);
                        prop_assert_eq!(verdict.at, event.at);
                    }
                }
                let numbers = numbers(detector.signals());
                prop_assert!(numbers.iter().all(|number| number.is_finite()), "{:?}", detector.signals());
            }
        }
        let now = detector.now();
        let last = detector.finish();
        check_verdict(&last);
        prop_assert!(last.stage != Stage::Provisional && last.at <= now);
    }

    #[test]
    fn before_the_answer_nobody_is_a_person(
        sounds in sounds(), preset in prop::sample::select(Preset::ALL.to_vec())
    ) {
        let config = DetectConfig { begins: Phase::Progress, ..DetectConfig::preset(preset) };
        let (events, last) = support::heard(config, &sounds.inputs());
        prop_assert!(last.answered_by != AnsweredBy::Human, "{}", last.cause);
        let person = verdicts(&events).find(|verdict| verdict.answered_by == AnsweredBy::Human);
        prop_assert_eq!(person, None);
    }

    #[test]
    fn any_sound_gets_a_final_verdict_in_time(
        sounds in sounds(), preset in prop::sample::select(Preset::ALL.to_vec())
    ) {
        let length = |input: &Input| match input {
            Input::Samples(samples) => samples.len() as u64,
            Input::Gap(gap) => *gap,
            Input::Fact(_) => 0,
        };
        let inputs: Vec<Input> = sounds.inputs().iter().cycle().take(100).cloned().collect();
        let limit = limit_of(preset);
        let (mut detector, mut given) = (support::detector(preset), 0);
        let mut events: Vec<Event> = Vec::new();
        for input in &inputs {
            if given > limit + 80 {
                break;
            }
            given += length(input);
            events.extend(play(&mut detector, std::slice::from_ref(input)));
        }
        prop_assume!(given > limit + 80);
        let at = verdicts(&events).find(|verdict| verdict.stage == Stage::Final).map(|verdict| verdict.at.samples());
        prop_assert!(at.is_some_and(|at| at <= limit + 80), "{:?} of {}", at, limit);
    }
}

/// The time from the answer in which there must be a verdict, in samples.
fn limit_of(preset: Preset) -> u64 {
    let config = DetectConfig::preset(preset);
    let limit = match config.decide.method {
        Method::Classic => config.classic.total_analysis_time,
        _ => config.decide.total_time,
    };
    limit.as_millis() as u64 * 8
}

fn spoken(kind: SpeechKind, seed: u64) -> Vec<i16> {
    to_pcm(&VoiceBank::builtin().speak(kind, &mut Random::new(seed)).samples)
}

fn ringback(seconds: u64) -> Vec<i16> {
    let row = SUPERVISORY.iter().find(|row| row.tone == SupervisoryTone::Ringback).expect("a ringback");
    to_pcm(&supervisory(row, Duration::from_secs(seconds), Dbm0(-18.0)))
}

fn waiting(preset: Preset) -> Detector {
    Detector::new(&params(DetectConfig { begins: Phase::Progress, ..DetectConfig::preset(preset) }))
}

/// What is heard before the answer: nothing, ringback, an announcement, a person, music.
fn early_media() -> Vec<(&'static str, Vec<i16>)> {
    let music = to_pcm(&hold_music(millis(6000), Dbm0(-18.0), &mut Random::new(3)));
    let person = [vec![0; 4000], hello(), vec![0; 40_000]].concat();
    vec![
        ("nothing", vec![0; 80_000]),
        ("ringback", ringback(13)),
        ("an announcement", spoken(SpeechKind::Hold, 2)),
        ("a person", person),
        ("music", music),
    ]
}

#[test]
fn a_person_is_one_only_after_the_answer() {
    for preset in Preset::ALL {
        for (what, early) in early_media() {
            let mut detector = waiting(preset);
            let events = play(&mut detector, &[Input::Samples(early.clone())]);
            assert_eq!(verdicts(&events).next(), None, "{what} under {}", preset.name());
            let hello = [vec![0; 4800], hello(), vec![0; 24_000]].concat();
            let events = play(&mut detector, &[Input::Fact(Fact::Answered), Input::Samples(hello)]);
            let verdict = first_final(&events, detector.finish());
            assert_eq!(verdict.answered_by, AnsweredBy::Human, "{what} under {}: {}", preset.name(), verdict.cause);
        }
    }
}

#[test]
fn a_call_that_ends_before_the_answer_was_not_answered_by_a_person() {
    for preset in Preset::ALL {
        for (what, early) in early_media() {
            let mut detector = waiting(preset);
            play(&mut detector, &[Input::Samples(early)]);
            let verdict = detector.finish();
            assert_ne!(verdict.answered_by, AnsweredBy::Human, "{what} under {}: {}", preset.name(), verdict.cause);
        }
    }
}

#[test]
fn ringing_that_goes_on_after_the_answer_does_not_put_off_the_verdict_for_ever() {
    for preset in Preset::ALL {
        let mut detector = support::detector(preset);
        let events = play(&mut detector, &[Input::Samples(ringback(60))]);
        let verdict = verdicts(&events).find(|verdict| verdict.stage == Stage::Final);
        assert!(verdict.is_some_and(|v| v.at.samples() <= limit_of(preset) + 80), "{}: {verdict:?}", preset.name());
    }
}

#[test]
fn a_frequency_that_is_no_number_is_an_unknown_one() {
    for preset in Preset::ALL {
        for hz in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut detector = support::detector(preset);
            let mut events = play(&mut detector, &[Input::Samples(vec![0; 8000]), Input::Fact(Fact::BeepEnded { hz })]);
            events.extend(play(&mut detector, &[Input::Samples(vec![0; 8000])]));
            let beep = events.iter().find_map(|event| match event.kind {
                EventKind::BeepEnded(beep) => Some(beep.hz),
                _ => None,
            });
            assert_eq!(beep, Some(0.0), "{hz} under {}", preset.name());
            verdicts(&events).for_each(|verdict| check_verdict(&verdict));
            check_verdict(&detector.finish());
        }
    }
}

#[test]
fn a_call_without_a_sample_ends_with_a_verdict() {
    for preset in Preset::ALL {
        let verdict = support::detector(preset).finish();
        assert_eq!(verdict.answered_by, AnsweredBy::Unknown, "{}", preset.name());
        check_verdict(&verdict);
        let mut lost = support::detector(preset);
        let events = play(&mut lost, &[Input::Gap(8000 * 200)]);
        assert!(verdicts(&events).any(|verdict| verdict.stage == Stage::Final), "{}", preset.name());
    }
}
