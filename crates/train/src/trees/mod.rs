//! Fits the timing model: gradient-boosted shallow trees.
//!
//! Second-order boosting with the logistic loss, on histograms of at most 64 bins a feature (Chen and Guestrin 2016,
//! "XGBoost: a scalable tree boosting system"). Calls, not rows, are drawn for each tree: the rows of one call are alike.
//! The same samples and configuration give the same model.

mod bins;
mod config;
mod grow;

use offhook_detect::timing::{TIMING_FEATURES, TimingModel, TimingTree};
use offhook_sim::Random;

pub use config::{Direction, TreeConfig};

use crate::fit_error::FitError;
use crate::logistic::{log_loss, sigmoid};
use bins::Binned;
use grow::{Grower, leaf_of, settle};

/// What trees learn from: one row for each moment at which a call was looked at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Samples {
    /// The features of each row, in the order of [`offhook_detect::timing::TimingFeatures::TABLE`].
    pub features: Vec<[f32; TIMING_FEATURES]>,
    /// Whether a machine picked up.
    pub labels: Vec<bool>,
    /// How much each row counts.
    pub weights: Vec<f32>,
    /// The number of the call that each row is of.
    pub group: Vec<u32>,
}

impl Samples {
    /// Adds a row.
    pub fn push(&mut self, features: [f32; TIMING_FEATURES], label: bool, weight: f32, group: u32) {
        self.features.push(features);
        self.labels.push(label);
        self.weights.push(weight);
        self.group.push(group);
    }

    /// Weighs the rows so that every call counts as the weight of its rows says, however many it has, and people and
    /// machines count the same in all; the mean weight of a row is 1.
    pub fn balance(&mut self) {
        let (calls, call_of) = numbered(&self.group);
        let mut rows = vec![0u32; calls];
        call_of.iter().for_each(|&call| rows[call as usize] += 1);
        for (weight, &call) in self.weights.iter_mut().zip(&call_of) {
            *weight /= rows[call as usize] as f32;
        }
        let mut sums = [0.0f64; 2];
        for (&label, &weight) in self.labels.iter().zip(&self.weights) {
            sums[usize::from(label)] += f64::from(weight);
        }
        let half = self.labels.len() as f64 / 2.0;
        for (&label, weight) in self.labels.iter().zip(&mut self.weights) {
            *weight *= (half / sums[usize::from(label)]) as f32;
        }
    }

    fn check(&self) -> Result<(), FitError> {
        let rows = self.features.len();
        FitError::check(rows, &self.labels, &self.weights)?;
        if self.group.len() != rows {
            return Err(FitError::value("group", self.group.len(), format!("as many as rows: {rows}")));
        }
        if let Some(value) = self.features.iter().flatten().find(|value| !value.is_finite()) {
            return Err(FitError::value("features", value, "finite numbers"));
        }
        Ok(())
    }
}

/// The losses after a tree: the mean logistic loss, in nats, weighed by row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Round {
    /// On what was learned from.
    pub training_loss: f64,
    /// On what was held out, if anything was.
    pub validation_loss: Option<f64>,
}

/// A fitted model and how the fit went.
#[derive(Clone, Debug, PartialEq)]
pub struct TreeFit {
    /// The model, with the trees up to the round with the least validation loss.
    pub model: TimingModel,
    /// Every round, those after the best too.
    pub rounds: Vec<Round>,
    /// What each feature's splits took off the training loss in the trees kept, as shares of 1.
    pub gains: [f32; TIMING_FEATURES],
}

/// Samples with the log-odds that the trees so far give them.
struct Followed<'a> {
    samples: &'a Samples,
    log_odds: Vec<f32>,
    weight: f64,
}

impl<'a> Followed<'a> {
    fn new(samples: &'a Samples, base: f32) -> Self {
        let weight = samples.weights.iter().map(|&weight| f64::from(weight)).sum();
        Self { samples, log_odds: vec![base; samples.features.len()], weight }
    }

    fn add(&mut self, tree: &TimingTree) {
        for (log_odds, row) in self.log_odds.iter_mut().zip(&self.samples.features) {
            *log_odds += tree.nodes[leaf_of(tree, row)].value;
        }
    }

