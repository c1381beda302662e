//! A short run of each fuzz target, enough to catch a parser that falls over at once.

use std::fs;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::checkout::{self, Checkout, answer};
use crate::steps::Outcome;

/// The package that holds the targets; a workspace of its own because it needs the nightly toolchain.
pub(crate) const MANIFEST: &str = "fuzz/Cargo.toml";

/// The part of the fuzz package's manifest that names its targets.
#[derive(Debug, Deserialize)]
pub(crate) struct Manifest {
    #[serde(default, rename = "bin")]
    pub(crate) targets: Vec<Target>,
}

/// A fuzz target.
#[derive(Debug, Deserialize)]
pub(crate) struct Target {
    pub(crate) name: String,
    /// Relative to the fuzz package.
    pub(crate) path: String,
}

/// Whether the toolchain the sanitizers need is at hand.
pub(crate) fn has_nightly(checkout: &Checkout) -> bool {
    answer(checkout.command("cargo").args(["+nightly", "--version"])).is_some()
}

/// Builds all targets and runs each for the given time; a crash, a hang of 10 s or 2 GiB of memory fails the step.
pub(crate) fn smoke(checkout: &Checkout, seconds: u32) -> Result<Outcome> {
    if !has_nightly(checkout) {
        return Ok(Outcome::Skipped("no nightly toolchain".to_owned()));
    }
    if answer(checkout.command("cargo").args(["fuzz", "--version"])).is_none() {
        return Ok(Outcome::Skipped("no cargo-fuzz".to_owned()));
    }
    let text = fs::read_to_string(checkout.root.join(MANIFEST)).with_context(|| format!("cannot read {MANIFEST}"))?;
    let manifest: Manifest = toml::from_str(&text).with_context(|| format!("cannot read {MANIFEST}"))?;
    if manifest.targets.is_empty() {
        bail!("{MANIFEST}: bin: given no targets, allowed one or more");
    }
    let built = checkout.target.join("fuzz");
    let cargo_fuzz = |verb: &str| {
        let mut command = checkout.command("cargo");
        // One codegen unit per crate, the tool's default, costs more build time than a short run can win back.
        command.args(["+nightly", "fuzz", verb, "--codegen-units", "16", "--target-dir"]).arg(&built);
        command
    };
    checkout::run(&mut cargo_fuzz("build"))?;
    for target in &manifest.targets {
        let found = built.join("corpus").join(&target.name);
        let crashes = built.join("artifacts").join(&target.name);
        for folder in [&found, &crashes] {
            fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        }
        let mut command = cargo_fuzz("run");
        command.arg(&target.name).arg(&found);
        let seeds = checkout.root.join("fuzz/seeds").join(&target.name);
        if seeds.is_dir() {
            command.arg(seeds);
        }
        // 64 KiB is four seconds of 8 kHz PCM; libFuzzer's own 4 KiB would end within the first hops.
        command.args(["--", "-max_len=65536", "-timeout=10", "-rss_limit_mb=2048", "-verbosity=0"]);
        command
            .arg("-print_final_stats=1")
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-artifact_prefix={}/", crashes.display()));
        checkout::run(&mut command)?;
    }
    Ok(Outcome::Passed(Some(format!("{} targets, {seconds} s each", manifest.targets.len()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_read_from_the_manifest() {
        let text =
            "[package]\nname = \"f\"\n[[bin]]\nname = \"media\"\npath = \"fuzz_targets/media.rs\"\ntest = false\n";
        let manifest: Manifest = toml::from_str(text).expect("a manifest");
        assert_eq!(manifest.targets[0].name, "media");
    }

    #[test]
    fn a_manifest_without_targets_has_none() {
        let manifest: Manifest = toml::from_str("[package]\nname = \"f\"\n").expect("a manifest");
        assert!(manifest.targets.is_empty());
    }
}
