//! Bytes of an event socket to frames, however they are cut.

use super::event::{Event, decoded, split};
use super::frame::{ApiResponse, Disconnect, Frame, Reply};
use crate::wire::WireError;

/// The longest block of headers, in bytes. The one that answers `connect` holds all of a call's variables.
pub const LARGEST_HEADERS: usize = 256 * 1024;

/// The longest body, in bytes. The largest in use is the list of all channels, about 1 KiB each.
pub const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// Reads the bytes of one event socket.
#[derive(Debug, Default)]
pub struct EslDecoder {
    buffer: Vec<u8>,
    /// How much of the buffer was read already.
    read: usize,
    /// From where on the end of the next line is to be looked for.
    looked: usize,
    /// Where the line that is being looked at began.
    line: usize,
    /// A frame whose body is awaited.
    begun: Option<Begun>,
    /// Bytes that left the buffer.
    passed: u64,
    /// Why nothing more can be read.
    broken: Option<WireError>,
}

#[derive(Debug)]
struct Begun {
    headers: Vec<(String, Vec<u8>)>,
    content_type: String,
    body: usize,
}

impl Begun {
    fn get(&self, name: &str) -> Option<&[u8]> {
        find(&self.headers, name)
    }

    fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(|value| String::from_utf8_lossy(value).into_owned())
    }
}

fn find<'a>(headers: &'a [(String, Vec<u8>)], name: &str) -> Option<&'a [u8]> {
    headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_slice())
}

impl EslDecoder {
    /// A decoder of a fresh connection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes. After each push [`Self::next`] is to be called until it gives `None`: then no more is held
    /// than one unfinished frame.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.broken.is_some() {
            return;
        }
        if self.read > 0 && (self.read == self.buffer.len() || self.read >= 64 * 1024) {
            self.buffer.drain(..self.read);
            self.passed += self.read as u64;
            self.looked -= self.read;
            self.line -= self.read;
            self.read = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame; `None` while there is none.
    ///
    /// # Errors
    /// Headers or a body past the limits, a frame without a `Content-Type`, a length that is no number: nothing more can
    /// be read then, and every later call says the same. An event whose own text cannot be read, or that is in XML, is an
    /// error once; the next call goes on with the next frame.
    #[expect(clippy::should_implement_trait, reason = "a decoder is no iterator: None is not its end")]
    pub fn next(&mut self) -> Result<Option<Frame>, WireError> {
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        if self.begun.is_none() {
            match self.headers() {
                Ok(begun) => self.begun = begun,
                Err(error) => {
                    self.buffer = Vec::new();
                    self.broken = Some(error.clone());
                    return Err(error);
                }
            }
        }
        let Some(begun) = self.begun.take_if(|begun| self.buffer.len() - self.read >= begun.body) else {
            return Ok(None);
        };
        let from = self.read;
        self.read += begun.body;
        (self.looked, self.line) = (self.read, self.read);
        frame(&begun, &self.buffer[from..self.read])
            .map(Some)
            .map_err(|error| WireError { offset: error.offset + self.passed + from as u64, ..error })
    }

    /// Reads a whole block of headers, if there is one.
    fn headers(&mut self) -> Result<Option<Begun>, WireError> {
        while let Some(found) = self.buffer[self.looked..].iter().position(|byte| *byte == b'\n') {
            let end = self.looked + found;
            let line = &self.buffer[self.line..end];
            let blank = line.is_empty() || line == b"\r";
            let first = self.line == self.read;
            (self.looked, self.line) = (end + 1, end + 1);
            if end + 1 - self.read > LARGEST_HEADERS {
                break;
            }
            if blank && first {
                self.read = end + 1;
            } else if blank {
                let block = self.read..end;
                let at = self.passed + self.read as u64;
                self.read = end + 1;
                return begin(&self.buffer[block], at).map(Some);
            }
        }
        if self.line - self.read <= LARGEST_HEADERS {
            self.looked = self.buffer.len();
        }
        if self.looked - self.read > LARGEST_HEADERS {
            let got = &self.buffer[self.read..];
            return Err(WireError::new(self.passed + self.read as u64, "a shorter block of headers", got));
        }
        Ok(None)
    }
}

/// Takes a block of headers apart. `at` is where it stands.
fn begin(block: &[u8], at: u64) -> Result<Begun, WireError> {
    let mut headers = Vec::new();
    for line in block.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if let Some((name, value)) = split(line) {
            if headers.len() == super::MOST_HEADERS {
                return Err(WireError::new(at, "no more headers in one frame", line));
            }
            headers.push((name, value.to_vec()));
        }
    }
    let content_type = find(&headers, "Content-Type").map(|value| String::from_utf8_lossy(value).trim().to_owned());
    let Some(content_type) = content_type else {
        return Err(WireError::new(at, "headers with a Content-Type", block));
    };
    let body = match find(&headers, "Content-Length") {
        None => 0,
        Some(length) => std::str::from_utf8(length)
            .ok()
            .and_then(|length| length.trim().parse().ok())
            .filter(|length| *length <= LARGEST_BODY)
            .ok_or_else(|| WireError::new(at, "a Content-Length up to 16777216", length))?,
    };
    Ok(Begun { headers, content_type, body })
}

/// What a whole frame says. Offsets of errors count within the body.
fn frame(begun: &Begun, body: &[u8]) -> Result<Frame, WireError> {
    let text = || String::from_utf8_lossy(body).into_owned();
    Ok(match begun.content_type.as_str() {
        "auth/request" => Frame::AuthRequest,
        "command/reply" if begun.get("Event-Name").or(begun.get("Unique-ID")).is_some() => {
            let headers = begun.headers.iter().map(|(name, value)| (name.clone(), decoded(value))).collect();
            Frame::ChannelData(Event::new(headers, None))
        }
        "command/reply" => {
            let left_out =
                |name: &str| ["Content-Type", "Reply-Text"].iter().any(|other| name.eq_ignore_ascii_case(other));
            Frame::Reply(Reply {
                text: begun.text("Reply-Text").unwrap_or_default(),
                headers: begun
                    .headers
                    .iter()
                    .filter(|(name, _)| !left_out(name))
                    .map(|(name, value)| (name.clone(), String::from_utf8_lossy(value).into_owned()))
                    .collect(),
            })
        }
        "api/response" => Frame::ApiResponse(ApiResponse { body: text() }),
        "text/event-plain" => Frame::Event(Event::from_plain(body)?),
        "text/event-json" => Frame::Event(Event::from_json(body)?),
        "text/event-xml" => return Err(WireError::new(0, "events as plain or json, not as XML", body)),
        "text/disconnect-notice" => Frame::Disconnect(Disconnect {
            leg: begun.text("Controlled-Session-UUID"),
            lingers: begun.get("Content-Disposition").is_some_and(|value| value.eq_ignore_ascii_case(b"linger")),
            linger_s: begun.text("Linger-Time").and_then(|time| time.trim().parse().ok()),
            text: text(),
        }),
        "text/rude-rejection" => Frame::Rejected(text()),
        other => Frame::Other { content_type: other.to_owned(), length: body.len() },
    })
}
