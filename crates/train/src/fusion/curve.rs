use std::sync::Arc;

use offhook_detect::{
    DetectConfig, Detector, EventKind, Fact, FusionModel, Mixture, Model, OperatingPoint, Params, Phase, Stage,
};
use rayon::prelude::*;

use super::LabelledCall;

/// How many thresholds are tried.
pub const THRESHOLDS: usize = 25;

/// The thresholds tried: log-odds from 0 to 8, in steps of a third.
fn thresholds() -> impl Iterator<Item = f32> {
    (0..THRESHOLDS).map(|step| 1.0 / (1.0 + (-(step as f32) / 3.0).exp()))
}

/// The operating curve of the models that have a say: at each threshold, how many people are called machines and how many
/// machines are found, by the first final verdict of the whole detector. Each call counts as its weight says.
pub fn operating_curve(
    calls: &[LabelledCall],
    model: &Model,
    timing: bool,
    net: bool,
    told: impl Fn(usize) + Sync,
) -> Vec<OperatingPoint> {
    let mut curve: Vec<OperatingPoint> = thresholds()
        .filter_map(|threshold| {
            let params = at_threshold(model, timing, net, threshold)?;
            let called: Vec<bool> = calls
                .par_iter()
                .map(|call| {
                    let called = called_machine(call, &params);
                    told(1);
                    called
                })
                .collect();
            let share = |machine: bool| {
                let of = calls.iter().zip(&called).filter(|(call, _)| call.machine == machine);
                let (hits, all) = of.fold((0.0, 0.0), |(hits, all), (call, &called)| {
                    (hits + if called { call.weight } else { 0.0 }, all + call.weight)
                });
                if all > 0.0 { hits / all } else { 0.0 }
            };
            Some(OperatingPoint { threshold, false_machines: share(false), recall: share(true) })
        })
        .collect();
    // A higher threshold promises no more errors than a lower one keeps.
    for at in (1..curve.len()).rev() {
        curve[at - 1].false_machines = curve[at - 1].false_machines.max(curve[at].false_machines);
    }
    curve
}

fn at_threshold(model: &Model, timing: bool, net: bool, threshold: f32) -> Option<Arc<Params>> {
    let point = OperatingPoint { threshold, false_machines: 0.0, recall: 0.0 };
    let at = |mixture: &Mixture| Mixture { curve: vec![point], ..mixture.clone() };
    let fusion = model.fusion();
    let fusion = FusionModel { all: at(&fusion.all), timing: at(&fusion.timing), net: at(&fusion.net) };
    let model = Model::new(String::new(), model.network().cloned(), model.timing().cloned(), fusion);
    let mut config = DetectConfig { begins: Phase::Progress, ..DetectConfig::default() };
    config.weigh.timing = timing;
    config.weigh.net = net;
    Params::with_model(config, Arc::new(model)).ok().map(Arc::new)
}

/// Whether the first final verdict is a machine.
fn called_machine(call: &LabelledCall, params: &Arc<Params>) -> bool {
    let mut detector = Detector::new(params);
    let answered = call.answered.min(call.samples.len());
    drop(detector.push(&call.samples[..answered]));
    drop(detector.note(Fact::Answered));
    for packet in call.samples[answered..].chunks(1600) {
        for event in detector.push(packet) {
            if let EventKind::Verdict(verdict) = event.kind
                && verdict.stage != Stage::Provisional
            {
                return verdict.answered_by.is_machine();
            }
        }
    }
    detector.finish().answered_by.is_machine()
}
