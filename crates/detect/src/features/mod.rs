//! Acoustic features, for looking at calls and for training models elsewhere on exactly what is computed here.
//!
//! What is here? Two families. [`AcousticAnalyser`] is streaming: one [`Acoustics`] a hop of 10 ms at 8 kHz, on the
//! spectrum that all analysers share. [`MelSpectrogram`], [`Stft`] and what a [`Spectrogram`] gives reproduce librosa's
//! functions for the same parameters, on a whole stretch of samples at any rate:
//!
//! | librosa 0.11 | here |
//! |---|---|
//! | `np.abs(librosa.stft(y))**2` | [`Stft::power`] |
//! | `feature.melspectrogram` | [`MelSpectrogram::compute`] |
//! | `power_to_db` | [`power_to_db`] |
//! | `feature.mfcc` | [`mfcc`] |
//! | `feature.chroma_stft` | [`Spectrogram::chroma`] |
//! | `feature.spectral_centroid`, `_rolloff`, `_flatness` | [`Spectrogram::centroid`], [`rolloff`](Spectrogram::rolloff), [`flatness`](Spectrogram::flatness) |
//!
//! The detector itself uses none of this: its net hears [`crate::analysers::MelAnalyser`].

mod acoustics;
mod chroma;
mod cosine;
mod decibel;
mod error;
mod matrix;
mod mel;
mod pitch;
mod shape;
mod spectrogram;
mod stft;

pub use acoustics::{AcousticAnalyser, Acoustics, CHROMA, COEFFICIENTS};
pub use cosine::mfcc;
pub use decibel::{Reference, power_to_db};
pub use error::FeatureError;
pub use matrix::Matrix;
pub use mel::{MelConfig, MelNorm, MelScale, MelSpectrogram};
pub use pitch::Pitch;
pub use spectrogram::Spectrogram;
pub use stft::{Padding, Stft, StftConfig};
