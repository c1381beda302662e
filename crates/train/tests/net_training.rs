//! A net that learns from simulated calls, as `offhook train` has it done.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;
use std::sync::OnceLock;

use offhook_detect::net::Network;
use offhook_detect::{FusionModel, Model};
use offhook_train::data::{Example, Part};
use offhook_train::{Kind, Material, NetRun, Progress, TrainConfig, TrainError, TrainedNet};

/// A few minutes of the built-in voice, and a small net.
fn config() -> TrainConfig {
    let mut config = TrainConfig::default();
    config.simulator.hours = 0.2;
    config.net.width = 16;
    config.training.batch_size = 8;
    config.training.epochs = 4;
    config.training.learning_rate = 0.005;
    config
}

/// The calls that the configuration asks for, made once.
fn calls() -> &'static [Vec<Example>; 2] {
    static CALLS: OnceLock<[Vec<Example>; 2]> = OnceLock::new();
    CALLS.get_or_init(|| {
        let config = config();
        let material = Material::gather(&config, &mut |_| {}).unwrap();
        [Part::Train, Part::Validation].map(|part| material.examples(&config, part, &mut |_| {}).unwrap())
    })
}

fn run<'a>(config: &'a TrainConfig, checkpoints: Option<&'a Path>) -> NetRun<'a> {
    NetRun { config, checkpoints, resume: true, threads: 2, from: None }
}

fn train(run: NetRun<'_>, [train, validation]: &[Vec<Example>; 2]) -> TrainedNet {
    run.train(train, validation, &mut |_| {}).unwrap()
}

#[test]
fn the_loss_falls_on_voices_that_were_not_learnt_from() {
    let config = config();
    let calls = calls();
    let mut told = Vec::new();
    let trained = run(&config, None).train(&calls[0], &calls[1], &mut |progress| told.push(progress)).unwrap();
    let losses: Vec<f64> = trained.epochs.iter().map(|figures| figures.validation.loss).collect();
    assert!(losses[3] < losses[0] * 0.9, "{losses:?}");
    assert!(trained.epochs[3].train_loss < trained.epochs[0].train_loss * 0.9);
    let epochs = told.iter().filter(|progress| matches!(progress, Progress::Epoch(_))).count();
    assert_eq!((epochs, trained.epochs.len()), (4, 4));
    let network = Network::new(trained.architecture, trained.weights).unwrap();
    assert_eq!(network.outputs(), 8);
}

#[test]
fn a_run_that_was_interrupted_ends_with_the_same_weights() {
    let config = config();
    let calls = calls();
    let whole = train(NetRun { threads: 1, ..run(&config, None) }, calls);
    let folder = tempfile::tempdir().unwrap();
    // No time at all is left after the epoch that is begun.
    let mut short = config.clone();
    short.training.max_minutes = 1e-9;
    for epochs in 1..=2 {
        assert_eq!(train(run(&short, Some(folder.path())), calls).epochs.len(), epochs);
    }
    let gone_on = train(run(&config, Some(folder.path())), calls);
    assert!(whole.weights == gone_on.weights, "the weights differ");
    let losses =
        |net: &TrainedNet| -> Vec<_> { net.epochs.iter().map(|f| (f.train_loss, f.validation.loss)).collect() };
    assert_eq!(losses(&whole), losses(&gone_on));
    let mut other = config;
    other.net.width = 24;
    let refused = run(&other, Some(folder.path())).train(&calls[0], &calls[1], &mut |_| {}).unwrap_err();
    assert!(matches!(refused, TrainError::Checkpoint { .. }), "{refused}");
}

#[test]
fn training_ends_when_nothing_gets_better() {
    let mut config = config();
    config.training.patience = 2;
    config.training.epochs = 50;
    // Weights that hardly move get hardly better, and a net that is thrown about gets worse.
    config.training.learning_rate = 0.5;
    let trained = train(run(&config, None), calls());
    assert!(trained.epochs.len() < 50);
    let best = trained.epochs.iter().rposition(|figures| figures.is_best).unwrap();
    assert_eq!(best + 2, trained.epochs.len() - 1);
}

