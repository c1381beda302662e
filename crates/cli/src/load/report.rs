//! What a load measured, as JSON and as text.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use hdrhistogram::Histogram;
use offhook_server::metrics::Usage;
use serde::{Deserialize, Serialize};

use super::plan::Expected;
use super::pool::Packets;
use super::process::machine;
use super::run::Load;
use super::tally::Tally;
use crate::terminal::{Ink, Paint};

/// The most that the 95th percentile of the pacer's lateness may be, in milliseconds, for the figures to be the
/// service's and not the load's: the length of one usual packet.
const LATE_MS: f64 = 20.0;

/// Times, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Percentiles {
    pub(crate) count: u64,
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

impl Percentiles {
    fn of(times: &Histogram<u64>) -> Self {
        let at = |share: f64| times.value_at_quantile(share) as f64 / 1_000.0;
        Self { count: times.len(), p50: at(0.5), p95: at(0.95), p99: at(0.99), max: times.max() as f64 / 1_000.0 }
    }
}

/// What a process took in the steady part.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ProcessFigures {
    /// Processor cores that were busy with it.
    pub(crate) cores: f64,
    /// The same for each call, in percent of a core.
    pub(crate) cpu_percent_per_call: f64,
    /// Resident memory before the first call, in bytes.
    pub(crate) rss_before: Option<u64>,
    /// Resident memory, the mean, in bytes.
    pub(crate) rss: u64,
    /// The most that was seen, in bytes.
    pub(crate) rss_peak: u64,
    /// What each call added to it, in bytes.
    pub(crate) bytes_per_call: Option<f64>,
}

/// What was seen of the processes.
pub(crate) struct Measured {
    pub(crate) steady: Duration,
    /// Calls at once, the mean.
    pub(crate) live: f64,
    pub(crate) before: Option<Usage>,
    pub(crate) server: Option<(Usage, Usage)>,
    pub(crate) load: Option<(Usage, Usage)>,
    pub(crate) rss: f64,
    pub(crate) rss_peak: u64,
}

impl Measured {
    fn cores(&self, (from, to): (Usage, Usage)) -> f64 {
        to.cpu.saturating_sub(from.cpu).as_secs_f64() / self.steady.as_secs_f64().max(1e-3)
    }

    fn per_call(&self, whole: f64) -> f64 {
        whole / self.live.max(1.0)
    }

    fn server(&self) -> Option<ProcessFigures> {
        let cores = self.cores(self.server?);
        Some(ProcessFigures {
            cores,
            cpu_percent_per_call: self.per_call(cores) * 100.0,
            rss_before: self.before.map(|usage| usage.rss),
            rss: self.rss as u64,
            rss_peak: self.rss_peak,
            bytes_per_call: self.before.map(|before| self.per_call((self.rss - before.rss as f64).max(0.0))),
        })
    }

    fn load(&self) -> Option<ProcessFigures> {
        let (from, to) = self.load?;
        let cores = self.cores((from, to));
        Some(ProcessFigures {
            cores,
            cpu_percent_per_call: self.per_call(cores) * 100.0,
            rss_before: None,
            rss: to.rss,
            rss_peak: from.rss.max(to.rss),
            bytes_per_call: None,
        })
    }
}

