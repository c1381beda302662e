//! From calls to what a net is shown: crops while it learns, whole calls while it is judged.

use offhook_detect::analysers::MELS;
use offhook_sim::Random;

use super::masking;
use crate::config::{Augmentation, TrainConfig};
use crate::data::{Class, CropConfig, Crops, Example, IGNORED, Sampler};
use crate::error::TrainError;
use crate::nn::{Batch, Net};

const SILENCE: u8 = Class::Silence as u8;
const NOISE: u8 = Class::Noise as u8;
/// Frames of sound after which a call is judged: 2 s.
const ENOUGH: usize = 200;
/// Frames of silence after sound, after which it is judged too: 1 s.
const WAITED: usize = 100;
/// Frames that a window begins before the first sound, so that its beginning is heard.
const BEFORE: usize = 10;

/// The frame at which it is said whether a machine answered: when 2 s of voice, music or tones were heard, or 1 s of
/// silence or noise followed the first of them; else the last frame.
pub(super) fn judged_at(classes: &[u8]) -> usize {
    let (mut sound, mut silence) = (0, 0);
    for (at, class) in classes.iter().enumerate() {
        match *class {
            SILENCE | NOISE if sound > 0 => silence += 1,
            SILENCE | NOISE => {}
            _ => (sound, silence) = (sound + 1, 0),
        }
        if sound >= ENOUGH || silence >= WAITED {
            return at;
        }
    }
    classes.len().saturating_sub(1)
}

/// The hop in which sound begins, if any does.
fn sound_begins(targets: &[u8]) -> Option<usize> {
    targets.iter().position(|class| !matches!(*class, SILENCE | NOISE | IGNORED))
}

/// What an epoch learns from: crops of calls for nets that stream, and for others a window of each call.
pub(super) struct Shown<'a> {
    calls: &'a [Example],
    sampler: Sampler<'a>,
    window: usize,
    seed: u64,
    augmentation: &'a Augmentation,
}

impl<'a> Shown<'a> {
    pub(super) fn new(calls: &'a [Example], net: &Net, config: &'a TrainConfig) -> Result<Self, TrainError> {
        let TrainConfig { training, augmentation, .. } = config;
        let hops = |seconds: f64| (seconds * 100.0).round() as usize;
        let window = net.architecture().window;
        let crops = CropConfig {
            batch: training.batch_size,
            shortest: hops(training.shortest_crop),
            longest: hops(training.longest_crop),
            from_start: training.from_start,
            ..CropConfig::default()
        };
        let sampler = Sampler::new(calls, crops, training.seed)?;
        Ok(Self { calls, sampler, window, seed: training.seed, augmentation })
    }

    /// Batches an epoch; the last may be smaller.
    pub(super) fn batches(&self) -> usize {
        self.sampler.batches()
    }

    /// The batches of an epoch, which depend on the epoch, the seed and the calls alone.
    pub(super) fn epoch<'s>(&'s self, epoch: u64, hops_per_step: usize) -> impl Iterator<Item = Batch> + 's {
        let mut random = Random::for_item(self.seed ^ WINDOWS, epoch);
        self.sampler.epoch(epoch).map(move |crops| {
            let mut batch = if self.window == 0 {
                of_crops(crops, hops_per_step)
            } else {
                let calls: Vec<&Example> = crops.examples.iter().map(|&at| &self.calls[at]).collect();
                windows(&calls, self.window, |_| random.whole(0..2 * BEFORE))
            };
            masking::vary(&mut batch.frames, batch.time, self.augmentation, &mut random);
            batch
        })
    }
}

/// Tells the chance of windows from that of crops.
const WINDOWS: u64 = 0x57_49_4e;

/// The crops with targets for each step of a net that takes one every `hops` hops.
fn of_crops(crops: Crops, hops: usize) -> Batch {
    let Crops { sequences, time, frames, targets, machine, .. } = crops;
    let mut batch = Batch { sequences, time, frames, ..Batch::default() };
    for (targets, machine) in targets.chunks_exact(time.max(1)).zip(machine) {
        // Before anything is heard there is nothing to judge by.
        let heard = sound_begins(targets);
        for step in 0..time / hops {
            let at = (step + 1) * hops - 1;
            let counts = machine.is_some() && targets[at] != IGNORED && heard.is_some_and(|heard| at >= heard);
            batch.classes.push(targets[at]);
            batch.binary.push(f32::from(machine.unwrap_or_default()));
            batch.binary_weights.push(f32::from(counts));
        }
    }
    batch
}

/// The window of each call that begins some hops, as `before` draws them, before its first sound.
fn windows(calls: &[&Example], window: usize, mut before: impl FnMut(usize) -> usize) -> Batch {
    let mut batch = Batch { sequences: calls.len(), time: window, ..Batch::default() };
    let mut frames = vec![0.0; window * MELS];
    for (at, call) in calls.iter().enumerate() {
        let start = sound_begins(&call.targets).unwrap_or(0).saturating_sub(before(at));
        call.frames.copy(start, &mut frames);
        batch.frames.extend_from_slice(&frames);
        batch.binary.push(f32::from(call.machine().unwrap_or_default()));
        batch.binary_weights.push(f32::from(call.machine().is_some()));
    }
    batch
}

/// Whole calls, for judging; nets that see a window are shown the one at the first sound.
pub(super) fn whole(calls: &[&Example], net: &Net) -> Batch {
    let architecture = net.architecture();
    if !architecture.streams() {
        return windows(calls, architecture.window, |_| BEFORE);
    }
    let hops = architecture.hops_per_step();
    let longest = calls.iter().map(|call| call.hops()).max().unwrap_or(0);
    let time = longest.next_multiple_of(hops).max(hops);
    let mut crops = Crops {
        sequences: calls.len(),
        time,
        frames: vec![0.0; calls.len() * time * MELS],
        targets: vec![IGNORED; calls.len() * time],
        machine: calls.iter().map(|call| call.machine()).collect(),
        ..Crops::default()
    };
    let places = crops.frames.chunks_exact_mut(time * MELS).zip(crops.targets.chunks_exact_mut(time));
    for (call, (frames, targets)) in calls.iter().zip(places) {
        call.frames.copy(0, frames);
        targets[..call.targets.len()].copy_from_slice(&call.targets);
    }
    of_crops(crops, hops)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_judged_when_enough_was_heard() {
        let call = |parts: &[(u8, usize)]| -> Vec<u8> {
            parts.iter().flat_map(|&(class, frames)| std::iter::repeat_n(class, frames)).collect()
        };
        // "Hello?" and waiting; a greeting with a short pause; a call that ends; one without sound.
        assert_eq!(judged_at(&call(&[(0, 50), (1, 60), (0, 400)])), 209);
        assert_eq!(judged_at(&call(&[(0, 50), (2, 120), (0, 40), (2, 300)])), 289);
        assert_eq!(judged_at(&call(&[(6, 50), (1, 60), (6, 30)])), 139);
        assert_eq!(judged_at(&call(&[(0, 80)])), 79);
        assert_eq!(judged_at(&[]), 0);
    }
}
