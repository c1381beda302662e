//! Who was found to send a request, and by what.

use super::Identity;

/// What showed who somebody is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Means {
    /// An API key, with the part of it that may be seen.
    Key {
        /// That part.
        prefix: String,
    },
    /// A JSON web token.
    Token,
    /// The cookie of a session.
    Session,
    /// The loopback address.
    Local,
}

impl Means {
    /// A word for it.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Key { .. } => "key",
            Self::Token => "token",
            Self::Session => "session",
            Self::Local => "local",
        }
    }
}

/// Who was found to send a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) identity: Identity,
    /// Until when what was shown is good, in microseconds since 1970.
    pub(crate) expires: Option<i64>,
    pub(crate) means: Means,
}
