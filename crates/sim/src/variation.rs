//! Other voices made of one: pitch and tempo changed, and a call recorded over a telephone that was none.

use crate::handset::Handset;
use crate::line::Encoding;
use crate::noise::{NoiseKind, noise};
use crate::random::Random;
use crate::signal::{NOMINAL_SPEECH, active_level, amplify, from_pcm, mix, resample, set_level, to_pcm};
use crate::{filter::Biquad, signal::millis};
use offhook_audio::Dbm0;

/// How a voice is changed before it enters the line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VoiceChange {
    /// Pitch and formants, in semitones, −12 to 12.
    pub semitones: f64,
    /// How much longer everything takes, 0.5 to 2.
    pub stretch: f64,
}

/// How far two segments of the stretched sound overlap, in samples: 15 ms.
const STEP: usize = millis(15);
/// How far a segment may be moved to where it fits best, in samples: 8 ms, half a period of a low voice.
const REACH: usize = millis(8);

impl VoiceChange {
    /// A change by up to 3 semitones and from 0.85 to 1.2 times the length.
    pub fn drawn(random: &mut Random) -> Self {
        Self { semitones: random.between(-3.0..3.0), stretch: random.between(0.85..1.2) }
    }

    /// The changed sound, about `stretch` times as long.
    pub fn of(&self, samples: &[f32]) -> Vec<f32> {
        let faster = 2f64.powf(self.semitones.clamp(-12.0, 12.0) / 12.0);
        let longer = stretched(samples, self.stretch.clamp(0.5, 2.0) * faster);
        if (faster - 1.0).abs() < 1e-6 { longer } else { resample(&longer, 8000.0 * faster, 8000.0) }
    }
}

/// `samples` in `factor` times the time at the same pitch, by overlapping segments, each taken from near its
/// place where it continues the one before best (WSOLA: Verhelst and Roelands 1993).
fn stretched(samples: &[f32], factor: f64) -> Vec<f32> {
    let length = (samples.len() as f64 * factor) as usize;
    if samples.len() < 4 * STEP {
        return samples.to_vec();
    }
    let slope: Vec<f32> = (0..STEP)
        .map(|at| (0.5 - 0.5 * (std::f64::consts::PI * (at as f64 + 0.5) / STEP as f64).cos()) as f32)
        .collect();
    let last = samples.len() - 2 * STEP;
    let mut output = samples[..STEP].to_vec();
    output.reserve(length);
    let mut natural = STEP;
    while output.len() < length {
        let nominal = ((output.len() as f64 / factor) as usize).min(last);
        let from = best_start(samples, natural.min(last), nominal, last);
        // The end of the segment before fades out while this one fades in.
        let ending = &samples[natural.min(last)..][..STEP];
        output.extend(ending.iter().zip(&samples[from..]).zip(&slope).map(|((old, new), up)| old + (new - old) * up));
        natural = from + STEP;
    }
    output.truncate(length);
    output
}

/// The start within reach of `nominal` whose segment is most like the one that begins at `natural`.
fn best_start(samples: &[f32], natural: usize, nominal: usize, last: usize) -> usize {
    let wanted = &samples[natural..natural + STEP];
    let likeness = |start: usize| {
        let (mut product, mut square) = (0f32, 1e-9f32);
        // Every second sample tells enough.
        for (a, b) in wanted.iter().zip(&samples[start..start + STEP]).step_by(2) {
            product += a * b;
            square += b * b;
        }
        product / square.sqrt()
    };
    let starts = nominal.saturating_sub(REACH)..=(nominal + REACH).min(last);
    let mut best = (nominal, f32::NEG_INFINITY);
    for start in starts.step_by(2) {
        let now = likeness(start);
        if now > best.1 {
            best = (start, now);
        }
    }
    best.0
}

/// A telephone connection that a voice came over before it was recorded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct FirstLeg {
    handset: Handset,
    encoding: Encoding,
    noise: Option<(NoiseKind, f32)>,
    seed: u64,
}

