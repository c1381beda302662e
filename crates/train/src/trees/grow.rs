//! Grows one tree, level by level, on histograms of the loss's derivatives.

use offhook_detect::timing::{TIMING_FEATURES, TimingNode, TimingSplit, TimingTree};

use super::Samples;
use super::bins::{Binned, MOST_BINS};
use super::config::{Direction, TreeConfig};

/// The least gain that a split is worth.
const LEAST_GAIN: f64 = 1e-6;
/// Where a row's node is parted no further.
const SETTLED: u8 = u8::MAX;

/// For each feature and bin, the sums of the first and second derivatives.
type Histogram = [[[f64; 2]; MOST_BINS]; TIMING_FEATURES];

/// Grows trees on binned rows.
pub(super) struct Grower<'a> {
    pub(super) binned: &'a Binned,
    pub(super) config: &'a TreeConfig,
}

/// A node that may yet be parted.
#[derive(Clone, Copy)]
struct Open {
    node: u8,
    /// Between which values its leaves must stay, so that those of an ancestor's other side stay in order.
    bounds: [f64; 2],
}

/// A question, what it gains, and the values of both sides.
#[derive(Clone, Copy)]
struct Found {
    feature: usize,
    /// The last bin of the lower side.
    bin: usize,
    gain: f64,
    values: [f64; 2],
}

impl Grower<'_> {
    /// A tree for the `rows` drawn, and what each feature's splits gain. `derivatives` are of all rows.
    pub(super) fn grow(&self, derivatives: &[[f32; 2]], rows: &[u32]) -> (TimingTree, [f64; TIMING_FEATURES]) {
        let mut gains = [0.0; TIMING_FEATURES];
        let totals = rows.iter().fold([0.0; 2], |sums, &row| plus(sums, derivatives[row as usize]));
        let bounds = [f64::NEG_INFINITY, f64::INFINITY];
        let mut nodes = vec![leaf(self.config.shrinkage * self.value(totals, bounds))];
        let mut open = vec![Open { node: 0, bounds }];
        let mut node_of = vec![0u8; rows.len()];
        for _ in 0..self.config.depth {
            let histograms = self.histograms(derivatives, rows, &node_of, &open, nodes.len());
            let mut next = Vec::new();
            let mut asked = vec![None; nodes.len()];
            for (open, histogram) in open.iter().zip(&histograms) {
                let Some(found) = self.best(histogram, open.bounds) else { continue };
                gains[found.feature] += found.gain;
                let below = nodes.len() as u8;
                nodes[usize::from(open.node)].split = Some(TimingSplit {
                    feature: found.feature as u8,
                    threshold: self.binned.cuts[found.feature][found.bin],
                    below,
                    above: below + 1,
                });
                asked[usize::from(open.node)] = Some((found.feature, found.bin, below));
                for (side, bounds) in self.sides(&found, open.bounds).into_iter().enumerate() {
                    nodes.push(leaf(self.config.shrinkage * found.values[side]));
                    next.push(Open { node: below + side as u8, bounds });
                }
            }
            for (node, &row) in node_of.iter_mut().zip(rows).filter(|(node, _)| **node != SETTLED) {
                *node = asked[usize::from(*node)].map_or(SETTLED, |(feature, bin, below)| {
                    below + u8::from(usize::from(self.binned.rows[row as usize][feature]) > bin)
                });
            }
            open = next;
        }
        (TimingTree { nodes }, gains)
    }

    /// One histogram for each open node.
    fn histograms(
        &self,
        derivatives: &[[f32; 2]],
        rows: &[u32],
        node_of: &[u8],
        open: &[Open],
        nodes: usize,
    ) -> Vec<Histogram> {
        let mut histograms = vec![[[[0.0; 2]; MOST_BINS]; TIMING_FEATURES]; open.len()];
        let mut place = vec![0; nodes];
        open.iter().enumerate().for_each(|(number, open)| place[usize::from(open.node)] = number);
        for (&row, &node) in rows.iter().zip(node_of).filter(|(_, node)| **node != SETTLED) {
            let histogram = &mut histograms[place[usize::from(node)]];
            let derivative = derivatives[row as usize];
            for (feature, &bin) in histogram.iter_mut().zip(&self.binned.rows[row as usize]) {
                let sums = &mut feature[usize::from(bin) % MOST_BINS];
                *sums = plus(*sums, derivative);
            }
        }
        histograms
    }

    fn best(&self, histogram: &Histogram, bounds: [f64; 2]) -> Option<Found> {
        let totals = histogram[0].iter().fold([0.0; 2], |sums, &bin| [sums[0] + bin[0], sums[1] + bin[1]]);
        let whole = self.relief(totals, self.value(totals, bounds));
        let mut best: Option<Found> = None;
        for (feature, bins) in histogram.iter().enumerate() {
            let direction = self.config.directions[feature];
            if direction == Direction::Unused {
                continue;
            }
            let mut below = [0.0; 2];
            for (bin, sums) in bins.iter().enumerate().take(self.binned.cuts[feature].len()) {
                below = [below[0] + sums[0], below[1] + sums[1]];
                let above = [totals[0] - below[0], totals[1] - below[1]];
                if below[1].min(above[1]) < self.config.least_weight {
                    continue;
                }
                let values = [self.value(below, bounds), self.value(above, bounds)];
                let in_order = match direction {
                    Direction::Rising => values[0] <= values[1],
                    Direction::Falling => values[0] >= values[1],
                    Direction::Free | Direction::Unused => true,
                };
                let gain = self.relief(below, values[0]) + self.relief(above, values[1]) - whole;
                if in_order && gain > best.map_or(LEAST_GAIN, |best| best.gain) {
                    best = Some(Found { feature, bin, gain, values });
                }
            }
        }
        best
    }

    /// The value, before shrinkage, that is best for rows with these sums.
    fn value(&self, [first, second]: [f64; 2], [least, most]: [f64; 2]) -> f64 {
        let weight = second + self.config.l2;
        if weight > 0.0 { (-first / weight).clamp(least, most) } else { 0.0 }
    }

    /// What a value takes off twice the loss.
    fn relief(&self, [first, second]: [f64; 2], value: f64) -> f64 {
        -(2.0 * first * value + (second + self.config.l2) * value * value)
    }

    /// Between which values the leaves of either side must stay.
    fn sides(&self, found: &Found, [least, most]: [f64; 2]) -> [[f64; 2]; 2] {
        let middle = (found.values[0] + found.values[1]) / 2.0;
        match self.config.directions[found.feature] {
            Direction::Rising => [[least, middle], [middle, most]],
            Direction::Falling => [[middle, most], [least, middle]],
            Direction::Free | Direction::Unused => [[least, most]; 2],
        }
    }
}

