use std::fmt;
use std::time::Duration;

use crate::method::Method;
use offhook_audio::tones::{FaxTone, SitCode, SupervisoryTone};
use offhook_audio::{Dbm0, MediaTime};

/// A share between 0 and 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Probability(f32);

impl Probability {
    /// Never.
    pub const ZERO: Self = Self(0.0);
    /// Always.
    pub const ONE: Self = Self(1.0);

    /// `share` held to 0…1; NaN becomes 0.
    pub const fn saturating(share: f32) -> Self {
        Self(if share > 1.0 {
            1.0
        } else if share > 0.0 {
            share
        } else {
            0.0
        })
    }

    /// `Some` if `share` lies within 0…1.
    pub fn new(share: f32) -> Option<Self> {
        (0.0..=1.0).contains(&share).then_some(Self(share))
    }

    /// So many of a hundred, held to 0…100.
    pub const fn percent(hundredths: f32) -> Self {
        Self::saturating(hundredths / 100.0)
    }

    /// The share, 0…1.
    pub const fn get(self) -> f32 {
        self.0
    }
}

impl fmt::Display for Probability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0} %", self.0 * 100.0)
    }
}

/// Who, or what, picked up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AnsweredBy {
    /// A person.
    Human,
    /// An answering machine or a voicemail service that takes messages.
    Voicemail,
    /// A mailbox that is full or not set up.
    MailboxUnavailable,
    /// A recording of the carrier: number changed, not reachable, call cannot be completed.
    Announcement,
    /// An interactive voice response, an attendant's menu or a queue with hold music.
    Ivr,
    /// A service that asks who is calling before the person's telephone rings.
    CallScreener,
    /// A fax machine or modem.
    Fax,
    /// The network's special information tone, and what it spells.
    Sit(SitCode),
    /// Nobody: nothing was heard.
    Silence,
    /// Something that could not be told in time.
    #[default]
    Unknown,
}

impl AnsweredBy {
    /// One of each, in the order of [`Probabilities`].
    pub const ALL: [Self; 10] = [
        Self::Human,
        Self::Voicemail,
        Self::MailboxUnavailable,
        Self::Announcement,
        Self::Ivr,
        Self::CallScreener,
        Self::Fax,
        Self::Sit(SitCode::Uncoded),
        Self::Silence,
        Self::Unknown,
    ];

    /// The place of this kind in [`Self::ALL`]; the code of a special information tone does not count.
    pub const fn index(self) -> usize {
        match self {
            Self::Human => 0,
            Self::Voicemail => 1,
            Self::MailboxUnavailable => 2,
            Self::Announcement => 3,
            Self::Ivr => 4,
            Self::CallScreener => 5,
            Self::Fax => 6,
            Self::Sit(_) => 7,
            Self::Silence => 8,
            Self::Unknown => 9,
        }
    }

    /// The word for this kind in our own vocabulary: `human`, `voicemail`, `mailbox_unavailable`, …
    pub const fn word(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Voicemail => "voicemail",
            Self::MailboxUnavailable => "mailbox_unavailable",
            Self::Announcement => "announcement",
            Self::Ivr => "ivr",
            Self::CallScreener => "call_screener",
            Self::Fax => "fax",
            Self::Sit(_) => "sit",
            Self::Silence => "silence",
            Self::Unknown => "unknown",
        }
    }

    /// Whether a machine answered and no person is on the line. A call screener is not one: a person may follow.
    pub const fn is_machine(self) -> bool {
        matches!(
            self,
            Self::Voicemail | Self::MailboxUnavailable | Self::Announcement | Self::Ivr | Self::Fax | Self::Sit(_)
        )
    }

    /// Whether a greeting follows after which a message may be left.
    pub const fn takes_messages(self) -> bool {
        matches!(self, Self::Voicemail)
    }
}

impl fmt::Display for AnsweredBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// How likely each kind is; they sum to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Probabilities([f32; AnsweredBy::ALL.len()]);

impl Probabilities {
    /// Shares in proportion to `weights` (one per [`AnsweredBy::ALL`]); negative or NaN weights count as 0. All zero:
    /// everything is [`AnsweredBy::Unknown`].
    pub fn from_weights(weights: [f32; AnsweredBy::ALL.len()]) -> Self {
        let weights = weights.map(|w| if w > 0.0 && w.is_finite() { w } else { 0.0 });
        let sum: f32 = weights.iter().sum();
        if sum > 0.0 {
            Self(weights.map(|w| w / sum))
        } else {
            let mut shares = [0.0; AnsweredBy::ALL.len()];
            shares[AnsweredBy::Unknown.index()] = 1.0;
            Self(shares)
        }
    }

