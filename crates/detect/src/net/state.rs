use std::ops::Range;

use super::Network;
use crate::analysers::EMPTY;

/// What a net remembers of one call, and its latest outputs.
///
/// Before the first frame there was nothing: a first convolution remembers [`EMPTY`], all else is zero.
#[derive(Clone, Debug, PartialEq)]
pub struct NetState {
    pub(super) values: Box<[f32]>,
    /// How many values at the front remember frames.
    empty: usize,
    outputs: Range<usize>,
    /// Frames that wait for the step.
    pub(super) waiting: usize,
}

impl NetState {
    /// Remembers nothing. All that is ever allocated for a call is allocated here.
    pub fn new(network: &Network) -> Self {
        let layout = network.layout();
        let mut state = Self {
            values: vec![0.0; layout.size].into(),
            empty: layout.spans.first().map_or(0, |span| span.history * span.width),
            outputs: layout.outputs.clone(),
            waiting: 0,
        };
        state.reset();
        state
    }

    /// Forgets what was heard.
    pub fn reset(&mut self) {
        self.values.fill(0.0);
        self.values[..self.empty].fill(EMPTY);
        self.waiting = 0;
    }

    /// Takes one frame, of as many values as the net has features, and says whether a step is due: one is every
    /// [`Network::hops_per_step`] frames. If one was due before and not taken, it is taken first. `network` is the one
    /// that this state was made for.
    ///
    /// # Panics
    ///
    /// If the frame is of another length.
    pub fn push_frame(&mut self, network: &Network, frame: &[f32]) -> bool {
        if self.waiting == network.hops_per_step() {
            network.step(self);
        }
        let features = network.architecture().features;
        let at = self.empty + self.waiting * features;
        self.values[at..at + features].copy_from_slice(frame);
        self.waiting += 1;
        self.waiting == network.hops_per_step()
    }

    /// What the last layer gave in the latest step, before any sigmoid or softmax; zeros before the first step.
    pub fn outputs(&self) -> &[f32] {
        &self.values[self.outputs.clone()]
    }

    /// The bytes it takes.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + size_of_val(&*self.values)
    }
}
