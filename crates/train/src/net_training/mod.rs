//! Training the net: epochs over crops of calls, early stopping, checkpoints, cross-validation.

mod batches;
mod folds;
mod masking;
mod validate;

use std::path::Path;
use std::time::Instant;

use offhook_detect::Model;
use offhook_detect::net::Architecture;

use crate::checkpoint::{self, Checkpoint, Head};
use crate::config::TrainConfig;
use crate::data::{CLASSES, Example};
use crate::error::TrainError;
use crate::metrics::Binary;
use crate::nn::{self, Adam, AdamSettings, Loss, Losses, Net, Schedule};
use crate::progress::{EpochFigures, Progress};
use batches::Shown;

/// A run of net training.
#[derive(Clone, Copy, Debug)]
pub struct NetRun<'a> {
    /// What is asked for.
    pub config: &'a TrainConfig,
    /// Where checkpoints are kept; nowhere if none.
    pub checkpoints: Option<&'a Path>,
    /// Whether to go on from the checkpoints there. Where there is none yet, that part begins anew.
    pub resume: bool,
    /// Threads; the result doesn't depend on it.
    pub threads: usize,
    /// The model to go on from, in place of first weights that are drawn.
    pub from: Option<&'a Model>,
}

/// A net that was trained.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainedNet {
    /// Its layers.
    pub architecture: Architecture,
    /// Its weights, in the order of [`offhook_detect::net::Layer`].
    pub weights: Vec<f32>,
    /// The figures of each epoch.
    pub epochs: Vec<EpochFigures>,
}

/// What a run is at between two epochs.
struct State {
    net: Net,
    adam: Adam,
    done: Vec<EpochFigures>,
    best: Vec<f32>,
}

