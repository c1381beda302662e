//! Learning from labelled and simulated calls: data, augmentation, training, calibration, model files.

mod config;
mod error;
mod metrics;
mod progress;

pub use config::{
    Augmentation, CallSources, FineTuning, Kind, NetConfig, Optimizer, Simulated, Split, Thresholds, TrainConfig,
    Training,
};
pub use error::TrainError;
pub use metrics::{Binary, Validation};
pub use progress::{EpochFigures, Progress};
