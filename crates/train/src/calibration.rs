//! Whether probabilities mean what they say, and what each threshold costs.

use crate::fit_error::FitError;
use crate::logistic::{Logistic, fit_targets};

/// Calls whose probability of a machine lay in one span.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Bin {
    /// Where the span begins.
    pub from: f32,
    /// Where it ends.
    pub to: f32,
    /// How many calls.
    pub count: usize,
    /// The mean of their probabilities.
    pub said: f32,
    /// The share of machines among them.
    pub found: f32,
}

/// What a reliability diagram draws: the calls in `bins` even spans of probability, 0 to 1, those without a call left out.
pub fn reliability(probabilities: &[f32], labels: &[bool], bins: usize) -> Vec<Bin> {
    let bins = bins.max(1);
    let mut sums = vec![(0usize, 0.0f64, 0usize); bins];
    for (&probability, &label) in probabilities.iter().zip(labels) {
        let (count, said, machines) = &mut sums[((probability * bins as f32) as usize).min(bins - 1)];
        *count += 1;
        *said += f64::from(probability);
        *machines += usize::from(label);
    }
    let width = 1.0 / bins as f32;
    let filled = (0..bins).zip(sums).filter(|(_, (count, ..))| *count > 0);
    filled
        .map(|(number, (count, said, machines))| Bin {
            from: number as f32 * width,
            to: (number + 1) as f32 * width,
            count,
            said: (said / count as f64) as f32,
            found: machines as f32 / count as f32,
        })
        .collect()
}

/// The mean distance between what was said and what was found, weighed by calls, 0 to 1 (Guo et al. 2017, "On calibration
/// of modern neural networks"). 0 of nothing.
pub fn expected_calibration_error(bins: &[Bin]) -> f32 {
    let count: usize = bins.iter().map(|bin| bin.count).sum();
    let sum: f32 = bins.iter().map(|bin| bin.count as f32 * (bin.said - bin.found).abs()).sum();
    sum / count.max(1) as f32
}

/// The probability that a machine scores higher than a person, a tie counting half: the area under the receiver operating
/// characteristic. `None` if there are no people or no machines.
pub fn auc(people: &[f32], machines: &[f32]) -> Option<f64> {
    if people.is_empty() || machines.is_empty() {
        return None;
    }
    let mut people = people.to_vec();
    people.sort_unstable_by(f32::total_cmp);
    let wins = |score: &f32| {
        let below = people.partition_point(|other| other < score);
        let ties = people.partition_point(|other| other <= score) - below;
        below as f64 + ties as f64 / 2.0
    };
    let won: f64 = machines.iter().map(wins).sum();
    Some(won / (people.len() * machines.len()) as f64)
}

/// What a threshold costs and brings: scores not below it are called machines.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OperatingPoint {
    /// The threshold; infinite where nobody is called a machine.
    pub threshold: f32,
    /// Share of people called machines.
    pub people_called_machines: f32,
    /// Share of machines called machines.
    pub machines_found: f32,
}

/// Every operating point that the scores of people and of machines allow, from the threshold that calls nobody a machine
/// to the one that calls everybody so. Both shares rise along it.
pub fn operating_curve(people: &[f32], machines: &[f32]) -> Vec<OperatingPoint> {
    let mut scores: Vec<(f32, bool)> = people.iter().map(|&score| (score, false)).collect();
    scores.extend(machines.iter().map(|&score| (score, true)));
    scores.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let mut called = [0usize; 2];
    let mut curve = vec![OperatingPoint { threshold: f32::INFINITY, people_called_machines: 0.0, machines_found: 0.0 }];
    for same in scores.chunk_by(|a, b| a.0 == b.0) {
        same.iter().for_each(|&(_, machine)| called[usize::from(machine)] += 1);
        curve.push(OperatingPoint {
            threshold: same[0].0,
            people_called_machines: called[0] as f32 / people.len().max(1) as f32,
            machines_found: called[1] as f32 / machines.len().max(1) as f32,
        });
    }
    curve
}

