//! Repeating a piece of work and telling how long it takes.

use std::time::{Duration, Instant};

use serde::Serialize;

/// How long one hop of 10 ms takes, over several repetitions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Timing {
    /// Nanoseconds a hop in the quickest repetition.
    pub(crate) best_ns_per_hop: f64,
    /// Nanoseconds a hop in the middle one.
    pub(crate) median_ns_per_hop: f64,
    /// How many repetitions.
    pub(crate) repetitions: usize,
}

/// How much faster than real time something is on one core.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct RealTime {
    /// In the middle repetition.
    pub(crate) median: f64,
    /// In the quickest: where other work on the machine disturbed it least.
    pub(crate) best: f64,
}

/// No fewer repetitions than this.
const LEAST: usize = 5;

/// Does `work`, which takes `hops` hops, again and again for about `budget`.
pub(crate) fn time(hops: usize, budget: Duration, mut work: impl FnMut()) -> Timing {
    work();
    let begun = Instant::now();
    let mut took = Vec::new();
    while took.len() < LEAST || begun.elapsed() < budget {
        let start = Instant::now();
        work();
        took.push(start.elapsed().as_secs_f64() * 1e9 / hops.max(1) as f64);
    }
    took.sort_by(f64::total_cmp);
    Timing { best_ns_per_hop: took[0], median_ns_per_hop: took[took.len() / 2], repetitions: took.len() }
}

impl Timing {
    /// How much faster than real time this is.
    pub(crate) fn times_real_time(&self) -> RealTime {
        RealTime { median: 10e6 / self.median_ns_per_hop, best: 10e6 / self.best_ns_per_hop }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_repeated_and_its_time_is_given_a_hop() {
        let mut runs = 0;
        let timing = time(10, Duration::ZERO, || {
            runs += 1;
            std::thread::sleep(Duration::from_millis(1));
        });
        assert_eq!((runs, timing.repetitions), (LEAST + 1, LEAST));
        assert!(timing.best_ns_per_hop >= 1e5 && timing.best_ns_per_hop <= timing.median_ns_per_hop);
        let real_time = Timing { best_ns_per_hop: 500.0, median_ns_per_hop: 1000.0, repetitions: 5 }.times_real_time();
        assert_eq!(real_time, RealTime { median: 10_000.0, best: 20_000.0 });
    }
}
