//! The figures, as Prometheus reads them.
//!
//! What is counted for each chunk of audio is resolved once, so that it costs some ten nanoseconds. Everything with
//! labels that are known beforehand is there from the start, at zero: an alert on a figure that was never touched must
//! see 0, not nothing.

mod families;
mod http;
mod plain;
mod process;
mod review;

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use axum_server::Handle;
use jiff::Timestamp;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

pub use http::measured;
pub use process::{Usage, usage};
pub use review::follow_reviews;

use crate::record::{CallRecord, Source};
use families::{Families, words};

words! {
    /// A part of the work on a call that takes time of its own.
    Stage {
        /// A recording is decoded and brought to the detector's sample rate.
        Decode = "decode",
        /// The detector hears audio.
        Detect = "detect",
        /// The record is written down.
        Record = "record",
        /// The audio is encrypted and kept.
        Keep = "keep",
    }
}

words! {
    /// What came of one try to deliver a webhook.
    Delivery {
        /// The receiver took it.
        Delivered = "delivered",
        /// It failed and is tried again.
        Retried = "retried",
        /// It failed for the last time and is on the dead-letter list.
        Dead = "dead",
    }
}

/// How well calls were judged, by what people and systems said of them afterwards.
#[derive(Clone, Debug, PartialEq)]
pub struct Reviewed {
    /// Over which time: `24h`, `7d`.
    pub window: &'static str,
    /// What decided: `ai`, `hybrid`, `avmd`, `heuristic` or `classic`; `all` for all together.
    pub method: String,
    /// The share of calls that were judged right, 0 to 1.
    pub accuracy: Option<f64>,
    /// The share of the people who were called machines, 0 to 1.
    pub false_positive: Option<f64>,
    /// The share of the machines that were called people, 0 to 1.
    pub false_negative: Option<f64>,
}

/// Something that is counted for as long as this lives: a call, a connection, a listener.
#[derive(Debug)]
#[must_use = "it is counted as long as this lives"]
pub struct Counted(Gauge);

impl Counted {
    fn new(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// The figures.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    families: Families,
    server: OnceLock<Handle<SocketAddr>>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new("offhook", "")
    }
}

impl Metrics {
    /// Figures, all zero. `service` is the name of the service in labels, `model_version` the model that decides.
    pub fn new(service: &str, model_version: &str) -> Self {
        let mut registry = Registry::default();
        let families = Families::register(&mut registry);
        families.build.get_or_create(&[("version", env!("CARGO_PKG_VERSION").into())]).set(1);
        families.model.get_or_create(&[("version", model_version.to_owned().into())]).set(1);
        registry.register_collector(Box::new(process::Process::new(service, Instant::now())));
        Self { registry, families, server: OnceLock::new() }
    }

    /// A call began; it goes on for as long as what is returned lives.
    pub fn call_started(&self) -> Counted {
        Counted::new(&self.families.active_calls)
    }

    /// A call is over.
    pub fn call_ended(&self, record: &CallRecord) {
        let families = &self.families;
        let conclusion = &record.conclusion;
        let method = || conclusion.method.clone().into();
        families
            .detections
            .get_or_create(&[("method", method()), ("result", conclusion.answered_by.clone().into())])
            .inc();
        families.duration.get_or_create(&[("method", method())]).observe(milliseconds(conclusion.decided_ms));
        families.decision(record.info.source).observe(record.processing_ms.max(0.0) / 1_000.0);
        families.lost_audio.inc_by(milliseconds(record.lost_ms));
    }

    /// The length of `audio` came in one piece and was worked on for `work`; `late` is how long it had waited before
    /// that.
    pub fn chunk(&self, late: Duration, work: Duration, audio: Duration) {
        let families = &self.families;
        families.wait.observe(late.as_secs_f64());
        families.work.inc_by(work.as_secs_f64());
        families.audio.inc_by(audio.as_secs_f64());
        families.chunks.inc();
    }

    /// A chunk was not as it should be, or was dropped, or a message was wrong; `why` is a word: `gap`, `late`,
    /// `duplicate`, `slow_client`, `bad_field`, …
    pub fn dropped(&self, why: &'static str) {
        self.families.faults.get_or_create(&[("reason", why)]).inc();
    }

    /// A stream or call was not taken; `why` is a word: `busy`, `stopping`, …
    pub fn refused(&self, why: &'static str) {
        self.families.refused.get_or_create(&[("reason", why)]).inc();
    }

