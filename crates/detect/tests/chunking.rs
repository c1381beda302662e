//! The events follow from what was heard and noted, and when; not from how it was cut into pushes, nor from the past or
//! the neighbours of the detector.

mod support;

use std::sync::OnceLock;

use offhook_detect::{DetectConfig, Detector, Event, Fact, Input, Phase, Preset, Probability, Trace, Verdict};
use proptest::prelude::*;
use support::{as_trace, corpus, params, play, simulated};

/// The corpus and twelve simulated calls, with gaps and answers.
fn calls() -> &'static [Vec<Input>] {
    static CALLS: OnceLock<Vec<Vec<Input>>> = OnceLock::new();
    CALLS.get_or_init(|| {
        let recorded = corpus().into_iter().map(|call| vec![Input::Samples(call.samples)]);
        recorded.chain(simulated(12).iter().map(|call| as_trace(call, Preset::Balanced).inputs)).collect()
    })
}

/// The same inputs in pieces of these sizes, over and over; 0 is a push of nothing.
fn cut(inputs: &[Input], sizes: &[usize]) -> Vec<Input> {
    let mut sizes = sizes.iter().copied().cycle();
    let mut pieces = Vec::new();
    for input in inputs {
        match input {
            Input::Samples(samples) => {
                let mut rest = samples.as_slice();
                while !rest.is_empty() {
                    let (piece, later) = rest.split_at(sizes.next().unwrap_or(1).min(rest.len()));
                    pieces.push(Input::Samples(piece.to_vec()));
                    rest = later;
                }
            }
            Input::Gap(samples) => {
                let mut rest = *samples;
                while rest > 0 {
                    let piece = (sizes.next().unwrap_or(1) as u64).min(rest);
                    pieces.push(Input::Gap(piece));
                    rest -= piece;
                }
            }
            Input::Fact(fact) => pieces.push(Input::Fact(*fact)),
        }
    }
    pieces
}

/// The same inputs with `extra` put in at a media time: a fact, or samples that got lost instead of arriving.
fn with(inputs: &[Input], at: usize, extra: &Input) -> Vec<Input> {
    let (mut result, mut before, mut lost) = (Vec::new(), Some(at), 0usize);
    for input in inputs {
        let (Input::Samples(samples), Some(left)) = (input, before) else {
            result.push(input.clone());
            continue;
        };
        if left >= samples.len() {
            before = Some(left - samples.len());
            result.push(input.clone());
            continue;
        }
        if let Input::Gap(gap) = extra {
            lost = (*gap as usize).min(samples.len() - left);
            result.extend([Input::Samples(samples[..left].to_vec()), Input::Gap(lost as u64)]);
        } else {
            result.extend([Input::Samples(samples[..left].to_vec()), extra.clone()]);
        }
        result.push(Input::Samples(samples[left + lost..].to_vec()));
        before = None;
    }
    result
}

fn config() -> impl Strategy<Value = DetectConfig> {
    let begins = prop_oneof![Just(Phase::Analysis), Just(Phase::Progress)];
    (prop::sample::select(Preset::ALL.to_vec()), begins)
        .prop_map(|(preset, begins)| DetectConfig { begins, ..DetectConfig::preset(preset) })
}

fn fact() -> impl Strategy<Value = Fact> {
    prop_oneof![
        Just(Fact::Answered),
        Just(Fact::EarlyMedia),
        Just(Fact::Dtmf('5')),
        (0f32..3000.0).prop_map(|hz| Fact::BeepEnded { hz }),
        (0f32..=1.0).prop_map(|p| Fact::Score { machine: Probability::saturating(p) }),
    ]
}

/// A call with facts and further gaps at any time.
fn call() -> impl Strategy<Value = Vec<Input>> {
    let extra = prop_oneof![fact().prop_map(Input::Fact), (1..4000u64).prop_map(Input::Gap)];
    let extras = prop::collection::vec((0..80_000usize, extra), 0..5);
    (0..calls().len(), extras).prop_map(|(index, extras)| {
        extras.iter().fold(calls()[index].clone(), |call, (at, extra)| with(&call, *at, extra))
    })
}

fn sizes() -> impl Strategy<Value = Vec<usize>> {
    let size = prop_oneof![Just(0usize), Just(1), Just(79), Just(80), Just(81), Just(160), 0..1000usize];
    prop_oneof![Just(vec![1]), prop::collection::vec(size, 1..9).prop_map(|sizes| [sizes, vec![1]].concat())]
}

fn run(config: DetectConfig, inputs: &[Input]) -> (Vec<Event>, Verdict) {
    support::heard(config, inputs)
}

