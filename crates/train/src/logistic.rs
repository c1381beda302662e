//! Logistic regression: for layers of few numbers, such as fusion, calibration, and the probe of the channel.

use crate::fit_error::FitError;

/// Newton steps at most; the loss has long stopped falling then.
const MOST_STEPS: usize = 60;
/// A step that takes less than this share off the loss is the last.
const ENOUGH: f64 = 1e-10;
/// Added to the diagonal, by weight of row, so that inputs that repeat each other have a solution.
const RIDGE: f64 = 1e-9;

/// Inputs weighed and added up to log-odds.
#[derive(Clone, Debug, PartialEq)]
pub struct Logistic {
    /// The weight of each input, in log-odds a unit.
    pub weights: Vec<f32>,
    /// The log-odds where all inputs are zero.
    pub bias: f32,
}

impl Logistic {
    /// The log-odds of a row.
    pub fn log_odds(&self, row: &[f32]) -> f32 {
        self.bias + self.weights.iter().zip(row).map(|(weight, value)| weight * value).sum::<f32>()
    }

    /// The probability of a row, 0 to 1.
    pub fn probability(&self, row: &[f32]) -> f32 {
        sigmoid(f64::from(self.log_odds(row))) as f32
    }
}

/// Fits by Newton's method (iteratively reweighted least squares). `rows` holds `width` inputs a row, one row after
/// another. `l2` pulls the weights to zero: it multiplies half the sum of their squares, with inputs standardised, against
/// the summed loss of all rows; the bias is free.
///
/// # Errors
/// [`FitError::Value`] for lists whose lengths disagree, numbers that are not finite, or a negative `l2`;
/// [`FitError::OneLabel`] if all labels are the same.
pub fn fit(rows: &[f32], width: usize, labels: &[bool], weights: &[f32], l2: f32) -> Result<Logistic, FitError> {
    FitError::check(labels.len(), labels, weights)?;
    let targets: Vec<f64> = labels.iter().map(|&label| f64::from(u8::from(label))).collect();
    fit_targets(rows, width, &targets, weights, l2)
}

/// As [`fit`], to targets between 0 and 1.
pub(crate) fn fit_targets(
    rows: &[f32],
    width: usize,
    targets: &[f64],
    weights: &[f32],
    l2: f32,
) -> Result<Logistic, FitError> {
    if rows.len() != width * targets.len() {
        let allowed = format!("{width} for each of {} labels", targets.len());
        return Err(FitError::value("rows", rows.len(), allowed));
    }
    if let Some(value) = rows.iter().find(|value| !value.is_finite()) {
        return Err(FitError::value("rows", value, "finite numbers"));
    }
    if !(0.0..=f32::MAX).contains(&l2) {
        return Err(FitError::value("l2", l2, "finite numbers from 0"));
    }
    let problem = Problem::new(rows, width, targets, weights, f64::from(l2));
    let mut solution = vec![0.0; width + 1];
    let mut loss = problem.loss(&solution);
    for _ in 0..MOST_STEPS {
        let Some(step) = problem.newton_step(&solution) else { break };
        // The full step, or the first of its halves that takes something off the loss.
        let shorter = (0..30).map(|halvings| {
            let share = 0.5f64.powi(halvings);
            let tried: Vec<f64> = solution.iter().zip(&step).map(|(s, step)| s + share * step).collect();
            (problem.loss(&tried), tried)
        });
        let Some((less, better)) = shorter.into_iter().find(|(tried, _)| *tried < loss) else { break };
        solution = better;
        let enough = loss - less <= ENOUGH * loss;
        loss = less;
        if enough {
            break;
        }
    }
    Ok(problem.in_units(&solution))
}

/// Standardised rows, each with a 1 behind it for the bias.
struct Problem<'a> {
    inputs: Vec<f64>,
    width: usize,
    targets: &'a [f64],
    weights: &'a [f32],
    l2: f64,
    means: Vec<f64>,
    scales: Vec<f64>,
}

