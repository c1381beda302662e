//! The folder of the journal: each process writes segments of its own, and takes over those of dead ones.
//!
//! A run is named by a UUID. While its process lives it holds the lock on `RUN.lock`; the operating system drops that lock
//! however the process ends. Its segments are `RUN-NUMBER.journal`.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

/// A run whose lock this process holds.
#[derive(Debug)]
pub(super) struct Run {
    name: String,
    folder: PathBuf,
    /// The lock is held for as long as this is open.
    _lock: File,
}

impl Run {
    /// Where segment `number` of it lies.
    pub(super) fn segment(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{}-{number:010}.journal", self.name))
    }

    /// Gives the name up: no segment is left.
    pub(super) fn end(&self) -> io::Result<()> {
        fs::remove_file(lock_file(&self.folder, &self.name))
    }
}

/// A run whose process is dead, and the segments it left, oldest first.
#[derive(Debug)]
pub(super) struct Dead {
    /// The run.
    pub(super) run: Run,
    /// Its segments.
    pub(super) segments: Vec<PathBuf>,
}

fn lock_file(folder: &Path, run: &str) -> PathBuf {
    folder.join(format!("{run}.lock"))
}

/// Holds off other processes that begin or take over, for as long as the file is open.
fn gate(folder: &Path) -> io::Result<File> {
    let gate = File::create(folder.join("gate"))?;
    gate.lock()?;
    Ok(gate)
}

/// Begins a run of this process.
pub(super) fn begin(folder: &Path) -> io::Result<Run> {
    fs::create_dir_all(folder)?;
    let _gate = gate(folder)?;
    let name = Uuid::now_v7().simple().to_string();
    let lock = File::create_new(lock_file(folder, &name))?;
    lock.lock()?;
    Ok(Run { name, folder: folder.to_owned(), _lock: lock })
}

/// Takes over what dead processes left, oldest first.
pub(super) fn take_over(folder: &Path) -> io::Result<Vec<Dead>> {
    let _gate = gate(folder)?;
    take_dead(folder, all_runs(folder)?)
}

/// Every run that has a lock or a segment in the folder, and its segments.
fn all_runs(folder: &Path) -> io::Result<BTreeMap<String, Vec<PathBuf>>> {
    let mut runs: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if let Some(run) = name.strip_suffix(".lock") {
            runs.entry(run.to_owned()).or_default();
        } else if let Some((run, _)) = name.strip_suffix(".journal").and_then(|name| name.split_once('-')) {
            runs.entry(run.to_owned()).or_default().push(path);
        }
    }
    Ok(runs)
}

/// Takes the locks of those of these runs that are dead.
fn take_dead(folder: &Path, runs: BTreeMap<String, Vec<PathBuf>>) -> io::Result<Vec<Dead>> {
    let mut dead = Vec::new();
    for (name, mut segments) in runs {
        let lock = File::create(lock_file(folder, &name))?;
        match lock.try_lock() {
            Ok(()) => {
                // The process may have removed some, or all at its end, since they were listed.
                segments.retain(|path| path.exists());
                segments.sort();
                let run = Run { name, folder: folder.to_owned(), _lock: lock };
                dead.push(Dead { run, segments });
            }
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(dead)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_living_write_is_left_to_them_and_what_the_dead_left_is_taken_once() {
        let folder = tempfile::tempdir().unwrap();
        let living = begin(folder.path()).unwrap();
        fs::write(living.segment(0), "x").unwrap();
        assert!(take_over(folder.path()).unwrap().is_empty());

        let segments = vec![living.segment(0), living.segment(1)];
        fs::write(&segments[1], "y").unwrap();
        drop(living);
        let dead = take_over(folder.path()).unwrap();
        assert_eq!(dead.len(), 1);
        assert_eq!(dead[0].segments, segments);
        assert!(take_over(folder.path()).unwrap().is_empty());
        dead[0].run.end().unwrap();
    }

    #[test]
    fn what_a_process_removed_at_its_end_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let ending = begin(folder.path()).unwrap();
        let segments = [ending.segment(0), ending.segment(1)];
        for path in &segments {
            fs::write(path, "x").unwrap();
        }
        let listed = all_runs(folder.path()).unwrap();
        fs::remove_file(&segments[0]).unwrap();
        drop(ending);
        let dead = take_dead(folder.path(), listed).unwrap();
        assert_eq!(dead.len(), 1);
        assert_eq!(dead[0].segments, segments[1..]);
    }

    #[test]
    fn segments_without_a_lock_are_taken_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("0123-0000000000.journal");
        fs::write(&path, "x").unwrap();
        fs::write(folder.path().join("notes.txt"), "x").unwrap();
        let dead = take_over(folder.path()).unwrap();
        assert_eq!(dead.len(), 1);
        assert_eq!(dead[0].segments, [path]);
    }
}
