//! Background noises, each of exactly the level asked for.

use crate::error::SimError;
use crate::filter::Biquad;
use crate::random::Random;
use crate::signal::{level, millis, mix, multiples, set_level};
use offhook_audio::{Dbm0, RATE};
use std::f64::consts::TAU;
use std::fmt;
use std::str::FromStr;

/// A kind of background noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoiseKind {
    /// Equal power at every frequency.
    White,
    /// Power falling by 3 dB an octave.
    Pink,
    /// Road rumble, the harmonics of an engine, wind.
    Car,
    /// Traffic that comes and goes over a steady murmur, with an occasional horn.
    Street,
    /// Several people talking at once: noise shaped like speech, in syllables, overlapping.
    Babble,
    /// What a receiver plays while a sender is silent: weak, steady, shaped like a quiet room.
    Comfort,
    /// Mains hum at 50 Hz with its harmonics.
    Hum50,
    /// Mains hum at 60 Hz with its harmonics.
    Hum60,
}

impl NoiseKind {
    /// Every kind.
    pub const ALL: [Self; 8] =
        [Self::White, Self::Pink, Self::Car, Self::Street, Self::Babble, Self::Comfort, Self::Hum50, Self::Hum60];

    /// The name, as [`FromStr`] reads it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::White => "white",
            Self::Pink => "pink",
            Self::Car => "car",
            Self::Street => "street",
            Self::Babble => "babble",
            Self::Comfort => "comfort",
            Self::Hum50 => "hum50",
            Self::Hum60 => "hum60",
        }
    }
}

impl FromStr for NoiseKind {
    type Err = SimError;
    fn from_str(name: &str) -> Result<Self, SimError> {
        SimError::look_up("noise", name, &Self::ALL, Self::name)
    }
}

impl fmt::Display for NoiseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// `length` samples of noise, ±1 at 8 kHz, at `level` over the whole of it.
pub fn noise(kind: NoiseKind, length: usize, at: Dbm0, random: &mut Random) -> Vec<f32> {
    let mut samples = match kind {
        NoiseKind::White => white(length, random),
        NoiseKind::Pink => pink(length, random),
        NoiseKind::Car => car(length, random),
        NoiseKind::Street => street(length, random),
        NoiseKind::Babble => murmur(length, random),
        NoiseKind::Comfort => comfort(length, random),
        NoiseKind::Hum50 => hum(50.0, length, random),
        NoiseKind::Hum60 => hum(60.0, length, random),
    };
    let reached = level(&samples);
    set_level(&mut samples, reached, at);
    samples
}

/// `length` samples of people talking at once, made of these `voices` (±1 at 8 kHz), each from a random place on and
/// repeated as needed, at `level`. With no voice that has a sample it is [`NoiseKind::Babble`].
pub fn babble(voices: &[&[f32]], length: usize, at: Dbm0, random: &mut Random) -> Vec<f32> {
    let mut samples = vec![0.0; length];
    for voice in voices.iter().filter(|voice| !voice.is_empty()) {
        let start = random.whole(0..voice.len());
        let talk: Vec<f32> = voice.iter().copied().cycle().skip(start).take(length).collect();
        mix(&mut samples, &talk, 0);
    }
    if level(&samples).0 < -90.0 {
        return noise(NoiseKind::Babble, length, at, random);
    }
    let reached = level(&samples);
    set_level(&mut samples, reached, at);
    samples
}

fn white(length: usize, random: &mut Random) -> Vec<f32> {
    (0..length).map(|_| (random.normal() * 0.1) as f32).collect()
}

/// White noise through poles and zeros spaced by octaves, which falls by 3 dB an octave to within half a decibel.
fn pink(length: usize, random: &mut Random) -> Vec<f32> {
    let mut samples = white(length, random);
    for step in 0..5 {
        let pole_hz = 12.0 * 4f64.powi(step);
        let (pole, zero) = (corner(pole_hz), corner(pole_hz * 2.0));
        let (mut before, mut last) = (0.0, 0.0);
        for sample in &mut samples {
            let input = f64::from(*sample);
            last = input - zero * before + pole * last;
            before = input;
            *sample = last as f32;
        }
    }
    samples
}

fn corner(hz: f64) -> f64 {
    (-TAU * hz / f64::from(RATE)).exp()
}

fn car(length: usize, random: &mut Random) -> Vec<f32> {
    let mut samples = white(length, random);
    Biquad::low_pass(random.between(120.0..250.0), 0.7).run(&mut samples);
    let rumble = level(&samples);
    set_level(&mut samples, rumble, Dbm0(-20.0));
    let mut wind = pink(length, random);
    let blowing = level(&wind);
    set_level(&mut wind, blowing, Dbm0(-28.0));
    mix(&mut samples, &wind, 0);
    let firing = random.between(40.0..90.0);
    let drift = random.between(0.05..0.3);
    let mut phase = 0.0;
    for (at, sample) in samples.iter_mut().enumerate() {
        phase += firing * (1.0 + 0.05 * (TAU * drift * at as f64 / f64::from(RATE)).sin()) / f64::from(RATE);
        let engine: f64 =
            (1..=8).zip(multiples(TAU * phase.fract())).map(|(harmonic, sine)| sine / f64::from(harmonic)).sum();
        *sample += (0.03 * engine) as f32;
    }
    samples
}

