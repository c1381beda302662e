//! The model that the detector weighs with: the built-in one, or a file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Args;
use offhook_detect::{ConfigError, DetectConfig, Model, Params};

use crate::exit::Mistake;

/// Which model to use.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ModelArgs {
    /// Use this model, as `offhook train` writes it, in place of the built-in one
    #[arg(long, value_name = "FILE")]
    pub(crate) model: Option<PathBuf>,
}

impl ModelArgs {
    /// Reads the model that is named, if one is.
    ///
    /// # Errors
    /// The file cannot be read or is no model.
    pub(crate) fn read(&self) -> Result<Chosen> {
        Ok(Chosen(self.model.as_deref().map(read).transpose()?))
    }
}

/// The model chosen: `None` is the built-in one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chosen(Option<Arc<Model>>);

impl Chosen {
    /// Checks `config` and joins it with the model.
    ///
    /// # Errors
    /// The parameters do not go together.
    pub(crate) fn params(&self, config: DetectConfig) -> Result<Arc<Params>, ConfigError> {
        let params = match &self.0 {
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
