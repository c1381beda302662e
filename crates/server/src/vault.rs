//! Kept audio: encrypted, in a folder or an S3-compatible store.

use uuid::Uuid;

use crate::config::ServerConfig;
use crate::record::KeptAudio;
use crate::store::Store;

/// Why audio cannot be kept or had.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The store.
    #[error("the audio store failed")]
    Store(#[from] object_store::Error),
}

/// Where audio is kept.
#[derive(Clone, Debug)]
pub struct Vault {}

impl Vault {
    /// Opens the folder or bucket and reads the key.
    ///
    /// # Errors
    /// Either cannot be had.
    pub async fn open(_config: &ServerConfig, _store: &Store) -> Result<Self, VaultError> {
        todo!()
    }

    /// Encrypts and keeps the audio of a call; gives the key under which it is found.
    ///
    /// # Errors
    /// It could not be written.
    pub async fn keep(&self, _call: Uuid, _audio: &KeptAudio) -> Result<String, VaultError> {
        todo!()
    }

    /// The audio under this key; `None` where there is none any more.
    ///
    /// # Errors
    /// It could not be read, or is not what was written.
    pub async fn read(&self, _call: Uuid, _key: &str) -> Result<Option<KeptAudio>, VaultError> {
        todo!()
    }
}