fn plus(sums: [f64; 2], derivatives: [f32; 2]) -> [f64; 2] {
    [sums[0] + f64::from(derivatives[0]), sums[1] + f64::from(derivatives[1])]
}

const fn leaf(value: f64) -> TimingNode {
    TimingNode { value: value as f32, share: 0.0, split: None }
}

/// The leaf that a row comes to.
pub(super) fn leaf_of(tree: &TimingTree, row: &[f32; TIMING_FEATURES]) -> usize {
    let mut at = 0;
    while let Some(split) = tree.nodes[at].split {
        let side = if row[usize::from(split.feature)] < split.threshold { split.below } else { split.above };
        at = usize::from(side);
    }
    at
}

/// Sets each node's share of the samples' weight, and each inner node's value to what is expected of its leaves.
pub(super) fn settle(tree: &mut TimingTree, samples: &Samples) {
    let mut weights = vec![0.0f64; tree.nodes.len()];
    for (row, &weight) in samples.features.iter().zip(&samples.weights) {
        weights[leaf_of(tree, row)] += f64::from(weight);
    }
    let all: f64 = weights.iter().sum();
    for at in (0..tree.nodes.len()).rev() {
        if let Some(split) = tree.nodes[at].split {
            let sides = [usize::from(split.below), usize::from(split.above)];
            weights[at] = sides.iter().map(|&side| weights[side]).sum();
            let sum: f64 = sides.iter().map(|&side| weights[side] * f64::from(tree.nodes[side].value)).sum();
            tree.nodes[at].value = if weights[at] > 0.0 { (sum / weights[at]) as f32 } else { 0.0 };
        }
        tree.nodes[at].share = (weights[at] / all).clamp(0.0, 1.0) as f32;
    }
}
