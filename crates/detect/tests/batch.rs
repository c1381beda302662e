//! Many calls heard together say what each says alone; and a net hears the same however the samples come and whatever
//! came before the answer.

mod support;

use std::sync::{Arc, OnceLock};

use offhook_detect::{
    Batch, DetectConfig, Detector, Event, Fact, Input, Line, Method, Model, Params, Phase, Preset, Stage, Verdict,
};
use proptest::prelude::*;
use support::models::{WINDOW, listening, model, timing};
use support::sounds::{person, silence, voicemail};
use support::{LEARNED, heard_by, params, simulated, with_model};

fn cases(count: u32) -> ProptestConfig {
    ProptestConfig { cases: count, failure_persistence: None, max_shrink_iters: 100, ..ProptestConfig::default() }
}

/// What calls are made of.
fn sounds() -> &'static [Vec<i16>] {
    static SOUNDS: OnceLock<Vec<Vec<i16>>> = OnceLock::new();
    SOUNDS.get_or_init(|| {
        let simulated = simulated(6).into_iter().map(|call| call.samples);
        [person(), voicemail()].into_iter().chain(simulated).collect()
    })
}

/// Parameters of every kind: the built-in model, others, a net of windows, and none.
fn kinds() -> &'static [Arc<Params>] {
    static KINDS: OnceLock<Vec<Arc<Params>>> = OnceLock::new();
    KINDS.get_or_init(|| {
        let config = DetectConfig::default();
        let mut restless = config;
        restless.weigh.rest = false;
        let with = |model: Arc<Model>| with_model(restless, &model);
        vec![
            params(config),
            params(restless),
            with(model(Some(listening(0, 2)), Some(timing()))),
            with(model(Some(listening(WINDOW, 3)), None)),
            with(model(None, Some(timing()))),
            params(DetectConfig::preset(Preset::Heuristic)),
            params(DetectConfig::preset(Preset::Classic)),
        ]
    })
}

/// A call: its parameters, its sound, where in it the call begins, and the sizes of its packets, over and over.
#[derive(Clone, Debug)]
struct Call {
    kind: usize,
    sound: usize,
    from: usize,
    packets: Vec<usize>,
}

/// Calls, most with the first parameters, among them those of the batch.
fn calls() -> impl Strategy<Value = Vec<Call>> {
    let kind = prop_oneof![3 => 0..2usize, 1 => 0..kinds().len()];
    let size = prop_oneof![Just(0usize), Just(1), Just(80), Just(160), 0..700usize];
    let packets = prop::collection::vec(size, 1..5);
    let call = (kind, 0..sounds().len(), 0..20_000usize, packets).prop_map(|(kind, sound, from, packets)| Call {
        kind,
        sound,
        from,
        packets,
    });
    prop_oneof![4 => prop::collection::vec(call.clone(), 1..12), 1 => prop::collection::vec(call, 64..70)]
}

impl Call {
    fn rest(&self) -> &'static [i16] {
        let samples = &sounds()[self.sound];
        &samples[self.from.min(samples.len())..]
    }

    /// Its packets, of `rounds` rounds.
    fn packets(&self, rounds: usize) -> Vec<&'static [i16]> {
        let mut rest = self.rest();
        let mut next = |size: &usize| {
            let (packet, later) = rest.split_at((*size).min(rest.len()));
            rest = later;
            packet
        };
        self.packets.iter().cycle().take(rounds).map(&mut next).collect()
    }
}

/// Three seconds of packets of 20 ms.
const ROUNDS: usize = 150;

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn calls_heard_together_say_what_each_says_alone(calls in calls(), ours in 0..4usize) {
        let packets: Vec<_> = calls.iter().map(|call| call.packets(ROUNDS)).collect();
        let alone: Vec<(Vec<Event>, Verdict)> = calls.iter().zip(&packets).map(|(call, packets)| {
            let mut detector = Detector::new(&kinds()[call.kind]);
            let events = packets.iter().flat_map(|packet| detector.push(packet).collect::<Vec<_>>()).collect();
            (events, detector.finish())
        }).collect();

        let mut batch = Batch::new(&kinds()[ours]);
        let mut detectors: Vec<Detector> = calls.iter().map(|call| Detector::new(&kinds()[call.kind])).collect();
        let mut events = vec![Vec::new(); calls.len()];
        for round in 0..ROUNDS {
            let round: Vec<&[i16]> = packets.iter().map(|packets| packets[round]).collect();
            batch.push(&mut detectors, &round, |place, event| events[place].push(event));
        }
        let together: Vec<_> = events.into_iter().zip(detectors.into_iter().map(Detector::finish)).collect();
        prop_assert_eq!(together, alone);
    }
}

#[test]
fn gaps_and_facts_between_packets_change_nothing_in_a_batch() {
    let params = &kinds()[1];
    let inputs = |detector: &mut Detector, round: usize| match round {
        0 => detector.note(Fact::EarlyMedia).collect::<Vec<_>>(),
        40 => detector.note(Fact::Answered).collect(),
        round if round % 23 == 0 => detector.push_gap(100).collect(),
        _ => vec![],
    };
    let mut alone: Vec<Vec<Event>> = Vec::new();
    for samples in sounds() {
        let mut detector = Detector::new(params);
        let mut events = Vec::new();
        for (round, packet) in samples.chunks(160).enumerate() {
            events.extend(inputs(&mut detector, round));
            events.extend(detector.push(packet));
        }
        alone.push(events);
    }
    let mut detectors = vec![Detector::new(params); sounds().len()];
    let (mut batch, mut together) = (Batch::new(params), vec![Vec::new(); sounds().len()]);
    let rounds = sounds().iter().map(|samples| samples.len().div_ceil(160)).max().expect("some");
    for round in 0..rounds {
        let packets: Vec<&[i16]> =
            sounds().iter().map(|samples| samples.chunks(160).nth(round).unwrap_or_default()).collect();
        for ((detector, events), packet) in detectors.iter_mut().zip(&mut together).zip(&packets) {
            if !packet.is_empty() {
                events.extend(inputs(detector, round));
            }
        }
        batch.push(&mut detectors, &packets, |place, event| together[place].push(event));
    }
    assert_eq!(together, alone);
}

