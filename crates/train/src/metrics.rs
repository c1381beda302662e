//! Figures of a net on calls it did not learn from.

use serde::{Deserialize, Serialize};

use crate::calibration::auc;

/// Figures of a decision between machine (yes) and person (no).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Binary {
    /// Calls judged.
    pub calls: usize,
    /// Share judged rightly.
    pub accuracy: f64,
    /// Share of those called machines that are.
    pub precision: f64,
    /// Share of machines that are called so.
    pub recall: f64,
    /// The harmonic mean of precision and recall.
    pub f1: f64,
    /// The probability that a machine scores above a person (the area under the ROC curve; ties count half; 0.5 where
    /// one side is missing).
    pub auc: f64,
}

impl Binary {
    /// Judges each score (a probability; 0.5 and more is yes) against what is true.
    pub fn of(scored: &[(f32, bool)]) -> Self {
        let count =
            |said: bool, is: bool| scored.iter().filter(|(p, truth)| (*p >= 0.5) == said && *truth == is).count();
        let share = |part: usize, all: usize| if all == 0 { 0.0 } else { part as f64 / all as f64 };
        let (hits, false_alarms, misses) = (count(true, true), count(true, false), count(false, true));
        let (precision, recall) = (share(hits, hits + false_alarms), share(hits, hits + misses));
        let f1 = if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 };
        let accuracy = share(hits + count(false, false), scored.len());
        let side =
            |is: bool| -> Vec<f32> { scored.iter().filter(|(_, truth)| *truth == is).map(|(p, _)| *p).collect() };
        let auc = auc(&side(false), &side(true)).unwrap_or(0.5);
        Self { calls: scored.len(), accuracy, precision, recall, f1, auc }
    }
}

/// Figures on the validation part after an epoch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Validation {
    /// What early stopping watches: both losses, weighed as in training.
    pub loss: f64,
    /// Cross-entropy of the classes of sound, in nats a step.
    pub class_loss: f64,
    /// Binary cross-entropy of machine, in nats.
    pub machine_loss: f64,
    /// Share of steps whose class of sound is right.
    pub class_accuracy: f64,
    /// For each class of sound the share of its steps that are found.
    pub class_recall: Vec<f64>,
    /// Machine or person after the first 2 s of speech.
    pub machine: Binary,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_worked_by_hand() {
        let scored = [(0.9, true), (0.6, true), (0.4, true), (0.6, false), (0.1, false)];
        let figures = Binary::of(&scored);
        assert_eq!(figures.calls, 5);
        assert!((figures.accuracy - 0.6).abs() < 1e-12);
        assert!((figures.precision - 2.0 / 3.0).abs() < 1e-12);
        assert!((figures.recall - 2.0 / 3.0).abs() < 1e-12);
        // Of the six pairs, 0.9 wins two, 0.6 wins one and ties one, 0.4 wins one.
        assert!((figures.auc - 4.5 / 6.0).abs() < 1e-12);
    }

    #[test]
    fn nothing_to_judge_is_no_number_to_fear() {
        for scored in [&[][..], &[(0.3, true)], &[(0.3, false)]] {
            let figures = Binary::of(scored);
            assert!(figures.f1.is_finite() && figures.auc == 0.5, "{figures:?}");
        }
    }
}
