//! Secrets: made, hashed and compared.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::{constant_time, rand};

use super::AuthError;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// So many base-62 digits carry at least 256 bits.
pub(crate) const STRONG: usize = 43;

/// Base-62 digits from the system's source of randomness, each as likely as another.
pub(crate) fn random_digits(count: usize) -> Result<String, AuthError> {
    let mut text = String::with_capacity(count);
    let mut bytes = [0; 64];
    loop {
        rand::fill(&mut bytes).map_err(|_| AuthError::Random)?;
        // 248 is the largest multiple of 62 in a byte: what is above would favour some digits.
        for byte in bytes.iter().filter(|byte| **byte < 248) {
            if text.len() == count {
                return Ok(text);
            }
            text.push(char::from(DIGITS[usize::from(byte % 62)]));
        }
    }
}

/// SHA-256 of a text, in hexadecimal.
pub(crate) fn hash(text: &str) -> String {
    hex::encode(digest(&SHA256, text.as_bytes()))
}

/// Whether two hashes are the same, in a time that does not tell where they differ.
pub(crate) fn same(one: &str, other: &str) -> bool {
    constant_time::verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

const SCHEME: &str = "ohk_";
const PREFIX: usize = 10;

/// An API key as its owner has it: `ohk_<prefix>_<secret>`. It is shown once and kept nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyText(String);

impl KeyText {
    pub(crate) fn random() -> Result<Self, AuthError> {
        Ok(Self(format!("{SCHEME}{}_{}", random_digits(PREFIX)?, random_digits(STRONG)?)))
    }

    /// Whether a text is meant to be an API key, and not some other token.
    pub(crate) fn is_meant(text: &str) -> bool {
        text.starts_with(SCHEME)
    }

    /// Reads a key; `None` if it cannot be one.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (prefix, secret) = text.strip_prefix(SCHEME)?.split_once('_')?;
        let digits = |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        (digits(prefix, PREFIX) && digits(secret, STRONG)).then(|| Self(text.to_owned()))
    }

    /// The part that may be seen, by which a key is found.
    pub(crate) fn prefix(&self) -> &str {
        self.0.get(SCHEME.len()..SCHEME.len() + PREFIX).unwrap_or_default()
    }

    pub(crate) fn hash(&self) -> String {
        hash(&self.0)
    }

    /// The key itself: to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for KeyText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{SCHEME}{}_…", self.prefix())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back_and_hides_its_secret() {
        let key = KeyText::random().unwrap();
        assert_eq!(KeyText::read(key.reveal()), Some(key.clone()));
        assert_eq!(key.prefix().len(), PREFIX);
        let secret = key.reveal().rsplit('_').next().unwrap();
        assert!(!format!("{key:?}").contains(secret));
        assert!(62f64.powi(i32::try_from(STRONG).unwrap()) >= 2f64.powi(256));
    }

    #[test]
    fn what_cannot_be_a_key_is_refused() {
        let key = KeyText::random().unwrap().reveal().to_owned();
        for text in [
            "",
            "ohk_",
            "ohk__",
            "ohk_a_b",
            &key[1..],
            &key[..key.len() - 1],
            &format!("{key}x"),
            &key.replace('_', "-"),
        ] {
            assert_eq!(KeyText::read(text), None, "{text}");
        }
        assert_eq!(KeyText::read(&key.replacen(&key[20..21], "é", 1)), None);
    }

    #[test]
    fn hashes_are_those_of_the_standard() {
        assert_eq!(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(same(&hash("abc"), &hash("abc")));
        assert!(!same(&hash("abc"), &hash("abd")) && !same("", &hash("abc")));
    }

    #[test]
    fn every_digit_comes_about_equally_often() {
        let text = random_digits(62_000).unwrap();
        for digit in DIGITS {
            let count = text.bytes().filter(|byte| byte == digit).count();
            assert!((800..1_200).contains(&count), "{}: {count}", char::from(*digit));
        }
    }
}
