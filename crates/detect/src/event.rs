use std::fmt;
use std::time::Duration;

use offhook_audio::MediaTime;
use offhook_audio::tones::{FaxTone, SitCode, SupervisoryTone};

use crate::signals::{Beep, DtmfDigit};
use crate::verdict::{Probability, Verdict};

/// Knowledge from signalling, which audio cannot tell. It counts from the hop in which it is noted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fact {
    /// What follows is early media: not answered yet.
    EarlyMedia,
    /// The far end picked up.
    Answered,
    /// A DTMF digit of the far party that came as an event (RFC 4733), not as sound.
    Dtmf(char),
    /// Another detector (mod_avmd, mod_vmd, a carrier) heard a record tone end.
    BeepEnded {
        /// Its frequency, in Hz, if that is known; else 0.
        hz: f32,
    },
    /// A model outside the engine (an ONNX model of the user's, another system) says how likely a machine is, by what it
    /// has heard so far. It stands in for the net until the next one: its log-odds are added to those that the timing
    /// model has alone, and the threshold is that of timing and net together.
    Score {
        /// How likely a machine is.
        machine: Probability,
    },
}

/// Which part of the call is being listened to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Before the answer: early media. Nothing here is evidence of a human.
    Progress,
    /// After the answer.
    #[default]
    Analysis,
}

/// What happened, and when it was known. Events come in order of `at`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// The media time at which this was known: the end of a hop, or when a fact was noted. The times inside `kind` say
    /// when it happened.
    pub at: MediaTime,
    /// What happened.
    pub kind: EventKind,
}

/// The kinds of event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EventKind {
    /// The far end picked up.
    Answered,
    /// Speech began.
    SpeechStarted {
        /// When its first sound was heard.
        started: MediaTime,
    },
    /// Speech ended, and enough silence followed.
    SpeechEnded {
        /// When its first sound was heard.
        started: MediaTime,
        /// When its last sound was heard.
        ended: MediaTime,
    },
    /// The first utterance since the answer began.
    GreetingStarted {
        /// When its first sound was heard.
        started: MediaTime,
    },
    /// The greeting is over: enough silence, or a beep, followed.
    GreetingEnded {
        /// When its last sound was heard.
        ended: MediaTime,
        /// Voice in it.
        voice: Duration,
    },
    /// A steady tone began that may be a record tone.
    BeepStarted {
        /// When.
        started: MediaTime,
        /// Its frequency, in Hz.
        hz: f32,
    },
    /// A record tone ended.
    BeepEnded(Beep),
    /// A tone of the network, recognised by frequency and cadence.
    Supervisory(SupervisoryTone),
    /// A special information tone.
    Sit(SitCode),
    /// A fax or modem tone.
    Fax(FaxTone),
    /// A DTMF digit ended.
    Dtmf(DtmfDigit),
    /// Music began.
    MusicStarted,
    /// Music ended.
    MusicEnded,
    /// Who, or what, picked up.
    Verdict(Verdict),
    /// A message may start now.
    ReadyToRecord(ReadyReason),
}

/// Why a message may start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ReadyReason {
    /// The record tone ended.
    Beep {
        /// When it ended.
        ended: MediaTime,
    },
    /// The greeting ended and enough silence followed.
    Silence {
        /// How much.
        silence: Duration,
    },
    /// No beep and no lasting silence came within the time allowed: speak rather than be cut off.
    Timeout {
        /// The time allowed.
        limit: Duration,
    },
}

impl ReadyReason {
    /// `beep`, `silence` or `timeout`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Beep { .. } => "beep",
            Self::Silence { .. } => "silence",
            Self::Timeout { .. } => "timeout",
        }
    }
}

impl EventKind {
    /// The word for this kind: `speech_started`, `beep_ended`, …
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::SpeechStarted { .. } => "speech_started",
            Self::SpeechEnded { .. } => "speech_ended",
            Self::GreetingStarted { .. } => "greeting_started",
            Self::GreetingEnded { .. } => "greeting_ended",
            Self::BeepStarted { .. } => "beep_started",
            Self::BeepEnded(_) => "beep_ended",
            Self::Supervisory(_) => "supervisory",
            Self::Sit(_) => "sit",
            Self::Fax(_) => "fax",
            Self::Dtmf(_) => "dtmf",
            Self::MusicStarted => "music_started",
            Self::MusicEnded => "music_ended",
            Self::Verdict(_) => "verdict",
            Self::ReadyToRecord(_) => "ready_to_record",
        }
    }
}

/// One line: `3.12s verdict final voicemail cause=long_greeting 2.28s>=1.50s`.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.at, self.kind.word())?;
        match &self.kind {
            EventKind::Answered | EventKind::MusicStarted | EventKind::MusicEnded => Ok(()),
            EventKind::SpeechStarted { started } | EventKind::GreetingStarted { started } => {
                write!(f, " from={started}")
            }
            EventKind::SpeechEnded { started, ended } => write!(f, " from={started} to={ended}"),
            EventKind::GreetingEnded { ended, voice } => write!(f, " to={ended} voice={:.2}s", voice.as_secs_f64()),
            EventKind::BeepStarted { started, hz } => write!(f, " from={started} {hz:.0}Hz"),
            EventKind::BeepEnded(beep) => write!(f, " {beep}"),
            EventKind::Supervisory(tone) => write!(f, " {tone:?}"),
            EventKind::Sit(code) => write!(f, " {code:?}"),
            EventKind::Fax(tone) => write!(f, " {tone:?}"),
            EventKind::Dtmf(digit) => write!(f, " {} {:.2}s", digit.digit, digit.length.as_secs_f64()),
            EventKind::Verdict(v) => write!(f, " {} {} cause={}", v.stage.word(), v.answered_by, v.cause),
            EventKind::ReadyToRecord(reason) => write!(f, " {}", reason.word()),
        }
    }
}
