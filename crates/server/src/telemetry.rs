//! Logs and traces.
//!
//! Nothing here ever makes the service wait: lines and spans go through queues of bounded length, and what does not fit
//! is dropped and counted.

mod call;
mod line;
mod lines;
mod redact;
mod syslog;
mod traces;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Dispatch;
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_appender::rolling::{InitError, RollingFileAppender, Rotation};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, Registry};

pub use call::{call_span, continue_trace, detection_error, detection_event, stage_span};
pub use traces::TraceParent;

use crate::config::{LogConfig, ServerConfig, ServerConfigError};
use lines::{Lines, Sink};
use syslog::{Server, Syslog};

/// How long the last spans may take at the end.
const PATIENCE: Duration = Duration::from_secs(3);

/// Lines that syslog did not get.
static LOST: AtomicU64 = AtomicU64::new(0);
/// Lines that the queues before files and standard error did not take.
static QUEUES: Mutex<Vec<ErrorCounter>> = Mutex::new(Vec::new());

/// Why logs or traces cannot be sent where they should go.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// A setting.
    #[error(transparent)]
    Config(#[from] ServerConfigError),
    /// The folder for log files.
    #[error("cannot write log files to log.folder, {folder}")]
    Folder {
        /// The folder.
        folder: String,
        /// Why.
        #[source]
        source: InitError,
    },
    /// A thread.
    #[error("cannot start a thread for logs")]
    Thread(#[source] std::io::Error),
    /// The client for traces.
    #[error("cannot prepare to send traces")]
    Client(#[source] reqwest::Error),
    /// The exporter of traces.
    #[error("cannot prepare to send traces")]
    Exporter(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Traces need tokio.
    #[error("traces can be sent from within a runtime of tokio only")]
    NoRuntime,
    /// They are started already.
    #[error("logs and traces are started already in this process")]
    Started,
}

/// Logs and traces are written as long as this lives. What is queued is written when it is dropped; [`Self::stop`] does
/// that without holding up the runtime.
#[derive(Debug)]
#[must_use = "logs and traces are written as long as this lives"]
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
    syslog: Option<Syslog>,
    _queues: Vec<WorkerGuard>,
}

impl Telemetry {
    /// Writes what is queued and stops. Takes some seconds at most, whatever the other side does.
    pub async fn stop(self) {
        // The task fails where it panicked or the runtime stops: then there is nothing left to be done.
        let _ = tokio::task::spawn_blocking(move || drop(self)).await;
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Some(traces) = &self.traces {
            // A failure was told by the exporter.
            let _ = traces.shutdown_with_timeout(PATIENCE);
        }
        if let Some(syslog) = &self.syslog {
            syslog.flush();
        }
    }
}

/// Starts logs and traces, for the whole process. Where traces are sent, in a runtime of tokio.
///
/// # Errors
/// A setting cannot be used, or they are started already.
pub fn start(config: &ServerConfig) -> Result<Telemetry, TelemetryError> {
    let (dispatch, telemetry) = prepare(config)?;
    tracing::dispatcher::set_global_default(dispatch).map_err(|_| TelemetryError::Started)?;
    Ok(telemetry)
}

/// Checks the settings of logs and traces.
///
/// # Errors
/// Names the setting, what was given and what is allowed.
pub(crate) fn check(config: &ServerConfig) -> Result<(), ServerConfigError> {
    let ServerConfig { log, telemetry, .. } = config;
    filter(log)?;
    if log.files == 0 {
        return Err(ServerConfigError::new("log.files", "0", "at least 1"));
    }
    if let Some(server) = &log.syslog {
        Server::parse(server)?;
    }
    traces::check(telemetry)
}

fn filter(log: &LogConfig) -> Result<EnvFilter, ServerConfigError> {
    EnvFilter::builder().parse(&log.level).map_err(|error| {
        let allowed = format!("error, warn, info, debug or trace, or directives such as info,sqlx=warn ({error})");
        ServerConfigError::new("log.level", log.level.as_str(), allowed)
    })
}

/// Prepares logs and traces without starting them: for those who start several, each in a thread of its own.
///
/// # Errors
/// A setting cannot be used.
pub fn prepare(config: &ServerConfig) -> Result<(Dispatch, Telemetry), TelemetryError> {
    let ServerConfig { log, telemetry, .. } = config;
    check(config)?;
    let filter = filter(log)?;
    let mut queues = Vec::new();
    let mut sinks = Vec::new();
    if log.console {
        sinks.push(Sink::Writer(queued("log-console", std::io::stderr(), &mut queues)));
    }
    if log.folder.is_some() {
        sinks.push(Sink::Writer(queued("log-files", files(log, &telemetry.service)?, &mut queues)));
    }
    let syslog = match &log.syslog {
        Some(server) => Some(Syslog::start(Server::parse(server)?).map_err(TelemetryError::Thread)?),
        None => None,
    };
    sinks.extend(syslog.clone().map(Sink::Syslog));
    let traces = traces::provider(telemetry)?;
    let spans = traces.as_ref().map(|traces| {
        tracing_opentelemetry::layer()
            .with_tracer(traces.tracer("offhook"))
            .with_location(false)
            .with_threads(false)
            .with_level(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(|told| told.is_span() && told.target() == call::TARGET))
    });
    let lines = Lines { service: telemetry.service.clone(), format: log.format, sinks };
    let dispatch = Dispatch::new(Registry::default().with(spans).with(lines.with_filter(filter)));
    Ok((dispatch, Telemetry { traces, syslog, _queues: queues }))
}

fn queued<W: std::io::Write + Send + 'static>(thread: &str, to: W, guards: &mut Vec<WorkerGuard>) -> NonBlocking {
    let (queue, guard) = NonBlockingBuilder::default().lossy(true).thread_name(thread).finish(to);
    QUEUES.lock().unwrap_or_else(PoisonError::into_inner).push(queue.error_counter());
    guards.push(guard);
    queue
}

/// A file a day, named by the day (UTC).
fn files(log: &LogConfig, service: &str) -> Result<RollingFileAppender, TelemetryError> {
    let folder = log.folder.clone().unwrap_or_default();
    RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix(service)
        .filename_suffix("log")
        .max_log_files(log.files as usize)
        .build(&folder)
        .map_err(|source| TelemetryError::Folder { folder: folder.display().to_string(), source })
}

/// Counts lines that were lost.
fn lost(lines: u64) {
    LOST.fetch_add(lines, Ordering::Relaxed);
}

/// How many log lines could not be written since the process began.
pub(crate) fn lost_lines() -> u64 {
    let queues = QUEUES.lock().unwrap_or_else(PoisonError::into_inner);
    let dropped: usize = queues.iter().map(ErrorCounter::dropped_lines).sum();
    LOST.load(Ordering::Relaxed) + dropped as u64
}
