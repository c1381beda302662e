//! The audio tap of a switch: one call, which the address names that the switch was given.

use std::collections::HashMap;

use offhook_detect::{Fact, Vocabulary};
use offhook_telephony::stream::{Message, Start, decode};
use offhook_telephony::{Inbound, PcmFormat, tap};
use serde_json::{Map, Value};

use crate::error::{ApiError, Code};

/// What the address of a tap says.
#[derive(Clone, Debug)]
pub(crate) struct Tap {
    /// The call.
    pub(crate) start: Start,
    /// The vocabularies in which its results carry variables, for a node that is only the ear of another.
    pub(crate) variables: Vec<&'static Vocabulary>,
    /// Reads what the switch says beside audio.
    pub(crate) texts: Texts,
}

/// What a switch says beside audio: digits, and metadata that may tell of the audio's format what the address left open.
#[derive(Clone, Debug)]
pub(crate) struct Texts(tap::Tap);

impl Texts {
    fn new(rate: Option<u32>, mix: Option<&str>) -> Result<Self, ApiError> {
        let rate = rate.map(|hz| format!("rate={hz}"));
        let mix = mix.map(|word| format!("mix={word}"));
        let query: Vec<String> = rate.into_iter().chain(mix).collect();
        let tap = tap::Tap::open(None, &query.join("&"));
        tap.map(Self).map_err(|error| ApiError::new(Code::BadField, error.to_string()).about(error.field))
    }

    /// Takes a text; gives the facts in it. Metadata may change the format of the audio that is to come.
    pub(crate) fn take(&mut self, text: &str, format: &mut PcmFormat) -> Vec<Fact> {
        let before = self.0.format();
        let mut said = Vec::new();
        self.0.text(text, &mut said);
        let now = self.0.format();
        if now != before {
            *format = PcmFormat { encoding: format.encoding, ..now };
        }
        let fact = |inbound| if let Inbound::Fact(fact) = inbound { Some(fact) } else { None };
        said.into_iter().filter_map(fact).collect()
    }
}

impl Tap {
    /// Reads the query of an address that names this call.
    ///
    /// # Errors
    /// Names what cannot be used, what was given and what is allowed.
    pub(crate) fn read(call_id: String, mut query: HashMap<String, String>) -> Result<Self, ApiError> {
        let word = query.remove("mix");
        let mix = word.as_deref().map(sides).transpose()?;
        // Channels that are named in full are not to be changed by metadata.
        let word = if query.contains_key("channels") { Some("mono") } else { word.as_deref() };
        let variables = vocabularies(&query.remove("variables").unwrap_or_default())?;
        let mut fields: Map<String, Value> = query.into_iter().map(|(name, value)| (name, value.into())).collect();
        fields.insert("type".into(), "start_detection".into());
        fields.insert("call_id".into(), call_id.into());
        if let Some((channels, side)) = mix {
            fields.entry("channels").or_insert_with(|| channels.into());
            fields.entry("channel").or_insert_with(|| side.into());
        }
        match decode(&Value::Object(fields).to_string()) {
            Ok(Message::Start(start)) => {
                let texts = Texts::new(start.stated.0.then(|| start.format.rate.hz()), word)?;
                Ok(Self { start: *start, variables, texts })
            }
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
    fn a_switch_says_digits_and_what_its_address_left_open() {
        let mut open = read(&[]).unwrap();
        let mut format = open.start.format;
        assert_eq!(open.texts.take(r#"{"event":"dtmf","dtmf":"5"}"#, &mut format), [Fact::Dtmf('5')]);
        assert!(open.texts.take("anything at all", &mut format).is_empty());
        assert_eq!(format, open.start.format);
        let metadata = r#"{"callSid":"a","sampleRate":16000,"mixType":"stereo"}"#;
        assert!(open.texts.take(metadata, &mut format).is_empty());
        assert_eq!((format.rate.hz(), format.channels, format.side), (16_000, 2, Side::Left));
        let mut told = read(&[("sample_rate", "8000"), ("channels", "1")]).unwrap();
        let mut format = told.start.format;
        told.texts.take(metadata, &mut format);
        assert_eq!(format, told.start.format, "what the address says counts");
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
