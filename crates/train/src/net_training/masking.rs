//! Variation of crops while they are learnt from, on the log-mel frames: cheap enough for every crop of every epoch.

use std::f32::consts::TAU;

use offhook_detect::analysers::{EMPTY, MELS};
use offhook_sim::Random;

use crate::config::Augmentation;

/// The widest mask over bands, and over frames.
const MOST_BANDS: usize = 8;
const MOST_FRAMES: usize = 25;
/// The largest change of one band's level, up or down: about 6 dB in the units of a frame.
const MOST_COLOUR: f64 = 0.33;

/// Hides bands and stretches of time of some crops (SpecAugment: Park et al. 2019, "SpecAugment: A simple data augmentation
/// method for automatic speech recognition"), and lays a smooth random curve over the bands of some. `frames` holds crops
/// of `time` frames each.
pub(super) fn vary(frames: &mut [f32], time: usize, augmentation: &Augmentation, random: &mut Random) {
    for crop in frames.chunks_exact_mut((time * MELS).max(1)) {
        if random.chance(augmentation.colouring) {
            colour(crop, random);
        }
        if random.chance(augmentation.masking) {
            mask(crop, time, random);
        }
    }
}

fn colour(crop: &mut [f32], random: &mut Random) {
    let mut curve = [0.0f32; MELS];
    let level = random.between(-MOST_COLOUR..MOST_COLOUR) as f32;
    let (depth, phase) = (random.between(0.0..MOST_COLOUR) as f32, random.unit() as f32);
    let waves = random.between(0.3..1.5) as f32;
    for (band, value) in curve.iter_mut().enumerate() {
        *value = level + depth * (TAU * (waves * band as f32 / MELS as f32 + phase)).sin();
    }
    for frame in crop.chunks_exact_mut(MELS) {
        for (value, change) in frame.iter_mut().zip(curve) {
            // What is silent stays so: a line's colour changes no quantisation.
            if *value > EMPTY + 0.1 {
                *value += change;
            }
        }
    }
}

fn mask(crop: &mut [f32], time: usize, random: &mut Random) {
    let mean = crop.iter().sum::<f32>() / crop.len() as f32;
    for _ in 0..2 {
        let bands = random.whole(0..MOST_BANDS + 1);
        let first = random.whole(0..MELS - bands);
        for frame in crop.chunks_exact_mut(MELS) {
            frame[first..first + bands].fill(mean);
        }
        let frames = random.whole(0..MOST_FRAMES.min(time / 4) + 1);
        let begins = random.whole(0..(time - frames).max(1));
        crop[begins * MELS..(begins + frames) * MELS].fill(mean);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variation_follows_the_seed_and_leaves_the_rest_alone() {
        let crops = || vec![0.25f32; 4 * 60 * MELS];
        let always = Augmentation { masking: 1.0, colouring: 1.0, ..Augmentation::default() };
        let varied = |augmentation: &Augmentation, seed| {
            let mut frames = crops();
            vary(&mut frames, 60, augmentation, &mut Random::new(seed));
            frames
        };
        assert_eq!(varied(&always, 1), varied(&always, 1));
        assert_ne!(varied(&always, 1), varied(&always, 2));
        assert!(varied(&always, 3).iter().all(|value| value.is_finite() && value.abs() < 2.0));
        let never = Augmentation { masking: 0.0, colouring: 0.0, ..Augmentation::default() };
        assert_eq!(varied(&never, 1), crops());
    }
}
