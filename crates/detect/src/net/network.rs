use super::kernels::Kernels;
use super::layout::Layout;
use super::stage::Stage;
use super::{Architecture, NetState};
use crate::model::ModelError;

/// A net with its weights, ready to run. Calls share it; each has a [`NetState`] of its own.
#[derive(Clone, Debug)]
pub struct Network {
    architecture: Architecture,
    weights: Vec<f32>,
    hops_per_step: usize,
    layout: Layout,
    pub(super) stages: Vec<Stage>,
    pub(super) kernels: Kernels,
}

impl Network {
    /// Packs weights, given in the order that [`Layer`](super::Layer) tells.
    ///
    /// # Errors
    ///
    /// [`ModelError::Value`] if the layers do not fit each other, are too large, or the weights are too few, too many,
    /// not finite or beyond ±1e6.
    pub fn new(architecture: Architecture, weights: Vec<f32>) -> Result<Self, ModelError> {
        architecture.check()?;
        architecture.check_weights(&weights)?;
        let layout = Layout::new(&architecture);
        let mut rest = &weights[..];
        let mut stages = Vec::with_capacity(architecture.layers.len());
        for (number, layer) in architecture.layers.iter().enumerate() {
            let (own, others) = rest.split_at(layer.parameter_count());
            rest = others;
            let next = layout.spans.get(number + 1).map_or(layout.outputs.start, |span| span.fresh());
            stages.push(Stage::new(layer, own, layout.spans[number], next, architecture.streams()));
        }
        let hops_per_step = architecture.hops_per_step();
        Ok(Self { architecture, weights, hops_per_step, layout, stages, kernels: Kernels::detect() })
    }

    /// Its layers.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// Its weights, as they were given.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// How many values come out of a step.
    pub fn outputs(&self) -> usize {
        self.layout.outputs.len()
    }

    /// How many frames go into a step: the product of the strides or, of a net that sees a window, the window.
    pub fn hops_per_step(&self) -> usize {
        self.hops_per_step
    }

    /// Takes the step that is due and gives its outputs: what the last layer gave, before any sigmoid or softmax. If none
    /// is due, the outputs are those of the latest step. `state` was made for this net.
    pub fn step<'a>(&self, state: &'a mut NetState) -> &'a [f32] {
        if state.waiting == self.hops_per_step {
            for stage in &self.stages {
                stage.run(self.kernels, &mut state.values, self.layout.outputs.end);
            }
            state.waiting = 0;
        }
        state.outputs()
    }

    /// What a net that sees a window makes of one: `window` frames, one after another. The state is room to work in: what
    /// waited in it is forgotten, and nothing is remembered from one window to the next.
    ///
    /// # Panics
    ///
    /// If `frames` are not as many values as go into a step.
    pub fn window<'a>(&self, frames: &[f32], state: &'a mut NetState) -> &'a [f32] {
        let fresh = self.layout.spans.first().map_or(0..0, |span| span.fresh()..span.end());
        state.values[fresh].copy_from_slice(frames);
        state.waiting = self.hops_per_step;
        self.step(state)
    }

    pub(super) fn layout(&self) -> &Layout {
        &self.layout
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Layer;

    #[test]
    fn plain_kernels_give_the_same_to_four_digits() {
        let conv = |inputs, dilation, stride, residual| Layer::Conv {
            inputs,
            outputs: 64,
            kernel: 3,
            dilation,
            stride,
            relu: true,
            residual,
        };
        let layers = vec![
            conv(40, 1, 2, false),
            conv(64, 2, 1, true),
            Layer::Gru { inputs: 64, units: 64 },
            Layer::Linear { inputs: 64, outputs: 8, relu: false },
        ];
        let architecture = Architecture { name: "crnn".into(), features: 40, window: 0, layers };
        let weights = (0..architecture.parameter_count()).map(|i| (i * 7919 % 2003) as f32 / 5000.0 - 0.2).collect();
        let quick = Network::new(architecture, weights).unwrap();
        let plain = Network { kernels: Kernels::plain(), ..quick.clone() };
        let (mut a, mut b) = (NetState::new(&quick), NetState::new(&plain));
        for hop in 0..300 {
            let frame: Vec<f32> = (0..40).map(|i| ((hop * 41 + i * 17) % 37) as f32 / 18.0 - 1.0).collect();
            a.push_frame(&quick, &frame);
            b.push_frame(&plain, &frame);
            for (a, b) in quick.step(&mut a).iter().zip(plain.step(&mut b)) {
                assert!((a - b).abs() < 1e-4, "{a} {b}");
            }
        }
    }
}
