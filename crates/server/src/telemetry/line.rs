//! One log line: its fields, and how they are written.

use std::fmt::{self, Write as _};

use jiff::Timestamp;
use serde_json::{Number, Value};
use tracing::Level;
use tracing::field::{Field, Visit};

use super::redact;

/// Fields in the order they were given, redacted.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields(Vec<(&'static str, Value)>);

impl Fields {
    fn set(&mut self, field: &Field, value: Value) {
        let name = field.name();
        // Words between libraries, not for readers.
        if name.starts_with("log.") || name.starts_with("otel.") {
            return;
        }
        let value = match value {
            _ if redact::is_personal(name) => redact::REDACTED.into(),
            Value::String(text) if !redact::is_name(name) => redact::masked(&text).into_owned().into(),
            value => value,
        };
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Adds those that are not there yet.
    pub(super) fn inherit(&mut self, outer: &Self) {
        for (name, value) in &outer.0 {
            if self.get(name).is_none() {
                self.0.push((name, value.clone()));
            }
        }
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, Number::from_f64(value).map_or(Value::Null, Value::Number));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value.into());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.set(field, crate::error::chain(value).into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field, format!("{value:?}").into());
    }
}

/// One line.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) at: Timestamp,
    pub(super) level: Level,
    pub(super) service: &'a str,
    pub(super) target: &'a str,
    pub(super) fields: Fields,
}

impl Line<'_> {
    /// One JSON object, all fields at its top level, without an end of line.
    pub(super) fn json(&self) -> String {
        let mut line = String::with_capacity(256);
        line.push('{');
        let mut put = |name: &str, value: &Value| {
            let comma = if line.len() > 1 { "," } else { "" };
            // Writing to a string does not fail.
            let _ = write!(line, "{comma}{}:{value}", Value::from(name));
        };
        put("timestamp", &self.timestamp().into());
        put("level", &self.level.as_str().to_ascii_lowercase().into());
        put("service", &self.service.into());
        put("target", &self.target.into());
        for (name, value) in &self.fields.0 {
            // A field must not pass for one of those above.
            match *name {
                "timestamp" | "level" | "service" | "target" => put(&format!("field_{name}"), value),
                name => put(name, value),
            }
        }
        line.push('}');
        line
    }

    /// For people: time, level, message, fields.
    pub(super) fn text(&self) -> String {
        let mut line = format!("{} {:5} ", self.timestamp(), self.level);
        if let Some(Value::String(message)) = self.fields.get("message") {
            line.push_str(&one_line(message));
        }
        for (name, value) in self.fields.0.iter().filter(|(name, _)| *name != "message") {
            let _ = match value {
                Value::String(text) if !text.is_empty() && !text.contains([' ', '"', '=', '\n', '\r']) => {
                    write!(line, " {name}={text}")
                }
                value => write!(line, " {name}={value}"),
            };
        }
        line
    }

    /// The kind of event, if it has a name.
    pub(super) fn event_type(&self) -> Option<&str> {
        self.fields.get("event_type").and_then(Value::as_str)
    }

    /// RFC 3339, to the millisecond.
    pub(super) fn timestamp(&self) -> String {
        format!("{:.3}", self.at)
    }
}

/// A message must not forge a line.
fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}
