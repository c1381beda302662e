//! What several tests of the detector need: the calls of the corpus, calls of the simulator, and playing them.

#![allow(dead_code, reason = "each test uses a part of it")]

pub(crate) mod models;
pub(crate) mod sounds;

use std::path::PathBuf;
use std::sync::Arc;

use offhook_detect::{
    DetectConfig, Detector, Event, EventKind, Fact, Input, Model, Params, Phase, Preset, Stage, Trace, Verdict,
};
use offhook_media::{DecodeOptions, decode_file};
use offhook_sim::{CallSet, SimCall, SimConfig, Simulator};

/// A recording of the corpus.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) label: String,
    /// The line: `clean`, `noisy`, with `+loss` and the like.
    pub(crate) condition: String,
    pub(crate) samples: Vec<i16>,
}

impl Call {
    /// Whether `verdict` is right for what picked up: see `corpus/README.md`.
    pub(crate) fn is_right(&self, verdict: &Verdict) -> bool {
        match self.label.as_str() {
            "ivr" | "music" => verdict.answered_by.is_machine(),
            label => verdict.answered_by.word() == label,
        }
    }
}

/// Every recording of the corpus, in the manifest's order.
pub(crate) fn corpus() -> Vec<Call> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../corpus");
    let manifest = std::fs::read_to_string(folder.join("manifest.csv")).expect("the corpus has a manifest");
    let rows = manifest.lines().skip(1).filter_map(|row| {
        let mut fields = row.split(',');
        Some((fields.next()?, fields.next()?, fields.nth(3)?))
    });
    rows.map(|(path, label, condition)| Call {
        name: path.trim_end_matches(".wav").to_owned(),
        label: label.to_owned(),
        condition: condition.to_owned(),
        samples: decode_file(folder.join(path), &DecodeOptions::default()).expect("a recording").samples,
    })
    .collect()
}

/// Calls of the simulator over lines from good to bad, some with early media.
pub(crate) fn simulated(count: u64) -> Vec<SimCall> {
    let config = SimConfig { set: CallSet::All, seed: 20, early_media: 0.4, ..SimConfig::default() };
    Simulator::new(config).expect("a valid configuration").calls(count).collect()
}

/// A simulated call as a detector gets it: lost spans as gaps, the answer as a fact.
pub(crate) fn as_trace(call: &SimCall, preset: Preset) -> Trace {
    let mut config = DetectConfig::preset(preset);
    let mut lost = vec![false; call.samples.len()];
    call.missing.iter().for_each(|span| lost[span.clone()].fill(true));
    let answered = match call.truth.answered_ms {
        Some(0) => usize::MAX,
        Some(millis) => millis as usize * 8,
        None => usize::MAX - 1,
    };
    if answered != usize::MAX {
        config.begins = Phase::Progress;
    }
    let mut inputs = Vec::new();
    for (at, (&sample, &lost)) in call.samples.iter().zip(&lost).enumerate() {
        if at == answered {
            inputs.push(Input::Fact(Fact::Answered));
        }
        match (inputs.last_mut(), lost) {
            (Some(Input::Gap(gap)), true) => *gap += 1,
            (Some(Input::Samples(samples)), false) => samples.push(sample),
            (_, true) => inputs.push(Input::Gap(1)),
            (_, false) => inputs.push(Input::Samples(vec![sample])),
        }
    }
    Trace { config, model: None, inputs }
}

/// Every preset that hears tones: all but the classic one.
pub(crate) const FUSED: [Preset; 5] =
    [Preset::Heuristic, Preset::Hybrid, Preset::Balanced, Preset::Conservative, Preset::Aggressive];

/// Those in which learned models have a say.
pub(crate) const LEARNED: [Preset; 4] = [Preset::Hybrid, Preset::Balanced, Preset::Conservative, Preset::Aggressive];

pub(crate) fn params(config: DetectConfig) -> Arc<Params> {
    Arc::new(Params::new(config).expect("a valid configuration"))
}

pub(crate) fn with_model(config: DetectConfig, model: &Arc<Model>) -> Arc<Params> {
    Arc::new(Params::with_model(config, Arc::clone(model)).expect("a valid configuration"))
}

pub(crate) fn detector(preset: Preset) -> Detector {
    Detector::new(&params(DetectConfig::preset(preset)))
}

/// Gives `inputs` to `detector` and collects what it says.
pub(crate) fn play(detector: &mut Detector, inputs: &[Input]) -> Vec<Event> {
    let mut events = Vec::new();
    for input in inputs {
        match input {
            Input::Samples(samples) => events.extend(detector.push(samples)),
            Input::Gap(samples) => events.extend(detector.push_gap(*samples)),
            Input::Fact(fact) => events.extend(detector.note(*fact)),
        }
    }
    events
}

/// All that a new detector says of `inputs`, and its verdict at the end.
pub(crate) fn heard(config: DetectConfig, inputs: &[Input]) -> (Vec<Event>, Verdict) {
    heard_by(&params(config), inputs)
}

/// The same with parameters made elsewhere.
pub(crate) fn heard_by(params: &Arc<Params>, inputs: &[Input]) -> (Vec<Event>, Verdict) {
    let mut detector = Detector::new(params);
    let events = play(&mut detector, inputs);
    (events, detector.finish())
}

pub(crate) fn verdicts(events: &[Event]) -> impl DoubleEndedIterator<Item = Verdict> + '_ {
    events.iter().filter_map(|event| match event.kind {
        EventKind::Verdict(verdict) => Some(verdict),
        _ => None,
    })
}

/// The first verdict to act on, or the one at the end if there was none.
pub(crate) fn first_final(events: &[Event], at_the_end: Verdict) -> Verdict {
    verdicts(events).find(|verdict| verdict.stage != Stage::Provisional).unwrap_or(at_the_end)
}

/// The events as text, one a line.
pub(crate) fn lines(events: &[Event]) -> String {
    events.iter().map(|event| format!("{event}\n")).collect()
}
