use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use offhook_audio::{HOP, MediaTime};
use offhook_detect::analysers::{
    BeepAnalyser, DtmfAnalyser, FaxAnalyser, Front, Hop, MelAnalyser, MusicAnalyser, SitAnalyser, Spectrum,
    SupervisoryAnalyser, VadAnalyser, measure,
};
use offhook_detect::net::NetState;
use offhook_detect::{Batch, Detector, Level, Params};
use serde::Serialize;

use super::counting::held_by;
use super::floor::{self, PACKET};
use super::material;
use super::timing::{RealTime, Timing, time};

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct EngineBench {
    /// Seconds of audio that each repetition listens to.
    pub(crate) audio_seconds: f64,
    /// The whole engine, with events taken; the net never rests.
    pub(crate) engine: Timing,
    /// How much faster than real time the whole engine is on one core.
    pub(crate) times_real_time: RealTime,
    /// The same with [`STREAMS`] streams in a batch, for each of them.
    pub(crate) batched: Timing,
    /// How much faster than real time that is: streams that one core carries.
    pub(crate) batched_times_real_time: RealTime,
    /// Streams in a batch.
    pub(crate) streams: usize,
    /// Stream by stream, as configured: the net rests once the verdict is final.
    pub(crate) resting: Timing,
    /// How long the model takes to read, in milliseconds, and its size in bytes; `None` without one.
    pub(crate) model: Option<ModelFigures>,
    /// Each part alone.
    pub(crate) parts: Vec<Part>,
    /// What the whole takes beyond the parts: trackers, fusion, cutting into hops; in the quickest repetitions.
    pub(crate) rest_ns_per_hop: f64,
    /// A plain counter of energy per 20 ms: the least that a detector can do.
    pub(crate) energy_counter: Timing,
    /// A copy of the samples.
    pub(crate) copy: Timing,
    /// How much longer the engine takes than the counter of energy, in the quickest repetitions.
    pub(crate) engine_over_energy_counter: f64,
    /// What one stream holds.
    pub(crate) stream: StreamBytes,
}

/// A model file.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct ModelFigures {
    /// Its size.
    pub(crate) bytes: usize,
    /// How long reading it takes, at best.
    pub(crate) load_ms: f64,
}

/// Streams in a batch.
const STREAMS: usize = 64;

/// One part of the engine.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Part {
    /// Its name.
    pub(crate) name: &'static str,
    /// How long it takes.
    #[serde(flatten)]
    pub(crate) timing: Timing,
}

/// The memory of one stream; what all streams share is not in it.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct StreamBytes {
    /// The detector itself.
    pub(crate) detector: usize,
    /// What it holds on the heap.
    pub(crate) heap: usize,
    /// Both.
    pub(crate) total: usize,
}

/// Measures everything, each row for about `budget`: `params` as configured, and `awake`, the same with a net that never
/// rests.
pub(crate) fn measure_engine(params: &Arc<Params>, awake: &Arc<Params>, budget: Duration) -> EngineBench {
    let sound = material::mixed();
    let hops = sound.len() / HOP;
    let (mut detector, heap) = held_by(|| Detector::new(awake));
    let one_by_one = |detector: &mut Detector| {
        time(hops, budget, || {
            detector.reset();
            for packet in sound.chunks(PACKET) {
                for event in detector.push(black_box(packet)) {
                    black_box(event);
                }
            }
        })
    };
    let engine = one_by_one(&mut detector);
    let resting = one_by_one(&mut Detector::new(params));
    let mut streams = vec![Detector::new(awake); STREAMS];
    let mut batch = Batch::new(awake);
    let batched = time(hops * STREAMS, budget, || {
        streams.iter_mut().for_each(Detector::reset);
        for packet in sound.chunks(PACKET) {
            batch.push(&mut streams, &[black_box(packet); STREAMS], |stream, event| {
                black_box((stream, event));
            });
        }
    });
    let model = params.model().map(|model| {
        let bytes = model.to_bytes();
        let load = time(1, budget, || drop(black_box(offhook_detect::Model::read(&bytes))));
        ModelFigures { bytes: bytes.len(), load_ms: load.best_ns_per_hop / 1e6 }
    });
    let parts = parts(params, &sound, budget);
    let in_parts: f64 = parts.iter().map(|part| part.timing.best_ns_per_hop).sum();
    let energy_counter = time(hops, budget, || floor::count_energy(&sound));
    let copy = time(hops, budget, || floor::copy(&sound));
    let size = size_of::<Detector>();
    EngineBench {
        audio_seconds: sound.len() as f64 / f64::from(offhook_audio::RATE),
        engine,
        times_real_time: engine.times_real_time(),
        batched,
        batched_times_real_time: batched.times_real_time(),
        streams: STREAMS,
        resting,
        model,
        rest_ns_per_hop: (engine.best_ns_per_hop - in_parts).max(0.0),
        parts,
        engine_over_energy_counter: engine.best_ns_per_hop / energy_counter.best_ns_per_hop,
        energy_counter,
        copy,
        stream: StreamBytes { detector: size, heap, total: size + heap },
    }
}

