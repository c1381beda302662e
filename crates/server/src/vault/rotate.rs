//! A new key-encryption key: what is under an old one is wrapped anew, the audio itself stays as it is.

use std::collections::BTreeMap;

use futures_util::TryStreamExt as _;
use object_store::{ObjectMeta, ObjectStoreExt as _, PutMode, PutOptions, PutPayload, UpdateVersion};

use super::format::{self, HEADER, Header};
use super::{KeyId, Vault, VaultError, header, place, secrets};

/// How many recordings are worked on at once.
const AT_ONCE: usize = 8;

/// How far a rotation is, and how it ended.
#[derive(Debug, Default)]
pub struct Rotation {
    /// How many recordings were looked at.
    pub seen: u64,
    /// How many were wrapped anew.
    pub rewrapped: u64,
    /// How many were under the first key already.
    pub already: u64,
    /// How many were deleted meanwhile.
    pub gone: u64,
    /// Which failed, and why. They are as they were.
    pub failed: Vec<(String, VaultError)>,
}

/// What is kept, and under which keys.
#[derive(Debug, Default)]
pub struct Status {
    /// How many recordings there are.
    pub recordings: u64,
    /// How long they are together, in bytes.
    pub bytes: u64,
    /// How many are under each key.
    pub by_key: BTreeMap<KeyId, u64>,
    /// The key that wraps new ones.
    pub first: Option<KeyId>,
    /// All keys at hand.
    pub keys: Vec<KeyId>,
    /// What could not be read as a recording, and why.
    pub unreadable: Vec<(String, VaultError)>,
}

enum Outcome {
    Rewrapped,
    Already,
    Gone,
}

impl Vault {
    /// Wraps the data key of every recording, and the root of the database's secrets, under the first key. What is
    /// under it already is left alone, so a rotation that was broken off goes on where it was. Audio is not decrypted.
    ///
    /// # Errors
    /// The recordings cannot be listed, or the database failed. What fails for one recording is told in the answer.
    pub async fn rotate(&self, mut progress: impl FnMut(&Rotation)) -> Result<Rotation, VaultError> {
        secrets::rewrap_root(&self.pool, &self.ring).await?;
        let mut rotation = Rotation::default();
        let mut outcomes = self
            .all()
            .map_err(VaultError::from)
            .try_filter(|meta| std::future::ready(place::call_at(&meta.location).is_some()))
            .map_ok(|meta| async move {
                let outcome = self.rewrap(&meta).await;
                Ok((meta, outcome))
            })
            .try_buffer_unordered(AT_ONCE);
        while let Some((meta, outcome)) = outcomes.try_next().await? {
            rotation.seen += 1;
            match outcome {
                Ok(Outcome::Rewrapped) => rotation.rewrapped += 1,
                Ok(Outcome::Already) => rotation.already += 1,
                Ok(Outcome::Gone) => rotation.gone += 1,
                Err(error) => rotation.failed.push((meta.location.into(), error)),
            }
            progress(&rotation);
        }
        drop(outcomes);
        Ok(rotation)
    }

    async fn rewrap(&self, meta: &ObjectMeta) -> Result<Outcome, VaultError> {
        let what = meta.location.as_ref();
        let Some(old) = self.header_of(meta).await? else {
            return Ok(Outcome::Gone);
        };
        if old.wrapped.key == self.ring.first() {
            return Ok(Outcome::Already);
        }
        let found = match self.store.get(&meta.location).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(Outcome::Gone),
            found => found?,
        };
        let version = UpdateVersion { e_tag: found.meta.e_tag.clone(), version: found.meta.version.clone() };
        let file = found.bytes().await?;
        let Header { encoding, call, wrapped, nonce } = header(what, &file)?;
        let data_key = self.ring.unwrap(&wrapped, &format::bound(encoding, call, wrapped.key), what)?;
        let wrapped = self.ring.wrap(&data_key, |id| format::bound(encoding, call, id).to_vec())?;
        let head = Header { encoding, call, wrapped, nonce }.to_bytes();
        let payload = || PutPayload::from_iter([head.to_vec().into(), file.slice(HEADER..)]);
        // A recording that is deleted meanwhile must not come back: where the store can, it is written only in place of
        // what was read. Where it cannot, the next sweep finds what came back.
        let only_in_place = PutOptions::from(PutMode::Update(version));
        match self.store.put_opts(&meta.location, payload(), only_in_place).await {
            Ok(_) => Ok(Outcome::Rewrapped),
            Err(object_store::Error::NotFound { .. } | object_store::Error::Precondition { .. }) => Ok(Outcome::Gone),
            Err(object_store::Error::NotImplemented { .. } | object_store::Error::NotSupported { .. }) => {
                if self.exists(what).await? {
                    self.store.put(&meta.location, payload()).await?;
                    Ok(Outcome::Rewrapped)
                } else {
                    Ok(Outcome::Gone)
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The header of a listed recording; `None` where it is gone.
    async fn header_of(&self, meta: &ObjectMeta) -> Result<Option<Header>, VaultError> {
        let end = meta.size.min(HEADER as u64);
        match self.store.get_range(&meta.location, 0..end).await {
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            head => header(meta.location.as_ref(), &head?).map(Some),
        }
    }

    /// Counts what is kept, and under which keys.
    ///
    /// # Errors
    /// The recordings cannot be listed.
    pub async fn status(&self) -> Result<Status, VaultError> {
        let mut status = Status { first: Some(self.ring.first()), keys: self.ring.ids(), ..Status::default() };
        let mut headers = self
            .all()
            .map_err(VaultError::from)
            .map_ok(|meta| async move {
                let header = self.header_of(&meta).await;
                Ok((meta, header))
            })
            .try_buffer_unordered(AT_ONCE);
        while let Some((meta, header)) = headers.try_next().await? {
            match header {
                Ok(None) => {}
                Ok(Some(header)) => {
                    status.recordings += 1;
                    status.bytes += meta.size;
                    *status.by_key.entry(header.wrapped.key).or_default() += 1;
                }
                Err(error) => status.unreadable.push((meta.location.into(), error)),
            }
        }
        drop(headers);
        Ok(status)
    }
}
