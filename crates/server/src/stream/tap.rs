//! The audio tap of a switch: one call, which the address names that the switch was given.

use std::collections::HashMap;

use offhook_detect::Vocabulary;
use offhook_telephony::stream::{Message, Start, decode};
use serde_json::{Map, Value};

use crate::error::{ApiError, Code};

/// What the address of a tap says.
#[derive(Clone, Debug)]
pub(crate) struct Tap {
    /// The call.
    pub(crate) start: Start,
    /// The vocabularies in which its results carry variables, for a node that is only the ear of another.
    pub(crate) variables: Vec<&'static Vocabulary>,
}

impl Tap {
    /// Reads the query of an address that names this call.
    ///
    /// # Errors
    /// Names what cannot be used, what was given and what is allowed.
    pub(crate) fn read(call_id: String, mut query: HashMap<String, String>) -> Result<Self, ApiError> {
        let mix = query.remove("mix").map(|word| sides(&word)).transpose()?;
        let variables = vocabularies(&query.remove("variables").unwrap_or_default())?;
        let mut fields: Map<String, Value> = query.into_iter().map(|(name, value)| (name, value.into())).collect();
        fields.insert("type".into(), "start_detection".into());
        fields.insert("call_id".into(), call_id.into());
        if let Some((channels, side)) = mix {
            fields.entry("channels").or_insert_with(|| channels.into());
            fields.entry("channel").or_insert_with(|| side.into());
        }
        match decode(&Value::Object(fields).to_string()) {
            Ok(Message::Start(start)) => Ok(Self { start: *start, variables }),
            Ok(_) => Err(ApiError::new(Code::BadRequest, "the query does not describe a stream")),
            Err(error) => Err(ApiError::from(&error)),
        }
    }
}

/// How many channels a mix of FreeSWITCH has, and on which side the far party is: what a channel reads is its left.
fn sides(word: &str) -> Result<(u8, &'static str), ApiError> {
    match word {
        "mono" | "mixed" => Ok((1, "mix")),
        "stereo" => Ok((2, "left")),
        other => Err(ApiError::field("mix", other, "mono, mixed or stereo")),
    }
}

fn vocabularies(names: &str) -> Result<Vec<&'static Vocabulary>, ApiError> {
    let names = names.split(',').map(str::trim).filter(|name| !name.is_empty());
    names
        .map(|name| {
            Vocabulary::named(name).ok_or_else(|| {
                let known: Vec<&str> = Vocabulary::ALL.iter().map(Vocabulary::name).collect();
                ApiError::field("variables", name, known.join(", "))
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use offhook_telephony::Side;

    use super::*;

    fn read(query: &[(&str, &str)]) -> Result<Tap, ApiError> {
        let query = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Tap::read("a".into(), query)
    }

    #[test]
    fn a_mix_says_where_the_far_party_is() {
        let format = |mix| read(&[("mix", mix), ("sample_rate", "16000")]).unwrap().start.format;
        assert_eq!((format("mono").channels, format("mixed").channels), (1, 1));
        assert_eq!((format("stereo").channels, format("stereo").side), (2, Side::Left));
        let swapped = read(&[("mix", "stereo"), ("channel", "right")]).unwrap().start.format;
        assert_eq!(swapped.side, Side::Right, "what is said in full counts");
    }

    #[test]
    fn vocabularies_are_named_by_commas() {
        let tap = read(&[("variables", "offhook,asterisk")]).unwrap();
        assert_eq!(tap.variables.iter().map(|words| words.name()).collect::<Vec<_>>(), ["offhook", "asterisk"]);
        assert!(read(&[]).unwrap().variables.is_empty());
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        for (query, field) in
            [(("mix", "both"), "mix"), (("variables", "offhook,latin"), "variables"), (("channels", "3"), "channels")]
        {
            let error = read(&[query]).unwrap_err();
            assert_eq!(error.named_field(), Some(field), "{query:?}");
            assert!(error.detail().contains("allowed"), "{query:?}");
        }
    }
}
