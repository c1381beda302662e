/// Numbers in rows and columns. Features have librosa's shape: a row a band or coefficient, a column a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    values: Vec<f32>,
}

impl Matrix {
    /// A matrix whose value at (`row`, `column`) is `value(row, column)`.
    pub fn from_fn(rows: usize, columns: usize, mut value: impl FnMut(usize, usize) -> f32) -> Self {
        let values = (0..rows * columns).map(|at| value(at / columns, at % columns)).collect();
        Self { rows, columns, values }
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// All values, row by row.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The value in one place; `None` outside.
    pub fn get(&self, row: usize, column: usize) -> Option<f32> {
        (row < self.rows && column < self.columns).then(|| self.values[row * self.columns + column])
    }

    /// The values of one column, from the top.
    pub fn column(&self, column: usize) -> impl Iterator<Item = f32> + '_ {
        self.values.iter().skip(column).step_by(self.columns.max(1)).copied()
    }

    pub(super) fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_where_they_were_put() {
        let matrix = Matrix::from_fn(2, 3, |row, column| (10 * row + column) as f32);
        assert_eq!(matrix.values(), [0.0, 1.0, 2.0, 10.0, 11.0, 12.0]);
        assert_eq!((matrix.get(1, 2), matrix.get(2, 0), matrix.get(0, 3)), (Some(12.0), None, None));
        assert_eq!(matrix.column(1).collect::<Vec<_>>(), [1.0, 11.0]);
    }
}
