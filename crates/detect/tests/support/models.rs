//! Small models whose say is known, so that tests stand whatever the model in the program says.

use std::sync::Arc;

use offhook_detect::net::{Architecture, Layer, Network};
use offhook_detect::timing::{TimingFeatures, TimingModel, TimingNode, TimingSplit, TimingTree};
use offhook_detect::{FusionModel, Mixture, Model, OperatingPoint, Weights};
use offhook_sim::Random;

/// Values a frame, and values a net gives: the sounds of the line, and a machine.
const FEATURES: usize = 40;
const OUTPUTS: usize = 8;
/// The voice from which [`timing`] takes a machine, in seconds, and its log-odds either way.
pub(crate) const MUCH_VOICE: f32 = 2.0;
pub(crate) const TIMING_ODDS: f32 = 4.0;
/// Frames of a window that a net of windows sees: two seconds.
pub(crate) const WINDOW: usize = 200;

fn network(window: usize, layers: Vec<Layer>, weigh: impl FnMut(usize) -> f32) -> Network {
    let architecture = Architecture { name: "small".into(), features: FEATURES, window, layers };
    let weights = (0..architecture.parameter_count()).map(weigh).collect();
    Network::new(architecture, weights).expect("layers that fit")
}

/// A streaming net that says `machine`, in log-odds, of any call, every 10 ms.
pub(crate) fn constant(machine: f32) -> Network {
    let layers = vec![Layer::Linear { inputs: FEATURES, outputs: OUTPUTS, relu: false }];
    let last = OUTPUTS * FEATURES + OUTPUTS - 1;
    network(0, layers, |at| if at == last { machine } else { 0.0 })
}

/// A net that says something else of each call: `window` frames at a time, or streaming if that is 0.
pub(crate) fn listening(window: usize, seed: u64) -> Network {
    let conv =
        Layer::Conv { inputs: FEATURES, outputs: 16, kernel: 3, dilation: 1, stride: 2, relu: true, residual: false };
    let over_time = if window == 0 { Layer::Gru { inputs: 16, units: 16 } } else { Layer::Average };
    let layers = vec![conv, over_time, Layer::Linear { inputs: 16, outputs: OUTPUTS, relu: false }];
    let mut random = Random::new(seed);
    network(window, layers, |_| random.between(-0.5..0.5) as f32)
}

/// A timing model that asks one thing: whether there was much voice.
pub(crate) fn timing() -> TimingModel {
    let feature = TimingFeatures::TABLE.iter().position(|row| row.name == "voice").expect("a feature of that name");
    let split = TimingSplit { feature: feature as u8, threshold: MUCH_VOICE, below: 1, above: 2 };
    let node = |value, share| TimingNode { value, share, split: None };
    let root = TimingNode { split: Some(split), ..node(0.0, 1.0) };
    let tree = TimingTree { nodes: vec![root, node(-TIMING_ODDS, 0.5), node(TIMING_ODDS, 0.5)] };
    TimingModel::new(0.0, vec![tree]).expect("a tree that may be")
}

/// The two, each believed as it stands, with 0.9 at one false machine in a hundred.
pub(crate) fn model(network: Option<Network>, timing: Option<TimingModel>) -> Arc<Model> {
    let point = |threshold, false_machines| OperatingPoint { threshold, false_machines, recall: 0.9 };
    let curve = vec![point(0.6, 0.05), point(0.9, 0.01), point(0.99, 0.003)];
    let mixture = |timing, call| {
        let weights = Weights { timing, call, ..Weights::default() };
        Mixture { speaking: weights, silent: weights, curve: curve.clone() }
    };
    let fusion = FusionModel { all: mixture(1.0, 1.0), timing: mixture(1.0, 0.0), net: mixture(0.0, 1.0) };
    Arc::new(Model::new("{}".to_owned(), network, timing, fusion))
}
