//! Hold music: chords, a melody, a bass and percussion, made up from a seed.

use crate::random::Random;
use crate::signal::{fade, level, millis, mix, multiples, set_level};
use offhook_audio::{Dbm0, RATE};
use std::f64::consts::TAU;

/// Chord progressions as steps of the scale from its first note.
const PROGRESSIONS: [[usize; 4]; 6] =
    [[0, 5, 3, 4], [0, 3, 4, 3], [0, 4, 5, 3], [5, 3, 0, 4], [0, 2, 3, 4], [0, 5, 1, 4]];

/// Semitones of the major and the natural minor scale.
const SCALES: [[f64; 7]; 2] = [[0.0, 2.0, 4.0, 5.0, 7.0, 9.0, 11.0], [0.0, 2.0, 3.0, 5.0, 7.0, 8.0, 10.0]];

/// How a note sounds.
#[derive(Clone, Copy)]
struct Timbre {
    /// Share of each harmonic that the next one has.
    brightness: f64,
    /// Decay in nepers a second; 0 holds the note.
    decay: f64,
    /// Time to reach full strength, in samples.
    attack: usize,
}

/// `length` samples of hold music, ±1 at 8 kHz, at `level` over the whole of it. Tempo, key, chords, melody and
/// instruments follow from `random`.
pub fn hold_music(length: usize, at: Dbm0, random: &mut Random) -> Vec<f32> {
    let mut samples = vec![0.0; length];
    let beat = (f64::from(RATE) * 60.0 / random.between(66.0..132.0)) as usize;
    let root_hz = 110.0 * 2f64.powf(random.whole(0..12) as f64 / 12.0);
    let scale = SCALES[random.whole(0..2)];
    let progression = PROGRESSIONS[random.whole(0..PROGRESSIONS.len())];
    let pad = Timbre { brightness: random.between(0.2..0.6), decay: 0.0, attack: millis(60) };
    let lead = Timbre {
        brightness: random.between(0.3..0.7),
        decay: random.between(1.0..5.0),
        attack: millis(random.whole(3..25)),
    };
    let bass = Timbre { brightness: 0.5, decay: 2.0, attack: millis(8) };
    let percussion = random.chance(0.6);
    let pitch = |step: usize| root_hz * 2f64.powf((step / 7) as f64 + scale[step % 7] / 12.0);

    let mut place = 7 + random.whole(0..7);
    for bar in 0..length / (4 * beat) + 1 {
        let start = bar * 4 * beat;
        let chord = progression[bar % 4];
        for third in [0, 2, 4] {
            mix(&mut samples, &note(pitch(chord + third), 4 * beat, 0.12, pad), start);
        }
        for half in [0, 2] {
            mix(&mut samples, &note(pitch(chord) / 2.0, 2 * beat, 0.25, bass), start + half * beat);
        }
        let mut when = 0;
        while when < 8 {
            let eighths = random.whole(1..4).min(8 - when);
            if random.chance(0.8) {
                place = (place + random.whole(0..5)).saturating_sub(2).clamp(5, 18);
                mix(&mut samples, &note(pitch(place), eighths * beat / 2, 0.3, lead), start + when * beat / 2);
            }
            when += eighths;
        }
        if percussion {
            for eighth in 0..8 {
                let strength = if eighth % 4 == 2 { 0.25 } else { 0.08 };
                mix(&mut samples, &stroke(strength, random), start + eighth * beat / 2);
            }
        }
    }
    let reached = level(&samples);
    set_level(&mut samples, reached, at);
    samples
}

fn note(hz: f64, length: usize, strength: f64, timbre: Timbre) -> Vec<f32> {
    let harmonics = (1..=8).take_while(|harmonic| hz * f64::from(*harmonic) < 3600.0).count();
    let mut samples: Vec<f32> = (0..length)
        .map(|at| {
            let time = at as f64 / f64::from(RATE);
            let mut weight = strength * (-timbre.decay * time).exp();
            let mut sum = 0.0;
            for sine in multiples(TAU * (hz * time).fract()).take(harmonics) {
                sum += weight * sine;
                weight *= timbre.brightness;
            }
            sum as f32
        })
        .collect();
    fade(&mut samples, timbre.attack, millis(30));
    samples
}

/// A stroke on a drum or a cymbal: noise that dies away.
fn stroke(strength: f64, random: &mut Random) -> Vec<f32> {
    (0..millis(90)).map(|at| (random.normal() * strength * (-(at as f64) / 150.0).exp()) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn music_has_its_level_and_repeats_by_seed() {
        let make = |seed| hold_music(40_000, Dbm0(-18.0), &mut Random::new(seed));
        assert_eq!(make(1), make(1));
        assert_ne!(make(1), make(2));
        assert!((level(&make(1)).0 - -18.0).abs() < 0.1);
        assert!(hold_music(0, Dbm0(-18.0), &mut Random::new(1)).is_empty());
    }

    #[test]
    fn music_hardly_pauses() {
        let samples = hold_music(160_000, Dbm0(-18.0), &mut Random::new(3));
        assert!(samples.chunks(4000).all(|part| level(part).0 > -40.0));
    }
}
