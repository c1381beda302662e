//! The training card: what a model was made of and how good it was found to be. It is in the model file as JSON.

use serde::{Deserialize, Serialize};

use crate::calibration::Bin;
use crate::config::{Thresholds, TrainConfig};
use crate::metrics::Binary;
use crate::progress::EpochFigures;

/// What holds of every model trained here.
const LIMITS: [&str; 3] = [
    "probabilities are calibrated on calls like those of its own data; on other lines and languages they are not",
    "simulated calls have the timing and the lines of real ones, not the words or the manner of people who answer",
    "figures on the validation part also chose the epoch, and are a little better than those on new calls",
];

/// The configuration with the names of files alone: where they lay on the machine that trained is nobody's business.
fn without_folders(config: &TrainConfig) -> TrainConfig {
    let mut config = config.clone();
    let TrainConfig { simulator, calls, fine_tuning, .. } = &mut config;
    simulator.cache = None;
    let lists = [&mut simulator.voices, &mut calls.manifests, &mut calls.folders, &mut calls.feedback];
    let single = fine_tuning.from.iter_mut();
    for path in lists.into_iter().flatten().chain(single) {
        if let Some(name) = path.file_name() {
            *path = name.into();
        }
    }
    config
}

/// Where calls or voices came from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DataSource {
    /// The source's name.
    pub name: String,
    /// The part it is in: train, validation or test.
    pub part: String,
    /// Recordings used.
    pub recordings: usize,
    /// Their length in hours.
    pub hours: f64,
    /// The licences they are under.
    pub licences: Vec<String>,
}

/// A figure, and what it should reach.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reached {
    /// The figure's name.
    pub name: String,
    /// What it is.
    pub value: f64,
    /// What it should be at least.
    pub threshold: f64,
}

impl Reached {
    /// Whether it is.
    pub fn is_met(&self) -> bool {
        self.value >= self.threshold
    }

    /// All figures that have a threshold.
    pub fn all(figures: &Binary, thresholds: &Thresholds) -> Vec<Self> {
        [
            ("accuracy", figures.accuracy, thresholds.accuracy),
            ("precision", figures.precision, thresholds.precision),
            ("recall", figures.recall, thresholds.recall),
            ("f1", figures.f1, thresholds.f1),
        ]
        .map(|(name, value, threshold)| Self { name: name.to_owned(), value, threshold })
        .into()
    }
}

/// The card.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Card {
    /// The model's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What trained it.
    pub made_by: String,
    /// The name and version of the model it goes on from, if it was fine-tuned.
    pub from: Option<String>,
    /// What it learnt from and was measured on.
    pub data: Vec<DataSource>,
    /// How it was trained, the seeds among it.
    pub config: TrainConfig,
    /// The figures of the epoch whose weights it has.
    pub best: Option<EpochFigures>,
    /// The loss of every epoch, on what was learnt from and on the validation part.
    pub losses: Vec<[f64; 2]>,
    /// The machine's figures of each part when it was cross-validated.
    pub folds: Vec<Binary>,
    /// The machine's figures beside their thresholds.
    pub reached: Vec<Reached>,
    /// What was said on the test part, and how often it was so.
    pub reliability: Vec<Bin>,
    /// The mean distance between the two, weighed by calls (expected calibration error).
    pub calibration_error: f64,
    /// What it can't do.
    pub limits: Vec<String>,
}

impl Card {
    /// A card for a run with these settings, yet without figures.
    pub fn new(config: &TrainConfig) -> Self {
        Self {
            name: config.card.name.clone(),
            version: config.card.version.clone(),
            made_by: concat!("offhook ", env!("CARGO_PKG_VERSION")).to_owned(),
            config: without_folders(config),
            limits: LIMITS.iter().map(|&limit| limit.to_owned()).chain(config.card.limits.iter().cloned()).collect(),
            ..Self::default()
        }
    }

    /// Adds what an epoch showed; the best one is remembered.
    pub fn add_epoch(&mut self, figures: &EpochFigures) {
        self.losses.push([figures.train_loss, figures.validation.loss]);
        if figures.is_best {
            self.reached = Reached::all(&figures.validation.machine, &self.config.thresholds);
            self.best = Some(figures.clone());
        }
    }

    /// The card as JSON.
    pub fn to_json(&self) -> String {
        // A card has no maps with keys that are no text, the one thing that cannot be written.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Reads a card; fields that are not known are passed over, those missing are empty.
    ///
    /// # Errors
    /// The text is no JSON, or a field is of another type.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_survives_its_json() {
        let mut card = Card::new(&TrainConfig::default());
        let mut figures = EpochFigures { train_loss: 0.5, is_best: true, ..EpochFigures::default() };
        figures.validation.machine = Binary { accuracy: 0.96, precision: 0.93, recall: 0.96, ..Binary::default() };
        card.add_epoch(&figures);
        card.add_epoch(&EpochFigures { epoch: 2, ..EpochFigures::default() });
        assert_eq!(card.best.as_ref().map(|best| best.train_loss), Some(0.5));
        assert_eq!(card.reached.iter().map(Reached::is_met).collect::<Vec<_>>(), [true, false, true, false]);
        assert_eq!(Card::from_json(&card.to_json()).unwrap(), card);
        assert!(Card::from_json("{}").is_ok() && Card::from_json("3").is_err());
    }
}
