//! FastAGI: Asterisk connects for one step of its dialplan, says where it is, and does what it is told.
//!
//! First come lines `agi_name: value` up to an empty one. Then each command is a line, and so is each reply: a code, a
//! result and sometimes a value in parentheses. When the caller hangs up, the line `HANGUP` comes unasked. (Seen on
//! Asterisk 22; TCP port 4573.)

mod command;

use percent_encoding::percent_decode_str;

use crate::pending::Pending;
use crate::wire::WireError;

pub use command::{ArgumentError, Command};

/// The longest line that is read, in bytes.
const LONGEST_LINE: usize = 64 << 10;
/// The most lines of an environment or of one reply.
const MOST_LINES: usize = 512;
const ENVIRONMENT: &str = "agi_";

/// Where in the dialplan a call is, as Asterisk says it at the beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// The path of the URL the dialplan called, without the slash it begins with.
    pub path: String,
    /// The parameters of that URL, decoded, in order.
    pub parameters: Vec<(String, String)>,
    /// What the dialplan gave after the URL, in order.
    pub arguments: Vec<String>,
    variables: Vec<(String, String)>,
}

impl Environment {
    /// A variable by its name without `agi_`: `uniqueid`, `channel`, `callerid`, `context`, `extension` … What Asterisk
    /// calls `unknown` is as if it were not there.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.variables.iter().find(|(given, _)| given == name);
        found.map(|(_, value)| value.as_str()).filter(|value| *value != "unknown")
    }

    /// A parameter of the URL.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    fn take(&mut self, name: &str, value: &str) {
        if name == "network_script" {
            let (path, query) = value.split_once('?').unwrap_or((value, ""));
            self.path = decoded(path.trim_start_matches('/'));
            self.parameters = query
                .split('&')
                .filter(|part| !part.is_empty())
                .map(|part| part.split_once('=').unwrap_or((part, "")))
                .map(|(name, value)| (decoded(&name.replace('+', " ")), decoded(&value.replace('+', " "))))
                .collect();
        }
        if name.starts_with("arg_") {
            self.arguments.push(value.to_owned());
        } else {
            self.variables.push((name.to_owned(), value.to_owned()));
        }
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The answer to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// 200: done; 510: no such command; 511: the channel is gone; 520: wrong use.
    pub code: u16,
    /// What it says the result is: often a number, digits for some commands, and empty if there is none.
    pub result: String,
    /// What stood in parentheses.
    pub value: Option<String>,
    /// How far a file was played, in samples.
    pub endpos: Option<u64>,
    /// What an error says; of several lines, all of them.
    pub text: String,
}

impl Reply {
    /// The result, if it is a number.
    pub fn number(&self) -> Option<i64> {
        self.result.parse().ok()
    }

    /// Whether the command was done: code 200 and a result other than −1.
    pub fn is_success(&self) -> bool {
        self.code == 200 && self.number() != Some(-1)
    }

    fn read(line: &str) -> Option<Self> {
        let (code, text) = line.split_at_checked(3)?;
        let code = code.parse().ok().filter(|_| code.bytes().all(|byte| byte.is_ascii_digit()))?;
        let text = match text.strip_prefix(' ') {
            Some(text) => text,
            None if text.is_empty() => text,
            None => return None,
        };
        let mut reply = Self { code, result: String::new(), value: None, endpos: None, text: text.to_owned() };
        let Some(said) = text.strip_prefix("result=") else { return Some(reply) };
        let (result, more) = said.split_once(' ').unwrap_or((said, ""));
        reply.result = result.to_owned();
        reply.text.clear();
        let more = match more.strip_prefix('(').and_then(|more| more.rsplit_once(')')) {
            Some((value, more)) => {
                reply.value = Some(value.to_owned());
                more
            }
            None => more,
        };
        reply.endpos = more.trim().strip_prefix("endpos=").and_then(|samples| samples.parse().ok());
        Some(reply)
    }
}

/// What came from Asterisk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Where the call is: first, and once.
    Environment(Box<Environment>),
    /// The answer to the oldest command that has none.
    Reply(Reply),
    /// The channel is gone. Commands that need it fail from now on.
    HangUp,
}

/// Reads what Asterisk sends. Bytes that are no UTF-8 are replaced.
#[derive(Debug, Default)]
pub struct Decoder {
    pending: Pending,
    environment: Option<Box<Environment>>,
    started: bool,
    lines: usize,
    /// The lines of a reply that goes on.
    usage: Option<(u16, String)>,
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
    /// A line that is no variable, no reply or too long, or one too many. It is passed over, and the next call reads on.
    #[expect(
        clippy::should_implement_trait,
        reason = "what comes next may be an error, and more may come after nothing"
    )]
    pub fn next(&mut self) -> Result<Option<Message>, WireError> {
        while let Some((offset, line)) = self.pending.line(LONGEST_LINE)? {
            let text = String::from_utf8_lossy(line);
            if !self.started {
                if line.is_empty() {
                    self.started = true;
                    return Ok(Some(Message::Environment(self.environment.take().unwrap_or_default())));
                }
                self.lines += 1;
                let named = text.strip_prefix(ENVIRONMENT).and_then(|text| text.split_once(':'));
                let Some((name, value)) = named.filter(|_| self.lines <= MOST_LINES) else {
                    return Err(WireError::new(offset, "at most 512 lines, agi_name: value", line));
                };
                let value = value.strip_prefix(' ').unwrap_or(value);
                self.environment.get_or_insert_default().take(name, value);
                continue;
            }
            if let Some((code, mut usage)) = self.usage.take() {
                self.lines += 1;
                let last = text.split_at_checked(4).filter(|(head, _)| *head == format!("{code} ")).map(|(_, end)| end);
                if self.lines <= MOST_LINES && usage.len() + text.len() <= LONGEST_LINE {
                    usage.push('\n');
                    usage.push_str(last.unwrap_or(&text));
                }
                if last.is_some() {
                    let reply = Reply { code, result: String::new(), value: None, endpos: None, text: usage };
                    return Ok(Some(Message::Reply(reply)));
                }
                self.usage = Some((code, usage));
                continue;
            }
            if line.is_empty() {
                continue;
            }
            if line == b"HANGUP" {
                return Ok(Some(Message::HangUp));
            }
            match text.split_at_checked(4) {
                Some((head @ ("520-" | "511-" | "510-"), first)) => {
                    self.lines = 1;
                    self.usage = Some((head[..3].parse().unwrap_or(520), first.to_owned()));
                }
                _ => match Reply::read(&text) {
                    Some(reply) => return Ok(Some(Message::Reply(reply))),
                    None => return Err(WireError::new(offset, "a reply, such as 200 result=0", line)),
                },
            }
        }
        Ok(None)
    }
}
