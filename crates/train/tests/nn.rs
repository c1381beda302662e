//! Nets learn, the same way every time, and run elsewhere as they did in training.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use offhook_detect::net::{Architecture, Layer, NetState, Network};
use offhook_sim::Random;
use offhook_train::nn::{Adam, AdamSettings, Batch, IGNORED, Loss, Net, Schedule, restore, save};

const FEATURES: usize = 6;
const LOSS: Loss = Loss { classes: 3, smoothing: 0.0, binary_scale: 0.5 };

fn conv(inputs: usize, outputs: usize, kernel: usize, dilation: usize, stride: usize) -> Layer {
    Layer::Conv { inputs, outputs, kernel, dilation, stride, relu: true, residual: inputs == outputs && stride == 1 }
}

fn crnn() -> Architecture {
    let layers = vec![
        conv(FEATURES, 12, 5, 1, 2),
        conv(12, 12, 3, 2, 1),
        conv(12, 10, 2, 1, 2),
        Layer::Gru { inputs: 10, units: 12 },
        Layer::Linear { inputs: 12, outputs: 4, relu: false },
    ];
    Architecture { name: "crnn".into(), features: FEATURES, window: 0, layers }
}

fn cnn() -> Architecture {
    let layers = vec![
        conv(FEATURES, 8, 3, 1, 1),
        Layer::MaxPool { size: 2 },
        conv(8, 10, 3, 1, 1),
        Layer::Average,
        Layer::Linear { inputs: 10, outputs: 8, relu: true },
        Layer::Linear { inputs: 8, outputs: 4, relu: false },
    ];
    Architecture { name: "cnn".into(), features: FEATURES, window: 40, layers }
}

/// Marks of two kinds in noise. The class of a step is the kind of the last mark, 2 before any; the further output says
/// whether there was a mark in the 8 frames before.
fn marks(net: &Net, sequences: usize, time: usize, seed: u64) -> Batch {
    let mut random = Random::new(seed);
    let mut batch = Batch { sequences, time, ..Batch::default() };
    let every = time / net.steps(time);
    for _ in 0..sequences {
        let mut last = None;
        for frame in 0..time {
            let mut values: [f32; FEATURES] = std::array::from_fn(|_| 0.3 * random.normal() as f32);
            if random.chance(0.04) {
                let kind = random.whole(0..2);
                values[kind] += 3.0;
                last = Some((frame, kind as u8));
            }
            batch.frames.extend(values);
            if (frame + 1) % every == 0 {
                batch.classes.push(last.map_or(2, |(_, kind)| kind));
                batch.binary.push(f32::from(u8::from(last.is_some_and(|(at, _)| frame - at < 8))));
                batch.binary_weights.push(1.0);
            }
        }
    }
    batch
}

fn learn(net: &mut Net, adam: &mut Adam, steps: std::ops::Range<u64>, threads: usize) {
    let schedule = Schedule { peak: 1e-2, floor: 1e-4, warm_up: 10, total: 150 };
    for step in steps {
        let batch = marks(net, 20, 80, step);
        let (_, gradients) = net.forward_backward(&batch, &LOSS, threads).unwrap();
        adam.step(net, &gradients, schedule.rate(step)).unwrap();
    }
}

fn begin(architecture: &Architecture, dropout: f32) -> (Net, Adam) {
    let net = Net::new(architecture, true, dropout, 5).unwrap();
    let adam = Adam::new(&net, AdamSettings::default());
    (net, adam)
}

#[test]
fn a_net_learns_what_needs_memory() {
    let (mut net, mut adam) = begin(&crnn(), 0.05);
    let unseen = marks(&net, 50, 80, 1 << 32);
    let before = net.evaluate(&unseen, &LOSS, 2).unwrap().0;
    assert!(before.mean(&LOSS) > 1.2, "{before:?}");
    learn(&mut net, &mut adam, 0..150, 2);
    let after = net.evaluate(&unseen, &LOSS, 2).unwrap().0;
    assert!(after.mean(&LOSS) < 0.25, "{after:?}");
    assert!(after.class_right > 0.96 * after.class_count, "{after:?}");
    assert!(after.binary_right > 0.96 * after.binary_weight, "{after:?}");
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let [one, two, many] = [1, 2, 5].map(|threads| {
        let (mut net, mut adam) = begin(&crnn(), 0.2);
        learn(&mut net, &mut adam, 0..10, threads);
        save(&net, &adam)
    });
    assert!(one == two && one == many);
}

#[test]
fn another_seed_gives_another_net() {
    let export = |seed| Net::new(&crnn(), false, 0.0, seed).unwrap().export();
    assert_eq!(export(5), export(5));
    assert_ne!(export(5), export(6));
}

#[test]
fn a_resumed_run_is_the_uninterrupted_one() {
    let (mut net, mut adam) = begin(&crnn(), 0.2);
    learn(&mut net, &mut adam, 0..12, 1);
    let whole = save(&net, &adam);
    let (mut net, mut adam) = begin(&crnn(), 0.2);
    learn(&mut net, &mut adam, 0..7, 1);
    let (mut net, mut adam) = restore(&crnn(), &save(&net, &adam)).unwrap();
    learn(&mut net, &mut adam, 7..12, 2);
    assert!(whole == save(&net, &adam));
}

