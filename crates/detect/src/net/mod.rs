//! The net: its layers, and running them.
//!
//! ```
//! use offhook_detect::net::{Architecture, Layer, NetState, Network};
//!
//! let layers = vec![
//!     Layer::Conv { inputs: 40, outputs: 8, kernel: 3, dilation: 1, stride: 2, relu: true, residual: false },
//!     Layer::Gru { inputs: 8, units: 8 },
//!     Layer::Linear { inputs: 8, outputs: 5, relu: false },
//! ];
//! let architecture = Architecture { name: "crnn".into(), features: 40, window: 0, layers };
//! let weights = vec![0.01; architecture.parameter_count()];
//! let network = Network::new(architecture, weights)?;
//! let mut state = NetState::new(&network);                // one a call
//! for frame in [[0.5; 40]; 10] {                          // one a hop
//!     if state.push_frame(&network, &frame) {             // here every second one
//!         assert_eq!(network.step(&mut state).len(), 5);  // or many calls at once: `step_batch`
//!     }
//! }
//! # Ok::<(), offhook_detect::ModelError>(())
//! ```

mod architecture;
mod batch;
mod check;
mod codec;
mod kernels;
mod layout;
mod network;
mod packed;
mod stage;
mod state;

pub use architecture::{Architecture, Layer};
pub use batch::BatchScratch;
pub use network::Network;
pub use state::NetState;
