//! The model as text that can be read.

use std::fmt::{self, Write};

use super::features::TimingFeatures;
use super::trees::{TimingModel, TimingTree};

impl TimingModel {
    /// The model in words: which features weigh how much, then every tree. A tree's question is followed by its two
    /// answers; a leaf says what it adds to the log-odds of a machine and how many of the training calls came there.
    pub fn describe(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write_text(&mut text);
        text
    }

    fn write_text(&self, text: &mut String) -> fmt::Result {
        writeln!(text, "timing model: {} trees, bias {:+.3}", self.trees().len(), self.bias())?;
        let importance = self.importance();
        let mut order: Vec<usize> = (0..importance.len()).filter(|&feature| importance[feature] > 0.0).collect();
        order.sort_by(|&a, &b| importance[b].total_cmp(&importance[a]));
        for feature in order {
            let row = TimingFeatures::TABLE[feature];
            writeln!(text, "  {:>5.1} %  {:18} {}", importance[feature] * 100.0, row.name, row.about)?;
        }
        for (number, tree) in (1..).zip(self.trees()) {
            writeln!(text, "tree {number}")?;
            write_node(text, tree, 0, 1)?;
        }
        Ok(())
    }
}

fn write_node(text: &mut String, tree: &TimingTree, at: usize, depth: usize) -> fmt::Result {
    let node = &tree.nodes[at];
    let indent = depth * 2;
    let Some(split) = node.split else {
        return writeln!(text, "{:indent$}{:+.3} ({:.0} %)", "", node.value, node.share * 100.0);
    };
    let row = TimingFeatures::TABLE[usize::from(split.feature)];
    let unit = if row.unit.is_empty() { String::new() } else { format!(" {}", row.unit) };
    writeln!(text, "{:indent$}{} < {:.3}{unit}", "", row.name, split.threshold)?;
    write_node(text, tree, usize::from(split.below), depth + 1)?;
    writeln!(text, "{:indent$}else", "")?;
    write_node(text, tree, usize::from(split.above), depth + 1)
}
