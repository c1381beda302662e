//! An event of the switch: its headers in the order in which they came, and its body.

use std::fmt;

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::Value;

use crate::wire::WireError;

/// The most headers that an event may have. One of a call in progress has about 160.
pub const MOST_HEADERS: usize = 4_096;

/// What happened on the switch. Names repeat in some events; all are kept, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    headers: Vec<(String, String)>,
    body: Option<String>,
}

impl Event {
    /// An event of these headers, which are taken as they are.
    pub fn new(headers: Vec<(String, String)>, body: Option<String>) -> Self {
        Self { headers, body }
    }

    /// Reads an event as `text/event-plain` and `uuid_dump` have it: lines of `Name: value`, the values
    /// percent-encoded, a blank line, and a body as long as the header `Content-Length` says.
    ///
    /// # Errors
    /// More headers than [`MOST_HEADERS`], or a body shorter than its length. The offset counts within `bytes`.
    pub fn from_plain(bytes: &[u8]) -> Result<Self, WireError> {
        let mut event = Self::default();
        let mut at = 0;
        while at < bytes.len() {
            let end = bytes[at..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |found| at + found);
            let line = bytes[at..end].strip_suffix(b"\r").unwrap_or(&bytes[at..end]);
            let begun = at;
            at = (end + 1).min(bytes.len());
            if line.is_empty() {
                if event.headers.is_empty() {
                    continue;
                }
                break;
            }
            if let Some((name, value)) = split(line) {
                if event.headers.len() == MOST_HEADERS {
                    return Err(WireError::new(begun as u64, "no more headers in one event", line));
                }
                event.headers.push((name, decoded(value)));
            }
        }
        if let Some(length) = event.get("Content-Length") {
            let rest = &bytes[at..];
            let body = length.trim().parse().ok().and_then(|length: usize| rest.get(..length));
            let Some(body) = body else {
                return Err(WireError::new(at as u64, "an event's body as long as its Content-Length", rest));
            };
            event.body = Some(String::from_utf8_lossy(body).into_owned());
        }
        Ok(event)
    }

    /// Reads an event as `text/event-json` and `uuid_dump … json` have it: one object of texts, the body under `_body`.
    /// A list, as the switch has it for a variable with several values, is read as `ARRAY::a|:b`, which is what the
    /// plain form says.
    ///
    /// # Errors
    /// No such object, or more headers than [`MOST_HEADERS`]. The offset counts within `bytes`.
    pub fn from_json(bytes: &[u8]) -> Result<Self, WireError> {
        let text = String::from_utf8_lossy(bytes);
        let Pairs(pairs) = serde_json::from_str(&text).map_err(|error| {
            let line = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
            let at = (line + error.column().saturating_sub(1)).min(bytes.len());
            WireError::new(at as u64, "an event as one JSON object", &bytes[at..])
        })?;
        let mut event = Self::default();
        for (name, value) in pairs {
            let value = text_of(value);
            if name == "_body" {
                event.body = Some(value);
            } else {
                event.headers.push((name, value));
            }
        }
        Ok(event)
    }

    /// All headers, in order.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The first header of this name. The switch does not tell upper from lower case in names.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// All headers of this name, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// `Event-Name`, such as `CHANNEL_ANSWER`; empty if it has none.
    pub fn name(&self) -> &str {
        self.get("Event-Name").unwrap_or_default()
    }

    /// `Event-Subclass` of a `CUSTOM` event, such as `avmd::beep`.
    pub fn subclass(&self) -> Option<&str> {
        self.get("Event-Subclass")
    }

    /// `Unique-ID`: the call leg it is about.
    pub fn unique_id(&self) -> Option<&str> {
        self.get("Unique-ID").filter(|id| !id.is_empty())
    }

    /// `Event-Sequence`: the number the switch gave it.
    pub fn sequence(&self) -> Option<u64> {
        self.get("Event-Sequence")?.parse().ok()
    }

    /// `Job-UUID` of a `BACKGROUND_JOB`: which background command it answers.
    pub fn job(&self) -> Option<&str> {
        self.get("Job-UUID")
    }

    /// The channel variable of this name: the header `variable_<name>`.
    pub fn variable(&self, name: &str) -> Option<&str> {
        const PREFIX: &str = "variable_";
        self.headers
            .iter()
            .find(|(own, _)| {
                own.split_at_checked(PREFIX.len()).is_some_and(|(prefix, rest)| {
                    prefix.eq_ignore_ascii_case(PREFIX) && rest.eq_ignore_ascii_case(name)
                })
            })
            .map(|(_, value)| value.as_str())
    }

    /// A time, in microseconds since 1970, as `Caller-Channel-Answered-Time` has it; `None` where the switch says 0.
    pub fn time(&self, name: &str) -> Option<u64> {
        self.get(name)?.parse().ok().filter(|time| *time > 0)
    }

    /// Its body: the result of a `BACKGROUND_JOB`, the text of `mod_audio_stream::json`.
    pub fn body(&self) -> Option<&str> {
        self.body.as_deref()
    }
}

/// Parts `Name: value`; a line without a colon says nothing.
pub(super) fn split(line: &[u8]) -> Option<(String, &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let value = &line[colon + 1..];
    Some((String::from_utf8_lossy(&line[..colon]).trim().to_owned(), value.strip_prefix(b" ").unwrap_or(value)))
}

/// Undoes the switch's percent-encoding. What is no `%XX` stays. The switch writes `_undef_` for an empty value.
pub(super) fn decoded(value: &[u8]) -> String {
    if value == b"_undef_" {
        return String::new();
    }
    let hex = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let mut bytes = Vec::with_capacity(value.len());
    let mut at = 0;
    while at < value.len() {
        match (value[at], hex(value.get(at + 1)), hex(value.get(at + 2))) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, ..) => {
                bytes.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn text_of(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Null => String::new(),
        Value::Array(values) => {
            let values: Vec<_> = values.into_iter().map(text_of).collect();
            format!("ARRAY::{}", values.join("|:"))
        }
        other => other.to_string(),
    }
}

/// A JSON object's members in order, repeated names included.
struct Pairs(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    if pairs.len() == MOST_HEADERS {
                        return Err(serde::de::Error::custom("too many headers"));
                    }
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Members)
    }
}