fn street(length: usize, random: &mut Random) -> Vec<f32> {
    let mut samples = pink(length, random);
    let steady = level(&samples);
    set_level(&mut samples, steady, Dbm0(-30.0));
    let mut next = random.whole(0..millis(3000));
    while next < length {
        let pass = random.whole(millis(1500)..millis(5000)).min(length - next);
        let mut vehicle = car(pass, random);
        let near = random.between(-24.0..-12.0) as f32;
        set_level(&mut vehicle, Dbm0(-18.0), Dbm0(near));
        crate::signal::fade(&mut vehicle, pass / 2, pass / 2);
        mix(&mut samples, &vehicle, next);
        if random.chance(0.15) {
            let horn_hz = [random.between(380.0..440.0), random.between(470.0..550.0)];
            let horn = crate::tones::together(&horn_hz, random.whole(millis(150)..millis(600)), Dbm0(-24.0));
            mix(&mut samples, &horn, next + pass / 3);
        }
        next += random.whole(millis(1000)..millis(6000));
    }
    samples
}

/// Syllables of speech-shaped noise from several talkers.
fn murmur(length: usize, random: &mut Random) -> Vec<f32> {
    let mut samples = vec![0.0; length];
    for _ in 0..random.whole(4..8) {
        let mut talker = white(length, random);
        Biquad::low_pass(random.between(500.0..900.0), 0.6).run(&mut talker);
        Biquad::high_pass(150.0, 0.7).run(&mut talker);
        let mut at = 0;
        while at < length {
            let syllable = random.whole(millis(90)..millis(260)).min(length - at);
            let strength = random.between(0.3..1.0) as f32;
            for sample in &mut talker[at..at + syllable] {
                *sample *= strength;
            }
            crate::signal::fade(&mut talker[at..at + syllable], syllable / 3, syllable / 2);
            at += syllable;
            if random.chance(0.12) {
                let pause = random.whole(millis(100)..millis(900)).min(length - at);
                talker[at..at + pause].fill(0.0);
                at += pause;
            }
        }
        mix(&mut samples, &talker, 0);
    }
    samples
}

fn comfort(length: usize, random: &mut Random) -> Vec<f32> {
    let mut samples = white(length, random);
    Biquad::low_pass(900.0, 0.5).run(&mut samples);
    samples
}

fn hum(mains_hz: f64, length: usize, random: &mut Random) -> Vec<f32> {
    let parts: Vec<(f64, f64, f64)> = (1..=9)
        .map(|harmonic| {
            let weight = if harmonic % 2 == 1 { 1.0 } else { 0.4 } / f64::from(harmonic);
            (mains_hz * f64::from(harmonic), weight * random.between(0.5..1.0), random.unit())
        })
        .collect();
    (0..length)
        .map(|at| {
            let turns = at as f64 / f64::from(RATE);
            let sum: f64 = parts.iter().map(|(hz, weight, phase)| weight * (TAU * (hz * turns + phase)).sin()).sum();
            (0.1 * sum) as f32
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::power_at;

    #[test]
    fn each_kind_has_its_level_and_repeats_by_seed() {
        for kind in NoiseKind::ALL {
            let samples = noise(kind, 24_000, Dbm0(-30.0), &mut Random::new(5));
            assert!((level(&samples).0 - -30.0).abs() < 0.05, "{kind} {}", level(&samples));
            assert_eq!(samples, noise(kind, 24_000, Dbm0(-30.0), &mut Random::new(5)));
            assert_ne!(samples, noise(kind, 24_000, Dbm0(-30.0), &mut Random::new(6)));
            assert!(noise(kind, 0, Dbm0(-30.0), &mut Random::new(5)).is_empty());
        }
    }

    #[test]
    fn pink_noise_falls_by_3_db_an_octave() {
        let samples = noise(NoiseKind::Pink, 400_000, Dbm0(-20.0), &mut Random::new(9));
        let octave = |low: f64| {
            let lines: Vec<f64> = (0..100).map(|line| low * (1.0 + f64::from(line) / 100.0)).collect();
            let sum: f32 = samples.chunks(8000).flat_map(|part| lines.iter().map(|hz| power_at(part, *hz))).sum();
            10.0 * sum.log10()
        };
        let fall = octave(200.0) - octave(1600.0);
        assert!((fall - 9.0).abs() < 1.5, "{fall}");
    }

    #[test]
    fn hum_sits_at_the_mains() {
        let samples = noise(NoiseKind::Hum50, 8000, Dbm0(-30.0), &mut Random::new(5));
        assert!(power_at(&samples, 50.0) > 100.0 * power_at(&samples, 60.0));
    }

    #[test]
    fn babble_is_made_of_the_voices_given() {
        let voice = crate::tones::together(&[700.0], 4000, Dbm0(-10.0));
        let samples = babble(&[&voice, &[]], 8000, Dbm0(-30.0), &mut Random::new(1));
        assert!((power_at(&samples, 700.0) / Dbm0(-30.0).mean_square() - 1.0).abs() < 0.05);
        assert_eq!(babble(&[], 800, Dbm0(-30.0), &mut Random::new(1)).len(), 800);
    }
}
