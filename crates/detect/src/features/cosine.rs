//! Cepstral coefficients: the discrete cosine transform of type II, orthonormal, of a logarithmic spectrum (Davis and
//! Mermelstein 1980). The first says how loud it is, the next how it is tilted, the later ones its finer shape.

use std::f64::consts::PI;

use super::{FeatureError, Matrix};

/// The first rows of the orthonormal DCT-II of a length.
#[derive(Clone, Debug)]
pub(super) struct CosineTransform {
    length: usize,
    /// A row a coefficient.
    weights: Vec<f32>,
}

impl CosineTransform {
    /// The first `coefficients` of a vector of `length`.
    pub(super) fn new(coefficients: usize, length: usize) -> Self {
        let weight = |at: usize| {
            let (k, n) = (at / length, at % length);
            let scale = if k == 0 { 1.0 } else { 2.0 };
            let turn = PI * k as f64 * (2 * n + 1) as f64 / (2 * length) as f64;
            ((scale / length as f64).sqrt() * turn.cos()) as f32
        };
        Self { length, weights: (0..coefficients * length).map(weight).collect() }
    }

    /// The coefficients of `values` into `out`.
    pub(super) fn apply(&self, values: &[f32], out: &mut [f32]) {
        for (out, weights) in out.iter_mut().zip(self.weights.chunks_exact(self.length)) {
            *out = weights.iter().zip(values).map(|(w, x)| w * x).sum();
        }
    }
}

/// The first `n_mfcc` cepstral coefficients of each column of `mel_db`, a mel spectrogram in dB: a row a coefficient.
/// Equals `librosa.feature.mfcc(S=mel_db, n_mfcc=n_mfcc)`; librosa's own levels are `power_to_db(ref=1.0, top_db=80)`.
///
/// # Errors
/// [`FeatureError::Parameter`] if `n_mfcc` is 0 or more than there are bands.
pub fn mfcc(mel_db: &Matrix, n_mfcc: usize) -> Result<Matrix, FeatureError> {
    let bands = mel_db.rows();
    if n_mfcc == 0 || n_mfcc > bands {
        return Err(FeatureError::parameter("n_mfcc", n_mfcc, format!("1 to {bands}, the bands there are")));
    }
    let transform = CosineTransform::new(n_mfcc, bands);
    let mut made = Matrix::from_fn(n_mfcc, mel_db.columns(), |_, _| 0.0);
    let (mut levels, mut coefficients) = (vec![0.0; bands], vec![0.0; n_mfcc]);
    let columns = mel_db.columns();
    for column in 0..columns {
        levels.iter_mut().zip(mel_db.column(column)).for_each(|(to, from)| *to = from);
        transform.apply(&levels, &mut coefficients);
        for (row, value) in coefficients.iter().enumerate() {
            made.values_mut()[row * columns + column] = *value;
        }
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transform_is_orthonormal() {
        let whole = CosineTransform::new(13, 13);
        for (at, one) in whole.weights.chunks_exact(13).enumerate() {
            for (other_at, other) in whole.weights.chunks_exact(13).enumerate() {
                let product: f32 = one.iter().zip(other).map(|(a, b)| a * b).sum();
                let wanted = if at == other_at { 1.0 } else { 0.0 };
                assert!((product - wanted).abs() < 1e-5, "{at} {other_at} {product}");
            }
        }
    }

    #[test]
    fn a_flat_spectrum_has_only_the_first_coefficient() {
        let made = mfcc(&Matrix::from_fn(16, 2, |_, _| 3.0), 4).unwrap();
        assert!((made.get(0, 1).unwrap() - 12.0).abs() < 1e-4, "{made:?}");
        assert!((1..4).all(|row| made.get(row, 0).unwrap().abs() < 1e-4), "{made:?}");
        let error = mfcc(&made, 5).unwrap_err();
        assert_eq!(error.to_string(), "n_mfcc: given 5, allowed 1 to 4, the bands there are");
    }
}
