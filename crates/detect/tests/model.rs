//! Model files: what is written is read again, and what is damaged is refused.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use offhook_detect::net::{Architecture, Layer, Network};
use offhook_detect::{FusionModel, Mixture, Model, ModelError, OperatingPoint};

fn network(features: usize, outputs: usize) -> Network {
    let layers = vec![Layer::Linear { inputs: features, outputs, relu: false }];
    let architecture = Architecture { name: "line".into(), features, window: 0, layers };
    let weights = (0..architecture.parameter_count()).map(|i| (i as f32).sin() / 10.0).collect();
    Network::new(architecture, weights).unwrap()
}

fn model(features: usize, outputs: usize) -> Model {
    let curve = vec![OperatingPoint { threshold: 0.9, false_machines: 0.01, recall: 0.97 }];
    let mixture = Mixture { curve, ..Mixture::default() };
    let fusion = FusionModel { all: mixture.clone(), timing: mixture.clone(), net: mixture };
    Model::new("{\"name\":\"test\"}".into(), Some(network(features, outputs)), None, fusion)
}

#[test]
fn what_is_written_is_read_again() {
    let bytes = model(40, 8).to_bytes();
    let read = Model::read(&bytes).unwrap();
    assert_eq!(read.to_bytes(), bytes);
    assert_eq!((read.card(), read.fingerprint()), ("{\"name\":\"test\"}", model(40, 8).fingerprint()));
    assert_ne!(read.fingerprint(), model(40, 1).fingerprint());
    assert!(read.network().is_some() && read.timing().is_none());
}

#[test]
fn a_file_cut_short_or_changed_is_refused_or_harmless() {
    let bytes = model(40, 8).to_bytes();
    for at in 0..bytes.len() {
        assert!(Model::read(&bytes[..at]).is_err(), "{at}");
    }
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x80;
        drop(Model::read(&changed));
    }
}

#[test]
fn errors_say_what_was_given_and_what_is_allowed() {
    let told = |bytes: &[u8]| Model::read(bytes).unwrap_err().to_string();
    assert!(matches!(Model::read(b"RIFF1234"), Err(ModelError::NotAModel { .. })));
    assert!(told(b"RIFF1234").contains("offhook train"));
    let mut newer = model(40, 8).to_bytes();
    newer[8] = 9;
    assert_eq!(told(&newer), "model: version: given 9, allowed 1");
    assert_eq!(told(&model(13, 8).to_bytes()), "model: section net: features a frame: given 13, allowed 40");
    assert!(told(&model(40, 3).to_bytes()).contains("outputs: given 3, allowed 8"));
    let other = String::from_utf8_lossy(&model(40, 8).to_bytes()).replace("logmel40-8k-v1", "logmel64-8k-v1");
    assert!(Model::read(other.as_bytes()).is_err());
}

#[test]
fn the_model_in_the_program_is_whole() {
    let model = Model::builtin();
    assert!(model.network().is_some() && model.timing().is_some(), "crates/detect/models/offhook.model is damaged");
    for mixture in [&model.fusion().all, &model.fusion().timing, &model.fusion().net] {
        assert!(mixture.curve.len() > 5 && mixture.threshold(0.01) > 0.5);
    }
    assert!(model.card().starts_with('{') && model.to_bytes().len() < 2_000_000);
}
