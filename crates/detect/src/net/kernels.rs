//! The arithmetic: rows times packed weights, and the gates of a recurrent unit.
//!
//! Every sum starts from its bias and adds its products in the order of the inputs, however many rows are computed at
//! once, so a row's results do not depend on the rows beside it. Processors with AVX2 and FMA get kernels of their own,
//! chosen once; others get plain loops, whose results differ in the last bits.

#![allow(unsafe_code, reason = "vector instructions that the processor may lack, and loads without bounds checks")]

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

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
        let last_row = (self.count.saturating_sub(1)).saturating_mul(self.stride);
        let last_tap = (self.taps.saturating_sub(1)).saturating_mul(self.tap_stride);
        last_row.saturating_add(last_tap).saturating_add(self.width)
    }
}

/// The kernels for this processor. Only this module makes one, and `avx2` is set only where AVX2 and FMA are there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kernels {
    #[cfg(target_arch = "x86_64")]
    avx2: bool,
}

impl Kernels {
    /// The quickest that this processor runs.
    pub(super) fn detect() -> Self {
        Self {
            #[cfg(target_arch = "x86_64")]
            avx2: is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
        }
    }

    /// Those that every processor runs.
    #[cfg(test)]
    pub(super) fn plain() -> Self {
        Self {
            #[cfg(target_arch = "x86_64")]
            avx2: false,
        }
    }

    /// The results of `rows`, one after another.
    pub(super) fn multiply(self, packed: &Packed, rows: &Rows<'_>, out: &mut [f32]) {
        if rows.count == 0 {
            return;
        }
        assert_eq!(rows.taps * rows.width, packed.inputs, "values a row");
        assert_eq!(rows.count * packed.outputs, out.len(), "values that come out");
        assert!(rows.end() <= rows.values.len(), "values in");
        assert_eq!(packed.bias.len(), packed.outputs.div_ceil(LANES), "panels");
        assert_eq!(packed.lines.len(), packed.bias.len() * packed.inputs, "lines of weights");
        #[cfg(target_arch = "x86_64")]
        if self.avx2 {
            // SAFETY: the processor has AVX2 and FMA, and the lengths are those asserted above.
            return unsafe { multiply_avx2(packed, rows, out) };
        }
        multiply_plain(packed, rows, out);
    }

    /// One step of a recurrent unit: from `W_ih x + b_ih` and `W_hh h + b_hh`, gates in the order r, z, n, the new h.
    pub(super) fn recur(self, input: &[f32], hidden: &[f32], state: &mut [f32]) {
        #[cfg(target_arch = "x86_64")]
        if self.avx2 {
            // SAFETY: the processor has AVX2.
            return unsafe { recur_avx2(input, hidden, state) };
        }
        recur_plain(input, hidden, state);
    }
}

/// As many rows by as many panels at a time as keep the multipliers busy and fit the registers.
///
/// # Safety
///
/// The processor has AVX2 and FMA, and lengths are as [`Kernels::multiply`] asserts.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn multiply_avx2(packed: &Packed, rows: &Rows<'_>, out: &mut [f32]) {
    let whole = rows.count - rows.count % 6;
    // SAFETY: panels and rows stay below their counts; the rest is the caller's promise.
    unsafe {
        for panel in 0..packed.bias.len() {
            for row in (0..whole).step_by(6) {
                block::<6, 1>(packed, panel, rows, row, out);
            }
        }
        match rows.count - whole {
            1 => strip::<1, 4>(packed, rows, whole, out),
            2 => strip::<2, 2>(packed, rows, whole, out),
            3 => strip::<3, 2>(packed, rows, whole, out),
            4 => strip::<4, 1>(packed, rows, whole, out),
            5 => strip::<5, 1>(packed, rows, whole, out),
            _ => {}
        }
    }
}

