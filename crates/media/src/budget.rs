use std::io::{self, Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use symphonia::core::io::MediaSource;

use crate::ebml::ElementWalk;
use crate::source::Source;

/// A cap on what a demuxer may read before it has to give a packet, so that a header that claims gigabytes cannot make
/// it collect them. Shared between the demuxer's source and whoever calls the demuxer.
#[derive(Clone)]
pub(crate) struct Budget(Arc<Counters>);

struct Counters {
    left: AtomicU64,
    taken: AtomicU64,
    allowed: u64,
    elements: Mutex<Option<ElementWalk>>,
}

impl Budget {
    /// `walk`: follow the bytes as WebM.
    pub(crate) fn new(allowed: u64, walk: bool) -> Self {
        let elements = Mutex::new(walk.then(ElementWalk::default));
        Self(Arc::new(Counters { left: AtomicU64::new(allowed), taken: AtomicU64::new(0), allowed, elements }))
    }

    /// Whether the bytes so far were followed and end between two elements.
    pub(crate) fn is_whole(&self) -> bool {
        let elements = self.0.elements.lock().unwrap_or_else(PoisonError::into_inner);
        elements.as_ref().is_some_and(ElementWalk::is_whole)
    }

    /// Starts anew, as a packet was given.
    pub(crate) fn renew(&self) {
        self.0.left.store(self.0.allowed, Ordering::Relaxed);
    }

    pub(crate) fn is_spent(&self) -> bool {
        self.0.left.load(Ordering::Relaxed) == 0
    }

    pub(crate) fn allowed(&self) -> u64 {
        self.0.allowed
    }

    /// Bytes read in all.
    pub(crate) fn taken(&self) -> u64 {
        self.0.taken.load(Ordering::Relaxed)
    }
}

/// A [`Source`] under a [`Budget`], in the form the demuxers take.
pub(crate) struct BudgetedSource {
    source: Mutex<Source>,
    budget: Budget,
}

impl BudgetedSource {
    pub(crate) fn new(source: Source, budget: Budget) -> Self {
        Self { source: Mutex::new(source), budget }
    }
}

impl Read for BudgetedSource {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let counters = &self.budget.0;
        let left = counters.left.load(Ordering::Relaxed);
        if left == 0 {
            return Err(io::Error::other("more bytes without audio than allowed"));
        }
        let room = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let source = self.source.get_mut().unwrap_or_else(PoisonError::into_inner);
        let read = source.read(&mut buffer[..room])?;
        counters.left.store(left - read as u64, Ordering::Relaxed);
        counters.taken.fetch_add(read as u64, Ordering::Relaxed);
        if let Some(elements) = counters.elements.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            elements.feed(&buffer[..read]);
        }
        Ok(read)
    }
}

impl Seek for BudgetedSource {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Err(io::Error::from(io::ErrorKind::NotSeekable))
    }
}

impl MediaSource for BudgetedSource {
    fn is_seekable(&self) -> bool {
        false
    }

    fn byte_len(&self) -> Option<u64> {
        None
    }
}
