use std::io::{self, Read};

/// A source that was looked into: the bytes looked at come first, then the rest.
pub(crate) struct Source {
    head: Vec<u8>,
    at: usize,
    inner: Box<dyn Read + Send>,
    ended: bool,
    taken: u64,
}

impl Source {
    pub(crate) fn new(inner: impl Read + Send + 'static) -> Self {
        Self { head: Vec::new(), at: 0, inner: Box::new(inner), ended: false, taken: 0 }
    }

    /// The next bytes without taking them: `wanted` of them, or fewer if the source ends first.
    pub(crate) fn peek(&mut self, wanted: usize) -> io::Result<&[u8]> {
        while self.head.len() - self.at < wanted && !self.ended {
            let have = self.head.len();
            self.head.resize(self.at + wanted, 0);
            let read = read_retrying(&mut *self.inner, &mut self.head[have..]);
            self.head.truncate(have + *read.as_ref().unwrap_or(&0));
            self.ended = read? == 0;
        }
        let available = (self.head.len() - self.at).min(wanted);
        Ok(&self.head[self.at..self.at + available])
    }

    /// Fills `buffer` as far as the source reaches, and says how far.
    pub(crate) fn fill(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.read(&mut buffer[filled..])? {
                0 => break,
                read => filled += read,
            }
        }
        Ok(filled)
    }

    /// Drops `count` bytes, and says how many there were to drop.
    pub(crate) fn skip(&mut self, count: u64) -> io::Result<u64> {
        let mut left = count;
        let mut scratch = [0; 4096];
        while left > 0 {
            let step = left.min(scratch.len() as u64) as usize;
            match self.read(&mut scratch[..step])? {
                0 => break,
                read => left -= read as u64,
            }
        }
        Ok(count - left)
    }

    /// Bytes taken so far.
    pub(crate) fn taken(&self) -> u64 {
        self.taken
    }
}

impl Read for Source {
    /// One read of the source at most, so bytes are passed on as they arrive.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let looked_at = &self.head[self.at..];
        let read = if !looked_at.is_empty() {
            let count = looked_at.len().min(buffer.len());
            buffer[..count].copy_from_slice(&looked_at[..count]);
            self.at += count;
            count
        } else if self.ended {
            0
        } else {
            self.head = Vec::new();
            self.at = 0;
            read_retrying(&mut *self.inner, buffer)?
        };
        self.ended |= read == 0 && !buffer.is_empty();
        self.taken += read as u64;
        Ok(read)
    }
}

/// A read that was interrupted by a signal is tried again; a reader that claims more than it was given is an error.
fn read_retrying(inner: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match inner.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(read) if read > buffer.len() => {
                return Err(io::Error::other("the reader claims more than it was given"));
            }
            result => return result,
        }
    }
}
