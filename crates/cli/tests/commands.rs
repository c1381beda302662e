//! The other commands, as a user runs them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use serde_json::Value;
use support::{err, offhook, out, person, run, silence, tone, voice, voicemail, write_wav};

/// Two people (one talks as long as a machine), two voicemails, one of which says only a word, and one silence.
fn manifest() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, samples: &[i16]| write_wav(&folder.path().join(name), samples);
    write("person.wav", &person());
    write("talker.wav", &[silence(300), voice(9000), silence(2000)].concat());
    write("voicemail.wav", &voicemail());
    write("short.wav", &[silence(600), voice(500), silence(4000), tone(900.0, 300), silence(1000)].concat());
    let table = "path,label,speech_end_ms,beep_start_ms,beep_end_ms,condition\n\
                 person.wav,human,1100,,,clean\n\
                 talker.wav,human,9300,,,noisy\n\
                 voicemail.wav,voicemail,,8100,8500,clean\n\
                 short.wav,voicemail,,5100,5400,noisy\n";
    std::fs::write(folder.path().join("m.csv"), table).unwrap();
    folder
}

#[test]
fn eval_gives_the_figures_worked_by_hand() {
    let folder = manifest();
    let output = run(
        folder.path(),
        &["eval", "m.csv", "--preset", "classic", "--json", "f.json", "--html", "f.html", "--wrong"],
    );
    let text = out(&output);
    assert_eq!(output.status.code(), Some(0), "{text}{}", err(&output));
    let report: Value = serde_json::from_str(&std::fs::read_to_string(folder.path().join("f.json")).unwrap()).unwrap();
    let preset = &report["presets"][0];
    let rate = |path: &Value| (path["hits"].as_u64().unwrap(), path["of"].as_u64().unwrap());
    // Under Asterisk's rules one of two people talks too long, and one of two voicemails sounds like a person.
    assert_eq!(rate(&preset["all"]["human_called_machine"]), (1, 2));
    assert_eq!(rate(&preset["all"]["machine_recall"]), (1, 2));
    assert_eq!(rate(&preset["all"]["beeps"]["found"]), (2, 2));
    assert_eq!(preset["all"]["beeps"]["false_count"], 0);
    assert_eq!(preset["confusion"]["human"]["human"], 1);
    assert_eq!(rate(&preset["by_condition"]["clean"]["human_called_machine"]), (0, 1));
    assert_eq!(rate(&preset["by_condition"]["noisy"]["human_called_machine"]), (1, 1));
    // Wilson for 1 of 2: (1 + z²/4 ∓ z·√(1/2 + z²/16)) / (2 + z²) … 0.0945 to 0.9055.
    let low = preset["all"]["human_called_machine"]["low"].as_f64().unwrap();
    assert!((low - 0.0945).abs() < 5e-4, "{low}");
    let wait = preset["all"]["latency"]["human_after_utterance_ms"]["median"].as_f64().unwrap();
    assert!((300.0..2500.0).contains(&wait), "{wait}");
    assert_eq!(preset["wrong"].as_array().unwrap().len(), 2);
    assert!(preset["curve"]["by_parameter"].as_array().unwrap().len() > 8);
    assert!(text.contains("human called machine") && text.contains("operating curve"), "{text}");
    let page = std::fs::read_to_string(folder.path().join("f.html")).unwrap();
    assert!(page.contains("<svg") && !page.contains("http") && !page.contains("<script"));
}

