use offhook_detect::net::{BatchScratch, NetState, Network};
use proptest::prelude::*;

use super::any::{cnn, crnn, frames, streaming, windowed};
use super::naive;

/// The outputs of each step.
fn streamed(network: &Network, state: &mut NetState, frames: &[f32]) -> Vec<Vec<f32>> {
    let mut steps = Vec::new();
    for frame in frames.chunks(network.architecture().features) {
        if state.push_frame(network, frame) {
            steps.push(network.step(state).to_vec());
        }
    }
    steps
}

/// That each value is within 1e-4 of what it should be, of its size where that is beyond 1.
fn close(given: &[f32], wanted: &[f64]) -> Result<(), TestCaseError> {
    prop_assert_eq!(given.len(), wanted.len());
    for (given, wanted) in given.iter().zip(wanted) {
        let limit = 1e-4 * wanted.abs().max(1.0);
        prop_assert!((f64::from(*given) - wanted).abs() <= limit, "given {}, wanted {}", given, wanted);
    }
    Ok(())
}

fn streams_as_defined(network: &Network, count: usize, seed: u64) -> Result<(), TestCaseError> {
    let frames = frames(network, count, seed);
    let steps = streamed(network, &mut NetState::new(network), &frames);
    let wanted = naive::forward(network.architecture(), network.weights(), &frames);
    prop_assert_eq!(steps.len(), wanted.len());
    steps.iter().zip(&wanted).try_for_each(|(given, wanted)| close(given, wanted))
}

fn sees_windows_as_defined(network: &Network, seed: u64) -> Result<(), TestCaseError> {
    let mut state = NetState::new(network);
    for seed in [seed, seed.wrapping_add(1)] {
        let frames = frames(network, network.hops_per_step(), seed);
        let wanted = naive::forward(network.architecture(), network.weights(), &frames);
        prop_assert_eq!(wanted.len(), 1);
        close(network.window(&frames, &mut state), &wanted[0])?;
    }
    Ok(())
}

/// Streams of different ages, in batches of any size, against each alone.
fn batches_change_no_bit(network: &Network, streams: usize, room: usize, seed: u64) -> Result<(), TestCaseError> {
    let features = network.architecture().features;
    let sounds: Vec<Vec<f32>> = (0..streams).map(|s| frames(network, 40, seed.wrapping_add(s as u64))).collect();
    let mut alone: Vec<NetState> = sounds.iter().map(|_| NetState::new(network)).collect();
    let mut together = alone.clone();
    let mut scratch = BatchScratch::new(network, room);
    for hop in 0..40 {
        for (stream, sound) in sounds.iter().enumerate() {
            // Streams begin at different hops, so that not all steps are due at once.
            if hop >= stream % 7 {
                let frame = &sound[hop * features..][..features];
                let due = alone[stream].push_frame(network, frame);
                prop_assert_eq!(together[stream].push_frame(network, frame), due);
                if due {
                    network.step(&mut alone[stream]);
                }
            }
        }
        network.step_batch(&mut together.iter_mut().collect::<Vec<_>>(), &mut scratch);
        for (a, b) in alone.iter().zip(&together) {
            let bits = |state: &NetState| state.outputs().iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(a), bits(b));
        }
    }
    // Work areas aside, the states remember the same: they go on alike.
    for (stream, (a, b)) in alone.iter_mut().zip(&mut together).enumerate() {
        let frames = frames(network, 30, stream as u64);
        prop_assert_eq!(streamed(network, a, &frames), streamed(network, b, &frames));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_net_streams_as_defined(network in streaming(), count in 1usize..80, seed in any::<u64>()) {
        streams_as_defined(&network, count, seed)?;
    }

    #[test]
    fn any_net_sees_windows_as_defined(network in windowed(), seed in any::<u64>()) {
        sees_windows_as_defined(&network, seed)?;
    }

    #[test]
    fn any_batch_changes_no_bit(network in streaming(), streams in 1usize..20, room in 1usize..25, seed in any::<u64>()) {
        batches_change_no_bit(&network, streams, room, seed)?;
    }

    #[test]
    fn any_state_that_is_reset_is_new(network in streaming(), heard in 0usize..40, seed in any::<u64>()) {
        let mut state = NetState::new(&network);
        streamed(&network, &mut state, &frames(&network, heard, seed));
        state.reset();
        prop_assert_eq!(&state, &NetState::new(&network));
    }
}

#[test]
fn the_usual_nets_run_as_defined() {
    streams_as_defined(&crnn(), 500, 3).unwrap();
    sees_windows_as_defined(&cnn(), 4).unwrap();
}

#[test]
fn batches_of_usual_size_change_no_bit() {
    for (streams, room) in [(64, 64), (67, 64), (5, 64), (13, 3)] {
        batches_change_no_bit(&crnn(), streams, room, 5).unwrap();
    }
}

#[test]
fn windows_run_in_batches_too() {
    let network = cnn();
    let sounds: Vec<Vec<f32>> = (0..3).map(|seed| frames(&network, 200, seed)).collect();
    let mut states = vec![NetState::new(&network); 3];
    for (state, sound) in states.iter_mut().zip(&sounds) {
        for frame in sound.chunks(40) {
            state.push_frame(&network, frame);
        }
    }
    network.step_batch(&mut states.iter_mut().collect::<Vec<_>>(), &mut BatchScratch::new(&network, 3));
    for (state, sound) in states.iter().zip(&sounds) {
        assert_eq!(network.window(sound, &mut NetState::new(&network)), state.outputs());
    }
}

#[test]
fn a_step_that_is_not_taken_is_taken_before_the_next_frame() {
    let network = crnn();
    let frames = frames(&network, 41, 6);
    let (mut taken, mut left) = (NetState::new(&network), NetState::new(&network));
    streamed(&network, &mut taken, &frames);
    for frame in frames.chunks(40) {
        left.push_frame(&network, frame);
    }
    assert_eq!(taken, left);
}

#[test]
fn a_step_that_is_not_due_changes_nothing() {
    let network = crnn();
    let mut state = NetState::new(&network);
    streamed(&network, &mut state, &frames(&network, 21, 7));
    let before = state.clone();
    network.step(&mut state);
    network.step_batch(&mut [&mut state], &mut BatchScratch::new(&network, 4));
    assert_eq!(state, before);
}

#[test]
fn a_stream_is_small() {
    assert!(NetState::new(&crnn()).bytes() <= 8192, "{}", NetState::new(&crnn()).bytes());
}
