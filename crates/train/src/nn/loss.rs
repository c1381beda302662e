//! How far outputs are from their targets.

use std::ops::AddAssign;

use super::activations::Activations;
use super::batch::IGNORED;
use super::float::Float;

/// What is learned: softmax cross-entropy over the first outputs and, if there is one more, sigmoid cross-entropy of it.
/// A net that gives one yes or no for a window has no classes and one output.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loss {
    /// How many of the first outputs are classes; 0 for none.
    pub classes: usize,
    /// How much of the target is spread evenly over all classes (Szegedy et al. 2016), 0 to 1. The other output's targets
    /// are numbers and can be smooth by themselves.
    pub smoothing: f32,
    /// The weight of the one further output's mean beside that of the classes.
    pub binary_scale: f32,
}

/// Sums over steps, so that figures of several batches add up.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Losses {
    /// The sum of cross-entropies over the steps that count, in nats.
    pub class_sum: f64,
    /// Steps that count.
    pub class_count: f64,
    /// Steps whose largest output was the target.
    pub class_right: f64,
    /// The weighted sum of the further output's cross-entropies, in nats.
    pub binary_sum: f64,
    /// The sum of those weights.
    pub binary_weight: f64,
    /// The part of those weights for which the output was on its target's side of ½.
    pub binary_right: f64,
}

impl Losses {
    /// The loss that training lessens: the mean over the classes' steps and the scaled mean of the further output.
    pub fn mean(&self, loss: &Loss) -> f64 {
        share(self.class_sum, self.class_count)
            + f64::from(loss.binary_scale) * share(self.binary_sum, self.binary_weight)
    }
}

impl AddAssign for Losses {
    fn add_assign(&mut self, other: Self) {
        self.class_sum += other.class_sum;
        self.class_count += other.class_count;
        self.class_right += other.class_right;
        self.binary_sum += other.binary_sum;
        self.binary_weight += other.binary_weight;
        self.binary_right += other.binary_right;
    }
}

fn share(sum: f64, of: f64) -> f64 {
    if of > 0.0 { sum / of } else { 0.0 }
}

/// The targets of some sequences, as in [`super::Batch`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Targets<'a> {
    pub(super) classes: &'a [u8],
    pub(super) binary: &'a [f32],
    pub(super) binary_weights: &'a [f32],
}

impl Targets<'_> {
    /// What the sums of losses are divided by: of the steps of classes, and of the further output.
    pub(super) fn weights(&self) -> (f64, f64) {
        let steps = self.classes.iter().filter(|c| **c != IGNORED).count();
        (steps as f64, self.binary_weights.iter().map(|w| f64::from(*w)).sum())
    }
}

impl Loss {
    /// The losses of `outputs`, which become their own gradients: of [`Losses::mean`] for the batch whose
    /// [`Targets::weights`] are `of`.
    pub(super) fn differentiate<F: Float>(
        &self,
        outputs: &mut Activations<F>,
        targets: Targets<'_>,
        of: (f64, f64),
    ) -> Losses {
        let mut losses = Losses::default();
        let has_binary = outputs.width > self.classes;
        for (step, row) in outputs.values.chunks_exact_mut(outputs.width).enumerate() {
            let (classes, binary) = row.split_at_mut(self.classes);
            if let Some(target) = targets.classes.get(step) {
                self.differentiate_classes(classes, *target, of.0, &mut losses);
            }
            if has_binary {
                let (target, weight) = (targets.binary[step], targets.binary_weights[step]);
                let scale = f64::from(self.binary_scale) * share(1.0, of.1);
                differentiate_binary(&mut binary[0], target.into(), weight.into(), scale, &mut losses);
            }
        }
        losses
    }

    fn differentiate_classes<F: Float>(&self, row: &mut [F], target: u8, of: f64, losses: &mut Losses) {
        if target == IGNORED {
            return row.fill(F::ZERO);
        }
        let target = usize::from(target);
        let largest = row.iter().copied().fold(row[0], |a, b| if b > a { b } else { a });
        losses.class_right += f64::from(u8::from(row[target] == largest));
        losses.class_count += 1.0;
        let spread = f64::from(self.smoothing) / self.classes as f64;
        let wanted = |class| spread + if class == target { 1.0 - f64::from(self.smoothing) } else { 0.0 };
        let logits = row.iter().map(|v| (*v - largest).to_f64());
        let log_sum = logits.clone().map(f64::exp).sum::<f64>().ln();
        losses.class_sum += logits.enumerate().map(|(class, v)| wanted(class) * (log_sum - v)).sum::<f64>();
        for (class, v) in row.iter_mut().enumerate() {
            let probability = ((*v - largest).to_f64() - log_sum).exp();
            *v = F::from_f64((probability - wanted(class)) / of);
        }
    }
}

fn differentiate_binary<F: Float>(value: &mut F, target: f64, weight: f64, scale: f64, losses: &mut Losses) {
    let logit = value.to_f64();
    // ln(1 + e^x) − target · x, without overflow.
    losses.binary_sum += weight * (logit.max(0.0) + (-logit.abs()).exp().ln_1p() - target * logit);
    losses.binary_weight += weight;
    losses.binary_right += if (logit > 0.0) == (target > 0.5) { weight } else { 0.0 };
    *value = F::from_f64((logit.sigmoid() - target) * weight * scale);
}
