//! What a net computes, written down as its layers are defined: the whole sequence at once.

use offhook_detect::analysers::EMPTY;
use offhook_detect::net::{Architecture, Layer};

type Steps = Vec<Vec<f64>>;

/// The outputs at each step, computed with more digits than the net has.
pub(crate) fn forward(architecture: &Architecture, weights: &[f32], frames: &[f32]) -> Steps {
    let mut steps: Steps =
        frames.chunks(architecture.features).map(|frame| frame.iter().map(|&v| f64::from(v)).collect()).collect();
    let weights: Vec<f64> = weights.iter().map(|&w| f64::from(w)).collect();
    let mut rest = &weights[..];
    for (number, layer) in architecture.layers.iter().enumerate() {
        let (own, others) = rest.split_at(layer.parameter_count());
        rest = others;
        let before = if number == 0 { f64::from(EMPTY) } else { 0.0 };
        steps = run(layer, own, &steps, before);
    }
    steps
}

fn run(layer: &Layer, weights: &[f64], steps: &Steps, before: f64) -> Steps {
    match *layer {
        Layer::Conv { inputs, outputs, kernel, dilation, stride, relu, residual } => {
            let (weight, bias) = weights.split_at(outputs * inputs * kernel);
            let output = |t: usize, o: usize| {
                let mut sum = bias[o];
                for i in 0..inputs {
                    for k in 0..kernel {
                        let back = (kernel - 1 - k) * dilation;
                        let value = if back > t { before } else { steps[t - back][i] };
                        sum += weight[(o * inputs + i) * kernel + k] * value;
                    }
                }
                rectified(sum, relu) + if residual { steps[t][o] } else { 0.0 }
            };
            let at = (0..steps.len() / stride).map(|step| step * stride + stride - 1);
            at.map(|t| (0..outputs).map(|o| output(t, o)).collect()).collect()
        }
        Layer::Linear { inputs, outputs, relu } => {
            let (weight, bias) = weights.split_at(outputs * inputs);
            let output = |step: &Vec<f64>, o: usize| rectified(bias[o] + dot(&weight[o * inputs..], step), relu);
            steps.iter().map(|step| (0..outputs).map(|o| output(step, o)).collect()).collect()
        }
        Layer::Gru { inputs, units } => gru(weights, steps, inputs, units),
        Layer::MaxPool { size } => steps.chunks_exact(size).map(|rows| joined(rows, f64::max)).collect(),
        Layer::Average => vec![joined(steps, |a, b| a + b).iter().map(|sum| sum / steps.len() as f64).collect()],
    }
}

fn gru(weights: &[f64], steps: &Steps, inputs: usize, units: usize) -> Steps {
    let (weight_ih, rest) = weights.split_at(3 * units * inputs);
    let (weight_hh, rest) = rest.split_at(3 * units * units);
    let (bias_ih, bias_hh) = rest.split_at(3 * units);
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let mut h = vec![0.0; units];
    let mut out = Vec::new();
    for x in steps {
        let of_x = |gate: usize| bias_ih[gate] + dot(&weight_ih[gate * inputs..], x);
        let of_h = |gate: usize| bias_hh[gate] + dot(&weight_hh[gate * units..], &h);
        let unit = |i: usize| {
            let r = sigmoid(of_x(i) + of_h(i));
            let z = sigmoid(of_x(units + i) + of_h(units + i));
            let n = (of_x(2 * units + i) + r * of_h(2 * units + i)).tanh();
            (1.0 - z) * n + z * h[i]
        };
        h = (0..units).map(unit).collect();
        out.push(h.clone());
    }
    out
}

fn rectified(value: f64, relu: bool) -> f64 {
    if relu { value.max(0.0) } else { value }
}

fn dot(row: &[f64], values: &[f64]) -> f64 {
    row.iter().zip(values).map(|(a, b)| a * b).sum()
}

fn joined(rows: &[Vec<f64>], of: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    (0..rows[0].len()).map(|i| rows.iter().map(|row| row[i]).reduce(&of).unwrap()).collect()
}
