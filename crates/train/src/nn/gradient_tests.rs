//! Each layer's gradients against differences of the loss, in `f64`.

use offhook_detect::net::{Architecture, Layer};
use offhook_sim::Random;

use super::activations::Activations;
use super::loss::Targets;
use super::stack::Stack;
use super::{Loss, Losses, initial};

const SEQUENCES: usize = 3;
const FEATURES: usize = 5;
/// Wide enough for rounding to vanish, narrow enough for curvature to.
const DIFFERENCE: f64 = 1e-5;
/// Of the largest gradient of the same kind.
const TOLERANCE: f64 = 1e-7;

const CONV: Layer =
    Layer::Conv { inputs: FEATURES, outputs: 4, kernel: 3, dilation: 1, stride: 1, relu: false, residual: false };

struct Case {
    stack: Stack,
    parameters: Vec<f64>,
    input: Activations<f64>,
    loss: Loss,
    classes: Vec<u8>,
    binary: Vec<f32>,
    binary_weights: Vec<f32>,
    dropout: f32,
}

impl Case {
    fn new(layers: &[Layer], frames: usize, batch_norm: bool) -> Self {
        let window =
            if layers.iter().any(|l| matches!(l, Layer::MaxPool { .. } | Layer::Average)) { frames } else { 0 };
        let architecture = Architecture { name: "case".into(), features: FEATURES, window, layers: layers.to_vec() };
        let stack = Stack::new(&architecture, batch_norm).unwrap();
        let mut random = Random::new(frames as u64);
        let mut parameters: Vec<_> = initial::parameters(&stack, 3).into_iter().map(f64::from).collect();
        // Norms scale and shift.
        parameters[stack.weights..].iter_mut().for_each(|p| *p += random.between(-0.5..0.5));
        let mut input = Activations::zeros(SEQUENCES, frames, FEATURES);
        input.values.fill_with(|| random.normal());
        let rows = SEQUENCES * layers.iter().fold(frames, |steps, layer| layer.steps(steps));
        let classes =
            (0..rows).map(|_| if random.chance(0.2) { 255 } else { random.whole(0..stack.outputs.max(2) - 1) as u8 });
        let classes = classes.collect();
        let binary = (0..rows).map(|_| random.unit() as f32).collect();
        let binary_weights = (0..rows).map(|_| random.whole(0..3) as f32).collect();
        let loss = Loss { classes: stack.outputs - 1, smoothing: 0.1, binary_scale: 0.7 };
        Self { stack, parameters, input, loss, classes, binary, binary_weights, dropout: 0.0 }
    }

    /// The loss and the gradients of the parameters.
    fn learn(&self) -> (f64, Vec<f64>) {
        let targets = Targets { classes: &self.classes, binary: &self.binary, binary_weights: &self.binary_weights };
        let mut moments = vec![0.0; self.stack.running];
        let mut random = Random::new(1);
        let (mut outputs, tape) =
            self.stack.train(&self.parameters, self.input.clone(), &mut moments, self.dropout, &mut random);
        let losses: Losses = self.loss.differentiate(&mut outputs, targets, targets.weights());
        (losses.mean(&self.loss), self.stack.backward(&self.parameters, tape, outputs))
    }

    fn check(mut self) {
        let (_, gradients) = self.learn();
        let differences: Vec<_> = (0..self.parameters.len())
            .map(|index| {
                let mut at = |offset: f64| {
                    self.parameters[index] += offset;
                    let loss = self.learn().0;
                    self.parameters[index] -= offset;
                    loss
                };
                (at(DIFFERENCE) - at(-DIFFERENCE)) / (2.0 * DIFFERENCE)
            })
            .collect();
        for block in &self.stack.blocks {
            let norm = block.norm.as_ref().map(|norm| norm.parameters.clone());
            for range in [Some(block.parameters.clone()), norm].into_iter().flatten().filter(|range| !range.is_empty())
            {
                let largest = gradients[range.clone()].iter().fold(0.0, |a: f64, b| a.max(b.abs()));
                assert!(largest > 1e-4, "{:?} learns nothing", block.core);
                for index in range {
                    let off = (gradients[index] - differences[index]).abs() / largest;
                    assert!(off < TOLERANCE, "{:?}: {index}: {} {}", block.core, gradients[index], differences[index]);
                }
            }
        }
    }
}