/// What the net says after each hop of `samples`, pushed in pieces of `size`.
fn lines(detector: &mut Detector, samples: &[i16], size: usize) -> Vec<Option<Line>> {
    let mut lines = Vec::new();
    for hop in samples.chunks(80) {
        for piece in hop.chunks(size) {
            drop(detector.push(piece));
        }
        lines.push(detector.signals().line);
    }
    lines
}

#[test]
fn a_net_of_windows_speaks_once_it_has_heard_one_and_then_four_times_a_second() {
    for (rest, seed) in [(true, 3), (false, 4)] {
        let mut config = DetectConfig::default();
        config.weigh.rest = rest;
        let params = with_model(config, &model(Some(listening(WINDOW, seed)), None));
        let samples = voicemail();
        let lines = lines(&mut Detector::new(&params), &samples, 80);
        assert!(lines[..WINDOW - 1].iter().all(Option::is_none), "less than a window was heard");
        assert!(lines[WINDOW - 1].is_some());
        if !rest {
            let changes = |hop: &usize| lines[*hop] != lines[hop - 1];
            let changed: Vec<usize> = (WINDOW..lines.len()).filter(changes).collect();
            assert!(changed.len() > 10 && changed.iter().all(|hop| (hop + 1) % 25 == 0), "{changed:?}");
        }
    }
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn a_net_of_windows_hears_the_same_however_the_call_is_cut(
        sound in 0..sounds().len(), sizes in prop::collection::vec(1..1000usize, 1..6), seed in 0..5u64, hybrid: bool
    ) {
        let method = if hybrid { Method::Hybrid } else { Method::Ai };
        let mut config = DetectConfig::default();
        config.decide.method = method;
        let params = with_model(config, &model(Some(listening(WINDOW, seed)), Some(timing())));
        let samples = &sounds()[sound];
        let whole = heard_by(&params, &[Input::Samples(samples.clone())]);
        let mut detector = Detector::new(&params);
        let (mut rest, mut events) = (samples.as_slice(), Vec::new());
        for size in sizes.iter().cycle() {
            let (piece, later) = rest.split_at((*size).min(rest.len()));
            events.extend(detector.push(piece));
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!((events, detector.finish()), whole);
    }
}

#[test]
fn early_media_leaves_nothing_in_the_ear() {
    let call = [silence(300), person()].concat();
    // What is heard before ends in silence, as the window of the spectrum reaches back over the answer.
    let early = [voicemail(), silence(1000)].concat();
    let nets = [params(DetectConfig::default()), kinds()[2].clone(), kinds()[3].clone()];
    for at_answer in nets {
        let config = *at_answer.config();
        let model = at_answer.model().expect("a model").clone();
        let expected = lines(&mut Detector::new(&at_answer), &call, 80);
        assert!(expected.iter().any(Option::is_some));

        let progress = with_model(DetectConfig { begins: Phase::Progress, ..config }, &model);
        let mut detector = Detector::new(&progress);
        assert!(lines(&mut detector, &early, 80).iter().all(Option::is_none), "nothing is weighed before the answer");
        drop(detector.note(Fact::Answered));
        let before = expected.iter().position(Option::is_none).map_or(0, |_| expected.len());
        let heard = lines(&mut detector, &call, 80);
        let both = heard.iter().zip(&expected).take(before.min(100));
        assert!(both.clone().all(|(heard, expected)| heard == expected), "another line after early media");

        // The same if early media is only told of later.
        let mut detector = Detector::new(&at_answer);
        drop(lines(&mut detector, &early[..24_000], 80));
        drop(detector.note(Fact::EarlyMedia));
        drop(lines(&mut detector, &silence(1000), 80));
        drop(detector.note(Fact::Answered));
        let heard = lines(&mut detector, &call, 80);
        assert_eq!(heard[..100], expected[..100], "what was heard by mistake is forgotten");
    }
}

#[test]
fn a_call_that_begins_at_the_answer_gets_the_verdicts_of_one_with_silence_before_it() {
    for preset in LEARNED {
        let config = DetectConfig::preset(preset);
        for samples in [person(), voicemail()] {
            let verdicts = |config, inputs: &[Input], shift: u64| -> Vec<_> {
                let (events, _) = support::heard(config, inputs);
                let told = |v: Verdict| (v.answered_by, v.stage, v.at.samples() - shift, v.cause.word());
                support::verdicts(&events).filter(|v| v.stage != Stage::Provisional).map(told).collect()
            };
            let expected = verdicts(config, &[Input::Samples(samples.clone())], 0);
            let inputs = [Input::Samples(silence(2000)), Input::Fact(Fact::Answered), Input::Samples(samples)];
            let waiting = DetectConfig { begins: Phase::Progress, ..config };
            assert_eq!(verdicts(waiting, &inputs, 16_000), expected, "{}", preset.name());
        }
    }
}
