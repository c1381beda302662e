//! What one detector was given, kept so that it can be given again: the form in which to report a bug.
//!
//! A trace begins with text that a person can read and ends with records that a person need not:
//!
//! ```text
//! offhook trace 1
//! begins=analysis                   the first phase
//! decide.long_greeting=3000ms       and every parameter that is not at its default
//! model=0123456789abcdef            the fingerprint of the model, if there is one
//!                                   an empty line
//! S <bytes: u32> <samples: i16 …>   samples, all numbers with the least significant byte first
//! G 8 <samples: u64>                samples that never arrived
//! F <bytes: u32> <fact>             a fact: a number, then what belongs to it
//! ```

use std::sync::Arc;

use crate::config::{ConfigError, DetectConfig};
use crate::detector::{Detector, Params};
use crate::event::{Event, Fact, Phase};
use crate::verdict::Probability;

/// The first line of every trace.
const MAGIC: &str = "offhook trace 1";

/// The names of the phases.
const PHASES: [(&str, Phase); 2] = [("progress", Phase::Progress), ("analysis", Phase::Analysis)];

/// What a detector was given, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// Its configuration.
    pub config: DetectConfig,
    /// The fingerprint of the model it weighed with, if it had one: another model may say something else.
    pub model: Option<u64>,
    /// Its inputs.
    pub inputs: Vec<Input>,
}

/// One thing that a detector was given.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// To [`Detector::push`].
    Samples(Vec<i16>),
    /// To [`Detector::push_gap`].
    Gap(u64),
    /// To [`Detector::note`].
    Fact(Fact),
}

/// Bytes that are no trace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TraceError {
    /// Something else stands where a part of the trace should.
    #[error("at byte {offset}: expected {expected}, got {got}")]
    Unexpected {
        /// Where, counted from the first byte.
        offset: usize,
        /// What should be there.
        expected: &'static str,
        /// What is there.
        got: String,
    },
    /// A parameter cannot be used: the trace was made by another version, or changed by hand.
    #[error("at byte {offset}: {source}")]
    Config {
        /// Where its line begins.
        offset: usize,
        /// What is wrong with it.
        source: ConfigError,
    },
}

impl Trace {
    /// The trace as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let begins = PHASES.iter().find(|(_, p)| *p == self.config.begins).map_or("", |(name, _)| name);
        let mut text = format!("{MAGIC}\nbegins={begins}\n");
        let defaults = DetectConfig::default().parameters();
        for (parameter, default) in self.config.parameters().into_iter().zip(defaults) {
            if parameter.value != default.value {
                text.push_str(&format!("{}={}\n", parameter.name, parameter.value));
            }
        }
        if let Some(model) = self.model {
            text.push_str(&format!("model={model:016x}\n"));
        }
        text.push('\n');
        let mut bytes = text.into_bytes();
        for input in &self.inputs {
            match input {
                // A record's length has 32 bits; a longer push is two, which is the same to a detector.
                Input::Samples(samples) => {
                    for part in samples.chunks(1 << 30) {
                        record(&mut bytes, b'S', part.iter().flat_map(|sample| sample.to_le_bytes()));
                    }
                }
                Input::Gap(samples) => record(&mut bytes, b'G', samples.to_le_bytes()),
                Input::Fact(fact) => record(&mut bytes, b'F', encode_fact(fact)),
            }
        }
        bytes
    }

    /// Reads a trace.
    ///
    /// # Errors
    /// [`TraceError`] says where the bytes are not those of a trace, what was expected and what is there.
    pub fn decode(bytes: &[u8]) -> Result<Self, TraceError> {
        let mut reader = Reader { bytes, offset: 0 };
        let (offset, magic) = reader.line()?;
        if magic != MAGIC {
            return Err(unexpected(offset, "the line `offhook trace 1`", format!("{magic:?}")));
        }
        let (mut config, mut model) = (DetectConfig::default(), None);
        loop {
            let (offset, line) = reader.line()?;
            if line.is_empty() {
                break;
            }
            let Some((name, value)) = line.split_once('=') else {
                return Err(unexpected(offset, "name=value or an empty line", format!("{line:?}")));
            };
            match name {
                "model" => {
                    let read = u64::from_str_radix(value, 16);
                    model = Some(read.map_err(|_| unexpected(offset, "16 hexadecimal digits", format!("{value:?}")))?);
                }
                "begins" => config.begins = named(&PHASES, value, offset, "progress or analysis")?,
                _ => config.set(name, value).map_err(|source| TraceError::Config { offset, source })?,
            }
        }
        let mut inputs = Vec::new();
        while let Some(input) = reader.input()? {
            inputs.push(input);
        }
        Ok(Self { config, model, inputs })
    }

    /// Gives everything to a new detector with this configuration and collects what it says.
    ///
    /// # Errors
    /// [`ConfigError`] if the parameters do not go together.
    pub fn replay(&self) -> Result<Vec<Event>, ConfigError> {
        Ok(self.replay_with(&Arc::new(Params::new(self.config)?)))
    }

    /// The same with parameters made elsewhere: of [`Self::config`] and a model other than the built-in one.
    pub fn replay_with(&self, params: &Arc<Params>) -> Vec<Event> {
        let mut detector = Detector::new(params);
        let mut events = Vec::new();
        for input in &self.inputs {
            match input {
                Input::Samples(samples) => events.extend(detector.push(samples)),
                Input::Gap(samples) => events.extend(detector.push_gap(*samples)),
                Input::Fact(fact) => events.extend(detector.note(*fact)),
            }
        }
        events
    }
}

