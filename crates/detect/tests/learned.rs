//! How the learned models decide: by models whose say is known, so that nothing here moves with the one in the program.

mod support;

use std::sync::Arc;
use std::time::Duration;

use offhook_detect::timing::TimingFeatures;
use offhook_detect::{
    AnsweredBy, Cause, ConfigError, DetectConfig, Detector, Event, EventKind, Fact, Input, Method, Model, Params,
    Preset, Probability, Stage, Verdict,
};
use support::models::{MUCH_VOICE, TIMING_ODDS, constant, listening, model, timing};
use support::sounds::{beep, chatter, greeting, person, silence, voicemail};
use support::{LEARNED, first_final, heard_by, play, verdicts, with_model};

/// So many milliseconds of voice without a pause, after a little silence.
fn talking(length: usize) -> Vec<i16> {
    [silence(500), chatter(length)].concat()
}

/// What `log_odds` amounts to.
fn share(log_odds: f32) -> f32 {
    1.0 / (1.0 + (-log_odds).exp())
}

fn by(method: Method) -> DetectConfig {
    let mut config = DetectConfig::default();
    config.decide.method = method;
    config
}

/// The first verdict to act on and the one at the end, of `samples`.
fn decided(config: DetectConfig, model: &Arc<Model>, samples: &[i16]) -> (Verdict, Verdict) {
    let (events, last) = heard_by(&with_model(config, model), &[Input::Samples(samples.to_vec())]);
    (first_final(&events, last), last)
}

fn all_verdicts(preset: Preset, samples: &[i16]) -> Vec<Verdict> {
    verdicts(&support::heard(DetectConfig::preset(preset), &[Input::Samples(samples.to_vec())]).0).collect()
}

#[test]
fn the_cause_tells_what_was_weighed_and_the_limit_it_met() {
    let mut told = 0;
    for preset in LEARNED {
        for samples in [person(), voicemail(), [silence(300), greeting(), silence(3000)].concat()] {
            for verdict in all_verdicts(preset, &samples) {
                let Cause::Weighed { machine, limit, voice, silence, timing, net, reasons } = verdict.cause else {
                    continue;
                };
                told += 1;
                let side = if verdict.answered_by.is_machine() { machine >= limit } else { machine < limit };
                assert!(side, "{}: {} {}", preset.name(), verdict.answered_by, verdict.cause);
                assert!(voice > Duration::ZERO && timing.is_finite() && net.is_finite(), "{}", verdict.cause);
                if verdict.stage == Stage::Final && verdict.answered_by == AnsweredBy::Human {
                    assert!(silence >= DetectConfig::preset(preset).weigh.least_silence, "{}", verdict.cause);
                }
                assert!((verdict.probabilities.machine().get() - machine.get()).abs() < 0.05, "{}", verdict.cause);
                assert!(reasons.iter().all(|r| TimingFeatures::TABLE.iter().any(|row| row.name == r.feature)));
                assert!(reasons.is_sorted_by(|a, b| a.adds.abs() >= b.adds.abs()), "{reasons:?}");
                assert!(reasons.iter().all(|r| r.adds.is_finite() && r.value.is_finite()), "{reasons:?}");
            }
        }
    }
    assert!(told > 8, "{told}");
}

#[test]
fn what_the_models_say_and_the_bias_make_the_probability() {
    let builtin = Model::builtin();
    for (net, timing) in [(true, true), (true, false), (false, true)] {
        let mut config = DetectConfig::default();
        (config.weigh.net, config.weigh.timing) = (net, timing);
        let mixture = builtin.fusion().mixture(timing, net);
        let mut told = 0;
        for samples in [person(), voicemail()] {
            let (events, _) = support::heard(config, &[Input::Samples(samples)]);
            for verdict in verdicts(&events) {
                let Cause::Weighed { machine, timing: by_timing, net: by_net, .. } = verdict.cause else { continue };
                let fits = |bias: f32| (share(bias + by_timing + by_net) - machine.get()).abs() < 1e-4;
                assert!(fits(mixture.speaking.bias) || fits(mixture.silent.bias), "{}", verdict.cause);
                assert!(net || by_net == 0.0, "{}", verdict.cause);
                told += 1;
            }
        }
        assert!(told > 0, "net {net}, timing {timing}");
    }
}

