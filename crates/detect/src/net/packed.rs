//! Weights in the order in which the kernels read them.

/// Outputs that are computed side by side.
pub(super) const LANES: usize = 16;

/// One cache line of weights: those of [`LANES`] outputs for one input.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(super) struct Line(pub(super) [f32; LANES]);

/// A matrix and a bias. The outputs are cut into panels of [`LANES`], the last one filled with zeros; a panel holds one
/// line an input.
#[derive(Clone, Debug)]
pub(super) struct Packed {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    /// Panel after panel.
    pub(super) lines: Vec<Line>,
    /// One line a panel.
    pub(super) bias: Vec<Line>,
    /// The least value that comes out: 0 behind a rectifier.
    pub(super) lowest: f32,
}

/// What comes out saturates at this value, so that no weights make infinity.
pub(super) const HIGHEST: f32 = 1e9;

impl Packed {
    /// Packs `weight(output, input)` and one bias an output.
    pub(super) fn new(inputs: usize, bias: &[f32], relu: bool, weight: impl Fn(usize, usize) -> f32) -> Self {
        let outputs = bias.len();
        let line = |panel: usize, of: &dyn Fn(usize) -> f32| {
            Line(std::array::from_fn(|lane| panel * LANES + lane).map(|at| if at < outputs { of(at) } else { 0.0 }))
        };
        let panels = outputs.div_ceil(LANES);
        let lines = (0..panels).flat_map(|p| (0..inputs).map(move |input| (p, input)));
        Self {
            inputs,
            outputs,
            lines: lines.map(|(panel, input)| line(panel, &|output| weight(output, input))).collect(),
            bias: (0..panels).map(|panel| line(panel, &|output| bias[output])).collect(),
            lowest: if relu { 0.0 } else { -HIGHEST },
        }
    }
}
