//! A model with a net and nothing else.

use std::path::Path;

use offhook_detect::net::Network;
use offhook_detect::{FusionModel, Model};

use crate::card::Card;
use crate::config::TrainConfig;
use crate::data::Part;
use crate::error::TrainError;
use crate::gathering::{self, sources};
use crate::net_training::NetRun;
use crate::progress::Progress;

/// How a run works, whatever it learns.
#[derive(Clone, Copy, Debug)]
pub struct RunOptions<'a> {
    /// What is asked for.
    pub config: &'a TrainConfig,
    /// Where checkpoints are kept; nowhere if none.
    pub checkpoints: Option<&'a Path>,
    /// Whether to go on from the checkpoints there.
    pub resume: bool,
    /// Threads; the result doesn't depend on it.
    pub threads: usize,
}

/// Trains a net and makes a model of it, without a timing model and with no weights to join it to one: for looking at
/// nets. The card has the figures.
///
/// # Errors
/// [`TrainError`]: what is asked for cannot be done.
pub fn train_net_only(options: &RunOptions<'_>, tell: &mut dyn FnMut(Progress)) -> Result<Model, TrainError> {
    let RunOptions { config, checkpoints, resume, threads } = *options;
    let from = config.fine_tuning.from.as_deref().map(read_model).transpose()?;
    let voices = gathering::voices(config, tell)?;
    let mut train = gathering::simulated(config, &voices, Part::Train, false, tell)?;
    let validation = gathering::simulated(config, &voices, Part::Validation, false, tell)?;
    let mut card = Card::new(config);
    card.from = from.as_ref().map(|model| name_of(model));
    card.data = sources(Part::Train, &train).into_iter().chain(sources(Part::Validation, &validation)).collect();
    let run = NetRun { config, checkpoints, resume, threads, from: from.as_ref() };
    let trained = run.train(&train, &validation, tell)?;
    trained.epochs.iter().for_each(|figures| card.add_epoch(figures));
    if config.training.cross_validation > 0 {
        train.extend(validation);
        card.folds = run.cross_validate(train, tell)?;
    }
    let network = Network::new(trained.architecture, trained.weights)?;
    Ok(Model::new(card.to_json(), Some(network), None, FusionModel::default()))
}

/// Reads a model file.
///
/// # Errors
/// [`TrainError::File`] or [`TrainError::Model`].
pub fn read_model(path: &Path) -> Result<Model, TrainError> {
    let bytes = std::fs::read(path).map_err(TrainError::file(path, "read"))?;
    Ok(Model::read(&bytes)?)
}

/// The name and version that a model's card gives.
pub fn name_of(model: &Model) -> String {
    let card = Card::from_json(model.card()).unwrap_or_default();
    format!("{} {}", card.name, card.version).trim().to_owned()
}
