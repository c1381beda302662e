//! Small regression trees, their sum, and what each feature adds to it.

use super::features::TIMING_FEATURES;
use crate::model::ModelError;

/// The section of a model file that holds the trees, for errors.
const SECTION: &str = "timing";
/// The most trees a model may have.
pub const MOST_TREES: usize = 80;
/// The most nodes a tree may have: a depth of three.
pub const MOST_NODES: usize = 15;

/// A question that parts the calls of a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimingSplit {
    /// The feature, as an index into [`super::TimingFeatures::TABLE`].
    pub feature: u8,
    /// Values less than this go to [`Self::below`], others to [`Self::above`].
    pub threshold: f32,
    /// The node of smaller values, as an index into the tree.
    pub below: u8,
    /// The node of equal and larger values.
    pub above: u8,
}

/// A node of a tree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimingNode {
    /// What the tree is expected to add here, in log-odds of a machine: the mean of the leaves below, weighed by how many
    /// calls reached them in training.
    pub value: f32,
    /// Share of the training calls that came here, 0 to 1.
    pub share: f32,
    /// The question asked here; none in a leaf.
    pub split: Option<TimingSplit>,
}

/// A tree: nodes, the root first, children after their parents.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimingTree {
    /// The nodes.
    pub nodes: Vec<TimingNode>,
}

impl TimingTree {
    /// Follows `features` from the root to a leaf, telling `visit` of each split passed and how it changed what is
    /// expected. Gives the leaf's value.
    fn follow(&self, features: &[f32; TIMING_FEATURES], mut visit: impl FnMut(usize, f32)) -> f32 {
        let Some(mut node) = self.nodes.first() else { return 0.0 };
        while let Some(split) = node.split {
            let next = if features[usize::from(split.feature)] < split.threshold { split.below } else { split.above };
            let child = &self.nodes[usize::from(next)];
            visit(usize::from(split.feature), child.value - node.value);
            node = child;
        }
        node.value
    }

    fn check(&self) -> Result<(), ModelError> {
        if self.nodes.is_empty() || self.nodes.len() > MOST_NODES {
            return Err(refused("nodes of a tree", self.nodes.len(), format!("1 to {MOST_NODES}")));
        }
        for (at, node) in self.nodes.iter().enumerate() {
            if !node.value.is_finite() {
                return Err(refused("value of a node", node.value, "finite numbers".to_owned()));
            }
            if !(0.0..=1.0).contains(&node.share) {
                return Err(refused("share of a node", node.share, "0 to 1".to_owned()));
            }
            let Some(split) = node.split else { continue };
            if usize::from(split.feature) >= TIMING_FEATURES {
                return Err(refused("feature of a split", split.feature, format!("0 to {}", TIMING_FEATURES - 1)));
            }
            if !split.threshold.is_finite() {
                return Err(refused("threshold of a split", split.threshold, "finite numbers".to_owned()));
            }
            for child in [split.below, split.above] {
                // Only forward: a path then ends, whatever the file says.
                if usize::from(child) <= at || usize::from(child) >= self.nodes.len() {
                    let allowed = format!("nodes after {at} and before {}", self.nodes.len());
                    return Err(refused("child of a node", child, allowed));
                }
            }
        }
        Ok(())
    }
}

fn refused(field: &str, given: impl ToString, allowed: String) -> ModelError {
    ModelError::Value { section: SECTION, field: field.to_owned(), given: given.to_string(), allowed }
}

/// What the model says of a call, and why.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// The log-odds of a machine: positive if one is likelier than a person.
    pub log_odds: f32,
    /// What each feature adds to [`TimingModel::bias`]; all of it together is [`Self::log_odds`]. A feature is credited
    /// with what its splits change in what is expected, along the path that the call takes through each tree (Saabas
    /// 2014, "Interpreting random forests").
    pub contributions: [f32; TIMING_FEATURES],
}

impl Score {
    /// The three features that weigh most either way, with what they add, the weightiest first. Of equal ones the
    /// first in the table.
    pub fn top(&self) -> [(usize, f32); 3] {
        let mut top = [(0, 0.0f32); 3];
        for (feature, &contribution) in self.contributions.iter().enumerate() {
            if let Some(place) = top.iter().position(|(_, other)| contribution.abs() > other.abs()) {
                top[place..].rotate_right(1);
                top[place] = (feature, contribution);
            }
        }
        top
    }
}

