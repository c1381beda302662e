//! Gates at their limits.

use offhook_detect::net::{Architecture, Layer, NetState, Network};

/// One unit whose update gate is closed and whose reset gate is open: it holds tanh of its input.
fn unit() -> Network {
    let layers = vec![Layer::Gru { inputs: 1, units: 1 }];
    let architecture = Architecture { name: "unit".into(), features: 1, window: 0, layers };
    // weight_ih, weight_hh, bias_ih, bias_hh: r, z, n each.
    Network::new(architecture, vec![0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 100.0, -100.0, 0.0, 0.0, 0.0, 0.0]).unwrap()
}

#[test]
fn tanh_is_right_to_six_digits_everywhere() {
    let network = unit();
    let mut state = NetState::new(&network);
    for step in -20_000..=20_000 {
        let x = step as f32 * 1e-3;
        state.push_frame(&network, &[x]);
        let y = network.step(&mut state)[0];
        assert!((f64::from(y) - f64::from(x).tanh()).abs() < 1e-6, "{x}: {y}");
    }
}

#[test]
fn gates_saturate_at_any_input() {
    let network = unit();
    let mut state = NetState::new(&network);
    for x in [1e3, 1e20, f32::MAX, f32::INFINITY] {
        for sign in [1.0, -1.0] {
            state.push_frame(&network, &[sign * x]);
            assert_eq!(network.step(&mut state), [sign], "{x}");
        }
    }
}
