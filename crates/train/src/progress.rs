use std::panic::resume_unwind;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::metrics::Validation;

/// One epoch's figures.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct EpochFigures {
    /// Which, from 1.
    pub epoch: usize,
    /// How many there are at most.
    pub epochs: usize,
    /// The part that is validated on, from 1, when cross-validating; else 0.
    pub fold: usize,
    /// The mean loss over what was learnt from, with variation and dropout.
    pub train_loss: f64,
    /// The figures on the validation part.
    pub validation: Validation,
    /// The learning rate at its end.
    pub learning_rate: f64,
    /// Whether its loss on the validation part is the lowest so far.
    pub is_best: bool,
    /// How long it took, in seconds.
    pub seconds: f64,
}

/// What a training run tells while it works.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// A stage begins.
    Stage {
        /// Its name, such as `making calls`.
        name: String,
        /// Steps it has; 0 if that is not known.
        total: u64,
    },
    /// Steps of the stage are done.
    Advanced {
        /// How many, of all.
        done: u64,
    },
    /// An epoch is done.
    Epoch(Box<EpochFigures>),
    /// Something worth knowing.
    Note(String),
}

/// How often progress is told while work goes on.
const EVERY: Duration = Duration::from_millis(100);

/// Begins a stage of `total` steps and does `work` on a thread of its own, which counts the steps done; tells meanwhile how
/// far it is.
pub(crate) fn watched<T: Send>(
    name: String,
    total: u64,
    tell: &mut dyn FnMut(Progress),
    work: impl FnOnce(&AtomicU64) -> T + Send,
) -> T {
    tell(Progress::Stage { name, total });
    let done = AtomicU64::new(0);
    std::thread::scope(|scope| {
        let work = scope.spawn(|| work(&done));
        while !work.is_finished() {
            std::thread::sleep(EVERY);
            tell(Progress::Advanced { done: done.load(Ordering::Relaxed) });
        }
        work.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}