    /// The probability of `kind`.
    pub fn of(&self, kind: AnsweredBy) -> Probability {
        Probability::saturating(self.0[kind.index()])
    }

    /// Each kind's word with its probability.
    pub fn iter(&self) -> impl Iterator<Item = (AnsweredBy, Probability)> + '_ {
        AnsweredBy::ALL.into_iter().map(|kind| (kind, self.of(kind)))
    }

    /// That a machine answered.
    pub fn machine(&self) -> Probability {
        Probability::saturating(self.iter().filter(|(kind, _)| kind.is_machine()).map(|(_, p)| p.get()).sum())
    }
}

/// How much one feature of the timing model adds to the logarithm of a machine's odds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reason {
    /// The feature's name, as the timing model lists it.
    pub feature: &'static str,
    /// Its value, in its own unit.
    pub value: f32,
    /// What it adds: positive for a machine.
    pub adds: f32,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={:.2}({:+.1})", self.feature, self.value, self.adds)
    }
}

/// Why a verdict was given, with the numbers measured and the limits they met.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cause {
    /// A short greeting, then silence that awaits a reply: a person.
    ShortGreeting {
        /// Voice heard so far.
        voice: Duration,
        /// Silence after it.
        silence: Duration,
        /// How much silence was asked for.
        limit: Duration,
    },
    /// More voice than a person's greeting has.
    LongGreeting {
        /// Voice heard so far.
        voice: Duration,
        /// The longest greeting of a person.
        limit: Duration,
    },
    /// More words than a person's greeting has.
    TooManyWords {
        /// Words heard.
        words: u16,
        /// The most words of a person's greeting.
        limit: u16,
    },
    /// One unbroken burst of voice longer than any word.
    LongWord {
        /// Its length.
        length: Duration,
        /// The longest word.
        limit: Duration,
    },
    /// Voice and silence alternate as in a text that is read out, not as in a conversation.
    Cadence {
        /// Utterances heard.
        utterances: u16,
        /// Voice in them.
        voice: Duration,
        /// The longest silence between them.
        longest_pause: Duration,
    },
    /// The learned models found a person, or a machine, likely enough.
    Weighed {
        /// How likely a machine is.
        machine: Probability,
        /// What that had to reach for a machine, or to fall below for a person, at this moment.
        limit: Probability,
        /// Voice heard so far.
        voice: Duration,
        /// Silence after it.
        silence: Duration,
        /// What the timing model adds to the logarithm of a machine's odds; 0 if it has no say.
        timing: f32,
        /// What the net adds to it; 0 if it has no say.
        net: f32,
        /// The three features that moved the timing model most.
        reasons: [Reason; 3],
    },
    /// Nothing was said.
    InitialSilence {
        /// Silence since the call was answered.
        silence: Duration,
        /// How long was waited.
        limit: Duration,
    },
    /// A record tone.
    Beep {
        /// Its frequency, in Hz.
        hz: f32,
        /// Its length.
        length: Duration,
        /// Its level.
        level: Dbm0,
    },
    /// A special information tone.
    Sit {
        /// What it spells.
        code: SitCode,
    },
    /// A fax or modem tone.
    Fax {
        /// Which.
        tone: FaxTone,
    },
    /// Another tone of the network, after the call was answered.
    Supervisory {
        /// Which.
        tone: SupervisoryTone,
    },
    /// Music.
    Music {
        /// How long it has played.
        length: Duration,
    },
    /// A person spoke again after a verdict that said otherwise.
    Conversation {
        /// Turns the far party took.
        utterances: u16,
        /// Voice in the latest.
        voice: Duration,
    },
    /// Time ran out without enough evidence.
    Timeout {
        /// Time since the call was answered.
        elapsed: Duration,
        /// Voice heard in it.
        voice: Duration,
        /// The time allowed.
        limit: Duration,
    },
    /// Time ran out and no audio had arrived at all.
    NoAudio {
        /// Time since the call was answered.
        elapsed: Duration,
        /// The time allowed.
        limit: Duration,
    },
    /// The call ended before there was enough evidence.
    HungUp {
        /// Time since the call was answered.
        elapsed: Duration,
        /// Voice heard in it.
        voice: Duration,
    },
}

