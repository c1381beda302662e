//! The audio that FreeSWITCH streams to us over WebSocket: mod_audio_fork (drachtio, jambonz), mod_audio_stream and
//! mod_vg_tap_ws. The switch is the client. Audio is 16-bit PCM, least significant byte first, in binary messages of any
//! size; a text is metadata, or what an application on the switch sends.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use offhook_audio::SampleRate;
use offhook_detect::Fact;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::pcm::{Encoding, PcmFormat, Side};
use crate::wire::{Inbound, Outbound};

/// The subprotocol of mod_audio_fork. It is content if the server does not agree to it.
pub const FORK_SUBPROTOCOL: &str = "audio.drachtio.org";

/// The module that streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Module {
    /// mod_audio_fork.
    AudioFork,
    /// mod_audio_stream.
    #[default]
    AudioStream,
    /// mod_vg_tap_ws, which says nothing and hears nothing but audio.
    VgTap,
}

impl Module {
    /// The words for all modules, as in the query `via=…`.
    pub const WORDS: &'static str = "fork, stream or vg_tap";

    /// The module of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "fork" => Some(Self::AudioFork),
            "stream" => Some(Self::AudioStream),
            "vg_tap" => Some(Self::VgTap),
            _ => None,
        }
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::AudioFork => "fork",
            Self::AudioStream => "stream",
            Self::VgTap => "vg_tap",
        }
    }

    /// The command of the switch that starts and stops it.
    pub fn command(self) -> &'static str {
        match self {
            Self::AudioFork => "uuid_audio_fork",
            Self::AudioStream => "uuid_audio_stream",
            Self::VgTap => "uuid_vg_tap_ws",
        }
    }
}

/// What of a leg is streamed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mix {
    /// What the far party says.
    #[default]
    Mono,
    /// What the far party says and what it hears, as one.
    Mixed,
    /// What the far party says on the left, what it hears on the right.
    Stereo,
}

impl Mix {
    /// `mono`, `mixed` or `stereo`.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "mono" => Some(Self::Mono),
            "mixed" => Some(Self::Mixed),
            "stereo" => Some(Self::Stereo),
            _ => None,
        }
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Mono => "mono",
            Self::Mixed => "mixed",
            Self::Stereo => "stereo",
        }
    }

    /// The format at this rate. Of stereo the left side is listened to: the far party.
    pub fn format(self, rate: SampleRate) -> PcmFormat {
        let (channels, side) = if self == Self::Stereo { (2, Side::Left) } else { (1, Side::Mix) };
        PcmFormat { encoding: Encoding::Linear16, rate, channels, side }
    }
}

/// A query that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: given {given:?}, allowed is {allowed}")]
pub struct TapError {
    /// The field of the query.
    pub field: &'static str,
    /// What was given, shortened.
    pub given: String,
    /// What is allowed.
    pub allowed: &'static str,
}

/// One stream.
#[derive(Clone, Debug)]
pub struct Tap {
    module: Module,
    mix: Mix,
    rate: SampleRate,
    /// Whether the query said the rate and the mix: then no metadata changes them.
    told: (bool, bool),
    /// The format that was given out last.
    given: Option<PcmFormat>,
}

/// What metadata may say of the format, and a digit as jambonz sends it.
#[derive(Deserialize)]
struct Metadata {
    event: Option<Value>,
    dtmf: Option<Value>,
    #[serde(rename = "sampleRate")]
    rate: Option<Value>,
    #[serde(rename = "mixType")]
    mix: Option<Value>,
}

