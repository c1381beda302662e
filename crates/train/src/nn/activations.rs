//! Values on their way through a net.

use super::float::Float;

/// The values of some sequences, `[sequences][steps][width]`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Activations<F> {
    pub(super) sequences: usize,
    pub(super) steps: usize,
    pub(super) width: usize,
    pub(super) values: Vec<F>,
}

impl<F: Float> Activations<F> {
    pub(super) fn zeros(sequences: usize, steps: usize, width: usize) -> Self {
        Self { sequences, steps, width, values: vec![F::ZERO; sequences * steps * width] }
    }

    /// Steps of all sequences together.
    pub(super) fn rows(&self) -> usize {
        self.sequences * self.steps
    }

    /// The steps of one sequence.
    pub(super) fn sequence(&self, index: usize) -> &[F] {
        let length = self.steps * self.width;
        &self.values[index * length..(index + 1) * length]
    }

    /// The steps of one sequence, to be written.
    pub(super) fn sequence_mut(&mut self, index: usize) -> &mut [F] {
        let length = self.steps * self.width;
        &mut self.values[index * length..(index + 1) * length]
    }
}
