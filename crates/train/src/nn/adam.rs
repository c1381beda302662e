use super::{Gradients, Net, NnError};

/// How [`Adam`] moves weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamSettings {
    /// How much of the mean gradient stays at each step.
    pub momentum: f32,
    /// How much of the mean squared gradient stays at each step.
    pub memory: f32,
    /// Added to the root of the mean squared gradient.
    pub epsilon: f32,
    /// How much of each factor (not of biases, nor of what batch norms learn) goes at each step, times the learning rate.
    pub weight_decay: f32,
    /// The largest norm of all gradients together; larger ones are scaled down. 0 for no limit.
    pub most_norm: f32,
}

impl Default for AdamSettings {
    fn default() -> Self {
        Self { momentum: 0.9, memory: 0.999, epsilon: 1e-8, weight_decay: 0.01, most_norm: 1.0 }
    }
}

/// AdamW (Kingma and Ba 2015; Loshchilov and Hutter 2019) with gradients clipped by their norm, as PyTorch's `AdamW` and
/// `clip_grad_norm_` compute it.
#[derive(Clone, Debug, PartialEq)]
pub struct Adam {
    pub(super) settings: AdamSettings,
    pub(super) steps: u64,
    pub(super) means: Vec<f32>,
    pub(super) squares: Vec<f32>,
}

impl Adam {
    /// An optimiser that has seen no gradients yet.
    pub fn new(net: &Net, settings: AdamSettings) -> Self {
        let zeros = vec![0.0; net.parameters.len()];
        Self { settings, steps: 0, means: zeros.clone(), squares: zeros }
    }

    /// Steps done.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Moves the weights of `net` and gives the norm of the gradients before clipping. Gradients that are not finite
    /// move nothing and are no step.
    ///
    /// # Errors
    ///
    /// If there are not as many gradients as parameters.
    pub fn step(&mut self, net: &mut Net, gradients: &Gradients, learning_rate: f32) -> Result<f32, NnError> {
        let gradients = &gradients.0;
        NnError::unless_equal("gradients", gradients.len(), self.means.len())?;
        NnError::unless_equal("parameters", net.parameters.len(), self.means.len())?;
        let norm = gradients.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt() as f32;
        if !norm.is_finite() {
            return Ok(norm);
        }
        let AdamSettings { momentum, memory, epsilon, weight_decay, most_norm } = self.settings;
        let clip = if most_norm > 0.0 { (most_norm / (norm + 1e-6)).min(1.0) } else { 1.0 };
        self.steps += 1;
        let unbiased = |kept: f32| (1.0 - f64::from(kept).powf(self.steps as f64)) as f32;
        let rate = learning_rate / unbiased(momentum);
        let root = unbiased(memory).sqrt();
        let stays = 1.0 - learning_rate * weight_decay;
        for factors in net.stack.factors() {
            net.parameters[factors].iter_mut().for_each(|p| *p *= stays);
        }
        let moments = self.means.iter_mut().zip(&mut self.squares);
        for ((parameter, gradient), (mean, square)) in net.parameters.iter_mut().zip(gradients).zip(moments) {
            let gradient = gradient * clip;
            *mean += (1.0 - momentum) * (gradient - *mean);
            *square = memory * *square + (1.0 - memory) * gradient * gradient;
            *parameter -= rate * *mean / (square.sqrt() / root + epsilon);
        }
        Ok(norm)
    }
}
