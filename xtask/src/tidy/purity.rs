//! The engine is a function of what was heard: its sources reach for nothing outside.

use super::Finding;
use super::repository::{Repository, SourceFile, code};

const SOURCES: &str = "crates/detect/src/";
const MODULES: &[&str] =
    &["std::time::Instant", "std::time::SystemTime", "std::thread", "std::fs", "std::net", "std::process", "std::env"];
/// Calls through an imported name, printing macros and async.
const CALLS: &[&str] = &[
    "Instant::now",
    "SystemTime::now",
    "thread::spawn",
    "println!",
    "eprintln!",
    "print!",
    "eprint!",
    "dbg!",
    "async fn",
    "async move",
];

pub(super) fn check(repository: &Repository) -> Vec<Finding> {
    let sources = repository.rust_files().filter(|file| file.path.starts_with(SOURCES));
    sources.flat_map(|file| in_use_lists(file).into_iter().chain(in_lines(file))).collect()
}

fn in_lines(file: &SourceFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in file.lines() {
        let found = MODULES.iter().chain(CALLS).find(|banned| holds(code(line), banned));
        findings.extend(found.map(|banned| refused(file, number, banned)));
    }
    findings
}

/// Imports that name several things at once, as in `use std::{fs, time::Instant}`.
fn in_use_lists(file: &SourceFile) -> Vec<Finding> {
    let (mut findings, mut list, mut start) = (Vec::new(), String::new(), 0);
    for (number, line) in file.lines() {
        let code = code(line).trim();
        if list.is_empty() {
            let is_list = code.split_once("use ").is_some_and(|(_, path)| path.contains('{'));
            if !is_list {
                continue;
            }
            start = number;
        }
        list.push_str(code);
        if code.ends_with(';') {
            let paths = expand(list.split_once("use ").map_or("", |(_, path)| path.trim_end_matches(';')));
            let banned = MODULES.iter().filter(|banned| paths.iter().any(|path| holds(path, banned)));
            findings.extend(banned.map(|banned| refused(file, start, banned)));
            list.clear();
        }
    }
    // A list in one line that names the module before its brace is found by the line as well.
    findings.retain(|finding| !in_lines(file).contains(finding));
    findings
}

/// `a::{b, c::{d}}` as `a::b` and `a::c::d`.
fn expand(path: &str) -> Vec<String> {
    let Some((prefix, rest)) = path.split_once('{') else { return vec![path.trim().to_owned()] };
    let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
    let (mut items, mut depth, mut from) = (Vec::new(), 0, 0);
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(&inner[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    items.push(&inner[from..]);
    let prefix = prefix.trim();
    items.into_iter().flat_map(expand).map(|item| format!("{prefix}{item}")).collect()
}

/// Whether the code has the banned words as whole words.
fn holds(code: &str, banned: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(banned).any(|(at, _)| {
        let (before, after) = (code[..at].chars().next_back(), code[at + banned.len()..].chars().next());
        !before.is_some_and(is_name) && (banned.ends_with('!') || !after.is_some_and(is_name))
    })
}

fn refused(file: &SourceFile, number: usize, banned: &str) -> Finding {
    Finding::at(&file.path, number, format!("use of the outside: given {banned}, allowed none in detect"))
}

#[cfg(test)]
mod tests {
    use super::super::repository::made;
    use super::*;

    fn findings_in(text: &str) -> usize {
        check(&made::files(&[("crates/detect/src/detector.rs", text)])).len()
    }

    #[test]
    fn reaching_outside_is_refused() {
        for banned in MODULES.iter().chain(CALLS) {
            assert_eq!(findings_in(&format!("    {banned} ")), 1, "{banned}");
        }
    }

    #[test]
    fn lists_of_imports_are_looked_into() {
        assert_eq!(findings_in("use std::{fmt, fs};"), 1);
        assert_eq!(findings_in("use std::{\n    fmt,\n    time::{Duration, Instant},\n};\n"), 1);
        assert_eq!(findings_in("pub use std::time::{Instant, Duration};"), 1);
        assert_eq!(findings_in("use std::{fmt, time::Duration};"), 0);
    }

    #[test]
    fn a_finding_in_a_list_is_told_once() {
        assert_eq!(findings_in("use std::fs::{File, read};"), 1);
    }

    #[test]
    fn durations_documentation_and_other_rooms_pass() {
        assert_eq!(findings_in("use std::time::Duration;\n/// println!(\"{event}\");\nfn fingerprint() {}"), 0);
        assert_eq!(check(&made::files(&[("crates/cli/src/main.rs", "println!()")])), []);
    }
}
