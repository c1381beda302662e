//! Who, or what, picked up, and when may a message be left? Samples and facts go in, events come out.
//!
//! ```
//! use std::sync::Arc;
//! use offhook_detect::{DetectConfig, Detector, EventKind, Params};
//!
//! let params = Arc::new(Params::new(DetectConfig::default())?);
//! let mut detector = Detector::new(&params);
//! # let packets = vec![vec![0i16; 160]; 1000];
//! for packet in packets {                       // 8 kHz mono, any length
//!     for event in detector.push(&packet) {
//!         match event.kind {
//!             EventKind::Verdict(verdict) => println!("{event}: {}", verdict.answered_by),
//!             EventKind::ReadyToRecord(_) => println!("{event}: speak now"),
//!             _ => {}
//!         }
//!     }
//! }
//! let verdict = detector.finish();              // at hang-up: there is always one
//! # Ok::<(), offhook_detect::ConfigError>(())
//! ```
//!
//! A [`Detector`] is a pure function of what it was given: no clock, no I/O, no threads, and no allocation after
//! construction. However the samples are cut into pushes, the events are the same. One detector listens to one leg of
//! one call; [`Params`] are shared by all calls with the same settings.
//!
//! Data flows one way: samples → [`analysers`] (one [`Signals`] a hop of 10 ms) → trackers and fusion (the only place
//! that looks across time and decides) → [`Event`]s and a [`Verdict`].

pub mod analysers;
mod batch;
mod classic;
mod config;
mod detector;
mod ear;
mod event;
pub mod features;
mod fusion;
mod learned;
mod method;
mod model;
pub mod net;
mod odds;
mod parameter;
mod rules;
mod signals;
mod tables;
pub mod timing;
mod trace;
mod trackers;
mod verdict;
mod vocabulary;
mod weighing;

pub use batch::Batch;
pub use config::{
    BeepConfig, CadenceConfig, ClassicConfig, ConfigError, DecideConfig, DetectConfig, MusicConfig, Preset,
    ReadyConfig, ToneConfig, VadConfig, WeighConfig,
};
pub use detector::{Detector, Events, Params};
pub use event::{Event, EventKind, Fact, Phase, ReadyReason};
pub use method::Method;
pub use model::{FusionModel, Mixture, Model, ModelError, OperatingPoint, Weights};
pub use offhook_audio::tones::{Country, FaxTone, SitCode, SupervisoryTone};
pub use parameter::{Parameter, Value};
pub use signals::{Beep, DtmfDigit, Level, Line, LineSound, Signals, SpeechState, ToneBurst, Voice};
pub use trace::{Input, Trace, TraceError};
pub use trackers::Inputs;
pub use verdict::{AnsweredBy, Cause, Probabilities, Probability, Reason, Stage, Verdict};
pub use vocabulary::{Outcome, Vocabulary};
