//! Kept audio: encrypted, in a folder or an S3-compatible store.
//!
//! Each recording is encrypted under a data key of its own, which lies wrapped in the recording itself; the layout is in its guide.
//! So [`rotation`](Vault::rotate) to a new key-encryption key encrypts no audio anew, though it writes each recording again,
//! and with a recording's file its key is gone too: what a backup of the bucket's data without that file holds cannot be
//! opened.

pub mod format;
mod keys;
mod place;
mod rotate;
mod secrets;
mod source;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use jiff::civil::Date;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt as _, PutPayload};
use uuid::Uuid;

use self::format::{FormatError, HEADER, Header, TAG};
use self::keys::KeyRing;
use self::secrets::Root;
use crate::config::ServerConfig;
use crate::record::KeptAudio;
use crate::store::Store;

pub use keys::{KeyId, Wrapped};
pub use rotate::{Rotation, Status};
pub use secrets::SecretText;

pub(crate) use place::{day_of, made};

/// Why audio cannot be kept or had.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The store.
    #[error("the audio store failed")]
    Store(#[from] object_store::Error),
    /// The database.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// Where audio is to be kept cannot be understood.
    #[error("{field}: given {given:?}, allowed is {allowed}")]
    Address {
        /// The setting.
        field: &'static str,
        /// What was given.
        given: String,
        /// What is allowed.
        allowed: &'static str,
    },
    /// The folder cannot be made or used.
    #[error("storage.audio: cannot use the folder {path}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A key cannot be had.
    #[error("audio.key: given {given:?}, {why}", given = if source_text.is_empty() { "(not shown)" } else { source_text })]
    Key {
        /// Where it should come from; empty where that itself may be a key.
        source_text: String,
        /// What is wrong.
        why: String,
    },
    /// It was wrapped by a key that is not at hand.
    #[error("{what} is under the key {needed}; audio.key gives {given:?} alone: add the one that is missing")]
    NoKey {
        /// What cannot be opened.
        what: String,
        /// The key it needs.
        needed: KeyId,
        /// The keys at hand.
        given: Vec<KeyId>,
    },
    /// It is not what was written.
    #[error("{what} was changed since it was written, or is damaged")]
    Tampered {
        /// What.
        what: String,
    },
    /// It is not a kept recording.
    #[error("{what} is not a kept recording")]
    Format {
        /// What.
        what: String,
        /// Why.
        #[source]
        source: FormatError,
    },
    /// The system gives no random bytes.
    #[error("the system's source of random bytes failed")]
    Random,
}

/// One recording, as it is listed.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Under what it is found.
    pub key: String,
    /// Whose it is, as its name says; `None` for what is no recording.
    pub call: Option<Uuid>,
    /// When that call began, as its name says.
    pub made: Option<Timestamp>,
    /// When it was last written.
    pub written: Timestamp,
    /// How long it is, in bytes.
    pub size: u64,
}

/// Where audio is kept.
#[derive(Clone)]
pub struct Vault {
    store: Arc<dyn ObjectStore>,
    ring: Arc<KeyRing>,
    root: Arc<Root>,
    /// The folder, where it is one.
    folder: Option<PathBuf>,
    pool: sqlx::AnyPool,
    trouble: Arc<Mutex<Option<String>>>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("store", &self.store.to_string()).field("keys", &self.ring).finish()
    }
}

impl Vault {
    /// Opens the folder or bucket and reads the keys.
    ///
    /// # Errors
    /// Either cannot be had, or the keys are not those that the database's secrets were wrapped by.
    pub async fn open(config: &ServerConfig, store: &Store) -> Result<Self, VaultError> {
        let ring = source::key_ring(config).await?;
        let root = secrets::root(store.pool(), &ring).await?;
        let (folder, place) = place::open(config)?;
        Ok(Self {
            store: place,
            folder,
            ring: Arc::new(ring),
            root: Arc::new(root),
            pool: store.pool().clone(),
            trouble: Arc::default(),
        })
    }

    /// Encrypts and keeps the audio of a call; gives the key under which it is found.
    ///
    /// # Errors
    /// It could not be written.
    pub async fn keep(&self, call: Uuid, audio: &KeptAudio) -> Result<String, VaultError> {
        let path = place::path_of(call);
        let bytes = self.seal_audio(call, audio)?;
        self.told(self.store.put(&path, PutPayload::from(bytes)).await)?;
        Ok(path.into())
    }

    fn seal_audio(&self, call: Uuid, audio: &KeptAudio) -> Result<Vec<u8>, VaultError> {
        let KeptAudio { encoding, ref bytes } = *audio;
        let data_key = keys::random()?;
        let wrapped = self.ring.wrap(&data_key, |id| format::bound(encoding, call, id).to_vec())?;
        let mut sealed = Vec::with_capacity(bytes.len() + TAG);
        sealed.extend_from_slice(bytes);
        let nonce = keys::seal(&data_key, &format::subject(encoding, call), &mut sealed)?;
        let mut file = Vec::with_capacity(HEADER + sealed.len());
        file.extend_from_slice(&Header { encoding, call, wrapped, nonce }.to_bytes());
        file.append(&mut sealed);
        Ok(file)
    }

