//! How records fare on their way from the journal into the database.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

/// Counts since the start, and the last failure.
#[derive(Debug)]
pub(super) struct Progress {
    /// Entries this process wrote to its journal.
    appended: AtomicU64,
    /// Entries of dead processes that were taken over.
    taken_over: AtomicU64,
    /// Entries, of either, that are done with.
    done: AtomicU64,
    /// Entries this process wrote that are done with.
    own_done: watch::Sender<u64>,
    /// When the oldest entry that is not done with was written, in microseconds; 0 for none.
    oldest: AtomicI64,
    /// Records this process was given.
    recorded: AtomicU64,
    /// Entries the database would never take.
    refused: AtomicU64,
    failing: Mutex<Option<String>>,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            appended: AtomicU64::default(),
            taken_over: AtomicU64::default(),
            done: AtomicU64::default(),
            own_done: watch::Sender::new(0),
            oldest: AtomicI64::default(),
            recorded: AtomicU64::default(),
            refused: AtomicU64::default(),
            failing: Mutex::default(),
        }
    }
}

impl Progress {
    pub(super) fn appended(&self, count: u64) {
        if self.waiting() == 0 {
            self.oldest.store(Timestamp::now().as_microsecond(), Ordering::Relaxed);
        }
        self.appended.fetch_add(count, Ordering::SeqCst);
    }

    pub(super) fn took_over(&self, count: u64) {
        self.taken_over.fetch_add(count, Ordering::SeqCst);
    }

    pub(super) fn recorded(&self) {
        self.recorded.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// The writer turns to entries of which the oldest was written then.
    pub(super) fn turned_to(&self, written: i64) {
        self.oldest.store(written, Ordering::Relaxed);
    }

    /// The writer is done with so many entries; `own` if this process wrote them.
    pub(super) fn done(&self, count: u64, own: bool) {
        self.done.fetch_add(count, Ordering::SeqCst);
        if own {
            self.own_done.send_modify(|done| *done += count);
        }
    }

    pub(super) fn fails(&self, why: Option<String>) {
        *self.failing.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }

    /// Waits until everything is done with that this process wrote before; `false` if that takes too long.
    pub(super) async fn settled(&self, within: Duration) -> bool {
        let appended = self.appended.load(Ordering::SeqCst);
        let mut done = self.own_done.subscribe();
        matches!(tokio::time::timeout(within, done.wait_for(|done| *done >= appended)).await, Ok(Ok(_)))
    }

    pub(super) fn waiting(&self) -> u64 {
        let done = self.done.load(Ordering::SeqCst);
        (self.appended.load(Ordering::SeqCst) + self.taken_over.load(Ordering::SeqCst)).saturating_sub(done)
    }

    pub(super) fn lag(&self) -> Duration {
        if self.waiting() == 0 {
            return Duration::ZERO;
        }
        let age = Timestamp::now().as_microsecond() - self.oldest.load(Ordering::Relaxed);
        Duration::from_micros(age.try_into().unwrap_or(0))
    }

    pub(super) fn counts(&self) -> (u64, u64) {
        (self.recorded.load(Ordering::Relaxed), self.refused.load(Ordering::Relaxed))
    }

    pub(super) fn failing(&self) -> Option<String> {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
