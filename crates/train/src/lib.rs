//! Learning from labelled and simulated calls: data, augmentation, training, calibration, model files.

pub mod calibration;
mod card;
mod config;
mod error;
mod fit_error;
pub mod logistic;
mod metrics;
pub mod nn;
mod progress;
pub mod trees;

pub use card::{Card, DataSource, Reached};
pub use config::{
    Augmentation, CallSources, CardConfig, FineTuning, Kind, NetConfig, Optimizer, Simulated, Split, Thresholds, TrainConfig,
    Training,
};
pub use error::TrainError;
pub use fit_error::FitError;
pub use metrics::{Binary, Validation};
pub use progress::{EpochFigures, Progress};
