use std::path::PathBuf;

use offhook_audio::{ResampleError, SampleRateError};
use offhook_detect::features::FeatureError;

/// Why an ONNX model cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OnnxError {
    /// The file cannot be read.
    #[error("{path}: cannot be read")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no ONNX model, or one with operators that cannot be run.
    #[error("onnx model: cannot be loaded: {reason}")]
    Load {
        /// What the runtime says.
        reason: String,
    },
    /// The model has too few or too many inputs, or no output.
    #[error("onnx model: {field}: given {given}, allowed {allowed}")]
    Count {
        /// What is counted.
        field: &'static str,
        /// How many there are.
        given: usize,
        /// How many may be.
        allowed: &'static str,
    },
    /// The input does not take `float32`.
    #[error("onnx model: input type: given {given}, allowed float32")]
    InputType {
        /// The type.
        given: String,
    },
    /// The input's shape is none that can be filled, or leaves open which one.
    #[error("onnx model: input shape: given {given}, allowed {allowed}")]
    InputShape {
        /// The shape.
        given: String,
        /// The shapes that can be filled.
        allowed: &'static str,
    },
    /// The output is not one or two numbers.
    #[error("onnx model: output: given {given}, allowed 1 or 2 values of type float32")]
    Output {
        /// What it is.
        given: String,
    },
    /// The output is no probability.
    #[error("onnx model: output: given {given}, allowed 0 to 1; where the model gives logits, say so")]
    NoProbability {
        /// The value.
        given: f32,
    },
    /// The output is not a finite number.
    #[error("onnx model: output: given {given}, allowed are finite numbers")]
    NotFinite {
        /// The value.
        given: f32,
    },
    /// Running the model failed.
    #[error("onnx model: cannot be run: {reason}")]
    Run {
        /// What the runtime says.
        reason: String,
    },
    /// The rate cannot be converted.
    #[error(transparent)]
    Resample(#[from] ResampleError),
    /// There is no such rate.
    #[error(transparent)]
    Rate(#[from] SampleRateError),
    /// The spectrogram cannot be made.
    #[error(transparent)]
    Feature(#[from] FeatureError),
}
