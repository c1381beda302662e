//! Where a page ends: opaque to those who ask.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use super::StoreError;

/// The last call of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    /// When it began, in microseconds.
    pub(super) started: i64,
    /// Our name for it.
    pub(super) id: Uuid,
}

impl Cursor {
    pub(super) fn show(self) -> String {
        let mut bytes = [0; 24];
        bytes[..8].copy_from_slice(&self.started.to_be_bytes());
        bytes[8..].copy_from_slice(self.id.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    pub(super) fn read(text: &str) -> Result<Self, StoreError> {
        let parts = || {
            let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
            let bytes: &[u8; 24] = bytes.as_slice().try_into().ok()?;
            let (started, id) = bytes.split_first_chunk()?;
            Some(Self { started: i64::from_be_bytes(*started), id: Uuid::from_slice(id).ok()? })
        };
        parts().ok_or_else(|| StoreError::Cursor { given: text.chars().take(64).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_shown_and_nothing_else_is() {
        let cursor = Cursor { started: -5, id: Uuid::now_v7() };
        assert_eq!(Cursor::read(&cursor.show()).unwrap(), cursor);
        for wrong in ["", "abc", "ä", &"A".repeat(33)] {
            assert!(Cursor::read(wrong).is_err(), "{wrong}");
        }
    }
}
