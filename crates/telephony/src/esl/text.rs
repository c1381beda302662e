//! What may stand in a line that goes to the switch, and how its commands want arguments quoted.

/// A text that cannot go to the switch: it would end the line, or be read as something else.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: given {given:?}, allowed is {allowed}")]
pub struct CommandError {
    /// What was to be filled with the text.
    pub field: &'static str,
    /// The text, shortened; nothing of a password.
    pub given: String,
    /// What is allowed.
    pub allowed: &'static str,
}

impl CommandError {
    pub(super) fn new(field: &'static str, given: &str, allowed: &'static str) -> Self {
        const MOST: usize = 60;
        let given = match (field, given.char_indices().nth(MOST)) {
            ("password", _) => String::from("…"),
            (_, Some((end, _))) => format!("{}…", &given[..end]),
            (_, None) => given.to_owned(),
        };
        Self { field, given, allowed }
    }
}

pub(super) type Checked<T = ()> = Result<T, CommandError>;

/// A text that stays within its line.
pub(super) fn line<'a>(field: &'static str, text: &'a str) -> Checked<&'a str> {
    if text.contains(['\r', '\n', '\0']) {
        return Err(CommandError::new(field, text, "a text without line breaks and NUL"));
    }
    Ok(text)
}

/// A text that is not empty and has no blanks and no quotes: one argument as it stands.
pub(super) fn word<'a>(field: &'static str, text: &'a str) -> Checked<&'a str> {
    if text.is_empty() || text.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '\'' | '"' | '\\'))
    {
        return Err(CommandError::new(field, text, "a word without blanks, quotes, backslashes and line breaks"));
    }
    Ok(text)
}

/// The name of a call leg.
pub(super) fn uuid<'a>(field: &'static str, text: &'a str) -> Checked<&'a str> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'@' | b';' | b'-');
    if text.is_empty() || text.len() > 256 || !text.bytes().all(allowed) {
        return Err(CommandError::new(field, text, "1 to 256 letters, digits and . _ @ ; -"));
    }
    Ok(text)
}

/// The name of a channel variable.
pub(super) fn variable<'a>(field: &'static str, text: &'a str) -> Checked<&'a str> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b':');
    if text.is_empty() || text.len() > 256 || !text.bytes().all(allowed) {
        return Err(CommandError::new(field, text, "1 to 256 letters, digits and . _ - :"));
    }
    Ok(text)
}

/// A word of capital letters, as causes and event names are.
pub(super) fn capitals<'a>(field: &'static str, text: &'a str) -> Checked<&'a str> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_') {
        return Err(CommandError::new(field, text, "capital letters, digits and _"));
    }
    Ok(text)
}

/// One argument of a command whose arguments are parted by blanks. It is put in single quotes where it must be. The
/// switch's versions do not agree on what a backslash means, so there may be none.
pub(super) fn argument(field: &'static str, text: &str) -> Checked<String> {
    line(field, text)?;
    if text.is_empty() || text.contains('\\') {
        return Err(CommandError::new(field, text, "a text that is not empty and has no backslash and no line break"));
    }
    if !text.contains([' ', '\'', '\t']) && !text.starts_with("^^") {
        return Ok(text.to_owned());
    }
    Ok(format!("'{}'", text.replace('\'', "\\'")))
}
