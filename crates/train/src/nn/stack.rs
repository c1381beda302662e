//! The layers of a net one after another, forth and back, and where their parameters lie.
//!
//! Parameters are the weights in the order of [`offhook_detect::net::Layer`], then the scales and shifts of each batch
//! norm. The running figures of batch norms are kept apart: nothing is learned about them.

use std::ops::Range;

use offhook_detect::analysers::EMPTY;
use offhook_detect::net::{Architecture, Layer};
use offhook_sim::Random;

use super::NnError;
use super::activations::Activations;
use super::block::{Block, Core, Kept, Norm};
use super::conv::Conv;
use super::float::Float;
use super::gru::Gru;
use super::linear::Linear;

/// The layers of a net.
#[derive(Clone, Debug)]
pub(super) struct Stack {
    pub(super) blocks: Vec<Block>,
    /// Weights as an [`Architecture`] counts them.
    pub(super) weights: usize,
    /// Those and what batch norms learn.
    pub(super) parameters: usize,
    /// Running figures of batch norms.
    pub(super) running: usize,
    /// Values of the last layer.
    pub(super) outputs: usize,
}

impl Stack {
    pub(super) fn new(architecture: &Architecture, batch_norm: bool) -> Result<Self, NnError> {
        architecture.check()?;
        let last = architecture.layers.len() - 1;
        let weights = architecture.parameter_count();
        let (mut blocks, mut from, mut parameters, mut running) = (Vec::new(), 0, weights, 0);
        for (index, layer) in architecture.layers.iter().enumerate() {
            let core = core(layer, index == 0);
            let count = layer.parameter_count();
            let (relu, residual) = match *layer {
                Layer::Conv { relu, residual, .. } => (relu, residual),
                Layer::Linear { relu, .. } => (relu, false),
                Layer::Gru { .. } | Layer::MaxPool { .. } | Layer::Average => (false, false),
            };
            let norm = match core {
                Core::Conv(conv) if batch_norm => {
                    let figures = 2 * conv.outputs;
                    (parameters, running) = (parameters + figures, running + figures);
                    Some(Norm { parameters: parameters - figures..parameters, running: running - figures..running })
                }
                _ => None,
            };
            // As the specification's cnn has it, a net of windows drops out before its last layer only.
            let drops = count > 0 && if architecture.window > 0 { index + 1 == last } else { index < last };
            blocks.push(Block { core, parameters: from..from + count, norm, relu, residual, drops });
            from += count;
        }
        Ok(Self { blocks, weights, parameters, running, outputs: architecture.outputs() })
    }

    /// Where parameters are that multiply values, rather than shift or scale them.
    pub(super) fn factors(&self) -> impl Iterator<Item = Range<usize>> {
        self.blocks.iter().map(|block| {
            let factors = match block.core {
                Core::Conv(conv) => conv.weights(),
                Core::Linear(linear) => linear.weights(),
                Core::Gru(gru) => gru.weights(),
                Core::MaxPool(_) | Core::Average => 0,
            };
            block.parameters.start..block.parameters.start + factors
        })
    }

    /// Runs in training; `moments` takes the figures of the batch norms.
    pub(super) fn train<F: Float>(
        &self,
        parameters: &[F],
        mut values: Activations<F>,
        moments: &mut [F],
        dropout: f32,
        random: &mut Random,
    ) -> (Activations<F>, Vec<Kept<F>>) {
        let mut tape = Vec::with_capacity(self.blocks.len());
        for block in &self.blocks {
            let (output, kept) = block.train(parameters, values, moments, dropout, random);
            tape.push(kept);
            values = output;
        }
        (values, tape)
    }

    /// Runs as after training.
    pub(super) fn evaluate<F: Float>(&self, parameters: &[F], running: &[F], values: Activations<F>) -> Activations<F> {
        self.blocks.iter().fold(values, |values, block| block.evaluate(parameters, running, values))
    }

    /// The gradients of the parameters, given that of the output of [`Self::train`].
    pub(super) fn backward<F: Float>(&self, parameters: &[F], tape: Vec<Kept<F>>, d_output: Activations<F>) -> Vec<F> {
        let mut gradients = vec![F::ZERO; self.parameters];
        let mut d_output = Some(d_output);
        for (index, (block, kept)) in self.blocks.iter().zip(tape).enumerate().rev() {
            let Some(d) = d_output else { break };
            d_output = block.backward(parameters, kept, d, &mut gradients, index > 0);
        }
        gradients
    }
}

/// What a layer computes before anything else.
fn core(layer: &Layer, is_first: bool) -> Core {
    match *layer {
        Layer::Conv { inputs, outputs, kernel, dilation, stride, .. } => {
            let before = if is_first { EMPTY } else { 0.0 };
            Core::Conv(Conv { inputs, outputs, kernel, dilation, stride, before })
        }
        Layer::Gru { inputs, units } => Core::Gru(Gru { inputs, units }),
        Layer::Linear { inputs, outputs, .. } => Core::Linear(Linear { inputs, outputs }),
        Layer::MaxPool { size } => Core::MaxPool(size),
        Layer::Average => Core::Average,
    }
}