    /// A switch was told something; `order` is a word: `transfer`, `play`, …
    pub fn switch_order(&self, order: &'static str, done: bool) {
        let outcome = if done { "done" } else { "failed" };
        self.families.orders.get_or_create(&[("order", order), ("outcome", outcome)]).inc();
    }

    /// A watched call's audio did not come, or came no more.
    pub fn switch_audio_failed(&self, switch: &str) {
        self.families.audio_failed.get_or_create(&[("switch", switch.to_owned().into())]).inc();
    }

    /// Whether a switch is connected.
    pub fn switch_connected(&self, switch: &str, connected: bool) {
        let labels = [("switch", switch.to_owned().into())];
        self.families.switch_connected.get_or_create(&labels).set(connected.into());
        self.families.switch_reconnects.get_or_create(&labels).inc_by(0);
    }

    /// A switch was connected again.
    pub fn switch_reconnected(&self, switch: &str) {
        self.families.switch_reconnects.get_or_create(&[("switch", switch.to_owned().into())]).inc();
    }

    /// A call on a switch is watched for as long as what is returned lives.
    pub fn call_watched(&self) -> Counted {
        Counted::new(&self.families.watched_calls)
    }

    /// A stage took so long.
    pub fn stage(&self, stage: Stage, took: Duration) {
        self.families.stage(stage).observe(took.as_secs_f64());
    }

    /// A stage failed: a recording that cannot be decoded, a record or audio that could not be kept.
    pub fn stage_failed(&self, stage: Stage) {
        self.families.stage_failures.get_or_create(&[("stage", stage.word())]).inc();
    }

    /// So many records wait to be written to the database, the oldest for so long.
    pub fn store_queue(&self, records: u64, lag: Duration) {
        self.families.store_queue.set(records.try_into().unwrap_or(i64::MAX));
        self.families.store_lag.set(lag.as_secs_f64());
    }

    /// One try to deliver a webhook ended so, after so long.
    pub fn webhook(&self, outcome: Delivery, took: Duration) {
        self.families.webhooks.get_or_create(&[("outcome", outcome.word())]).inc();
        self.families.webhook_time.observe(took.as_secs_f64());
    }

    /// So many deliveries are on the dead-letter list, so many wait.
    pub fn webhook_queue(&self, dead: u64, pending: u64) {
        self.families.webhooks_dead.set(dead.try_into().unwrap_or(i64::MAX));
        self.families.webhooks_pending.set(pending.try_into().unwrap_or(i64::MAX));
    }

    /// A caller was turned away; `why` is a word: `no_identity`, `bad_identity`, `expired`, `forbidden`, …
    pub fn auth_failed(&self, why: &'static str) {
        self.families.auth_failures.get_or_create(&[("reason", why)]).inc();
    }

    /// A caller sent more requests than are allowed; `role` is `client` or `admin`.
    pub fn rate_limited(&self, role: &'static str) {
        self.families.rate_limited.get_or_create(&[("role", role)]).inc();
    }

    /// A request was answered; `route` is the template of its address, such as `/v1/calls/{id}`.
    pub fn request(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        self.families.request(method, route, status, took);
    }

    /// The connections of this server are counted.
    pub fn connections_of(&self, server: Handle<SocketAddr>) {
        // Set once, by the one server of the service.
        let _ = self.server.set(server);
    }

    /// A listener to server-sent events is there for as long as what is returned lives.
    pub fn listener(&self) -> Counted {
        Counted::new(&self.families.listeners)
    }

    /// The most streams that are taken at once.
    pub fn capacity(&self, streams: u32) {
        self.families.capacity.set(streams.into());
    }

    /// The certificate is valid until then.
    pub fn certificate(&self, until: Timestamp) {
        self.families.certificate.set(until.as_second());
    }

    /// How well calls were judged. Replaces all that was told before.
    pub fn reviewed(&self, reviewed: &[Reviewed]) {
        self.families.reviewed(reviewed);
    }

    /// All figures in the text format of Prometheus, version 0.0.4.
    pub fn text(&self) -> String {
        if let Some(server) = self.server.get() {
            self.families.connections.set(server.connection_count().try_into().unwrap_or(i64::MAX));
        }
        plain::text(&self.registry)
    }

    /// The type of what [`Self::text`] gives.
    pub const CONTENT_TYPE: &'static str = "text/plain; version=0.0.4; charset=utf-8";
}

fn milliseconds(count: i64) -> f64 {
    count.max(0) as f64 / 1_000.0
}
