//! A few calls of one's own, over a line that no model has learnt, make the shipped net better there.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/odd_line.rs"]
mod odd_line;

use std::path::Path;

use offhook_detect::analysers::MELS;
use offhook_detect::net::{NetState, Network};
use offhook_sim::{Label, SimCall, VoiceBank};
use offhook_train::calibration::auc;
use offhook_train::data::frames_of;
use offhook_train::{RunOptions, TrainConfig, read_model, train_net_only};

/// What the net says of a machine when the first 6 s of a call are over, as log-odds.
fn heard(network: &Network, call: &SimCall) -> f32 {
    let until = (6 * 8000).min(call.samples.len());
    let mut state = NetState::new(network);
    let mut machine = 0.0;
    for frame in frames_of(&call.samples[..until]).chunks_exact(MELS) {
        if state.push_frame(network, frame) {
            machine = *network.step(&mut state).last().unwrap();
        }
    }
    machine
}

/// The mean logistic loss, in nats, and the area under the receiver operating characteristic.
fn judged(network: &Network, calls: &[SimCall]) -> (f32, f64) {
    let scored: Vec<(f32, bool)> =
        calls.iter().map(|call| (heard(network, call), call.truth.label != Label::Human)).collect();
    let loss = scored.iter().map(|(odds, machine)| (1.0 + (if *machine { -odds } else { *odds }).exp()).ln());
    let of =
        |wanted| scored.iter().filter(|(_, machine)| *machine == wanted).map(|(odds, _)| *odds).collect::<Vec<_>>();
    (loss.sum::<f32>() / calls.len() as f32, auc(&of(false), &of(true)).unwrap())
}

#[test]
fn fine_tuning_helps_on_a_line_that_no_model_has_learnt() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../detect/models/offhook.model");
    let before = read_model(&shipped).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let own = odd_line::simulator(VoiceBank::default(), 1).unwrap();
    let mut config = TrainConfig::default();
    config.calls.manifests = vec![odd_line::write(&own, 200, folder.path()).unwrap()];
    config.calls.copies = 1;
    config.fine_tuning.from = Some(shipped);
    config.fine_tuning.simulated_share = 0.2;
    config.training.epochs = 6;
    let options = RunOptions { config: &config, checkpoints: None, resume: false, threads: 2 };
    let after = train_net_only(&options, &mut |_| {}).unwrap();
    let others: Vec<SimCall> = odd_line::simulator(VoiceBank::default(), 2).unwrap().calls(100).collect();
    let [before, after] = [&before, &after].map(|model| judged(model.network().unwrap(), &others));
    assert!(after.0 < before.0 * 0.8 && after.1 > before.1 + 0.02, "{before:?} {after:?}");
}