impl FirstLeg {
    pub(crate) fn drawn(random: &mut Random) -> Self {
        let encoding = match random.whole(0..10) {
            0..3 => Encoding::Gsm,
            3..8 => Encoding::Ulaw,
            _ => Encoding::Alaw,
        };
        let kinds = [NoiseKind::White, NoiseKind::Pink, NoiseKind::Comfort, NoiseKind::Hum60, NoiseKind::Babble];
        let kind = random.pick(&kinds).copied().unwrap_or(NoiseKind::Pink);
        let noise = random.chance(0.8).then(|| (kind, random.between(18.0..45.0) as f32));
        Self { handset: Handset::drawn(random), encoding, noise, seed: random.bits() }
    }

    /// What a voice at the nominal level sounds like at the end of the leg, at the nominal level.
    pub(crate) fn carry(&self, samples: &mut Vec<f32>) {
        self.handset.hear(samples);
        for q in [0.541, 1.307] {
            Biquad::high_pass(280.0, q).run(samples);
            Biquad::low_pass(3400.0, q).run(samples);
        }
        if let Some((kind, below_db)) = self.noise {
            let mut random = Random::new(self.seed);
            let noise = noise(kind, samples.len(), Dbm0(NOMINAL_SPEECH.0 - below_db), &mut random);
            mix(samples, &noise, 0);
        }
        amplify(samples, -3.0);
        *samples = from_pcm(&self.encoding.round_trip(&to_pcm(samples)));
        if let Some(level) = active_level(samples) {
            set_level(samples, level, NOMINAL_SPEECH);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::{level, power_at};
    use crate::tones::together;

    #[test]
    fn stretching_changes_the_length_and_no_pitch() {
        let tone = together(&[300.0, 600.0], 16_000, Dbm0(-20.0));
        for factor in [0.85, 1.0, 1.2] {
            let out = VoiceChange { semitones: 0.0, stretch: factor }.of(&tone);
            assert!((out.len() as f64 / (16_000.0 * factor) - 1.0).abs() < 0.01, "{factor}");
            assert!((level(&out).0 - -20.0).abs() < 0.5, "{factor} {}", level(&out).0);
            let middle = &out[1000..9000];
            let pure = (power_at(middle, 300.0) + power_at(middle, 600.0)) / level(middle).mean_square();
            assert!(pure > 0.9, "{factor} {pure}");
        }
    }

    #[test]
    fn pitch_moves_by_semitones_and_the_length_stays() {
        let tone = together(&[500.0], 16_000, Dbm0(-20.0));
        for semitones in [-3.0, 3.0] {
            let out = VoiceChange { semitones, stretch: 1.0 }.of(&tone);
            assert!((out.len() as f64 / 16_000.0 - 1.0).abs() < 0.01, "{semitones}");
            // A window of 100 ms: joints may move the phase by a little.
            let hz = 500.0 * 2f64.powf(semitones / 12.0);
            let pure = power_at(&out[4000..4800], hz) / level(&out[4000..4800]).mean_square();
            assert!(pure > 0.8, "{semitones} {pure}");
        }
    }

    #[test]
    fn any_length_can_be_changed() {
        let mut random = Random::new(1);
        for length in [0, 1, 100, 479, 480, 481, 3000] {
            let change = VoiceChange::drawn(&mut random);
            assert!(change.of(&vec![0.1; length]).iter().all(|x| x.is_finite()));
        }
    }

    #[test]
    fn a_first_leg_keeps_level_and_length() {
        let mut random = Random::new(4);
        for _ in 0..20 {
            let mut samples = together(&[500.0, 1200.0], 8000, NOMINAL_SPEECH);
            FirstLeg::drawn(&mut random).carry(&mut samples);
            assert_eq!(samples.len(), 8000);
            assert!((active_level(&samples).unwrap().0 - NOMINAL_SPEECH.0).abs() < 0.3);
        }
    }
}
