//! Products of matrices that lie in slices: the one place where training hands over pointers.
#![allow(unsafe_code, reason = "matrixmultiply takes pointers; bounds are checked here first")]

use super::float::Float;

/// A matrix within a slice, which it need not fill.
#[derive(Clone, Copy, Debug)]
pub(super) struct Matrix<'a, F> {
    values: &'a [F],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a, F> Matrix<'a, F> {
    /// Rows that follow each other.
    pub(super) fn new(values: &'a [F], rows: usize, columns: usize) -> Self {
        Self::spaced(values, rows, columns, columns)
    }

    /// Rows that begin `row_stride` values apart.
    pub(super) fn spaced(values: &'a [F], rows: usize, columns: usize, row_stride: usize) -> Self {
        Self { values, rows, columns, row_stride, column_stride: 1 }
    }

    /// The same values with rows and columns exchanged.
    pub(super) fn transposed(self) -> Self {
        let Self { values, rows, columns, row_stride, column_stride } = self;
        Self { values, rows: columns, columns: rows, row_stride: column_stride, column_stride: row_stride }
    }

    fn is_within_its_slice(&self) -> bool {
        if self.rows == 0 || self.columns == 0 {
            return true;
        }
        let last = (self.rows - 1)
            .checked_mul(self.row_stride)
            .zip((self.columns - 1).checked_mul(self.column_stride))
            .and_then(|(row, column)| row.checked_add(column));
        last.is_some_and(|last| last < self.values.len())
    }
}

/// `c = a · b`, where the rows of `c` follow each other.
pub(super) fn set_product<F: Float>(c: &mut [F], a: Matrix<'_, F>, b: Matrix<'_, F>) {
    gemm(F::ZERO, c, a, b);
}

/// `c += a · b`, where the rows of `c` follow each other.
pub(super) fn add_product<F: Float>(c: &mut [F], a: Matrix<'_, F>, b: Matrix<'_, F>) {
    gemm(F::ONE, c, a, b);
}

fn gemm<F: Float>(beta: F, c: &mut [F], a: Matrix<'_, F>, b: Matrix<'_, F>) {
    assert_eq!(a.columns, b.rows, "the inner lengths of a product are equal");
    assert_eq!(a.rows.checked_mul(b.columns), Some(c.len()), "a product fills its result");
    assert!(a.is_within_its_slice() && b.is_within_its_slice(), "matrices lie within their slices");
    let stride = |stride: usize| stride as isize;
    // SAFETY: every element of `a` and `b` lies within its slice and `c` has room for all rows and columns, as asserted
    // above; `c` is borrowed exclusively, so that it overlaps neither; strides of matrices within slices fit `isize`.
    unsafe {
        F::GEMM(
            a.rows,
            a.columns,
            b.columns,
            F::ONE,
            a.values.as_ptr(),
            stride(a.row_stride),
            stride(a.column_stride),
            b.values.as_ptr(),
            stride(b.row_stride),
            stride(b.column_stride),
            beta,
            c.as_mut_ptr(),
            stride(b.columns),
            1,
        );
    }
}

/// Sets each row of `rows` to `row`.
pub(super) fn set_rows<F: Float>(rows: &mut [F], row: &[F]) {
    rows.chunks_exact_mut(row.len()).for_each(|r| r.copy_from_slice(row));
}

/// Adds all rows of `rows` to `sum`.
pub(super) fn add_rows<F: Float>(sum: &mut [F], rows: &[F]) {
    for row in rows.chunks_exact(sum.len()) {
        sum.iter_mut().zip(row).for_each(|(s, v)| *s += *v);
    }
}

/// The values of a matrix of so many `rows`, column by column.
pub(super) fn transposed<F: Float>(values: &[F], rows: usize) -> Vec<F> {
    let columns = values.len() / rows;
    (0..columns).flat_map(|column| values[column..].iter().step_by(columns).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_respect_strides() {
        let a = [1.0, 2.0, 9.0, 3.0, 4.0];
        let a = Matrix::spaced(&a, 2, 2, 3);
        let b = [1.0, 0.0, 1.0, 2.0, 1.0, 0.0];
        let mut c = [100.0; 6];
        set_product(&mut c, a, Matrix::new(&b, 2, 3));
        assert_eq!(c, [5.0, 2.0, 1.0, 11.0, 4.0, 3.0]);
        let mut c = [1.0; 4];
        add_product(&mut c, a.transposed(), a);
        assert_eq!(c, [11.0, 15.0, 15.0, 21.0]);
    }

    #[test]
    #[should_panic(expected = "within their slices")]
    fn a_matrix_longer_than_its_slice_is_refused() {
        set_product(&mut [0.0; 4], Matrix::new(&[0.0f32; 3], 2, 2), Matrix::new(&[0.0; 4], 2, 2));
    }
}
