//! Installs what a folder's `package-lock.json` lists, once.

use std::fs::File;
use std::path::Path;
use std::process::Command;

/// Runs npm in a folder.
pub(crate) fn run(folder: &Path, arguments: &[&str]) {
    let output = Command::new("npm").current_dir(folder).args(arguments).output().expect("npm");
    let text = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "npm {}: {}", arguments.join(" "), String::from_utf8_lossy(&text));
}

/// Installs what the folder's `package-lock.json` lists, unless that was done since it changed. Tests run as processes of
/// their own, so one waits for another.
pub(crate) fn install(folder: &Path) {
    let lock = folder.join("package-lock.json");
    let turn = File::open(&lock).unwrap();
    turn.lock().unwrap();
    let changed = |path: &Path| std::fs::metadata(path).and_then(|about| about.modified()).ok();
    // npm writes this file at the end of an installation.
    let installed = changed(&folder.join("node_modules/.package-lock.json"));
    if installed.is_none() || installed < changed(&lock) {
        run(folder, &["ci", "--no-audit", "--no-fund"]);
    }
}
