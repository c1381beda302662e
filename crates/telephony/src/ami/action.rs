//! What is asked of the manager interface.

use std::fmt;

/// The longest line that Asterisk reads, its end included, in bytes.
const LONGEST_LINE: usize = 1_024;
/// The most headers that Asterisk reads in an action.
const MOST_HEADERS: usize = 128;

/// An action that cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: given {given:?}, allowed is {allowed}")]
pub struct ActionError {
    /// The header, or the variable.
    pub field: String,
    /// What was given, shortened. Never a password.
    pub given: String,
    /// What is allowed.
    pub allowed: &'static str,
}

impl ActionError {
    pub(super) fn new(field: &str, given: &str, allowed: &'static str) -> Self {
        let given = if secret(field) { "…".to_owned() } else { given.chars().take(40).collect() };
        Self { field: field.chars().take(40).collect(), given, allowed }
    }
}

fn secret(field: &str) -> bool {
    matches!(field, "Secret" | "Key")
}

/// An action with its headers, in order. No value can end its line or begin another header.
#[derive(Clone, PartialEq, Eq)]
pub struct Action {
    name: &'static str,
    headers: Vec<(String, String)>,
}

impl fmt::Debug for Action {
    /// The names alone: values may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple(self.name).field(&self.headers.iter().map(|(name, _)| name).collect::<Vec<_>>()).finish()
    }
}

impl Action {
    /// An action of this name without headers.
    pub const fn new(name: &'static str) -> Self {
        Self { name, headers: Vec::new() }
    }

    /// Its name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Adds a header.
    ///
    /// # Errors
    /// The name is no word of letters, digits, `-` and `_`; or the value holds a line end or NUL, or is too long for
    /// Asterisk to read.
    pub fn with(mut self, name: &str, value: &str) -> Result<Self, ActionError> {
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
            return Err(ActionError::new("header", name, "a word of letters, digits, - and _"));
        }
        if value.contains(['\r', '\n', '\0']) {
            return Err(ActionError::new(name, value, "a text without line ends and NUL"));
        }
        if name.len() + value.len() + ": \r\n".len() > LONGEST_LINE {
            return Err(ActionError::new(name, value, "a line of at most 1024 bytes with its name and end"));
        }
        // Two are left for the action and its number.
        if self.headers.len() + 2 >= MOST_HEADERS {
            return Err(ActionError::new(name, value, "at most 126 headers"));
        }
        self.headers.push((name.to_owned(), value.to_owned()));
        Ok(self)
    }

    /// Adds a header if there is a value.
    ///
    /// # Errors
    /// As [`Self::with`].
    pub fn with_some(self, name: &str, value: Option<&str>) -> Result<Self, ActionError> {
        match value {
            Some(value) => self.with(name, value),
            None => Ok(self),
        }
    }

    /// Adds the name of a channel, or its `Uniqueid`.
    ///
    /// # Errors
    /// It is empty; it begins with `/`, for Asterisk takes that for a pattern that may mean every channel; or as
    /// [`Self::with`].
    pub fn with_channel(self, name: &str, channel: &str) -> Result<Self, ActionError> {
        if channel.is_empty() || channel.starts_with('/') {
            return Err(ActionError::new(name, channel, "the name of one channel"));
        }
        self.with(name, channel)
    }

    /// Adds a channel variable that a new channel gets. A header may name several with commas between them, so
    /// commas, quotes and backslashes of the value are escaped.
    ///
    /// # Errors
    /// The name is no name of a variable or function, or as [`Self::with`].
    pub fn with_variable(self, name: &str, value: &str) -> Result<Self, ActionError> {
        variable_name(name)?;
        let mut text = format!("{name}=");
        for letter in value.chars() {
            if matches!(letter, ',' | '"' | '\\') {
                text.push('\\');
            }
            text.push(letter);
        }
        self.with("Variable", &text)
    }

    /// The bytes to send. The answer, and for some actions events after it, carry the same `id`.
    ///
    /// # Errors
    /// The id is empty, or as [`Self::with`].
    pub fn encode(&self, id: &str) -> Result<Vec<u8>, ActionError> {
        if id.is_empty() {
            return Err(ActionError::new("ActionID", id, "a text of one character or more"));
        }
        let numbered = Self::new(self.name).with("ActionID", id)?;
        let mut text = format!("Action: {}\r\n", self.name);
        for (name, value) in numbered.headers.iter().chain(&self.headers) {
            text.push_str(name);
            text.push_str(": ");
            text.push_str(value);
            text.push_str("\r\n");
        }
        text.push_str("\r\n");
        Ok(text.into_bytes())
    }
}

/// A variable's name: letters, digits and `_`, with the underscores before it that say who inherits it; or a function
/// with its argument, such as `CDR(userfield)`.
pub(super) fn variable_name(name: &str) -> Result<(), ActionError> {
    let (word, argument) = match name.strip_suffix(')').map(|function| function.split_once('(')) {
        None => (name, ""),
        Some(None) => ("", ""),
        Some(Some(parts)) => parts,
    };
    let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if word.is_empty()
        || !word.bytes().all(known)
        || !argument.bytes().all(|byte| known(byte) || matches!(byte, b'-' | b'.' | b'/' | b':' | b'@'))
    {
        return Err(ActionError::new("variable", name, "a name of letters, digits and _, or a function of one word"));
    }
    Ok(())
}
