//! The rules of the house that no compiler checks, each a pure function from the tracked files to its findings.

mod corpus;
mod layers;
mod manifests;
mod names;
mod purity;
mod repository;
mod size;
mod text;
mod unfinished;

use std::fmt;
use std::fmt::Write as _;

use anyhow::{Result, bail};

use crate::checkout::Checkout;
use repository::Repository;

/// A rule of the house.
struct Rule {
    name: &'static str,
    /// What the rule asks for, as `cargo xtask tidy --list` prints it.
    asks: &'static str,
    check: fn(&Repository) -> Vec<Finding>,
}

const RULES: &[Rule] = &[
    Rule {
        name: "layers",
        asks: "a room depends only on rooms below it; for tests alone, on rooms that are not above it",
        check: layers::check,
    },
    Rule {
        name: "manifests",
        asks: "each workspace member inherits version, edition, license and lints",
        check: manifests::inherited,
    },
    Rule {
        name: "fuzz-targets",
        asks: "each file in fuzz/fuzz_targets is a target in fuzz/Cargo.toml",
        check: manifests::fuzz_targets,
    },
    Rule {
        name: "required-files",
        asks: "ARCHITECTURE.md (200 lines at most), LICENSE-APACHE and LICENSE-MIT exist",
        check: size::required_files,
    },
    Rule {
        name: "file-length",
        asks: "a Rust file has 500 lines at most, and is worth splitting from 400",
        check: size::rust_files,
    },
    Rule { name: "tracked-size", asks: "the tracked files are smaller than 100 MB together", check: size::tracked },
    Rule {
        name: "names",
        asks: "no type, trait or module is called a manager, helper, util, misc or common: a name says what a thing is",
        check: names::check,
    },
    Rule {
        name: "unfinished",
        asks: "no Rust file has a marker or macro for work left to do, nor a test ignored without a reason",
        check: unfinished::check,
    },
    Rule {
        name: "purity",
        asks: "the sources of detect touch no clock, thread, file, socket, process or standard output, and are not async",
        check: purity::check,
    },
    Rule {
        name: "corpus",
        asks: "each file of the corpus has its source and licence in corpus/manifest.csv, and each row its file",
        check: corpus::check,
    },
    Rule {
        name: "places",
        asks: "no text names a path of one machine or a package registry's host",
        check: text::places,
    },
];

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Severity {
    Error,
    Warning,
}

/// A place that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    severity: Severity,
    path: String,
    /// Counted from 1; `None` where the whole file is meant.
    line: Option<usize>,
    message: String,
}

impl Finding {
    fn in_file(path: &str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, path: path.to_owned(), line: None, message: message.into() }
    }

    fn at(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { line: Some(line), ..Self::in_file(path, message) }
    }

    fn into_warning(self) -> Self {
        Self { severity: Severity::Warning, ..self }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.severity {
            Severity::Error => "error: ",
            Severity::Warning => "warning: ",
        })?;
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.path, self.message),
            None => write!(f, "{}: {}", self.path, self.message),
        }
    }
}

/// The rules, one a line.
pub(crate) fn list() -> String {
    RULES.iter().fold(String::new(), |mut text, rule| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{:<16} {}", rule.name, rule.asks);
        text
    })
}

/// Checks all rules, prints the findings and fails where one is an error; else says what was checked.
pub(crate) fn run(checkout: &Checkout) -> Result<String> {
    let repository = Repository::read(checkout)?;
    let (mut errors, mut warnings) = (0, 0);
    for rule in RULES {
        for finding in (rule.check)(&repository) {
            println!("{finding} [{}]", rule.name);
            match finding.severity {
                Severity::Error => errors += 1,
                Severity::Warning => warnings += 1,
            }
        }
    }
    if errors > 0 {
        bail!("tidy: given {errors} errors and {warnings} warnings, allowed 0 errors");
    }
    Ok(format!("{} rules hold over {} files, {warnings} warnings", RULES.len(), repository.files.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_have_names_of_their_own() {
        let mut names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), RULES.len());
    }

    #[test]
    fn a_finding_names_its_place() {
        let finding = Finding::at("crates/sim/src/lib.rs", 7, "a message");
        assert_eq!(finding.to_string(), "error: crates/sim/src/lib.rs:7: a message");
        assert_eq!(Finding::in_file("a.rs", "long").into_warning().to_string(), "warning: a.rs: long");
    }
}
