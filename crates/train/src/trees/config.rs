use offhook_detect::timing::{MOST_TREES, TIMING_FEATURES};

use super::bins::MOST_BINS;
use crate::fit_error::FitError;

/// How the log-odds of a machine may follow a feature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// In any way.
    #[default]
    Free,
    /// They never fall as it grows.
    Rising,
    /// They never rise as it grows.
    Falling,
    /// Not at all: no tree asks for it.
    Unused,
}

/// How trees are fitted.
#[derive(Clone, Debug, PartialEq)]
pub struct TreeConfig {
    /// Trees at most, 1 to 80.
    pub trees: usize,
    /// Questions on a path at most, 1 to 3.
    pub depth: usize,
    /// What of each tree's advice is taken, above 0 to 1.
    pub shrinkage: f64,
    /// Added to the weight of each leaf's rows: pulls its value to zero. From 0.
    pub l2: f64,
    /// The least a leaf may hold of the rows' second derivatives of the loss: a quarter of their weight at even odds. From 0.
    pub least_weight: f64,
    /// Share of the calls drawn for each tree, above 0 to 1.
    pub subsample: f64,
    /// Bins a feature at most, 2 to 64.
    pub bins: usize,
    /// Rounds without a smaller validation loss after which fitting stops, from 1.
    pub patience: usize,
    /// What the draws follow from.
    pub seed: u64,
    /// How each feature may act.
    pub directions: [Direction; TIMING_FEATURES],
}

impl Default for TreeConfig {
    fn default() -> Self {
        Self {
            trees: 80,
            depth: 3,
            shrinkage: 0.1,
            l2: 5.0,
            least_weight: 20.0,
            subsample: 0.6,
            bins: 64,
            patience: 10,
            seed: 1,
            directions: [Direction::Free; TIMING_FEATURES],
        }
    }
}

impl TreeConfig {
    pub(super) fn check(&self) -> Result<(), FitError> {
        let within = |field, given: f64, least: f64, most: f64| {
            if (least..=most).contains(&given) {
                Ok(())
            } else {
                Err(FitError::value(field, given, format!("{least} to {most}")))
            }
        };
        within("trees", self.trees as f64, 1.0, MOST_TREES as f64)?;
        within("depth", self.depth as f64, 1.0, 3.0)?;
        within("shrinkage", self.shrinkage, 0.001, 1.0)?;
        within("l2", self.l2, 0.0, f64::MAX)?;
        within("least_weight", self.least_weight, 0.0, f64::MAX)?;
        within("subsample", self.subsample, 0.01, 1.0)?;
        within("bins", self.bins as f64, 2.0, MOST_BINS as f64)?;
        within("patience", self.patience as f64, 1.0, f64::MAX)
    }
}