#[test]
fn eval_compares_presets_and_goes_on_past_bad_rows() {
    let folder = manifest();
    let mut table = std::fs::read_to_string(folder.path().join("m.csv")).unwrap();
    table += "gone.wav,human,,,,clean\nperson.wav,person,,,,clean\n";
    std::fs::write(folder.path().join("bad.csv"), table).unwrap();
    std::fs::write(
        folder.path().join("ast.csv"),
        "path,amdstatus,amdcause\nvoicemail.wav,MACHINE,LONGGREETING-1500-1500\n",
    )
    .unwrap();
    let arguments = [
        "eval",
        "bad.csv",
        "--presets",
        "classic,heuristic,balanced+weigh.net=false",
        "--no-curve",
        "--asterisk-table",
        "ast.csv",
    ];
    let output = run(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(4));
    let told = err(&output);
    assert!(told.contains("line 6: gone.wav") && told.contains("line 7: label: given \"person\""), "{told}");
    let text = out(&output);
    for part in ["bad.csv: 4 calls", "classic", "heuristic", "balanced+weigh.net=false"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(text.contains("same status and cause"), "{text}");
}

#[test]
fn eval_says_what_cannot_be_used_and_overwrites_no_table() {
    let folder = manifest();
    let table = std::fs::read(folder.path().join("m.csv")).unwrap();
    std::fs::write(folder.path().join("other.csv"), "a,b\n").unwrap();
    std::fs::write(folder.path().join("page.html"), "old").unwrap();
    for (flag, path) in [("--html", "m.csv"), ("--json", "m.csv"), ("--json", "person.wav"), ("--html", "other.csv")] {
        let output = run(folder.path(), &["eval", "m.csv", "--no-curve", flag, path]);
        assert_eq!(output.status.code(), Some(2), "{flag} {path}");
        assert!(err(&output).contains(&format!("{flag}: given {path}, ")), "{}", err(&output));
    }
    assert_eq!(std::fs::read(folder.path().join("m.csv")).unwrap(), table);
    let output = run(folder.path(), &["eval", "m.csv", "--no-curve", "--json", "-", "--html", "page.html"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let report: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(report["presets"][0]["all"]["human_called_machine"]["of"], 2);
    assert_eq!(report["presets"][0]["preset"], "balanced", "{report}");
    assert!(!folder.path().join("-").exists());
    for (text, told) in [
        ("path,label\r\n", "there is none but the header"),
        ("path,label\r\ngone.wav,Human\r\nperson.wav,who\r\n", "all 2 failed"),
    ] {
        std::fs::write(folder.path().join("e.csv"), text).unwrap();
        let output = run(folder.path(), &["eval", "e.csv", "--no-curve"]);
        assert_eq!((output.status.code(), out(&output)), (Some(4), String::new()));
        assert!(err(&output).contains("no usable row in e.csv") && err(&output).contains(told), "{}", err(&output));
        assert_eq!(err(&output).contains("e.csv line 2: gone.wav: "), text.contains("gone"), "{}", err(&output));
    }
}

#[test]
fn simulate_gives_the_same_bytes_for_the_same_seed() {
    let folder = tempfile::tempdir().unwrap();
    let simulate = |name: &str, seed: &str| {
        let arguments = ["simulate", "--set", "live_answers", "--calls", "4", "--seed", seed, "--out", name];
        let output = run(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        let mut files: Vec<_> =
            std::fs::read_dir(folder.path().join(name)).unwrap().map(|e| e.unwrap().path()).collect();
        files.sort();
        files
            .iter()
            .map(|path| (path.file_name().unwrap().to_owned(), std::fs::read(path).unwrap()))
            .collect::<Vec<_>>()
    };
    let first = simulate("a", "7");
    assert_eq!(first.len(), 5);
    assert!(first == simulate("b", "7"));
    assert!(first != simulate("c", "8"));
    let output = run(folder.path(), &["eval", "a/manifest.csv", "--no-curve"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
}

#[test]
fn voices_are_used_or_refused_and_never_passed_over_in_silence() {
    let folder = manifest();
    std::fs::write(folder.path().join("none.csv"), "path,label\nperson.wav,human\nvoicemail.wav,fax\n").unwrap();
    let output = run(folder.path(), &["simulate", "--voices", "none.csv", "--calls", "1", "--out", "s"]);
    assert_eq!(output.status.code(), Some(4), "{}", err(&output));
    for part in ["none.csv: no usable row of 2", "found are fax, human;", "known are human_short"] {
        assert!(err(&output).contains(part), "{part} in {}", err(&output));
    }
    assert!(!folder.path().join("s").exists());
    std::fs::write(folder.path().join("one.csv"), "path,label\nperson.wav,Human_Short\nvoicemail.wav,fax\n").unwrap();
    let output = run(folder.path(), &["simulate", "--voices", "one.csv", "--calls", "1", "--out", "s"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(err(&output).contains("one.csv: 1 of 2 rows used"), "{}", err(&output));
    let output = run(folder.path(), &["simulate", "--voices", "s/manifest.csv", "--out", "s"]);
    assert_eq!(output.status.code(), Some(2), "{}", err(&output));
}

#[test]
fn a_configuration_that_cannot_be_used_is_told_with_what_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    write_wav(&folder.path().join("a.wav"), &person());
    std::fs::write(folder.path().join("bad.toml"), "[decide]\nlong_greting = \"3s\"\n").unwrap();
    std::fs::write(folder.path().join("good.toml"), "preset = \"conservative\"\n[decide]\nlong_greeting = \"5s\"\n")
        .unwrap();
    for (arguments, says) in [
        (vec!["detect", "--set", "decide.long_greeting=never", "a.wav"], "decide.long_greeting: cannot read \"never\""),
        (vec!["detect", "--set", "decide.long_greeting=1h", "a.wav"], "decide.long_greeting"),
        (
            vec!["detect", "--preset", "bold", "a.wav"],
            "classic, heuristic, hybrid, balanced, conservative or aggressive",
        ),
        (vec!["detect", "--set", "decide.method=guess", "a.wav"], "classic, avmd, heuristic, hybrid or ai"),
        (vec!["detect", "--set", "weigh.net=false", "--set", "weigh.timing=false", "a.wav"], "weigh.net"),
        (vec!["detect", "--preset", "bold", "a.wav"], "from --preset"),
        (vec!["detect", "--country", "XX", "a.wav"], "tone.country"),
        (vec!["detect", "--country", "uk", "a.wav"], "the United Kingdom is GB"),
        (vec!["config", "check", "--config", "bad.toml"], "there is no parameter \"decide.long_greting\""),
        (vec!["config", "check", "--config", "none.toml"], "none.toml"),
    ] {
        let output = run(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(3), "{arguments:?} {}", err(&output));
        assert!(err(&output).contains(says), "{arguments:?}: {}", err(&output));
    }
    let empty = offhook().env("OFFHOOK_CONFIG", "").args(["config", "check"]).output().unwrap();
    assert_eq!(empty.status.code(), Some(0), "{}", err(&empty));
    let show = offhook()
        .current_dir(folder.path())
        .env("OFFHOOK_READY_SILENCE", "3s")
        .args(["config", "show", "--config", "good.toml", "--set", "vad.onset=60ms"])
        .output()
        .unwrap();
    let text = out(&show);
    let line = |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    assert!(
        line("decide.long_greeting ").contains("5000ms") && line("decide.long_greeting ").contains("good.toml"),
        "{text}"
    );
    assert!(line("ready.silence").contains("$OFFHOOK_READY_SILENCE"), "{text}");
    assert!(line("vad.onset").contains("60ms") && line("vad.onset").contains("--set"), "{text}");
    assert!(line("preset").contains("conservative") && line("preset").contains("classic, heuristic, hybrid"), "{text}");
    for section in ["vad", "cadence", "beep", "tone", "music", "decide", "weigh", "classic", "ready"] {
        assert!(text.lines().any(|line| line.starts_with(&format!("{section}."))), "{section} in {text}");
    }
    assert!(line("decide.method").contains("ai") && line("weigh.net").contains("true"), "{text}");
    let check = run(folder.path(), &["config", "check", "--config", "good.toml"]);
    assert_eq!(check.status.code(), Some(0));
    let toml = run(folder.path(), &["config", "show", "--toml", "--preset", "aggressive"]);
    std::fs::write(folder.path().join("shown.toml"), out(&toml)).unwrap();
    let again = run(folder.path(), &["config", "show", "--toml", "--config", "shown.toml"]);
    assert_eq!(out(&again), out(&toml), "what is shown can be read back: {}", err(&again));
}

#[test]
fn the_command_line_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        vec!["detect"],
        vec!["detect", "--raw", "pcm", "-"],
        vec!["detect", "-", "a.wav"],
        vec!["detect", "--chunk", "0", "a.wav"],
        vec!["eval"],
        vec!["simulate", "--set", "none", "--out", "x"],
        vec!["nothing"],
    ] {
        let output = run(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?} {}", err(&output));
        assert!(!err(&output).is_empty());
    }
}

#[test]
fn manual_and_completions_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let page = out(&run(folder.path(), &["man"]));
    assert!(page.contains(".TH offhook") && page.contains("EXIT") || page.contains("Exit codes"), "{page}");
    let output = run(folder.path(), &["man", "--out", "man1"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(folder.path().join("man1/offhook-detect.1").exists());
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(out(&run(folder.path(), &["completions", shell])).contains("offhook"), "{shell}");
    }
}

#[test]
fn the_bench_gives_figures() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["bench", "engine", "--json", "--seconds", "0"]);
    let bench: Value = serde_json::from_str(&out(&output)).unwrap();
    assert!(bench["times_real_time"]["median"].as_f64().unwrap() > 1.0);
    assert!(bench["parts"].as_array().unwrap().len() >= 9);
    assert!(bench["stream"]["total"].as_u64().unwrap() <= 32 * 1024, "{}", bench["stream"]);
}

#[test]
fn an_export_that_fails_leaves_the_file_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let text = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    for name in ["old.csv", "old.txt"] {
        std::fs::write(folder.path().join(name), "old").unwrap();
    }
    let public = "http.bind=0.0.0.0:8080";
    for (arguments, code, told) in [
        (vec!["db", "export", "--output", "old.csv"], 2, "--output: given old.csv, which is there already"),
        (vec!["audit", "export", "--output", "old.csv"], 2, "--output: given old.csv, which is there already"),
        (vec!["db", "export", "--output", "old.txt"], 4, "`offhook db migrate`"),
        (vec!["db", "export", "--output", "old.txt", "--set", public], 3, "http.insecure"),
        (vec!["audit", "export", "--output", "old.txt", "--set", public], 3, "http.insecure"),
        (vec!["db", "migrate", "--set", public], 3, "http.insecure"),
        (vec!["audit", "verify", "--set", public], 3, "http.insecure"),
        (vec!["vault", "status", "--set", public], 3, "http.insecure"),
    ] {
        let output = run(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", err(&output));
        // Lines are wrapped as wide as the terminal is.
        let said = err(&output).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(told), "{told} in {said}");
    }
    assert_eq!((text("old.csv").as_str(), text("old.txt").as_str()), ("old", "old"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is made");
    for arguments in [
        vec!["db", "migrate"],
        vec!["db", "export", "--output", "old.txt"],
        vec!["audit", "export", "--output", "log.jsonl"],
    ] {
        let output = run(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", err(&output));
    }
    assert!(text("old.txt").starts_with("id,"), "{}", text("old.txt"));
    assert_eq!(text("log.jsonl"), "", "nothing was noted");
    let refused = run(folder.path(), &["db", "export", "--output", "none/calls.csv"]);
    assert_eq!(refused.status.code(), Some(4));
    assert!(err(&refused).contains("none/calls.csv: cannot be written"), "{}", err(&refused));
}

#[test]
fn a_key_has_a_name_that_can_be_printed_and_its_end_is_noted_once() {
    let folder = tempfile::tempdir().unwrap();
    let on_storage = |arguments: &[&str]| {
        let output = run(folder.path(), &[arguments, &["--set", "storage.folder=data"]].concat());
        (output.status.code(), out(&output), err(&output))
    };
    for name in [" ", "a\u{1b}[2Jb"] {
        let (code, _, said) = on_storage(&["keys", "create", "--name", name]);
        assert!(code == Some(2) && said.contains("--name: given"), "{said}");
    }
    let (code, key, said) = on_storage(&["keys", "create", "--name", "ops", "--json"]);
    assert_eq!(code, Some(0), "{said}");
    let key: Value = serde_json::from_str(&key).unwrap();
    let id = key["id"].as_str().unwrap();
    for told in ["the key is revoked", "the key was revoked before"] {
        let (code, _, said) = on_storage(&["keys", "revoke", id]);
        assert!(code == Some(0) && said.contains(told), "{said}");
    }
    let (code, entries, said) = on_storage(&["audit", "export"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!((entries.matches("key.created").count(), entries.matches("key.revoked").count()), (1, 1), "{entries}");
}

#[test]
fn config_check_reads_the_file_of_switches() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("offhook.toml", "[switches]\nfile = \"switches.toml\"\n");
    let check = || run(folder.path(), &["config", "check", "--config", "offhook.toml"]);
    let missing = check();
    assert_eq!((missing.status.code(), err(&missing).contains("switches.file")), (Some(3), true), "{}", err(&missing));
    write("switches.toml", "[[freeswitch]]\nname = 'fs1'\npassword = 'ClueCon'\n[[rule]]\nshare = 101\n");
    let wrong = check();
    assert_eq!((wrong.status.code(), err(&wrong).contains("rule[0].share")), (Some(3), true), "{}", err(&wrong));
    write("switches.toml", "[[freeswitch]]\nname = 'fs1'\npassword = 'ClueCon'\n");
    let sound = check();
    assert!(out(&sound).contains("1 switches, 1 rules") && !out(&sound).contains("ClueCon"), "{}", out(&sound));
}
