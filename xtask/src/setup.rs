//! The tools the checks need, and how they come to a machine that lacks them.

use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, Result};

use crate::checkout::{self, Checkout, answer};
use crate::fuzz;
use crate::steps::Step;

/// A cargo subcommand that is built from its source where it is missing.
struct CargoTool {
    /// The name after `cargo`.
    subcommand: &'static str,
    /// The version that is built; an older one on PATH is not used.
    version: Version,
    /// What is given to `cargo install` beside the version.
    features: &'static [&'static str],
    needed_by: Step,
}

const CARGO_TOOLS: &[CargoTool] = &[
    CargoTool {
        subcommand: "nextest",
        version: Version(0, 9, 143),
        // Without the part that replaces the tool by a downloaded one.
        features: &["--no-default-features", "--features", "default-no-update"],
        needed_by: Step::Nextest,
    },
    CargoTool { subcommand: "deny", version: Version(0, 20, 2), features: &[], needed_by: Step::Deny },
    CargoTool { subcommand: "fuzz", version: Version(0, 13, 2), features: &[], needed_by: Step::Fuzz },
];

/// A Debian package that is installed where the command it brings is missing.
struct SystemPackage {
    package: &'static str,
    command: &'static str,
    /// Where the command is looked for beside PATH, as a pattern of the shell.
    elsewhere: &'static str,
    needed_by: Step,
    reason: &'static str,
}

const SYSTEM_PACKAGES: &[SystemPackage] = &[
    SystemPackage {
        package: "g++",
        command: "c++",
        elsewhere: "",
        needed_by: Step::Fuzz,
        reason: "the fuzz targets link libFuzzer, which is built from C++",
    },
    SystemPackage {
        package: "prometheus",
        command: "promtool",
        elsewhere: "",
        needed_by: Step::Nextest,
        reason: "promtool checks the figures and the alert rules",
    },
    SystemPackage {
        package: "postgresql",
        command: "postgres",
        // Debian keeps the programs of each version in a folder of its own.
        elsewhere: "/usr/lib/postgresql/*/bin/postgres",
        needed_by: Step::Nextest,
        reason: "the tests of the service's storage start a PostgreSQL of their own",
    },
    SystemPackage {
        package: "npm",
        command: "npm",
        elsewhere: "",
        needed_by: Step::Nextest,
        reason: "a test builds the dashboard from its sources and compares",
    },
    SystemPackage {
        package: "chromium",
        command: "chromium",
        elsewhere: "",
        needed_by: Step::Nextest,
        reason: "tests use the dashboard in a real browser",
    },
    SystemPackage {
        package: "nginx-light",
        command: "nginx",
        // Not on the path of those who are not root.
        elsewhere: "/usr/sbin/nginx",
        needed_by: Step::Nextest,
        reason: "the configuration in deploy/nginx is checked by nginx itself",
    },
    SystemPackage {
        package: "python3-venv",
        command: "",
        elsewhere: "/usr/lib/python3*/ensurepip/__init__.py",
        needed_by: Step::Nextest,
        reason: "the schemas that deploy/ is checked against come as Python packages",
    },
];

/// Major, minor, patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u32, u32, u32);