#[test]
fn every_kind_of_net_learns_and_goes_on_from_a_model() {
    let mut config = config();
    config.training.epochs = 2;
    let calls = calls();
    for kind in [Kind::Tcn, Kind::Cnn] {
        config.net.kind = kind;
        let trained = train(run(&config, None), calls);
        assert!(trained.epochs.iter().all(|figures| figures.validation.loss.is_finite()), "{kind:?}");
        let network = Network::new(trained.architecture, trained.weights).unwrap();
        let model = Model::new(String::new(), Some(network), None, FusionModel::default());
        let tuned = train(NetRun { from: Some(&model), ..run(&config, None) }, calls);
        // It begins where the other ended, not where that one began.
        assert!(tuned.epochs[0].train_loss < trained.epochs[0].train_loss, "{kind:?}");
    }
}

#[test]
fn cross_validation_judges_every_call_once() {
    let mut config = config();
    config.training.epochs = 1;
    config.training.cross_validation = 2;
    let [mut train, validation] = calls().clone();
    train.extend(validation);
    let judged = train.iter().filter(|call| call.machine().is_some()).count();
    let folds = run(&config, None).cross_validate(train, &mut |_| {}).unwrap();
    assert_eq!(folds.len(), 2);
    assert_eq!(folds.iter().map(|fold| fold.calls).sum::<usize>(), judged);
}

#[test]
fn nothing_to_learn_from_is_refused() {
    let config = config();
    let refused = run(&config, None).train(&[], &[], &mut |_| {}).unwrap_err().to_string();
    assert!(refused.contains("train part: given no calls"), "{refused}");
}

/// A tone as a recording: 16-bit WAV at 8 kHz.
fn write_call(path: &Path, hz: f64) {
    let samples: Vec<i16> = (0..24_000).map(|at| ((f64::from(at) * hz / 1273.0).sin() * 5000.0) as i16).collect();
    std::fs::write(path, offhook_media::wav_bytes(&samples, offhook_media::WavEncoding::S16)).unwrap();
}

#[test]
fn calls_of_ones_own_are_learnt_from_with_changed_copies_and_their_licences() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = "path,label,source,licence\n".to_owned();
    for at in 0..20 {
        write_call(&folder.path().join(format!("{at}.wav")), 300.0 + f64::from(at));
        table += &format!("{at}.wav,{},mine,CC0\n", if at % 2 == 0 { "human" } else { "voicemail" });
    }
    std::fs::write(folder.path().join("calls.csv"), table + "gone.wav,human,mine,CC0\n").unwrap();
    let mut config = TrainConfig::default();
    config.simulator.hours = 0.02;
    config.calls.manifests = vec![folder.path().join("calls.csv")];
    config.calls.copies = 2;
    // As when going on from a model: half of what is learnt from is simulated.
    config.fine_tuning.from = Some(folder.path().join("any.model"));
    let mut notes = Vec::new();
    let material = Material::gather(&config, &mut |progress| {
        if let Progress::Note(note) = progress {
            notes.push(note);
        }
    });
    assert!(notes.len() == 1 && notes[0].contains("gone.wav"), "{notes:?}");
    let material = material.unwrap();
    let mut own_in_all = 0;
    for (part, times) in [(Part::Train, 3), (Part::Validation, 1), (Part::Test, 1)] {
        let examples = material.examples(&config, part, &mut |_| {}).unwrap();
        let own = examples.iter().filter(|call| call.source == "mine").count();
        assert_eq!(own, material.own[part as usize].len() * times);
        own_in_all += material.own[part as usize].len();
        let sources = material.sources(part, &examples);
        assert!(own == 0 || sources.iter().any(|s| s.name == "mine" && s.licences == ["CC0"]), "{sources:?}");
    }
    assert_eq!(own_in_all, 20);
}