    /// The audio under this key; `None` where there is none any more.
    ///
    /// # Errors
    /// It could not be read, or is not what was written.
    pub async fn read(&self, call: Uuid, key: &str) -> Result<Option<KeptAudio>, VaultError> {
        let path = Path::parse(key).map_err(|_| VaultError::Tampered { what: format!("the key {key:?}") })?;
        let found = match self.store.get(&path).await {
            Ok(found) => found.bytes().await,
            Err(error) => Err(error),
        };
        match found {
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            found => self.open_audio(call, key, &self.told(found)?).map(Some),
        }
    }

    fn open_audio(&self, call: Uuid, what: &str, file: &Bytes) -> Result<KeptAudio, VaultError> {
        let header = header(what, file)?;
        let tampered = || VaultError::Tampered { what: what.to_owned() };
        if header.call != call {
            return Err(tampered());
        }
        let data_key = self.ring.unwrap(&header.wrapped, &file[..format::BOUND], what)?;
        let mut bytes = file[HEADER..].to_vec();
        keys::open(&data_key, &format::subject(header.encoding, call), header.nonce, &mut bytes)
            .ok_or_else(tampered)?;
        Ok(KeptAudio { encoding: header.encoding, bytes: bytes.into() })
    }

    /// Deletes what is under this key; it may be gone already.
    ///
    /// # Errors
    /// The store failed: whether it is still there is unknown.
    pub async fn delete(&self, key: &str) -> Result<(), VaultError> {
        let path = Path::parse(key).map_err(|_| VaultError::Tampered { what: format!("the key {key:?}") })?;
        match self.store.delete(&path).await {
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            other => self.told(other),
        }
    }

    /// Whether the store has anything under this key.
    ///
    /// # Errors
    /// The store failed.
    pub async fn exists(&self, key: &str) -> Result<bool, VaultError> {
        let path = Path::parse(key).map_err(|_| VaultError::Tampered { what: format!("the key {key:?}") })?;
        match self.store.head(&path).await {
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            other => self.told(other).map(|_| true),
        }
    }

    /// The days of which there are recordings, oldest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn days(&self) -> Result<Vec<Date>, VaultError> {
        let listed = self.told(self.store.list_with_delimiter(None).await)?;
        let mut days: Vec<Date> =
            listed.common_prefixes.iter().filter_map(|day| day.filename()?.parse().ok()).collect();
        days.sort_unstable();
        Ok(days)
    }

    /// The recordings of a day.
    ///
    /// # Errors
    /// The store failed.
    pub async fn of_day(&self, day: Date) -> Result<Vec<Listed>, VaultError> {
        let prefix = Path::from(day.to_string());
        let listed: Result<Vec<ObjectMeta>, _> = self.store.list(Some(&prefix)).try_collect().await;
        Ok(self.told(listed)?.into_iter().map(listed_of).collect())
    }

    /// Deletes what a kill in the middle of writing left in a folder before this time: files that no list shows.
    ///
    /// # Errors
    /// The folder cannot be read, or a file not deleted.
    pub async fn delete_drafts(&self, before: Timestamp) -> Result<u64, VaultError> {
        let Some(path) = self.folder.clone() else {
            return Ok(0);
        };
        let folder = path.clone();
        let deleting = tokio::task::spawn_blocking(move || place::delete_drafts(&folder, before));
        let deleted = deleting.await.unwrap_or_else(|_| Err(std::io::Error::other("the runtime is stopping")));
        deleted.map_err(|source| VaultError::Folder { path, source })
    }

    /// What went wrong when the store was last asked; `None` while it works.
    pub fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes whether the store works.
    fn told<T>(&self, outcome: object_store::Result<T>) -> Result<T, VaultError> {
        let trouble = outcome.as_ref().err().map(|error| crate::error::chain(error));
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
        Ok(outcome?)
    }

    /// Every object of the store, in no order.
    fn all(&self) -> impl futures_util::Stream<Item = object_store::Result<ObjectMeta>> + use<> {
        self.store.list(None).boxed()
    }
}

/// The header of what is found under this name.
fn header(what: &str, bytes: &[u8]) -> Result<Header, VaultError> {
    Header::parse(bytes).map_err(|source| VaultError::Format { what: what.to_owned(), source })
}

fn listed_of(meta: ObjectMeta) -> Listed {
    let call = place::call_at(&meta.location);
    let written = meta.last_modified;
    Listed {
        call,
        made: call.and_then(made),
        written: Timestamp::from_microsecond(written.timestamp_micros()).unwrap_or(Timestamp::UNIX_EPOCH),
        size: meta.size,
        key: meta.location.into(),
    }
}
