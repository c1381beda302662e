use std::sync::Arc;

use crate::config::WeighConfig;
use crate::model::{Model, Weights};
use crate::net::Network;
use crate::timing::TimingModel;

/// The learned models as one configuration uses them.
#[derive(Clone, Debug)]
pub(crate) struct Learned {
    model: Arc<Model>,
    /// By the models' own opinions.
    pub(crate) own: Balance,
    /// Where a model outside the engine stands in for the net.
    pub(crate) outside: Balance,
    net: bool,
    timing: bool,
}

/// How opinions are weighed, and where to cut.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Balance {
    /// The weights while voice sounds.
    pub(crate) speaking: Weights,
    /// The weights in silence.
    pub(crate) silent: Weights,
    /// The probability from which a machine is called.
    pub(crate) threshold: f32,
}

impl Learned {
    pub(crate) fn new(model: Arc<Model>, config: &WeighConfig) -> Self {
        let (net, timing) = (config.net && model.network().is_some(), config.timing && model.timing().is_some());
        let (fusion, most) = (model.fusion(), config.most_false_machines.get());
        let mixture = fusion.mixture(timing, net);
        let (speaking, silent, threshold) = (mixture.speaking, mixture.silent, mixture.threshold(most));
        let own = Balance { speaking, silent, threshold };
        // What timing says alone, and the score is added as it is. The curve of timing alone stops where its certainty
        // does; the sum is as certain as timing and net are together.
        let threshold = fusion.all.threshold(most);
        let outside = match timing {
            true => Balance { speaking: fusion.timing.speaking, silent: fusion.timing.silent, threshold },
            false => Balance { threshold, ..Balance::default() },
        };
        Self { model, own, outside, net, timing }
    }

    /// The whole model.
    pub(crate) fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// The net, if it has a say.
    pub(crate) fn network(&self) -> Option<&Network> {
        self.model.network().filter(|_| self.net)
    }

    /// The timing model, if it has a say.
    pub(crate) fn timing(&self) -> Option<&TimingModel> {
        self.model.timing().filter(|_| self.timing)
    }
}
