//! The parameters a net begins with: PyTorch's defaults.

use offhook_sim::Random;

use super::block::Core;
use super::stack::Stack;

/// Weights and biases spread evenly within ±1 / √(values that an output sums), or ±1 / √units for a recurrent unit;
/// batch norms that change nothing.
pub(super) fn parameters(stack: &Stack, seed: u64) -> Vec<f32> {
    let mut parameters = vec![0.0; stack.parameters];
    for (index, block) in stack.blocks.iter().enumerate() {
        let summed = match block.core {
            Core::Conv(conv) => conv.inputs * conv.kernel,
            Core::Linear(linear) => linear.inputs,
            Core::Gru(gru) => gru.units,
            Core::MaxPool(_) | Core::Average => continue,
        };
        let most = (summed as f64).sqrt().recip();
        let mut random = Random::for_item(seed, index as u64);
        parameters[block.parameters.clone()].fill_with(|| random.between(-most..most) as f32);
        if let (Some(norm), Core::Conv(conv)) = (&block.norm, block.core) {
            // A bias before a norm would have no effect.
            parameters[block.parameters.start + conv.weights()..block.parameters.end].fill(0.0);
            parameters[norm.parameters.start..norm.parameters.start + conv.outputs].fill(1.0);
        }
    }
    parameters
}

/// Running figures of batch norms that have seen nothing: means of 0, variances of 1.
pub(super) fn running(stack: &Stack) -> Vec<f32> {
    let mut running = vec![0.0; stack.running];
    for norm in stack.blocks.iter().filter_map(|block| block.norm.as_ref()) {
        let middle = norm.running.start + norm.running.len() / 2;
        running[middle..norm.running.end].fill(1.0);
    }
    running
}
