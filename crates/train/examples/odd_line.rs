//! Writes labelled calls over a line that no model has learnt, by voices of one part of a table: to see by hand what
//! fine-tuning does.
//!
//! ```sh
//! cargo run --release -p offhook-train --example odd_line -- voices.csv validation 200 mine
//! offhook train --from model.offhook --calls mine/calls.csv
//! ```
#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

#[path = "../tests/support/odd_line.rs"]
mod odd_line;

use std::error::Error;
use std::path::Path;

use offhook_train::data::{Part, VoiceOptions, Voices};
use offhook_train::part_name;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [table, part, count, folder] = arguments.as_slice() else {
        return Err("give a table of voices, train, validation or test, how many calls, and a folder".into());
    };
    let part =
        Part::ALL.into_iter().find(|one| part_name(*one) == part).ok_or("the part: train, validation or test")?;
    let voices = Voices::load(&VoiceOptions::new(table))?;
    let simulator = odd_line::simulator(voices.bank(part).clone(), 1 + part as u64)?;
    println!("{}", odd_line::write(&simulator, count.parse()?, Path::new(folder))?.display());
    Ok(())
}
