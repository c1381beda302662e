//! Keys that wrap keys.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::{hmac, rand};
use zeroize::Zeroizing;

use super::VaultError;

/// 256 bits that are wiped when they are no longer needed.
pub(super) type Secret = Zeroizing<[u8; 32]>;

/// The name of a key-encryption key: made of the key, so that nobody has to invent one, and telling nothing of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId([u8; 8]);

impl KeyId {
    /// The name with these bytes.
    pub const fn new(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A key under another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrapped {
    /// The name of the key that wraps.
    pub key: KeyId,
    /// The nonce it was wrapped with.
    pub nonce: [u8; 12],
    /// The wrapped key and its tag.
    pub sealed: [u8; 48],
}

/// 32 random bytes.
pub(super) fn random() -> Result<Secret, VaultError> {
    let mut secret = Secret::default();
    rand::fill(secret.as_mut_slice()).map_err(|_| VaultError::Random)?;
    Ok(secret)
}

/// Encrypts in place, the tag appended, under a nonce that is made at random and given back.
pub(super) fn seal(secret: &Secret, bound: &[u8], bytes: &mut Vec<u8>) -> Result<[u8; 12], VaultError> {
    let key = RandomizedNonceKey::new(&AES_256_GCM, secret.as_slice()).map_err(|_| VaultError::Random)?;
    let nonce = key.seal_in_place_append_tag(Aad::from(bound), bytes).map_err(|_| VaultError::Random)?;
    Ok(*nonce.as_ref())
}

/// Decrypts in place; `None` where key, nonce, what is bound and bytes do not belong together.
pub(super) fn open(secret: &Secret, bound: &[u8], nonce: [u8; 12], bytes: &mut Vec<u8>) -> Option<()> {
    let key = RandomizedNonceKey::new(&AES_256_GCM, secret.as_slice()).ok()?;
    let length = key.open_in_place(Nonce::from(&nonce), Aad::from(bound), bytes).ok()?.len();
    bytes.truncate(length);
    Some(())
}

/// A key-encryption key.
struct Kek {
    id: KeyId,
    secret: Secret,
}

/// The key-encryption keys: the first wraps and opens, the others only open what they once wrapped.
pub(super) struct KeyRing {
    keys: Vec<Kek>,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| key.id)).finish()
    }
}

impl KeyRing {
    /// The keys in order; at least one.
    pub(super) fn new(first: Secret, others: impl IntoIterator<Item = Secret>) -> Self {
        let keys = std::iter::once(first).chain(others).map(|secret| {
            let name = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_slice()), b"offhook key name");
            let id = KeyId(std::array::from_fn(|i| name.as_ref()[i]));
            Kek { id, secret }
        });
        Self { keys: keys.collect() }
    }

    /// The name of the key that wraps.
    pub(super) fn first(&self) -> KeyId {
        self.keys[0].id
    }

    /// The names of all, the one that wraps first.
    pub(super) fn ids(&self) -> Vec<KeyId> {
        self.keys.iter().map(|key| key.id).collect()
    }

    /// Wraps a key; `bound` gives what is bound to it.
    pub(super) fn wrap(&self, secret: &Secret, bound: impl Fn(KeyId) -> Vec<u8>) -> Result<Wrapped, VaultError> {
        let kek = &self.keys[0];
        let mut bytes = Vec::with_capacity(48);
        bytes.extend_from_slice(secret.as_slice());
        let nonce = seal(&kek.secret, &bound(kek.id), &mut bytes)?;
        let sealed = bytes.try_into().map_err(|_| VaultError::Random)?;
        Ok(Wrapped { key: kek.id, nonce, sealed })
    }

    /// Opens a wrapped key; `what` names it in errors.
    pub(super) fn unwrap(&self, wrapped: &Wrapped, bound: &[u8], what: &str) -> Result<Secret, VaultError> {
        let Some(kek) = self.keys.iter().find(|key| key.id == wrapped.key) else {
            return Err(VaultError::NoKey { what: what.to_owned(), needed: wrapped.key, given: self.ids() });
        };
        let mut bytes = Zeroizing::new(wrapped.sealed.to_vec());
        open(&kek.secret, bound, wrapped.nonce, &mut bytes)
            .ok_or_else(|| VaultError::Tampered { what: what.to_owned() })?;
        let mut secret = Secret::default();
        if bytes.len() != secret.len() {
            return Err(VaultError::Tampered { what: what.to_owned() });
        }
        secret.copy_from_slice(&bytes);
        Ok(secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_opened_by_the_key_that_wrapped_it_alone() {
        let (old, new) = (random().unwrap(), random().unwrap());
        let data = random().unwrap();
        let bound = |id: KeyId| id.as_bytes().to_vec();
        let before = KeyRing::new(old.clone(), []);
        let wrapped = before.wrap(&data, bound).unwrap();
        let both = KeyRing::new(new.clone(), [old]);
        assert_eq!(both.unwrap(&wrapped, &bound(wrapped.key), "it").unwrap(), data);
        assert_ne!(both.first(), before.first());
        let error = KeyRing::new(new, []).unwrap(&wrapped, &bound(wrapped.key), "it").unwrap_err();
        assert!(matches!(error, VaultError::NoKey { needed, .. } if needed == before.first()), "{error}");
        assert!(matches!(both.unwrap(&wrapped, b"other", "it").unwrap_err(), VaultError::Tampered { .. }));
    }

    #[test]
    fn keys_are_not_shown() {
        let secret = Secret::new([0xAB; 32]);
        let shown = format!("{:?}", KeyRing::new(secret, []));
        assert!(!shown.contains("171") && !shown.to_lowercase().contains("abab"), "{shown}");
    }
}