impl Tap {
    /// A stream that was opened with these subprotocols (the header's value, `None` if it is not there) and this query
    /// of its address, without the question mark. The query may say `rate` in Hz, `mix` and the module as `via`; other
    /// fields are passed over.
    ///
    /// # Errors
    /// The field, what was given and what is allowed.
    pub fn open(subprotocols: Option<&str>, query: &str) -> Result<Self, TapError> {
        let fork = subprotocols.is_some_and(|all| all.split(',').any(|one| one.trim() == FORK_SUBPROTOCOL));
        let mut tap = Self {
            module: if fork { Module::AudioFork } else { Module::default() },
            mix: Mix::default(),
            rate: SampleRate::TELEPHONE,
            told: (false, false),
            given: None,
        };
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            let refused = |field, allowed| TapError { field, given: value.chars().take(60).collect(), allowed };
            match name {
                "rate" => {
                    tap.rate = rate(value).ok_or_else(|| refused("rate", "8000 to 48000 Hz, 8k or 16k"))?;
                    tap.told.0 = true;
                }
                "mix" => {
                    tap.mix = Mix::from_word(value).ok_or_else(|| refused("mix", "mono, mixed or stereo"))?;
                    tap.told.1 = true;
                }
                "via" => tap.module = Module::from_word(value).ok_or_else(|| refused("via", Module::WORDS))?,
                _ => {}
            }
        }
        Ok(tap)
    }

    /// The module that streams.
    pub fn module(&self) -> Module {
        self.module
    }

    /// The format of the audio that comes next.
    pub fn format(&self) -> PcmFormat {
        self.mix.format(self.rate)
    }

    /// The query that tells [`Self::open`] all of a stream, for the address that the switch is given.
    pub fn query(module: Module, mix: Mix, rate_hz: u32) -> String {
        format!("via={}&mix={}&rate={rate_hz}", module.word(), mix.word())
    }

    /// Takes a binary message. The format comes before the first audio in it.
    pub fn binary(&mut self, bytes: Vec<u8>, into: &mut Vec<Inbound>) {
        if bytes.is_empty() {
            return;
        }
        let format = self.format();
        if self.given != Some(format) {
            self.given = Some(format);
            into.push(Inbound::Format(format));
        }
        into.push(Inbound::Audio(bytes));
    }

    /// Takes a text: a digit of the far party, or a note. Metadata that says `sampleRate` and `mixType`, as jambonz
    /// sends it, sets what the query left open, from the next audio on. mod_audio_stream may send audio before it.
    pub fn text(&mut self, text: &str, into: &mut Vec<Inbound>) {
        if let Ok(metadata) = serde_json::from_str::<Metadata>(text) {
            if let (Some(Value::String(event)), Some(digit)) = (&metadata.event, &metadata.dtmf)
                && event == "dtmf"
            {
                let digits = word(digit);
                into.extend(digits.chars().filter(|c| is_digit(*c)).take(32).map(|c| Inbound::Fact(Fact::Dtmf(c))));
                return;
            }
            let said = metadata.rate.as_ref().and_then(|value| rate(&word(value)));
            if let (Some(said), false) = (said, self.told.0) {
                self.rate = said;
            }
            let said = metadata.mix.as_ref().and_then(|value| Mix::from_word(&word(value)));
            if let (Some(said), false) = (said, self.told.1) {
                self.mix = said;
            }
        }
        into.push(Inbound::Note(text.to_owned()));
    }

    /// The text that takes something to the switch; `None` where the module cannot.
    ///
    /// News raise the event `mod_audio_fork::json` or `mod_audio_stream::json`, whose body is the whole text: an object
    /// with the type `json`, since mod_audio_fork passes on no other; a type the news have already is named `kind`.
    /// Audio raises `mod_audio_fork::play_audio` or `mod_audio_stream::play` with the name of a file, which then must be
    /// played by a command. Hanging up goes over the event socket.
    pub fn encode(&self, out: &Outbound) -> Option<String> {
        let value = match (self.module, out) {
            (Module::VgTap, _) | (_, Outbound::HangUp) | (Module::AudioStream, Outbound::Flush) => return None,
            (_, Outbound::News(news)) => news_of(news),
            (Module::AudioFork, Outbound::Flush) => json!({"type": "killAudio"}),
            (Module::AudioFork, Outbound::Audio(samples)) => json!({
                "type": "playAudio",
                "data": {"audioContentType": "raw", "sampleRate": 8000, "audioContent": base64_of(samples), "textContent": ""},
            }),
            (Module::AudioStream, Outbound::Audio(samples)) => json!({
                "type": "streamAudio",
                "data": {"audioDataType": "raw", "sampleRate": 8000, "audioData": base64_of(samples)},
            }),
        };
        Some(value.to_string())
    }
}

fn news_of(news: &Value) -> Value {
    let mut object = Map::new();
    object.insert("type".into(), "json".into());
    match news {
        Value::Object(members) => {
            for (name, value) in members {
                let name = if name == "type" { "kind" } else { name };
                object.insert(name.into(), value.clone());
            }
        }
        other => {
            object.insert("data".into(), other.clone());
        }
    }
    object.into()
}

fn base64_of(samples: &[i16]) -> String {
    STANDARD.encode(samples.iter().flat_map(|sample| sample.to_le_bytes()).collect::<Vec<_>>())
}

fn rate(word: &str) -> Option<SampleRate> {
    let hz = match word {
        "8k" => 8_000,
        "16k" => 16_000,
        other => other.parse().ok()?,
    };
    SampleRate::new(hz).ok()
}

fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, 'A'..='D' | '*' | '#')
}
