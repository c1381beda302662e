//! One layer with what belongs to it: batch norm, rectifier, dropout, residual.

use std::ops::Range;

use offhook_sim::Random;

use super::activations::Activations;
use super::conv::Conv;
use super::float::Float;
use super::gate::{self, Passed};
use super::gru::{Gates, Gru};
use super::linear::Linear;
use super::norm::{self, Normalised};
use super::pool;

/// What a block computes first.
#[derive(Clone, Copy, Debug)]
pub(super) enum Core {
    Conv(Conv),
    Gru(Gru),
    Linear(Linear),
    MaxPool(usize),
    Average,
}

/// A layer: its core, then batch norm, then the rectifier, then dropout, then its input added.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) core: Core,
    /// Where the core's parameters are among all.
    pub(super) parameters: Range<usize>,
    pub(super) norm: Option<Norm>,
    pub(super) relu: bool,
    pub(super) residual: bool,
    /// Whether dropout follows.
    pub(super) drops: bool,
}

/// Where the figures of a batch norm are.
#[derive(Clone, Debug)]
pub(super) struct Norm {
    /// Scales and shifts, among the parameters.
    pub(super) parameters: Range<usize>,
    /// Means and variances, among the running figures.
    pub(super) running: Range<usize>,
}

/// What the way back needs of the way forth.
#[derive(Clone, Debug)]
pub(super) struct Kept<F> {
    input: Activations<F>,
    core: KeptCore<F>,
    norm: Option<Normalised<F>>,
    passed: Option<Passed<F>>,
}

#[derive(Clone, Debug)]
enum KeptCore<F> {
    Nothing,
    Gates(Activations<F>, Gates<F>),
    Largest(Vec<u32>),
}

impl Block {
    /// Runs in training: normalises by the values at hand, whose figures go to `moments`, and drops out.
    pub(super) fn train<F: Float>(
        &self,
        parameters: &[F],
        input: Activations<F>,
        moments: &mut [F],
        dropout: f32,
        random: &mut Random,
    ) -> (Activations<F>, Kept<F>) {
        let own = &parameters[self.parameters.clone()];
        let (mut output, core) = match self.core {
            Core::Conv(conv) => (conv.forward(own, &input), KeptCore::Nothing),
            Core::Linear(linear) => (linear.forward(own, &input), KeptCore::Nothing),
            Core::Gru(gru) => {
                let (output, gates) = gru.forward(own, &input);
                (output.clone(), KeptCore::Gates(output, gates))
            }
            Core::MaxPool(size) => {
                let (output, largest) = pool::max_pool(&input, size);
                (output, KeptCore::Largest(largest))
            }
            Core::Average => (pool::average(&input), KeptCore::Nothing),
        };
        let norm = self.norm.as_ref().map(|norm| {
            norm::forward(&parameters[norm.parameters.clone()], &mut output, &mut moments[norm.running.clone()])
        });
        let dropout = if self.drops { dropout } else { 0.0 };
        let passed = gate::pass(&mut output.values, self.relu, dropout, random);
        if self.residual {
            add(&mut output, &input);
        }
        (output, Kept { input, core, norm, passed })
    }

    /// Runs as after training: normalises by `running` figures, drops nothing.
    pub(super) fn evaluate<F: Float>(&self, parameters: &[F], running: &[F], input: Activations<F>) -> Activations<F> {
        let own = &parameters[self.parameters.clone()];
        let mut output = match self.core {
            Core::Conv(conv) => conv.forward(own, &input),
            Core::Linear(linear) => linear.forward(own, &input),
            Core::Gru(gru) => gru.forward(own, &input).0,
            Core::MaxPool(size) => pool::max_pool(&input, size).0,
            Core::Average => pool::average(&input),
        };
        if let Some(norm) = &self.norm {
            norm::evaluate(&parameters[norm.parameters.clone()], &running[norm.running.clone()], &mut output);
        }
        if self.relu {
            gate::rectify(&mut output.values);
        }
        if self.residual {
            add(&mut output, &input);
        }
        output
    }

    /// Adds to the gradients of the parameters, and gives that of the input if it is `wanted`.
    pub(super) fn backward<F: Float>(
        &self,
        parameters: &[F],
        kept: Kept<F>,
        mut d_output: Activations<F>,
        gradients: &mut [F],
        wanted: bool,
    ) -> Option<Activations<F>> {
        let past = (self.residual && wanted).then(|| d_output.clone());
        if let Some(passed) = &kept.passed {
            passed.apply(&mut d_output.values);
        }
        if let (Some(norm), Some(normalised)) = (&self.norm, &kept.norm) {
            let range = norm.parameters.clone();
            norm::backward(&parameters[range.clone()], normalised, &mut d_output, &mut gradients[range]);
        }
        let own = &parameters[self.parameters.clone()];
        let into = &mut gradients[self.parameters.clone()];
        let input = &kept.input;
        let mut d_input = match (self.core, &kept.core) {
            (Core::Conv(conv), _) => {
                let d_input = conv.backward(own, input, &d_output, into, wanted);
                if self.norm.is_some() {
                    // The norm takes the bias away again; what is left of its gradient is rounding.
                    into[conv.weights()..].fill(F::ZERO);
                }
                d_input
            }
            (Core::Linear(linear), _) => linear.backward(own, input, &d_output, into, wanted),
            (Core::Gru(gru), KeptCore::Gates(output, gates)) => {
                gru.backward(own, (input, output, gates), &d_output, into, wanted)
            }
            (Core::MaxPool(_), KeptCore::Largest(largest)) => {
                Some(pool::max_pool_backward(input.steps, largest, &d_output))
            }
            (Core::Average, _) => Some(pool::average_backward(input.steps, &d_output)),
            (Core::Gru(_) | Core::MaxPool(_), _) => None,
        };
        if let (Some(d_input), Some(past)) = (&mut d_input, past) {
            add(d_input, &past);
        }
        d_input
    }
}

fn add<F: Float>(to: &mut Activations<F>, values: &Activations<F>) {
    to.values.iter_mut().zip(&values.values).for_each(|(t, v)| *t += *v);
}
