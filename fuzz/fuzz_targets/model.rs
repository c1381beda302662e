#![no_main]
//! Any bytes as a model file, and any bytes as the parts of one: reading ends in an error or in a model that is written
//! as it was read, and that a detector can weigh with.

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use offhook_detect::{DetectConfig, Detector, EventKind, Model, Params, Preset};

/// Weights of a net that a detector is made for: more than any that is meant, few enough to be quick.
const MOST_WEIGHTS: usize = 200_000;

/// A model file with these bodies for its last three parts: the net, the timing model, the weights that join them.
fn file(parts: [&[u8]; 3]) -> Vec<u8> {
    // An empty model's file ends in an empty net, no timing model, and weights; what is before these is kept.
    let empty = Model::default().to_bytes();
    let length = |at: usize| empty.get(at..at + 4).map_or(0, |b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize);
    // The magic and the version, then the features and the card, each after its length.
    let features = 12;
    let card = features + 4 + length(features);
    let mut file = empty[..card + 4 + length(card)].to_vec();
    for part in parts {
        file.extend((part.len() as u32).to_le_bytes());
        file.extend(part);
    }
    file
}

/// A second of bursts, and a second of silence.
fn samples() -> Vec<i16> {
    let buzz = |at: usize| if at % 73 < 9 { 9000 } else { -1100 };
    (0..16_000).map(|at| if at < 8000 && at % 3200 > 800 { buzz(at) } else { 0 }).collect()
}

fn try_model(bytes: &[u8]) {
    let Ok(model) = Model::read(bytes) else { return };
    assert_eq!(model.to_bytes(), bytes);
    assert_eq!(model.fingerprint(), model.clone().fingerprint());
    if model.network().is_some_and(|network| network.weights().len() > MOST_WEIGHTS) {
        return;
    }
    let Ok(params) = Params::with_model(DetectConfig::preset(Preset::Balanced), Arc::new(model)) else {
        panic!("the default configuration with a model")
    };
    let threshold = params.threshold().map_or(0.0, |threshold| threshold.get());
    assert!((0.0..=1.0).contains(&threshold));
    let mut detector = Detector::new(&Arc::new(params));
    for event in detector.push(&samples()) {
        if let EventKind::Verdict(verdict) = event.kind {
            let sum: f32 = verdict.probabilities.iter().map(|(_, probability)| probability.get()).sum();
            assert!((sum - 1.0).abs() < 1e-3, "{sum}");
        }
    }
    assert!(detector.finish().confidence.get().is_finite());
}

fuzz_target!(|bytes: &[u8]| {
    try_model(bytes);
    // Two lengths, then the three parts one after another.
    let (lengths, body) = bytes.split_at(bytes.len().min(4));
    let cut = |at: usize| lengths.get(at..at + 2).map_or(0, |b| usize::from(u16::from_le_bytes([b[0], b[1]])));
    let (net, rest) = body.split_at(cut(0).min(body.len()));
    let (timing, weights) = rest.split_at(cut(2).min(rest.len()));
    try_model(&file([net, timing, weights]));
    try_model(&file([net, &[], weights]));
});
