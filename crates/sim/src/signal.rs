//! Samples between −1 and 1 at 8 kHz while a call is put together: levels, mixing, rate conversion, conversion to PCM.

use offhook_audio::{Dbm0, RATE};
use std::f64::consts::PI;
use std::time::Duration;

/// The level of a talker on a well set up line, for silence that needs a reference: −26 dBov (ITU-T P.56, G.100.1).
pub const NOMINAL_SPEECH: Dbm0 = Dbm0(-20.0);

/// Frames over which [`active_level`] measures, in samples: 20 ms.
const ACTIVITY_FRAME: usize = 160;

/// Frames this far below the loudest one count as pauses, in dB.
const ACTIVITY_DEPTH_DB: f32 = 30.0;

/// Samples at 8 kHz in `span`, rounded down.
pub fn samples_in(span: Duration) -> usize {
    usize::try_from(span.as_micros() * u128::from(RATE) / 1_000_000).unwrap_or(usize::MAX)
}

/// `millis` milliseconds in samples at 8 kHz.
pub const fn millis(millis: usize) -> usize {
    millis * (RATE as usize / 1000)
}

/// Samples ±1 as 16-bit PCM, rounded, limited to the range.
pub fn to_pcm(samples: &[f32]) -> Vec<i16> {
    samples.iter().map(|sample| (sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16).collect()
}

/// 16-bit PCM as samples ±1.
pub fn from_pcm(samples: &[i16]) -> Vec<f32> {
    samples.iter().map(|sample| f32::from(*sample) / 32_768.0).collect()
}

/// Mean square of samples ±1; zero for none.
pub fn mean_square(samples: &[f32]) -> f32 {
    if samples.is_empty() {
        return 0.0;
    }
    (samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / samples.len() as f64) as f32
}

/// The level over the whole of `samples`.
pub fn level(samples: &[f32]) -> Dbm0 {
    Dbm0::from_mean_square(mean_square(samples))
}

/// The level over the frames of 20 ms in which something is said, after the idea of ITU-T P.56: pauses don't lower
/// it. `None` for silence.
pub fn active_level(samples: &[f32]) -> Option<Dbm0> {
    let frames = || samples.chunks(ACTIVITY_FRAME).map(mean_square);
    let loudest = Dbm0::from_mean_square(frames().fold(0.0, f32::max));
    if loudest.0 < -70.0 {
        return None;
    }
    let least = Dbm0(loudest.0 - ACTIVITY_DEPTH_DB).mean_square();
    let (sum, count) = frames()
        .filter(|square| *square >= least)
        .fold((0.0, 0u32), |(sum, count), square| (sum + f64::from(square), count + 1));
    Some(Dbm0::from_mean_square((sum / f64::from(count.max(1))) as f32))
}

/// Multiplies so that a part at `from` comes out at `to`.
pub fn set_level(samples: &mut [f32], from: Dbm0, to: Dbm0) {
    amplify(samples, to.0 - from.0);
}

/// Amplifies by `gain_db` decibels.
pub fn amplify(samples: &mut [f32], gain_db: f32) {
    let factor = 10f32.powf(gain_db / 20.0);
    for sample in samples {
        *sample *= factor;
    }
}

/// Adds `part` to `whole` from sample `at` on; what would lie past the end is dropped.
pub fn mix(whole: &mut [f32], part: &[f32], at: usize) {
    for (sample, added) in whole.iter_mut().skip(at).zip(part) {
        *sample += added;
    }
}

/// Raises the first `fade_in` samples from zero and lowers the last `fade_out` to zero along a half cosine. A fade
/// longer than the signal is cut to it.
pub fn fade(samples: &mut [f32], fade_in: usize, fade_out: usize) {
    let slope = |at: usize, length: usize| (0.5 - 0.5 * (PI * (at as f64 + 0.5) / length as f64).cos()) as f32;
    let (fade_in, fade_out) = (fade_in.min(samples.len()), fade_out.min(samples.len()));
    for (at, sample) in samples.iter_mut().take(fade_in).enumerate() {
        *sample *= slope(at, fade_in);
    }
    for (at, sample) in samples.iter_mut().rev().take(fade_out).enumerate() {
        *sample *= slope(at, fade_out);
    }
}

/// Zero crossings of the sinc on either side when converting rates.
const CROSSINGS: usize = 16;

/// Entries of the kernel's table between two zero crossings.
const KERNEL_STEPS: usize = 512;

/// Converts from one rate to another with a Hann-windowed sinc of 32 zero crossings, cut off at 95 % of the lower of
/// the two Nyquist frequencies. The same on every machine, unlike a conversion by a library that picks its vector
/// instructions by machine. Nothing comes of a rate of zero.
pub fn resample(samples: &[f32], from_hz: f64, to_hz: f64) -> Vec<f32> {
    if !(from_hz >= 1.0 && to_hz >= 1.0) || samples.is_empty() {
        return Vec::new();
    }
    let kernel = kernel();
    let step = from_hz / to_hz;
    let cutoff = 0.95 * (to_hz / from_hz).min(1.0);
    let reach = CROSSINGS as f64 / cutoff;
    let length = (samples.len() as f64 / step).floor() as usize;
    (0..length)
        .map(|out| {
            let centre = out as f64 * step;
            let first = (centre - reach).ceil().max(0.0) as usize;
            let last = ((centre + reach).floor() as usize).min(samples.len() - 1);
            let mut sum = 0.0;
            for (at, sample) in samples.iter().enumerate().take(last + 1).skip(first) {
                let place = (at as f64 - centre).abs() * cutoff * KERNEL_STEPS as f64;
                let (entry, part) = (place as usize, place.fract());
                if let [left, right, ..] = kernel[entry.min(kernel.len() - 2)..] {
                    sum += f64::from(*sample) * (left + part * (right - left));
                }
            }
            (cutoff * sum) as f32
        })
        .collect()
}

/// Half of the windowed sinc, from its centre on.
fn kernel() -> Vec<f64> {
    let entry = |at: usize| {
        let x = at as f64 / KERNEL_STEPS as f64;
        let sinc = if at == 0 { 1.0 } else { (PI * x).sin() / (PI * x) };
        sinc * (0.5 + 0.5 * (PI * x / CROSSINGS as f64).cos())
    };
    (0..=CROSSINGS * KERNEL_STEPS + 1).map(entry).collect()
}

/// Sines of an angle's multiples, from the first on: by recurrence, which costs one sine and one cosine for all.
pub(crate) fn multiples(angle: f64) -> impl Iterator<Item = f64> {
    let (sine, cosine) = angle.sin_cos();
    std::iter::successors(Some((sine, 0.0)), move |(last, before)| Some((2.0 * cosine * last - before, *last)))
        .map(|(sine, _)| sine)
}

/// The part of `samples` between its first and its last sound: what is 40 dB or more below the loudest 10 ms at either
/// end is cut off. Empty for silence.
pub fn trimmed(samples: &[f32]) -> &[f32] {
    const FRAME: usize = 80;
    let squares: Vec<f32> = samples.chunks(FRAME).map(mean_square).collect();
    let least = squares.iter().copied().fold(0.0, f32::max) * 1e-4;
    let sounds = |square: &f32| *square > 1e-9 && *square >= least;
    match (squares.iter().position(sounds), squares.iter().rposition(sounds)) {
        (Some(first), Some(last)) => &samples[first * FRAME..((last + 1) * FRAME).min(samples.len())],
        _ => &[],
    }
}

/// The power of one frequency in `samples`, as the mean square that a sine of that frequency would have (Goertzel).
pub fn power_at(samples: &[f32], hz: f64) -> f32 {
    let coefficient = 2.0 * (2.0 * PI * hz / f64::from(RATE)).cos();
    let (mut last, mut before) = (0.0f64, 0.0f64);
    for sample in samples {
        (last, before) = (f64::from(*sample) + coefficient * last - before, last);
    }
    let power = last * last + before * before - coefficient * last * before;
    let length = samples.len().max(1) as f64;
    (2.0 * power / (length * length)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(hz: f64, rate: f64, length: usize) -> Vec<f32> {
        (0..length).map(|at| (2.0 * PI * hz * at as f64 / rate).sin() as f32 * 0.5).collect()
    }

    #[test]
    fn resampling_keeps_what_fits_and_removes_what_does_not() {
        let kept = resample(&sine(1000.0, 22_050.0, 22_050), 22_050.0, 8000.0);
        assert_eq!(kept.len(), 8000);
        assert!((power_at(&kept[400..7600], 1000.0) / 0.125 - 1.0).abs() < 0.02);
        let removed = resample(&sine(5000.0, 22_050.0, 22_050), 22_050.0, 8000.0);
        assert!(mean_square(&removed[400..7600]) < 0.125 * 1e-5);
        assert!(resample(&[0.1], 0.0, 8000.0).is_empty());
    }

    #[test]
    fn pauses_do_not_lower_the_active_level() {
        let mut samples = sine(500.0, 8000.0, 8000);
        let loud = level(&samples).0;
        samples.extend([0.0; 16_000]);
        assert!((active_level(&samples).unwrap().0 - loud).abs() < 0.1);
        assert_eq!(active_level(&[0.0; 800]), None);
    }

    #[test]
    fn trimming_keeps_the_sound() {
        let mut samples = vec![0.0; 800];
        samples.extend(sine(500.0, 8000.0, 1600));
        samples.extend([0.0; 240]);
        assert_eq!(trimmed(&samples).len(), 1600);
        assert!(trimmed(&[0.0; 100]).is_empty() && trimmed(&[]).is_empty());
    }

    #[test]
    fn multiples_are_sines() {
        for (order, sine) in (1..=8).zip(multiples(0.7)) {
            assert!((sine - (0.7 * f64::from(order)).sin()).abs() < 1e-12);
        }
    }

    #[test]
    fn pcm_is_limited() {
        assert_eq!(to_pcm(&[2.0, -2.0, 0.5, f32::NAN]), [32_767, -32_768, 16_384, 0]);
    }
}
