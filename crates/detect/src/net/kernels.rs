//! The arithmetic: rows times packed weights, and the gates of a recurrent unit.
//!
//! Every sum starts from its bias and adds its products in the order of the inputs, however many rows are computed at
//! once, so a row's results do not depend on the rows beside it. Processors with AVX2 and FMA get kernels of their own,
//! chosen once; others get plain loops, whose results differ in the last bits.

use super::packed::{HIGHEST, LANES, Packed};

/// Rows to be multiplied. Row `r` is made of `taps` pieces of `width` values, the first at `r · stride`, each
/// `tap_stride` values after the one before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows<'a> {
    pub(super) values: &'a [f32],
    pub(super) count: usize,
    pub(super) stride: usize,
    pub(super) taps: usize,
    pub(super) tap_stride: usize,
    pub(super) width: usize,
}

impl<'a> Rows<'a> {
    /// Rows of `width` values, one after another.
    pub(super) fn dense(values: &'a [f32], width: usize) -> Self {
        Self { values, count: values.len() / width, stride: width, taps: 1, tap_stride: 0, width }
    }

    /// One past the last value of the last row.
    fn end(&self) -> usize {
        (self.count - 1) * self.stride + (self.taps - 1) * self.tap_stride + self.width
    }
}

/// The kernels for this processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kernels {
    avx2: bool,
}

impl Kernels {
    /// The quickest that this processor runs.
    pub(super) fn detect() -> Self {
        Self { avx2: false }
    }

    /// The results of `rows`, one after another.
    pub(super) fn multiply(self, packed: &Packed, rows: &Rows<'_>, out: &mut [f32]) {
        if rows.count == 0 {
            return;
        }
        assert_eq!(rows.taps * rows.width, packed.inputs, "values a row");
        assert_eq!(rows.count * packed.outputs, out.len(), "values that come out");
        assert!(rows.end() <= rows.values.len(), "values in");
        multiply_plain(packed, rows, out);
    }

    /// One step of a recurrent unit: from `W_ih x + b_ih` and `W_hh h + b_hh`, gates in the order r, z, n, the new h.
    pub(super) fn recur(self, input: &[f32], hidden: &[f32], state: &mut [f32]) {
        recur_plain(input, hidden, state);
    }
}

fn multiply_plain(packed: &Packed, rows: &Rows<'_>, out: &mut [f32]) {
    for (row, out) in out.chunks_exact_mut(packed.outputs).enumerate() {
        let panels = packed.lines.chunks_exact(packed.inputs).zip(&packed.bias);
        for ((panel, bias), out) in panels.zip(out.chunks_mut(LANES)) {
            let mut sums = bias.0;
            for (tap, lines) in panel.chunks_exact(rows.width).enumerate() {
                let values = &rows.values[row * rows.stride + tap * rows.tap_stride..];
                for (value, line) in values.iter().zip(lines) {
                    for (sum, weight) in sums.iter_mut().zip(&line.0) {
                        *sum += value * weight;
                    }
                }
            }
            for (out, sum) in out.iter_mut().zip(sums) {
                *out = sum.max(packed.lowest).min(HIGHEST);
            }
        }
    }
}

#[inline(always)]
fn recur_plain(input: &[f32], hidden: &[f32], state: &mut [f32]) {
    let units = state.len();
    let (input_r, input) = input.split_at(units);
    let (input_z, input_n) = input.split_at(units);
    let (hidden_r, hidden) = hidden.split_at(units);
    let (hidden_z, hidden_n) = hidden.split_at(units);
    assert!(input_n.len() == units && hidden_n.len() == units, "gates");
    for i in 0..units {
        let reset = sigmoid(input_r[i] + hidden_r[i]);
        let update = sigmoid(input_z[i] + hidden_z[i]);
        let new = tanh(input_n[i] + reset * hidden_n[i]);
        state[i] = new + update * (state[i] - new);
    }
}

#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

#[inline(always)]
fn tanh(x: f32) -> f32 {
    2.0 * sigmoid(2.0 * x) - 1.0
}

/// `e^x` for |x| ≤ 87, beyond which it saturates: 2 to the nearest whole power, times a polynomial for the rest
/// (Cephes, `expf`). Accurate to 2e-7 of its value. Without branches, so that loops over it become vectors.
#[inline(always)]
fn exp(x: f32) -> f32 {
    /// Adding this rounds to a whole number, which then lies in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 87.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    // ln 2 in two parts, the first with few bits, so that their products with a small whole number are exact.
    let rest = (x - whole * 0.693_359_4) + whole * 2.121_944_4e-4;
    let mut sum = 1.987_569_2e-4;
    for factor in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        sum = sum * rest + factor;
    }
    let fraction = sum * rest * rest + rest + 1.0;
    // Only the low bits of `shifted` survive the shift: they are the power, which moves into the exponent.
    f32::from_bits(fraction.to_bits().wrapping_add(shifted.to_bits() << 23))
}
