//! What is counted while the load runs.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::{CreationError, Histogram};

use super::outcome::Outcome;

/// Microseconds, to three digits, up to ten minutes.
fn histogram() -> Result<Histogram<u64>, CreationError> {
    Histogram::new_with_bounds(1, 600_000_000, 3)
}

/// The counts behind the lock.
#[derive(Clone)]
pub(crate) struct Counts {
    /// Calls that began.
    pub(crate) started: u64,
    /// Calls that are over and got all that they should.
    pub(crate) succeeded: u64,
    /// The others, by reason.
    pub(crate) failures: BTreeMap<String, u64>,
    /// Who answered, by the first final result.
    pub(crate) answered_by: BTreeMap<String, u64>,
    /// Audio that the service did not hear, in milliseconds.
    pub(crate) lost_ms: f64,
    /// From the last sample that a final result needed to the result.
    pub(crate) delay: Histogram<u64>,
    /// From the stop to the end.
    pub(crate) close: Histogram<u64>,
    /// From the first packet of the connection to where a stream may begin.
    pub(crate) open: Histogram<u64>,
    /// By how much the pacer was late.
    pub(crate) lag: Histogram<u64>,
}

/// What is counted while the load runs. Times are counted in the steady part alone.
pub(crate) struct Tally {
    steady: std::ops::Range<Instant>,
    live: AtomicU32,
    chunks: AtomicU64,
    counts: Mutex<Counts>,
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1)
}

impl Tally {
    /// For a run that is steady in this time.
    ///
    /// # Errors
    /// None: the bounds are sound.
    pub(crate) fn new(steady: std::ops::Range<Instant>) -> Result<Self, CreationError> {
        let counts = Counts {
            started: 0,
            succeeded: 0,
            failures: BTreeMap::new(),
            answered_by: BTreeMap::new(),
            lost_ms: 0.0,
            delay: histogram()?,
            close: histogram()?,
            open: histogram()?,
            lag: histogram()?,
        };
        Ok(Self { steady, live: AtomicU32::new(0), chunks: AtomicU64::new(0), counts: Mutex::new(counts) })
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, now: Instant, time: Duration, which: impl FnOnce(&mut Counts) -> &mut Histogram<u64>) {
        if self.steady.contains(&now) {
            which(&mut self.lock()).saturating_record(micros(time));
        }
    }

    /// A call begins.
    pub(crate) fn began(&self) {
        self.live.fetch_add(1, Ordering::Relaxed);
        self.lock().started += 1;
    }

    /// A connection stands.
    pub(crate) fn opened(&self, after: Duration) {
        self.record(Instant::now(), after, |counts| &mut counts.open);
    }

    /// A final result came so long after the last sample it needed.
    pub(crate) fn decided(&self, now: Instant, after: Duration) {
        self.record(now, after, |counts| &mut counts.delay);
    }

    /// The end came so long after the last sample.
    pub(crate) fn closed(&self, now: Instant, after: Duration) {
        self.record(now, after, |counts| &mut counts.close);
    }

    /// So many chunks were sent, so late.
    pub(crate) fn paced(&self, chunks: u64, now: Instant, late: Duration) {
        self.chunks.fetch_add(chunks, Ordering::Relaxed);
        self.record(now, late, |counts| &mut counts.lag);
    }

    /// A call is over.
    pub(crate) fn over(&self, outcome: &Outcome) {
        self.live.fetch_sub(1, Ordering::Relaxed);
        let mut counts = self.lock();
        counts.lost_ms += outcome.lost_ms;
        if let Some(word) = &outcome.answered_by {
            *counts.answered_by.entry(word.clone()).or_default() += 1;
        }
        match outcome.failure() {
            None => counts.succeeded += 1,
            Some(reason) => *counts.failures.entry(reason).or_default() += 1,
        }
    }

    /// How many calls are going on.
    pub(crate) fn live(&self) -> u32 {
        self.live.load(Ordering::Relaxed)
    }

    /// How many chunks were sent.
    pub(crate) fn chunks(&self) -> u64 {
        self.chunks.load(Ordering::Relaxed)
    }

    /// The counts as they stand.
    pub(crate) fn counts(&self) -> Counts {
        self.lock().clone()
    }

    /// Calls that are over, the 95th percentile of the delay and of the lag in milliseconds.
    pub(crate) fn brief(&self) -> (u64, f64, f64) {
        let counts = self.lock();
        let p95 = |times: &Histogram<u64>| times.value_at_quantile(0.95) as f64 / 1_000.0;
        (counts.succeeded + counts.failures.values().sum::<u64>(), p95(&counts.delay), p95(&counts.lag))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_count_in_the_steady_part_alone() {
        let now = Instant::now();
        let steady = now + Duration::from_secs(1)..now + Duration::from_secs(2);
        let tally = Tally::new(steady.clone()).unwrap();
        tally.decided(now, Duration::from_millis(5));
        tally.decided(steady.start, Duration::from_millis(7));
        tally.decided(steady.end, Duration::from_millis(9));
        assert_eq!(tally.counts().delay.len(), 1);
        assert!((tally.brief().1 - 7.0).abs() < 0.1);
    }

    #[test]
    fn each_failure_is_counted_by_its_reason() {
        let now = Instant::now();
        let tally = Tally::new(now..now).unwrap();
        for error in ["refused", "refused", "closed"] {
            tally.began();
            tally.over(&Outcome { error: Some(error.into()), ..Outcome::default() });
        }
        let counts = tally.counts();
        assert_eq!((counts.started, counts.succeeded, tally.live()), (3, 0, 0));
        assert_eq!(counts.failures.get("refused"), Some(&2));
    }
}