    fn loss(&self) -> f64 {
        let Samples { labels, weights, .. } = self.samples;
        let rows = self.log_odds.iter().zip(labels).zip(weights);
        let sum: f64 = rows.map(|((&z, &label), &weight)| f64::from(weight) * log_loss(f64::from(z), label)).sum();
        sum / self.weight
    }

    /// Each row's first and second derivative of the loss by the log-odds.
    fn derivatives(&self) -> Vec<[f32; 2]> {
        let Samples { labels, weights, .. } = self.samples;
        let rows = self.log_odds.iter().zip(labels).zip(weights);
        rows.map(|((&z, &label), &weight)| {
            let p = sigmoid(f64::from(z)) as f32;
            [weight * (p - f32::from(u8::from(label))), weight * p * (1.0 - p)]
        })
        .collect()
    }
}

/// Fits trees to `training`; with `validation`, stops once its loss has not fallen for [`TreeConfig::patience`] rounds and
/// keeps the trees up to its least.
///
/// # Errors
/// [`FitError::Value`] for a setting out of range, lists of different lengths, or a number that is not finite;
/// [`FitError::OneLabel`] if there are no people or no machines.
pub fn fit(training: &Samples, validation: Option<&Samples>, config: &TreeConfig) -> Result<TreeFit, FitError> {
    config.check()?;
    training.check()?;
    validation.map_or(Ok(()), Samples::check)?;
    let base = base_rate(training);
    let binned = Binned::new(&training.features, config.bins);
    let grower = Grower { binned: &binned, config };
    let (calls, call_of) = numbered(&training.group);
    let mut learned = Followed::new(training, base);
    let mut held_out = validation.map(|samples| Followed::new(samples, base));
    let mut trees = Vec::new();
    let mut rounds: Vec<Round> = Vec::new();
    let mut gains = Vec::new();
    let mut best = 0;
    for round in 0..config.trees {
        let rows = drawn(config, round, calls, &call_of);
        let (mut tree, gain) = grower.grow(&learned.derivatives(), &rows);
        settle(&mut tree, training);
        learned.add(&tree);
        let validation_loss = held_out.as_mut().map(|held_out| {
            held_out.add(&tree);
            held_out.loss()
        });
        trees.push(tree);
        gains.push(gain);
        rounds.push(Round { training_loss: learned.loss(), validation_loss });
        if validation_loss.is_none() || validation_loss < rounds[best].validation_loss {
            best = round;
        }
        if round - best >= config.patience {
            break;
        }
    }
    trees.truncate(best + 1);
    let model = TimingModel::new(base, trees)
        .map_err(|error| FitError::value("trees", error, "finite numbers: less shrinkage, or more l2"))?;
    Ok(TreeFit { model, rounds, gains: shares(&gains[..=best]) })
}

/// The log-odds of a machine over all samples.
fn base_rate(samples: &Samples) -> f32 {
    let mut sums = [0.0f64; 2];
    for (&label, &weight) in samples.labels.iter().zip(&samples.weights) {
        sums[usize::from(label)] += f64::from(weight);
    }
    (sums[1] / sums[0]).ln() as f32
}

/// How many calls there are, and for each row the number of its call, counted from 0.
fn numbered(group: &[u32]) -> (usize, Vec<u32>) {
    let mut calls = group.to_vec();
    calls.sort_unstable();
    calls.dedup();
    let number = |call: &u32| calls.partition_point(|other| other < call) as u32;
    (calls.len(), group.iter().map(number).collect())
}

/// The rows of the calls drawn for one tree.
fn drawn(config: &TreeConfig, round: usize, calls: usize, call_of: &[u32]) -> Vec<u32> {
    let mut random = Random::for_item(config.seed, round as u64);
    let taken: Vec<bool> = (0..calls).map(|_| random.chance(config.subsample)).collect();
    (0..).zip(call_of).filter(|&(_, &call)| taken[call as usize]).map(|(row, _)| row).collect()
}

fn shares(gains: &[[f64; TIMING_FEATURES]]) -> [f32; TIMING_FEATURES] {
    let all: f64 = gains.iter().flatten().sum();
    std::array::from_fn(|feature| {
        let gain: f64 = gains.iter().map(|gain| gain[feature]).sum();
        if all > 0.0 { (gain / all) as f32 } else { 0.0 }
    })
}