/// Boosted trees on [`super::TimingFeatures`]: the log-odds that a machine picked up.
///
/// Evaluation allocates nothing. The fitter is in `offhook-train`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimingModel {
    base: f32,
    trees: Vec<TimingTree>,
}

impl TimingModel {
    /// The model that adds `base` and what the leaves of `trees` say.
    ///
    /// # Errors
    /// [`ModelError::Value`] if there are more than [`MOST_TREES`] trees, a tree has no node or more than [`MOST_NODES`],
    /// a child does not come after its parent, a feature is unknown, a share is none, or a number is not finite.
    pub fn new(base: f32, trees: Vec<TimingTree>) -> Result<Self, ModelError> {
        if !base.is_finite() {
            return Err(refused("base", base, "finite numbers".to_owned()));
        }
        if trees.len() > MOST_TREES {
            return Err(refused("trees", trees.len(), format!("0 to {MOST_TREES}")));
        }
        trees.iter().try_for_each(TimingTree::check)?;
        Ok(Self { base, trees })
    }

    /// The log-odds before any tree.
    pub const fn base(&self) -> f32 {
        self.base
    }

    /// The trees.
    pub fn trees(&self) -> &[TimingTree] {
        &self.trees
    }

    /// The log-odds of a call of which nothing is known: the mean over the training calls.
    pub fn bias(&self) -> f32 {
        self.base + self.trees.iter().filter_map(|tree| tree.nodes.first()).map(|root| root.value).sum::<f32>()
    }

    /// The log-odds of a machine.
    pub fn log_odds(&self, features: &[f32; TIMING_FEATURES]) -> f32 {
        self.base + self.trees.iter().map(|tree| tree.follow(features, |_, _| {})).sum::<f32>()
    }

    /// The log-odds of a machine, and what each feature adds to it.
    pub fn score(&self, features: &[f32; TIMING_FEATURES]) -> Score {
        let mut contributions = [0.0; TIMING_FEATURES];
        let mut credit = |feature: usize, change: f32| contributions[feature] += change;
        let leaves = self.trees.iter().map(|tree| tree.follow(features, &mut credit)).sum::<f32>();
        Score { log_odds: self.base + leaves, contributions }
    }

    /// How much each feature moves the model over the training calls: the sum, over its splits, of the squared change in
    /// what is expected, weighed by the share of calls; as shares of 1. All zero if no tree asks anything.
    pub fn importance(&self) -> [f32; TIMING_FEATURES] {
        let mut importance = [0.0; TIMING_FEATURES];
        for tree in &self.trees {
            for node in &tree.nodes {
                let Some(split) = node.split else { continue };
                for child in [split.below, split.above].map(|child| &tree.nodes[usize::from(child)]) {
                    importance[usize::from(split.feature)] += child.share * (child.value - node.value).powi(2);
                }
            }
        }
        let all: f32 = importance.iter().sum();
        if all > 0.0 {
            importance.iter_mut().for_each(|share| *share /= all);
        }
        importance
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::timing) const fn leaf(value: f32, share: f32) -> TimingNode {
        TimingNode { value, share, split: None }
    }

    pub(in crate::timing) fn asking(value: f32, share: f32, split: (u8, f32, u8, u8)) -> TimingNode {
        let (feature, threshold, below, above) = split;
        TimingNode { value, share, split: Some(TimingSplit { feature, threshold, below, above }) }
    }

    /// More voice (2) makes a machine, silence (15) after little voice a person.
    pub(in crate::timing) fn model() -> TimingModel {
        let first = TimingTree {
            nodes: vec![
                asking(0.2, 1.0, (2, 1.5, 1, 2)),
                asking(-0.5, 0.6, (15, 0.5, 3, 4)),
                leaf(1.25, 0.4),
                leaf(0.5, 0.2),
                leaf(-1.0, 0.4),
            ],
        };
        let second = TimingTree { nodes: vec![asking(0.0, 1.0, (2, 3.0, 1, 2)), leaf(-0.25, 0.5), leaf(0.25, 0.5)] };
        TimingModel::new(-0.5, vec![first, second]).unwrap()
    }

