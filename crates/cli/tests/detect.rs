//! `offhook detect` and `offhook replay`, as a user runs them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use serde_json::Value;
use support::{err, offhook, out, person, run, silence, voicemail, write_wav};

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_wav(&folder.path().join("person.wav"), &person());
    write_wav(&folder.path().join("voicemail.wav"), &voicemail());
    folder
}

fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_person_reads_one_screen() {
    let folder = folder();
    let output = run(folder.path(), &["detect", "voicemail.wav"]);
    let text = out(&output);
    assert_eq!(output.status.code(), Some(0), "{text}{}", err(&output));
    assert!(text.lines().count() <= 24, "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(!text.contains('\u{1b}'), "colour goes to a terminal only");
    for part in ["voicemail.wav", "wave", "speech", "tones", "seconds", "VOICEMAIL", "1000 Hz", "a message may start"] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
}

#[test]
fn colour_is_as_asked() {
    let folder = folder();
    let coloured = run(folder.path(), &["detect", "--color", "always", "person.wav"]);
    assert!(out(&coloured).contains('\u{1b}'));
    let plain = run(folder.path(), &["detect", "--color", "never", "person.wav"]);
    assert!(!out(&plain).contains('\u{1b}'));
}

#[test]
fn json_has_exactly_the_keys_of_the_contract() {
    let folder = folder();
    let output = run(folder.path(), &["detect", "--json", "person.wav", "voicemail.wav"]);
    let objects = json_lines(&out(&output));
    assert_eq!(objects.len(), 2);
    for (object, file) in objects.iter().zip(["person.wav", "voicemail.wav"]) {
        let keys: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(
            keys,
            [
                "file",
                "answered_by",
                "confidence",
                "probabilities",
                "cause",
                "decided_at_ms",
                "audio_ms",
                "ready_to_record_ms",
                "beeps",
                "events",
                "vocabularies"
            ]
        );
        assert_eq!(object["file"], file);
        assert!(object["cause"]["kind"].is_string());
        let events = object["events"].as_array().unwrap();
        let methods: Vec<&Value> =
            events.iter().filter(|e| e["kind"] == "verdict").map(|verdict| &verdict["method"]).collect();
        let known = ["avmd", "heuristic", "hybrid", "ai"];
        assert!(!methods.is_empty() && methods.iter().all(|m| known.contains(&m.as_str().unwrap())), "{methods:?}");
        let sum: f64 = object["probabilities"].as_object().unwrap().values().map(|p| p.as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 0.01);
        assert!(object["decided_at_ms"].as_u64() <= object["audio_ms"].as_u64());
        let times: Vec<u64> =
            object["events"].as_array().unwrap().iter().map(|e| e["at_ms"].as_u64().unwrap()).collect();
        assert!(times.is_sorted(), "{times:?}");
        let words = &object["vocabularies"];
        assert!(words["asterisk"]["AMDSTATUS"].is_string() && words["asterisk"]["AMDCAUSE"].is_string(), "{words}");
        assert!(words["mod_amd"]["amd_result"].is_string() && words["twilio"]["AnsweredBy"].is_string(), "{words}");
    }
    assert_eq!(objects[0]["answered_by"], "human");
    assert_eq!(objects[0]["audio_ms"], 5100);
    assert_eq!(objects[1]["answered_by"], "voicemail");
    let beep = &objects[1]["beeps"][0];
    let keys: Vec<&str> = beep.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["start_ms", "end_ms", "hz", "dbm0"]);
    assert!(beep["end_ms"].as_u64().unwrap().abs_diff(8500) <= 40, "{beep}");
    assert!((beep["hz"].as_f64().unwrap() - 1000.0).abs() < 10.0, "{beep}");
    assert!(objects[1]["ready_to_record_ms"].as_u64().unwrap() >= 8500);
}

