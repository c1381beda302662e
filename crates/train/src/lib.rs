//! Learning from labelled and simulated calls: data, augmentation, training, calibration, model files.

pub mod calibration;
mod card;
mod checkpoint;
mod config;
pub mod data;
mod error;
mod fit_error;
pub mod fusion;
mod gathering;
pub mod logistic;
mod metrics;
mod net_only;
mod net_training;
pub mod nn;
mod pipeline;
mod progress;
pub mod trees;

pub use card::{Card, DataSource, Reached};
pub use config::{
    Augmentation, CallSources, CardConfig, FineTuning, Kind, NetConfig, Optimizer, Simulated, Split, Thresholds,
    TrainConfig, Training,
};
pub use error::TrainError;
pub use fit_error::FitError;
pub use gathering::{Material, part_name};
pub use metrics::{Binary, Validation};
pub use net_only::{RunOptions, name_of, read_model, train_net_only};
pub use net_training::{NetRun, TrainedNet};
pub use pipeline::train;
pub use progress::{EpochFigures, Progress};
