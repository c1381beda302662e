//! Once its state is made, a net does not touch the heap: every allocation of this program is counted.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod counting;

use counting::touches;
use offhook_detect::net::{Architecture, BatchScratch, Layer, NetState, Network};

fn conv(inputs: usize, dilation: usize, stride: usize, residual: bool) -> Layer {
    Layer::Conv { inputs, outputs: 24, kernel: 3, dilation, stride, relu: true, residual }
}

fn network(window: usize, layers: Vec<Layer>) -> Network {
    let architecture = Architecture { name: "net".into(), features: 40, window, layers };
    let weights = vec![0.01; architecture.parameter_count()];
    Network::new(architecture, weights).unwrap()
}

#[test]
fn streaming_never_allocates() {
    let linear = Layer::Linear { inputs: 20, outputs: 5, relu: false };
    let gru = Layer::Gru { inputs: 24, units: 20 };
    let network = network(0, vec![conv(40, 1, 2, false), conv(24, 3, 1, true), gru, linear]);
    let mut states = vec![NetState::new(&network); 11];
    let mut scratch = BatchScratch::new(&network, 4);
    let mut together: Vec<&mut NetState> = states.iter_mut().collect();
    let touches = touches(|| {
        for hop in 0..50 {
            let frame = [hop as f32 / 50.0; 40];
            for state in &mut together {
                state.push_frame(&network, &frame);
            }
            network.step(together[hop % 11]);
            network.step_batch(&mut together, &mut scratch);
        }
        together.iter_mut().for_each(|state| state.reset());
    });
    assert_eq!(touches, 0);
}

#[test]
fn windows_never_allocate() {
    let linear = Layer::Linear { inputs: 24, outputs: 1, relu: false };
    let layers = vec![conv(40, 1, 1, false), Layer::MaxPool { size: 2 }, conv(24, 2, 1, false), Layer::Average, linear];
    let network = network(50, layers);
    let mut state = NetState::new(&network);
    let frames = vec![0.5; 50 * 40];
    let touches = touches(|| {
        for _ in 0..3 {
            assert_eq!(network.window(&frames, &mut state).len(), 1);
        }
    });
    assert_eq!(touches, 0);
}
