//! A model of the user's own, in the ONNX format, that listens to a call and says how likely a machine answered.
//!
//! ```no_run
//! use offhook_onnx::{Listener, OnnxModel, OnnxOptions};
//! use std::sync::Arc;
//!
//! let model = Arc::new(OnnxModel::read("voicemail.onnx".as_ref(), OnnxOptions::default())?);
//! let mut listener = Listener::new(Arc::clone(&model));
//! # let packets = vec![vec![0i16; 160]; 100];
//! for packet in packets {                       // 8 kHz mono, any length
//!     for heard in listener.push(&packet)? {    // each 250 ms from the first second on
//!         println!("{}: {}", heard.at, heard.probability);
//!     }
//! }
//! # Ok::<(), offhook_onnx::OnnxError>(())
//! ```
//!
//! # What a model is given
//!
//! One input of type `float32`. Its shape says which of three things it hears, always of the last 2 s, filled up with
//! silence at the end where there is less; axes of size 1 may stand anywhere, and an open first axis is the batch, of 1.
//!
//! | Shape | [`Hears`] | What it is |
//! |---|---|---|
//! | `[1, 32000]` | [`Samples`](Hears::Samples) | the call at 16 kHz, scaled as [`Scaling`] says |
//! | `[1, 128, 63]`, `[1, 1, 128, 63]` | [`Mel`](Hears::Mel) | `librosa.power_to_db(librosa.feature.melspectrogram(y=y, sr=16000, n_fft=2048, hop_length=512, n_mels=128, fmax=8000), ref=np.max)`: −80 to 0 dB |
//! | `[1, frames, 40]` | [`LogMel`](Hears::LogMel) | the last `frames`, at most 200, of the log-mel frames that Offhook's own net hears, one each 10 ms; 200 where it is open |
//!
//! `offhook features` writes the latter two for training. The call is 8 kHz: at 16 kHz nothing lies above 4 kHz.
//!
//! # What a model gives
//!
//! Its first output: one value, the probability that a machine answered, or two, of which the second is that. With
//! [`Gives::Logits`] one value goes through the logistic function and two through softmax.
//!
//! A model is run by [rten](https://docs.rs/rten), on as many threads as there are cores. Its convolutions must name their
//! `kernel_shape`, as exporters do. A model is a program: it may take as much time and memory as it likes. Use those that
//! you trust.

mod error;
mod input;
mod listener;
mod model;
mod options;

pub use error::OnnxError;
pub use listener::{Heard, Listener};
pub use model::OnnxModel;
pub use options::{Gives, Hears, OnnxOptions, Scaling};
