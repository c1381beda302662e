//! How many calls, for how long, and what is expected of the service.

use std::time::Duration;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// The scenarios of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scenario {
    /// 10 calls for 5 minutes: p95 200 ms, 99 % succeed
    Baseline,
    /// 50 calls for 10 minutes: p95 300 ms, 98 % succeed
    Moderate,
    /// 200 calls for 30 minutes: p95 500 ms, 95 % succeed
    High,
    /// 500 calls for an hour: p95 1 s, 90 % succeed
    Stress,
}

/// What is expected of the service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Expected {
    /// The most that the 95th percentile of the decision delay may be, in milliseconds.
    pub(crate) p95_ms: f64,
    /// The least share of calls that succeed, 0 to 1.
    pub(crate) success: f64,
    /// The most chunks that may be lost, if it matters.
    pub(crate) dropped: Option<u64>,
}

/// How many calls, for how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LoadPlan {
    /// Calls at once.
    pub(crate) calls: u32,
    /// The whole time, the beginning with it.
    pub(crate) duration: Duration,
    /// How long it takes until all calls are there.
    pub(crate) ramp: Duration,
    /// What is expected.
    pub(crate) expected: Expected,
}

/// What a search asks for: 99 % of the calls succeed, and not a chunk is lost.
pub(crate) const SEARCHED: Expected = Expected { p95_ms: 200.0, success: 0.99, dropped: Some(0) };

impl Scenario {
    /// Calls, seconds, seconds of the beginning, milliseconds and share, as the specification has them.
    const fn figures(self) -> (u32, u64, u64, f64, f64) {
        match self {
            Self::Baseline => (10, 300, 30, 200.0, 0.99),
            Self::Moderate => (50, 600, 60, 300.0, 0.98),
            Self::High => (200, 1_800, 180, 500.0, 0.95),
            Self::Stress => (500, 3_600, 300, 1_000.0, 0.90),
        }
    }

    /// What the specification asks for.
    pub(crate) fn plan(self) -> LoadPlan {
        let (calls, duration, ramp, p95_ms, success) = self.figures();
        LoadPlan {
            calls,
            duration: Duration::from_secs(duration),
            ramp: Duration::from_secs(ramp),
            expected: Expected { p95_ms, success, dropped: None },
        }
    }
}

impl LoadPlan {
    /// The same with another duration; the beginning shrinks with it, so that at least half of the time is steady.
    pub(crate) fn lasting(self, duration: Duration) -> Self {
        Self { duration, ramp: self.ramp.min(duration / 2), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shorter_run_keeps_a_steady_half() {
        let plan = Scenario::Stress.plan().lasting(Duration::from_secs(60));
        assert_eq!((plan.calls, plan.duration.as_secs(), plan.ramp.as_secs()), (500, 60, 30));
        let plan = Scenario::Baseline.plan().lasting(Duration::from_secs(300));
        assert_eq!(plan, Scenario::Baseline.plan());
    }
}
