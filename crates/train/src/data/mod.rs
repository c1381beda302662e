//! What is learned from: voices, simulated and recorded calls, and the examples made of them.
//!
//! [`Voices`] reads recordings of people, prompts, noise and music and deals them to three [`Part`]s, so that no speaker
//! is in two. [`Generation`] makes calls of one part with the simulator, each with its truth, and turns them into
//! [`Example`]s: log-mel frames as the detector computes them, and what sounds at each hop. [`Sampler`] cuts examples
//! into batches of equally long crops. [`LabelledCalls`] reads calls of one's own, and [`ChannelProbe`] tells whether the
//! channel gives the class away.

mod augment;
mod cache;
mod calls;
mod crops;
mod error;
mod example;
mod generation;
mod phrases;
mod probe;
mod split;
mod table;
mod voices;

pub use augment::Copies;
pub use calls::{LabelledCall, LabelledCalls};
pub use crops::{CropConfig, Crops, IGNORED, Sampler};
pub use error::DataError;
pub use example::{CLASSES, Class, Example, Frames, frames_of};
pub use generation::{Generation, TRAINING_COURSES};
pub use phrases::phrases;
pub use probe::ChannelProbe;
pub use split::{Part, Shares};
pub use voices::{VoiceOptions, Voices};
