//! Synthetic telephone calls with exact truth, reproducible from a seed: greetings, people, menus, beeps, tones, music,
//! and the lines they come over. No I/O, except that [`synthesiser`] runs programs when asked to.
//!
//! A [`Simulator`] makes [`SimCall`]s of a [`CallSet`]: samples at 8 kHz, and a [`Truth`] that says who answered and when
//! the greeting, the person's first utterance and the beep begin and end. The same seed gives the same bytes.
//!
//! What speaks comes from a [`VoiceBank`]: recordings, installed synthesisers, or the built-in voice of [`formant`],
//! which has the rhythm of speech and no words. A figure measured on simulated calls says how a detector copes with
//! timing, tones and lines; how it copes with people only recordings of people can say.
//!
//! The parts are open for tests of their own: [`tones`], [`noise`], [`music`], [`mod@line`], [`gsm`], [`signal`].

mod call;
mod compose;
mod error;
mod filter;
pub mod formant;
pub mod gsm;
mod handset;
pub mod line;
pub mod music;
pub mod noise;
pub mod packets;
mod random;
mod room;
mod sets;
pub mod signal;
mod simulator;
mod span;
pub mod synthesiser;
pub mod texts;
pub mod tones;
mod truth;
mod variation;
mod varied;
mod voice;

pub use call::Course;
pub use error::SimError;
pub use handset::{Handset, Resonance};
pub use random::Random;
pub use room::Room;
pub use sets::CallSet;
pub use simulator::{Lines, SimCall, SimConfig, Simulator};
pub use span::{Sound, Span};
pub use truth::{Label, Truth};
pub use variation::VoiceChange;
pub use voice::{Recording, Utterance, VoiceBank};
