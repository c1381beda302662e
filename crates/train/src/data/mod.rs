//! What is learned from: voices, simulated and recorded calls, and the examples made of them.
//!
//! [`Voices`] reads recordings of people, prompts, noise and music and deals them to three [`Part`]s, so that no speaker
//! is in two. [`Generation`] makes calls of one part with the simulator, each with its truth, and turns them into
//! [`Example`]s: log-mel frames as the detector computes them, and what sounds at each hop. [`Sampler`] cuts examples
//! into batches of equally long crops.

mod crops;
mod error;
mod example;
mod generation;
mod phrases;
mod split;
mod table;
mod voices;

pub use crops::{CropConfig, Crops, IGNORED, Sampler};
pub use error::{DataError, Skipped};
pub use example::{CLASSES, Class, Example, Frames, frames_of};
pub use generation::{Generation, TRAINING_COURSES};
pub use phrases::phrases;
pub use split::{Part, Shares};
pub use voices::{VoiceOptions, Voices};
