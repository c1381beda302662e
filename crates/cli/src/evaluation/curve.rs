//! The operating curve: how many machines are found, at how many people called machines.
//!
//! Two ways along it. *Parameter*: the detector is run again at other operating points of its models
//! (`weigh.most_false_machines`), or with a longer or shorter limit for a person's greeting (`decide.long_greeting`, under
//! the classic rules `classic.greeting`). *Threshold*: a call counts as a machine if the
//! machine's probability at the first final verdict reaches a threshold.

use serde::Serialize;

use super::figures::Call;
use super::label::Label;
use super::statistics::Rate;

/// One point of the curve.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Point {
    /// The setting: a duration, or a probability.
    pub(crate) setting: String,
    /// Of the people, those called machines.
    pub(crate) human_called_machine: Rate,
    /// Of the machines, those called machines.
    pub(crate) machine_recall: Rate,
}

impl Point {
    /// The point at which `is_called` says which calls are taken for machines.
    pub(crate) fn new(setting: String, calls: &[Call<'_>], is_called: impl Fn(&Call<'_>) -> bool) -> Self {
        let humans = calls.iter().filter(|call| call.row.label == Label::Human);
        let machines = calls.iter().filter(|call| call.row.label.is_machine());
        Self {
            setting,
            human_called_machine: Rate::of(humans, &is_called),
            machine_recall: Rate::of(machines, &is_called),
        }
    }
}

/// The thresholds tried.
const THRESHOLDS: [f64; 13] = [0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98];

/// Both ways along the curve.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Curve {
    /// The parameter of [`Self::by_parameter`].
    pub(crate) parameter: &'static str,
    /// By the parameter, rising.
    pub(crate) by_parameter: Vec<Point>,
    /// By the threshold on the machine's probability, rising.
    pub(crate) by_threshold: Vec<Point>,
}

/// The curve by threshold: the verdicts stay as they are, only what counts as a machine changes.
pub(crate) fn by_threshold(calls: &[Call<'_>]) -> Vec<Point> {
    let point = |threshold: f64| Point::new(threshold.to_string(), calls, |call| call.said.first.machine >= threshold);
    THRESHOLDS.into_iter().map(point).collect()
}
