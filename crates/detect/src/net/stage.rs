//! A layer made ready to run on the values of a stream.

use super::Layer;
use super::kernels::{Kernels, Rows};
use super::layout::Span;
use super::packed::Packed;

/// A layer, its packed weights, and where its values lie.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    pub(super) kind: Kind,
    pub(super) span: Span,
    /// Where its results go.
    next: usize,
    /// Whether it remembers rows from one step to the next.
    remembers: bool,
}

/// What a stage computes.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// A convolution, or a linear layer, which is one with a single tap.
    Conv { weights: Packed, kernel: usize, dilation: usize, stride: usize, residual: bool },
    /// A recurrent unit.
    Gru { input: Packed, hidden: Packed },
    /// The largest of so many rows.
    MaxPool { size: usize },
    /// The mean of all rows.
    Average,
}

impl Kind {
    /// Packs the layer's weights, which are as many as it has.
    fn new(layer: &Layer, weights: &[f32]) -> Self {
        match *layer {
            Layer::Conv { inputs, outputs, kernel, dilation, stride, relu, residual } => {
                let (weights, bias) = weights.split_at(outputs * inputs * kernel);
                let weights = Packed::new(kernel * inputs, bias, relu, |output, at| {
                    weights[(output * inputs + at % inputs) * kernel + at / inputs]
                });
                Self::Conv { weights, kernel, dilation, stride, residual }
            }
            Layer::Linear { inputs, outputs, relu } => {
                let (weights, bias) = weights.split_at(outputs * inputs);
                let weights = Packed::new(inputs, bias, relu, |output, input| weights[output * inputs + input]);
                Self::Conv { weights, kernel: 1, dilation: 1, stride: 1, residual: false }
            }
            Layer::Gru { inputs, units } => {
                let (input, rest) = weights.split_at(3 * units * inputs);
                let (hidden, rest) = rest.split_at(3 * units * units);
                let (input_bias, hidden_bias) = rest.split_at(3 * units);
                Self::Gru {
                    input: Packed::new(inputs, input_bias, false, |gate, at| input[gate * inputs + at]),
                    hidden: Packed::new(units, hidden_bias, false, |gate, at| hidden[gate * units + at]),
                }
            }
            Layer::MaxPool { size } => Self::MaxPool { size },
            Layer::Average => Self::Average,
        }
    }
}

impl Stage {
    pub(super) fn new(layer: &Layer, weights: &[f32], span: Span, next: usize, remembers: bool) -> Self {
        Self { kind: Kind::new(layer, weights), span, next, remembers }
    }

