//! A model in the ONNX format that listens along: what the command line says of it, and the model itself in builds with
//! the feature `onnx`. Without it there is no such model, and the same flags.

#[cfg(feature = "onnx")]
#[path = "onnx/runtime.rs"]
mod runtime;
#[cfg(not(feature = "onnx"))]
#[path = "onnx/absent.rs"]
mod runtime;

pub(crate) use runtime::{OnnxEar, OnnxModel};

use std::path::Path;

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::exit::Mistake;

/// How an ONNX model is to be used.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "ONNX models (in builds with the feature onnx)")]
pub(crate) struct OnnxArgs {
    /// What the model given by --model hears of the last 2 s, if the shape of its input leaves that open
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) onnx_input: Option<Hears>,
    /// How the samples are scaled that it hears, if it hears samples [default: min-max]
    #[arg(long, value_enum, value_name = "HOW")]
    pub(crate) onnx_scaling: Option<Scaling>,
    /// What it gives [default: probabilities]
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) onnx_output: Option<Gives>,
}

/// What a model hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Hears {
    /// 32,000 samples at 16 kHz
    Samples,
    /// A mel spectrogram, 128 bands × 63 frames
    Mel,
    /// Log-mel frames of 40 bands, up to 200
    LogMel,
}

/// How samples are scaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scaling {
    /// The least becomes −1, the greatest +1
    MinMax,
    /// The one farthest from 0 becomes −1 or +1
    Peak,
    /// Full scale is 1
    Plain,
}

/// What a model gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Gives {
    /// Probabilities: of a machine, or of a person and a machine
    Probabilities,
    /// Logits: what goes into the logistic function, or softmax
    Logits,
}

impl OnnxArgs {
    /// That none was given where there is no such model.
    ///
    /// # Errors
    /// [`Mistake::Usage`] names the first that was.
    pub(crate) fn unused(&self) -> Result<()> {
        let given = [
            ("--onnx-input", self.onnx_input.is_some()),
            ("--onnx-scaling", self.onnx_scaling.is_some()),
            ("--onnx-output", self.onnx_output.is_some()),
        ];
        match given.into_iter().find(|(_, given)| *given) {
            Some((flag, _)) => {
                Err(Mistake::Usage(format!("{flag}: given without an ONNX model, allowed with --model FILE.onnx"))
                    .into())
            }
            None => Ok(()),
        }
    }
}

/// Whether the name of this file is that of an ONNX model.
pub(crate) fn is_onnx(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("onnx"))
}