fn cases_of(count: u32) -> ProptestConfig {
    ProptestConfig { cases: count, failure_persistence: None, max_shrink_iters: 200, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases_of(160))]

    #[test]
    fn however_the_call_is_cut_its_events_and_its_verdict_are_the_same(
        config in config(), call in call(), sizes in sizes()
    ) {
        let (whole, last) = run(config, &call);
        let (pieces, last_of_pieces) = run(config, &cut(&call, &sizes));
        prop_assert_eq!(whole, pieces);
        prop_assert_eq!(last, last_of_pieces);
    }

    #[test]
    fn a_gap_is_the_sum_of_its_parts(config in config(), at in 0..60_000usize, gap in 1..20_000u64, sizes in sizes()) {
        let call = &calls()[4];
        let whole = with(call, at, &Input::Gap(gap));
        let parts: Vec<Input> = whole
            .iter()
            .flat_map(|input| match input {
                Input::Gap(_) => cut(std::slice::from_ref(input), &sizes),
                other => vec![other.clone()],
            })
            .collect();
        prop_assert_eq!(run(config, &whole), run(config, &parts));
    }
}

proptest! {
    #![proptest_config(cases_of(60))]

    #[test]
    fn events_that_nobody_takes_change_nothing(config in config(), call in call(), take in 0..3usize) {
        let shared = params(config);
        let (mut all, mut some) = (Detector::new(&shared), Detector::new(&shared));
        for input in cut(&call, &[1000]) {
            let events = play(&mut all, std::slice::from_ref(&input));
            let drain = match &input {
                Input::Samples(samples) => some.push(samples),
                Input::Gap(gap) => some.push_gap(*gap),
                Input::Fact(fact) => some.note(*fact),
            };
            let taken: Vec<Event> = drain.take(take).collect();
            prop_assert_eq!(&taken[..], &events[..take.min(events.len())]);
            prop_assert_eq!(some.now(), all.now());
            prop_assert_eq!(some.verdict(), all.verdict());
        }
        prop_assert_eq!(some.finish(), all.finish());
    }

    #[test]
    fn a_detector_that_starts_again_is_as_new(config in config(), earlier in call(), call in call(), share in 0.0..1.0) {
        let mut detector = Detector::new(&params(config));
        let earlier = cut(&earlier, &[777]);
        play(&mut detector, &earlier[..(earlier.len() as f64 * share) as usize]);
        detector.reset();
        prop_assert_eq!(detector.now().samples(), 0);
        prop_assert_eq!(detector.verdict(), None);
        let (events, last) = run(config, &call);
        prop_assert_eq!(play(&mut detector, &call), events);
        prop_assert_eq!(detector.finish(), last);
    }

    #[test]
    fn a_clone_goes_on_as_the_original(config in config(), call in call(), share in 0.0..1.0) {
        let call = cut(&call, &[333]);
        let (before, after) = call.split_at((call.len() as f64 * share) as usize);
        let mut detector = Detector::new(&params(config));
        play(&mut detector, before);
        let mut twin = detector.clone();
        prop_assert_eq!(play(&mut detector, after), play(&mut twin, after));
        prop_assert_eq!(detector.finish(), twin.finish());
    }

    #[test]
    fn a_trace_gives_the_events_of_the_call(config in config(), call in call(), sizes in sizes()) {
        let (events, _) = run(config, &call);
        let inputs = cut(&call, &[sizes, vec![5000]].concat());
        let trace = Trace::decode(&Trace { config, model: None, inputs }.encode()).expect("a trace");
        prop_assert_eq!(trace.config, config);
        prop_assert_eq!(trace.replay().expect("a valid configuration"), events);
    }

    #[test]
    fn time_moves_on_by_what_was_given_and_events_come_in_its_order(config in config(), call in call()) {
        let mut detector = Detector::new(&params(config));
        let (mut given, mut last) = (0u64, 0u64);
        for input in cut(&call, &[450]) {
            given += match &input {
                Input::Samples(samples) => samples.len() as u64,
                Input::Gap(gap) => *gap,
                Input::Fact(_) => 0,
            };
            for event in play(&mut detector, &[input]) {
                let at = event.at.samples();
                prop_assert!(at >= last && at <= given, "{event} at {at}, after {last}, of {given}");
                last = at;
            }
            prop_assert_eq!(detector.now().samples(), given);
        }
    }
}

#[test]
fn detectors_in_threads_of_their_own_do_not_change_one_another() {
    let shared = params(DetectConfig::default());
    let alone: Vec<_> = calls().iter().map(|call| run(DetectConfig::default(), call)).collect();
    let together: Vec<_> = std::thread::scope(|scope| {
        let listen = |call: &'static Vec<Input>| {
            let mut detector = Detector::new(&shared);
            scope.spawn(move || {
                let events = play(&mut detector, &cut(call, &[160]));
                (events, detector.finish())
            })
        };
        let threads: Vec<_> = calls().iter().map(listen).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    assert_eq!(alone, together);
}