    /// Where the rows lie that a convolution multiplies, from the beginning of its region.
    fn seen<'a>(&self, region: &'a [f32], kernel: usize, dilation: usize, stride: usize) -> Rows<'a> {
        let Span { history, width, out_rows, .. } = self.span;
        let first = (history + stride - 1 - (kernel - 1) * dilation) * width;
        // Taps side by side are one long piece.
        let (taps, piece) = if dilation == 1 { (1, kernel * width) } else { (kernel, width) };
        Rows {
            values: &region[first..],
            count: out_rows,
            stride: stride * width,
            taps,
            tap_stride: dilation * width,
            width: piece,
        }
    }

    /// Runs the rows of this step of one stream; `work` is where its room to work in begins.
    pub(super) fn run(&self, kernels: Kernels, values: &mut [f32], work: usize) {
        let Span { at, rows, width, out_rows, out_width, .. } = self.span;
        let (before, after) = values.split_at_mut(self.next);
        let region = &mut before[at..];
        match &self.kind {
            Kind::Conv { weights, kernel, dilation, stride, .. } => {
                let out = &mut after[..out_rows * out_width];
                kernels.multiply(weights, &self.seen(region, *kernel, *dilation, *stride), out);
            }
            Kind::Gru { input, hidden } => {
                let (after, gates) = after.split_at_mut(work - self.next);
                let (of_input, of_hidden) = gates[..6 * out_width].split_at_mut(3 * out_width);
                let (fresh, state) = region.split_at_mut(rows * width);
                let state = &mut state[..out_width];
                for (row, out) in fresh.chunks_exact(width).zip(after.chunks_exact_mut(out_width)) {
                    kernels.multiply(input, &Rows::dense(row, width), of_input);
                    kernels.multiply(hidden, &Rows::dense(state, out_width), of_hidden);
                    kernels.recur(of_input, of_hidden, state);
                    out.copy_from_slice(state);
                }
            }
            Kind::MaxPool { size } => {
                let rows = region[..rows * width].chunks_exact(size * width);
                for (rows, out) in rows.zip(after.chunks_exact_mut(width)) {
                    out.copy_from_slice(&rows[..width]);
                    for row in rows.chunks_exact(width).skip(1) {
                        out.iter_mut().zip(row).for_each(|(out, value)| *out = out.max(*value));
                    }
                }
            }
            Kind::Average => {
                let out = &mut after[..width];
                out.fill(0.0);
                for row in region[..rows * width].chunks_exact(width) {
                    out.iter_mut().zip(row).for_each(|(out, value)| *out += value);
                }
                out.iter_mut().for_each(|out| *out /= rows as f32);
            }
        }
        self.finish(values);
    }

    /// Values of a stream's rows before they are multiplied.
    pub(super) fn gathered(&self) -> usize {
        match &self.kind {
            Kind::Conv { weights, .. } => self.span.out_rows * weights.inputs,
            Kind::Gru { input, .. } => input.inputs,
            Kind::MaxPool { .. } | Kind::Average => 0,
        }
    }

    /// Values of a stream's rows once they are multiplied.
    pub(super) fn summed(&self) -> usize {
        match &self.kind {
            Kind::Conv { weights, .. } => self.span.out_rows * weights.outputs,
            Kind::Gru { input, .. } => input.outputs,
            Kind::MaxPool { .. } | Kind::Average => 0,
        }
    }

    /// Units that remember.
    pub(super) fn recurrent(&self) -> usize {
        if let Kind::Gru { hidden, .. } = &self.kind { hidden.inputs } else { 0 }
    }

    /// Writes the rows that a convolution multiplies one after another.
    pub(super) fn gather(&self, values: &[f32], out: &mut [f32]) {
        let Kind::Conv { kernel, dilation, stride, .. } = self.kind else { return };
        let rows = self.seen(&values[self.span.at..self.span.end()], kernel, dilation, stride);
        for (number, out) in out.chunks_exact_mut(rows.taps * rows.width).enumerate() {
            for (tap, out) in out.chunks_exact_mut(rows.width).enumerate() {
                out.copy_from_slice(&rows.values[number * rows.stride + tap * rows.tap_stride..][..rows.width]);
            }
        }
    }

    /// Takes the multiplied rows of a convolution.
    pub(super) fn scatter(&self, values: &mut [f32], sums: &[f32]) {
        values[self.next..self.next + sums.len()].copy_from_slice(sums);
        self.finish(values);
    }

    /// One row of this step.
    pub(super) fn row<'a>(&self, values: &'a [f32], row: usize) -> &'a [f32] {
        &values[self.span.fresh() + row * self.span.width..][..self.span.width]
    }

    /// What a recurrent unit remembers.
    pub(super) fn memory<'a>(&self, values: &'a mut [f32]) -> &'a mut [f32] {
        &mut values[self.span.end()..][..self.span.out_width]
    }

    /// Gives what a recurrent unit remembers as a row of its results.
    pub(super) fn recall(&self, values: &mut [f32], row: usize) {
        let memory = self.span.end();
        values.copy_within(memory..memory + self.span.out_width, self.next + row * self.span.out_width);
    }

    /// What is left to do for a stream once its rows are multiplied: add the inputs, and remember the last of them.
    fn finish(&self, values: &mut [f32]) {
        let span = self.span;
        if let Kind::Conv { residual: true, .. } = self.kind {
            let (before, after) = values.split_at_mut(self.next);
            let inputs = &before[span.fresh()..span.end()];
            after.iter_mut().zip(inputs).for_each(|(out, input)| *out += input);
        }
        if self.remembers && span.history > 0 {
            let kept = span.at + span.rows * span.width;
            values.copy_within(kept..span.end(), span.at);
        }
    }
}