#[test]
fn the_reasons_are_what_the_trees_asked() {
    let model = model(None, Some(timing()));
    for (samples, odds) in [(person(), -TIMING_ODDS), (talking(4000), TIMING_ODDS)] {
        let (first, _) = decided(DetectConfig::default(), &model, &samples);
        let Cause::Weighed { machine, timing, net, reasons, .. } = first.cause else { panic!("{}", first.cause) };
        assert_eq!((timing, net), (odds, 0.0));
        assert!((machine.get() - share(odds)).abs() < 1e-6);
        assert_eq!((reasons[0].feature, reasons[0].adds), ("voice", odds));
        assert_eq!(reasons[0].value >= MUCH_VOICE, odds > 0.0);
        assert_eq!((reasons[1].adds, reasons[2].adds), (0.0, 0.0));
    }
}

#[test]
fn a_verdict_says_what_decided_it() {
    let beeped = [silence(1500), beep(), silence(1500)].concat();
    let said = |config, samples: &[i16]| decided(config, &model(None, Some(timing())), samples);
    for method in [Method::Avmd, Method::Heuristic, Method::Hybrid, Method::Ai] {
        assert_eq!(said(by(method), &beeped).0.method, Method::Avmd, "{method}");
        assert_eq!(said(by(method), &silence(20_000)).0.method, Method::Heuristic, "{method}");
    }
    assert_eq!(said(by(Method::Heuristic), &talking(4000)).0.method, Method::Heuristic);
    assert_eq!(said(by(Method::Ai), &talking(4000)).0.method, Method::Ai);
    assert_eq!(said(by(Method::Ai), &person()).0.method, Method::Ai);
    assert_eq!(said(by(Method::Hybrid), &talking(4000)).0.method, Method::Hybrid);
    for samples in [person(), talking(4000), silence(20_000), beeped] {
        assert_eq!(said(by(Method::Classic), &samples).0.method, Method::Classic);
    }
    for preset in LEARNED {
        for verdict in all_verdicts(preset, &voicemail()) {
            let expected = match verdict.cause {
                Cause::Weighed { .. } => DetectConfig::preset(preset).decide.method,
                Cause::Beep { .. } => Method::Avmd,
                _ => Method::Heuristic,
            };
            assert_eq!(verdict.method, expected, "{}: {}", preset.name(), verdict.cause);
        }
    }
}

#[test]
fn tones_alone_decide_under_avmd() {
    let config = by(Method::Avmd);
    let alone = |samples: &[i16]| {
        let (events, _) = support::heard(config, &[Input::Samples(samples.to_vec())]);
        verdicts(&events).map(|v| (v.answered_by, v.method)).collect::<Vec<_>>()
    };
    assert_eq!(alone(&person()), [], "a person is silence to it");
    assert_eq!(alone(&greeting()), []);
    assert_eq!(alone(&voicemail()), [(AnsweredBy::Voicemail, Method::Avmd)]);
    let hello = [person(), silence(20_000)].concat();
    assert_eq!(alone(&hello), [(AnsweredBy::Unknown, Method::Heuristic)], "the time is over");
}

#[test]
fn hybrid_takes_clear_cases_by_the_rules() {
    // A net that finds a person a little likelier leaves everything open until silence has lasted.
    let unsure = model(Some(constant(-1.0)), None);
    let decide = DetectConfig::default().decide;
    let (first, _) = decided(by(Method::Hybrid), &unsure, &person());
    assert_eq!((first.answered_by, first.method), (AnsweredBy::Human, Method::Heuristic), "{}", first.cause);
    assert!(matches!(first.cause, Cause::ShortGreeting { limit, .. } if limit == decide.after_greeting_silence));
    let (first, _) = decided(by(Method::Hybrid), &unsure, &talking(7000));
    assert_eq!((first.answered_by, first.method), (AnsweredBy::Voicemail, Method::Heuristic), "{}", first.cause);
    assert!(matches!(first.cause, Cause::LongGreeting { limit, .. } if limit == decide.clear_greeting));
    // The same calls without the rules: one stays open longer, the other for good.
    let (later, _) = decided(by(Method::Ai), &unsure, &person());
    assert_eq!((later.answered_by, later.method), (AnsweredBy::Human, Method::Ai), "{}", later.cause);
    assert!(later.at > decided(by(Method::Hybrid), &unsure, &person()).0.at, "{}", later.cause);
    let (machine, _) = decided(by(Method::Ai), &unsure, &talking(7000));
    assert!(!matches!(machine.cause, Cause::Weighed { .. }), "{}", machine.cause);
}