impl Version {
    /// Reads the first version in a text like `cargo-deny 0.20.2 (abc 2026-08-04)`.
    fn find(text: &str) -> Option<Self> {
        text.split_whitespace().find_map(|word| {
            let mut numbers = word.split(['.', '-', '+']).map(str::parse);
            match (numbers.next()?, numbers.next()?, numbers.next()?) {
                (Ok(major), Ok(minor), Ok(patch)) => Some(Self(major, minor, patch)),
                _ => None,
            }
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// Brings the tools the given steps need and says of each what was done.
///
/// A Debian package that cannot be installed is not an error: the step that needs it says what it misses.
pub(crate) fn install(checkout: &Checkout, steps: &[Step]) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    for wanted in SYSTEM_PACKAGES.iter().filter(|wanted| steps.contains(&wanted.needed_by)) {
        notes.push(install_package(checkout, wanted));
    }
    for tool in CARGO_TOOLS.iter().filter(|tool| steps.contains(&tool.needed_by)) {
        notes.push(install_tool(checkout, tool)?);
    }
    let build = build_folder(checkout);
    if build.exists() {
        fs::remove_dir_all(&build).with_context(|| format!("cannot remove {}", build.display()))?;
    }
    Ok(notes)
}

/// Where tools are built; shared, for they have dependencies in common, and gone once they are installed.
fn build_folder(checkout: &Checkout) -> PathBuf {
    checkout.tools().join("build")
}

fn install_tool(checkout: &Checkout, tool: &CargoTool) -> Result<String> {
    let CargoTool { subcommand, version, features, needed_by } = tool;
    let name = format!("cargo-{subcommand}");
    if *needed_by == Step::Fuzz && !fuzz::has_nightly(checkout) {
        return Ok(format!("{name}: skipped, for it needs a nightly toolchain and there is none"));
    }
    let found = answer(checkout.command("cargo").args([subcommand, "--version"])).and_then(|text| Version::find(&text));
    if let Some(found) = found.filter(|found| found >= version) {
        return Ok(format!("{name}: found {found}"));
    }
    let started = Instant::now();
    // Unoptimised and without debug information: the tools run for seconds and are built for minutes.
    let mut command = checkout.command("cargo");
    command.args(["install", "--locked", "--debug", "--quiet", "--force", &name, "--version", &version.to_string()]);
    command.args(*features).arg("--root").arg(checkout.tools()).arg("--target-dir").arg(build_folder(checkout));
    checkout::run(command.env("CARGO_PROFILE_DEV_DEBUG", "false"))?;
    Ok(format!("{name}: built {version} in {:.0} s", started.elapsed().as_secs_f32()))
}

fn install_package(checkout: &Checkout, wanted: &SystemPackage) -> String {
    let SystemPackage { package, command, elsewhere, reason, .. } = wanted;
    if is_on_path(checkout, command) || is_there(checkout, elsewhere) {
        return format!("{package}: found {command}");
    }
    let missing = |why: &str| format!("{package}: skipped, {why}; it is needed because {reason}");
    if !is_on_path(checkout, "apt-get") {
        return missing("this machine has no apt-get");
    }
    let is_root = answer(checkout.command("id").arg("-u")).is_some_and(|id| id.trim() == "0");
    if !is_root && answer(checkout.command("sudo").args(["--non-interactive", "true"])).is_none() {
        return missing("installing it takes root or a sudo that asks for no password");
    }
    let apt_get = |arguments: &[&str]| {
        let mut words = vec!["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet=2"];
        words.extend(arguments);
        if !is_root {
            words.splice(0..0, ["sudo", "--non-interactive"]);
        }
        checkout::run(checkout.command(words[0]).args(&words[1..]))
    };
    let install = || apt_get(&["install", "--yes", "--no-install-recommends", package]);
    match install().or_else(|_| apt_get(&["update"]).and_then(|()| install())) {
        Ok(()) => format!("{package}: installed"),
        Err(error) => missing(&format!("{error:#}")),
    }
}

fn is_on_path(checkout: &Checkout, command: &str) -> bool {
    answer(checkout.command("sh").args(["-c", "command -v \"$0\"", command])).is_some()
}

/// Whether some file fits the pattern.
fn is_there(checkout: &Checkout, pattern: &str) -> bool {
    !pattern.is_empty() && answer(checkout.command("sh").args(["-c", &format!("ls {pattern}")])).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_tools_print() {
        assert_eq!(Version::find("cargo-nextest 0.9.143 (60fa45f63 2026-08-04)\n"), Some(Version(0, 9, 143)));
        assert_eq!(Version::find("cargo-fuzz 0.13.2"), Some(Version(0, 13, 2)));
        assert_eq!(Version::find("cargo-deny 0.21.0-rc.1"), Some(Version(0, 21, 0)));
        assert_eq!(Version::find("error: no such command: `deny`"), None);
    }

    #[test]
    fn versions_compare_by_number_not_by_text() {
        assert!(Version(0, 9, 143) > Version(0, 9, 95));
        assert!(Version(0, 20, 0) > Version(0, 9, 143));
    }
}
