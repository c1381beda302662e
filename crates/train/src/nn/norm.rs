//! Batch norm (Ioffe and Szegedy 2015) after a convolution, over all steps of all sequences at hand, padding included.
//!
//! In training, the sequences at hand are those of one shard of the mini-batch ("ghost" batch norm, Hoffer et al. 2017),
//! so that the result does not depend on the number of threads. Running figures are what inference and export use.

use super::activations::Activations;
use super::float::Float;

/// Added to variances, as in PyTorch.
pub(super) const EPSILON: f64 = 1e-5;
/// The weight of a batch in the running figures, as in PyTorch.
pub(super) const MOMENTUM: f32 = 0.1;

/// What the way back needs: normalised values, and 1 / deviation of each channel.
#[derive(Clone, Debug)]
pub(super) struct Normalised<F> {
    values: Vec<F>,
    inverse: Vec<F>,
}

/// Normalises `x` in place by its own mean and variance, then scales and shifts it by `parameters`: scales, then shifts.
/// `moments` takes the means, then the unbiased variances.
pub(super) fn forward<F: Float>(parameters: &[F], x: &mut Activations<F>, moments: &mut [F]) -> Normalised<F> {
    let (rows, width) = (x.rows(), x.width);
    let (scale, shift) = parameters.split_at(width);
    let (mean, variance) = moments.split_at_mut(width);
    let share = F::from_f64(1.0 / rows as f64);
    mean.fill(F::ZERO);
    variance.fill(F::ZERO);
    super::matrix::add_rows(mean, &x.values);
    mean.iter_mut().for_each(|m| *m *= share);
    for row in x.values.chunks_exact(width) {
        for ((variance, v), m) in variance.iter_mut().zip(row).zip(&*mean) {
            *variance += (*v - *m) * (*v - *m);
        }
    }
    let inverse: Vec<F> = variance.iter().map(|sum| inverse_deviation(*sum * share)).collect();
    let unbiased = F::from_f64(1.0 / rows.saturating_sub(1).max(1) as f64);
    variance.iter_mut().for_each(|sum| *sum *= unbiased);
    let mut values = Vec::with_capacity(x.values.len());
    for row in x.values.chunks_exact_mut(width) {
        for (channel, value) in row.iter_mut().enumerate() {
            let normal = (*value - mean[channel]) * inverse[channel];
            values.push(normal);
            *value = normal * scale[channel] + shift[channel];
        }
    }
    Normalised { values, inverse }
}

/// Normalises `x` in place by running figures: means, then variances.
pub(super) fn evaluate<F: Float>(parameters: &[F], running: &[F], x: &mut Activations<F>) {
    let (scale, shift) = parameters.split_at(x.width);
    let (mean, variance) = running.split_at(x.width);
    for row in x.values.chunks_exact_mut(scale.len()) {
        for (channel, value) in row.iter_mut().enumerate() {
            let normal = (*value - mean[channel]) * inverse_deviation(variance[channel]);
            *value = normal * scale[channel] + shift[channel];
        }
    }
}

/// Adds to the gradients of the parameters and turns the gradient of the output into that of the input.
pub(super) fn backward<F: Float>(
    parameters: &[F],
    kept: &Normalised<F>,
    d_y: &mut Activations<F>,
    d_parameters: &mut [F],
) {
    let (rows, width) = (d_y.rows(), d_y.width);
    let mut d_scale = vec![F::ZERO; width];
    let mut d_shift = vec![F::ZERO; width];
    for (d_row, row) in d_y.values.chunks_exact(width).zip(kept.values.chunks_exact(width)) {
        for channel in 0..width {
            d_scale[channel] += d_row[channel] * row[channel];
            d_shift[channel] += d_row[channel];
        }
    }
    let share = F::from_f64(1.0 / rows as f64);
    for (d_row, row) in d_y.values.chunks_exact_mut(width).zip(kept.values.chunks_exact(width)) {
        for channel in 0..width {
            let common = (d_shift[channel] + row[channel] * d_scale[channel]) * share;
            d_row[channel] = (d_row[channel] - common) * parameters[channel] * kept.inverse[channel];
        }
    }
    let (into_scale, into_shift) = d_parameters.split_at_mut(width);
    into_scale.iter_mut().zip(d_scale).for_each(|(d, v)| *d += v);
    into_shift.iter_mut().zip(d_shift).for_each(|(d, v)| *d += v);
}

fn inverse_deviation<F: Float>(variance: F) -> F {
    F::from_f64((variance.to_f64() + EPSILON).sqrt().recip())
}
