//! What a net is made of: layers, and the order in which their weights are written down.

/// Frames of nothing come before the first one: a convolution that is the first layer sees
/// [`EMPTY`](crate::analysers::EMPTY) there, every deeper one sees zeros, and a recurrent unit starts from zeros.
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

impl Layer {
    /// How many values it gives a step, if it is given `inputs`.
    pub fn outputs(&self, inputs: usize) -> usize {
        match *self {
            Self::Conv { outputs, .. } | Self::Linear { outputs, .. } => outputs,
            Self::Gru { units, .. } => units,
            Self::MaxPool { .. } | Self::Average => inputs,
        }
    }

    /// How many steps it gives for so many.
    pub fn steps(&self, steps: usize) -> usize {
        match *self {
            Self::Conv { stride, .. } => steps / stride,
            Self::Gru { .. } | Self::Linear { .. } => steps,
            Self::MaxPool { size } => steps / size,
            Self::Average => steps.min(1),
        }
    }

    /// How many weights and biases it has.
    pub fn parameter_count(&self) -> usize {
        match *self {
            Self::Conv { inputs, outputs, kernel, .. } => outputs * (inputs * kernel + 1),
            Self::Gru { inputs, units } => 3 * units * (inputs + units + 2),
            Self::Linear { inputs, outputs, .. } => outputs * (inputs + 1),
            Self::MaxPool { .. } | Self::Average => 0,
        }
    }
}

impl Architecture {
    /// Whether it runs frame by frame, without end.
    pub fn streams(&self) -> bool {
        self.window == 0
    }

    /// How many frames go into a step: the product of the strides, or the window.
    pub fn hops_per_step(&self) -> usize {
        if !self.streams() {
            return self.window;
        }
        let stride = |layer: &Layer| if let Layer::Conv { stride, .. } = *layer { stride } else { 1 };
        self.layers.iter().map(stride).product()
    }

    /// How many values come out of a step.
    pub fn outputs(&self) -> usize {
        self.layers.iter().fold(self.features, |width, layer| layer.outputs(width))
    }

    /// How many weights and biases it has.
    pub fn parameter_count(&self) -> usize {
        self.layers.iter().map(Layer::parameter_count).sum()
    }
}
