//! `offhook features`, as a user runs it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::path::Path;

use serde_json::Value;
use support::{err, out, run, silence, tone, write_wav};

/// A tone of 0.5 s, then quiet: 1 s.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_wav(&folder.path().join("tone.wav"), &[tone(880.0, 500), silence(500)].concat());
    folder
}

/// Runs `offhook features`, which must succeed; gives what it printed.
fn features(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, &[&["features"], arguments].concat());
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    out(&output)
}

/// The shape and values of a NumPy file.
fn array(path: &Path) -> (String, Vec<f32>) {
    let bytes = std::fs::read(path).unwrap();
    let begins = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = String::from_utf8_lossy(&bytes[10..begins]).into_owned();
    let shape = header.split_once("'shape': ").unwrap().1.split_once(", }").unwrap().0.to_owned();
    (shape, bytes[begins..].as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect())
}

#[test]
fn every_hop_has_a_line_of_named_numbers() {
    let folder = folder();
    let text = features(folder.path(), &["tone.wav"]);
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(lines.len(), 101);
    assert!(lines.iter().all(|line| line.len() == 34), "{text}");
    let value = |line: usize, name: &str| -> f32 {
        lines[line][lines[0].iter().position(|column| *column == name).unwrap()].parse().unwrap()
    };
    assert_eq!((lines[1][0], lines[100][0]), ("0.010", "1.000"));
    assert!((value(30, "centroid_hz") - 880.0).abs() < 30.0 && value(30, "chroma_a") == 1.0, "{text}");
    assert!(value(30, "flatness") < 0.01 && value(30, "level_db") > -20.0 && value(90, "level_db") < -70.0, "{text}");
}

#[test]
fn forms_hold_the_same_numbers() {
    let folder = folder();
    let csv = features(folder.path(), &["tone.wav", "--set", "log-mel"]);
    let json: Value =
        serde_json::from_str(&features(folder.path(), &["tone.wav", "--set=log-mel", "--format=json"])).unwrap();
    features(folder.path(), &["tone.wav", "--set", "log-mel", "--out", "mel.npy"]);
    let (shape, values) = array(&folder.path().join("mel.npy"));
    assert_eq!((shape.as_str(), json["set"].as_str()), ("(100, 40)", Some("log-mel")));
    for (frame, line) in csv.lines().skip(1).enumerate() {
        for (at, cell) in line.split(',').skip(1).enumerate() {
            let cell: f32 = cell.parse().unwrap();
            assert_eq!(cell, values[40 * frame + at]);
            assert_eq!(cell, json["frames"][frame][at + 1].as_f64().unwrap() as f32);
        }
    }
}

#[test]
fn librosas_sets_have_its_shapes() {
    let folder = folder();
    for (set, shape) in [("mel-128x63", "(128, 63)"), ("mfcc", "(13, 63)"), ("chroma", "(12, 63)")] {
        features(folder.path(), &["tone.wav", "--set", set, "--format", "npy", "--out", set]);
        let (given, values) = array(&folder.path().join(set));
        assert_eq!(given, shape);
        assert!(values.iter().all(|value| value.is_finite()));
        if set == "mel-128x63" {
            let loudest = (0..values.len()).max_by(|&a, &b| values[a].total_cmp(&values[b])).unwrap();
            // 880 Hz on Slaney's scale is mel 13.2 of 45.2, in 129 steps; the tone lasts 16 frames.
            assert!((36..=38).contains(&(loudest / 63)) && loudest % 63 < 16, "{loudest}");
            assert_eq!((values[loudest], values[63 * 36 + 62]), (0.0, -80.0));
        }
    }
    let csv = features(folder.path(), &["tone.wav", "--set", "mfcc", "--start", "0.25s"]);
    assert!(csv.starts_with("time_s,mfcc_0,") && csv.contains("\n0.250,") && csv.lines().count() == 64, "{csv}");
}

#[test]
fn what_cannot_be_done_is_said() {
    let folder = folder();
    write_wav(&folder.path().join("short.wav"), &silence(9));
    for (arguments, code, told) in [
        (vec!["short.wav"], 4, "short.wav: given 0.009 s"),
        (vec!["tone.wav", "--start", "1s"], 4, "from --start 1.000 s on, needed is 0.010 s or more"),
        (vec!["gone.wav"], 4, "gone.wav: cannot be opened"),
        (vec!["tone.wav", "--out", "tone.wav"], 2, "--out: given tone.wav, which is also to be read"),
        (vec!["tone.wav", "--set", "mel"], 2, "mel-128x63"),
        (vec!["tone.wav", "--out", "none/x.csv"], 4, "none/x.csv: cannot be written"),
    ] {
        let output = run(folder.path(), &[&["features"], arguments.as_slice()].concat());
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        assert!(err(&output).contains(told), "{told} in {}", err(&output));
    }
}
