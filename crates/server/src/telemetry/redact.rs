//! Keeps telephone numbers and other personal data out of log lines.
//!
//! Two nets: a field with the name of something personal or secret is never written, and what looks like a telephone
//! number in any other text is masked.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// In place of a field that is not written.
pub(super) const REDACTED: &str = "[redacted]";

/// In place of what looks like a telephone number.
const MASKED: &str = "[number]";

/// Parts of names of fields that are personal or secret.
const PERSONAL: &[&str] = &[
    "caller",
    "callee",
    "destination",
    "number",
    "phone",
    "transcript",
    "secret",
    "password",
    "authorization",
    "api_key",
    "token",
];

/// Fields that name things of ours, or that callers promise not to make of personal data: without them a call could not
/// be found.
const NAMES: &[&str] = &["call_id", "id", "event_type", "error_code", "model_version", "method"];

/// Whether a field of this name is never written.
pub(super) fn is_personal(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    PERSONAL.iter().any(|part| name.contains(part))
}

/// Whether a field of this name is written as it is.
pub(super) fn is_name(name: &str) -> bool {
    NAMES.contains(&name)
}

/// What is kept comes first: the first alternative that fits wins.
static NUMBERS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        // A UUID, an IPv4 address, a date, a fraction of a second or of one.
        r"(?x-u)(?P<keep>
            \b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b
          | \b[0-9]{1,3}(?:\.[0-9]{1,3}){3}\b
          | \b[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]+)?
          | \b0\.[0-9]+
          | \b[0-9]{1,6}\.[0-9]+(?:e-?[0-9]+)?\x20?(?:ns|us|ms|s|%)
          )",
        // Seven digits or more, with or without what people put between them.
        r"| \+[0-9](?:[\x20().\-/]*[0-9]){6,}
          | \(?\b[0-9]{3}\)?[\x20.\-]?[0-9]{3}[\x20.\-][0-9]{4}\b
          | \b[0-9]{3}[\x20.\-][0-9]{4}\b
          | [0-9]{7,}",
    ))
    .ok()
});

/// The text, with what looks like a telephone number masked.
pub(super) fn masked(text: &str) -> Cow<'_, str> {
    if text.bytes().filter(u8::is_ascii_digit).count() < 7 {
        return Cow::Borrowed(text);
    }
    match NUMBERS.as_ref() {
        Some(numbers) => numbers.replace_all(text, |found: &Captures<'_>| {
            found.name("keep").map_or_else(|| MASKED.to_owned(), |kept| kept.as_str().to_owned())
        }),
        None => Cow::Borrowed(REDACTED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telephone_numbers_are_masked() {
        for (text, expected) in [
            ("no route to +15551234567", "no route to [number]"),
            ("no route to 5551234567.", "no route to [number]."),
            ("sip:5551234567@example.com", "sip:[number]@example.com"),
            ("call +44 20 7946 0958 failed", "call [number] failed"),
            ("call (555) 123-4567 failed", "call [number] failed"),
            ("call 555-123-4567, 555-1234", "call [number], [number]"),
            ("user_15551234567x", "user_[number]x"),
        ] {
            assert_eq!(masked(text), expected);
        }
    }

    #[test]
    fn other_digits_are_left() {
        for text in [
            "call 01912345-6789-7123-8123-123456789012 ended",
            "10.20.100.200:8080 closed",
            "at 2026-11-20T17:39:09.123Z",
            "took 12.3456789ms, 0.123456789 of 1",
            "12 of 34 and 56 of 78",
        ] {
            assert_eq!(masked(text), text);
        }
    }

    #[test]
    fn personal_fields_are_known_by_name() {
        for name in ["caller", "Caller_ID", "destination_id", "to_number", "transcript", "api_key"] {
            assert!(is_personal(name), "{name}");
        }
        for name in ["call_id", "id", "method", "message", "error"] {
            assert!(!is_personal(name), "{name}");
        }
    }
}
