//! Who picked up in a recording? Prints every event as it becomes known, then the verdict:
//!
//! ```sh
//! cargo run -p offhook-detect --example listen -- corpus/voicemail-prompt-beep.wav
//! ```
//!
//! Any container that `offhook-media` reads will do; headerless audio is guessed. A live stream is heard in the same
//! way: one push a packet, `push_gap` for what was lost, `note` for what signalling knows.

use std::sync::Arc;

use offhook_detect::{DetectConfig, Detector, Params};
use offhook_media::{DecodeOptions, Decoder};

#[allow(clippy::print_stdout, reason = "printing is what it is for")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("which recording? give its path")?;
    let mut source = Decoder::open(std::fs::File::open(path)?, &DecodeOptions::default())?;
    let mut detector = Detector::new(&Arc::new(Params::new(DetectConfig::default())?));
    while let Some(samples) = source.next_piece()? {
        for event in detector.push(samples) {
            println!("{event}");
        }
    }
    let verdict = detector.finish();
    println!("{} ({}), because {}", verdict.answered_by, verdict.confidence, verdict.cause);
    Ok(())
}
