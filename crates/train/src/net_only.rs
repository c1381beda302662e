//! A model with a net and nothing else.

use std::path::Path;

use offhook_detect::net::Network;
use offhook_detect::{FusionModel, Model};

use crate::card::Card;
use crate::config::TrainConfig;
use crate::data::Part;
use crate::error::TrainError;
use crate::gathering::Material;
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
    let from = options.config.fine_tuning.from.as_deref().map(read_model).transpose()?;
    let material = Material::gather(options.config, tell)?;
    let mut card = Card::new(options.config);
    card.from = from.as_ref().map(name_of);
    let network = train_net(options, &material, from.as_ref(), &mut card, tell)?;
    Ok(Model::new(card.to_json(), Some(network), None, FusionModel::default()))
}

/// Trains the net, from nothing or from that of a model; the card is told what from, and how that went.
///
/// # Errors
/// [`TrainError`]: what is asked for cannot be done.
pub(crate) fn train_net(
    options: &RunOptions<'_>,
    material: &Material,
    from: Option<&Model>,
    card: &mut Card,
    tell: &mut dyn FnMut(Progress),
) -> Result<Network, TrainError> {
    let RunOptions { config, checkpoints, resume, threads } = *options;
    let mut train = material.examples(config, Part::Train, tell)?;
    let validation = material.examples(config, Part::Validation, tell)?;
    let parts = [(Part::Train, &train), (Part::Validation, &validation)];
    card.data = parts.into_iter().flat_map(|(part, calls)| material.sources(part, calls)).collect();
    let run = NetRun { config, checkpoints, resume, threads, from };
    let trained = run.train(&train, &validation, tell)?;
    trained.epochs.iter().for_each(|figures| card.add_epoch(figures));
    if config.training.cross_validation > 0 {
        train.extend(validation);
        card.folds = run.cross_validate(train, tell)?;
    }
    Ok(Network::new(trained.architecture, trained.weights)?)
}

/// Reads a model file; `builtin` is the model in the program.
///
/// # Errors
/// [`TrainError::File`] or [`TrainError::Model`].
pub fn read_model(path: &Path) -> Result<Model, TrainError> {
    if path.file_name().is_some_and(|name| name == "builtin") && !path.exists() {
        return Ok((*Model::builtin()).clone());
    }
    let bytes = std::fs::read(path).map_err(TrainError::file(path, "read"))?;
    Ok(Model::read(&bytes)?)
}

/// The name and version that a model's card gives.
pub fn name_of(model: &Model) -> String {
    let card = Card::from_json(model.card()).unwrap_or_default();
    format!("{} {}", card.name, card.version).trim().to_owned()
}
