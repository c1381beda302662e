//! Bytes that came and are not read yet, for protocols that a stream of bytes carries.

use crate::wire::WireError;

/// Bytes that came, however they were cut. Each is moved a bounded number of times.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    bytes: Vec<u8>,
    /// What was read, of `bytes`.
    at: usize,
    /// How many bytes after `at` hold no line end.
    searched: usize,
    /// Bytes that are no longer in `bytes`.
    gone: u64,
    /// The rest of a line that was too long is passed over.
    cut: bool,
}

impl Pending {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if self.at * 2 >= self.bytes.len() {
            self.gone += self.at as u64;
            self.bytes.drain(..self.at);
            self.at = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Where reading is, in bytes since the wire was opened.
    pub(crate) fn offset(&self) -> u64 {
        self.gone + self.at as u64
    }

    /// What came and is not read.
    pub(crate) fn rest(&self) -> &[u8] {
        &self.bytes[self.at..]
    }

    /// Reads `count` bytes, or as many as there are.
    pub(crate) fn take(&mut self, count: usize) -> &[u8] {
        let from = self.at;
        self.at = (from + count).min(self.bytes.len());
        self.searched = 0;
        &self.bytes[from..self.at]
    }

    /// Reads a line without its end, LF or CRLF, if it is whole; and where it began.
    ///
    /// # Errors
    /// The line is longer than `most`: once, and the rest of it is passed over.
    pub(crate) fn line(&mut self, most: usize) -> Result<Option<(u64, &[u8])>, WireError> {
        loop {
            let rest = &self.bytes[self.at..];
            let end = rest[self.searched..].iter().position(|byte| *byte == b'\n').map(|end| self.searched + end);
            let length = end.unwrap_or(rest.len());
            let offset = self.offset();
            if self.cut {
                self.take(length + 1);
                if end.is_none() {
                    return Ok(None);
                }
                self.cut = false;
                continue;
            }
            if length > most {
                let error = WireError::new(offset, "a shorter line", rest);
                self.cut = true;
                return Err(error);
            }
            if end.is_none() {
                self.searched = length;
                return Ok(None);
            }
            let line = &self.take(length + 1)[..length];
            return Ok(Some((offset, line.strip_suffix(b"\r").unwrap_or(line))));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(pieces: &[&[u8]]) -> Vec<Result<(u64, Vec<u8>), WireError>> {
        let mut pending = Pending::default();
        let mut lines = Vec::new();
        for piece in pieces {
            pending.push(piece);
            while let Some(line) = pending.line(60).map(|line| line.map(|(at, line)| (at, line.to_vec()))).transpose() {
                lines.push(line);
            }
        }
        lines
    }

    #[test]
    fn a_line_that_is_too_long_is_said_once_and_passed_over() {
        let text = [b"a\r\n".as_slice(), &[b'x'; 200], b"\nb\n"].concat();
        let read = lines(&[&text]);
        assert_eq!(read.len(), 3);
        assert_eq!(read[0], Ok((0, b"a".to_vec())));
        assert_eq!(read[1].as_ref().map_err(|error| error.offset), Err(3));
        assert_eq!(read[2], Ok((204, b"b".to_vec())));
    }

    proptest! {
        #[test]
        fn cuts_change_nothing(
            words in prop::collection::vec(("[a-c\r]{0,100}", prop::sample::select(vec!["\n", "\r\n", ""])), 0..12),
            size in 1usize..30,
        ) {
            let text: String = words.iter().flat_map(|(word, end)| [word.as_str(), end]).collect();
            let pieces: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
            prop_assert_eq!(lines(&pieces), lines(&[text.as_bytes()]));
        }
    }
}
