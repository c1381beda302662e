//! What each layer of a net costs.

use offhook_detect::net::{Architecture, Layer};

/// Frames of 10 ms a second.
const FRAMES_A_SECOND: f64 = 100.0;

/// One layer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LayerCost {
    /// What it does.
    pub(super) name: String,
    /// Weights and biases.
    pub(super) parameters: usize,
    /// Multiplications with addition a second of audio.
    pub(super) macs: f64,
}

/// What each layer costs. A net that sees a window runs once for each.
pub(super) fn layers(architecture: &Architecture) -> Vec<LayerCost> {
    let mut steps = if architecture.streams() { FRAMES_A_SECOND } else { architecture.window as f64 };
    let windows = if architecture.streams() { 1.0 } else { FRAMES_A_SECOND / architecture.window as f64 };
    let cost = |layer: &Layer| {
        let (name, macs) = match *layer {
            Layer::Conv { inputs, outputs, kernel, dilation, stride, relu, residual } => {
                let mut name = format!("conv {inputs} → {outputs}, {kernel} taps");
                for (is, word) in [
                    (dilation > 1, format!(" {dilation} apart")),
                    (stride > 1, format!(", every {stride}")),
                    (relu, ", relu".to_owned()),
                    (residual, ", residual".to_owned()),
                ] {
                    name += if is { &word } else { "" };
                }
                (name, inputs * outputs * kernel)
            }
            Layer::Gru { inputs, units } => (format!("GRU {inputs} → {units}"), 3 * units * (inputs + units)),
            Layer::Linear { inputs, outputs, relu } => {
                (format!("linear {inputs} → {outputs}{}", if relu { ", relu" } else { "" }), inputs * outputs)
            }
            Layer::MaxPool { size } => (format!("largest of {size} steps"), 0),
            Layer::Average => ("mean of all steps".to_owned(), 0),
        };
        steps = match *layer {
            Layer::Conv { stride, .. } => steps / stride as f64,
            Layer::MaxPool { size } => steps / size as f64,
            Layer::Average => 1.0,
            Layer::Gru { .. } | Layer::Linear { .. } => steps,
        };
        LayerCost { name, parameters: layer.parameter_count(), macs: macs as f64 * steps * windows }
    };
    architecture.layers.iter().map(cost).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_worked_by_hand() {
        let conv =
            Layer::Conv { inputs: 40, outputs: 64, kernel: 5, dilation: 1, stride: 2, relu: true, residual: false };
        let layers_of = vec![conv, Layer::Gru { inputs: 64, units: 64 }];
        let streams = Architecture { name: "a".into(), features: 40, window: 0, layers: layers_of };
        let costs = layers(&streams);
        assert_eq!((costs[0].parameters, costs[0].macs), (12_864, 640_000.0));
        assert_eq!(costs[1].macs, 1_228_800.0);
        assert_eq!(costs[0].name, "conv 40 → 64, 5 taps, every 2, relu");
        let layers_of =
            vec![Layer::MaxPool { size: 2 }, Layer::Average, Layer::Linear { inputs: 40, outputs: 1, relu: false }];
        let window = Architecture { name: "b".into(), features: 40, window: 200, layers: layers_of };
        assert_eq!(layers(&window)[2].macs, 20.0);
    }
}
