use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use offhook_detect::Probability;
use rten::{DataType, Dimension, Model, ModelOptions, NodeId, Value, ValueType};

use crate::input::Input;
use crate::{Gives, Hears, OnnxError, OnnxOptions};

/// How far from 0 to 1 rounding may carry a probability.
const ROUNDING: f32 = 1e-3;

/// A model that was read and tried. It is shared by all calls: listening changes nothing in it.
pub struct OnnxModel {
    model: Model,
    from: NodeId,
    to: NodeId,
    input: Input,
    options: OnnxOptions,
}

impl OnnxModel {
    /// Reads the file at `path`, as [`Self::from_bytes`] does.
    ///
    /// # Errors
    /// [`OnnxError::Read`], or what [`Self::from_bytes`] gives.
    pub fn read(path: &Path, options: OnnxOptions) -> Result<Self, OnnxError> {
        let bytes = std::fs::read(path).map_err(|source| OnnxError::Read { path: path.to_owned(), source })?;
        Self::from_bytes(bytes, options)
    }

    /// Reads a model, with its weights inside, and runs it once on silence to see that it can be run.
    ///
    /// # Errors
    /// [`OnnxError`] says what of the model cannot be used: its operators, its input or its output.
    pub fn from_bytes(bytes: Vec<u8>, options: OnnxOptions) -> Result<Self, OnnxError> {
        let loaded = catch_unwind(AssertUnwindSafe(|| ModelOptions::with_all_ops().load(bytes)));
        let model = loaded
            .map_err(|_| OnnxError::Load { reason: "it is damaged".into() })?
            .map_err(|error| OnnxError::Load { reason: error.to_string() })?;
        let &[from] = model.input_ids() else {
            return Err(OnnxError::Count { field: "inputs", given: model.input_ids().len(), allowed: "1" });
        };
        let &[to, ..] = model.output_ids() else {
            return Err(OnnxError::Count { field: "outputs", given: 0, allowed: "1 or more" });
        };
        let node = model.node_info(from);
        match node.as_ref().and_then(|node| node.dtype()) {
            None | Some(ValueType::Tensor(DataType::Float)) => {}
            Some(other) => return Err(OnnxError::InputType { given: other.to_string() }),
        }
        let dimensions: Option<Vec<Dimension>> = node.and_then(|node| node.shape());
        let input = Input::of(dimensions.as_deref(), options.hears)?;
        let model = Self { model, from, to, input, options };
        model.listen(&[])?;
        Ok(model)
    }

    /// What it hears.
    pub fn hears(&self) -> Hears {
        self.input.hears
    }

    /// The shape of its input.
    pub fn input_shape(&self) -> &[usize] {
        &self.input.shape
    }

    /// How likely a machine answered, judged by the last 2 s of `samples_8k`, at 8 kHz; fewer are filled up with
    /// silence at the end.
    ///
    /// # Errors
    /// [`OnnxError`] if the model fails or gives no probability.
    pub fn listen(&self, samples_8k: &[i16]) -> Result<Probability, OnnxError> {
        let filled = self.input.fill(samples_8k, self.options.scaling)?;
        let failed = |reason: String| OnnxError::Run { reason };
        let value = Value::from_shape(&self.input.shape, filled).map_err(|error| failed(error.to_string()))?;
        let run = catch_unwind(AssertUnwindSafe(|| self.model.run(vec![(self.from, value.into())], &[self.to], None)));
        let outputs = run.map_err(|_| failed("it is damaged".into()))?.map_err(|error| failed(error.to_string()))?;
        let output = outputs.into_iter().next().ok_or_else(|| failed("it gives nothing".into()))?;
        let kind = output.dtype();
        let tensor = output.into_tensor::<f32>().ok_or_else(|| OnnxError::Output { given: kind.to_string() })?;
        probability(&tensor.into_data(), self.options.gives)
    }
}

impl std::fmt::Debug for OnnxModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OnnxModel").field("input", &self.input).field("options", &self.options).finish_non_exhaustive()
    }
}

/// The probability of a machine among a model's output.
fn probability(output: &[f32], gives: Gives) -> Result<Probability, OnnxError> {
    if let Some(&given) = output.iter().find(|value| !value.is_finite()) {
        return Err(OnnxError::NotFinite { given });
    }
    let logistic = |logit: f32| 1.0 / (1.0 + (-logit).exp());
    let given = match (output, gives) {
        (&[one] | &[_, one], Gives::Probabilities) => one,
        (&[logit], Gives::Logits) => logistic(logit),
        (&[human, machine], Gives::Logits) => logistic(machine - human),
        _ => return Err(OnnxError::Output { given: format!("{} values", output.len()) }),
    };
    if !(-ROUNDING..=1.0 + ROUNDING).contains(&given) {
        return Err(OnnxError::NoProbability { given });
    }
    Ok(Probability::saturating(given))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_mean_what_is_documented() {
        let of = |output: &[f32], gives| probability(output, gives).map(Probability::get).ok();
        assert_eq!(of(&[0.7], Gives::Probabilities), Some(0.7));
        assert_eq!(of(&[0.2, 0.8], Gives::Probabilities), Some(0.8));
        assert_eq!(of(&[1.0005], Gives::Probabilities), Some(1.0));
        assert_eq!(of(&[0.0], Gives::Logits), Some(0.5));
        assert!((of(&[-1.0, 1.0], Gives::Logits).unwrap() - 0.880_797).abs() < 1e-6);
        assert_eq!(of(&[1.0, 1000.0], Gives::Logits), Some(1.0));
    }

    #[test]
    fn other_outputs_are_refused() {
        let told = |output: &[f32]| probability(output, Gives::Probabilities).unwrap_err().to_string();
        assert_eq!(told(&[3.2]), "onnx model: output: given 3.2, allowed 0 to 1; where the model gives logits, say so");
        assert_eq!(told(&[0.1; 5]), "onnx model: output: given 5 values, allowed 1 or 2 values of type float32");
        assert_eq!(told(&[f32::NAN]), "onnx model: output: given NaN, allowed are finite numbers");
        assert!(told(&[]).contains("given 0 values"));
    }
}
