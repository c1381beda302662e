#![no_main]
//! Any bytes as a net; then any layers, most of which fit each other, with any weights: what is allowed runs, gives
//! finite numbers, the same alone and in a batch, and is read as it was written.

use libfuzzer_sys::fuzz_target;
use offhook_detect::net::{Architecture, BatchScratch, Layer, NetState, Network};

/// Reads the input from its front; zeros follow its end.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> usize {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(first)
    }

    /// Mostly what fits; sometimes anything.
    fn width(&mut self, fits: usize) -> usize {
        if self.byte() == 255 { self.byte() } else { fits }
    }

    fn layer(&mut self, inputs: usize) -> Layer {
        let inputs = self.width(inputs);
        match self.byte() % 8 {
            0 => Layer::Gru { inputs, units: self.byte() % 40 },
            1 => Layer::Linear { inputs, outputs: self.byte() % 40, relu: self.byte() % 2 == 1 },
            2 => Layer::MaxPool { size: self.byte() % 5 },
            3 => Layer::Average,
            _ => {
                let residual = self.byte() % 2 == 1;
                let outputs = self.byte() % 40;
                Layer::Conv {
                    inputs,
                    outputs: if residual { self.width(inputs) } else { outputs },
                    kernel: self.byte() % 8,
                    dilation: self.byte() % 8,
                    stride: if residual { self.width(1) } else { self.byte() % 5 },
                    relu: self.byte() % 2 == 1,
                    residual,
                }
            }
        }
    }

    fn architecture(&mut self) -> Architecture {
        let (features, window) = (self.byte() % 50, self.byte().saturating_sub(128));
        let mut layers = Vec::new();
        let mut width = features;
        for _ in 0..self.byte() % 6 {
            let layer = self.layer(width);
            width = layer.outputs(width);
            layers.push(layer);
        }
        if window > 0 {
            layers.push(Layer::Average);
        }
        Architecture { name: "any".into(), features, window, layers }
    }

    /// What is left, over and over, as numbers; those that no net may have become 1.
    fn numbers(&self, count: usize) -> Vec<f32> {
        let some: Vec<f32> = self.0.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        let allowed = |number: f32| if number.abs() <= 1e6 { number } else { 1.0 };
        some.iter().chain([&0.1]).cycle().take(count).map(|&number| allowed(number)).collect()
    }
}

fn run(network: &Network, frame: &[f32]) {
    let (mut alone, mut a, mut b) = (NetState::new(network), NetState::new(network), NetState::new(network));
    let mut scratch = BatchScratch::new(network, 2);
    for _ in 0..3 * network.hops_per_step() {
        if alone.push_frame(network, frame) {
            network.step(&mut alone);
        }
        a.push_frame(network, frame);
        b.push_frame(network, frame);
        network.step_batch(&mut [&mut a, &mut b], &mut scratch);
        assert_eq!(alone.outputs(), a.outputs());
        assert_eq!(alone.outputs(), b.outputs());
        assert_eq!(alone.outputs().len(), network.outputs());
        assert!(alone.outputs().iter().all(|value| value.is_finite()));
    }
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(network) = Network::from_bytes(bytes) {
        assert_eq!(network.to_bytes(), bytes);
    }
    let mut input = Input(bytes);
    let architecture = input.architecture();
    if architecture.check().is_err() {
        return;
    }
    let weights = input.numbers(architecture.parameter_count());
    // Frames are logarithms of powers: a few units either way.
    let frame: Vec<f32> = input.numbers(architecture.features).iter().map(|value| value.clamp(-3.0, 3.0)).collect();
    let Ok(network) = Network::new(architecture, weights) else { panic!("a checked net with checked weights") };
    run(&network, &frame);
    let read = Network::from_bytes(&network.to_bytes());
    assert!(
        read.is_ok_and(|read| read.architecture() == network.architecture() && read.weights() == network.weights())
    );
});
