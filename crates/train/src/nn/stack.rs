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
        let last = architecture.layers.len().saturating_sub(1);
        let (mut blocks, mut width, mut weights) = (Vec::new(), architecture.features, 0);
        for (index, layer) in architecture.layers.iter().enumerate() {
            check(index, layer, width, architecture.window > 0)?;
            let (core, count, outputs) = core(layer, index == 0, width);
            let (relu, residual) = match *layer {
                Layer::Conv { relu, residual, .. } => (relu, residual),
                Layer::Linear { relu, .. } => (relu, false),
                Layer::Gru { .. } | Layer::MaxPool { .. } | Layer::Average => (false, false),
            };
            let parameters = weights..weights + count;
            blocks.push(Block { core, parameters, norm: None, relu, residual, drops: count > 0 && index < last });
            width = outputs;
            weights += count;
        }
        if blocks.is_empty() || width == 0 {
            return Err(NnError::new("layers", blocks.len(), "1 or more, with outputs"));
        }
        let (mut parameters, mut running) = (weights, 0);
        for block in blocks.iter_mut().filter(|_| batch_norm) {
            if let Core::Conv(conv) = block.core {
                let figures = 2 * conv.outputs;
                let norm = Norm { parameters: parameters..parameters + figures, running: running..running + figures };
                block.norm = Some(norm);
                parameters += figures;
                running += figures;
            }
        }
        Ok(Self { blocks, weights, parameters, running, outputs: width })
    }

    /// Steps of the output for so many frames.
    pub(super) fn steps(&self, frames: usize) -> usize {
        self.blocks.iter().fold(frames, |steps, block| match block.core {
            Core::Conv(conv) => steps / conv.stride,
            Core::MaxPool(size) => steps / size,
            Core::Average => steps.min(1),
            Core::Gru(_) | Core::Linear(_) => steps,
        })
    }

    /// Where parameters are that multiply values, rather than shift or scale them.
    pub(super) fn factors(&self) -> impl Iterator<Item = Range<usize>> {
        self.blocks.iter().map(|block| {
            let start = block.parameters.start;
            start
                ..start
                    + match block.core {
                        Core::Conv(conv) => conv.weights(),
                        Core::Linear(linear) => linear.weights(),
                        Core::Gru(gru) => gru.weights(),
                        Core::MaxPool(_) | Core::Average => 0,
                    }
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

/// A layer's core, its weights and its outputs.
fn core(layer: &Layer, is_first: bool, width: usize) -> (Core, usize, usize) {
    match *layer {
        Layer::Conv { inputs, outputs, kernel, dilation, stride, .. } => {
            let before = if is_first { EMPTY } else { 0.0 };
            let conv = Conv { inputs, outputs, kernel, dilation, stride, before };
            (Core::Conv(conv), conv.weights() + outputs, outputs)
        }
        Layer::Gru { inputs, units } => {
            let gru = Gru { inputs, units };
            (Core::Gru(gru), gru.weights() + 6 * units, units)
        }
        Layer::Linear { inputs, outputs, .. } => {
            let linear = Linear { inputs, outputs };
            (Core::Linear(linear), linear.weights() + outputs, outputs)
        }
        Layer::MaxPool { size } => (Core::MaxPool(size), 0, width),
        Layer::Average => (Core::Average, 0, width),
    }
}

/// That a layer can follow values of this width.
fn check(index: usize, layer: &Layer, width: usize, has_window: bool) -> Result<(), NnError> {
    let field = |name: &str| format!("layer {index}: {name}");
    let at_least_1 = |sizes: &[(&str, usize)]| {
        let none = sizes.iter().find(|(_, size)| *size == 0);
        none.map_or(Ok(()), |(name, _)| Err(NnError::new(field(name), 0, "1 or more")))
    };
    let fits = |inputs: usize| NnError::unless_equal(field("inputs"), inputs, width);
    match *layer {
        Layer::Conv { inputs, outputs, kernel, dilation, stride, residual, .. } => {
            fits(inputs)?;
            at_least_1(&[("outputs", outputs), ("kernel", kernel), ("dilation", dilation), ("stride", stride)])?;
            if residual && (inputs != outputs || stride != 1) {
                let given = format!("{inputs} inputs, {outputs} outputs, stride {stride}");
                return Err(NnError::new(field("residual"), given, "as many outputs as inputs, and stride 1"));
            }
            Ok(())
        }
        Layer::Gru { inputs, units } => fits(inputs).and_then(|()| at_least_1(&[("units", units)])),
        Layer::Linear { inputs, outputs, .. } => fits(inputs).and_then(|()| at_least_1(&[("outputs", outputs)])),
        Layer::MaxPool { .. } | Layer::Average if !has_window => {
            Err(NnError::new(field("kind"), "a layer that joins steps", "in nets that see a window"))
        }
        Layer::MaxPool { size } => at_least_1(&[("size", size)]),
        Layer::Average => Ok(()),
    }
}