/// The sums of `R` rows from `row` on, `P` panels at a time.
///
/// # Safety
///
/// As for [`multiply_avx2`], with `row + R <= rows.count`.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn strip<const R: usize, const P: usize>(packed: &Packed, rows: &Rows<'_>, row: usize, out: &mut [f32]) {
    let panels = packed.bias.len();
    let wide = panels - panels % P;
    // SAFETY: panels stay below their count; the rest is the caller's promise.
    unsafe {
        for panel in (0..wide).step_by(P) {
            block::<R, P>(packed, panel, rows, row, out);
        }
        for panel in wide..panels {
            block::<R, 1>(packed, panel, rows, row, out);
        }
    }
}

/// The sums of `R` rows from `row` on, for `P` panels from `panel` on.
///
/// # Safety
///
/// As for [`multiply_avx2`], with `row + R <= rows.count` and `panel + P` panels at most.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn block<const R: usize, const P: usize>(
    packed: &Packed,
    panel: usize,
    rows: &Rows<'_>,
    row: usize,
    out: &mut [f32],
) {
    let mut sums = [[[_mm256_setzero_ps(); 2]; P]; R];
    // SAFETY: a line is 16 values: two vectors. Line `p · inputs + tap · width + i` exists for each panel p, since
    // `taps · width` is `inputs`; so does value `(row + r) · stride + tap · tap_stride + i`, since the last of them is
    // the one before `rows.end()`.
    unsafe {
        for p in 0..P {
            let bias = packed.bias.as_ptr().add(panel + p).cast::<f32>();
            let bias = [_mm256_loadu_ps(bias), _mm256_loadu_ps(bias.add(8))];
            for sums in &mut sums {
                sums[p] = bias;
            }
        }
        for tap in 0..rows.taps {
            let values = rows.values.as_ptr().add(row * rows.stride + tap * rows.tap_stride);
            let lines = packed.lines.as_ptr().add(panel * packed.inputs + tap * rows.width);
            for i in 0..rows.width {
                for p in 0..P {
                    let line = lines.add(p * packed.inputs + i).cast::<f32>();
                    let (low, high) = (_mm256_loadu_ps(line), _mm256_loadu_ps(line.add(8)));
                    for (r, sums) in sums.iter_mut().enumerate() {
                        let value = _mm256_broadcast_ss(&*values.add(r * rows.stride + i));
                        sums[p][0] = _mm256_fmadd_ps(value, low, sums[p][0]);
                        sums[p][1] = _mm256_fmadd_ps(value, high, sums[p][1]);
                    }
                }
            }
        }
    }
    let (lowest, highest) = (_mm256_set1_ps(packed.lowest), _mm256_set1_ps(HIGHEST));
    for (r, sums) in sums.iter().enumerate() {
        for (p, sums) in sums.iter().enumerate() {
            // The order of the operands makes what is not a number the lowest, as in the plain loops.
            let low = _mm256_min_ps(_mm256_max_ps(sums[0], lowest), highest);
            let high = _mm256_min_ps(_mm256_max_ps(sums[1], lowest), highest);
            let first = (panel + p) * LANES;
            let out = &mut out[(row + r) * packed.outputs..][first..packed.outputs.min(first + LANES)];
            if out.len() == LANES {
                // SAFETY: 16 values are two vectors.
                unsafe { store(low, high, out.as_mut_ptr()) };
            } else {
                let mut line = [0.0; LANES];
                // SAFETY: as above.
                unsafe { store(low, high, line.as_mut_ptr()) };
                out.copy_from_slice(&line[..out.len()]);
            }
        }
    }
}

/// # Safety
///
/// The processor has AVX2, and 16 values may be written from `to` on.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn store(low: __m256, high: __m256, to: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        _mm256_storeu_ps(to, low);
        _mm256_storeu_ps(to.add(8), high);
    }
}

