//! Personal data that keeps itself out of logs.

use std::fmt;

/// A telephone number, a name or a transcript. It is redacted wherever it is formatted; [`Self::reveal`] is the one way
/// to its content.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Pii<T>(T);

impl<T> Pii<T> {
    /// Marks a value as personal.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself: for the sinks that are meant to have it.
    pub const fn reveal(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Pii<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<T> fmt::Display for Pii<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_formatted_is_redacted() {
        let number = Pii::new("+15551234567".to_owned());
        assert_eq!(format!("{number} {number:?}"), "[redacted] [redacted]");
        assert_eq!(number.reveal(), "+15551234567");
    }
}