/// What a load measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct LoadReport {
    /// Where the service was.
    pub(crate) url: String,
    /// Whether recordings were posted; else they were streamed.
    pub(crate) rest: bool,
    /// How audio was packed.
    pub(crate) packets: Packets,
    /// How long a packet was.
    pub(crate) packet_ms: u32,
    /// Calls that should be going on at once.
    pub(crate) calls: u32,
    /// Calls that were, the mean of the steady part.
    pub(crate) live: f64,
    /// The whole time, and that of the beginning and the steady part.
    pub(crate) duration_s: f64,
    pub(crate) ramp_s: f64,
    pub(crate) steady_s: f64,
    /// The mean length of the calls that were played.
    pub(crate) mean_call_s: f64,
    /// Calls that began, that succeeded, and the share.
    pub(crate) started: u64,
    pub(crate) succeeded: u64,
    pub(crate) success_rate: f64,
    /// Why the others did not.
    pub(crate) failures: BTreeMap<String, u64>,
    /// Who answered, by the first final result.
    pub(crate) answered_by: BTreeMap<String, u64>,
    /// Packets that were sent, and those of them that the service did not hear.
    pub(crate) chunks_sent: u64,
    pub(crate) dropped_chunks: u64,
    /// From when the last sample that the final result needed was sent to the result; when posting, the whole request.
    pub(crate) delay_ms: Percentiles,
    /// From the last sample of a call to its end, the record safe.
    pub(crate) close_ms: Percentiles,
    /// From connecting to where a stream may begin.
    pub(crate) open_ms: Percentiles,
    /// By how much packets were sent late: the fault of the load, not of the service.
    pub(crate) late_ms: Percentiles,
    /// The process of the service.
    pub(crate) server: Option<ProcessFigures>,
    /// The load itself.
    pub(crate) load: Option<ProcessFigures>,
    /// This machine.
    pub(crate) processors: usize,
    pub(crate) processor: String,
    /// What was expected, and what of it was missed, in words.
    pub(crate) expected: Expected,
    pub(crate) missed: Vec<String>,
}

impl LoadReport {
    /// Puts the figures together and judges them.
    pub(crate) fn new(load: &Load, tally: &Tally, measured: &Measured) -> Self {
        let (counts, plan, pool) = (tally.counts(), load.plan, &load.pool);
        let (processors, processor) = machine();
        let over = counts.succeeded + counts.failures.values().sum::<u64>();
        let mut report = Self {
            url: if load.rest { load.target.http.to_string() } else { load.target.stream.to_string() },
            rest: load.rest,
            packets: pool.packets,
            packet_ms: pool.packet_ms,
            calls: plan.calls,
            live: measured.live,
            duration_s: plan.duration.as_secs_f64(),
            ramp_s: plan.ramp.as_secs_f64(),
            steady_s: measured.steady.as_secs_f64(),
            mean_call_s: pool.mean().as_secs_f64(),
            started: counts.started,
            succeeded: counts.succeeded,
            success_rate: if over == 0 { 0.0 } else { counts.succeeded as f64 / over as f64 },
            failures: counts.failures,
            answered_by: counts.answered_by,
            chunks_sent: tally.chunks(),
            dropped_chunks: (counts.lost_ms / f64::from(pool.packet_ms)).round() as u64,
            delay_ms: Percentiles::of(&counts.delay),
            close_ms: Percentiles::of(&counts.close),
            open_ms: Percentiles::of(&counts.open),
            late_ms: Percentiles::of(&counts.lag),
            server: measured.server(),
            load: measured.load(),
            processors,
            processor,
            expected: plan.expected,
            missed: Vec::new(),
        };
        report.missed = report.judge();
        report
    }

    fn judge(&self) -> Vec<String> {
        let Expected { p95_ms, success, dropped } = self.expected;
        let mut missed = Vec::new();
        if self.delay_ms.count == 0 {
            missed.push("no call was decided in the steady part: let it last longer".to_owned());
        }
        if self.delay_ms.p95 > p95_ms {
            missed.push(format!("p95 of the delay is {:.1} ms, expected is {p95_ms:.0} ms", self.delay_ms.p95));
        }
        if self.success_rate < success {
            let (rate, expected) = (self.success_rate * 100.0, success * 100.0);
            missed.push(format!("{rate:.2} % of the calls succeeded, expected are {expected:.0} %"));
        }
        if dropped.is_some_and(|most| self.dropped_chunks > most) {
            missed.push(format!("{} chunks were lost", self.dropped_chunks));
        }
        if self.late_ms.p95 > LATE_MS {
            let late = self.late_ms.p95;
            missed.push(format!(
                "the load itself was late: p95 {late:.1} ms, at most {LATE_MS:.0} ms is sound; the figures are not the \
                 service's alone"
            ));
        }
        missed
    }
}

