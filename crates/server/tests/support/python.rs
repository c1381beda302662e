//! A Python environment with pinned packages, in the target folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file of the folder of Python programs.
pub(crate) fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python").join(name)
}

/// A program of the environment, which is made if it is not there or is for other packages.
pub(crate) fn program(name: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    fs::create_dir_all(target).expect("a folder");
    let lock = File::create(target.join("python.lock")).expect("a lock");
    lock.lock().expect("the lock");
    let (folder, wanted) =
        (target.join("python-api"), fs::read_to_string(file("requirements.txt")).expect("the requirements"));
    let done = folder.join("installed.txt");
    if fs::read_to_string(&done).ok().as_ref() != Some(&wanted) {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder));
        let pip = folder.join("bin/pip");
        run(Command::new(pip).args(["install", "--quiet", "--requirement"]).arg(file("requirements.txt")));
        fs::write(&done, &wanted).expect("a note");
    }
    folder.join("bin").join(name)
}

fn run(command: &mut Command) {
    let done = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; python3 with venv is needed"));
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{command:?}: {out}{err}");
}
