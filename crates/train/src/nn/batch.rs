//! What a net is shown at once.

use super::{Loss, Net, NnError};

/// The class target of a step that does not count.
pub const IGNORED: u8 = 255;

/// Sequences of equal length with their targets. Shorter ones are padded, and the targets there say so.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// How many.
    pub sequences: usize,
    /// Frames of each; those after the last whole stride of the net are not seen.
    pub time: usize,
    /// Their frames, `[sequences][time][features]`.
    pub frames: Vec<f32>,
    /// The class at each step of the output, `[sequences][steps]`, or [`IGNORED`]. Empty if the loss has no classes.
    pub classes: Vec<u8>,
    /// The target of the one output after the classes, 0 to 1, `[sequences][steps]`. Empty if the net has none.
    pub binary: Vec<f32>,
    /// How much each of those counts, 0 for not at all. As many.
    pub binary_weights: Vec<f32>,
}

impl Batch {
    /// That all parts fit each other, the net and the loss.
    pub(super) fn check(&self, net: &Net, loss: &Loss) -> Result<(), NnError> {
        let architecture = net.architecture();
        if self.sequences == 0 {
            return Err(NnError::value("sequences", 0, "1 or more"));
        }
        let steps = net.steps(self.time);
        if steps == 0 {
            return Err(NnError::value("time", self.time, "frames enough for one output"));
        }
        if architecture.window > 0 {
            NnError::unless_equal("time", self.time, architecture.window)?;
        }
        NnError::unless_equal("frames", self.frames.len(), self.sequences * self.time * architecture.features)?;
        let outputs = net.outputs();
        if outputs != loss.classes && outputs != loss.classes + 1 {
            return Err(NnError::value(
                "classes of the loss",
                loss.classes,
                format!("{outputs} outputs, or one fewer"),
            ));
        }
        let rows = self.sequences * steps;
        NnError::unless_equal("classes", self.classes.len(), if loss.classes > 0 { rows } else { 0 })?;
        let binary = if outputs > loss.classes { rows } else { 0 };
        NnError::unless_equal("binary targets", self.binary.len(), binary)?;
        NnError::unless_equal("binary weights", self.binary_weights.len(), binary)?;
        let strange = self.classes.iter().find(|c| **c != IGNORED && usize::from(**c) >= loss.classes);
        strange.map_or(Ok(()), |c| Err(NnError::value("class", c, format!("less than {}, or {IGNORED}", loss.classes))))
    }
}
