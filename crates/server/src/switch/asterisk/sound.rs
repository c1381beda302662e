//! Sounds that we play ourselves, on wires that carry audio both ways.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::switch::order::OrderError;

/// The longest sound, in samples at 8 kHz: two minutes.
const LONGEST: usize = 120 * 8_000;

/// Reads a sound of this folder, at 8 kHz.
///
/// # Errors
/// There is no folder, the file is not in it, or it cannot be decoded.
pub(super) async fn read(folder: Option<PathBuf>, file: &str) -> Result<Arc<[i16]>, OrderError> {
    let Some(folder) = folder else {
        return Err(OrderError::Unable(
            "this Asterisk plays no file by AMI: name the folder of sounds in switches.file as `sounds`, or use ari"
                .into(),
        ));
    };
    let file = file.to_owned();
    let read = tokio::task::spawn_blocking(move || decode(&folder, &file));
    read.await.unwrap_or_else(|_| Err(OrderError::Unable("the sound could not be decoded".into())))
}

fn decode(folder: &Path, file: &str) -> Result<Arc<[i16]>, OrderError> {
    let unable = |why: &dyn std::fmt::Display| OrderError::Unable(format!("sound {file:?}: {why}"));
    let root = folder.canonicalize().map_err(|error| unable(&error))?;
    // An absolute path replaces the folder, and is looked at below.
    let path = root.join(file).canonicalize().map_err(|error| unable(&error))?;
    if !path.starts_with(&root) {
        return Err(unable(&"allowed is a file in the folder of sounds"));
    }
    let sound = offhook_media::decode_file(&path, &offhook_media::DecodeOptions::default())
        .map_err(|error| unable(&error))?
        .samples;
    if sound.len() > LONGEST {
        return Err(unable(&"longer than two minutes"));
    }
    Ok(sound.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_sounds_of_the_folder_are_played() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus");
        let all = || Some(corpus.clone());
        assert!(!read(all(), "human-short.wav").await.unwrap().is_empty());
        let whole = corpus.canonicalize().unwrap().join("human-short.wav");
        assert!(read(all(), whole.to_str().unwrap()).await.is_ok());
        for file in ["../Cargo.toml", "/etc/passwd", "absent.wav", "README.md"] {
            assert!(matches!(read(all(), file).await, Err(OrderError::Unable(_))), "{file}");
        }
        assert!(matches!(read(None, "human-short.wav").await, Err(OrderError::Unable(why)) if why.contains("sounds")));
    }
}
