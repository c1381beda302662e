//! What a net is made of: layers, and the order in which their weights are written down.

/// Frames of nothing come before the first one: the value of each feature in them is [`crate::analysers::EMPTY`].
///
/// Weights are kept in the order and the shape PyTorch uses, one after another, rows first:
///
/// | layer | weights |
/// |---|---|
/// | `Conv` | weight \[outputs\]\[inputs\]\[kernel\], bias \[outputs\] |
/// | `Gru` | weight_ih \[3·units\]\[inputs\], weight_hh \[3·units\]\[units\], bias_ih \[3·units\], bias_hh \[3·units\]; gates in the order r, z, n |
/// | `Linear` | weight \[outputs\]\[inputs\], bias \[outputs\] |
/// | `MaxPool`, `Average` | none |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// A causal convolution over time: the output at step *t* sees the inputs at *t*, *t* − dilation, …,
    /// *t* − (kernel − 1) · dilation. `kernel[k − 1]` weighs the present. With a stride of *s* it gives its first output
    /// after *s* inputs, then one every *s*. Batch norm, used in training, is folded in.
    Conv {
        /// Values in.
        inputs: usize,
        /// Values out.
        outputs: usize,
        /// Taps.
        kernel: usize,
        /// Steps between taps.
        dilation: usize,
        /// Inputs an output.
        stride: usize,
        /// Whether negative outputs become zero.
        relu: bool,
        /// Whether the input is added to the output, after the rectifier; inputs and outputs are then equally many and
        /// the stride is 1.
        residual: bool,
    },
    /// A gated recurrent unit (Cho et al. 2014, in PyTorch's form, where the reset gate weighs `W_hn h + b_hn`).
    Gru {
        /// Values in.
        inputs: usize,
        /// Values out, and values remembered.
        units: usize,
    },
    /// A full connection at each step.
    Linear {
        /// Values in.
        inputs: usize,
        /// Values out.
        outputs: usize,
        /// Whether negative outputs become zero.
        relu: bool,
    },
    /// The largest of each `size` steps, per value; what is left over at the end is dropped. In nets that see a window
    /// only.
    MaxPool {
        /// Steps joined.
        size: usize,
    },
    /// The mean over all steps of the window, per value. In nets that see a window only.
    Average,
}

/// What a net is: how much it sees at once, and its layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Architecture {
    /// Its name, such as `crnn` or `cnn`.
    pub name: String,
    /// Features a frame.
    pub features: usize,
    /// Frames of a window, for nets that see a window at a time; 0 for nets that stream.
    pub window: usize,
    /// The layers, from the features to the outputs.
    pub layers: Vec<Layer>,
}
