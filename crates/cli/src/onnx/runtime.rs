//! The model, in builds with the feature `onnx`.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use offhook_detect::Probability;
use offhook_onnx::{Listener, OnnxError, OnnxOptions};

use super::{Gives, Hears, OnnxArgs, Scaling};
use crate::exit::Mistake;

/// A model that was read and tried.
#[derive(Clone, Debug)]
pub(crate) struct OnnxModel(Arc<offhook_onnx::OnnxModel>);

impl OnnxModel {
    /// Reads the model at `path`.
    ///
    /// # Errors
    /// It cannot be read, or [`Mistake::Config`] says what of it cannot be used.
    pub(crate) fn read(path: &Path, args: &OnnxArgs) -> Result<Self> {
        let options = OnnxOptions {
            hears: args.onnx_input.map(|hears| match hears {
                Hears::Samples => offhook_onnx::Hears::Samples,
                Hears::Mel => offhook_onnx::Hears::Mel,
                Hears::LogMel => offhook_onnx::Hears::LogMel,
            }),
            scaling: match args.onnx_scaling {
                None | Some(Scaling::MinMax) => offhook_onnx::Scaling::MinMax,
                Some(Scaling::Peak) => offhook_onnx::Scaling::Peak,
                Some(Scaling::Plain) => offhook_onnx::Scaling::Plain,
            },
            gives: match args.onnx_output {
                None | Some(Gives::Probabilities) => offhook_onnx::Gives::Probabilities,
                Some(Gives::Logits) => offhook_onnx::Gives::Logits,
            },
        };
        let shown = path.display();
        match offhook_onnx::OnnxModel::read(path, options) {
            Ok(model) => Ok(Self(Arc::new(model))),
            Err(error @ OnnxError::Read { .. }) => Err(anyhow::Error::new(error).context("--model")),
            Err(error @ OnnxError::InputShape { .. }) if args.onnx_input.is_none() => {
                Err(Mistake::Config(format!("{shown}: {error}; --onnx-input says which, where the shape is open"))
                    .into())
            }
            Err(error) => Err(Mistake::Config(format!("{shown}: {}", with_the_flag(error))).into()),
        }
    }

    /// One that has heard nothing.
    pub(crate) fn ear(&self) -> OnnxEar {
        OnnxEar(Listener::new(Arc::clone(&self.0)))
    }
}

/// The model on one call.
#[derive(Debug)]
pub(crate) struct OnnxEar(Listener);

impl OnnxEar {
    /// Samples up to the next moment at which it may say something.
    pub(crate) fn until_next(&self) -> usize {
        self.0.until_next()
    }

    /// Hears samples, no more than [`Self::until_next`]; gives how likely a machine is where that moment is reached.
    ///
    /// # Errors
    /// The model fails.
    pub(crate) fn push(&mut self, samples: &[i16]) -> Result<Option<Probability>> {
        Ok(self.0.push(samples).map_err(with_the_flag)?.last().map(|heard| heard.probability))
    }
}

/// The same error in terms of the command line.
fn with_the_flag(error: OnnxError) -> anyhow::Error {
    match error {
        OnnxError::NoProbability { .. } => anyhow::anyhow!("{error} by --onnx-output logits"),
        error => error.into(),
    }
}