#[test]
fn a_page_stands_alone() {
    let folder = folder();
    let output = run(folder.path(), &["detect", "--html", "page.html", "person.wav", "voicemail.wav"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let page = std::fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.matches("<svg").count() == 2);
    for part in ["person.wav", "voicemail.wav", "prefers-color-scheme: dark", "beep ended", "class=\"wave\""] {
        assert!(page.contains(part), "{part}");
    }
    for outside in ["http://", "https://", "src=", "@import", "url(", "<script"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn one_bad_file_does_not_stop_the_others() {
    let folder = folder();
    std::fs::write(folder.path().join("broken.wav"), b"RIFF\x04\0\0\0WAVE").unwrap();
    let output = run(folder.path(), &["detect", "--json", "."]);
    assert_eq!(output.status.code(), Some(4));
    let objects = json_lines(&out(&output));
    let files: Vec<&Value> = objects.iter().map(|o| &o["file"]).collect();
    assert_eq!(files, ["./broken.wav", "./person.wav", "./voicemail.wav"]);
    let keys: Vec<&str> = objects[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["file", "error"]);
    assert!(!objects[0]["error"].as_str().unwrap().contains("broken.wav"), "{}", objects[0]);
    let told = err(&output);
    assert!(told.contains("./broken.wav") && told.contains("1 of 3 recordings"), "{told}");
    let output = run(folder.path(), &["detect", "missing.wav", "person.wav"]);
    assert_eq!(output.status.code(), Some(4));
    assert!(err(&output).contains("missing.wav") && out(&output).contains("HUMAN"));
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_read_does_not_stop_the_others() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder();
    let shut = folder.path().join("shut");
    std::fs::create_dir(&shut).unwrap();
    std::fs::set_permissions(&shut, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::read_dir(&shut).is_ok() {
        println!("left out: whoever runs this may read every folder");
        return;
    }
    let output = run(folder.path(), &["detect", "--json", "."]);
    std::fs::set_permissions(&shut, std::fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(output.status.code(), Some(4));
    let objects = json_lines(&out(&output));
    assert_eq!(objects.len(), 3);
    assert_eq!(objects[0]["file"], "./shut");
    assert!(err(&output).contains("./shut: this folder cannot be read"), "{}", err(&output));
}

#[test]
fn no_recording_is_overwritten() {
    let folder = folder();
    let before = std::fs::read(folder.path().join("voicemail.wav")).unwrap();
    std::fs::write(folder.path().join("note"), "x").unwrap();
    for arguments in [
        ["detect", "--html", "person.wav", "voicemail.wav"],
        ["detect", "--trace", "./voicemail.wav", "voicemail.wav"],
        ["detect", "--html", "note", "note"],
    ] {
        let output = run(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let told = err(&output);
        assert!(told.contains(&format!("{}: given {}", arguments[1], arguments[2])), "{told}");
    }
    for name in ["person.wav", "voicemail.wav"] {
        assert!(std::fs::read(folder.path().join(name)).unwrap().starts_with(b"RIFF"), "{name}");
    }
    assert_eq!(std::fs::read(folder.path().join("voicemail.wav")).unwrap(), before);
    // What looks like a page may be written again.
    for _ in 0..2 {
        assert!(run(folder.path(), &["detect", "--html", "a.html", "person.wav"]).status.success());
    }
}

#[test]
fn patterns_and_lines() {
    let folder = folder();
    let output = run(folder.path(), &["detect", "--view", "line", "*.wav"]);
    let text = out(&output);
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.lines().next().unwrap().starts_with("human "), "{text}");
    let output = run(folder.path(), &["detect", "*.mp3"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("no recording found"), "{}", err(&output));
}

#[test]
fn a_live_stream_tells_events_before_it_ends() {
    let mut child = offhook()
        .args(["detect", "--json", "--raw", "s16le@8000", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let bytes: Vec<u8> = person().iter().flat_map(|sample| sample.to_le_bytes()).collect();
    stdin.write_all(&bytes).unwrap();
    stdin.flush().unwrap();
    // The stream is still open: what is read now was told while it went on.
    let mut seen = Vec::new();
    loop {
        let event: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        let done = event["kind"] == "verdict" && event["stage"] == "final";
        assert!(event["at_ms"].is_u64(), "{event}");
        seen.push(event);
        if done {
            break;
        }
    }
    assert!(seen.iter().any(|event| event["kind"] == "speech_started"), "{seen:?}");
    assert_eq!(seen.last().unwrap()["answered_by"], "human");
    drop(stdin);
    let last: Value = serde_json::from_str(&lines.map_while(Result::ok).last().unwrap()).unwrap();
    assert_eq!((last["kind"].as_str(), last["answered_by"].as_str()), (Some("ended"), Some("human")));
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let folder = folder();
    let mut child = offhook()
        .current_dir(folder.path())
        .args(["detect", "--json", "person.wav", "voicemail.wav"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), err(&output)), (Some(0), String::new()));
}

#[test]
fn early_media_is_not_the_call() {
    let folder = folder();
    let early = [support::voice(3000), silence(500), person()].concat();
    write_wav(&folder.path().join("early.wav"), &early);
    let output = run(folder.path(), &["detect", "--json", "--answered-at", "3500", "early.wav"]);
    let object = &json_lines(&out(&output))[0];
    assert_eq!(object["answered_by"], "human", "{object}");
    let events = object["events"].as_array().unwrap();
    let answered = events.iter().find(|event| event["kind"] == "answered").unwrap();
    assert_eq!(answered["at_ms"], 3500);
    let verdict = events.iter().find(|event| event["kind"] == "verdict").unwrap();
    assert!(verdict["at_ms"].as_u64().unwrap() > 3500, "{verdict}");
    let same = run(folder.path(), &["detect", "--json", "--answered-at", "3.5s", "early.wav"]);
    assert_eq!(out(&same), out(&output));
    let late = run(folder.path(), &["detect", "--answered-at", "1000s", "early.wav"]);
    assert!(out(&late).contains("before the answer at 1000.00 s"), "{}", out(&late));
    let bad = run(folder.path(), &["detect", "--answered-at", "soon", "early.wav"]);
    assert!(bad.status.code() == Some(2) && err(&bad).contains("such as 900ms"), "{}", err(&bad));
}

/// The causes of the verdicts in the events of one recording.
fn causes(arguments: &[&str], folder: &std::path::Path) -> Vec<Value> {
    let output = run(folder, arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?} {}", err(&output));
    let object = json_lines(&out(&output)).remove(0);
    let events = object["events"].as_array().unwrap();
    events.iter().filter(|event| event["kind"] == "verdict").cloned().collect()
}

#[test]
fn each_method_decides_by_what_it_may() {
    let folder = folder();
    let by = |method: &str, file: &str| {
        causes(&["detect", "--json", "--set", &format!("decide.method={method}"), file], folder.path())
    };
    let kinds = |verdicts: &[Value]| -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        verdicts.iter().map(|v| (text(&v["method"]), text(&v["cause"]["kind"]))).collect()
    };
    let is = |method: &str, kind: &str| (method.to_owned(), kind.to_owned());
    assert_eq!(kinds(&by("avmd", "person.wav")), []);
    assert_eq!(kinds(&by("avmd", "voicemail.wav")), [is("avmd", "beep")]);
    assert!(kinds(&by("heuristic", "person.wav")).iter().all(|said| *said == is("heuristic", "short_greeting")));
    assert_eq!(kinds(&by("heuristic", "voicemail.wav")).last(), Some(&is("avmd", "beep")));
    assert_eq!(kinds(&by("classic", "person.wav")), [is("classic", "short_greeting")]);
    let weighed = by("ai", "person.wav");
    assert!(!weighed.is_empty() && kinds(&weighed).iter().all(|said| *said == is("ai", "weighed")), "{weighed:?}");
    let cause = &weighed.last().unwrap()["cause"];
    for number in ["machine", "limit", "voice_ms", "silence_ms", "timing", "net"] {
        assert!(cause[number].is_number(), "{number} in {cause}");
    }
    for reason in cause["reasons"].as_array().unwrap() {
        assert!(reason["feature"].is_string() && reason["value"].is_number() && reason["adds"].is_number(), "{cause}");
    }
}

#[test]
fn a_model_of_the_users_is_used_and_a_replay_wants_the_same() {
    use offhook_detect::{FusionModel, Model};
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    // One that knows nothing waits for the latest silence.
    let nothing = Model::new("{}".to_owned(), None, None, FusionModel::default());
    std::fs::write(path("nothing.model"), nothing.to_bytes()).unwrap();
    let detect = ["detect", "--json", "--model", "nothing.model", "--trace", "n.trace", "person.wav"];
    let cause = causes(&detect, folder.path()).pop().unwrap()["cause"].clone();
    assert_eq!((&cause["kind"], &cause["machine"]), (&Value::from("weighed"), &Value::from(0.5)));
    assert_eq!(cause["reasons"].as_array().unwrap().len(), 0, "{cause}");

    let refused = run(folder.path(), &["replay", "n.trace"]);
    assert_eq!(refused.status.code(), Some(2), "{}", err(&refused));
    let (made, given) = (nothing.fingerprint(), Model::builtin().fingerprint());
    for part in [format!("{made:016x}"), format!("given {given:016x}"), "--model".to_owned()] {
        assert!(err(&refused).contains(&part), "{part} in {}", err(&refused));
    }
    let replayed = run(folder.path(), &["replay", "--json", "--model", "nothing.model", "n.trace"]);
    assert_eq!(replayed.status.code(), Some(0), "{}", err(&replayed));
    let verdicts: Vec<_> = json_lines(&out(&replayed)).into_iter().filter(|e| e["kind"] == "verdict").collect();
    assert_eq!(verdicts, causes(&detect, folder.path()));
    // A trace of the rules needs no model.
    let rules = ["detect", "--preset", "heuristic", "--trace", "r.trace", "person.wav"];
    assert!(run(folder.path(), &rules).status.success());
    assert!(run(folder.path(), &["replay", "r.trace"]).status.success());

    std::fs::write(path("cut.model"), &nothing.to_bytes()[..30]).unwrap();
    for (given, code, told) in [
        ("gone.model", 4, "--model: gone.model cannot be read"),
        ("person.wav", 3, "the file is no offhook model"),
        ("cut.model", 3, "the file is cut short"),
    ] {
        let output = run(folder.path(), &["detect", "--model", given, "person.wav"]);
        assert_eq!(output.status.code(), Some(code), "{}", err(&output));
        assert!(err(&output).contains(told), "{told} in {}", err(&output));
    }
}

#[test]
fn chunks_change_nothing_and_a_replay_repeats_it() {
    let folder = folder();
    let whole = run(folder.path(), &["detect", "--json", "--trace", "a.trace", "voicemail.wav"]);
    for chunk in ["1", "7", "20", "3000"] {
        let cut = run(folder.path(), &["detect", "--json", "--chunk", chunk, "voicemail.wav"]);
        assert_eq!(out(&cut), out(&whole), "{chunk}");
    }
    let replay = run(folder.path(), &["replay", "--json", "a.trace"]);
    let events = json_lines(&out(&replay));
    let object = &json_lines(&out(&whole))[0];
    assert_eq!(&Value::Array(events), &object["events"]);
    std::fs::write(folder.path().join("bad.trace"), b"RIFFxxxx\n").unwrap();
    let bad = run(folder.path(), &["replay", "bad.trace"]);
    assert_eq!(bad.status.code(), Some(4));
    assert!(err(&bad).contains("at byte 0: expected the line"), "{}", err(&bad));
}