fn conv(inputs: usize, outputs: usize, kernel: usize, dilation: usize, stride: usize) -> Layer {
    Layer::Conv { inputs, outputs, kernel, dilation, stride, relu: true, residual: false }
}

fn residual(width: usize, dilation: usize) -> Layer {
    Layer::Conv { inputs: width, outputs: width, kernel: 3, dilation, stride: 1, relu: true, residual: true }
}

fn linear(inputs: usize, outputs: usize, relu: bool) -> Layer {
    Layer::Linear { inputs, outputs, relu }
}

#[test]
fn linear_layers() {
    Case::new(&[linear(FEATURES, 6, true), linear(6, 4, false)], 7, false).check();
}

#[test]
fn convolutions() {
    Case::new(&[CONV], 9, false).check();
    Case::new(&[conv(FEATURES, 4, 3, 1, 2), conv(4, 6, 2, 3, 1), linear(6, 4, false)], 11, false).check();
    Case::new(&[conv(FEATURES, 4, 4, 2, 3), conv(4, 4, 2, 1, 2), linear(4, 4, false)], 20, false).check();
}

#[test]
fn convolutions_longer_than_the_sequence() {
    Case::new(&[conv(FEATURES, 4, 5, 2, 1), linear(4, 3, false)], 4, false).check();
}

#[test]
fn residual_layers() {
    let layers = [conv(FEATURES, 4, 3, 1, 1), residual(4, 2), residual(4, 1), linear(4, 4, false)];
    Case::new(&layers, 10, false).check();
    Case::new(&layers, 10, true).check();
}

#[test]
fn batch_norms() {
    Case::new(&[CONV], 9, true).check();
    Case::new(&[conv(FEATURES, 4, 3, 1, 2), conv(4, 6, 2, 1, 1), linear(6, 4, false)], 13, true).check();
}

#[test]
fn recurrent_units() {
    Case::new(&[Layer::Gru { inputs: FEATURES, units: 6 }, linear(6, 4, false)], 12, false).check();
    let (first, second) = (Layer::Gru { inputs: FEATURES, units: 4 }, Layer::Gru { inputs: 4, units: 3 });
    Case::new(&[first, second], 8, false).check();
}

#[test]
fn pools_of_a_window() {
    let layers = [
        conv(FEATURES, 4, 3, 1, 1),
        Layer::MaxPool { size: 3 },
        conv(4, 6, 2, 1, 1),
        Layer::Average,
        linear(6, 8, true),
        linear(8, 3, false),
    ];
    Case::new(&layers, 14, false).check();
    Case::new(&layers, 14, true).check();
}

#[test]
fn dropout() {
    let layers = [conv(FEATURES, 8, 3, 1, 2), residual(8, 1), Layer::Gru { inputs: 8, units: 6 }, linear(6, 4, false)];
    for batch_norm in [false, true] {
        let mut case = Case::new(&layers, 12, batch_norm);
        case.dropout = 0.3;
        case.check();
    }
    let layers = [conv(FEATURES, 8, 3, 1, 1), Layer::Average, linear(8, 8, true), linear(8, 4, false)];
    let mut case = Case::new(&layers, 12, true);
    case.dropout = 0.3;
    case.check();
}

#[test]
fn a_net_of_windows_drops_out_before_its_last_layer_only() {
    let drops =
        |layers: &[Layer]| Case::new(layers, 12, false).stack.blocks.iter().map(|b| b.drops).collect::<Vec<_>>();
    let (first, last) = (conv(FEATURES, 8, 3, 1, 1), linear(8, 4, false));
    assert_eq!(drops(&[first, Layer::Average, linear(8, 8, true), last]), [false, false, true, false]);
    assert_eq!(drops(&[first, residual(8, 1), linear(8, 8, true), last]), [true, true, true, false]);
}

#[test]
fn one_output_without_classes() {
    let mut case = Case::new(&[conv(FEATURES, 4, 3, 1, 1), Layer::Average, linear(4, 1, false)], 6, false);
    case.classes.clear();
    case.check();
}