#[test]
fn either_model_may_be_left_out_but_not_both() {
    // The net says machine, the timing of a short greeting a person: whoever is left decides.
    let both = model(Some(constant(TIMING_ODDS)), Some(timing()));
    let by_net = DetectConfig {
        weigh: offhook_detect::WeighConfig { timing: false, ..Default::default() },
        ..Default::default()
    };
    let by_timing =
        DetectConfig { weigh: offhook_detect::WeighConfig { net: false, ..Default::default() }, ..Default::default() };
    assert_eq!(decided(by_net, &both, &person()).0.answered_by, AnsweredBy::Voicemail);
    assert_eq!(decided(by_timing, &both, &person()).0.answered_by, AnsweredBy::Human);
    for method in Method::ALL {
        let mut config = by(method);
        (config.weigh.net, config.weigh.timing) = (false, false);
        match Params::new(config) {
            Err(ConfigError::OutOfRange { field: "weigh.net", allowed, .. }) => {
                assert!(method.learned() && allowed.contains(method.name()), "{allowed}");
            }
            other => assert!(!method.learned() && other.is_ok(), "{method}: {other:?}"),
        }
    }
}

#[test]
fn a_model_without_a_part_works_with_what_it_has() {
    let parts = [(true, true), (true, false), (false, true), (false, false)];
    for (net, rhythm) in parts {
        let model = model(net.then(|| listening(0, 1)), rhythm.then(timing));
        for preset in LEARNED {
            let params = with_model(DetectConfig::preset(preset), &model);
            let (_, last) = heard_by(&params, &[Input::Samples(voicemail())]);
            assert_eq!(last.answered_by, AnsweredBy::Voicemail, "{}: {}", preset.name(), last.cause);
            let (events, _) = heard_by(&params, &[Input::Samples([person(), silence(20_000)].concat())]);
            assert!(verdicts(&events).any(|v| v.stage == Stage::Final), "net {net}, timing {rhythm}");
        }
    }
}

#[test]
fn a_score_from_outside_moves_the_probability_and_stands_in_for_the_net() {
    let model = model(Some(constant(0.0)), None);
    let score = |share| Input::Fact(Fact::Score { machine: Probability::saturating(share) });
    let first_of = |score: Input| {
        let (events, last) = heard_by(&with_model(by(Method::Ai), &model), &[score, Input::Samples(person())]);
        first_final(&events, last)
    };
    for (given, who) in [(0.99, AnsweredBy::Voicemail), (0.01, AnsweredBy::Human)] {
        let verdict = first_of(score(given));
        assert_eq!(verdict.answered_by, who, "{}", verdict.cause);
        let Cause::Weighed { machine, net, .. } = verdict.cause else { panic!("{}", verdict.cause) };
        assert!((machine.get() - given).abs() < 1e-4 && (share(net) - given).abs() < 1e-4, "{}", verdict.cause);
    }
    // The latest one counts, and none is believed to the end.
    let (events, last) =
        heard_by(&with_model(by(Method::Ai), &model), &[score(0.99), score(0.0), Input::Samples(person())]);
    let Cause::Weighed { machine, .. } = first_final(&events, last).cause else { panic!("{}", last.cause) };
    assert!(machine.get() > 0.0 && machine.get() < 0.01, "{machine}");
    let plain = support::heard(DetectConfig::preset(Preset::Heuristic), &[Input::Samples(person())]);
    let scored = support::heard(DetectConfig::preset(Preset::Heuristic), &[score(0.99), Input::Samples(person())]);
    assert_eq!(plain, scored, "the rules do not ask it");
}