impl NetRun<'_> {
    /// Trains a net on `train`, watching `validation`.
    ///
    /// # Errors
    /// [`TrainError::NoCalls`] if there are none, [`TrainError::Checkpoint`] or [`TrainError::File`] for checkpoints,
    /// [`TrainError::Diverged`] if the loss is no number any more, [`TrainError::Net`] if the layers don't fit.
    pub fn train(
        &self,
        train: &[Example],
        validation: &[Example],
        tell: &mut dyn FnMut(Progress),
    ) -> Result<TrainedNet, TrainError> {
        let State { net, done, best, .. } = self.fit(train, validation, 0, tell)?;
        let weights = if self.config.training.restore_best_weights { best } else { net.export() };
        Ok(TrainedNet { architecture: net.architecture().clone(), weights, epochs: done })
    }

    /// Trains a net for each of the parts that `training.cross_validation` asks for, on all calls outside it, and gives
    /// the machine's figures on those inside at the best epoch. No speaker is in two parts.
    ///
    /// # Errors
    /// As [`Self::train`].
    pub fn cross_validate(
        &self,
        calls: Vec<Example>,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Vec<Binary>, TrainError> {
        let folds = self.config.training.cross_validation;
        let parts = folds::parts(&calls, folds);
        let mut calls: Vec<(usize, Example)> = parts.into_iter().zip(calls).collect();
        let mut figures = Vec::new();
        for fold in 1..=folds {
            calls.sort_by_key(|(part, _)| *part == fold);
            let begins = calls.partition_point(|(part, _)| *part != fold);
            let (numbers, examples): (Vec<usize>, Vec<Example>) = calls.into_iter().unzip();
            let fitted = self.fit(&examples[..begins], &examples[begins..], fold, tell)?;
            figures.extend(best_of(&fitted.done).map(|best| best.validation.machine));
            calls = numbers.into_iter().zip(examples).collect();
        }
        Ok(figures)
    }

    /// Trains one net until it ends: all epochs, patience, or minutes.
    fn fit(
        &self,
        train: &[Example],
        validation: &[Example],
        fold: usize,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<State, TrainError> {
        for (part, examples) in [("train", train), ("validation", validation)] {
            if examples.is_empty() {
                return Err(TrainError::NoCalls { part });
            }
        }
        let training = &self.config.training;
        let path = self.checkpoints.map(|folder| checkpoint::path(folder, fold));
        let mut state = self.begin(path.as_deref())?;
        let loss = self.loss(&state.net);
        let shown = Shown::new(train, &state.net, self.config)?;
        let schedule = self.schedule(shown.batches() as u64);
        let began = Instant::now();
        while state.done.len() < training.epochs && waited(&state.done) < training.patience {
            let epoch = state.done.len() + 1;
            let started = Instant::now();
            let losses = self.learn(&mut state, &shown, &loss, &schedule, tell)?;
            let learning_rate = f64::from(schedule.rate(state.adam.steps().saturating_sub(1)));
            let train_loss = losses.mean(&loss);
            if !train_loss.is_finite() {
                return Err(TrainError::Diverged { epoch, loss: train_loss, learning_rate });
            }
            let figures = validate::validate(&state.net, validation, &loss, self.threads)?;
            let is_best = best_of(&state.done).is_none_or(|best| figures.loss < best.validation.loss);
            if is_best {
                state.best = state.net.export();
            }
            let seconds = started.elapsed().as_secs_f64();
            let (epochs, validation) = (training.epochs, figures);
            let figures = EpochFigures { epoch, epochs, fold, train_loss, validation, learning_rate, is_best, seconds };
            state.done.push(figures.clone());
            if let Some(path) = &path {
                self.keep(&state, path)?;
            }
            tell(Progress::Epoch(Box::new(figures)));
            let minutes = began.elapsed().as_secs_f64() / 60.0;
            if training.max_minutes > 0.0 && minutes >= training.max_minutes {
                tell(Progress::Note(format!(
                    "training ended after {minutes:.1} minutes, as training.max_minutes says"
                )));
                break;
            }
        }
        Ok(state)
    }

    /// One epoch over the crops.
    fn learn(
        &self,
        state: &mut State,
        shown: &Shown<'_>,
        loss: &Loss,
        schedule: &Schedule,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Losses, TrainError> {
        let epoch = state.done.len() + 1;
        let name = format!("epoch {epoch} of {}", self.config.training.epochs);
        tell(Progress::Stage { name, total: shown.batches() as u64 });
        let mut sums = Losses::default();
        let hops = state.net.architecture().hops_per_step();
        for (done, batch) in (1..).zip(shown.epoch(epoch as u64, hops)) {
            let (losses, gradients) = state.net.forward_backward(&batch, loss, self.threads)?;
            state.adam.step(&mut state.net, &gradients, schedule.rate(state.adam.steps()))?;
            sums += losses;
            tell(Progress::Advanced { done });
        }
        Ok(sums)
    }

    /// The first state, or that of the checkpoint.
    fn begin(&self, path: Option<&Path>) -> Result<State, TrainError> {
        let training = &self.config.training;
        let dropout = self.config.net.dropout() as f32;
        let mut net = match self.from.and_then(Model::network) {
            Some(network) => Net::from_weights(network.architecture(), network.weights(), dropout, training.seed)?,
            None => Net::new(&self.config.net.architecture(), training.batch_norm, dropout, training.seed)?,
        };
        let found = match path.filter(|_| self.resume) {
            Some(path) => Checkpoint::read(path, self.config)?,
            None => None,
        };
        let Some(Checkpoint { head, state, best }) = found else {
            let settings = AdamSettings {
                weight_decay: training.weight_decay as f32,
                most_norm: training.most_norm as f32,
                ..AdamSettings::default()
            };
            let (adam, best) = (Adam::new(&net, settings), net.export());
            return Ok(State { net, adam, done: Vec::new(), best });
        };
        let adam;
        (net, adam) = nn::restore(net.architecture(), &state)?;
        Ok(State { net, adam, done: head.epochs, best })
    }

    fn keep(&self, state: &State, path: &Path) -> Result<(), TrainError> {
        let head = Head { config: self.config.clone(), epochs: state.done.clone() };
        Checkpoint { head, state: nn::save(&state.net, &state.adam), best: state.best.clone() }.write(path)
    }

    fn loss(&self, net: &Net) -> Loss {
        let training = &self.config.training;
        let classes = if net.outputs() > CLASSES { CLASSES } else { 0 };
        let binary_scale = if classes > 0 { training.machine_weight as f32 } else { 1.0 };
        Loss { classes, smoothing: training.label_smoothing as f32, binary_scale }
    }

    fn schedule(&self, batches: u64) -> Schedule {
        let TrainConfig { training, fine_tuning, .. } = self.config;
        let share = if self.from.is_some() { fine_tuning.learning_rate_share } else { 1.0 };
        let peak = (training.learning_rate * share) as f32;
        let warm_up = (training.warm_up * batches as f64).round() as u64;
        Schedule { peak, floor: peak / 100.0, warm_up, total: batches * training.epochs as u64 }
    }
}

/// The figures of the best epoch.
fn best_of(done: &[EpochFigures]) -> Option<&EpochFigures> {
    done.iter().rev().find(|figures| figures.is_best)
}

/// Epochs since the best one.
fn waited(done: &[EpochFigures]) -> usize {
    done.iter().rev().take_while(|figures| !figures.is_best).count()
}