/// The point of a curve that finds the most machines while no more than this share of people are called machines.
pub fn most_machines(curve: &[OperatingPoint], most_people: f32) -> Option<OperatingPoint> {
    curve.iter().rev().find(|point| point.people_called_machines <= most_people).copied()
}

/// Turns scores into log-odds (Platt 1999, "Probabilistic outputs for support vector machines"): a line through them, with
/// targets a little off 0 and 1, by as much as so few calls leave in doubt.
///
/// # Errors
/// Those of [`crate::logistic::fit`].
pub fn platt(scores: &[f32], labels: &[bool], weights: &[f32]) -> Result<Logistic, FitError> {
    FitError::check(scores.len(), labels, weights)?;
    let count = |label| labels.iter().filter(|&&other| other == label).count() as f64;
    let (machines, people) = (count(true), count(false));
    let target = |&label: &bool| if label { (machines + 1.0) / (machines + 2.0) } else { 1.0 / (people + 2.0) };
    let targets: Vec<f64> = labels.iter().map(target).collect();
    fit_targets(scores, 1, &targets, weights, 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logistic::sigmoid;
    use offhook_sim::Random;

    #[test]
    fn the_area_counts_pairs() {
        assert_eq!(auc(&[0.0, 1.0], &[2.0, 3.0]), Some(1.0));
        assert_eq!(auc(&[2.0, 3.0], &[0.0, 1.0]), Some(0.0));
        assert_eq!(auc(&[0.0, 1.0, 2.0], &[1.0]), Some(0.5));
        assert_eq!(auc(&[], &[1.0]), None);
    }

    #[test]
    fn the_curve_has_every_threshold_once() {
        let curve = operating_curve(&[0.1, 0.2, 0.2, 0.9], &[0.2, 0.8, 0.95, 0.95]);
        let shares: Vec<(f32, f32)> = curve.iter().map(|p| (p.people_called_machines, p.machines_found)).collect();
        assert_eq!(shares, [(0.0, 0.0), (0.0, 0.5), (0.25, 0.5), (0.25, 0.75), (0.75, 1.0), (1.0, 1.0)]);
        assert_eq!(most_machines(&curve, 0.0).unwrap().threshold, 0.95);
        assert_eq!(most_machines(&curve, 0.3).unwrap().machines_found, 0.75);
        assert_eq!(operating_curve(&[], &[]).len(), 1);
    }

    #[test]
    fn scores_that_say_too_much_are_brought_to_what_is_true() {
        let mut random = Random::new(3);
        let truth: Vec<f64> = (0..8000).map(|_| random.normal() * 2.0).collect();
        let labels: Vec<bool> = truth.iter().map(|&z| random.chance(sigmoid(z))).collect();
        let scores: Vec<f32> = truth.iter().map(|&z| (3.0 * z + 5.0) as f32).collect();
        let probability = |z: f32| sigmoid(f64::from(z)) as f32;
        let before: Vec<f32> = scores.iter().map(|&z| probability(z)).collect();
        let fitted = platt(&scores, &labels, &vec![1.0; scores.len()]).unwrap();
        assert!((fitted.weights[0] - 1.0 / 3.0).abs() < 0.03, "{fitted:?}");
        let after: Vec<f32> = scores.iter().map(|&z| fitted.probability(&[z])).collect();
        let error = |said: &[f32]| expected_calibration_error(&reliability(said, &labels, 15));
        assert!(error(&before) > 0.2 && error(&after) < 0.02, "{} {}", error(&before), error(&after));
    }

    #[test]
    fn bins_tell_what_was_said_and_found() {
        let bins = reliability(&[0.05, 0.15, 0.95, 1.0], &[false, true, true, true], 10);
        assert_eq!(bins.iter().map(|bin| bin.count).collect::<Vec<_>>(), [1, 1, 2]);
        assert!((bins[2].said - 0.975).abs() < 1e-6 && bins[2].found == 1.0);
        assert!((expected_calibration_error(&bins) - (0.05 + 0.85 + 2.0 * 0.025) / 4.0).abs() < 1e-6);
        assert_eq!(expected_calibration_error(&[]), 0.0);
    }
}
