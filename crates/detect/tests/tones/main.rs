//! The tones of the telephone network as the standards define them, on the lines they come over.
//!
//! Tests are named after the standard that sets the figure: ITU-T Q.23 and Q.24 (DTMF), T.30, V.8 and V.25 (fax and
//! modem), E.180 (supervisory and special information tones), Telcordia GR-674 (codes of the latter).

mod digits;
mod fax;
mod information;
mod music;
mod other_sounds;
mod supervisory;

use std::sync::Arc;
use std::time::Duration;

use offhook_audio::tones::Country;
use offhook_audio::{Dbm0, HOP, MediaTime, g711};
use offhook_detect::{DetectConfig, Detector, Params, Signals};
use offhook_sim::noise::{NoiseKind, noise};
use offhook_sim::signal::{amplify, mix, to_pcm};
use offhook_sim::{Random, tones};

/// How a tone arrives: through µ-law in any case.
#[derive(Clone, Copy, Debug)]
struct Line {
    gain_db: f32,
    /// White noise this far below [`LEVEL`].
    snr_db: Option<f32>,
    /// One hop in fifty never arrives.
    gaps: bool,
}

const CLEAN: Line = Line { gain_db: 0.0, snr_db: None, gaps: false };
const NOISY: Line = Line { snr_db: Some(10.0), ..CLEAN };

/// Every line that tones must survive.
const LINES: [Line; 5] =
    [CLEAN, NOISY, Line { gain_db: 12.0, ..CLEAN }, Line { gain_db: -12.0, ..CLEAN }, Line { gaps: true, ..CLEAN }];

/// What tones are sent at.
const LEVEL: Dbm0 = Dbm0(-15.0);

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn silence(millis: usize) -> Vec<f32> {
    vec![0.0; millis * 8]
}

fn sine(hz: f32, millis: usize, level: Dbm0) -> Vec<f32> {
    tones::together(&[f64::from(hz)], millis * 8, level)
}

/// What the engine says of each hop.
fn hear(samples: &[f32], line: Line, country: Country) -> Vec<Signals> {
    let mut samples = samples.to_vec();
    if let Some(snr) = line.snr_db {
        let noise = noise(NoiseKind::White, samples.len(), Dbm0(LEVEL.0 - snr), &mut Random::new(5));
        mix(&mut samples, &noise, 0);
    }
    amplify(&mut samples, line.gain_db);
    let pcm: Vec<i16> = to_pcm(&samples).into_iter().map(|x| g711::decode_ulaw(g711::encode_ulaw(x))).collect();
    let mut config = DetectConfig::default();
    config.tone.country = country;
    let mut detector = Detector::new(&Arc::new(Params::new(config).expect("the default configuration is valid")));
    let mut heard = Vec::new();
    for (index, hop) in pcm.chunks_exact(HOP).enumerate() {
        if line.gaps && index % 50 == 23 {
            detector.push_gap(HOP as u64).for_each(drop);
        } else {
            detector.push(hop).for_each(drop);
        }
        heard.push(*detector.signals());
    }
    heard
}

/// What was said, and when.
fn given<T>(heard: &[Signals], what: impl Fn(&Signals) -> Option<T>) -> Vec<(MediaTime, T)> {
    heard.iter().filter_map(|s| what(s).map(|given| (s.at, given))).collect()
}
