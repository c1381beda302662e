//! The gated recurrent unit, trained by back-propagation through the whole sequence.
//!
//! `r = σ(W_ir x + b_ir + W_hr h + b_hr)`, `z = σ(W_iz x + b_iz + W_hz h + b_hz)`,
//! `n = tanh(W_in x + b_in + r (W_hn h + b_hn))`, `h' = (1 − z) n + z h`, from `h = 0`: Cho et al. 2014 as PyTorch's `GRU`
//! has it. All sequences go through a step together.

use super::activations::Activations;
use super::float::Float;
use super::matrix::{Matrix, add_product, add_rows, set_product, set_rows, transposed};

/// A gated recurrent unit. Parameters are those of PyTorch's `GRU`: weight_ih `[3·units][inputs]`, weight_hh
/// `[3·units][units]`, bias_ih, bias_hh `[3·units]`; gates in the order r, z, n.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gru {
    pub(super) inputs: usize,
    pub(super) units: usize,
}

/// What the way back needs of the way forth: r, z, n and `W_hn h + b_hn` of each step, `[sequences][steps][4][units]`.
#[derive(Clone, Debug)]
pub(super) struct Gates<F>(Vec<F>);

impl Gru {
    pub(super) fn weights(&self) -> usize {
        3 * self.units * (self.inputs + self.units)
    }

