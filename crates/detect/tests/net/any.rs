//! Any net that may be, and any frames for it.

use offhook_detect::net::{Architecture, Layer, Network};
use offhook_sim::Random;
use proptest::prelude::*;

/// Layers with inputs still to be filled in from the layer before.
#[derive(Clone, Debug)]
enum Piece {
    Conv { outputs: usize, kernel: usize, dilation: usize, stride: usize, relu: bool, residual: bool },
    Gru(usize),
    Linear(usize, bool),
    MaxPool(usize),
}

fn conv() -> impl Strategy<Value = Piece> {
    let numbers = (1usize..70, 1usize..6, 1usize..5, 1usize..4);
    (numbers, any::<bool>(), any::<bool>()).prop_map(|((outputs, kernel, dilation, stride), relu, residual)| {
        Piece::Conv { outputs, kernel, dilation, stride, relu, residual }
    })
}

fn built(features: usize, window: usize, pieces: &[Piece]) -> Architecture {
    let mut layers = Vec::new();
    let mut inputs = features;
    for piece in pieces {
        let layer = match *piece {
            Piece::Conv { outputs, kernel, dilation, stride, relu, residual } => {
                let (outputs, stride) = if residual { (inputs, 1) } else { (outputs, stride) };
                Layer::Conv { inputs, outputs, kernel, dilation, stride, relu, residual }
            }
            Piece::Gru(units) => Layer::Gru { inputs, units },
            Piece::Linear(outputs, relu) => Layer::Linear { inputs, outputs, relu },
            Piece::MaxPool(size) => Layer::MaxPool { size },
        };
        inputs = layer.outputs(inputs);
        layers.push(layer);
    }
    Architecture { name: "any".into(), features, window, layers }
}

/// A net that streams, with weights from a seed.
pub(crate) fn streaming() -> impl Strategy<Value = Network> {
    let gru = (1usize..40).prop_map(Piece::Gru);
    let linear = (1usize..40, any::<bool>()).prop_map(|(outputs, relu)| Piece::Linear(outputs, relu));
    let pieces = prop::collection::vec(prop_oneof![3 => conv(), 1 => gru, 1 => linear], 1..5);
    let hops = |architecture: &Architecture| architecture.hops_per_step() <= 64;
    (1usize..50, pieces, any::<u64>())
        .prop_map(|(features, pieces, seed)| (built(features, 0, &pieces), seed))
        .prop_filter("a step of more frames than are allowed", move |(architecture, _)| hops(architecture))
        .prop_map(|(architecture, seed)| network(architecture, seed))
}

/// A net that sees a window, with weights from a seed.
pub(crate) fn windowed() -> impl Strategy<Value = Network> {
    let pool = (1usize..4).prop_map(Piece::MaxPool);
    let linear = (1usize..40, any::<bool>()).prop_map(|(outputs, relu)| Piece::Linear(outputs, relu));
    let pieces = prop::collection::vec(prop_oneof![2 => conv(), 1 => pool, 1 => linear], 0..4);
    (1usize..30, 81usize..130, pieces, 1usize..10, any::<u64>()).prop_map(
        |(features, window, pieces, outputs, seed)| {
            let mut architecture = built(features, window, &pieces);
            let inputs = architecture.outputs();
            architecture.layers.extend([Layer::Average, Layer::Linear { inputs, outputs, relu: false }]);
            network(architecture, seed)
        },
    )
}

/// The net with weights as a fresh one has them.
pub(crate) fn network(architecture: Architecture, seed: u64) -> Network {
    let random = &mut Random::new(seed);
    let mut weights = Vec::new();
    for layer in &architecture.layers {
        let seen = match *layer {
            Layer::Conv { inputs, kernel, .. } => inputs * kernel,
            Layer::Gru { units, .. } => units,
            Layer::Linear { inputs, .. } => inputs,
            Layer::MaxPool { .. } | Layer::Average => 1,
        };
        let spread = (seen as f64).powf(-0.5);
        weights.extend((0..layer.parameter_count()).map(|_| (1.5 * spread * random.normal()) as f32));
    }
    Network::new(architecture, weights).unwrap()
}

/// So many frames, about as log-mel frames are.
pub(crate) fn frames(network: &Network, count: usize, seed: u64) -> Vec<f32> {
    let random = &mut Random::new(seed);
    (0..count * network.architecture().features).map(|_| random.normal() as f32).collect()
}

/// A net like those that are meant: convolutions, a recurrent unit, a linear layer.
pub(crate) fn crnn() -> Network {
    let layers = vec![
        Layer::Conv { inputs: 40, outputs: 64, kernel: 5, dilation: 1, stride: 2, relu: true, residual: false },
        Layer::Conv { inputs: 64, outputs: 64, kernel: 3, dilation: 1, stride: 1, relu: true, residual: false },
        Layer::Conv { inputs: 64, outputs: 64, kernel: 3, dilation: 2, stride: 1, relu: true, residual: true },
        Layer::Gru { inputs: 64, units: 64 },
        Layer::Linear { inputs: 64, outputs: 8, relu: false },
    ];
    network(Architecture { name: "crnn".into(), features: 40, window: 0, layers }, 1)
}

/// A net that sees a window of two seconds.
pub(crate) fn cnn() -> Network {
    let conv = |inputs, outputs| Layer::Conv {
        inputs,
        outputs,
        kernel: 3,
        dilation: 1,
        stride: 1,
        relu: true,
        residual: false,
    };
    let layers = vec![
        conv(40, 32),
        Layer::MaxPool { size: 2 },
        conv(32, 64),
        Layer::MaxPool { size: 2 },
        conv(64, 128),
        Layer::Average,
        Layer::Linear { inputs: 128, outputs: 128, relu: true },
        Layer::Linear { inputs: 128, outputs: 1, relu: false },
    ];
    network(Architecture { name: "cnn".into(), features: 40, window: 200, layers }, 2)
}
