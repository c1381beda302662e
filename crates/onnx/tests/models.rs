//! Real ONNX models, and what onnxruntime makes of them: `models/make.py` wrote both.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::PathBuf;
use std::sync::Arc;

use offhook_audio::MediaTime;
use offhook_onnx::{Gives, Heard, Hears, Listener, OnnxError, OnnxModel, OnnxOptions, Scaling};

const EXPECTED: &str = include_str!("models/expected.csv");

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/models").join(format!("{name}.onnx"))
}

fn model(name: &str, options: OnnxOptions) -> Result<OnnxModel, OnnxError> {
    OnnxModel::read(&path(name), options)
}

/// The signal of `make.py`: 2 s at 8 kHz.
fn signal() -> Vec<i16> {
    let sample = |at: u32| {
        let t = f64::from(at) / 8000.0;
        let harmonic = |k: f64| (std::f64::consts::TAU * 211.0 * k * t + k * k).sin() / k;
        let harmonics: f64 = (1..13).map(|k| harmonic(f64::from(k))).sum();
        let swell = (std::f64::consts::PI * t / 2.0).sin().powi(2);
        (9000.0 * swell * harmonics).round_ties_even() as i16
    };
    (0..16_000).map(sample).collect()
}

/// What onnxruntime gave.
fn expected(name: &str) -> f32 {
    let line = EXPECTED.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(','));
    line.unwrap().parse().unwrap()
}

#[test]
fn models_say_what_they_say_under_onnxruntime() {
    let usual = OnnxOptions::default();
    let scaled = |scaling| OnnxOptions { scaling, ..usual };
    for (name, file, options, hears) in [
        ("mel", "mel", usual, Hears::Mel),
        ("mel-logit", "mel-logit", OnnxOptions { gives: Gives::Logits, ..usual }, Hears::Mel),
        ("mel-picture", "mel-picture", usual, Hears::Mel),
        ("samples plain", "samples", scaled(Scaling::Plain), Hears::Samples),
        ("samples peak", "samples", scaled(Scaling::Peak), Hears::Samples),
        ("samples min-max", "samples", usual, Hears::Samples),
        ("log-mel", "log-mel", usual, Hears::LogMel),
    ] {
        let model = model(file, options).unwrap();
        assert_eq!(model.hears(), hears, "{name}");
        let (given, wanted) = (model.listen(&signal()).unwrap().get(), expected(name));
        println!("{name}: {given}, onnxruntime has {wanted}");
        assert!((given - wanted).abs() < 5e-4, "{name}: {given}, onnxruntime has {wanted}");
    }
}

#[test]
fn what_cannot_be_used_is_said() {
    let told = |name: &str| model(name, OnnxOptions::default()).unwrap_err().to_string();
    assert!(told("bad-shape").starts_with("onnx model: input shape: given [1, 80, 100], allowed [1, 32000] samples"));
    assert!(told("open-shape").contains("given [batch, rows, columns], so that it must be said which"));
    assert_eq!(told("bad-output"), "onnx model: output: given 128 values, allowed 1 or 2 values of type float32");
    assert!(told("bad-type").starts_with("onnx model: input type: given "), "{}", told("bad-type"));
    assert!(told("none").ends_with("none.onnx: cannot be read"));
    let options = OnnxOptions { hears: Some(Hears::Samples), ..OnnxOptions::default() };
    assert!(matches!(model("mel", options), Err(OnnxError::InputShape { .. })));
}

#[test]
fn an_open_shape_is_filled_as_asked() {
    for (hears, shape) in [(Hears::Mel, [1, 128, 63]), (Hears::LogMel, [1, 200, 40])] {
        // Its output, the mean of its input, is no probability.
        let options = OnnxOptions { hears: Some(hears), gives: Gives::Logits, ..OnnxOptions::default() };
        let model = model("open-shape", options).unwrap();
        assert_eq!((model.hears(), model.input_shape()), (hears, shape.as_slice()));
    }
}

#[test]
fn damaged_files_are_refused() {
    let whole = std::fs::read(path("mel-picture")).unwrap();
    assert!(OnnxModel::from_bytes(Vec::new(), OnnxOptions::default()).is_err());
    assert!(OnnxModel::from_bytes(b"RIFF and so on".to_vec(), OnnxOptions::default()).is_err());
    // The last bytes name no more than the version of the operators.
    for length in (0..whole.len() - 64).step_by(7) {
        let cut = OnnxModel::from_bytes(whole[..length].to_vec(), OnnxOptions::default());
        assert!(cut.is_err(), "{length}");
    }
}

#[test]
fn changed_bytes_never_panic() {
    let whole = std::fs::read(path("log-mel")).unwrap();
    for at in 0..whole.len() {
        for bit in [0, 7] {
            let mut changed = whole.clone();
            changed[at] ^= 1 << bit;
            if let Ok(model) = OnnxModel::from_bytes(changed, OnnxOptions::default()) {
                let _ = model.listen(&signal());
            }
        }
    }
}

#[test]
fn a_listener_judges_every_quarter_of_a_second_however_it_is_fed() {
    let model = Arc::new(model("log-mel", OnnxOptions::default()).unwrap());
    let call: Vec<i16> = [signal(), vec![0; 4321], signal()].concat();
    let mut listener = Listener::new(Arc::clone(&model));
    let whole = listener.push(&call).unwrap();
    let times: Vec<u64> = whole.iter().map(|heard| heard.at.samples()).collect();
    assert_eq!(times, (4..=18).map(|quarter| quarter * 2000).collect::<Vec<u64>>());
    for Heard { at, probability } in &whole {
        let until = &call[..at.samples() as usize];
        assert_eq!(model.listen(until).unwrap(), *probability, "{at}");
    }
    for length in [1, 160, 1999, 2001, 7000] {
        listener.reset();
        let pieces: Vec<Heard> = call.chunks(length).flat_map(|piece| listener.push(piece).unwrap()).collect();
        assert_eq!(pieces, whole, "{length}");
    }
    listener.reset();
    let mut lost = listener.push(&call[..16_000]).unwrap();
    lost.extend(listener.push_gap(4321).unwrap());
    lost.extend(listener.push(&call[20_321..]).unwrap());
    assert_eq!(lost, whole);
    assert_eq!(lost[0].at, MediaTime::from_samples(8000));
}
