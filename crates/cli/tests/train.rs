//! Training a model and looking at it, as a user does.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use support::{err, out, person, run, voicemail, write_wav};

/// A net so small, on so few calls, that it is trained in seconds.
const SMALL: [&str; 8] = [
    "--set",
    "simulator.hours=0.2",
    "--set",
    "net.width=8",
    "--set",
    "training.epochs=2",
    "--set",
    "training.batch_size=8",
];

#[test]
fn the_configuration_that_is_printed_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let printed = run(folder.path(), &["train", "--print-config", "--set", "training.epochs=7"]);
    assert_eq!(printed.status.code(), Some(0), "{}", err(&printed));
    let text = out(&printed);
    assert!(text.contains("# Share of calls judged rightly.") && text.contains("epochs = 7"), "{text}");
    std::fs::write(folder.path().join("t.toml"), &text).unwrap();
    let again = run(folder.path(), &["train", "t.toml", "--print-config"]);
    assert_eq!(out(&again), text);
}

#[test]
fn mistakes_in_the_configuration_name_the_field() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("bad.toml"), "[training]\nepoch = 3\n").unwrap();
    for (arguments, words) in [
        (&["train", "--set", "training.epochs=0"][..], "training.epochs: given 0, allowed is 1 to 10000"),
        (&["train", "bad.toml"], "unknown field `epoch`"),
        (&["train", "gone.toml"], "cannot read the configuration gone.toml"),
        (&["train", "--set", "epochs"], "--set: given epochs, allowed is section.field=value"),
    ] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}");
        assert!(err(&output).contains(words), "{}", err(&output));
    }
    std::fs::write(folder.path().join("a.csv"), "path,label\n").unwrap();
    let output = run(folder.path(), &["train", "--out", "a.csv"]);
    assert_eq!(output.status.code(), Some(2), "{}", err(&output));
}

#[test]
fn a_net_is_trained_looked_at_compared_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let train =
        [&["train", "--only", "net", "--out", "a.model", "--html", "a.html", "--checkpoints", "run"], &SMALL[..]];
    let output = run(folder.path(), &train.concat());
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    // Without a terminal, one line an epoch.
    let told = err(&output);
    assert_eq!(told.lines().filter(|line| line.starts_with("epoch ")).count(), 2, "{told}");
    let text = out(&output);
    assert!(text.contains("What should be reached") && text.contains("the model is in a.model"), "{text}");
    let page = std::fs::read_to_string(folder.path().join("a.html")).unwrap();
    assert!(page.contains("<svg") && !page.contains("http") && !page.contains("<script"));
    // Going on from the end is the same model.
    let resume = [&["train", "--only", "net", "--out", "b.model", "--resume", "run"], &SMALL[..]].concat();
    assert_eq!(run(folder.path(), &resume).status.code(), Some(0));
    let read = |name| std::fs::read(folder.path().join(name)).unwrap();
    assert!(read("a.model") == read("b.model"), "another model");

    let info = out(&run(folder.path(), &["model", "info", "a.model"]));
    for words in ["conv 40 → 8, 5 taps, every 2, relu", "GRU 8 → 8", "Timing model", "Limits", "a step every 20 ms"]
    {
        assert!(info.contains(words), "{words}: {info}");
    }
    let card = out(&run(folder.path(), &["model", "info", "a.model", "--card"]));
    assert_eq!(serde_json::from_str::<serde_json::Value>(&card).unwrap()["config"]["net"]["width"], 8);

    write_wav(&folder.path().join("person.wav"), &person());
    write_wav(&folder.path().join("machine.wav"), &voicemail());
    std::fs::write(folder.path().join("m.csv"), "path,label\nperson.wav,human\nmachine.wav,voicemail\n").unwrap();
    let compared = run(folder.path(), &["model", "compare", "a.model", "b.model", "--calls", "m.csv"]);
    let text = out(&compared);
    assert_eq!(compared.status.code(), Some(0), "{}", err(&compared));
    assert!(
        text.contains("parameters") && text.contains("m.csv: 2 calls") && text.contains("machine recall"),
        "{text}"
    );

    let checked = out(&run(folder.path(), &["model", "validate", "a.model"]));
    for name in ["format", "feature set", "size", "load time", "input shape", "output shape", "inference speed"] {
        assert!(checked.lines().any(|line| line.contains(name)), "{name}: {checked}");
    }
    std::fs::write(folder.path().join("cut.model"), &read("a.model")[..1000]).unwrap();
    let cut = run(folder.path(), &["model", "validate", "cut.model"]);
    assert_eq!(cut.status.code(), Some(4));
    assert!(out(&cut).starts_with("FAIL  format"), "{}", out(&cut));
}

#[test]
fn the_builtin_model_has_its_page() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["model", "info"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(out(&output).contains("logmel40-8k-v1"));
}
