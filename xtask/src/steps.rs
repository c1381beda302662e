//! The steps of `cargo xtask test`: what each runs, in which order, and the table at the end.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::ValueEnum;

use crate::checkout::{self, Checkout};
use crate::{fuzz, setup, tidy};

/// Where cargo-deny fetches what is known of vulnerable crates.
const ADVISORY_DATABASE: &str = "https://github.com/RustSec/advisory-db";

/// One check or test. The order is that of a run: quick checks first, the two test runners last, so that a log ends
/// with what they say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    /// Formatting
    Fmt,
    /// The house rules
    Tidy,
    /// Lints
    Clippy,
    /// The API documentation builds without a warning
    Doc,
    /// Licences, sources and versions of the dependencies, and known vulnerabilities
    Deny,
    /// A short run of each fuzz target
    Fuzz,
    /// The examples in the documentation
    Doctest,
    /// Unit and integration tests
    Nextest,
}

impl Step {
    /// All steps, in the order they run.
    pub(crate) const ALL: &[Self] =
        &[Self::Fmt, Self::Tidy, Self::Clippy, Self::Doc, Self::Deny, Self::Fuzz, Self::Doctest, Self::Nextest];

    fn name(self) -> &'static str {
        match self {
            Self::Fmt => "fmt",
            Self::Tidy => "tidy",
            Self::Clippy => "clippy",
            Self::Doc => "doc",
            Self::Deny => "deny",
            Self::Fuzz => "fuzz",
            Self::Doctest => "doctest",
            Self::Nextest => "nextest",
        }
    }

    fn run(self, checkout: &Checkout, fuzz_seconds: u32) -> Result<Outcome> {
        let cargo = |arguments: &str| {
            let mut command = checkout.command("cargo");
            command.args(arguments.split_whitespace());
            command
        };
        match self {
            Self::Fmt => {
                checkout::run(&mut cargo("fmt --all --check"))?;
                checkout::run(cargo("fmt --check --manifest-path").arg(fuzz::MANIFEST))?;
            }
            Self::Tidy => return Ok(Outcome::Passed(Some(tidy::run(checkout)?))),
            Self::Clippy => {
                checkout::run(&mut cargo("clippy --workspace --all-targets -- -D warnings"))?;
                checkout::run(&mut cargo("clippy --workspace --all-targets --features offhook/onnx -- -D warnings"))?;
            }
            Self::Doc => checkout::run(cargo("doc --workspace --no-deps").env("RUSTDOCFLAGS", "-D warnings"))?,
            Self::Deny => return deny(checkout),
            Self::Fuzz => return fuzz::smoke(checkout, fuzz_seconds),
            Self::Doctest => checkout::run(&mut cargo("test --doc --workspace"))?,
            Self::Nextest => {
                checkout::run(&mut cargo("nextest run --workspace"))?;
                // Of all rooms, so that of what is built nothing but the binary is built anew.
                checkout::run(&mut cargo("nextest run --workspace --features offhook/onnx --test onnx"))?;
            }
        }
        Ok(Outcome::Passed(None))
    }
}

fn deny(checkout: &Checkout) -> Result<Outcome> {
    let deny = |manifest: &str, checks: &[&str]| {
        let mut command = checkout.command("cargo");
        command.args(["deny", "--config", "deny.toml", "--manifest-path", manifest, "check"]).args(checks);
        checkout::run(&mut command)
    };
    for manifest in ["Cargo.toml", fuzz::MANIFEST] {
        deny(manifest, &["bans", "licenses", "sources"])?;
    }
    let mut probe = checkout.command("git");
    probe.args(["ls-remote", ADVISORY_DATABASE, "HEAD"]).env("GIT_TERMINAL_PROMPT", "0");
    if !checkout::succeeds_within(&mut probe, Duration::from_secs(20)) {
        return Ok(Outcome::Passed(Some(format!("advisories skipped: {ADVISORY_DATABASE} cannot be reached"))));
    }
    deny("Cargo.toml", &["advisories"])?;
    Ok(Outcome::Passed(None))
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Well, perhaps with something to say.
    Passed(Option<String>),
    /// Not run, and why.
    Skipped(String),
    /// Badly, and why.
    Failed(String),
}

/// A step that ran.
#[derive(Debug)]
struct Row {
    name: &'static str,
    outcome: Outcome,
    time: Duration,
}

/// What a run of the steps came to; prints as a table.
#[derive(Debug)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

impl Report {
    /// Whether any step failed.
    pub(crate) fn failed(&self) -> bool {
        self.rows.iter().any(|row| matches!(row.outcome, Outcome::Failed(_)))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{:<9} {:<8} {:>8}", "step", "result", "time")?;
        for Row { name, outcome, time } in &self.rows {
            let (result, note) = match outcome {
                Outcome::Passed(note) => ("passed", note.as_deref().unwrap_or_default()),
                Outcome::Skipped(note) => ("skipped", note.as_str()),
                Outcome::Failed(note) => ("FAILED", note.as_str()),
            };
            let line = format!("{name:<9} {result:<8} {:>6.1} s  {note}", time.as_secs_f32());
            writeln!(f, "{}", line.trim_end())?;
        }
        let total: Duration = self.rows.iter().map(|row| row.time).sum();
        writeln!(f, "{:<18} {:>6.1} s", "together", total.as_secs_f32())
    }
}

/// Sets up, then runs the given steps in their order, to the first failure or to the end.
pub(crate) fn run(checkout: &Checkout, steps: &[Step], keep_going: bool, fuzz_seconds: u32) -> Report {
    let mut rows = vec![timed("setup", || {
        let notes = setup::install(checkout, steps)?;
        notes.iter().for_each(|note| println!("{note}"));
        Ok(Outcome::Passed(None))
    })];
    for step in steps {
        let failed = rows.iter().any(|row| matches!(row.outcome, Outcome::Failed(_)));
        rows.push(if failed && !keep_going {
            let outcome = Outcome::Skipped("a step before it failed".to_owned());
            Row { name: step.name(), outcome, time: Duration::ZERO }
        } else {
            timed(step.name(), || step.run(checkout, fuzz_seconds))
        });
    }
    Report { rows }
}

fn timed(name: &'static str, work: impl FnOnce() -> Result<Outcome>) -> Row {
    println!("\n==== {name} ====");
    let started = Instant::now();
    let outcome = work().unwrap_or_else(|error| Outcome::Failed(format!("{error:#}")));
    let time = started.elapsed();
    if let Outcome::Failed(why) = &outcome {
        println!("{name} failed: {why}");
    }
    Row { name, outcome, time }
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn every_step_is_in_the_order_of_a_run() {
        let named: Vec<&str> = Step::ALL.iter().map(|step| step.name()).collect();
        let offered: Vec<String> =
            Step::value_variants().iter().filter_map(|s| Some(s.to_possible_value()?.get_name().to_owned())).collect();
        assert_eq!(named, offered);
    }

    #[test]
    fn an_error_fails_the_report() {
        let report = Report { rows: vec![timed("tidy", || bail!("two findings"))] };
        assert!(report.failed());
        assert!(report.to_string().contains("tidy      FAILED"), "{report}");
    }

    #[test]
    fn a_skipped_step_does_not_fail_the_report() {
        let report = Report { rows: vec![timed("fuzz", || Ok(Outcome::Skipped("no nightly toolchain".to_owned())))] };
        assert!(!report.failed());
        assert!(report.to_string().contains("no nightly toolchain"));
    }
}
