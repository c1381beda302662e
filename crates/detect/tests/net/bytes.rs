//! Nets as bytes, and nets that cannot be.

use offhook_detect::ModelError;
use offhook_detect::net::{Architecture, Layer, NetState, Network};
use proptest::prelude::*;

use super::any::{cnn, crnn, streaming, windowed};

/// The field that the error names.
fn field(result: Result<Network, ModelError>) -> String {
    match result {
        Err(ModelError::Value { field, .. }) => field,
        Err(other) => other.to_string(),
        Ok(_) => "none".into(),
    }
}

/// The field for which a net of these layers is refused.
fn refused(features: usize, window: usize, layers: Vec<Layer>) -> String {
    let architecture = Architecture { name: "x".into(), features, window, layers };
    match architecture.check() {
        Ok(()) => "none".into(),
        Err(error) => field(Err(error)),
    }
}

const CONV: Layer =
    Layer::Conv { inputs: 4, outputs: 4, kernel: 3, dilation: 1, stride: 1, relu: true, residual: false };

#[test]
fn layers_that_do_not_fit_are_refused() {
    let linear = |inputs| Layer::Linear { inputs, outputs: 2, relu: false };
    assert_eq!(refused(4, 0, vec![CONV, linear(4)]), "none");
    assert_eq!(refused(4, 0, vec![CONV, linear(5)]), "layer 2: inputs");
    assert_eq!(refused(5, 0, vec![CONV]), "layer 1: inputs");
    assert_eq!(refused(4, 0, vec![]), "layers");
    assert_eq!(refused(4, 0, vec![CONV; 33]), "layers");
    assert_eq!(refused(0, 0, vec![CONV]), "features");
    assert_eq!(refused(4, 0, vec![CONV, Layer::Average]), "layer 2: kind");
    assert_eq!(refused(4, 9, vec![Layer::Gru { inputs: 4, units: 3 }]), "layer 1: kind");
    assert_eq!(refused(4, 9, vec![Layer::MaxPool { size: 4 }]), "steps after the last layer");
    assert_eq!(refused(4, 9, vec![Layer::MaxPool { size: 10 }]), "layer 1: steps left");
    assert_eq!(refused(4, 9, vec![Layer::MaxPool { size: 0 }]), "layer 1: size");
    assert_eq!(refused(4, 9, vec![CONV, Layer::MaxPool { size: 4 }, Layer::Average]), "none");
}

#[test]
fn sizes_out_of_bounds_are_refused() {
    let conv = |outputs, kernel, dilation, stride, residual| {
        let layer = Layer::Conv { inputs: 4, outputs, kernel, dilation, stride, relu: false, residual };
        refused(4, 0, vec![layer])
    };
    assert_eq!(conv(4, 3, 1, 1, true), "none");
    assert_eq!(conv(1025, 3, 1, 1, false), "layer 1: outputs");
    assert_eq!(conv(4, 0, 1, 1, false), "layer 1: kernel");
    assert_eq!(conv(4, usize::MAX, 1, 1, false), "layer 1: kernel");
    assert_eq!(conv(4, 3, 0, 1, false), "layer 1: dilation");
    assert_eq!(conv(4, 3, 1, 0, false), "layer 1: stride");
    assert_eq!(conv(4, 3, 1, 2, true), "layer 1: stride of a residual layer");
    assert_eq!(conv(5, 3, 1, 1, true), "layer 1: outputs of a residual layer");
    let wide = |kernel, dilation| Layer::Conv {
        inputs: 1024,
        outputs: 1024,
        kernel,
        dilation,
        stride: 1,
        relu: false,
        residual: false,
    };
    assert_eq!(refused(1024, 0, vec![wide(9, 1)]), "layer 1: inputs × kernel");
    assert_eq!(refused(1024, 0, vec![wide(8, 1)]), "weights");
    assert_eq!(refused(1024, 0, vec![wide(1, 1); 8]), "weights");
    let strided =
        Layer::Conv { inputs: 4, outputs: 4, kernel: 1, dilation: 1, stride: 16, relu: false, residual: false };
    assert_eq!(refused(4, 0, vec![strided; 2]), "frames a step");
    let far =
        Layer::Conv { inputs: 1024, outputs: 1, kernel: 8, dilation: 256, stride: 1, relu: false, residual: false };
    let back = Layer::Linear { inputs: 1, outputs: 1024, relu: false };
    assert_eq!(refused(1024, 0, vec![far, back, far, back, far]), "values a stream holds");
}

#[test]
fn weights_that_cannot_be_are_refused() {
    let architecture = crnn().architecture().clone();
    let count = architecture.parameter_count();
    let with = |weights| field(Network::new(architecture.clone(), weights));
    assert_eq!(with(vec![0.0; count]), "none");
    assert_eq!(with(vec![0.0; count - 1]), "weights");
    assert_eq!(with(vec![0.0; count + 1]), "weights");
    for wrong in [f32::NAN, f32::INFINITY, -2e6] {
        let mut weights = vec![0.0; count];
        weights[count / 2] = wrong;
        assert_eq!(with(weights), "weight", "{wrong}");
    }
}

#[test]
fn the_largest_weights_give_finite_outputs() {
    for sign in [1e6, -1e6] {
        let architecture = crnn().architecture().clone();
        let weights = (0..architecture.parameter_count()).map(|i| if i % 3 == 0 { -sign } else { sign }).collect();
        let network = Network::new(architecture, weights).unwrap();
        let mut state = NetState::new(&network);
        for hop in 0..20 {
            state.push_frame(&network, &[hop as f32 - 10.0; 40]);
            assert!(network.step(&mut state).iter().all(|v| v.is_finite()), "{:?}", state.outputs());
        }
    }
}

#[test]
fn counts_are_those_of_pytorch() {
    // conv 40·64·5 + 64, twice 64·64·3 + 64, GRU 3·64·(64 + 64 + 2), linear 64·8 + 8
    assert_eq!(crnn().architecture().parameter_count(), 12_864 + 2 * 12_352 + 24_960 + 520);
    assert_eq!((crnn().hops_per_step(), crnn().outputs()), (2, 8));
    assert_eq!((cnn().hops_per_step(), cnn().outputs()), (200, 1));
}

#[test]
fn hostile_counts_allocate_nothing_and_are_refused() {
    let bytes = crnn().to_bytes();
    for at in 0..200 {
        let mut bytes = bytes.clone();
        bytes[at..at + 4].copy_from_slice(&[0xff; 4]);
        assert!(Network::from_bytes(&bytes).is_err(), "{at}");
    }
}

#[test]
fn what_is_cut_or_too_long_is_refused() {
    let bytes = cnn().to_bytes();
    for end in (0..300).chain([bytes.len() - 1]) {
        assert!(matches!(Network::from_bytes(&bytes[..end]), Err(ModelError::Short { .. })), "{end}");
    }
    assert!(matches!(Network::from_bytes(&[&bytes[..], &[0]].concat()), Err(ModelError::Long { .. })));
}

proptest! {
    #[test]
    fn any_net_is_read_as_it_was_written(network in prop_oneof![streaming(), windowed()]) {
        let read = Network::from_bytes(&network.to_bytes()).unwrap();
        prop_assert_eq!(read.architecture(), network.architecture());
        prop_assert_eq!(read.weights(), network.weights());
    }
}
