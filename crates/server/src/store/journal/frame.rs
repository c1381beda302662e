//! One entry of the journal as bytes: its length (4 bytes), a checksum (8 bytes), the entry. Numbers are little-endian.

use std::ops::Range;

use aws_lc_rs::digest::{SHA256, digest};

/// What stands before the entry.
pub(super) const HEADER: usize = 12;

/// The longest entry. A longer length can only be damage.
pub(super) const LONGEST: usize = 64 << 20;

/// What follows the whole frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// Nothing.
    Nothing,
    /// The beginning of a frame, with this many bytes: writing it was cut short, so that nobody was told it is safe.
    Torn(usize),
    /// Bytes that were not written so.
    Damaged(usize),
}

fn checksum(entry: &[u8]) -> [u8; 8] {
    let mut sum = [0; 8];
    sum.copy_from_slice(&digest(&SHA256, entry).as_ref()[..8]);
    sum
}

/// Adds an entry as a frame; `false`, and nothing added, if it is empty or too long for one.
pub(super) fn push(frames: &mut Vec<u8>, entry: &[u8]) -> bool {
    let Some(length) = u32::try_from(entry.len()).ok().filter(|_| (1..=LONGEST).contains(&entry.len())) else {
        return false;
    };
    frames.extend_from_slice(&length.to_le_bytes());
    frames.extend_from_slice(&checksum(entry));
    frames.extend_from_slice(entry);
    true
}

/// How long the frame that begins here is, header included, if its length can be read and can be right.
pub(super) fn length(bytes: &[u8]) -> Option<usize> {
    let length = u32::from_le_bytes(*bytes.first_chunk()?) as usize;
    (1..=LONGEST).contains(&length).then_some(HEADER + length)
}

/// Where the entries of up to `most` whole frames lie in `bytes`, where reading stopped, and what follows there.
pub(super) fn entries(bytes: &[u8], most: usize) -> (Vec<Range<usize>>, usize, Rest) {
    let (mut found, mut at) = (Vec::new(), 0);
    while found.len() < most {
        let rest = &bytes[at..];
        match rest.len() {
            0 => return (found, at, Rest::Nothing),
            n if n < 4 => return (found, at, Rest::Torn(n)),
            n => match length(rest) {
                None => return (found, at, Rest::Damaged(n)),
                Some(length) if length > n => return (found, at, Rest::Torn(n)),
                Some(length) if rest[4..HEADER] != checksum(&rest[HEADER..length]) => {
                    return (found, at, Rest::Damaged(n));
                }
                Some(length) => {
                    found.push(at + HEADER..at + length);
                    at += length;
                }
            },
        }
    }
    (found, at, Rest::Nothing)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn frames(entries: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = Vec::new();
        assert!(entries.iter().all(|entry| push(&mut bytes, entry)));
        bytes
    }

    fn read(bytes: &[u8]) -> (Vec<Vec<u8>>, usize, Rest) {
        let (ranges, at, rest) = entries(bytes, usize::MAX);
        (ranges.into_iter().map(|range| bytes[range].to_vec()).collect(), at, rest)
    }

    proptest! {
        #[test]
        fn a_cut_at_any_byte_loses_the_cut_frame_alone(written in vec(vec(any::<u8>(), 1..40), 1..5)) {
            let bytes = frames(&written);
            for cut in 0..=bytes.len() {
                let (found, at, rest) = read(&bytes[..cut]);
                let whole = (0..=written.len()).rev().find(|n| frames(&written[..*n]).len() <= cut).unwrap();
                prop_assert_eq!(&found[..], &written[..whole]);
                let torn = cut - at;
                prop_assert_eq!(rest, if torn == 0 { Rest::Nothing } else { Rest::Torn(torn) });
            }
        }

        #[test]
        fn a_changed_byte_is_never_taken_for_an_entry(
            written in vec(vec(any::<u8>(), 1..40), 1..5), place in any::<prop::sample::Index>(), change in 1..=255_u8,
        ) {
            let mut bytes = frames(&written);
            let place = place.index(bytes.len());
            bytes[place] ^= change;
            let (found, _, rest) = read(&bytes);
            prop_assert!(found.len() < written.len());
            prop_assert_eq!(&found[..], &written[..found.len()]);
            prop_assert_ne!(rest, Rest::Nothing);
        }

        #[test]
        fn any_bytes_can_be_read(bytes in vec(any::<u8>(), 0..200)) {
            let (_, at, _) = read(&bytes);
            prop_assert!(at <= bytes.len());
        }
    }

    #[test]
    fn what_is_no_entry_is_not_written() {
        let mut bytes = Vec::new();
        assert!(!push(&mut bytes, &[]));
        assert!(bytes.is_empty());
    }
}
