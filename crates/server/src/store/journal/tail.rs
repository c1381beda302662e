//! Reads segments of the journal, from where the database is.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use super::frame::{self, Rest};

/// How much is read at once, unless one frame is longer.
const CHUNK: u64 = 1 << 20;

/// What was read.
#[derive(Debug)]
pub(in crate::store) struct Chunk {
    /// The entries, in order.
    pub(in crate::store) entries: Vec<Vec<u8>>,
    /// Where the next one begins.
    pub(in crate::store) next: u64,
    /// Whether there is nothing more.
    pub(in crate::store) ended: Option<Ended>,
}

/// How a segment ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Ended {
    /// With its last frame.
    Whole,
    /// In the middle of a frame: this many bytes that nobody was told are safe.
    Torn(u64),
    /// With bytes that were not written so.
    Damaged(u64),
}

/// Reads up to `most` entries of a segment that begin at `from`; of one that is still written to, only up to `until`.
pub(super) fn read(path: &Path, from: u64, until: Option<u64>, most: usize) -> io::Result<Chunk> {
    let mut file = File::open(path)?;
    let end = until.unwrap_or(file.metadata()?.len());
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    let mut wanted = CHUNK;
    loop {
        let left = end.saturating_sub(from + bytes.len() as u64);
        let more = file.by_ref().take(left.min(wanted)).read_to_end(&mut bytes)?;
        let all = more == 0 || from + bytes.len() as u64 >= end;
        let (entries, used, rest) = frame::entries(&bytes, most);
        if let (true, Rest::Torn(_), false) = (entries.is_empty(), rest, all) {
            let frame = frame::length(&bytes).unwrap_or(frame::HEADER) as u64;
            wanted = frame.saturating_sub(bytes.len() as u64).max(CHUNK);
            continue;
        }
        let ended = match rest {
            Rest::Damaged(_) => Some(Ended::Damaged(end.saturating_sub(from + used as u64))),
            Rest::Torn(bytes) if all => Some(Ended::Torn(bytes as u64)),
            Rest::Nothing if all && used == bytes.len() => Some(Ended::Whole),
            _ => None,
        };
        let entries = entries.into_iter().map(|range| bytes[range].to_vec()).collect();
        return Ok(Chunk { entries, next: from + used as u64, ended });
    }
}

/// How many frames a segment has from there on, by their lengths.
pub(super) fn count(path: &Path, from: u64) -> io::Result<u64> {
    let mut file = io::BufReader::new(File::open(path)?);
    let mut left = file.get_ref().metadata()?.len().saturating_sub(from);
    file.seek(SeekFrom::Start(from))?;
    let mut count = 0;
    let mut head = [0; 4];
    while left >= frame::HEADER as u64 {
        file.read_exact(&mut head)?;
        let Some(length) = frame::length(&head).map(|length| length as u64).filter(|length| *length <= left) else {
            break;
        };
        file.seek_relative(length as i64 - head.len() as i64)?;
        left -= length;
        count += 1;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(entries: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for entry in entries {
            assert!(frame::push(&mut bytes, entry));
        }
        bytes
    }

    fn read_all(path: &Path, most: usize) -> (Vec<Vec<u8>>, Ended) {
        let (mut from, mut found) = (0, Vec::new());
        loop {
            let chunk = read(path, from, None, most).unwrap();
            found.extend(chunk.entries);
            from = chunk.next;
            if let Some(ended) = chunk.ended {
                return (found, ended);
            }
        }
    }

    #[test]
    fn entries_longer_than_a_chunk_are_read_and_pieces_fit_together() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let entries: Vec<Vec<u8>> = [10, 3 << 20, 1, 2 << 20, 700_000, 700_000, 5]
            .iter()
            .map(|n| (0..*n).map(|byte| (byte % 251) as u8).collect())
            .collect();
        let bytes = segment(&entries);
        std::fs::write(&path, &bytes).unwrap();
        for most in [1, 2, 100] {
            assert!(read_all(&path, most) == (entries.clone(), Ended::Whole));
        }
        assert_eq!(count(&path, 0).unwrap(), 7);

        std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        assert!(read_all(&path, 100) == (entries[..6].to_vec(), Ended::Torn(16)));
        assert_eq!(count(&path, 0).unwrap(), 6);

        let mut damaged = bytes;
        let place = damaged.len() - 1;
        damaged[place] ^= 1;
        std::fs::write(&path, &damaged).unwrap();
        assert!(read_all(&path, 100) == (entries[..6].to_vec(), Ended::Damaged(17)));
    }

    #[test]
    fn of_a_segment_that_is_written_to_only_what_is_whole_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let bytes = segment(&[vec![1], vec![2]]);
        std::fs::write(&path, &bytes).unwrap();
        let chunk = read(&path, 0, Some(13), 10).unwrap();
        assert_eq!((chunk.entries, chunk.next, chunk.ended), (vec![vec![1]], 13, Some(Ended::Whole)));
    }
}
