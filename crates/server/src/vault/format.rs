//! How a kept recording is written.
//!
//! | offset | bytes | what                                                                  |
//! |-------:|------:|-----------------------------------------------------------------------|
//! |      0 |     7 | `OFFHOOK`                                                             |
//! |      7 |     1 | version of this format: 1                                             |
//! |      8 |     1 | encoding of the audio: 1 µ-law, 2 linear 16-bit, both 8,000 Hz mono   |
//! |      9 |    16 | the call (RFC 9562 UUID)                                              |
//! |     25 |     8 | name of the key-encryption key                                        |
//! |     33 |    12 | nonce of the wrapped data key                                         |
//! |     45 |    48 | the data key, wrapped: AES-256-GCM under the key-encryption key       |
//! |     93 |    12 | nonce of the audio                                                    |
//! |    105 |       | the audio: AES-256-GCM under the data key, its 16 byte tag at the end |
//!
//! Associated data of the audio is bytes 0 to 24, of the wrapped key bytes 0 to 32. So nothing can be changed, nor the
//! audio of one call be put in the place of another's, without notice. Each recording has a data key of its own, which is
//! nowhere but here: once the file is gone, no copy of a key is left that could open a copy of the audio.

use uuid::Uuid;

use super::keys::{KeyId, Wrapped};
use crate::record::KeptEncoding;

/// Length of what comes before the audio, in bytes.
pub const HEADER: usize = 105;
/// How many bytes the audio grows by when it is encrypted.
pub const TAG: usize = 16;

const MAGIC: &[u8; 8] = b"OFFHOOK\x01";
/// What is bound to the audio: all that says what it is.
const SUBJECT: usize = 25;
/// What is bound to the wrapped key.
pub(super) const BOUND: usize = 33;

/// Why bytes are not a kept recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// It ends too soon.
    #[error("given {0} bytes, allowed is at least {least}", least = HEADER + TAG)]
    Short(usize),
    /// It does not begin as one.
    #[error("it does not begin with the mark of a kept recording")]
    Mark,
    /// It is of another version.
    #[error("given version {0}, allowed is 1")]
    Version(u8),
    /// The audio is of an unknown encoding.
    #[error("given encoding {0}, allowed is 1 or 2")]
    Encoding(u8),
}

/// What comes before the audio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// How the audio is to be read.
    pub encoding: KeptEncoding,
    /// Whose audio it is.
    pub call: Uuid,
    /// The data key, wrapped.
    pub wrapped: Wrapped,
    /// The nonce of the audio.
    pub nonce: [u8; 12],
}

/// What is bound to the audio of a call.
pub(super) fn subject(encoding: KeptEncoding, call: Uuid) -> [u8; SUBJECT] {
    let mut bytes = [0; SUBJECT];
    bytes[..8].copy_from_slice(MAGIC);
    bytes[8] = match encoding {
        KeptEncoding::Ulaw => 1,
        KeptEncoding::Linear16 => 2,
    };
    bytes[9..].copy_from_slice(call.as_bytes());
    bytes
}

/// What is bound to the wrapped data key of a call.
pub(super) fn bound(encoding: KeptEncoding, call: Uuid, key: KeyId) -> [u8; BOUND] {
    let mut bytes = [0; BOUND];
    bytes[..SUBJECT].copy_from_slice(&subject(encoding, call));
    bytes[SUBJECT..].copy_from_slice(key.as_bytes());
    bytes
}

impl Header {
    /// The header as it is written.
    pub fn to_bytes(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..BOUND].copy_from_slice(&bound(self.encoding, self.call, self.wrapped.key));
        bytes[BOUND..45].copy_from_slice(&self.wrapped.nonce);
        bytes[45..93].copy_from_slice(&self.wrapped.sealed);
        bytes[93..].copy_from_slice(&self.nonce);
        bytes
    }

    /// Reads what comes before the audio. Nothing is said about whether it was tampered with: that shows when it is
    /// opened.
    ///
    /// # Errors
    /// These bytes are not the beginning of a kept recording.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        let Some((head, _)) = bytes.split_first_chunk::<HEADER>() else {
            return Err(FormatError::Short(bytes.len()));
        };
        if head[..7] != MAGIC[..7] {
            return Err(FormatError::Mark);
        }
        if head[7] != MAGIC[7] {
            return Err(FormatError::Version(head[7]));
        }
        let encoding = match head[8] {
            1 => KeptEncoding::Ulaw,
            2 => KeptEncoding::Linear16,
            other => return Err(FormatError::Encoding(other)),
        };
        Ok(Self {
            encoding,
            call: Uuid::from_bytes(part(head, 9)),
            wrapped: Wrapped { key: KeyId::new(part(head, SUBJECT)), nonce: part(head, BOUND), sealed: part(head, 45) },
            nonce: part(head, 93),
        })
    }
}

/// The `N` bytes at `at`, which lie within the header.
fn part<const N: usize>(head: &[u8; HEADER], at: usize) -> [u8; N] {
    std::array::from_fn(|i| head[at + i])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header() -> impl Strategy<Value = Header> {
        let wrapped = (any::<[u8; 8]>(), any::<[u8; 12]>(), prop::collection::vec(any::<u8>(), 48));
        (any::<bool>(), any::<[u8; 16]>(), wrapped, any::<[u8; 12]>()).prop_map(|(ulaw, call, wrapped, nonce)| Header {
            encoding: if ulaw { KeptEncoding::Ulaw } else { KeptEncoding::Linear16 },
            call: Uuid::from_bytes(call),
            wrapped: Wrapped { key: KeyId::new(wrapped.0), nonce: wrapped.1, sealed: wrapped.2.try_into().unwrap() },
            nonce,
        })
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(header in header(), rest in prop::collection::vec(any::<u8>(), 0..64)) {
            let bytes = [&header.to_bytes()[..], &rest].concat();
            prop_assert_eq!(Header::parse(&bytes), Ok(header));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
            if let Ok(header) = Header::parse(&bytes) {
                prop_assert_eq!(&header.to_bytes()[..], &bytes[..HEADER]);
            }
        }

        #[test]
        fn a_good_beginning_with_any_change_is_read_or_refused(
            header in header(), at in 0..HEADER, byte: u8, length in 0..=HEADER,
        ) {
            let mut bytes = header.to_bytes();
            bytes[at] = byte;
            match Header::parse(&bytes[..length]) {
                Ok(read) => prop_assert_eq!(read.to_bytes(), bytes),
                Err(FormatError::Short(given)) => prop_assert_eq!(given, length),
                Err(_) => prop_assert!(at < 9),
            }
        }
    }
}
