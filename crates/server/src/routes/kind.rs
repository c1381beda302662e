//! Who, or what, picked up, as a request names it.

use std::borrow::Cow;

use offhook_detect::AnsweredBy;
use serde::{Deserialize, Deserializer, de};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// One of the words for who, or what, picked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind(&'static str);

impl Kind {
    /// The kind that a word stands for.
    pub(crate) fn of(word: &str) -> Option<Self> {
        AnsweredBy::ALL.into_iter().map(AnsweredBy::word).find(|known| *known == word).map(Self)
    }

    /// The word.
    pub(crate) const fn word(self) -> &'static str {
        self.0
    }

    /// Every word, for people.
    pub(crate) fn allowed() -> String {
        AnsweredBy::ALL.map(AnsweredBy::word).join(", ")
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = Cow::<str>::deserialize(deserializer)?;
        Self::of(&word).ok_or_else(|| de::Error::custom(format!("given {word:?}, allowed is {}", Self::allowed())))
    }
}

impl PartialSchema for Kind {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("Who, or what, picked up."))
            .enum_values(Some(AnsweredBy::ALL.map(AnsweredBy::word)))
            .into()
    }
}

impl ToSchema for Kind {
    fn name() -> Cow<'static, str> {
        "AnsweredBy".into()
    }
}