/// Writes the figures for people.
///
/// # Errors
/// The output fails.
pub(crate) fn write_text(out: &mut dyn Write, report: &LoadReport, paint: Paint) -> io::Result<()> {
    let LoadReport { calls, live, steady_s, url, .. } = report;
    let title = format!("{calls} calls at once against {url}");
    writeln!(out, "{}", paint.mark(Ink::Strong, title))?;
    writeln!(
        out,
        "{live:.0} live on average over {steady_s:.0} steady seconds, {} begun, {:.1} s each",
        report.started, report.mean_call_s
    )?;
    if cfg!(debug_assertions) {
        writeln!(out, "{}", paint.mark(Ink::Wrong, "a debug build of the load: build with --release"))?;
    }
    writeln!(out, "\n{:<26} {:>10} {:>10} {:>10} {:>10}", "milliseconds", "p50", "p95", "p99", "max")?;
    let delay = if report.rest { "request" } else { "decision, after its audio" };
    let rows = [
        (delay, report.delay_ms),
        ("end, after its audio", report.close_ms),
        ("connecting", report.open_ms),
        ("late sending", report.late_ms),
    ];
    for (name, times) in rows.into_iter().filter(|(_, times)| times.count > 0) {
        let Percentiles { p50, p95, p99, max, .. } = times;
        writeln!(out, "{name:<26} {p50:>10.2} {p95:>10.2} {p99:>10.2} {max:>10.2}")?;
    }
    writeln!(out, "\n{:.2} % succeeded: {} of {}", report.success_rate * 100.0, report.succeeded, report.started)?;
    for (reason, count) in &report.failures {
        writeln!(out, "  {}", paint.mark(Ink::Wrong, format!("{count} failed: {reason}")))?;
    }
    if !report.rest {
        writeln!(out, "{} chunks sent, {} lost", report.chunks_sent, report.dropped_chunks)?;
    }
    for (name, figures) in [("service", report.server), ("load", report.load)] {
        let Some(figures) = figures else {
            writeln!(out, "{name}: its process is not known: give --server-pid")?;
            continue;
        };
        let memory = figures.rss as f64 / (1 << 20) as f64;
        write!(
            out,
            "{name}: {:.2} cores, {:.3} % of a core a call, {memory:.0} MiB resident",
            figures.cores, figures.cpu_percent_per_call
        )?;
        match figures.bytes_per_call {
            Some(bytes) => writeln!(out, ", {:.1} KiB more a call", bytes / 1_024.0)?,
            None => writeln!(out)?,
        }
    }
    writeln!(out, "machine: {} × {}", report.processors, report.processor)?;
    if report.missed.is_empty() {
        writeln!(out, "{}", paint.mark(Ink::Person, "what was expected was met"))?;
    }
    for missed in &report.missed {
        writeln!(out, "{}", paint.mark(Ink::Wrong, format!("missed: {missed}")))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_process_took_is_divided_by_the_calls() {
        let usage = |ms, rss| Usage { cpu: Duration::from_millis(ms), rss };
        let measured = Measured {
            steady: Duration::from_secs(10),
            live: 100.0,
            before: Some(usage(0, 50_000_000)),
            server: Some((usage(1_000, 0), usage(6_000, 0))),
            load: None,
            rss: 60_000_000.0,
            rss_peak: 61_000_000,
        };
        let server = measured.server().unwrap();
        assert!((server.cores - 0.5).abs() < 1e-9);
        assert!((server.cpu_percent_per_call - 0.5).abs() < 1e-9);
        assert_eq!(server.bytes_per_call, Some(100_000.0));
    }
}
