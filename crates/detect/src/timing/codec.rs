//! The bytes of a timing model: base, trees, and of each tree its nodes.

use super::trees::{TimingModel, TimingNode, TimingSplit, TimingTree};
use crate::model::ModelError;
use crate::model::bytes::{Reader, Writer};

/// How a leaf is marked where a feature's number is written.
const LEAF: u8 = u8::MAX;
/// Bytes of the smallest node, a leaf, and of the smallest tree: its count, and one leaf.
const LEAST_NODE: usize = 9;
const LEAST_TREE: usize = 4 + LEAST_NODE;

impl TimingModel {
    /// Appends the model.
    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.f32(self.base());
        writer.u32(self.trees().len());
        for tree in self.trees() {
            writer.u32(tree.nodes.len());
            for node in &tree.nodes {
                writer.f32(node.value);
                writer.f32(node.share);
                writer.u8(node.split.map_or(LEAF, |split| split.feature));
                if let Some(split) = node.split {
                    writer.f32(split.threshold);
                    writer.u8(split.below);
                    writer.u8(split.above);
                }
            }
        }
    }

    /// Takes a model from the front; whatever the bytes, what comes of it is checked as [`Self::new`] checks.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, ModelError> {
        let base = reader.f32()?;
        let count = reader.count(LEAST_TREE)?;
        let trees = (0..count).map(|_| read_tree(reader)).collect::<Result<_, _>>()?;
        Self::new(base, trees)
    }
}

fn read_tree(reader: &mut Reader<'_>) -> Result<TimingTree, ModelError> {
    let count = reader.count(LEAST_NODE)?;
    let node = |_| {
        let (value, share, feature) = (reader.f32()?, reader.f32()?, reader.u8()?);
        let split = if feature == LEAF {
            None
        } else {
            Some(TimingSplit { feature, threshold: reader.f32()?, below: reader.u8()?, above: reader.u8()? })
        };
        Ok(TimingNode { value, share, split })
    };
    Ok(TimingTree { nodes: (0..count).map(node).collect::<Result<_, ModelError>>()? })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::TIMING_FEATURES;
    use super::super::trees::tests::model;
    use super::*;

    fn written() -> Vec<u8> {
        let mut writer = Writer::default();
        model().write(&mut writer);
        writer.0
    }

    #[test]
    fn what_is_written_is_read() {
        let bytes = written();
        let mut reader = Reader::new("timing", &bytes);
        assert_eq!(TimingModel::read(&mut reader), Ok(model()));
        assert_eq!(reader.end(), Ok(()));
        for cut in 0..bytes.len() {
            assert!(TimingModel::read(&mut Reader::new("timing", &bytes[..cut])).is_err(), "cut at {cut}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_a_model_that_panics_or_never_ends(
            changes in prop::collection::vec((0usize..200, any::<u8>()), 0..6),
            noise in prop::collection::vec(any::<u8>(), 0..300),
            features in prop::collection::vec(any::<f32>(), TIMING_FEATURES),
        ) {
            let mut changed = written();
            for (at, byte) in changes {
                let end = changed.len();
                changed[at % end] = byte;
            }
            let mut values = [0.0; TIMING_FEATURES];
            values.copy_from_slice(&features);
            for bytes in [&changed, &noise] {
                if let Ok(model) = TimingModel::read(&mut Reader::new("timing", bytes)) {
                    let score = model.score(&values);
                    prop_assert_eq!(score.log_odds.to_bits(), model.log_odds(&values).to_bits());
                    prop_assert!(!model.describe().is_empty());
                    score.top();
                }
            }
        }
    }
}
