//! Calls of one's own, changed a little each time they are learned from.

use super::calls::LabelledCall;
use super::example::Example;
use super::generation::in_parallel;
use crate::config::Augmentation;
use offhook_audio::RATE;
use offhook_sim::line::{Encoding, Line, LineNoise, NoiseSource};
use offhook_sim::noise::NoiseKind;
use offhook_sim::packets::{Concealment, Loss};
use offhook_sim::signal::{from_pcm, to_pcm};
use offhook_sim::{Random, Room, VoiceChange};
use std::f64::consts::TAU;
use std::sync::Arc;
use std::time::Duration;

/// How examples are made of one's own calls.
#[derive(Clone, Debug)]
pub struct Copies {
    /// How often what happens to a copy.
    pub augmentation: Augmentation,
    /// Changed copies of each call, beside the call as it is.
    pub copies: usize,
    /// Noises to add besides the simulator's own, ±1 at 8 kHz.
    pub noises: Vec<Arc<[f32]>>,
    /// Where longer calls are cut.
    pub longest: Duration,
    /// Whether examples keep their samples.
    pub keep_samples: bool,
    /// What chance follows from.
    pub seed: u64,
}

impl Copies {
    /// Each call as it is, then its copies, in the order of `calls`; made on all cores. The result depends on nothing but
    /// the arguments.
    pub fn make(&self, calls: &[LabelledCall]) -> Vec<Example> {
        let each = 1 + self.copies as u64;
        let make = |number: u64| {
            let call = &calls[(number / each) as usize];
            match number % each {
                0 => call.example(self.longest, self.keep_samples),
                _ => self.changed(call, &mut Random::for_item(self.seed, number)),
            }
        };
        in_parallel(0..calls.len() as u64 * each, &make)
    }

    /// A call with some of what can happen to it.
    fn changed(&self, call: &LabelledCall, random: &mut Random) -> Example {
        let mut call = call.clone();
        let Augmentation { time_stretching, pitch_shifting, volume_scaling, .. } = self.augmentation;
        let stretch = if random.chance(time_stretching) { random.between(0.9..1.1) } else { 1.0 };
        let semitones = if random.chance(pitch_shifting) { random.between(-2.0..2.0) } else { 0.0 };
        if stretch != 1.0 || semitones != 0.0 {
            call.change(VoiceChange { semitones, stretch });
        }
        if random.chance(volume_scaling) {
            let (depth_db, seconds, phase) = (random.between(2.0..8.0), random.between(2.0..10.0), random.unit());
            for (at, sample) in call.samples.iter_mut().enumerate() {
                let swing = (TAU * (at as f64 / f64::from(RATE) / seconds + phase)).sin();
                *sample = (f64::from(*sample) * 10f64.powf(depth_db * swing / 20.0)) as i16;
            }
        }
        let sounding = call.sounding();
        let line = self.line(random);
        let samples = line.apply(&call.samples, random.bits());
        call.line = format!("{}+augmented", if call.line.is_empty() { "unknown" } else { &call.line });
        call.example_of(samples, sounding, self.longest, self.keep_samples)
    }

    fn line(&self, random: &mut Random) -> Line {
        let Augmentation { noise_injection, codec, loss, gain, reverb, .. } = self.augmentation;
        let encodings = [Encoding::Ulaw, Encoding::Alaw, Encoding::Gsm];
        let coded = if random.chance(codec) { random.pick(&encodings).copied() } else { None };
        let noise = random.chance(noise_injection).then(|| {
            let kind = NoiseSource::Kind(random.pick(&NoiseKind::ALL).copied().unwrap_or(NoiseKind::Pink));
            let given = random.pick(&self.noises).cloned().filter(|noise| !noise.is_empty() && random.chance(0.5));
            let source = given.map_or(kind, NoiseSource::Recorded);
            LineNoise { source, snr_db: random.between(0.0..30.0) as f32 }
        });
        Line {
            noise,
            room: random.chance(reverb).then(|| Room {
                decay: Duration::from_millis(random.whole(100..600) as u64),
                distance_db: random.between(0.0..20.0) as f32,
            }),
            gain_db: if random.chance(gain) { random.between(-12.0..6.0) as f32 } else { 0.0 },
            loss: random
                .chance(loss)
                .then(|| Loss { share: 0.003 * 30f64.powf(random.unit()), burst: random.between(1.0..3.0) }),
            concealment: Concealment::RepeatAttenuated,
            ..Line::clean(coded.unwrap_or(Encoding::Linear))
        }
    }
}

impl LabelledCall {
    /// Changes pitch and tempo, and the known times with it.
    fn change(&mut self, change: VoiceChange) {
        let before = self.samples.len().max(1) as f64;
        self.samples = to_pcm(&change.of(&from_pcm(&self.samples)));
        let longer = self.samples.len() as f64 / before;
        for time in [&mut self.speech_start_ms, &mut self.greeting_end_ms].into_iter().flatten() {
            *time *= longer;
        }
        self.beep_ms = self.beep_ms.map(|(start, end)| (start * longer, end * longer));
    }
}