impl Cause {
    /// The word for this cause in our own vocabulary: `short_greeting`, `beep`, …
    pub const fn word(&self) -> &'static str {
        match self {
            Self::ShortGreeting { .. } => "short_greeting",
            Self::LongGreeting { .. } => "long_greeting",
            Self::TooManyWords { .. } => "too_many_words",
            Self::LongWord { .. } => "long_word",
            Self::Cadence { .. } => "cadence",
            Self::Weighed { .. } => "weighed",
            Self::InitialSilence { .. } => "initial_silence",
            Self::Beep { .. } => "beep",
            Self::Sit { .. } => "sit",
            Self::Fax { .. } => "fax",
            Self::Supervisory { .. } => "supervisory",
            Self::Music { .. } => "music",
            Self::Conversation { .. } => "conversation",
            Self::Timeout { .. } => "timeout",
            Self::NoAudio { .. } => "no_audio",
            Self::HungUp { .. } => "hung_up",
        }
    }
}

/// The cause and its numbers: `long_greeting 2.28s>1.50s`.
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = |d: Duration| d.as_secs_f64();
        f.write_str(self.word())?;
        match *self {
            Self::ShortGreeting { voice, silence, limit } => {
                write!(f, " voice={:.2}s silence={:.2}s>={:.2}s", s(voice), s(silence), s(limit))
            }
            Self::LongGreeting { voice, limit } => write!(f, " {:.2}s>={:.2}s", s(voice), s(limit)),
            Self::TooManyWords { words, limit } => write!(f, " {words}>{limit}"),
            Self::LongWord { length, limit } => write!(f, " {:.2}s>={:.2}s", s(length), s(limit)),
            Self::Cadence { utterances, voice, longest_pause } => {
                write!(f, " utterances={utterances} voice={:.2}s pause<={:.2}s", s(voice), s(longest_pause))
            }
            Self::Weighed { machine, limit, voice, silence, timing, net, reasons } => {
                let sign = if machine >= limit { ">=" } else { "<" };
                let (machine, limit) = (machine.get(), limit.get());
                write!(f, " machine={machine:.3}{sign}{limit:.3} voice={:.2}s silence={:.2}s", s(voice), s(silence))?;
                write!(f, " net={net:+.1} timing={timing:+.1}")?;
                for reason in reasons.iter().filter(|r| r.adds != 0.0) {
                    write!(f, " {reason}")?;
                }
                Ok(())
            }
            Self::InitialSilence { silence, limit } => write!(f, " {:.2}s>={:.2}s", s(silence), s(limit)),
            Self::Beep { hz, length, level } => write!(f, " {hz:.0}Hz {:.2}s {level}", s(length)),
            Self::Sit { code } => write!(f, " {code:?}"),
            Self::Fax { tone } => write!(f, " {tone:?}"),
            Self::Supervisory { tone } => write!(f, " {tone:?}"),
            Self::Music { length } => write!(f, " {:.2}s", s(length)),
            Self::Conversation { utterances, voice } => write!(f, " utterances={utterances} voice={:.2}s", s(voice)),
            Self::Timeout { elapsed, voice, limit } => {
                write!(f, " {:.2}s>={:.2}s voice={:.2}s", s(elapsed), s(limit), s(voice))
            }
            Self::NoAudio { elapsed, limit } => write!(f, " {:.2}s>={:.2}s", s(elapsed), s(limit)),
            Self::HungUp { elapsed, voice } => write!(f, " after {:.2}s voice={:.2}s", s(elapsed), s(voice)),
        }
    }
}

/// How firm a verdict is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The likeliest so far: prepare, but do not act.
    Provisional,
    /// Act on this.
    Final,
    /// What was final has proved wrong or become more exact: act anew where you still can.
    Revised,
}

impl Stage {
    /// `provisional`, `final` or `revised`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Provisional => "provisional",
            Self::Final => "final",
            Self::Revised => "revised",
        }
    }
}

/// Who picked up, how sure that is, why, and when it was known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// Who, or what, picked up.
    pub answered_by: AnsweredBy,
    /// How sure that is: the probability of `answered_by`.
    pub confidence: Probability,
    /// The probability of every kind.
    pub probabilities: Probabilities,
    /// Why, with numbers.
    pub cause: Cause,
    /// When it was decided.
    pub at: MediaTime,
    /// How firm it is.
    pub stage: Stage,
    /// What decided: a tone (`avmd`), rules on rhythm (`heuristic`, or `classic`), the learned models (`ai`), or under
    /// the hybrid method the models because the rules were unsure (`hybrid`).
    pub method: Method,
}