    fn call(voice: f32, silence: f32) -> [f32; TIMING_FEATURES] {
        let mut features = [0.0; TIMING_FEATURES];
        (features[2], features[15]) = (voice, silence);
        features
    }

    #[test]
    fn a_path_ends_in_its_leaf_and_contributions_make_up_the_log_odds() {
        let model = model();
        assert!((model.bias() - -0.3).abs() < 1e-6);
        for (voice, silence, log_odds) in [
            (0.4, 0.8, -0.5 - 1.0 - 0.25),
            (0.4, 0.1, -0.5 + 0.5 - 0.25),
            (1.5, 0.8, -0.5 + 1.25 - 0.25),
            (3.0, 0.0, -0.5 + 1.25 + 0.25),
            (f32::NAN, 0.0, -0.5 + 1.25 + 0.25),
        ] {
            let score = model.score(&call(voice, silence));
            assert!((score.log_odds - log_odds).abs() < 1e-6, "{voice} {silence}: {}", score.log_odds);
            assert_eq!(score.log_odds, model.log_odds(&call(voice, silence)));
            let sum = model.bias() + score.contributions.iter().sum::<f32>();
            assert!((sum - log_odds).abs() < 1e-5, "{voice} {silence}: {sum}");
        }
        let score = model.score(&call(0.4, 0.8));
        assert!((score.contributions[2] - -0.95).abs() < 1e-6 && (score.contributions[15] - -0.5).abs() < 1e-6);
        assert_eq!(score.top()[0].0, 2);
        assert_eq!(score.top()[1].0, 15);
        assert_eq!(score.top()[2], (0, 0.0));
    }

    #[test]
    fn what_decides_most_is_most_important_and_is_told_first() {
        let importance = model().importance();
        assert!((importance.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert!(importance[2] > importance[15] && importance[15] > 0.0);
        let text = model().describe();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "timing model: 2 trees, bias -0.300");
        assert!(lines[1].contains(" voice ") && lines[2].contains(" silence "), "{text}");
        assert_eq!(&lines[3..7], ["tree 1", "  voice < 1.500 s", "    silence < 0.500 s", "      +0.500 (20 %)"]);
        assert_eq!(TimingModel::default().importance(), [0.0; TIMING_FEATURES]);
    }

    #[test]
    fn trees_that_cannot_be_followed_are_refused() {
        let tree = |nodes| vec![TimingTree { nodes }];
        let split = |split| tree(vec![asking(0.0, 1.0, split), leaf(0.0, 0.5), leaf(0.0, 0.5)]);
        for (trees, expected) in [
            (split((2, 0.0, 0, 1)), "child of a node: given 0, allowed nodes after 0 and before 3"),
            (split((2, 0.0, 1, 3)), "child of a node: given 3, allowed nodes after 0 and before 3"),
            (split((TIMING_FEATURES as u8, 0.0, 1, 2)), "feature of a split: given 27, allowed 0 to 26"),
            (split((0, f32::INFINITY, 1, 2)), "threshold of a split: given inf, allowed finite numbers"),
            (tree(vec![leaf(f32::NAN, 1.0)]), "value of a node: given NaN, allowed finite numbers"),
            (tree(vec![leaf(0.0, 1.5)]), "share of a node: given 1.5, allowed 0 to 1"),
            (tree(Vec::new()), "nodes of a tree: given 0, allowed 1 to 15"),
            (tree(vec![leaf(0.0, 1.0); 16]), "nodes of a tree: given 16, allowed 1 to 15"),
            (vec![TimingTree { nodes: vec![leaf(0.0, 1.0)] }; 81], "trees: given 81, allowed 0 to 80"),
        ] {
            let error = TimingModel::new(0.0, trees).unwrap_err().to_string();
            assert_eq!(error, format!("model: section timing: {expected}"));
        }
        assert!(TimingModel::new(f32::NAN, Vec::new()).is_err());
    }
}
