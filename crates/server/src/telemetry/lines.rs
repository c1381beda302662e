//! Writes each event as one line to every place that wants it.

use std::io::Write as _;

use jiff::Timestamp;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_appender::non_blocking::NonBlocking;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::line::{Fields, Line};
use super::syslog::Syslog;
use crate::config::LogFormat;

/// A place that lines go to. None of them ever makes the caller wait.
#[derive(Debug)]
pub(super) enum Sink {
    /// Standard error, or files.
    Writer(NonBlocking),
    /// A syslog server.
    Syslog(Syslog),
}

/// The layer that writes lines.
#[derive(Debug)]
pub(super) struct Lines {
    pub(super) service: String,
    pub(super) format: LogFormat,
    pub(super) sinks: Vec<Sink>,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Lines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().replace(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(outer) = span.extensions().get::<Fields>() {
                fields.inherit(outer);
            }
        }
        let metadata = event.metadata();
        let line = Line {
            at: Timestamp::now(),
            level: *metadata.level(),
            service: &self.service,
            target: metadata.target(),
            fields,
        };
        let mut text = match self.format {
            LogFormat::Json => line.json(),
            LogFormat::Text => line.text(),
        };
        for sink in &self.sinks {
            if let Sink::Syslog(syslog) = sink {
                syslog.send(&line, &text);
            }
        }
        text.push('\n');
        for sink in &self.sinks {
            if let Sink::Writer(writer) = sink {
                // What its queue cannot take is dropped and counted there.
                let _ = writer.clone().write_all(text.as_bytes());
            }
        }
    }
}
