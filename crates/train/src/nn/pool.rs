//! Joining the steps of a window: the largest of some, the mean of all.

use super::activations::Activations;
use super::float::Float;

/// The largest of each `size` steps, and which step it was, per value of the output. What is left over is dropped.
pub(super) fn max_pool<F: Float>(x: &Activations<F>, size: usize) -> (Activations<F>, Vec<u32>) {
    let mut y = Activations::zeros(x.sequences, x.steps / size, x.width);
    let mut largest = vec![0; y.values.len()];
    let (width, out_steps) = (x.width, y.steps);
    for sequence in 0..x.sequences {
        let from = x.sequence(sequence);
        let chosen = &mut largest[sequence * out_steps * width..(sequence + 1) * out_steps * width];
        for (at, (out, chosen)) in y.sequence_mut(sequence).iter_mut().zip(chosen).enumerate() {
            let (step, feature) = (at / width * size, at % width);
            let mut best = step;
            for other in step + 1..step + size {
                if from[other * width + feature] > from[best * width + feature] {
                    best = other;
                }
            }
            *out = from[best * width + feature];
            *chosen = best as u32;
        }
    }
    (y, largest)
}

/// The gradient of the input of [`max_pool`], which had `steps` steps.
pub(super) fn max_pool_backward<F: Float>(steps: usize, largest: &[u32], d_y: &Activations<F>) -> Activations<F> {
    let mut d_x = Activations::zeros(d_y.sequences, steps, d_y.width);
    let length = d_y.steps * d_y.width;
    for sequence in 0..d_y.sequences {
        let chosen = &largest[sequence * length..(sequence + 1) * length];
        let into = d_x.sequence_mut(sequence);
        for (at, (d, step)) in d_y.sequence(sequence).iter().zip(chosen).enumerate() {
            into[*step as usize * d_y.width + at % d_y.width] += *d;
        }
    }
    d_x
}

/// The mean over all steps.
pub(super) fn average<F: Float>(x: &Activations<F>) -> Activations<F> {
    let mut y = Activations::zeros(x.sequences, 1, x.width);
    let share = F::from_f64(1.0 / x.steps as f64);
    for sequence in 0..x.sequences {
        let mean = y.sequence_mut(sequence);
        super::matrix::add_rows(mean, x.sequence(sequence));
        mean.iter_mut().for_each(|v| *v *= share);
    }
    y
}

/// The gradient of the input of [`average`], which had `steps` steps.
pub(super) fn average_backward<F: Float>(steps: usize, d_y: &Activations<F>) -> Activations<F> {
    let mut d_x = Activations::zeros(d_y.sequences, steps, d_y.width);
    let share = F::from_f64(1.0 / steps as f64);
    for sequence in 0..d_y.sequences {
        for row in d_x.sequence_mut(sequence).chunks_exact_mut(d_y.width) {
            row.iter_mut().zip(d_y.sequence(sequence)).for_each(|(d, v)| *d = *v * share);
        }
    }
    d_x
}
