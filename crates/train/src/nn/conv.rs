//! The causal convolution over time, as products of matrices: each output step's inputs are laid out as one row.

use super::activations::Activations;
use super::float::Float;
use super::matrix::{Matrix, add_product, add_rows, set_product, set_rows, transposed};

/// A convolution. Parameters are those of PyTorch's `Conv1d`: weight `[outputs][inputs][kernel]`, bias `[outputs]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Conv {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) kernel: usize,
    pub(super) dilation: usize,
    pub(super) stride: usize,
    /// The value of inputs before the first.
    pub(super) before: f32,
}

impl Conv {
    pub(super) fn weights(&self) -> usize {
        self.outputs * self.inputs * self.kernel
    }

    /// Values in one row of [`Self::unfold`].
    fn reach(&self) -> usize {
        self.kernel * self.inputs
    }

    pub(super) fn forward<F: Float>(&self, parameters: &[F], x: &Activations<F>) -> Activations<F> {
        let (weight, bias) = parameters.split_at(self.weights());
        // As `[kernel][inputs][outputs]`: the product reads it once per sequence, fastest so.
        let weight = transposed(&self.by_tap(weight), self.outputs);
        let mut y = Activations::zeros(x.sequences, x.steps / self.stride, self.outputs);
        let mut rows = vec![F::ZERO; y.steps * self.reach()];
        for sequence in 0..x.sequences {
            self.unfold(x.sequence(sequence), &mut rows);
            let out = y.sequence_mut(sequence);
            set_rows(out, bias);
            add_product(out, self.rows(&rows), Matrix::new(&weight, self.reach(), self.outputs));
        }
        y
    }

    /// Adds to the gradients of the parameters, and gives that of the input if it is `wanted`.
    pub(super) fn backward<F: Float>(
        &self,
        parameters: &[F],
        x: &Activations<F>,
        d_y: &Activations<F>,
        d_parameters: &mut [F],
        wanted: bool,
    ) -> Option<Activations<F>> {
        let weight = self.by_tap(&parameters[..self.weights()]);
        let (d_weight, d_bias) = d_parameters.split_at_mut(self.weights());
        add_rows(d_bias, &d_y.values);
        let mut d_by_tap = vec![F::ZERO; weight.len()];
        let mut rows = vec![F::ZERO; d_y.steps * self.reach()];
        let mut d_x = wanted.then(|| Activations::zeros(x.sequences, x.steps, x.width));
        for sequence in 0..x.sequences {
            self.unfold(x.sequence(sequence), &mut rows);
            let d_out = Matrix::new(d_y.sequence(sequence), d_y.steps, self.outputs);
            add_product(&mut d_by_tap, d_out.transposed(), self.rows(&rows));
            if let Some(d_x) = &mut d_x {
                set_product(&mut rows, d_out, Matrix::new(&weight, self.outputs, self.reach()));
                self.fold(&rows, d_x.sequence_mut(sequence));
            }
        }
        self.add_by_input(&d_by_tap, d_weight);
        d_x
    }

    fn rows<'a, F>(&self, rows: &'a [F]) -> Matrix<'a, F> {
        Matrix::new(rows, rows.len() / self.reach(), self.reach())
    }

    /// Weights as `[outputs][kernel][inputs]`.
    fn by_tap<F: Float>(&self, weight: &[F]) -> Vec<F> {
        let mut by_tap = Vec::with_capacity(weight.len());
        for of_output in weight.chunks_exact(self.reach()) {
            for tap in 0..self.kernel {
                by_tap.extend(of_output[tap..].iter().step_by(self.kernel));
            }
        }
        by_tap
    }

    /// Adds `[outputs][kernel][inputs]` to `[outputs][inputs][kernel]`.
    fn add_by_input<F: Float>(&self, by_tap: &[F], by_input: &mut [F]) {
        for (from, to) in by_tap.chunks_exact(self.reach()).zip(by_input.chunks_exact_mut(self.reach())) {
            for (tap, values) in from.chunks_exact(self.inputs).enumerate() {
                to[tap..].iter_mut().step_by(self.kernel).zip(values).for_each(|(t, v)| *t += *v);
            }
        }
    }

    /// Which step of the input tap `tap` of output step `step` sees; none before the first.
    fn source(&self, step: usize, tap: usize) -> Option<usize> {
        ((step + 1) * self.stride - 1).checked_sub((self.kernel - 1 - tap) * self.dilation)
    }

    /// Lays out what each output step sees as one row, `[kernel][inputs]`.
    fn unfold<F: Float>(&self, x: &[F], rows: &mut [F]) {
        let before = F::from_f64(self.before.into());
        for (step, row) in rows.chunks_exact_mut(self.reach()).enumerate() {
            for (tap, values) in row.chunks_exact_mut(self.inputs).enumerate() {
                match self.source(step, tap) {
                    Some(at) => values.copy_from_slice(&x[at * self.inputs..(at + 1) * self.inputs]),
                    None => values.fill(before),
                }
            }
        }
    }

    /// Adds the gradients of the rows of [`Self::unfold`] to those of the steps they were taken from.
    fn fold<F: Float>(&self, d_rows: &[F], d_x: &mut [F]) {
        for (step, row) in d_rows.chunks_exact(self.reach()).enumerate() {
            for (tap, values) in row.chunks_exact(self.inputs).enumerate() {
                if let Some(at) = self.source(step, tap) {
                    let into = &mut d_x[at * self.inputs..(at + 1) * self.inputs];
                    into.iter_mut().zip(values).for_each(|(d, v)| *d += *v);
                }
            }
        }
    }
}
