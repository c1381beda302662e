//! Where each layer's inputs lie among the values that one stream holds.
//!
//! A step takes the frames of that step at once through all layers, so a layer before a stride handles several rows a
//! step. Each layer has a region: the rows it remembers, the rows of this step, and what else it must keep. What a layer
//! gives is written straight into the rows of the layer after it. After the last region come the outputs, and after
//! them room to work in.

use std::ops::Range;

use super::{Architecture, Layer};

/// One layer's region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// Where it begins.
    pub(super) at: usize,
    /// Rows of earlier steps.
    pub(super) history: usize,
    /// Rows of this step.
    pub(super) rows: usize,
    /// Values a row.
    pub(super) width: usize,
    /// Rows it gives a step.
    pub(super) out_rows: usize,
    /// Values a row it gives.
    pub(super) out_width: usize,
}

impl Span {
    /// Where the rows of this step begin.
    pub(super) fn fresh(&self) -> usize {
        self.at + self.history * self.width
    }

    /// Where the rows of this step end.
    pub(super) fn end(&self) -> usize {
        self.fresh() + self.rows * self.width
    }
}

/// All regions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// One a layer.
    pub(super) spans: Vec<Span>,
    /// Where the outputs lie.
    pub(super) outputs: Range<usize>,
    /// Values in all.
    pub(super) size: usize,
}

impl Layout {
    /// The layout of an architecture whose layers fit.
    pub(super) fn new(architecture: &Architecture) -> Self {
        let (mut at, mut rows, mut width) = (0, architecture.hops_per_step(), architecture.features);
        let mut spans = Vec::with_capacity(architecture.layers.len());
        let mut work = 0;
        for layer in &architecture.layers {
            let (out_rows, out_width) = (layer.steps(rows), layer.outputs(width));
            let history = match *layer {
                // The first output of a step looks back from the last of its `stride` rows.
                Layer::Conv { kernel, dilation, stride, .. } => ((kernel - 1) * dilation).saturating_sub(stride - 1),
                _ => 0,
            };
            let span = Span { at, history, rows, width, out_rows, out_width };
            at = span.end();
            if let Layer::Gru { units, .. } = *layer {
                at += units;
                work = work.max(6 * units);
            }
            spans.push(span);
            (rows, width) = (out_rows, out_width);
        }
        let outputs = at..at + rows * width;
        Self { spans, size: outputs.end + work, outputs }
    }
}
