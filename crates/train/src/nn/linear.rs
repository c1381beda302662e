//! The full connection at each step.

use super::activations::Activations;
use super::float::Float;
use super::matrix::{Matrix, add_product, add_rows, set_product, set_rows};

/// A full connection. Parameters are those of PyTorch's `Linear`: weight `[outputs][inputs]`, bias `[outputs]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Linear {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
}

impl Linear {
    pub(super) fn weights(&self) -> usize {
        self.outputs * self.inputs
    }

    pub(super) fn forward<F: Float>(&self, parameters: &[F], x: &Activations<F>) -> Activations<F> {
        let (weight, bias) = parameters.split_at(self.weights());
        let mut y = Activations::zeros(x.sequences, x.steps, self.outputs);
        set_rows(&mut y.values, bias);
        let weight = Matrix::new(weight, self.outputs, self.inputs);
        add_product(&mut y.values, Matrix::new(&x.values, x.rows(), self.inputs), weight.transposed());
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
        let (d_weight, d_bias) = d_parameters.split_at_mut(self.weights());
        let d_out = Matrix::new(&d_y.values, d_y.rows(), self.outputs);
        add_rows(d_bias, &d_y.values);
        add_product(d_weight, d_out.transposed(), Matrix::new(&x.values, x.rows(), self.inputs));
        wanted.then(|| {
            let mut d_x = Activations::zeros(x.sequences, x.steps, x.width);
            let weight = Matrix::new(&parameters[..self.weights()], self.outputs, self.inputs);
            set_product(&mut d_x.values, d_out, weight);
            d_x
        })
    }
}
