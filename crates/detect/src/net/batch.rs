//! Many streams at once: their rows are gathered, multiplied together, and scattered.

use super::kernels::Rows;
use super::stage::{Kind, Stage};
use super::{NetState, Network};

/// Values that a scratch gathers at most: the largest nets there may be run in smaller batches.
const MOST: usize = 1 << 20;

/// Room to work in for [`Network::step_batch`].
#[derive(Clone, Debug)]
pub struct BatchScratch {
    streams: usize,
    rows: Vec<f32>,
    sums: Vec<f32>,
    /// What a recurrent unit makes of what it remembers.
    hidden: Vec<f32>,
}

impl BatchScratch {
    /// Room for `streams` at a time, fewer if the net is very large; more are taken in turns. 64 are enough to be quick.
    pub fn new(network: &Network, streams: usize) -> Self {
        let most = |of: fn(&Stage) -> usize| network.stages.iter().map(of).max().unwrap_or(0);
        let rows = most(|stage| stage.gathered().max(stage.recurrent()));
        let sums = most(|stage| stage.summed());
        let hidden = most(|stage| 3 * stage.recurrent());
        let room = MOST / rows.max(sums).max(hidden).max(1);
        let streams = streams.min(room).max(1);
        // One stream alone is not gathered.
        let made = |values| vec![0.0; if streams == 1 { 0 } else { streams * values }];
        Self { streams, rows: made(rows), sums: made(sums), hidden: made(hidden) }
    }
}

impl Network {
    /// Takes the steps that are due in many streams. Each ends up with the very bits that [`step`](Self::step) would have
    /// given it; streams in which none is due stay as they are. All states, and `scratch`, were made for this net.
    pub fn step_batch(&self, states: &mut [&mut NetState], scratch: &mut BatchScratch) {
        let hops = self.hops_per_step();
        for block in states.chunks_mut(scratch.streams) {
            for stage in &self.stages {
                self.run_together(stage, block, scratch);
            }
            for state in block.iter_mut().filter(|state| state.waiting == hops) {
                state.waiting = 0;
            }
        }
    }

    fn run_together(&self, stage: &Stage, block: &mut [&mut NetState], scratch: &mut BatchScratch) {
        let hops = self.hops_per_step();
        let due = |state: &&mut &mut NetState| state.waiting == hops;
        let streams = block.iter().filter(|state| state.waiting == hops).count();
        match &stage.kind {
            Kind::Conv { weights, .. } if streams > 1 => {
                let rows = &mut scratch.rows[..streams * stage.gathered()];
                for (state, rows) in block.iter_mut().filter(due).zip(rows.chunks_exact_mut(stage.gathered())) {
                    stage.gather(&state.values, rows);
                }
                let sums = &mut scratch.sums[..streams * stage.summed()];
                self.kernels.multiply(weights, &Rows::dense(rows, weights.inputs), sums);
                for (state, sums) in block.iter_mut().filter(due).zip(sums.chunks_exact(stage.summed())) {
                    stage.scatter(&mut state.values, sums);
                }
            }
            Kind::Gru { input, hidden } if streams > 1 => {
                for row in 0..stage.span.rows {
                    let gates = input.outputs;
                    let rows = &mut scratch.rows[..streams * input.inputs];
                    for (state, rows) in block.iter_mut().filter(due).zip(rows.chunks_exact_mut(input.inputs)) {
                        rows.copy_from_slice(stage.row(&state.values, row));
                    }
                    let of_input = &mut scratch.sums[..streams * gates];
                    self.kernels.multiply(input, &Rows::dense(rows, input.inputs), of_input);
                    let rows = &mut scratch.rows[..streams * hidden.inputs];
                    for (state, rows) in block.iter_mut().filter(due).zip(rows.chunks_exact_mut(hidden.inputs)) {
                        rows.copy_from_slice(stage.memory(&mut state.values));
                    }
                    let of_hidden = &mut scratch.hidden[..streams * gates];
                    self.kernels.multiply(hidden, &Rows::dense(rows, hidden.inputs), of_hidden);
                    let gates = of_input.chunks_exact(gates).zip(of_hidden.chunks_exact(gates));
                    for (state, (of_input, of_hidden)) in block.iter_mut().filter(due).zip(gates) {
                        self.kernels.recur(of_input, of_hidden, stage.memory(&mut state.values));
                        stage.recall(&mut state.values, row);
                    }
                }
            }
            _ => {
                for state in block.iter_mut().filter(due) {
                    stage.run(self.kernels, &mut state.values, self.layout().outputs.end);
                }
            }
        }
    }
}