fn record(bytes: &mut Vec<u8>, tag: u8, body: impl IntoIterator<Item = u8>) {
    bytes.push(tag);
    let start = bytes.len();
    bytes.extend([0; 4]);
    bytes.extend(body);
    let length = (bytes.len() - start - 4) as u32;
    bytes[start..start + 4].copy_from_slice(&length.to_le_bytes());
}

fn encode_fact(fact: &Fact) -> Vec<u8> {
    match fact {
        Fact::EarlyMedia => vec![0],
        Fact::Answered => vec![1],
        Fact::Dtmf(digit) => {
            let mut body = vec![2];
            body.extend(u32::from(*digit).to_le_bytes());
            body
        }
        Fact::BeepEnded { hz } => {
            let mut body = vec![3];
            body.extend(hz.to_le_bytes());
            body
        }
        Fact::Score { machine } => {
            let mut body = vec![4];
            body.extend(machine.get().to_le_bytes());
            body
        }
    }
}

fn decode_fact(body: &[u8]) -> Option<Fact> {
    match *body {
        [0] => Some(Fact::EarlyMedia),
        [1] => Some(Fact::Answered),
        [2, a, b, c, d] => char::from_u32(u32::from_le_bytes([a, b, c, d])).map(Fact::Dtmf),
        [3, a, b, c, d] => Some(Fact::BeepEnded { hz: f32::from_le_bytes([a, b, c, d]) }),
        [4, a, b, c, d] => Probability::new(f32::from_le_bytes([a, b, c, d])).map(|machine| Fact::Score { machine }),
        _ => None,
    }
}

fn named<T: Copy>(names: &[(&str, T)], given: &str, offset: usize, expected: &'static str) -> Result<T, TraceError> {
    let found = names.iter().find(|(name, _)| *name == given);
    found.map(|(_, value)| *value).ok_or_else(|| unexpected(offset, expected, format!("{given:?}")))
}

const fn unexpected(offset: usize, expected: &'static str, got: String) -> TraceError {
    TraceError::Unexpected { offset, expected, got }
}

struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    /// The next line and where it begins. No line is longer than 200 bytes.
    fn line(&mut self) -> Result<(usize, &'a str), TraceError> {
        let start = self.offset;
        let rest = &self.bytes[start..];
        let window = &rest[..rest.len().min(200)];
        let Some(length) = window.iter().position(|byte| *byte == b'\n') else {
            return Err(unexpected(
                start,
                "a line of at most 200 bytes",
                format!("{} bytes without an end", window.len()),
            ));
        };
        self.offset += length + 1;
        let line = std::str::from_utf8(&window[..length]);
        line.map(|line| (start, line))
            .map_err(|_| unexpected(start, "a line of text", "bytes that are none".to_owned()))
    }

    fn take(&mut self, count: usize, expected: &'static str) -> Result<&'a [u8], TraceError> {
        let rest = &self.bytes[self.offset..];
        if rest.len() < count {
            let got = format!("the end {} bytes on, where {count} are needed", rest.len());
            return Err(unexpected(self.offset, expected, got));
        }
        self.offset += count;
        Ok(&rest[..count])
    }

    fn input(&mut self) -> Result<Option<Input>, TraceError> {
        let Some(&tag) = self.bytes.get(self.offset) else { return Ok(None) };
        let start = self.offset;
        self.offset += 1;
        let length = self.take(4, "the length of a record")?;
        let length = length.iter().rev().fold(0usize, |sum, byte| sum << 8 | usize::from(*byte));
        let body = self.take(length, "the body of a record")?;
        let wrong = |expected| Err(unexpected(start, expected, format!("{length} bytes after tag {tag:#04x}")));
        match (tag, body) {
            (b'S', body) if body.len().is_multiple_of(2) => {
                let samples = body.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]]));
                Ok(Some(Input::Samples(samples.collect())))
            }
            (b'S', _) => wrong("samples of two bytes each"),
            (b'G', &[a, b, c, d, e, f, g, h]) => Ok(Some(Input::Gap(u64::from_le_bytes([a, b, c, d, e, f, g, h])))),
            (b'G', _) => wrong("a gap of eight bytes"),
            (b'F', body) => match decode_fact(body) {
                Some(fact) => Ok(Some(Input::Fact(fact))),
                None => wrong("a fact"),
            },
            _ => wrong("a record tagged S, G or F"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Preset;
    use proptest::prelude::*;

    fn fact() -> impl Strategy<Value = Fact> {
        prop_oneof![
            Just(Fact::EarlyMedia),
            Just(Fact::Answered),
            any::<char>().prop_map(Fact::Dtmf),
            (300f32..2500.0).prop_map(|hz| Fact::BeepEnded { hz })
        ]
    }

    fn input() -> impl Strategy<Value = Input> {
        prop_oneof![
            proptest::collection::vec(any::<i16>(), 1..300).prop_map(Input::Samples),
            (0..100_000u64).prop_map(Input::Gap),
            fact().prop_map(Input::Fact),
        ]
    }

    fn trace() -> impl Strategy<Value = Trace> {
        let preset = proptest::sample::select(Preset::ALL.to_vec());
        let begins = proptest::sample::select(PHASES.map(|(_, phase)| phase).to_vec());
        let inputs = proptest::collection::vec(input(), 0..20);
        (preset, begins, 10u32..500, inputs).prop_map(|(preset, begins, onset, inputs)| {
            let mut config = DetectConfig::preset(preset);
            config.begins = begins;
            config.set("vad.onset", &format!("{onset}ms")).unwrap();
            Trace { config, model: None, inputs }
        })
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(trace in trace()) {
            prop_assert_eq!(Trace::decode(&trace.encode()).unwrap(), trace);
        }

        #[test]
        fn changed_bytes_are_told_or_read_but_never_panic(
            trace in trace(),
            changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..8),
            end in any::<proptest::sample::Index>(),
        ) {
            let mut bytes = trace.encode();
            for (index, value) in changes {
                let at = index.index(bytes.len());
                bytes[at] = value;
            }
            bytes.truncate(end.index(bytes.len()) + 1);
            let _ = Trace::decode(&bytes);
        }
    }

    #[test]
    fn a_replay_gives_the_events_of_the_call() {
        let tone = |at: usize| ((at as f64 * 0.7).sin() * 8000.0) as i16;
        let sound: Vec<i16> = (0..64_000).map(|at| if at / 4000 % 2 == 0 { tone(at) } else { 0 }).collect();
        let config = DetectConfig { begins: Phase::Progress, ..DetectConfig::default() };
        let mut detector = Detector::new(&Arc::new(Params::new(config).unwrap()));
        let (mut events, mut inputs) = (Vec::new(), vec![Input::Fact(Fact::Answered), Input::Gap(333)]);
        events.extend(detector.note(Fact::Answered));
        events.extend(detector.push_gap(333));
        for piece in sound.chunks(777) {
            events.extend(detector.push(piece));
            inputs.push(Input::Samples(piece.to_vec()));
        }
        let trace = Trace::decode(&Trace { config, model: None, inputs }.encode()).unwrap();
        assert!(!events.is_empty());
        assert_eq!(trace.replay().unwrap(), events);
    }

    #[test]
    fn errors_say_where_and_what() {
        let told = |bytes: &[u8]| Trace::decode(bytes).unwrap_err().to_string();
        assert_eq!(told(b"RIFF\n"), "at byte 0: expected the line `offhook trace 1`, got \"RIFF\"");
        assert_eq!(
            told(b"offhook trace 1\nbegins=never\n\n"),
            "at byte 16: expected progress or analysis, got \"never\""
        );
        assert!(told(b"offhook trace 1\nvad.onset=0ms\n\n").starts_with("at byte 16: vad.onset: 0ms is not allowed"));
        assert!(
            told(b"offhook trace 1\n\nX\0\0\0\0").contains("a record tagged S, G or F, got 0 bytes after tag 0x58")
        );
        assert!(told(b"offhook trace 1\n\nS\x04\0\0\0ab").contains("at byte 22: expected the body of a record"));
    }
}
