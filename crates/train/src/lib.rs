//! Learning from labelled and simulated calls: data, augmentation, training, calibration, model files.

mod card;
mod config;
mod error;
mod metrics;
pub mod nn;
mod progress;

pub use card::{Card, DataSource, Reached};
pub use config::{
    Augmentation, CallSources, CardConfig, FineTuning, Kind, NetConfig, Optimizer, Simulated, Split, Thresholds, TrainConfig,
    Training,
};
pub use error::TrainError;
pub use metrics::{Binary, Validation};
pub use progress::{EpochFigures, Progress};