/// Whether the net spoke in each hop, and where the verdict became final.
fn spoke(config: DetectConfig, samples: &[i16]) -> (Vec<bool>, usize) {
    let mut detector = Detector::new(&support::params(config));
    let (mut spoke, mut settled) = (Vec::new(), None);
    for (hop, samples) in samples.chunks_exact(80).enumerate() {
        let events: Vec<Event> = detector.push(samples).collect();
        let last = |event: &Event| matches!(event.kind, EventKind::Verdict(v) if v.stage == Stage::Final);
        if events.iter().any(last) {
            settled.get_or_insert(hop);
        }
        spoke.push(detector.signals().line.is_some());
    }
    (spoke, settled.expect("a final verdict"))
}

#[test]
fn the_net_rests_once_the_verdict_is_final_if_it_may() {
    for samples in [person(), voicemail()] {
        for preset in LEARNED {
            let mut config = DetectConfig::preset(preset);
            let (resting, settled) = spoke(config, &samples);
            assert!(resting[10..settled].iter().all(|&spoke| spoke), "{}", preset.name());
            assert!(resting[settled + 1..].iter().all(|&spoke| !spoke), "{}", preset.name());
            config.weigh.rest = false;
            let (restless, settled_then) = spoke(config, &samples);
            assert_eq!(settled_then, settled, "{}", preset.name());
            assert!(restless[10..].iter().all(|&spoke| spoke), "{}", preset.name());
        }
    }
    let (silent, _) = spoke(DetectConfig::preset(Preset::Heuristic), &person());
    assert!(silent.iter().all(|&spoke| !spoke), "without a model there is no net");
}

#[test]
fn what_the_net_says_is_a_probability_of_each_sound() {
    let mut detector = support::detector(Preset::Balanced);
    for hop in voicemail().chunks(80) {
        play(&mut detector, &[Input::Samples(hop.to_vec())]);
        let Some(line) = detector.signals().line else { continue };
        let sum: f32 = line.sounds.iter().sum();
        assert!((sum - 1.0).abs() < 1e-4 || sum == 0.0, "{line:?}");
        assert!(line.sounds.iter().all(|share| (0.0..=1.0).contains(share)) && line.machine.is_finite(), "{line:?}");
    }
}

#[test]
fn more_machines_called_wrongly_never_ask_for_more_certainty() {
    for (net, timing) in [(true, true), (true, false), (false, true)] {
        let mut last = f32::INFINITY;
        for percent in [0.05, 0.1, 0.3, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 30.0] {
            let mut config = DetectConfig::default();
            config.weigh.most_false_machines = Probability::percent(percent);
            (config.weigh.net, config.weigh.timing) = (net, timing);
            let threshold = support::params(config).threshold().expect("a threshold").get();
            assert!(threshold <= last && threshold > 0.0, "{percent} %: {threshold} after {last}");
            last = threshold;
        }
    }
    let of = |preset| support::params(DetectConfig::preset(preset)).threshold();
    assert!(of(Preset::Conservative) >= of(Preset::Balanced) && of(Preset::Balanced) >= of(Preset::Aggressive));
    assert_eq!((of(Preset::Heuristic), of(Preset::Classic)), (None, None));
}

#[test]
fn what_is_weighed_can_be_looked_at_until_the_verdict() {
    let mut detector = support::detector(Preset::Balanced);
    assert_eq!(detector.inputs(), None);
    let mut seen = 0;
    for hop in person().chunks(80) {
        play(&mut detector, &[Input::Samples(hop.to_vec())]);
        let settled = detector.verdict().is_some_and(|verdict| verdict.stage == Stage::Final);
        match detector.inputs() {
            Some(inputs) => {
                seen += 1;
                assert!(!settled && inputs.timing.is_finite() && inputs.call.is_finite() && inputs.voice.is_finite());
                assert!(inputs.rhythm.values().iter().all(|value| value.is_finite()), "{:?}", inputs.rhythm);
            }
            None => assert!(settled || seen == 0, "lost at {}", detector.now()),
        }
    }
    assert!(seen > 20, "{seen}");
}
