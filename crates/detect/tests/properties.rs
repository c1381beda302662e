//! What a line does to a call changes nothing that matters. By the rules, every label of the corpus's clean recordings
//! stands when the call is louder or fainter, coded anew, offset, cut off at its peaks, or short of some packets; [`KNOWN`]
//! are the exceptions. By the learned models, which change from one training to the next, so much holds of every model: a
//! short word and silence are a person, and a greeting that ends in a beep is voicemail.

mod support;

use std::fmt::Write as _;

use offhook_audio::Dbm0;
use offhook_detect::{AnsweredBy, DetectConfig, Input, Preset};
use offhook_sim::line::{Encoding, Line};
use offhook_sim::packets::{Concealment, Loss};
use support::sounds::{person, voicemail};
use support::{Call, LEARNED, corpus, first_final, heard};

/// Where it does not hold. Twelve decibels fainter, less of this voice is heard, 2.42 s in one turn where 2.50 s make a
/// machine, and the pause after it is long enough for a person.
const KNOWN: [(&str, &str); 1] = [("-12 dB", "ivr-menu")];

/// A call over `line`, lost packets concealed as it does, or given as gaps.
fn over(line: &Line, samples: &[i16], gaps: bool, seed: u64) -> Vec<Input> {
    let carried = line.carry(samples, None, seed);
    let mut inputs = vec![];
    let mut from = 0;
    for span in carried.missing.iter().filter(|_| gaps) {
        inputs.extend([
            Input::Samples(carried.samples[from..span.start].to_vec()),
            Input::Gap((span.end - span.start) as u64),
        ]);
        from = span.end;
    }
    inputs.push(Input::Samples(carried.samples[from..].to_vec()));
    inputs
}

/// Every clean recording over `line`: what became of the labels that do not stand.
fn changed(what: &str, line: &Line, gaps: bool, seed: u64) -> String {
    let mut told = String::new();
    let clean = corpus().into_iter().filter(|call| call.condition.starts_with("clean"));
    for call in clean.filter(|call| !KNOWN.contains(&(what, &call.name))) {
        tell(&call, &over(line, &call.samples, gaps, seed), &mut told);
    }
    told
}

fn tell(call: &Call, inputs: &[Input], told: &mut String) {
    let (events, last) = heard(DetectConfig::preset(Preset::Heuristic), inputs);
    for (when, verdict) in [("first", first_final(&events, last)), ("last", last)] {
        if !call.is_right(&verdict) {
            let _ =
                writeln!(told, "  {}: {when} {} at {}: {}", call.name, verdict.answered_by, verdict.at, verdict.cause);
        }
    }
}

fn stands(what: &str, line: &Line, gaps: bool, seeds: u64) {
    let mut told = String::new();
    for seed in 0..seeds {
        let changed = changed(what, line, gaps, seed);
        if !changed.is_empty() {
            let _ = write!(told, "{what}, seed {seed}:\n{changed}");
        }
    }
    assert!(told.is_empty(), "{told}");
}

const LINEAR: Line = Line::clean(Encoding::Linear);

#[test]
fn loudness_from_12_db_below_to_12_db_above_changes_no_label() {
    for gain_db in [-12.0, -9.0, -6.0, -3.0, 3.0, 6.0, 9.0, 12.0] {
        stands(&format!("{gain_db} dB"), &Line { gain_db, ..LINEAR }, false, 1);
    }
}

#[test]
fn another_codec_changes_no_label() {
    for encoding in [Encoding::Ulaw, Encoding::Alaw] {
        stands(&format!("{encoding:?}"), &Line::clean(encoding), false, 1);
    }
}

#[test]
fn a_direct_current_changes_no_label() {
    for dc_offset in [-3000, -500, 100, 1000, 4000] {
        stands(&format!("offset {dc_offset}"), &Line { dc_offset, ..LINEAR }, false, 1);
    }
}

#[test]
fn clipping_changes_no_label() {
    for level in [-3.0, -9.0, -15.0] {
        stands(&format!("clipped at {level} dBm0"), &Line { clipping: Some(Dbm0(level)), ..LINEAR }, false, 1);
    }
}

fn lossy() -> Line {
    Line { loss: Some(Loss { share: 0.02, burst: 1.0 }), ..LINEAR }
}

#[test]
fn losing_2_percent_of_the_packets_changes_no_label_when_silence_is_played_for_them() {
    stands("2 % silent", &lossy(), false, 8);
}

#[test]
fn losing_2_percent_of_the_packets_changes_no_label_when_the_last_one_is_repeated_for_them() {
    stands("2 % repeated", &Line { concealment: Concealment::RepeatAttenuated, ..lossy() }, false, 8);
}

#[test]
fn losing_2_percent_of_the_packets_changes_no_label_when_they_are_told_as_gaps() {
    stands("2 % gaps", &lossy(), true, 8);
}

/// Easy calls over `line` under every preset with learned models: what was not told of them.
fn easy(what: &str, line: &Line, gaps: bool, seeds: u64, told: &mut String) {
    for preset in LEARNED {
        for (samples, who) in [(person(), AnsweredBy::Human), (voicemail(), AnsweredBy::Voicemail)] {
            for seed in 0..seeds {
                let (_, last) = heard(DetectConfig::preset(preset), &over(line, &samples, gaps, seed));
                if last.answered_by != who {
                    let (preset, was, cause) = (preset.name(), last.answered_by, last.cause);
                    let _ = writeln!(told, "{what}, seed {seed}, {preset}: {was} instead of {who}: {cause}");
                }
            }
        }
    }
}

#[test]
fn the_models_know_easy_calls_over_every_line() {
    let mut told = String::new();
    for gain_db in [-12.0, -6.0, 0.0, 6.0, 12.0] {
        easy(&format!("{gain_db} dB"), &Line { gain_db, ..LINEAR }, false, 1, &mut told);
    }
    for encoding in [Encoding::Ulaw, Encoding::Alaw] {
        easy(&format!("{encoding:?}"), &Line::clean(encoding), false, 1, &mut told);
    }
    for dc_offset in [-500, 1000] {
        easy(&format!("offset {dc_offset}"), &Line { dc_offset, ..LINEAR }, false, 1, &mut told);
    }
    easy("clipped at -9 dBm0", &Line { clipping: Some(Dbm0(-9.0)), ..LINEAR }, false, 1, &mut told);
    easy("2 % silent", &lossy(), false, 4, &mut told);
    easy("2 % gaps", &lossy(), true, 4, &mut told);
    assert!(told.is_empty(), "{told}");
}
