/// The logarithm to base 2 of a positive number, to 0.01: the exponent, and a parabola through the mantissa.
pub(crate) fn fast_log2(x: f32) -> f32 {
    let bits = x.to_bits();
    let exponent = (bits >> 23) as f32 - 127.0;
    let mantissa = f32::from_bits(bits & 0x007f_ffff | 0x3f80_0000);
    exponent + (-0.336 * mantissa + 2.008) * mantissa - 1.672
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_logarithm_is_near_the_true_one() {
        for x in [1e-6f32, 0.01, 0.5, 1.0, 1.3, 1.99, 2.0, 750.0, 1e9] {
            assert!((fast_log2(x) - x.log2()).abs() < 0.012, "{x}: {} {}", fast_log2(x), x.log2());
        }
    }
}
