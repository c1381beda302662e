//! Secrets that all nodes share: one root in the database, wrapped as the keys of recordings are, and what is derived of
//! it. They stay the same when the key-encryption key changes.

use std::fmt;

use aws_lc_rs::hkdf;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sqlx::{AnyPool, Row as _};
use zeroize::Zeroizing;

use super::keys::{KeyId, KeyRing, Secret, Wrapped, open, random, seal};
use super::{Vault, VaultError};

const NAME: &str = "root";
const WHAT: &str = "the root of the database's secrets";

/// What all shared secrets are derived of.
pub(super) struct Root(Secret);

/// What was sealed by [`Vault::seal`], opened: wiped when it is no longer needed, and never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(Zeroizing<Vec<u8>>);

impl SecretText {
    /// The bytes themselves.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

fn bound(key: KeyId) -> Vec<u8> {
    [b"offhook secret root".as_slice(), key.as_bytes()].concat()
}

fn to_text(wrapped: &Wrapped) -> String {
    hex::encode([wrapped.key.as_bytes().as_slice(), &wrapped.nonce, &wrapped.sealed].concat())
}

fn from_text(text: &str) -> Option<Wrapped> {
    let bytes = hex::decode(text).ok()?;
    let (key, rest) = bytes.split_first_chunk()?;
    let (nonce, rest) = rest.split_first_chunk()?;
    Some(Wrapped { key: KeyId::new(*key), nonce: *nonce, sealed: rest.try_into().ok()? })
}

async fn sealed_root(pool: &AnyPool) -> Result<Option<String>, VaultError> {
    let row = sqlx::query("SELECT sealed FROM vault_secrets WHERE name = $1").bind(NAME).fetch_optional(pool).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

fn open_root(ring: &KeyRing, text: &str) -> Result<Root, VaultError> {
    let wrapped = from_text(text).ok_or_else(|| VaultError::Tampered { what: WHAT.to_owned() })?;
    ring.unwrap(&wrapped, &bound(wrapped.key), WHAT).map(Root)
}

/// The root of the database, made where there is none. Of several nodes that start at once, the first makes it.
pub(super) async fn root(pool: &AnyPool, ring: &KeyRing) -> Result<Root, VaultError> {
    if sealed_root(pool).await?.is_none() {
        let sealed = to_text(&ring.wrap(&random()?, bound)?);
        sqlx::query("INSERT INTO vault_secrets (name, sealed) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING")
            .bind(NAME)
            .bind(sealed)
            .execute(pool)
            .await?;
    }
    let text = sealed_root(pool).await?.ok_or_else(|| VaultError::Tampered { what: WHAT.to_owned() })?;
    open_root(ring, &text)
}

/// Wraps the root under the first key; `false` where it is already.
pub(super) async fn rewrap_root(pool: &AnyPool, ring: &KeyRing) -> Result<bool, VaultError> {
    let Some(old) = sealed_root(pool).await? else {
        return Ok(false);
    };
    if from_text(&old).is_some_and(|wrapped| wrapped.key == ring.first()) {
        return Ok(false);
    }
    let new = to_text(&ring.wrap(&open_root(ring, &old)?.0, bound)?);
    let done = sqlx::query("UPDATE vault_secrets SET sealed = $1 WHERE name = $2 AND sealed = $3")
        .bind(new)
        .bind(NAME)
        .bind(old)
        .execute(pool)
        .await?;
    Ok(done.rows_affected() > 0)
}

impl Vault {
    /// A secret for one purpose: the same on all nodes, and after a rotation (HKDF-SHA-256, RFC 5869).
    pub(crate) fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        let mut secret = Secret::default();
        let purpose = [purpose.as_bytes()];
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, b"offhook").extract(self.root.0.as_slice());
        // Both can only fail for lengths past 255 hashes.
        if let Ok(derived) = root.expand(&purpose, hkdf::HKDF_SHA256) {
            let _ = derived.fill(secret.as_mut_slice());
        }
        secret
    }

    /// Encrypts a small secret for the database, such as that of a webhook (AES-256-GCM); `purpose` is bound to it.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn seal(&self, purpose: &str, secret: &[u8]) -> Result<String, VaultError> {
        let mut bytes = Vec::with_capacity(secret.len() + 16);
        bytes.extend_from_slice(secret);
        let nonce = seal(&self.derive("sealing"), purpose.as_bytes(), &mut bytes)?;
        Ok(STANDARD.encode([&nonce[..], &bytes].concat()))
    }

    /// Opens what [`Self::seal`] gave.
    ///
    /// # Errors
    /// It is not what was sealed for this purpose.
    pub fn unseal(&self, purpose: &str, sealed: &str) -> Result<SecretText, VaultError> {
        let opened = || {
            let bytes = STANDARD.decode(sealed).ok()?;
            let (nonce, rest) = bytes.split_first_chunk()?;
            let mut rest = Zeroizing::new(rest.to_vec());
            open(&self.derive("sealing"), purpose.as_bytes(), *nonce, &mut rest)?;
            Some(SecretText(rest))
        };
        opened().ok_or_else(|| VaultError::Tampered { what: format!("a secret for {purpose}") })
    }
}
