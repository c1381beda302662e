//! One idea a file: each analyser sees one [`Hop`] at a time and says one thing about it. None looks at another, and
//! none decides. All share the verbs `new`, `push`, `push_gap` (a hop that never arrived) and `reset`.

mod beep;
mod correlator;
mod dtmf;
mod fax;
mod level;
mod logarithm;
mod mel;
mod music;
mod sit;
mod spectrum;
mod supervisory;
mod tone_run;
mod vad;
mod voicing;

pub use beep::BeepAnalyser;
pub use dtmf::DtmfAnalyser;
pub use fax::FaxAnalyser;
pub use level::measure;
pub use mel::{EMPTY, FEATURE_SET, MELS, Mel, MelAnalyser};
pub use music::MusicAnalyser;
pub use sit::SitAnalyser;
pub(crate) use spectrum::Transform;
pub use spectrum::{BANDS, BINS, Front, Peak, Spectrum, WINDOW, bin_hz};
pub use supervisory::SupervisoryAnalyser;
pub use vad::VadAnalyser;

use offhook_audio::{HOP, MediaTime};

use crate::signals::Level;

/// What an analyser sees: 10 ms of audio.
#[derive(Clone, Copy, Debug)]
pub struct Hop<'a> {
    /// The media time at the end of the hop.
    pub at: MediaTime,
    /// Its samples, spanning ±1, as they came: direct current included.
    pub samples: &'a [f32; HOP],
    /// Its loudness.
    pub level: &'a Level,
    /// The spectrum of the 32 ms that end with the hop.
    pub spectrum: &'a Spectrum,
}
