//! Every event of every call of the corpus under the rules, as text: they move with no model. `UPDATE_GOLDEN=1 cargo test -p offhook-detect --test golden` writes
//! the texts anew: read what changed before you commit it.

mod support;

use std::fmt::Write as _;
use std::path::PathBuf;

use offhook_detect::{DetectConfig, Input, Preset};
use support::{corpus, first_final, heard, lines};

/// How far a number of this unit may lie from the golden one: processors round differently. The rest is exact.
const TOLERANCES: [(&str, f64); 3] = [("s", 0.020), ("Hz", 1.0), ("dBm0", 0.1)];

/// The numbers with a unit in a line, and the line with them left out.
fn parts(line: &str) -> (Vec<(f64, f64)>, String) {
    let (mut numbers, mut shape) = (Vec::new(), String::new());
    let mut rest = line;
    while let Some(next) = rest.chars().next() {
        let numeric = |c: char| c.is_ascii_digit() || c == '.' || c == '-' || c == '−';
        let length = rest.find(|c| !numeric(c)).unwrap_or(rest.len());
        let after = &rest[length..];
        let word = after.strip_prefix(' ').unwrap_or(after);
        let word = &word[..word.find(|c: char| !c.is_alphanumeric()).unwrap_or(word.len())];
        let unit = if word == "dBm0" {
            word
        } else {
            &after[..after.find(|c: char| !c.is_alphanumeric()).unwrap_or(after.len())]
        };
        let number = rest[..length].replace('−', "-").parse::<f64>();
        match (number, TOLERANCES.iter().find(|(known, _)| *known == unit)) {
            (Ok(number), Some((unit, tolerance))) if shape.chars().last().is_none_or(|c| !c.is_alphanumeric()) => {
                numbers.push((number, *tolerance));
                let _ = write!(shape, "#{unit}");
                rest = after.trim_start_matches(' ').strip_prefix(unit).unwrap_or(after);
            }
            _ => {
                shape.push(next);
                rest = &rest[next.len_utf8()..];
            }
        }
    }
    (numbers, shape)
}

fn same(golden: &str, heard: &str) -> bool {
    let ((golden, golden_shape), (heard, heard_shape)) = (parts(golden), parts(heard));
    golden_shape == heard_shape
        && golden.iter().zip(&heard).all(|((a, tolerance), (b, _))| (a - b).abs() <= tolerance + 1e-6)
}

/// What stands in one text and not in the other; nothing if they are the same within the tolerances.
fn difference(golden: &str, heard: &str) -> String {
    let (golden, heard): (Vec<&str>, Vec<&str>) = (golden.lines().collect(), heard.lines().collect());
    // The longest common subsequence, from the end.
    let mut common = vec![vec![0u32; heard.len() + 1]; golden.len() + 1];
    for g in (0..golden.len()).rev() {
        for h in (0..heard.len()).rev() {
            common[g][h] = if same(golden[g], heard[h]) {
                common[g + 1][h + 1] + 1
            } else {
                common[g + 1][h].max(common[g][h + 1])
            };
        }
    }
    let (mut g, mut h, mut told) = (0, 0, String::new());
    while g < golden.len() || h < heard.len() {
        if g < golden.len() && h < heard.len() && same(golden[g], heard[h]) {
            (g, h) = (g + 1, h + 1);
        } else if h == heard.len() || (g < golden.len() && common[g + 1][h] >= common[g][h + 1]) {
            let _ = writeln!(told, "  - {}", golden[g]);
            g += 1;
        } else {
            let _ = writeln!(told, "  + {}", heard[h]);
            h += 1;
        }
    }
    told
}

#[test]
fn every_event_of_the_corpus_is_as_it_was() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut changed = String::new();
    for call in corpus() {
        let (events, _) = heard(DetectConfig::preset(Preset::Heuristic), &[Input::Samples(call.samples)]);
        let (path, text) = (folder.join(format!("{}.txt", call.name)), lines(&events));
        let golden = std::fs::read_to_string(&path).unwrap_or_default();
        let difference = difference(&golden, &text);
        if difference.is_empty() {
            continue;
        }
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, text).expect("the golden text can be written");
        } else {
            let _ = writeln!(changed, "{}:\n{difference}", call.name);
        }
    }
    assert!(changed.is_empty(), "- golden, + heard; UPDATE_GOLDEN=1 takes over what is heard\n{changed}");
}

#[test]
fn every_golden_text_has_its_recording() {
    let names: Vec<String> = corpus().into_iter().map(|call| format!("{}.txt", call.name)).collect();
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    for entry in std::fs::read_dir(folder).expect("the golden texts") {
        let name = entry.expect("an entry").file_name().into_string().expect("a plain name");
        assert!(names.contains(&name), "{name} has no recording");
    }
}

/// Every call of the corpus under `preset`: those whose verdict is wrong at first or at the end.
fn wrong(preset: Preset) -> String {
    let mut told = String::new();
    for call in corpus() {
        let (events, last) = heard(DetectConfig::preset(preset), &[Input::Samples(call.samples.clone())]);
        for (when, verdict) in [("first", first_final(&events, last)), ("last", last)] {
            if !call.is_right(&verdict) {
                let (who, at, cause) = (verdict.answered_by, verdict.at, verdict.cause);
                let _ = writeln!(told, "  {}: {when} {who} at {at}: {cause}", call.name);
            }
        }
    }
    told
}

#[test]
fn every_call_of_the_corpus_gets_its_verdict_by_the_rules_and_keeps_it() {
    let wrong = wrong(Preset::Heuristic);
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_call_of_the_corpus_gets_its_verdict_by_the_models_and_keeps_it() {
    let wrong = wrong(Preset::Balanced);
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn texts_are_compared_within_the_tolerances_and_no_further() {
    let golden = "3.12s beep_ended from=2.00s to=3.10s 1000Hz -15.2 dBm0\n";
    assert_eq!(difference(golden, "3.14s beep_ended from=1.98s to=3.11s 1001Hz -15.3 dBm0\n"), "");
    for other in [
        "3.15s beep_ended from=2.00s to=3.10s 1000Hz -15.2 dBm0\n",
        "3.12s beep_ended from=2.00s to=3.13s 1000Hz -15.2 dBm0\n",
        "3.12s beep_ended from=2.00s to=3.10s 1002Hz -15.2 dBm0\n",
        "3.12s beep_started from=2.00s to=3.10s 1000Hz -15.2 dBm0\n",
        "",
    ] {
        assert!(!difference(golden, other).is_empty(), "{other}");
    }
    assert_eq!(difference("1.00s a\n2.00s b\n", "1.00s a\n1.50s c\n2.00s b\n"), "  + 1.50s c\n");
}
