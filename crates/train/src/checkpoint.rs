//! What a run of net training needs to go on exactly where it ended: one file, written anew after each epoch.
//!
//! The magic, then three parts, each a length of 8 bytes (little-endian) and so many bytes: a head in JSON, the state of
//! the net and its optimiser ([`crate::nn::save`]), and the best weights so far. The file is written beside the old one
//! and then takes its place, so that there is a whole one at every moment.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::config::{Simulated, TrainConfig};
use crate::error::TrainError;
use crate::progress::EpochFigures;

const MAGIC: &[u8; 8] = b"OHCHECK1";

/// The head: what the run is, and how far it came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// What was asked for. Going on with something else would be another run.
    pub(crate) config: TrainConfig,
    /// The figures of each epoch that is done.
    pub(crate) epochs: Vec<EpochFigures>,
}

/// A checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Checkpoint {
    pub(crate) head: Head,
    /// The state of the net and its optimiser.
    pub(crate) state: Vec<u8>,
    /// The best weights so far.
    pub(crate) best: Vec<f32>,
}

/// Where the checkpoint of a part of the cross-validation is, or, for 0, that of the run.
pub(crate) fn path(folder: &Path, fold: usize) -> PathBuf {
    folder.join(if fold == 0 { "net.checkpoint".to_owned() } else { format!("net-part-{fold}.checkpoint") })
}

impl Checkpoint {
    /// Writes it to `path`, in the place of what was there.
    pub(crate) fn write(&self, path: &Path) -> Result<(), TrainError> {
        let head = serde_json::to_vec(&self.head).map_err(|error| TrainError::Checkpoint {
            path: path.to_owned(),
            field: "head",
            given: error.to_string(),
            allowed: "what JSON can say".to_owned(),
        })?;
        let best: Vec<u8> = self.best.iter().flat_map(|weight| weight.to_le_bytes()).collect();
        let mut bytes = MAGIC.to_vec();
        for part in [&head, &self.state, &best] {
            bytes.extend((part.len() as u64).to_le_bytes());
            bytes.extend(part);
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(TrainError::file(folder, "made"))?;
        }
        let beside = path.with_extension("checkpoint.new");
        fs::write(&beside, bytes).map_err(TrainError::file(&beside, "written"))?;
        fs::rename(&beside, path).map_err(TrainError::file(path, "replaced"))
    }

    /// Reads the one at `path`, which must be of a run with `config`; none if there is none. Where the run ends may
    /// differ: patience and minutes.
    pub(crate) fn read(path: &Path, config: &TrainConfig) -> Result<Option<Self>, TrainError> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(TrainError::file(path, "read")(error)),
        };
        let refused = |field: &'static str, given: String, allowed: &str| TrainError::Checkpoint {
            path: path.to_owned(),
            field,
            given,
            allowed: allowed.to_owned(),
        };
        let parts = parts(&bytes);
        let Some([head, state, best]) = parts else {
            return Err(refused("file", format!("{} bytes", bytes.len()), "one that `offhook train` wrote"));
        };
        let head: Head = serde_json::from_slice(head)
            .map_err(|error| refused("head", error.to_string(), "one of this version of offhook"))?;
        if let Some(field) = difference(&head.config, config) {
            return Err(refused("configuration", format!("another {field}"), "that of the run that is gone on with"));
        }
        let best = best.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        Ok(Some(Self { head, state: state.to_vec(), best }))
    }
}

/// The three parts, if the file is whole.
fn parts(bytes: &[u8]) -> Option<[&[u8]; 3]> {
    let mut rest = bytes.strip_prefix(MAGIC)?;
    let mut part = || {
        let (length, after) = rest.split_first_chunk::<8>()?;
        let (part, after) = after.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
        rest = after;
        Some(part)
    };
    let parts = [part()?, part()?, part()?];
    rest.is_empty().then_some(parts)
}

/// The first section in which two configurations are of different runs.
fn difference(one: &TrainConfig, other: &TrainConfig) -> Option<&'static str> {
    let sections = [
        (
            "simulator",
            Simulated { cache: None, ..one.simulator.clone() } != Simulated { cache: None, ..other.simulator.clone() },
        ),
        ("calls", one.calls != other.calls),
        ("split", one.split != other.split),
        ("augmentation", one.augmentation != other.augmentation),
        ("net", one.net != other.net),
        ("training", one.training.without_end() != other.training.without_end()),
        ("fine_tuning", one.fine_tuning != other.fine_tuning),
    ];
    sections.into_iter().find(|(_, differ)| *differ).map(|(section, _)| section)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint() -> Checkpoint {
        let figures = EpochFigures { train_loss: 0.1 + 0.2, ..EpochFigures::default() };
        let head = Head { config: TrainConfig::default(), epochs: vec![figures; 3] };
        Checkpoint { head, state: vec![1, 2, 3], best: vec![0.5, -1.25] }
    }

    #[test]
    fn what_is_written_is_read_and_no_other_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = path(&folder.path().join("new"), 0);
        let config = TrainConfig::default();
        assert_eq!(Checkpoint::read(&path, &config).unwrap(), None);
        checkpoint().write(&path).unwrap();
        checkpoint().write(&path).unwrap();
        assert_eq!(Checkpoint::read(&path, &config).unwrap(), Some(checkpoint()));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        let mut other = config.clone();
        other.training.patience = 3;
        assert!(Checkpoint::read(&path, &other).is_ok());
        other.net.width = 32;
        let told = Checkpoint::read(&path, &other).unwrap_err().to_string();
        assert!(told.contains("another net"), "{told}");
    }

    #[test]
    fn a_file_that_is_cut_or_another_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = path(folder.path(), 2);
        checkpoint().write(&path).unwrap();
        let whole = fs::read(&path).unwrap();
        for bytes in [&whole[..whole.len() - 1], &whole[..20], b"RIFF", b""] {
            fs::write(&path, bytes).unwrap();
            assert!(Checkpoint::read(&path, &TrainConfig::default()).is_err());
        }
    }
}
