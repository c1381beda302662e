//! Files that a flag names to be written, and what must not be overwritten by them.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::exit::Mistake;
use crate::sound;

/// A file that is made, or emptied, when something is written to it: what fails before that leaves it as it was.
pub(crate) struct Late {
    path: PathBuf,
    file: Option<File>,
}

impl Late {
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), file: None }
    }

    fn file(&mut self) -> io::Result<&mut File> {
        let file = match self.file.take() {
            Some(file) => file,
            None => File::create(&self.path).map_err(|error| {
                io::Error::new(error.kind(), format!("{}: cannot be written: {error}", self.path.display()))
            })?,
        };
        Ok(self.file.insert(file))
    }
}

impl Write for Late {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file()?.flush()
    }
}

/// Checks that writing `path`, which `flag` names, destroys neither one of `inputs` nor anything else that looks like
/// one.
///
/// # Errors
/// [`Mistake::Usage`] names the flag, what was given, and what to do.
pub(crate) fn check<'a>(
    flag: &str,
    path: Option<&Path>,
    inputs: impl IntoIterator<Item = &'a PathBuf>,
) -> Result<(), Mistake> {
    let Some(path) = path else { return Ok(()) };
    // What is not there cannot be overwritten.
    if !path.exists() {
        return Ok(());
    }
    let refused = |what: &str| {
        let given = path.display();
        Mistake::Usage(format!("{flag}: given {given}, {what}: name another file to write, or remove this one first"))
    };
    if inputs.into_iter().any(|input| are_one(input, path)) {
        return Err(refused("which is also to be read"));
    }
    if sound::is_recording(path) || path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv")) {
        return Err(refused("which is there already and, by its name, is a recording or a table"));
    }
    Ok(())
}

/// Whether both paths lead to the same file, which is there.
pub(crate) fn are_one(one: &Path, other: &Path) -> bool {
    one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}
