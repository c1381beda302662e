use offhook_detect::net::Architecture;
use offhook_sim::Random;

use super::activations::Activations;
use super::block::Core;
use super::shards::{Shard, each, shards};
use super::stack::Stack;
use super::{Batch, Loss, Losses, NnError, initial, norm};

/// A net that learns: its layers, its parameters, and what else a run of training needs to go on.
#[derive(Clone, Debug)]
pub struct Net {
    architecture: Architecture,
    pub(super) stack: Stack,
    pub(super) parameters: Vec<f32>,
    /// Means and variances of each batch norm.
    pub(super) running: Vec<f32>,
    pub(super) dropout: f32,
    pub(super) seed: u64,
    /// Batches learned from, which chance in training depends on.
    pub(super) batches: u64,
}

/// In which direction the mean loss of a batch grows, for each parameter of a [`Net`]: the weights in the order of
/// [`offhook_detect::net::Layer`], then the scales and shifts of each batch norm.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradients(pub Vec<f32>);

impl Net {
    /// A net with PyTorch's initial weights, drawn with `seed`. With `batch_norm`, each convolution is followed by a
    /// batch norm before its rectifier. `dropout`, 0 to below 1, is the probability with which outputs of each layer
    /// with weights but the last are dropped in training; in a net of windows, those of the last but one only.
    ///
    /// # Errors
    ///
    /// If the layers do not fit each other, or `dropout` is out of range.
    pub fn new(architecture: &Architecture, batch_norm: bool, dropout: f32, seed: u64) -> Result<Self, NnError> {
        if !(0.0..1.0).contains(&dropout) {
            return Err(NnError::value("dropout", dropout, "0 to below 1"));
        }
        let stack = Stack::new(architecture, batch_norm)?;
        let (parameters, running) = (initial::parameters(&stack, seed), initial::running(&stack));
        Ok(Self { architecture: architecture.clone(), stack, parameters, running, dropout, seed, batches: 0 })
    }

    /// A net with given weights, for fine-tuning; they are in the order of [`offhook_detect::net::Layer`]. It has no
    /// batch norm: that of the first training is already folded in.
    ///
    /// # Errors
    ///
    /// As [`Self::new`], or if there are not as many weights as the layers have.
    pub fn from_weights(
        architecture: &Architecture,
        weights: &[f32],
        dropout: f32,
        seed: u64,
    ) -> Result<Self, NnError> {
        let mut net = Self::new(architecture, false, dropout, seed)?;
        NnError::unless_equal("weights", weights.len(), net.stack.weights)?;
        net.parameters.copy_from_slice(weights);
        Ok(net)
    }

    /// What the net is made of.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// What is learned, in the order of [`Gradients`].
    pub fn parameters_mut(&mut self) -> &mut [f32] {
        &mut self.parameters
    }

    /// Values of the last layer.
    pub fn outputs(&self) -> usize {
        self.stack.outputs
    }

    /// Steps of the output for so many frames.
    pub fn steps(&self, frames: usize) -> usize {
        self.architecture.layers.iter().fold(frames, |steps, layer| layer.steps(steps))
    }

    /// The losses of a batch, and their gradients. Dropout is on, and batch norms take the figures of at most 16 sequences
    /// at a time, which also move their running figures if they
    /// are finite. The result is the same for any number of threads.
    ///
    /// # Errors
    ///
    /// If the parts of the batch do not fit each other, the net or the loss.
    pub fn forward_backward(
        &mut self,
        batch: &Batch,
        loss: &Loss,
        threads: usize,
    ) -> Result<(Losses, Gradients), NnError> {
        batch.check(self, loss)?;
        let shards = shards(batch, self.steps(batch.time));
        let of = shards.iter().map(|shard| shard.targets.weights()).fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
        let batch_random = Random::for_item(self.seed, u64::MAX - self.batches);
        let results = each(&shards, threads, |index, shard| {
            let mut random = batch_random.clone().split(index as u64);
            let mut moments = vec![0.0; self.stack.running];
            let (mut outputs, tape) =
                self.stack.train(&self.parameters, self.input(shard), &mut moments, self.dropout, &mut random);
            let losses = loss.differentiate(&mut outputs, shard.targets, of);
            (losses, self.stack.backward(&self.parameters, tape, outputs), moments)
        });
        let mut sums = (Losses::default(), vec![0.0; self.stack.parameters], vec![0.0; self.stack.running]);
        for (losses, gradients, moments) in results {
            sums.0 += losses;
            add(&mut sums.1, &gradients);
            add(&mut sums.2, &moments);
        }
        let (losses, gradients, moments) = sums;
        if moments.iter().all(|m| m.is_finite()) {
            let share = norm::MOMENTUM / shards.len() as f32;
            let running = self.running.iter_mut().zip(moments);
            running.for_each(|(running, sum)| *running = (1.0 - norm::MOMENTUM) * *running + share * sum);
        }
        self.batches += 1;
        Ok((losses, Gradients(gradients)))
    }

    /// The losses of a batch and the outputs, `[sequences][steps][outputs]` before softmax and sigmoid, as after
    /// training: without dropout, and with the running figures of batch norms.
    ///
    /// # Errors
    ///
    /// If the parts of the batch do not fit each other, the net or the loss.
    pub fn evaluate(&self, batch: &Batch, loss: &Loss, threads: usize) -> Result<(Losses, Vec<f32>), NnError> {
        batch.check(self, loss)?;
        let shards = shards(batch, self.steps(batch.time));
        let results = each(&shards, threads, |_, shard| {
            let mut outputs = self.stack.evaluate(&self.parameters, &self.running, self.input(shard));
            let values = outputs.values.clone();
            (loss.differentiate(&mut outputs, shard.targets, (1.0, 1.0)), values)
        });
        let mut all = (Losses::default(), Vec::new());
        for (losses, values) in results {
            all.0 += losses;
            all.1.extend(values);
        }
        Ok(all)
    }

    /// The weights in the order of [`offhook_detect::net::Layer`], batch norms folded in with their running figures.
    pub fn export(&self) -> Vec<f32> {
        let mut weights = self.parameters[..self.stack.weights].to_vec();
        for block in &self.stack.blocks {
            let (Some(norm), Core::Conv(conv)) = (&block.norm, block.core) else { continue };
            let (scales, shifts) = self.parameters[norm.parameters.clone()].split_at(conv.outputs);
            let (means, variances) = self.running[norm.running.clone()].split_at(conv.outputs);
            let (weight, bias) = weights[block.parameters.clone()].split_at_mut(conv.weights());
            for (output, of_output) in weight.chunks_exact_mut(conv.inputs * conv.kernel).enumerate() {
                let factor = f64::from(scales[output]) / (f64::from(variances[output]) + norm::EPSILON).sqrt();
                of_output.iter_mut().for_each(|w| *w = (f64::from(*w) * factor) as f32);
                let moved = f64::from(bias[output]) - f64::from(means[output]);
                bias[output] = (moved * factor + f64::from(shifts[output])) as f32;
            }
        }
        weights
    }

    fn input(&self, shard: &Shard<'_>) -> Activations<f32> {
        let width = self.architecture.features;
        let steps = shard.frames.len() / width / shard.sequences;
        Activations { sequences: shard.sequences, steps, width, values: shard.frames.to_vec() }
    }
}

fn add(sums: &mut [f32], values: &[f32]) {
    sums.iter_mut().zip(values).for_each(|(s, v)| *s += v);
}
