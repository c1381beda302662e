//! What a net may be: layers that fit each other, and no larger than a file from anywhere may ask for.

use std::ops::RangeInclusive;

use super::layout::Layout;
use super::{Architecture, Layer};
use crate::model::ModelError;

/// The part of a model that is checked here, for errors.
const SECTION: &str = "net";

const NAME: RangeInclusive<usize> = 1..=64;
const WIDTH: RangeInclusive<usize> = 1..=1024;
const WINDOW: RangeInclusive<usize> = 0..=2048;
const LAYERS: RangeInclusive<usize> = 1..=32;
const KERNEL: RangeInclusive<usize> = 1..=64;
const DILATION: RangeInclusive<usize> = 1..=256;
const STRIDE: RangeInclusive<usize> = 1..=16;
/// Values that one output of a convolution sees.
const SEEN: RangeInclusive<usize> = 1..=8192;
const HOPS_PER_STEP: RangeInclusive<usize> = 1..=64;
const PARAMETERS: RangeInclusive<usize> = 1..=4 << 20;
/// Values that one stream holds.
const STATE: RangeInclusive<usize> = 1..=4 << 20;
/// Together with the value at which an activation saturates, this keeps every sum finite.
const LARGEST_WEIGHT: f32 = 1e6;

fn wrong(field: impl Into<String>, given: impl ToString, allowed: impl ToString) -> ModelError {
    ModelError::Value { section: SECTION, field: field.into(), given: given.to_string(), allowed: allowed.to_string() }
}

fn within(field: impl Into<String>, given: usize, allowed: &RangeInclusive<usize>) -> Result<(), ModelError> {
    if allowed.contains(&given) {
        return Ok(());
    }
    Err(wrong(field, given, format!("{} to {}", allowed.start(), allowed.end())))
}

impl Architecture {
    /// Whether such a net can be run.
    ///
    /// # Errors
    ///
    /// [`ModelError::Value`] for the first thing that does not fit: layers must take what the layer before them gives;
    /// a net that streams has no layer that joins steps of a window, a net with a window no recurrent one and one step
    /// at its end; and nothing is larger than nets for telephone calls have reason to be.
    pub fn check(&self) -> Result<(), ModelError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if !NAME.contains(&self.name.len()) || !self.name.chars().all(plain) {
            return Err(wrong("name", format!("{:?}", self.name), "1 to 64 letters, digits, '-', '_' and '.'"));
        }
        within("features", self.features, &WIDTH)?;
        within("window", self.window, &WINDOW)?;
        within("layers", self.layers.len(), &LAYERS)?;
        let mut width = self.features;
        let mut steps = self.window;
        for (number, layer) in self.layers.iter().enumerate() {
            self.check_layer(number, layer, width, steps)?;
            width = layer.outputs(width);
            steps = layer.steps(steps);
        }
        if self.streams() {
            within("frames a step", self.hops_per_step(), &HOPS_PER_STEP)?;
        } else if steps != 1 {
            return Err(wrong("steps after the last layer", steps, "1: join them with a layer that averages"));
        }
        within("weights", self.parameter_count(), &PARAMETERS)?;
        within("values a stream holds", Layout::new(self).size, &STATE)
    }

    fn check_layer(&self, number: usize, layer: &Layer, width: usize, steps: usize) -> Result<(), ModelError> {
        let field = |name: &str| format!("layer {}: {name}", number + 1);
        let taken = |given: usize| match given == width {
            true => Ok(()),
            false => Err(wrong(field("inputs"), given, width)),
        };
        match *layer {
            Layer::Conv { inputs, outputs, kernel, dilation, stride, residual, .. } => {
                taken(inputs)?;
                within(field("outputs"), outputs, &WIDTH)?;
                within(field("kernel"), kernel, &KERNEL)?;
                within(field("dilation"), dilation, &DILATION)?;
                within(field("stride"), stride, &STRIDE)?;
                within(field("inputs × kernel"), inputs * kernel, &SEEN)?;
                if residual && outputs != inputs {
                    return Err(wrong(field("outputs of a residual layer"), outputs, inputs));
                }
                if residual && stride != 1 {
                    return Err(wrong(field("stride of a residual layer"), stride, 1));
                }
            }
            Layer::Gru { inputs, units } => {
                taken(inputs)?;
                within(field("units"), units, &WIDTH)?;
                if !self.streams() {
                    return Err(wrong(field("kind"), "recurrent", "others, in a net that sees a window"));
                }
            }
            Layer::Linear { inputs, outputs, .. } => {
                taken(inputs)?;
                within(field("outputs"), outputs, &WIDTH)?;
            }
            Layer::MaxPool { .. } | Layer::Average if self.streams() => {
                return Err(wrong(field("kind"), "one that joins steps", "others, in a net that streams"));
            }
            Layer::MaxPool { size } => within(field("size"), size, &WIDTH)?,
            Layer::Average => {}
        }
        if !self.streams() && layer.steps(steps) == 0 {
            return Err(wrong(field("steps left"), 0, "at least 1"));
        }
        Ok(())
    }

    /// Whether these can be its weights.
    pub(super) fn check_weights(&self, weights: &[f32]) -> Result<(), ModelError> {
        if weights.len() != self.parameter_count() {
            return Err(wrong("weights", weights.len(), self.parameter_count()));
        }
        match weights.iter().find(|w| !w.is_finite() || w.abs() > LARGEST_WEIGHT) {
            Some(weight) => Err(wrong("weight", weight, format!("-{LARGEST_WEIGHT} to {LARGEST_WEIGHT}"))),
            None => Ok(()),
        }
    }
}