impl<'a> Problem<'a> {
    fn new(rows: &[f32], width: usize, targets: &'a [f64], weights: &'a [f32], l2: f64) -> Self {
        let all: f64 = weights.iter().map(|&weight| f64::from(weight)).sum();
        let (mut means, mut scales) = (vec![0.0; width], vec![0.0; width]);
        let weighed = || rows.chunks_exact(width.max(1)).zip(weights);
        for (row, &weight) in weighed() {
            means.iter_mut().zip(row).for_each(|(mean, &x)| *mean += f64::from(weight) * f64::from(x) / all);
        }
        for (row, &weight) in weighed() {
            for ((scale, &x), mean) in scales.iter_mut().zip(row).zip(&means) {
                *scale += f64::from(weight) * (f64::from(x) - mean).powi(2) / all;
            }
        }
        for scale in &mut scales {
            *scale = if *scale > 1e-12 { scale.sqrt() } else { 1.0 };
        }
        let mut inputs = Vec::with_capacity(targets.len() * (width + 1));
        for number in 0..targets.len() {
            let row = &rows[number * width..(number + 1) * width];
            inputs.extend(row.iter().zip(&means).zip(&scales).map(|((&x, mean), scale)| (f64::from(x) - mean) / scale));
            inputs.push(1.0);
        }
        Self { inputs, width, targets, weights, l2, means, scales }
    }

    /// Each row with its log-odds, target and weight.
    fn rows<'b>(&'b self, solution: &'b [f64]) -> impl Iterator<Item = (&'b [f64], f64, f64, f64)> {
        let rows = self.inputs.chunks_exact(self.width + 1).zip(self.targets).zip(self.weights);
        rows.map(move |((row, &target), &weight)| {
            let z = row.iter().zip(solution).map(|(x, s)| x * s).sum();
            (row, z, target, f64::from(weight))
        })
    }

    fn loss(&self, solution: &[f64]) -> f64 {
        let rows = self
            .rows(solution)
            .map(|(_, z, target, weight)| weight * (target * log_loss(z, true) + (1.0 - target) * log_loss(z, false)));
        let pull: f64 = solution[..self.width].iter().map(|weight| weight * weight).sum();
        rows.sum::<f64>() + self.l2 / 2.0 * pull
    }

    /// Where the loss's parabola has its bottom, seen from `solution`.
    fn newton_step(&self, solution: &[f64]) -> Option<Vec<f64>> {
        let n = self.width + 1;
        let (mut downhill, mut curvature) = (vec![0.0; n], vec![0.0; n * n]);
        let mut all = 0.0;
        for (row, z, target, weight) in self.rows(solution) {
            let p = sigmoid(z);
            all += weight;
            for (i, x) in row.iter().enumerate() {
                downhill[i] += weight * (target - p) * x;
                for (j, y) in row.iter().enumerate().take(i + 1) {
                    curvature[i * n + j] += weight * p * (1.0 - p) * x * y;
                }
            }
        }
        for i in 0..n {
            let pull = if i < self.width { self.l2 } else { 0.0 };
            downhill[i] -= pull * solution[i];
            curvature[i * n + i] += pull + RIDGE * all;
        }
        solve(&mut curvature, downhill)
    }

    /// The solution for inputs as they were given.
    fn in_units(&self, solution: &[f64]) -> Logistic {
        let weights: Vec<f64> = solution.iter().zip(&self.scales).map(|(weight, scale)| weight / scale).collect();
        let at_means: f64 = weights.iter().zip(&self.means).map(|(weight, mean)| weight * mean).sum();
        let bias = (solution[self.width] - at_means) as f32;
        Logistic { weights: weights.iter().map(|&weight| weight as f32).collect(), bias }
    }
}

/// Solves a symmetric, positive system by Cholesky's method; only the lower triangle is read. `None` if it is not positive.
fn solve(matrix: &mut [f64], mut right: Vec<f64>) -> Option<Vec<f64>> {
    let n = right.len();
    for i in 0..n {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| matrix[i * n + k] * matrix[j * n + k]).sum();
            let rest = matrix[i * n + j] - known;
            if i == j && (rest <= 0.0 || !rest.is_finite()) {
                return None;
            }
            matrix[i * n + j] = if i == j { rest.sqrt() } else { rest / matrix[j * n + j] };
        }
    }
    for i in 0..n {
        let known: f64 = (0..i).map(|k| matrix[i * n + k] * right[k]).sum();
        right[i] = (right[i] - known) / matrix[i * n + i];
    }
    for i in (0..n).rev() {
        let known: f64 = (i + 1..n).map(|k| matrix[k * n + i] * right[k]).sum();
        right[i] = (right[i] - known) / matrix[i * n + i];
    }
    Some(right)
}