/// The plain loop, in vectors of eight. No product is fused with a sum, so its bits are those of the plain one.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn recur_avx2(input: &[f32], hidden: &[f32], state: &mut [f32]) {
    recur_plain(input, hidden, state);
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers between ±1 that look like any.
    fn any(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|i| ((i + seed) * 7919 % 2003) as f32 / 1001.0 - 1.0).collect()
    }

    fn all_results(kernels: Kernels, packed: &Packed, rows: &Rows<'_>) -> Vec<f32> {
        let mut out = vec![f32::NAN; rows.count * packed.outputs];
        kernels.multiply(packed, rows, &mut out);
        out
    }

    /// Every number of rows and panels that takes a path of its own, with and without taps.
    fn each_shape(check: impl Fn(&Packed, &Rows<'_>)) {
        for (taps, width, tap_stride, stride) in [(1, 23, 0, 23), (1, 23, 0, 5), (3, 7, 14, 21), (2, 64, 128, 64)] {
            for outputs in [1, 15, 16, 17, 48, 64, 83] {
                for relu in [false, true] {
                    let weights = any(outputs * taps * width, outputs);
                    let weight = |output: usize, input: usize| weights[output * taps * width + input];
                    let packed = Packed::new(taps * width, &any(outputs, 3), relu, weight);
                    for count in [1, 2, 3, 4, 5, 6, 7, 13] {
                        let values = any((count - 1) * stride + (taps - 1) * tap_stride + width, 9);
                        check(&packed, &Rows { values: &values, count, stride, taps, tap_stride, width });
                    }
                }
            }
        }
    }

    #[test]
    fn all_kernels_give_the_same_to_five_digits() {
        each_shape(|packed, rows| {
            let quick = all_results(Kernels::detect(), packed, rows);
            for (quick, plain) in quick.iter().zip(all_results(Kernels::plain(), packed, rows)) {
                assert!((quick - plain).abs() < 1e-5 * plain.abs().max(1.0), "{quick} {plain} {rows:?}");
            }
        });
    }

    #[test]
    fn rows_do_not_depend_on_the_rows_beside_them() {
        for kernels in [Kernels::detect(), Kernels::plain()] {
            each_shape(|packed, rows| {
                let together = all_results(kernels, packed, rows);
                for (row, result) in together.chunks_exact(packed.outputs).enumerate() {
                    let alone = Rows { values: &rows.values[row * rows.stride..], count: 1, ..*rows };
                    assert_eq!(all_results(kernels, packed, &alone), result);
                }
            });
        }
    }

    #[test]
    fn gates_have_the_same_bits_in_all_kernels() {
        for units in [1, 7, 8, 64, 71] {
            let (input, hidden) = (any(3 * units, 1), any(3 * units, 2));
            let (mut quick, mut plain) = (any(units, 4), any(units, 4));
            Kernels::detect().recur(&input, &hidden, &mut quick);
            Kernels::plain().recur(&input, &hidden, &mut plain);
            assert_eq!(quick, plain);
        }
    }

    #[test]
    fn what_is_not_a_number_becomes_the_lowest() {
        for kernels in [Kernels::detect(), Kernels::plain()] {
            for (relu, lowest) in [(true, 0.0), (false, -HIGHEST)] {
                let packed = Packed::new(2, &[0.5; 20], relu, |_, _| 1.0);
                let rows = [f32::NAN, 1.0, f32::INFINITY, 1.0, f32::NEG_INFINITY, 1.0];
                let results = all_results(kernels, &packed, &Rows::dense(&rows, 2));
                assert_eq!(results, [[lowest; 20], [HIGHEST; 20], [lowest; 20]].concat());
            }
        }
    }

    #[test]
    fn exp_is_right_to_six_digits() {
        for x in (-8700..=8700).map(|x| x as f32 / 100.0) {
            let wanted = f64::from(x).exp();
            assert!((f64::from(exp(x)) / wanted - 1.0).abs() < 4e-7, "{x}: {} {wanted}", exp(x));
        }
    }
}
