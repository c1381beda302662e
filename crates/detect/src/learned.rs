use std::sync::Arc;

use crate::config::WeighConfig;
use crate::model::{Mixture, Model};
use crate::net::Network;
use crate::timing::TimingModel;

/// The learned models as one configuration uses them.
#[derive(Clone, Debug)]
pub(crate) struct Learned {
    model: Arc<Model>,
    /// How they are weighed.
    pub(crate) mixture: Mixture,
    /// The probability from which a machine is called.
    pub(crate) threshold: f32,
    net: bool,
    timing: bool,
}

impl Learned {
    pub(crate) fn new(model: Arc<Model>, config: &WeighConfig) -> Self {
        let (net, timing) = (config.net && model.network().is_some(), config.timing && model.timing().is_some());
        let mixture = model.fusion().mixture(timing, net).clone();
        let threshold = mixture.threshold(config.most_false_machines.get());
        Self { model, mixture, threshold, net, timing }
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
