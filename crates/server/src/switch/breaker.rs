//! Nodes that fail again and again are passed over for a while (circuit breaker).

use std::time::Duration;

/// So many failures in a row, and a node is passed over.
const FAILURES: u32 = 3;
/// For so long. Then one call tries it.
const REST: Duration = Duration::from_secs(20);

/// How a node does. Times are counted from any one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Breaker {
    failures: u32,
    /// Until when it is passed over. Once that is past, one call at a time tries it.
    until: Option<Duration>,
}

impl Breaker {
    /// Whether a call may be sent there now. Where it is tried again, others pass it over until it is known how that
    /// went, at most as long as before.
    pub(crate) fn admits(&mut self, now: Duration) -> bool {
        match self.until {
            Some(until) if now < until => false,
            Some(_) => {
                self.until = Some(now + REST);
                true
            }
            None => true,
        }
    }

    /// It took a call. That is not yet a success, but it may be tried again by others.
    pub(crate) fn took(&mut self) {
        if self.until.take().is_some() {
            self.failures = FAILURES - 1;
        }
    }

    /// It heard a call as it should.
    pub(crate) fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// It did not.
    pub(crate) fn failed(&mut self, now: Duration) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= FAILURES {
            self.until = Some(now + REST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_fails_is_passed_over_and_tried_by_one_call() {
        let mut node = Breaker::default();
        let second = Duration::from_secs(1);
        for n in 0..FAILURES {
            assert!(node.admits(second * n), "failure {n}");
            node.failed(second * n);
        }
        let open = second * (FAILURES - 1);
        assert!(!node.admits(open + second) && !node.admits(open + REST - second));
        assert!(node.admits(open + REST), "one tries");
        assert!(!node.admits(open + REST), "the others wait for it");
        node.failed(open + REST + second);
        assert!(!node.admits(open + REST + 2 * second));
        assert!(node.admits(open + REST * 2 + second));
        node.took();
        assert!(node.admits(open + REST * 2 + second), "it takes calls again");
        node.failed(open + REST * 2 + second);
        assert!(!node.admits(open + REST * 2 + second), "but one more failure is enough");
        node.succeeded();
        assert_eq!(node, Breaker::default());
    }

    #[test]
    fn failures_that_are_not_in_a_row_do_no_harm() {
        let mut node = Breaker::default();
        for _ in 0..10 {
            node.failed(Duration::ZERO);
            node.failed(Duration::ZERO);
            node.succeeded();
        }
        assert!(node.admits(Duration::ZERO));
    }
}
