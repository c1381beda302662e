//! Nets in training give PyTorch's outputs, losses, gradients and steps, as `torch/make.py` wrote them down.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::HashMap;

use offhook_detect::net::{Architecture, Layer};
use offhook_train::nn::{Adam, AdamSettings, Batch, Loss, Net};

/// Of the largest value of a kind: `f32` here, `f64` there.
const TOLERANCE: f32 = 2e-6;

struct Case(HashMap<&'static str, Vec<f32>>);

impl Case {
    fn read(name: &str) -> Self {
        let text = include_str!("torch/values.txt");
        let lines = text.lines().skip_while(|line| *line != format!("case {name}")).skip(1);
        let lines = lines.take_while(|line| !line.starts_with("case "));
        Self(
            lines
                .map(|line| {
                    let (name, values) = line.split_once(' ').unwrap_or((line, ""));
                    (name, values.split_whitespace().map(|v| v.parse().unwrap()).collect())
                })
                .collect(),
        )
    }

    fn batch(&self, sequences: usize) -> Batch {
        let frames = self.0["frames"].clone();
        Batch {
            sequences,
            time: frames.len() / 6 / sequences,
            frames,
            classes: self.0["classes"].iter().map(|c| *c as u8).collect(),
            binary: self.0["binary"].clone(),
            binary_weights: self.0["binary_weights"].clone(),
        }
    }

    #[track_caller]
    fn assert(&self, name: &str, given: &[f32]) {
        let wanted = &self.0[name];
        assert_eq!(given.len(), wanted.len(), "{name}");
        let largest = wanted.iter().fold(0.0f32, |a, b| a.max(b.abs()));
        for (index, (given, wanted)) in given.iter().zip(wanted).enumerate() {
            assert!((given - wanted).abs() <= TOLERANCE * largest, "{name} {index}: {given}, PyTorch {wanted}");
        }
    }
}

fn conv(inputs: usize, outputs: usize, kernel: usize, stride: usize) -> Layer {
    Layer::Conv { inputs, outputs, kernel, dilation: 1, stride, relu: true, residual: false }
}

fn crnn() -> Architecture {
    let residual = Layer::Conv { inputs: 5, outputs: 5, kernel: 3, dilation: 2, stride: 1, relu: true, residual: true };
    let layers = vec![
        conv(6, 5, 5, 2),
        residual,
        conv(5, 4, 3, 1),
        Layer::Gru { inputs: 4, units: 6 },
        Layer::Linear { inputs: 6, outputs: 4, relu: false },
    ];
    Architecture { name: "crnn".into(), features: 6, window: 0, layers }
}

fn cnn() -> Architecture {
    let layers = vec![
        conv(6, 4, 3, 1),
        Layer::MaxPool { size: 2 },
        conv(4, 5, 3, 1),
        Layer::MaxPool { size: 3 },
        Layer::Average,
        Layer::Linear { inputs: 5, outputs: 6, relu: true },
        Layer::Linear { inputs: 6, outputs: 1, relu: false },
    ];
    Architecture { name: "cnn".into(), features: 6, window: 19, layers }
}

#[test]
fn a_recurrent_net_is_that_of_pytorch() {
    let case = Case::read("crnn");
    let (batch, loss) = (case.batch(3), Loss { classes: 3, smoothing: 0.1, binary_scale: 0.7 });
    let mut net = Net::from_weights(&crnn(), &case.0["parameters"], 0.0, 1).unwrap();
    let (losses, outputs) = net.evaluate(&batch, &loss, 1).unwrap();
    case.assert("outputs", &outputs);
    case.assert("loss", &[losses.mean(&loss) as f32]);
    let (losses, gradients) = net.forward_backward(&batch, &loss, 1).unwrap();
    case.assert("loss", &[losses.mean(&loss) as f32]);
    case.assert("gradients", &gradients.0);
}

#[test]
fn batch_norms_are_those_of_pytorch() {
    let case = Case::read("normed");
    let (batch, loss) = (case.batch(3), Loss { classes: 3, smoothing: 0.0, binary_scale: 1.0 });
    let mut net = Net::new(&crnn(), true, 0.0, 1).unwrap();
    net.parameters_mut().copy_from_slice(&case.0["parameters"]);
    let (losses, gradients) = net.forward_backward(&batch, &loss, 1).unwrap();
    case.assert("loss", &[losses.mean(&loss) as f32]);
    case.assert("gradients", &gradients.0);
    // The running figures have moved as PyTorch's.
    let (_, outputs) = net.evaluate(&batch, &loss, 1).unwrap();
    case.assert("evaluated", &outputs);
}

#[test]
fn a_net_that_sees_a_window_is_that_of_pytorch() {
    let case = Case::read("cnn");
    let (batch, loss) = (case.batch(4), Loss { classes: 0, smoothing: 0.0, binary_scale: 1.0 });
    let mut net = Net::from_weights(&cnn(), &case.0["parameters"], 0.0, 1).unwrap();
    let (_, outputs) = net.evaluate(&batch, &loss, 1).unwrap();
    case.assert("outputs", &outputs);
    let (losses, gradients) = net.forward_backward(&batch, &loss, 1).unwrap();
    case.assert("loss", &[losses.mean(&loss) as f32]);
    case.assert("gradients", &gradients.0);
}

#[test]
fn steps_are_those_of_pytorch() {
    let case = Case::read("crnn");
    let (batch, loss) = (case.batch(3), Loss { classes: 3, smoothing: 0.1, binary_scale: 0.7 });
    let mut net = Net::from_weights(&crnn(), &case.0["parameters"], 0.0, 1).unwrap();
    let settings = AdamSettings { weight_decay: 0.05, most_norm: 0.2, ..AdamSettings::default() };
    let mut adam = Adam::new(&net, settings);
    let mut norms = Vec::new();
    for step in 1..=5u8 {
        let (_, gradients) = net.forward_backward(&batch, &loss, 1).unwrap();
        norms.push(adam.step(&mut net, &gradients, 0.01 * f32::from(step)).unwrap());
    }
    let close = |given: &[f32], name: &str| {
        let most = given.iter().zip(&case.0[name]).map(|(g, w)| (g - w).abs()).fold(0.0, f32::max);
        // Adam divides small gradients by their size, so that their rounding shows.
        assert!(most < 1e-4, "{name}: {most}");
    };
    close(&norms, "norms");
    close(&net.export(), "moved");
}
