//! Sends traces to an OpenTelemetry collector: OTLP over HTTP.
//!
//! Spans wait in a queue of bounded length for one thread that sends them in batches. A collector that is down costs
//! the spans, and one line in the log.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::http::HeaderMap;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider, SpanData, SpanExporter as Export,
};
use tokio::runtime::Handle;
use tokio_util::context::TokioContext;

use super::TelemetryError;
use crate::config::{ServerConfigError, TelemetryConfig};

/// How long a collector may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The trace that a request belongs to, by its header `traceparent` (W3C Trace Context).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceParent {
    trace: [u8; 16],
    span: [u8; 8],
    flags: u8,
}

impl TraceParent {
    /// Reads the header; `None` where there is none, or it is not as the standard says.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get("traceparent")?.to_str().ok()?;
        let mut parts = text.split('-');
        let [version, trace, span, flags] = [parts.next()?, parts.next()?, parts.next()?, parts.next()?];
        let lower = |part: &str, length| {
            part.len() == length && part.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
        };
        let sound = lower(version, 2) && version != "ff" && lower(trace, 32) && lower(span, 16) && lower(flags, 2);
        if !sound || (version == "00" && parts.next().is_some()) {
            return None;
        }
        let parent = Self {
            trace: u128::from_str_radix(trace, 16).ok()?.to_be_bytes(),
            span: u64::from_str_radix(span, 16).ok()?.to_be_bytes(),
            flags: u8::from_str_radix(flags, 16).ok()?,
        };
        parent.context().is_valid().then_some(parent)
    }

    fn context(self) -> SpanContext {
        SpanContext::new(
            TraceId::from_bytes(self.trace),
            SpanId::from_bytes(self.span),
            TraceFlags::new(self.flags) & TraceFlags::SAMPLED,
            true,
            TraceState::default(),
        )
    }

    pub(super) fn remote(self) -> opentelemetry::Context {
        opentelemetry::Context::new().with_remote_span_context(self.context())
    }
}

/// Checks what belongs to traces.
///
/// # Errors
/// Names the setting, what was given and what is allowed.
pub(super) fn check(config: &TelemetryConfig) -> Result<(), ServerConfigError> {
    let web = |address: &str| reqwest::Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if let Some(collector) = config.otlp.as_deref().filter(|collector| !web(collector)) {
        return Err(ServerConfigError::new("telemetry.otlp", collector, "an address such as http://localhost:4318"));
    }
    if config.sample > 100 {
        return Err(ServerConfigError::new("telemetry.sample", config.sample.to_string(), "0 to 100"));
    }
    Ok(())
}

/// Prepares the sending of spans, in a runtime of tokio; `None` where no collector is named.
pub(super) fn provider(config: &TelemetryConfig) -> Result<Option<SdkTracerProvider>, TelemetryError> {
    let Some(collector) = &config.otlp else { return Ok(None) };
    let runtime = Handle::try_current().map_err(|_| TelemetryError::NoRuntime)?;
    crate::tls::install_provider();
    let client = reqwest::Client::builder().timeout(PATIENCE).build().map_err(TelemetryError::Client)?;
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(PATIENCE)
        .with_endpoint(format!("{}/v1/traces", collector.trim_end_matches('/')))
        .build()
        .map_err(|error| TelemetryError::Exporter(Box::new(error)))?;
    let queue = BatchConfigBuilder::default()
        .with_max_queue_size(16_384)
        .with_max_export_batch_size(2_048)
        .with_scheduled_delay(Duration::from_secs(2))
        .build();
    let exporter = OnRuntime { exporter, runtime, down: Arc::default() };
    let share = Sampler::TraceIdRatioBased(f64::from(config.sample) / 100.0);
    let provider = SdkTracerProvider::builder()
        .with_span_processor(BatchSpanProcessor::builder(exporter).with_batch_config(queue).build())
        .with_sampler(Sampler::ParentBased(Box::new(share)))
        .with_resource(Resource::builder().with_service_name(config.service.clone()).build())
        .build();
    Ok(Some(provider))
}

/// Sends on tokio's runtime, though the thread that asks for it is none of its own. Says when the collector goes and
/// comes, once each.
struct OnRuntime {
    exporter: SpanExporter,
    runtime: Handle,
    down: Arc<AtomicBool>,
}

impl fmt::Debug for OnRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnRuntime").field("exporter", &self.exporter).finish_non_exhaustive()
    }
}

impl Export for OnRuntime {
    fn export(&self, batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        let down = Arc::clone(&self.down);
        let sent = TokioContext::new(self.exporter.export(batch), self.runtime.clone());
        async move {
            let result = sent.await;
            match (&result, down.swap(result.is_err(), Ordering::Relaxed)) {
                (Err(error), false) => tracing::warn!(error = %error, "traces cannot be sent; they are lost"),
                (Ok(()), true) => tracing::info!("traces can be sent again"),
                _ => {}
            }
            result
        }
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<TraceParent> {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", text.parse().unwrap());
        TraceParent::of(&headers)
    }

    #[test]
    fn the_header_is_read_as_the_standard_says() {
        let parent = read("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").unwrap();
        assert_eq!(parent.context().trace_id().to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(parent.context().span_id().to_string(), "b7ad6b7169203331");
        assert!(parent.context().is_sampled());
        assert!(read("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00-more").is_some());
        for bad in [
            "",
            "00",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
