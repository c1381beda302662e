//! AMI, the manager interface of Asterisk: packets of header lines over TCP (port 5038).
//!
//! The server says its name and version in one line, then sends responses and events: lines `Name: value`, each ended by
//! CRLF, with an empty line after the last. [`Action`] is what is asked of it, [`leg`] what an event says of a channel.
//! (Seen on Asterisk 22, manager 13.0.0.)

mod action;
mod leg;
mod requests;

use crate::pending::Pending;
use crate::wire::WireError;

pub use action::{Action, ActionError};
pub use leg::{Change, ChannelState, Leg, leg};
pub use requests::{Originate, Place};

/// The longest line that is read, in bytes.
const LONGEST_LINE: usize = 16 << 10;
/// The most a packet's lines may have together, in bytes; and the most lines.
const LARGEST_PACKET: (usize, usize) = (1 << 20, 20_000);

/// The headers of a packet, in order. A name can come more than once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// The first value of this name, in capitals or not.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// All values of this name, in order.
    pub fn all<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.iter().filter(move |(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What the manager interface sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet {
    /// Its first line, such as `Asterisk Call Manager/13.0.0`.
    Banner(String),
    /// The answer to an action.
    Response(Headers),
    /// What happened.
    Event(Headers),
}

impl Packet {
    /// Its headers; a banner has none.
    pub fn headers(&self) -> Option<&Headers> {
        match self {
            Self::Banner(_) => None,
            Self::Response(headers) | Self::Event(headers) => Some(headers),
        }
    }

    /// The action it belongs to.
    pub fn action_id(&self) -> Option<&str> {
        self.headers()?.get("ActionID")
    }

    /// Whether it answers an action, and that well: `Success`, or `Follows` before a command's output.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Response(headers)
            if matches!(headers.get("Response"), Some("Success" | "Follows" | "Goodbye" | "Pong")))
    }

    /// The lines that a command printed, without their ends.
    pub fn output(&self) -> impl Iterator<Item = &str> {
        self.headers().into_iter().flat_map(|headers| headers.all("Output"))
    }
}

/// Reads what the manager interface sends. Bytes that are no UTF-8 are replaced.
#[derive(Debug, Default)]
pub struct Decoder {
    pending: Pending,
    greeted: bool,
    headers: Headers,
    /// Where the packet began, and its bytes so far.
    began: u64,
    size: usize,
    /// The rest of a packet that is too large is passed over.
    refused: bool,
}

impl Decoder {
    /// A decoder of a connection's first byte.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes, however they are cut.
    pub fn push(&mut self, bytes: &[u8]) {
        self.pending.push(bytes);
    }

    /// What came next, if it came whole.
    ///
    /// # Errors
    /// A line that is no header or is too long, which is left out of its packet; or a packet that is too large or is
    /// neither a response nor an event, which is passed over. The next call reads on.
    #[expect(
        clippy::should_implement_trait,
        reason = "what comes next may be an error, and more may come after nothing"
    )]
    pub fn next(&mut self) -> Result<Option<Packet>, WireError> {
        while let Some((offset, line)) = self.pending.line(LONGEST_LINE)? {
            if !self.greeted {
                self.greeted = true;
                if line.starts_with(b"Asterisk Call Manager") {
                    return Ok(Some(Packet::Banner(String::from_utf8_lossy(line).into_owned())));
                }
            }
            if line.is_empty() {
                let refused = std::mem::take(&mut self.refused);
                let headers = std::mem::take(&mut self.headers);
                self.size = 0;
                match headers.0.first().map(|(name, _)| name.as_str()) {
                    _ if refused => continue,
                    None => continue,
                    Some("Response") => return Ok(Some(Packet::Response(headers))),
                    Some("Event") => return Ok(Some(Packet::Event(headers))),
                    Some(first) => {
                        return Err(WireError::new(
                            self.began,
                            "a packet that begins with Response or Event",
                            first.as_bytes(),
                        ));
                    }
                }
            }
            if self.refused {
                continue;
            }
            if self.headers.is_empty() {
                self.began = offset;
            }
            self.size += line.len();
            if self.size > LARGEST_PACKET.0 || self.headers.len() >= LARGEST_PACKET.1 {
                self.refused = true;
                self.headers = Headers::default();
                return Err(WireError::new(offset, "a smaller packet", line));
            }
            let text = String::from_utf8_lossy(line);
            let Some((name, value)) = text.split_once(':') else {
                return Err(WireError::new(offset, "a header, Name: value", line));
            };
            let value = value.strip_prefix(' ').unwrap_or(value);
            self.headers.0.push((name.to_owned(), value.to_owned()));
        }
        Ok(None)
    }
}
