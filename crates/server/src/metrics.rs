//! The figures, as Prometheus reads them.

use std::time::Duration;

use crate::record::CallRecord;

/// The figures.
#[derive(Debug, Default)]
pub struct Metrics {}

impl Metrics {
    /// A call began.
    pub fn call_started(&self) {}

    /// A call is over.
    pub fn call_ended(&self, _record: &CallRecord) {}

    /// Audio that came was worked on for so long; `late` is how long it had waited before that.
    pub fn chunk(&self, _late: Duration, _work: Duration) {}

    /// A message of a stream was wrong, or a chunk was dropped; `why` is a word.
    pub fn dropped(&self, _why: &'static str) {}

    /// All figures in the text format of OpenMetrics.
    pub fn text(&self) -> String {
        todo!()
    }
}
