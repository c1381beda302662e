//! A model in the ONNX format, through the binary. `offhook-onnx` tests what such models say; here it is what becomes of it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::path::{Path, PathBuf};

use support::{err, out, run, silence, voice, write_wav};

fn model(name: &str) -> String {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "onnx", "tests", "models"].iter().collect();
    folder.join(format!("{name}.onnx")).display().to_string()
}

/// A call of 0.5 s of silence, two words and 3 s of silence.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_wav(&folder.path().join("call.wav"), &[silence(500), voice(900), silence(3000)].concat());
    folder
}

/// Runs it, and what it said of why not.
fn refused(folder: &Path, arguments: &[&str], code: i32) -> String {
    let done = run(folder, arguments);
    assert_eq!(done.status.code(), Some(code), "{arguments:?}: {}", err(&done));
    assert!(out(&done).is_empty(), "{arguments:?}: {}", out(&done));
    err(&done)
}

#[test]
fn what_replays_or_measures_the_engine_takes_no_onnx_model() {
    let folder = folder();
    assert!(run(folder.path(), &["detect", "--trace", "call.trace", "call.wav"]).status.success());
    let replay = refused(folder.path(), &["replay", "call.trace", "--model", &model("log-mel")], 2);
    assert!(replay.contains("a trace holds what it said"), "{replay}");
    refused(folder.path(), &["bench", "engine", "--model", &model("log-mel")], 2);
}

#[test]
fn flags_for_onnx_models_need_one() {
    let folder = folder();
    for flags in [["--onnx-input", "mel"], ["--onnx-scaling", "peak"], ["--onnx-output", "logits"]] {
        let told = refused(folder.path(), &["detect", "call.wav", flags[0], flags[1]], 2);
        assert!(told.contains(&format!("{}: given without an ONNX model", flags[0])), "{told}");
    }
}

#[cfg(not(feature = "onnx"))]
#[test]
fn a_build_without_the_runtime_says_how_to_get_one_with_it() {
    let folder = folder();
    for command in [["detect", "call.wav"], ["eval", "calls.csv"]] {
        let told = refused(folder.path(), &[command[0], command[1], "--model", &model("log-mel")], 2);
        assert!(told.contains("cargo build --release --features onnx"), "{told}");
    }
}

#[cfg(feature = "onnx")]
mod with_the_runtime {
    use offhook_detect::{Cause, EventKind, Fact, Input, Params, Trace};

    use super::*;

    fn trace(folder: &Path, arguments: &[&str]) -> Trace {
        let done = run(folder, &[&["detect", "--json", "--trace", "call.trace", "call.wav"], arguments].concat());
        assert!(done.status.success(), "{arguments:?}: {}", err(&done));
        Trace::decode(&std::fs::read(folder.join("call.trace")).unwrap()).unwrap()
    }

    /// The scores in a trace: the samples before each, and what it says.
    fn scores(trace: &Trace) -> Vec<(usize, f32)> {
        let mut heard = 0;
        let mut scores = Vec::new();
        for input in &trace.inputs {
            match input {
                Input::Samples(samples) => heard += samples.len(),
                Input::Fact(Fact::Score { machine }) => scores.push((heard, machine.get())),
                other => panic!("{other:?}"),
            }
        }
        scores
    }

    fn events(trace: &Trace) -> Vec<offhook_detect::Event> {
        trace.replay_with(&std::sync::Arc::new(Params::new(trace.config).unwrap()))
    }

    #[test]
    fn it_speaks_four_times_a_second_until_the_verdict_however_the_call_is_cut() {
        let folder = folder();
        let arguments = ["--model", &model("log-mel"), "--set", "weigh.rest=false"];
        let whole = scores(&trace(folder.path(), &arguments));
        let times: Vec<usize> = whole.iter().map(|(at, _)| *at).collect();
        assert_eq!(times, (4..=17).map(|quarter| quarter * 2000).collect::<Vec<_>>());
        for chunk in ["7", "160", "1000"] {
            let pieces = trace(folder.path(), &[&arguments[..], &["--chunk", chunk]].concat());
            assert_eq!(scores(&pieces), whole, "{chunk}");
        }
        let resting = trace(folder.path(), &arguments[..2]);
        let decided = events(&resting).iter().find_map(|event| match event.kind {
            EventKind::Verdict(verdict) if verdict.stage != offhook_detect::Stage::Provisional => Some(event.at),
            _ => None,
        });
        let decided = decided.unwrap().samples() as usize;
        let before: Vec<(usize, f32)> = whole.into_iter().filter(|(at, _)| *at < decided).collect();
        assert!(!before.is_empty() && before.len() < times.len());
        assert_eq!(scores(&resting), before);
    }