#[test]
fn a_streamed_net_gives_the_outputs_of_training() {
    let (mut net, mut adam) = begin(&crnn(), 0.1);
    learn(&mut net, &mut adam, 0..30, 2);
    let batch = marks(&net, 9, 83, 77);
    let (_, outputs) = net.evaluate(&batch, &LOSS, 2).unwrap();
    let network = Network::new(crnn(), net.export()).unwrap();
    let mut streamed = Vec::new();
    for sequence in batch.frames.chunks_exact(83 * FEATURES) {
        let mut state = NetState::new(&network);
        for frame in sequence.chunks_exact(FEATURES) {
            if state.push_frame(&network, frame) {
                streamed.extend_from_slice(network.step(&mut state));
            }
        }
    }
    assert_close(&outputs, &streamed);
}

#[test]
fn a_net_that_sees_a_window_gives_the_outputs_of_training() {
    let (mut net, mut adam) = begin(&cnn(), 0.1);
    for seed in 0..20 {
        let batch = marks(&net, 16, 40, seed);
        let (_, gradients) = net.forward_backward(&batch, &LOSS, 2).unwrap();
        adam.step(&mut net, &gradients, 1e-3).unwrap();
    }
    let batch = marks(&net, 9, 40, 77);
    let (_, outputs) = net.evaluate(&batch, &LOSS, 1).unwrap();
    let network = Network::new(cnn(), net.export()).unwrap();
    let mut state = NetState::new(&network);
    let windows = batch.frames.chunks_exact(40 * FEATURES);
    assert_close(&outputs, &windows.flat_map(|w| network.window(w, &mut state).to_vec()).collect::<Vec<_>>());
}

#[track_caller]
fn assert_close(trained: &[f32], run: &[f32]) {
    assert_eq!(trained.len(), run.len());
    let most = trained.iter().zip(run).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    let largest = trained.iter().fold(0.0f32, |a, b| a.max(b.abs()));
    assert!(most < 1e-4 && largest > 0.1, "off by {most} of {largest}");
}

#[test]
fn fine_tuning_goes_on_from_exported_weights() {
    let (mut net, mut adam) = begin(&crnn(), 0.0);
    learn(&mut net, &mut adam, 0..30, 2);
    let batch = marks(&net, 9, 80, 77);
    let mut tuned = Net::from_weights(&crnn(), &net.export(), 0.0, 1).unwrap();
    let mean = |net: &Net| net.evaluate(&batch, &LOSS, 1).unwrap().0.mean(&LOSS);
    assert!((mean(&net) - mean(&tuned)).abs() < 1e-5);
    assert_eq!(tuned.export(), net.export());
    let mut adam = Adam::new(&tuned, AdamSettings::default());
    let before = mean(&tuned);
    for _ in 0..10 {
        let (_, gradients) = tuned.forward_backward(&batch, &LOSS, 2).unwrap();
        adam.step(&mut tuned, &gradients, 1e-3).unwrap();
    }
    assert!(mean(&tuned) < before, "{} {before}", mean(&tuned));
}

#[test]
fn what_is_masked_teaches_nothing() {
    let (mut net, mut adam) = begin(&crnn(), 0.0);
    let mut batch = marks(&net, 4, 40, 1);
    batch.classes.fill(IGNORED);
    batch.binary_weights.fill(0.0);
    let (losses, gradients) = net.forward_backward(&batch, &LOSS, 1).unwrap();
    assert_eq!(losses.mean(&LOSS), 0.0);
    assert!(gradients.0.iter().all(|g| *g == 0.0));
    assert_eq!(adam.step(&mut net, &gradients, 1e-3).unwrap(), 0.0);
}

#[test]
fn gradients_that_are_not_finite_move_nothing() {
    let (mut net, mut adam) = begin(&crnn(), 0.0);
    let mut batch = marks(&net, 4, 40, 1);
    batch.frames[0] = f32::NAN;
    let before = net.export();
    let (_, gradients) = net.forward_backward(&batch, &LOSS, 1).unwrap();
    adam.step(&mut net, &gradients, 1e-3).unwrap();
    assert_eq!(adam.steps(), 0);
    assert_eq!(net.export(), before);
}

#[test]
fn errors_name_the_field() {
    let net = Net::new(&crnn(), false, 0.0, 1).unwrap();
    let error = |change: fn(&mut Batch)| {
        let mut batch = marks(&net, 2, 16, 1);
        change(&mut batch);
        net.evaluate(&batch, &LOSS, 1).unwrap_err().to_string()
    };
    assert_eq!(error(|b| b.sequences = 0), "training: sequences: given 0, allowed 1 or more");
    assert_eq!(error(|b| b.frames.truncate(9)), "training: frames: given 9, allowed 192");
    assert_eq!(error(|b| b.classes[3] = 3), "training: class: given 3, allowed less than 3, or 255");
    assert_eq!(error(|b| b.binary.clear()), "training: binary targets: given 0, allowed 8");
    let wrong = Net::new(&crnn(), false, 1.0, 1).unwrap_err().to_string();
    assert_eq!(wrong, "training: dropout: given 1, allowed 0 to below 1");
    let mut unfit = crnn();
    unfit.layers.remove(1);
    unfit.layers.remove(1);
    assert!(Net::new(&unfit, false, 0.0, 1).is_err());
    assert!(Net::from_weights(&crnn(), &[0.0; 9], 0.0, 1).is_err());
}

#[test]
fn a_damaged_checkpoint_is_refused() {
    let (net, adam) = begin(&crnn(), 0.1);
    let bytes = save(&net, &adam);
    for length in (0..bytes.len()).step_by(7) {
        assert!(restore(&crnn(), &bytes[..length]).is_err(), "{length}");
    }
    assert!(restore(&cnn(), &bytes).is_err());
    let mut longer = bytes.clone();
    longer.push(0);
    assert!(restore(&crnn(), &longer).is_err());
    let mut huge = bytes;
    huge[28..36].fill(0xff);
    assert!(restore(&crnn(), &huge).is_err());
}
