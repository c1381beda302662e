//! The model that the detector weighs with: the built-in one, or a file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Args;
use offhook_detect::{ConfigError, DetectConfig, Model, Params};

use crate::exit::Mistake;
use crate::onnx::{OnnxArgs, OnnxModel, is_onnx};

/// Which model to use.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ModelArgs {
    /// Use this model, as `offhook train` writes it, in place of the built-in one. For `detect` and `eval` it may be an
    /// ONNX model (FILE.onnx), which then stands in for the built-in net
    #[arg(long, value_name = "FILE")]
    pub(crate) model: Option<PathBuf>,
}

impl ModelArgs {
    /// Reads the model that is named, if one is.
    ///
    /// # Errors
    /// The file cannot be read or is no model of ours.
    pub(crate) fn read(&self) -> Result<Chosen> {
        match &self.model {
            Some(path) if is_onnx(path) => Err(Mistake::Usage(format!(
                "--model: given the ONNX model {}, allowed for detect and eval; a trace holds what it said, so that replay \
                 needs none",
                path.display()
            ))
            .into()),
            Some(path) => Ok(Chosen { model: Some(read(path)?), onnx: None }),
            None => Ok(Chosen::default()),
        }
    }

    /// The same where an ONNX model may be named.
    ///
    /// # Errors
    /// The file cannot be read, is no model, or cannot be used in this build; or `onnx` says how to use an ONNX model and
    /// none is named.
    pub(crate) fn read_or_onnx(&self, onnx: &OnnxArgs) -> Result<Chosen> {
        match &self.model {
            Some(path) if is_onnx(path) => Ok(Chosen { model: None, onnx: Some(OnnxModel::read(path, onnx)?) }),
            _ => {
                onnx.unused()?;
                self.read()
            }
        }
    }
}

/// The model chosen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chosen {
    /// `None` is the built-in one.
    model: Option<Arc<Model>>,
    onnx: Option<OnnxModel>,
}

impl Chosen {
    /// The ONNX model that is to listen along, if it is one.
    pub(crate) fn onnx(&self) -> Option<OnnxModel> {
        self.onnx.clone()
    }

    /// Checks `config` and joins it with the model. Where an ONNX model stands in for the net, that one has no say and
    /// costs nothing.
    ///
    /// # Errors
    /// The parameters do not go together.
    pub(crate) fn params(&self, mut config: DetectConfig) -> Result<Arc<Params>, ConfigError> {
        config.weigh.net &= self.onnx.is_none();
        let params = match &self.model {
            Some(model) => Params::with_model(config, Arc::clone(model)),
            None => Params::new(config),
        };
        params.map(Arc::new)
    }
}

/// Reads a model file.
///
/// # Errors
/// It cannot be read or is no model.
pub(crate) fn read(path: &Path) -> Result<Arc<Model>> {
    let bytes = std::fs::read(path).with_context(|| format!("--model: {} cannot be read", path.display()))?;
    let model = Model::read(&bytes).map_err(|error| Mistake::Config(format!("{}: {error}", path.display())))?;
    Ok(Arc::new(model))
}
