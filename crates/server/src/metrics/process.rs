//! What the system says of a process: of this one, asked when the figures are read.

use std::fmt::{self, Display};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// Ticks in a second in `/proc/PID/stat`: `USER_HZ`, which Linux has fixed for programs.
const TICKS: u64 = 100;

/// The shortest time over which the share of a processor is worked out: several readers must not spoil it.
const SPAN: Duration = Duration::from_secs(1);

/// What a process has taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usage {
    /// Processor time since it began, in its own code and in the system's.
    pub cpu: Duration,
    /// Memory that is resident, in bytes.
    pub rss: u64,
}

/// What a process has taken so far: `self`, or the one of this number. `None` where there is none, or no `/proc`.
pub fn usage(process: impl Display) -> Option<Usage> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The second field is the program's name in brackets, which may itself hold spaces and brackets.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    let cpu = Duration::from_millis((ticks()? + ticks()?) * 1_000 / TICKS);
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let rss = line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1_024;
    Some(Usage { cpu, rss })
}

/// Reads `/proc/self`. Where there is none, only the time since the start is told.
#[derive(Debug)]
pub(super) struct Process {
    service: String,
    started: Instant,
    share: Mutex<Share>,
}

/// The processor time at the last reading, and the share of a processor until then.
#[derive(Debug)]
struct Share {
    at: Instant,
    cpu: f64,
    percent: f64,
}

impl Process {
    /// `service` is the name in the labels.
    pub(super) fn new(service: &str, started: Instant) -> Self {
        let cpu = usage("self").map_or(0.0, |usage| usage.cpu.as_secs_f64());
        let share = Share { at: started, cpu, percent: 0.0 };
        Self { service: service.to_owned(), started, share: Mutex::new(share) }
    }

    fn percent(&self, cpu: f64) -> f64 {
        let mut share = self.share.lock().unwrap_or_else(PoisonError::into_inner);
        let span = share.at.elapsed();
        if span >= SPAN {
            let percent = 100.0 * (cpu - share.cpu).max(0.0) / span.as_secs_f64();
            *share = Share { at: Instant::now(), cpu, percent };
        }
        share.percent
    }
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        let service = [("service", self.service.as_str())];
        let gauge = |encoder: &mut DescriptorEncoder, name: &str, help: &str, labelled: bool, value: f64| {
            let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            let value = ConstGauge::new(value);
            if labelled { value.encode(metric.encode_family(&service)?) } else { value.encode(metric) }
        };
        let uptime = self.started.elapsed().as_secs_f64();
        gauge(&mut encoder, "offhook_uptime_seconds", "Time since the service began.", false, uptime)?;
        let cuts = crate::telemetry::lost_lines();
        let metric = encoder.encode_descriptor(
            "offhook_log_lines_lost",
            "Log lines that could not be sent to syslog or a file.",
            None,
            MetricType::Counter,
        )?;
        ConstCounter::new(cuts).encode(metric)?;
        if let Some(Usage { cpu, rss }) = usage("self") {
            let (cpu, memory) = (cpu.as_secs_f64(), rss as f64);
            let about = "Share of one processor that the service used lately, in percent.";
            gauge(&mut encoder, "cpu_usage_percent", about, true, self.percent(cpu))?;
            let metric = encoder.encode_descriptor(
                "process_cpu_seconds",
                "Processor time that the service used.",
                None,
                MetricType::Counter,
            )?;
            ConstCounter::new(cpu).encode(metric)?;
            gauge(&mut encoder, "memory_usage_bytes", "Memory that the service occupies.", true, memory)?;
            gauge(&mut encoder, "process_resident_memory_bytes", "Resident memory.", false, memory)?;
        }
        if let Some(open) = open_files() {
            gauge(&mut encoder, "process_open_fds", "Open file descriptors.", false, open)?;
        }
        if let Some(most) = most_files() {
            gauge(&mut encoder, "process_max_fds", "The most open file descriptors.", false, most)?;
        }
        Ok(())
    }
}

/// Since Linux 6.2 the folder's size is the number of files; before that they have to be counted.
fn open_files() -> Option<f64> {
    const FOLDER: &str = "/proc/self/fd";
    match std::fs::metadata(FOLDER).ok()?.len() {
        0 => Some(std::fs::read_dir(FOLDER).ok()?.count() as f64),
        files => Some(files as f64),
    }
}

fn most_files() -> Option<f64> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let soft = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    soft.split_whitespace().next()?.parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_system_is_understood() {
        assert!(usage("self").unwrap().rss > 100_000);
        assert_eq!(usage(u32::MAX), None);
        assert!(most_files().unwrap() > 10.0);
        assert!(open_files().unwrap() >= 3.0);
        let cpu = || usage(std::process::id()).unwrap().cpu;
        let before = cpu();
        let mut sum = 0_u64;
        while cpu() - before < Duration::from_millis(50) {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
    }
}
