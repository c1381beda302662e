//! The checkout this program works on: where it lies, what its packages are, and how commands run in it.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

/// One workspace package, as `cargo metadata` tells of it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// Absolute as read from cargo; [`Checkout::discover`] makes it relative to the root.
    pub(crate) manifest_path: PathBuf,
    pub(crate) dependencies: Vec<Dependency>,
}

/// A dependency as a manifest declares it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// `None` for a normal dependency, else `dev` or `build`.
    pub(crate) kind: Option<String>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

/// A working copy of the project.
#[derive(Debug)]
pub(crate) struct Checkout {
    /// The folder of the workspace's manifest.
    pub(crate) root: PathBuf,
    /// The target folder, the only place the steps write to.
    pub(crate) target: PathBuf,
    /// The workspace's members.
    pub(crate) packages: Vec<Package>,
}

impl Checkout {
    /// Finds the workspace around the current folder.
    pub(crate) fn discover() -> Result<Self> {
        let output = Command::new("cargo")
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .context("cannot start cargo metadata")?;
        if !output.status.success() {
            bail!("cargo metadata: given {}, allowed exit status 0", output.status);
        }
        let Metadata { mut packages, workspace_root: root, target_directory: target } =
            serde_json::from_slice(&output.stdout).context("cannot read the answer of cargo metadata")?;
        for package in &mut packages {
            if let Ok(relative) = package.manifest_path.strip_prefix(&root) {
                package.manifest_path = relative.to_path_buf();
            }
        }
        Ok(Self { root, target, packages })
    }

    /// Where the tools built for this checkout lie.
    pub(crate) fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// A command in the checkout's root that sees the checkout's tools first and reads nothing from the terminal.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).env("PATH", self.path()).env_remove("CARGO_MANIFEST_DIR").stdin(Stdio::null());
        command
    }

    fn path(&self) -> OsString {
        let rest = env::var_os("PATH").unwrap_or_default();
        let folders = [self.tools().join("bin")].into_iter().chain(env::split_paths(&rest));
        env::join_paths(folders).unwrap_or(rest)
    }
}

/// Runs a command to its end, showing the command line and then its output.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = command_line(command);
    println!("$ {line}");
    let status = command.status().with_context(|| format!("cannot start `{line}`"))?;
    if !status.success() {
        bail!("`{line}`: given {status}, allowed exit status 0");
    }
    Ok(())
}

/// Whether a command ends well within a time limit; its output is thrown away and it is killed at the limit.
pub(crate) fn succeeds_within(command: &mut Command, limit: Duration) -> bool {
    let Ok(mut child) = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn() else { return false };
    let started = Instant::now();
    while started.elapsed() < limit {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) => thread::sleep(Duration::from_millis(50)),
            Err(_) => break,
        }
    }
    // Both fail only where the child is gone already.
    let _ = child.kill();
    let _ = child.wait();
    false
}

/// What a command prints on its standard output, or `None` where it cannot start or fails.
pub(crate) fn answer(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A path as text with forward slashes, whatever the machine uses.
pub(crate) fn slashed(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

fn command_line(command: &Command) -> String {
    let words = [command.get_program()].into_iter().chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_command_is_named_with_its_status() {
        let error = run(Command::new("sh").args(["-c", "exit 3"])).expect_err("a failure");
        assert_eq!(error.to_string(), "`sh -c exit 3`: given exit status: 3, allowed exit status 0");
    }

    #[test]
    fn a_command_that_hangs_is_stopped_at_the_limit() {
        let started = Instant::now();
        assert!(!succeeds_within(Command::new("sleep").arg("30"), Duration::from_millis(100)));
        assert!(started.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn a_missing_command_has_no_answer() {
        assert_eq!(answer(&mut Command::new("offhook-no-such-command")), None);
    }
}