    #[test]
    fn a_trace_replays_without_the_model_and_the_net_has_no_say() {
        let folder = folder();
        let trace = trace(folder.path(), &["--model", &model("samples"), "--onnx-scaling", "plain"]);
        assert!(!trace.config.weigh.net && trace.config.weigh.timing);
        let scores = scores(&trace);
        let replayed = run(folder.path(), &["replay", "call.trace", "--json"]);
        assert!(replayed.status.success(), "{}", err(&replayed));
        let events = events(&trace);
        assert_eq!(out(&replayed).lines().count(), events.len());
        // What the model adds to the log-odds is what its last score says.
        for event in &events {
            let EventKind::Verdict(verdict) = event.kind else { continue };
            let Cause::Weighed { net, .. } = verdict.cause else { continue };
            let last = scores.iter().rev().find(|(at, _)| (*at as u64) < event.at.samples());
            let wanted = last.map_or(0.0, |(_, p)| (p.clamp(0.002, 0.998) / (1.0 - p.clamp(0.002, 0.998))).ln());
            assert!((net - wanted).abs() < 1e-3, "{event}: {net}, {wanted}");
        }
    }

    #[test]
    fn it_hears_the_call_from_the_answer_on() {
        let folder = folder();
        let arguments = ["--model", &model("log-mel"), "--answered-at", "300ms", "--set", "weigh.rest=false"];
        let done =
            run(folder.path(), &[&["detect", "--json", "--trace", "late.trace", "call.wav"], &arguments[..]].concat());
        assert!(done.status.success(), "{}", err(&done));
        let late = Trace::decode(&std::fs::read(folder.path().join("late.trace")).unwrap()).unwrap();
        let mut heard = 0;
        let first = late.inputs.iter().find_map(|input| {
            match input {
                Input::Samples(samples) => heard += samples.len(),
                Input::Fact(Fact::Score { .. }) => return Some(heard),
                _ => {}
            }
            None
        });
        assert_eq!(first, Some(2400 + 8000));
    }

    #[test]
    fn rules_ask_no_model() {
        let folder = folder();
        for preset in ["heuristic", "classic"] {
            let trace = trace(folder.path(), &["--model", &model("log-mel"), "--preset", preset]);
            assert!(scores(&trace).is_empty(), "{preset}");
        }
    }

    #[test]
    fn eval_measures_calls_with_it() {
        let folder = folder();
        std::fs::write(folder.path().join("calls.csv"), "path,label\ncall.wav,human\n").unwrap();
        for more in [&["--no-curve"][..], &[]] {
            let arguments =
                ["eval", "calls.csv", "--json", "-", "--model", &model("mel-logit"), "--onnx-output", "logits"];
            let done = run(folder.path(), &[&arguments[..], more].concat());
            assert!(done.status.success(), "{}", err(&done));
            assert!(out(&done).contains("\"presets\""));
        }
    }

    #[test]
    fn what_cannot_be_used_is_said_with_the_flag_that_helps() {
        let folder = folder();
        for (name, flags, code, says) in [
            // It gives a probability of silence.
            ("mel-logit", &[][..], 4, "allowed 0 to 1; where the model gives logits, say so by --onnx-output logits"),
            ("open-shape", &[], 3, "--onnx-input says which, where the shape is open"),
            ("bad-shape", &[], 3, "given [1, 80, 100], allowed [1, 32000] samples"),
            ("bad-output", &[], 3, "given 128 values, allowed 1 or 2 values"),
            ("mel", &["--onnx-input", "samples"], 3, "input shape"),
            ("none", &[], 4, "none.onnx: cannot be read"),
        ] {
            let path = model(name);
            let told = refused(folder.path(), &[&["detect", "call.wav", "--model", &path], flags].concat(), code);
            assert!(told.contains(says), "{name}: {told}");
        }
    }
}
