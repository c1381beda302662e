//! Looks for the largest number of streams that the service still serves well.

use anyhow::Result;
use indicatif::ProgressBar;
use serde::Serialize;

use super::report::LoadReport;
use super::run::{Load, run};

/// What a search found.
#[derive(Debug, Serialize)]
pub(crate) struct SearchReport {
    /// The largest number that met what is expected; `None` if none did.
    pub(crate) most: Option<u32>,
    /// Every number that was tried, in order.
    pub(crate) steps: Vec<LoadReport>,
}

/// Doubles the number of calls from that of the plan until what is expected is missed or `limit` is reached, then halves
/// the gap until it is within a tenth.
///
/// # Errors
/// Those of [`run`].
pub(crate) fn search(load: &Load, limit: u32, bar: &ProgressBar) -> Result<SearchReport> {
    let mut steps = Vec::new();
    let most = largest(load.plan.calls, limit, |calls| {
        let mut load = load.clone();
        load.plan.calls = calls;
        bar.set_prefix(format!("{calls} calls"));
        let report = run(&load, bar)?;
        let good = report.missed.is_empty();
        let (p95, rate) = (report.delay_ms.p95, report.success_rate * 100.0);
        let word = if good { "good" } else { "missed" };
        bar.println(format!("{calls:>6} calls: p95 {p95:.1} ms, {rate:.2} % succeeded: {word}"));
        steps.push(report);
        anyhow::Ok(good)
    })?;
    Ok(SearchReport { most, steps })
}

fn largest(first: u32, limit: u32, mut good: impl FnMut(u32) -> Result<bool>) -> Result<Option<u32>> {
    let (mut low, mut high) = (0, limit.saturating_add(1));
    let mut next = first.clamp(1, limit.max(1));
    while low < limit && high - low > (low / 10).max(1) {
        if good(next)? {
            low = next
        } else {
            high = next
        }
        next = if high > limit { next.saturating_mul(2).min(limit) } else { low.midpoint(high).max(1) };
        if next == low || next >= high {
            break;
        }
    }
    Ok((low > 0).then_some(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_is_found_within_a_tenth() {
        for bound in [1, 5, 99, 100, 101, 777, 1_999, 5_000] {
            let found = largest(100, 4_000, |calls| Ok(calls <= bound)).unwrap().unwrap();
            assert!(found <= bound && f64::from(bound.min(4_000)) <= f64::from(found) * 1.1 + 1.0, "{bound}: {found}");
        }
        assert_eq!(largest(100, 4_000, |_| Ok(false)).unwrap(), None);
        assert_eq!(largest(100, 4_000, |_| Ok(true)).unwrap(), Some(4_000));
    }
}
