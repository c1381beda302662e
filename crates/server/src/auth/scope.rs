//! Scopes and roles, as the specification names them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A permission, as the specification names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum Scope {
    /// `voicemail:detect`: send audio, and see one's own calls.
    #[serde(rename = "voicemail:detect")]
    Detect,
    /// `voicemail:admin`: see all calls, manage keys, webhooks and settings.
    #[serde(rename = "voicemail:admin")]
    Admin,
    /// `system:monitor`: read the figures.
    #[serde(rename = "system:monitor")]
    Monitor,
    /// `calls:control`: place calls on switches, and act on those that are watched.
    #[serde(rename = "calls:control")]
    Control,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 4] = [Self::Detect, Self::Admin, Self::Monitor, Self::Control];

    /// The word for it: `voicemail:detect`, …
    pub const fn word(self) -> &'static str {
        match self {
            Self::Detect => "voicemail:detect",
            Self::Admin => "voicemail:admin",
            Self::Monitor => "system:monitor",
            Self::Control => "calls:control",
        }
    }

    /// The scope that a word stands for.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.word() == word)
    }

    /// The scopes among words separated by spaces (RFC 6749, 3.3); others are passed over.
    pub(crate) fn among(words: &str) -> Vec<Self> {
        Self::ALL.into_iter().filter(|scope| words.split_ascii_whitespace().any(|word| word == scope.word())).collect()
    }

    /// Their words, separated by spaces.
    pub(crate) fn list(scopes: &[Self]) -> String {
        scopes.iter().map(|scope| scope.word()).collect::<Vec<_>>().join(" ")
    }
}

/// A set of scopes with a name, and a limit of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May send audio and see its own calls.
    Client,
    /// May do everything.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 2] = [Self::Client, Self::Admin];

    /// The word for it: `client` or `admin`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Admin => "admin",
        }
    }

    /// The role that a word stands for.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// What it may do.
    pub const fn scopes(self) -> &'static [Scope] {
        match self {
            Self::Client => &[Scope::Detect],
            Self::Admin => &Scope::ALL,
        }
    }

    /// The role whose limits hold for these scopes.
    pub fn holding(scopes: &[Scope]) -> Self {
        if scopes.contains(&Scope::Admin) { Self::Admin } else { Self::Client }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_for_scopes_and_back() {
        for scope in Scope::ALL {
            assert_eq!(Scope::of(scope.word()), Some(scope));
        }
        assert_eq!(Scope::among("openid system:monitor voicemail:detect"), [Scope::Detect, Scope::Monitor]);
        assert_eq!(Scope::among("voicemail:administrator Voicemail:Admin"), []);
        assert_eq!(Scope::among(&Scope::list(&Scope::ALL)), Scope::ALL);
    }
}
