//! What the shape of one spectrum says: where its weight lies, how far up it reaches, how noise-like it is. Each is
//! librosa's definition, on the powers of bins that begin at 0 Hz and lie `step` Hz apart.

/// The least power that counts for flatness: librosa's `amin`.
const LEAST: f32 = 1e-10;

/// The mean frequency, weighted by magnitude, in Hz; 0 for nothing at all.
pub(super) fn centroid(power: &[f32], step: f32) -> f32 {
    let (mut weighted, mut total) = (0.0, 0.0);
    for (bin, power) in power.iter().enumerate() {
        let magnitude = power.sqrt();
        weighted += bin as f32 * magnitude;
        total += magnitude;
    }
    if total > 0.0 { weighted / total * step } else { 0.0 }
}

/// The lowest frequency below or at which `share` of the magnitude lies, in Hz.
pub(super) fn rolloff(power: &[f32], step: f32, share: f32) -> f32 {
    let wanted = share * power.iter().map(|power| power.sqrt()).sum::<f32>();
    let mut sum = 0.0;
    let reached = power.iter().position(|power| {
        sum += power.sqrt();
        sum >= wanted
    });
    reached.unwrap_or(0) as f32 * step
}

/// The geometric mean of the powers over their arithmetic mean: 1 for white noise and for nothing at all, near 0 for a
/// tone (Gray and Markel 1974).
pub(super) fn flatness(power: &[f32]) -> f32 {
    let (mut logarithms, mut sum) = (0.0, 0.0);
    for power in power {
        let power = power.max(LEAST);
        logarithms += power.ln();
        sum += power;
    }
    let count = power.len() as f32;
    (logarithms / count).exp() / (sum / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_its_own_centroid_and_rolloff_and_not_flat() {
        let mut power = [0.0; 129];
        power[32] = 0.25;
        assert_eq!((centroid(&power, 31.25), rolloff(&power, 31.25, 0.85)), (1000.0, 1000.0));
        assert!(flatness(&power) < 1e-6);
    }

    #[test]
    fn an_even_spectrum_is_flat_and_centred() {
        let power = [1.0; 101];
        assert!((centroid(&power, 10.0) - 500.0).abs() < 0.01);
        assert_eq!(rolloff(&power, 10.0, 0.85), 850.0);
        assert!((flatness(&power) - 1.0).abs() < 1e-5);
    }

    #[test]
    fn nothing_at_all_has_numbers_too() {
        assert_eq!((centroid(&[0.0; 9], 1.0), rolloff(&[0.0; 9], 1.0, 0.85)), (0.0, 0.0));
        assert!((flatness(&[0.0; 9]) - 1.0).abs() < 1e-5);
    }
}
