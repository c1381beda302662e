//! The room around a telephone: reverberation that dies away.

use crate::random::Random;
use crate::signal::{level, set_level};
use offhook_audio::RATE;
use std::time::Duration;

/// A room with its reverberation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Room {
    /// The time in which reverberation falls by 60 dB, 10 ms to 5 s.
    pub decay: Duration,
    /// How far the reverberation lies below the direct sound, in dB, −20 to 60.
    pub distance_db: f32,
}

/// Lines of the network.
const LINES: usize = 8;

impl Room {
    /// Adds reverberation to `samples`: eight delays of 8 to 45 ms that feed each other through a Hadamard matrix (Jot
    /// and Chaigne, "Digital delay networks for designing artificial reverberators", 1991), high frequencies dying first.
    pub(crate) fn fill(&self, samples: &mut [f32], random: &mut Random) {
        let decay = self.decay.as_secs_f64().clamp(0.01, 5.0);
        let lengths: [usize; LINES] =
            std::array::from_fn(|line| 64 + 37 * line + random.whole(0..37) - usize::from(line == 0));
        let gains = lengths.map(|length| 10f64.powf(-3.0 * length as f64 / (decay * f64::from(RATE))) as f32);
        let mut delays = lengths.map(|length| vec![0f32; length]);
        let (mut places, mut damped) = ([0; LINES], [0f32; LINES]);
        let damping = random.between(0.05..0.45) as f32;
        let mut wet: Vec<f32> = Vec::with_capacity(samples.len());
        for sample in samples.iter() {
            let mut out: [f32; LINES] = std::array::from_fn(|line| delays[line][places[line]]);
            for ((out, damped), gain) in out.iter_mut().zip(&mut damped).zip(&gains) {
                *damped = *out * (1.0 - damping) + *damped * damping;
                *out = *damped * gain;
            }
            wet.push(out.iter().sum());
            hadamard(&mut out);
            for line in 0..LINES {
                delays[line][places[line]] = sample + out[line];
                places[line] = (places[line] + 1) % lengths[line];
            }
        }
        let (direct, reached) = (level(samples), level(&wet));
        if reached.0 > -99.0 {
            set_level(&mut wet, reached, offhook_audio::Dbm0(direct.0 - self.distance_db));
            for (sample, wet) in samples.iter_mut().zip(&wet) {
                *sample += wet;
            }
            let reached = level(samples);
            set_level(samples, reached, direct);
        }
    }
}

fn hadamard(values: &mut [f32; LINES]) {
    let mut width = 1;
    while width < LINES {
        for start in (0..LINES).step_by(2 * width) {
            for at in start..start + width {
                let (first, second) = (values[at], values[at + width]);
                (values[at], values[at + width]) = (first + second, first - second);
            }
        }
        width *= 2;
    }
    for value in values {
        *value *= 0.353_553_4;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::mean_square;

    #[test]
    fn a_click_dies_away_as_asked() {
        for decay in [200, 500] {
            let room = Room { decay: Duration::from_millis(decay), distance_db: 0.0 };
            let mut samples = vec![0.0; 8000];
            samples[0] = 1.0;
            room.fill(&mut samples, &mut Random::new(1));
            let part = |start: usize| mean_square(&samples[start..start + 400]);
            // Over a third of the decay it should fall by 20 dB, or more where damping takes part.
            let fall = 10.0 * (part(400) / part(400 + decay as usize * 8 / 3).max(1e-20)).log10();
            assert!((14.0..40.0).contains(&fall), "{decay} {fall}");
        }
    }

    #[test]
    fn silence_stays_silent() {
        let room = Room { decay: Duration::from_millis(300), distance_db: 6.0 };
        let mut samples = vec![0.0; 400];
        room.fill(&mut samples, &mut Random::new(1));
        assert_eq!(samples, [0.0; 400]);
    }
}