/// The probability of log-odds.
pub(crate) fn sigmoid(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// The logistic loss of log-odds, in nats.
pub(crate) fn log_loss(log_odds: f64, label: bool) -> f64 {
    let against = if label { -log_odds } else { log_odds };
    against.max(0.0) + (-against.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;
    use offhook_sim::Random;

    #[test]
    fn the_log_odds_that_made_the_labels_are_found() {
        let mut random = Random::new(7);
        let (mut rows, mut labels) = (Vec::new(), Vec::new());
        for _ in 0..20_000 {
            let (a, b) = (random.normal() * 3.0 + 10.0, random.normal() * 0.01);
            rows.extend([a as f32, b as f32, 4.0]);
            labels.push(random.chance(sigmoid(0.5 * a - 100.0 * b - 4.0)));
        }
        let found = fit(&rows, 3, &labels, &vec![1.0; labels.len()], 1.0).unwrap();
        assert!((found.weights[0] - 0.5).abs() < 0.03, "{found:?}");
        assert!((found.weights[1] - -100.0).abs() < 6.0, "{found:?}");
        assert!((found.bias - -4.0).abs() < 0.3 && found.weights[2].abs() < 1e-3, "{found:?}");
        assert!((found.probability(&[8.0, 0.0, 4.0]) - 0.5).abs() < 0.02);
    }

    #[test]
    fn a_weight_counts_as_so_many_rows() {
        let rows = [0.0, 1.0, 2.0, 3.0];
        let labels = [false, true, false, true];
        let weighed = fit(&rows, 1, &labels, &[3.0, 1.0, 2.0, 1.0], 0.5).unwrap();
        let repeated = [0.0, 0.0, 0.0, 1.0, 2.0, 2.0, 3.0];
        let labels = [false, false, false, true, false, false, true];
        let repeated = fit(&repeated, 1, &labels, &[1.0; 7], 0.5).unwrap();
        assert!((weighed.weights[0] - repeated.weights[0]).abs() < 1e-4, "{weighed:?} {repeated:?}");
        assert!((weighed.bias - repeated.bias).abs() < 1e-4);
    }

    #[test]
    fn what_can_be_parted_without_error_stays_finite() {
        let found = fit(&[-1.0, -0.5, 0.5, 1.0], 1, &[false, false, true, true], &[1.0; 4], 0.0).unwrap();
        assert!(found.weights[0] > 5.0 && found.weights[0].is_finite(), "{found:?}");
        let pulled = fit(&[-1.0, -0.5, 0.5, 1.0], 1, &[false, false, true, true], &[1.0; 4], 1.0).unwrap();
        assert!(pulled.weights[0] > 0.0 && pulled.weights[0] < 3.0, "{pulled:?}");
        let alone = fit(&[], 0, &[true, false, true, true], &[1.0; 4], 1.0).unwrap();
        assert!((alone.bias - 3.0f32.ln()).abs() < 1e-4, "{alone:?}");
    }

    #[test]
    fn errors_name_what_is_wrong() {
        let text = |result: Result<Logistic, FitError>| result.unwrap_err().to_string();
        assert_eq!(
            text(fit(&[0.0; 3], 2, &[true, false], &[1.0; 2], 0.0)),
            "fit: rows: given 3, allowed 2 for each of 2 labels"
        );
        assert_eq!(
            text(fit(&[0.0; 2], 1, &[true, true], &[1.0; 2], 0.0)),
            "fit: labels: given true only, allowed are both"
        );
        assert_eq!(
            text(fit(&[0.0; 2], 1, &[true, false], &[1.0], 0.0)),
            "fit: weights: given 1, allowed as many as rows: 2"
        );
        assert!(text(fit(&[0.0, f32::NAN], 1, &[true, false], &[1.0; 2], 0.0)).contains("finite"));
        assert!(text(fit(&[0.0; 2], 1, &[true, false], &[1.0; 2], -1.0)).contains("l2"));
    }
}
