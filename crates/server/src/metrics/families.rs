//! Every figure: its name, what it says, its labels and buckets.

use std::borrow::Cow;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::{Delivery, Reviewed, Source, Stage};

/// Defines an enum that is a label: all its words are known.
macro_rules! words {
    ($(#[doc = $about:literal])* $name:ident { $($(#[doc = $doc:literal])* $variant:ident = $word:literal,)* }) => {
        $(#[doc = $about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[doc = $doc])* $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word for it, in labels.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    };
}
pub(super) use words;

/// A label with a value that is known beforehand.
type Fixed<const N: usize> = [(&'static str, &'static str); N];
/// A label with a value that comes with the call.
type Free<const N: usize> = [(&'static str, Cow<'static, str>); N];
type Seconds = Counter<f64, AtomicU64>;
type Ratio = Gauge<f64, AtomicU64>;

/// Time on the wire and in our queues: decisions, waits, stages.
const SHORT: [f64; 13] = [0.0001, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0];
/// Time in a call. The specification's 0.1, 0.2, 0.5, 1, 2 and 5 are among them.
const MEDIA: [f64; 13] = [0.1, 0.2, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 10.0, 30.0];
/// Time of requests and deliveries.
const REQUEST: [f64; 11] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

fn short() -> Histogram {
    Histogram::new(SHORT)
}

fn media() -> Histogram {
    Histogram::new(MEDIA)
}

fn request() -> Histogram {
    Histogram::new(REQUEST)
}

type Histograms<L> = Family<L, Histogram, fn() -> Histogram>;

/// Every figure.
#[derive(Debug)]
pub(super) struct Families {
    pub(super) detections: Family<Free<2>, Counter>,
    pub(super) duration: Histograms<Free<1>>,
    accuracy: Family<Free<2>, Ratio>,
    false_positive: Family<Free<2>, Ratio>,
    false_negative: Family<Free<2>, Ratio>,
    pub(super) active_calls: Gauge,
    pub(super) capacity: Gauge,
    decisions: Vec<Histogram>,
    pub(super) wait: Histogram,
    pub(super) work: Seconds,
    pub(super) audio: Seconds,
    pub(super) lost_audio: Seconds,
    pub(super) chunks: Counter,
    pub(super) faults: Family<Fixed<1>, Counter>,
    pub(super) refused: Family<Fixed<1>, Counter>,
    pub(super) orders: Family<Fixed<2>, Counter>,
    pub(super) audio_failed: Family<Free<1>, Counter>,
    pub(super) switch_connected: Family<Free<1>, Gauge>,
    pub(super) switch_reconnects: Family<Free<1>, Counter>,
    pub(super) watched_calls: Gauge,
    stages: Vec<Histogram>,
    pub(super) stage_failures: Family<Fixed<1>, Counter>,
    pub(super) store_queue: Gauge,
    pub(super) store_lag: Ratio,
    pub(super) webhooks: Family<Fixed<1>, Counter>,
    pub(super) webhook_time: Histogram,
    pub(super) webhooks_dead: Gauge,
    pub(super) webhooks_pending: Gauge,
    pub(super) auth_failures: Family<Fixed<1>, Counter>,
    pub(super) rate_limited: Family<Fixed<1>, Counter>,
    requests: Family<Free<3>, Counter>,
    request_time: Histograms<Free<2>>,
    pub(super) connections: Gauge,
    pub(super) listeners: Gauge,
    pub(super) certificate: Gauge,
    pub(super) build: Family<Free<1>, Gauge>,
    pub(super) model: Family<Free<1>, Gauge>,
}

impl Families {
    /// Registers all. A counter's name gets `_total` when it is written.
    pub(super) fn register(registry: &mut Registry) -> Self {
        let mut figures = Names(registry);
        let decisions = figures.add(
            "offhook_decision_delay_seconds",
            "From the arrival of the audio that decided to the first final verdict, by how the audio came",
            Histograms::<Fixed<1>>::new_with_constructor(short),
        );
        let stages = figures.add(
            "offhook_stage_seconds",
            "Time that one stage of the work took, once",
            Histograms::<Fixed<1>>::new_with_constructor(short),
        );
        let families = Self {
            detections: figures.plain("voicemail_detection", "Calls judged, by what decided and who or what answered"),
            duration: figures.add(
                "voicemail_detection_duration_seconds",
                "Media time from the beginning of a call's audio to its first final verdict",
                Family::new_with_constructor(media),
            ),
            accuracy: figures.plain("voicemail_detection_accuracy", "Share of reviewed calls that were judged right"),
            false_positive: figures
                .plain("false_positive_rate", "Share of the people in reviewed calls that were called machines"),
            false_negative: figures
                .plain("false_negative_rate", "Share of the machines in reviewed calls that were called people"),
            active_calls: figures.plain("active_calls_total", "Calls that go on"),
            capacity: figures.plain("offhook_streams_allowed", "The most streams that are taken at once"),
            decisions: Source::ALL.iter().map(|s| decisions.get_or_create_owned(&[("source", s.word())])).collect(),
            wait: figures.add(
                "offhook_chunk_wait_seconds",
                "From the arrival of a chunk of audio until it was worked on",
                short(),
            ),
            work: figures.plain("offhook_work_seconds", "Processor time spent on audio by the detector"),
            audio: figures.plain("offhook_audio_seconds", "Audio worked on"),
            lost_audio: figures.plain("offhook_lost_audio_seconds", "Audio that was lost on the way to the service"),
            chunks: figures.plain("offhook_chunks", "Chunks of audio worked on"),
            faults: figures.plain("offhook_stream_faults", "Chunks and messages that were not as they should be"),
            refused: figures.plain("offhook_streams_refused", "Streams and calls that were not taken"),
            orders: figures.plain("offhook_switch_orders", "What switches were told to do with calls"),
            audio_failed: figures
                .plain("offhook_switch_audio_failed", "Watched calls whose audio did not come, or came no more"),
            switch_connected: figures
                .plain("offhook_switch_connected", "Whether the connection to a switch is there: 1 or 0"),
            switch_reconnects: figures.plain(
                "offhook_switch_reconnects",
                "How often a switch was connected again after its connection ended",
            ),
            watched_calls: figures.plain("offhook_switch_watched_calls", "Calls on switches that are watched"),
            stages: Stage::ALL.iter().map(|s| stages.get_or_create_owned(&[("stage", s.word())])).collect(),
            stage_failures: figures.plain("offhook_stage_failures", "Stages of the work that failed"),
            store_queue: figures.plain("offhook_store_queue_records", "Records that wait for the database"),
            store_lag: figures.plain("offhook_store_lag_seconds", "How long the oldest waiting record has waited"),
            webhooks: figures.plain("offhook_webhook_deliveries", "Tries to deliver a webhook, by what came of them"),
            webhook_time: figures.add("offhook_webhook_seconds", "Time that one try of a delivery took", request()),
            webhooks_dead: figures.plain("offhook_webhooks_dead", "Deliveries on the dead-letter list"),
            webhooks_pending: figures.plain("offhook_webhooks_pending", "Deliveries that wait"),
            auth_failures: figures.plain("offhook_auth_failures", "Callers that were turned away"),
            rate_limited: figures.plain("offhook_rate_limited", "Requests beyond a caller's limit"),
            requests: figures.plain("offhook_http_requests", "Requests answered"),
            request_time: figures.add(
                "offhook_http_request_seconds",
                "Time to the head of the answer",
                Family::new_with_constructor(request),
            ),
            connections: figures.plain("offhook_connections", "Open connections"),
            listeners: figures.plain("offhook_event_listeners", "Listeners to server-sent events"),
            certificate: figures.plain(
                "offhook_certificate_expiry_timestamp_seconds",
                "When the certificate ends, in seconds since 1970; 0 without TLS",
            ),
            build: figures.plain("offhook_build_info", "The version of the service"),
            model: figures.plain("offhook_model_info", "The model that decides"),
        };
        families.at_zero();
        families
    }

    /// Makes everything whose labels are known beforehand.
    fn at_zero(&self) {
        let all = |family: &Family<Fixed<1>, Counter>, label, values: &[&'static str]| {
            for value in values {
                family.get_or_create(&[(label, *value)]).inc_by(0);
            }
        };
        all(
            &self.faults,
            "reason",
            &["gap", "late", "duplicate", "slow_client", "bad_request", "bad_field", "unknown_call"],
        );
        all(&self.refused, "reason", &["busy", "stopping"]);
        all(&self.auth_failures, "reason", &["no_identity", "bad_identity", "forbidden"]);
        all(&self.rate_limited, "role", &["client", "admin"]);
        for outcome in Delivery::ALL {
            self.webhooks.get_or_create(&[("outcome", outcome.word())]).inc_by(0);
        }
        for stage in Stage::ALL {
            self.stage_failures.get_or_create(&[("stage", stage.word())]).inc_by(0);
        }
    }

    /// The delay of decisions on calls that came so.
    pub(super) fn decision(&self, source: Source) -> &Histogram {
        &self.decisions[Source::ALL.iter().position(|known| *known == source).unwrap_or_default()]
    }

    /// The time that a stage takes.
    pub(super) fn stage(&self, stage: Stage) -> &Histogram {
        &self.stages[stage as usize]
    }

    pub(super) fn request(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        let route = Cow::Owned(route.to_owned());
        let labels = [("method", Cow::Borrowed(method)), ("route", route)];
        self.request_time.get_or_create(&labels).observe(took.as_secs_f64());
        let [method, route] = labels;
        self.requests.get_or_create(&[method, route, ("status", status.to_string().into())]).inc();
    }

    /// Replaces all that is told of reviewed calls.
    pub(super) fn reviewed(&self, reviewed: &[Reviewed]) {
        for (family, label, value) in [
            (&self.accuracy, "dataset", (|judged| judged.accuracy) as fn(&Reviewed) -> Option<f64>),
            (&self.false_positive, "time_window", |judged| judged.false_positive),
            (&self.false_negative, "time_window", |judged| judged.false_negative),
        ] {
            family.clear();
            for judged in reviewed {
                if let Some(value) = value(judged) {
                    let method = judged.method.clone().into();
                    family.get_or_create(&[("method", method), (label, judged.window.into())]).set(value);
                }
            }
        }
    }
}

/// Registers one figure after the other.
struct Names<'a>(&'a mut Registry);

impl Names<'_> {
    fn add<M: prometheus_client::registry::Metric + Clone>(&mut self, name: &str, help: &str, metric: M) -> M {
        self.0.register(name, help, metric.clone());
        metric
    }

    fn plain<M: prometheus_client::registry::Metric + Clone + Default>(&mut self, name: &str, help: &str) -> M {
        self.add(name, help, M::default())
    }
}