/// What every analyser sees of one hop, made beforehand.
struct Prepared {
    at: MediaTime,
    samples: [f32; HOP],
    sum_abs: u32,
    level: Level,
    spectrum: Spectrum,
}

fn prepare(sound: &[i16]) -> Vec<Prepared> {
    let mut front = Front::default();
    let mut prepared = Vec::with_capacity(sound.len() / HOP);
    for (number, hop) in sound.chunks_exact(HOP).enumerate() {
        let mut samples = [0.0; HOP];
        for (slot, sample) in samples.iter_mut().zip(hop) {
            *slot = f32::from(*sample) / 32_768.0;
        }
        let sum_abs = hop.iter().map(|sample| u32::from(sample.unsigned_abs())).sum();
        let level = measure(&samples, sum_abs);
        let spectrum = front.push(&samples).clone();
        let at = MediaTime::from_samples(((number + 1) * HOP) as u64);
        prepared.push(Prepared { at, samples, sum_abs, level, spectrum });
    }
    prepared
}

/// Times each part alone over the same hops.
fn parts(params: &Params, sound: &[i16], budget: Duration) -> Vec<Part> {
    let hops = prepare(sound);
    let config = params.config();
    let mut parts = Vec::new();
    let mut alone = |name, listen: &mut dyn FnMut(&[Prepared])| {
        let timing = time(hops.len(), budget, || listen(black_box(&hops)));
        parts.push(Part { name, timing });
    };
    fn seen(hop: &Prepared) -> Hop<'_> {
        Hop { at: hop.at, samples: &hop.samples, level: &hop.level, spectrum: &hop.spectrum }
    }
    alone("level", &mut |hops| {
        for hop in hops {
            black_box(measure(&hop.samples, hop.sum_abs));
        }
    });
    let mut front = Front::default();
    alone("spectrum", &mut |hops| {
        front.reset();
        for hop in hops {
            black_box(front.push(&hop.samples));
        }
    });
    let mut vad = VadAnalyser::new(&config.vad);
    alone("voice activity", &mut |hops| {
        vad.reset();
        for hop in hops {
            black_box(vad.push(&seen(hop)));
        }
    });
    let mut beep = BeepAnalyser::new(&config.beep, config.tone.country);
    alone("beep", &mut |hops| {
        beep.reset();
        for hop in hops {
            black_box(beep.push(&seen(hop)));
        }
    });
    let mut supervisory = SupervisoryAnalyser::new(config.tone.country);
    alone("supervisory tones", &mut |hops| {
        supervisory.reset();
        for hop in hops {
            black_box(supervisory.push(&seen(hop)));
        }
    });
    let mut sit = SitAnalyser::new();
    alone("special information", &mut |hops| {
        sit.reset();
        for hop in hops {
            black_box(sit.push(&seen(hop)));
        }
    });
    let mut fax = FaxAnalyser::new();
    alone("fax", &mut |hops| {
        fax.reset();
        for hop in hops {
            black_box(fax.push(&seen(hop)));
        }
    });
    let mut dtmf = DtmfAnalyser::new();
    alone("DTMF", &mut |hops| {
        dtmf.reset();
        for hop in hops {
            black_box(dtmf.push(&seen(hop)));
        }
    });
    let mut music = MusicAnalyser::new();
    alone("music", &mut |hops| {
        music.reset();
        for hop in hops {
            black_box(music.push(&seen(hop)));
        }
    });
    let network = params.model().and_then(|model| model.network()).filter(|_| config.weigh.net);
    if let Some(network) = network {
        let mut mel = MelAnalyser::new();
        alone("log-mel", &mut |hops| {
            mel.reset();
            for hop in hops {
                black_box(mel.push(&seen(hop)));
            }
        });
        let frames: Vec<_> = hops.iter().map(|hop| *mel.push(&seen(hop))).collect();
        let mut state = NetState::new(network);
        if network.architecture().streams() {
            alone("net", &mut |_| {
                state.reset();
                for frame in &frames {
                    if state.push_frame(network, black_box(frame)) {
                        black_box(network.step(&mut state));
                    }
                }
            });
        }
    }
    parts
}
