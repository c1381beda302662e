//! No model, in builds without the feature `onnx`.

use std::path::Path;

use anyhow::Result;
use offhook_detect::Probability;

use super::OnnxArgs;
use crate::exit::Mistake;

/// A model that no such build can read.
#[derive(Clone, Debug)]
pub(crate) enum OnnxModel {}

impl OnnxModel {
    /// Says how to build one that can.
    pub(crate) fn read(path: &Path, _: &OnnxArgs) -> Result<Self> {
        Err(Mistake::Usage(format!(
            "--model: given the ONNX model {}, allowed in a build with the feature onnx: \
             cargo build --release --features onnx",
            path.display()
        ))
        .into())
    }

    pub(crate) fn ear(&self) -> OnnxEar {
        match *self {}
    }
}

/// That model on a call.
#[derive(Debug)]
pub(crate) enum OnnxEar {}

impl OnnxEar {
    pub(crate) fn until_next(&self) -> usize {
        match *self {}
    }

    pub(crate) fn push(&mut self, _: &[i16]) -> Result<Option<Probability>> {
        match *self {}
    }
}