    /// weight_ih, weight_hh, bias_ih and bias_hh.
    fn split<'a, F>(&self, parameters: &'a [F]) -> [&'a [F]; 4] {
        let (weight_ih, rest) = parameters.split_at(3 * self.units * self.inputs);
        let (weight_hh, rest) = rest.split_at(3 * self.units * self.units);
        let (bias_ih, bias_hh) = rest.split_at(3 * self.units);
        [weight_ih, weight_hh, bias_ih, bias_hh]
    }

    pub(super) fn forward<F: Float>(&self, parameters: &[F], x: &Activations<F>) -> (Activations<F>, Gates<F>) {
        let (units, steps) = (self.units, x.steps);
        let [weight_ih, weight_hh, bias_ih, bias_hh] = self.split(parameters);
        let mut from_input = vec![F::ZERO; x.rows() * 3 * units];
        set_rows(&mut from_input, bias_ih);
        let weight_ih = Matrix::new(weight_ih, 3 * units, self.inputs);
        add_product(&mut from_input, Matrix::new(&x.values, x.rows(), self.inputs), weight_ih.transposed());
        let weight_hh = transposed(weight_hh, 3 * units);
        let mut y = Activations::zeros(x.sequences, steps, units);
        let mut gates = vec![F::ZERO; x.rows() * 4 * units];
        let mut from_memory = vec![F::ZERO; x.sequences * 3 * units];
        for step in 0..steps {
            set_rows(&mut from_memory, bias_hh);
            if step > 0 {
                let before = Matrix::spaced(&y.values[(step - 1) * units..], x.sequences, units, steps * units);
                add_product(&mut from_memory, before, Matrix::new(&weight_hh, units, 3 * units));
            }
            for (sequence, from_memory) in from_memory.chunks_exact(3 * units).enumerate() {
                let row = sequence * steps + step;
                let from_input = &from_input[row * 3 * units..(row + 1) * 3 * units];
                let gates = &mut gates[row * 4 * units..(row + 1) * 4 * units];
                let before = if step > 0 { Some((row - 1) * units) } else { None };
                for unit in 0..units {
                    let gate = |gate: usize| from_input[gate * units + unit] + from_memory[gate * units + unit];
                    let (r, z, from_n) = (gate(0).sigmoid(), gate(1).sigmoid(), from_memory[2 * units + unit]);
                    let n = (from_input[2 * units + unit] + r * from_n).tanh();
                    let h = before.map_or(F::ZERO, |at| y.values[at + unit]);
                    y.values[row * units + unit] = n + z * (h - n);
                    for (at, value) in [r, z, n, from_n].into_iter().enumerate() {
                        gates[at * units + unit] = value;
                    }
                }
            }
        }
        (y, Gates(gates))
    }

    /// Adds to the gradients of the parameters, and gives that of the input if it is `wanted`.
    pub(super) fn backward<F: Float>(
        &self,
        parameters: &[F],
        kept: (&Activations<F>, &Activations<F>, &Gates<F>),
        d_y: &Activations<F>,
        d_parameters: &mut [F],
        wanted: bool,
    ) -> Option<Activations<F>> {
        let (x, y, gates) = kept;
        let (units, steps) = (self.units, x.steps);
        let [weight_ih, weight_hh, ..] = self.split(parameters);
        // Gradients at the gates, before their functions: as the input sees them, and as the memory does.
        let mut d_input = vec![F::ZERO; x.rows() * 3 * units];
        let mut d_memory = vec![F::ZERO; x.rows() * 3 * units];
        // The gradient of the memory that a step leaves to the next.
        let mut d_h = vec![F::ZERO; x.sequences * units];
        for step in (0..steps).rev() {
            for (sequence, d_h) in d_h.chunks_exact_mut(units).enumerate() {
                let row = sequence * steps + step;
                let gates = &gates.0[row * 4 * units..(row + 1) * 4 * units];
                let d_y = &d_y.values[row * units..(row + 1) * units];
                let d_input = &mut d_input[row * 3 * units..(row + 1) * 3 * units];
                let d_memory = &mut d_memory[row * 3 * units..(row + 1) * 3 * units];
                let before = if step > 0 { Some((row - 1) * units) } else { None };
                for unit in 0..units {
                    let [r, z, n, from_n] = std::array::from_fn(|gate| gates[gate * units + unit]);
                    let h = before.map_or(F::ZERO, |at| y.values[at + unit]);
                    let d = d_y[unit] + d_h[unit];
                    let d_n = d * (F::ONE - z) * (F::ONE - n * n);
                    let d_z = d * (h - n) * z * (F::ONE - z);
                    let d_r = d_n * from_n * r * (F::ONE - r);
                    for (gate, (input, memory)) in [(d_r, d_r), (d_z, d_z), (d_n, d_n * r)].into_iter().enumerate() {
                        d_input[gate * units + unit] = input;
                        d_memory[gate * units + unit] = memory;
                    }
                    d_h[unit] = d * z;
                }
            }
            let of_step = Matrix::spaced(&d_memory[step * 3 * units..], x.sequences, 3 * units, steps * 3 * units);
            add_product(&mut d_h, of_step, Matrix::new(weight_hh, 3 * units, units));
        }
        self.add_gradients(x, y, &d_input, &d_memory, d_parameters);
        wanted.then(|| {
            let mut d_x = Activations::zeros(x.sequences, steps, x.width);
            let weight_ih = Matrix::new(weight_ih, 3 * units, self.inputs);
            set_product(&mut d_x.values, Matrix::new(&d_input, x.rows(), 3 * units), weight_ih);
            d_x
        })
    }

    fn add_gradients<F: Float>(
        &self,
        x: &Activations<F>,
        y: &Activations<F>,
        d_input: &[F],
        d_memory: &[F],
        d_parameters: &mut [F],
    ) {
        let (units, gates) = (self.units, 3 * self.units);
        let (d_weight_ih, rest) = d_parameters.split_at_mut(gates * self.inputs);
        let (d_weight_hh, rest) = rest.split_at_mut(gates * units);
        let (d_bias_ih, d_bias_hh) = rest.split_at_mut(gates);
        add_rows(d_bias_ih, d_input);
        add_rows(d_bias_hh, d_memory);
        let inputs = Matrix::new(&x.values, x.rows(), self.inputs);
        add_product(d_weight_ih, Matrix::new(d_input, x.rows(), gates).transposed(), inputs);
        // A step's gates saw the memory of the step before; those of the first saw none.
        for (sequence, of_sequence) in d_memory.chunks_exact((x.steps * gates).max(1)).enumerate() {
            let later = x.steps - 1;
            let d_later = Matrix::new(&of_sequence[gates..], later, gates);
            add_product(d_weight_hh, d_later.transposed(), Matrix::new(y.sequence(sequence), later, units));
        }
    }
}
