//! A call from the first ring on: what is heard before the answer is early media, and never a person.
//!
//! ```sh
//! cargo run -p offhook-detect --example early_media
//! ```

use std::sync::Arc;

use offhook_detect::{DetectConfig, Detector, EventKind, Fact, Params, Phase};
use offhook_sim::{CallSet, SimConfig, Simulator};

#[allow(clippy::print_stdout, reason = "printing is what it is for")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let set = SimConfig { set: CallSet::LiveAnswers, seed: 4, early_media: 1.0, ..SimConfig::default() };
    let call = Simulator::new(set)?.call(0);
    let answered = call.truth.answered_ms.map_or(0, |millis| millis as usize * 8);
    let (ringing, answer) = call.samples.split_at(answered);

    // Detection begins with early media and waits for signalling to tell of the answer.
    let config = DetectConfig { begins: Phase::Progress, ..DetectConfig::default() };
    let mut detector = Detector::new(&Arc::new(Params::new(config)?));
    for event in detector.push(ringing) {
        println!("{event}");
    }
    for event in detector.note(Fact::Answered) {
        println!("{event}");
    }
    for event in detector.push(answer) {
        println!("{event}");
        if let EventKind::Verdict(verdict) = event.kind {
            println!("  {} is sure to {}", verdict.answered_by, verdict.confidence);
        }
    }
    Ok(())
}
