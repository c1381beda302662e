//! The words in which others expect a verdict, as data: Asterisk's, those of the mod_amd forks, Twilio's and our own.

mod tables;

use std::time::Duration;

use offhook_audio::MediaTime;
use offhook_audio::tones::{FaxTone, SitCode, SupervisoryTone};

use crate::event::{Event, EventKind, ReadyReason};
use crate::signals::Beep;
use crate::verdict::{AnsweredBy, Cause, Verdict};

/// What a vocabulary may have to say beside the verdict, gathered from the events of a call.
///
/// ```
/// # use std::sync::Arc;
/// # use offhook_detect::{DetectConfig, Detector, Outcome, Params, Vocabulary};
/// # let mut detector = Detector::new(&Arc::new(Params::new(DetectConfig::default())?));
/// # let samples = vec![0i16; 240_000];
/// let words = Vocabulary::named("webitel").expect("a built-in vocabulary");
/// let mut outcome = Outcome::default();
/// for event in detector.push(&samples) {
///     outcome.note(&event);
/// }
/// for (name, value) in words.spell(&detector.finish(), &outcome) {
///     println!("{name}={value}");                  // amd_result=NOTSURE, amd_cause=INITIALSILENCE, …
/// }
/// # Ok::<(), offhook_detect::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Outcome {
    /// When the call was answered.
    pub answered_at: MediaTime,
    /// The latest record tone since the answer, up to when a message could start.
    pub beep: Option<Beep>,
    /// When a message could start, and why.
    pub ready: Option<(MediaTime, ReadyReason)>,
}

impl Outcome {
    /// Takes from `event` what it says of the outcome.
    pub fn note(&mut self, event: &Event) {
        match event.kind {
            EventKind::Answered => *self = Self { answered_at: event.at, ..Self::default() },
            // What beeps after the message could start is no record tone: it is the end of the recording.
            EventKind::BeepEnded(_) if matches!(self.ready, Some((_, ReadyReason::Beep { .. }))) => {}
            EventKind::BeepEnded(beep) => self.beep = Some(beep),
            EventKind::ReadyToRecord(reason) => self.ready = Some((event.at, reason)),
            _ => {}
        }
    }

    /// When the record tone ended, whoever heard it.
    fn beep_ended(&self) -> Option<MediaTime> {
        match (self.beep, self.ready) {
            (Some(beep), _) => Some(beep.ended),
            (None, Some((_, ReadyReason::Beep { ended }))) => Some(ended),
            _ => None,
        }
    }
}

/// What the value of a field is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// The word for who answered.
    Result,
    /// The word for why, with its numbers where the vocabulary has them.
    Cause,
    /// Why, in full, as our logs say it.
    Detail,
    /// The probability of the verdict.
    Confidence,
    /// How firm it is.
    Stage,
    /// Milliseconds from the answer to the verdict.
    VerdictTime,
    /// Milliseconds from the answer to the verdict, or to the end of the message where that is waited for.
    Duration,
    /// What the special information tone spells.
    Sit,
    /// Whether there was a record tone.
    BeepDetected,
    /// Milliseconds from the answer to the record tone's end.
    BeepTime,
    /// Frequency of the record tone.
    BeepHz,
    /// Why a message can start.
    Ready,
    /// Milliseconds from the answer to when a message could start.
    ReadyTime,
}

/// The words for the causes. Each is a word alone: numbers are added where the vocabulary has them.
#[derive(Clone, Copy, Debug)]
struct Causes {
    /// A short greeting, then silence: the far party is a person.
    short_greeting: &'static str,
    /// The same, where the verdict is not a person.
    silence_after_greeting: &'static str,
    long_greeting: &'static str,
    too_many_words: &'static str,
    long_word: &'static str,
    cadence: &'static str,
    /// By learned models; where there is no word for that, it is that of a person's short greeting or a machine's long
    /// one.
    weighed: Option<&'static str>,
    initial_silence: &'static str,
    beep: &'static str,
    sit: &'static str,
    fax: &'static str,
    supervisory: &'static str,
    music: &'static str,
    conversation: &'static str,
    timeout: &'static str,
    no_audio: &'static str,
    hung_up: &'static str,
}

/// The results of a service that tells how a machine's message ended.
#[derive(Clone, Copy, Debug)]
struct MessageEnd {
    beep: &'static str,
    silence: &'static str,
    other: &'static str,
}

/// The event in which a module gives its verdict.
#[derive(Clone, Copy, Debug)]
struct Announcement {
    subclass: &'static str,
    headers: &'static [(&'static str, Source)],
}

/// The channel variables that hold what to execute at each result.
#[derive(Clone, Copy, Debug)]
struct Hooks {
    human: &'static str,
    machine: &'static str,
    unsure: &'static str,
}

/// The words of one system for a verdict. A row in a table: another system needs another row and no code.
#[derive(Debug)]
pub struct Vocabulary {
    name: &'static str,
    about: &'static str,
    fields: &'static [(&'static str, Source)],
    /// One per [`AnsweredBy::ALL`].
    results: [&'static str; AnsweredBy::ALL.len()],
    /// The result where nothing was said, whatever the rules made of it.
    result_of_initial_silence: Option<&'static str>,
    /// The result where the call ended first.
    result_of_hang_up: Option<&'static str>,
    message_end: Option<MessageEnd>,
    causes: Causes,
    /// Whether a cause carries its numbers: `MAXWORDS-3-2`.
    numbers: bool,
    event: Option<Announcement>,
    hooks: Option<Hooks>,
}

impl Vocabulary {
    /// Every vocabulary there is.
    pub const ALL: &'static [Self] = tables::ALL;

    /// The vocabulary of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|v| v.name == name)
    }

    /// Its name: `asterisk`, `webitel`, `twilio_enable`, …
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Whose words these are.
    pub const fn about(&self) -> &'static str {
        self.about
    }

    /// The verdict as names with values, in order. A field that has nothing to say is left out.
    pub fn spell(&self, verdict: &Verdict, outcome: &Outcome) -> Vec<(&'static str, String)> {
        self.values(self.fields, verdict, outcome)
    }

    /// The word for who answered.
    pub fn result(&self, verdict: &Verdict, outcome: &Outcome) -> &'static str {
        let special = match verdict.cause {
            Cause::InitialSilence { .. } => self.result_of_initial_silence,
            Cause::HungUp { .. } => self.result_of_hang_up,
            _ => None,
        };
        let plain = self.results[verdict.answered_by.index()];
        match (special, self.message_end) {
            (Some(word), _) => word,
            (None, Some(end)) if plain == self.results[AnsweredBy::Voicemail.index()] => match outcome.ready {
                Some((_, ReadyReason::Beep { .. })) => end.beep,
                Some((_, ReadyReason::Silence { .. })) => end.silence,
                Some((_, ReadyReason::Timeout { .. })) | None => end.other,
            },
            (None, _) => plain,
        }
    }

    /// Every word that [`Self::result`] may give.
    pub fn results(&self) -> Vec<&'static str> {
        let plain = self
            .results
            .iter()
            .copied()
            .filter(|&word| self.message_end.is_none() || word != self.results[AnsweredBy::Voicemail.index()]);
        let ends = self.message_end.iter().flat_map(|end| [end.beep, end.silence, end.other]);
        let special = self.result_of_initial_silence.into_iter().chain(self.result_of_hang_up);
        let mut words = Vec::new();
        for word in plain.chain(ends).chain(special) {
            if !words.contains(&word) {
                words.push(word);
            }
        }
        words
    }

    /// The word for why, with its numbers where this vocabulary has them.
    pub fn cause(&self, verdict: &Verdict) -> String {
        let word = self.cause_word(verdict);
        if self.numbers && !word.is_empty() { format!("{word}{}", numbers(&verdict.cause)) } else { word.to_owned() }
    }

    /// Whether this vocabulary says something else once the greeting has ended, so that telling it should wait for
    /// [`EventKind::ReadyToRecord`].
    pub const fn waits_for_message_end(&self, verdict: &Verdict) -> bool {
        self.message_end.is_some()
            && verdict.answered_by.takes_messages()
            && !matches!(verdict.cause, Cause::InitialSilence { .. } | Cause::HungUp { .. })
    }

    /// The subclass and the headers of the CUSTOM event that gives the verdict, for modules that fire one. Where there
    /// are no headers, the event carries the channel's variables.
    pub fn event(&self, verdict: &Verdict, outcome: &Outcome) -> Option<(&'static str, Vec<(&'static str, String)>)> {
        self.event.map(|event| (event.subclass, self.values(event.headers, verdict, outcome)))
    }

    /// The channel variable that holds what to execute at this verdict, for modules that have such.
    pub fn hook(&self, verdict: &Verdict, outcome: &Outcome) -> Option<&'static str> {
        let hooks = self.hooks?;
        let result = self.result(verdict, outcome);
        let of = |kind: AnsweredBy| self.results[kind.index()];
        if result == of(AnsweredBy::Human) {
            Some(hooks.human)
        } else if result == of(AnsweredBy::Voicemail) {
            Some(hooks.machine)
        } else {
            (result == of(AnsweredBy::Unknown)).then_some(hooks.unsure)
        }
    }

    fn cause_word(&self, verdict: &Verdict) -> &'static str {
        let words = &self.causes;
        match verdict.cause {
            Cause::ShortGreeting { .. } if verdict.answered_by == AnsweredBy::Human => words.short_greeting,
            Cause::ShortGreeting { .. } => words.silence_after_greeting,
            Cause::Weighed { .. } if verdict.answered_by == AnsweredBy::Human => {
                words.weighed.unwrap_or(words.short_greeting)
            }
            Cause::Weighed { .. } => words.weighed.unwrap_or(words.long_greeting),
            Cause::LongGreeting { .. } => words.long_greeting,
            Cause::TooManyWords { .. } => words.too_many_words,
            Cause::LongWord { .. } => words.long_word,
            Cause::Cadence { .. } => words.cadence,
            Cause::InitialSilence { .. } => words.initial_silence,
            Cause::Beep { .. } => words.beep,
            Cause::Sit { .. } => words.sit,
            Cause::Fax { .. } => words.fax,
            Cause::Supervisory { .. } => words.supervisory,
            Cause::Music { .. } => words.music,
            Cause::Conversation { .. } => words.conversation,
            Cause::Timeout { .. } => words.timeout,
            Cause::NoAudio { .. } => words.no_audio,
            Cause::HungUp { .. } => words.hung_up,
        }
    }

    fn values(
        &self,
        fields: &[(&'static str, Source)],
        verdict: &Verdict,
        outcome: &Outcome,
    ) -> Vec<(&'static str, String)> {
        let value = |&(name, source)| self.value(source, verdict, outcome).map(|value| (name, value));
        fields.iter().filter_map(value).collect()
    }

    fn value(&self, source: Source, verdict: &Verdict, outcome: &Outcome) -> Option<String> {
        let since_answer = |at: MediaTime| (at - outcome.answered_at).as_millis().to_string();
        match source {
            Source::Result => Some(self.result(verdict, outcome).to_owned()),
            Source::Cause => Some(self.cause(verdict)),
            Source::Detail => Some(verdict.cause.to_string()),
            Source::Confidence => Some(format!("{:.3}", verdict.confidence.get())),
            Source::Stage => Some(verdict.stage.word().to_owned()),
            Source::VerdictTime => Some(since_answer(verdict.at)),
            Source::Duration => match outcome.ready {
                Some((at, _)) if self.waits_for_message_end(verdict) => Some(since_answer(at)),
                _ => Some(since_answer(verdict.at)),
            },
            Source::Sit => match verdict.answered_by {
                AnsweredBy::Sit(code) => Some(sit_word(code).to_owned()),
                _ => None,
            },
            Source::BeepDetected => Some(outcome.beep_ended().is_some().to_string()),
            Source::BeepTime => outcome.beep_ended().map(since_answer),
            Source::BeepHz => outcome.beep.map(|beep| format!("{:.0}", beep.hz)),
            Source::Ready => outcome.ready.map(|(_, reason)| reason.word().to_owned()),
            Source::ReadyTime => outcome.ready.map(|(at, _)| since_answer(at)),
        }
    }
}

/// The numbers of a cause as Asterisk appends them: what was measured, then the limit it met.
fn numbers(cause: &Cause) -> String {
    let ms = |span: Duration| span.as_millis();
    match *cause {
        Cause::ShortGreeting { silence, limit, .. } | Cause::InitialSilence { silence, limit } => {
            format!("-{}-{}", ms(silence), ms(limit))
        }
        Cause::LongGreeting { voice, limit } => format!("-{}-{}", ms(voice), ms(limit)),
        Cause::Weighed { voice, silence, .. } => format!("-{}-{}", ms(voice), ms(silence)),
        Cause::TooManyWords { words, limit } => format!("-{words}-{limit}"),
        Cause::LongWord { length, .. } | Cause::Music { length } => format!("-{}", ms(length)),
        Cause::Cadence { utterances, voice, .. } | Cause::Conversation { utterances, voice } => {
            format!("-{utterances}-{}", ms(voice))
        }
        Cause::Beep { hz, length, .. } => format!("-{hz:.0}-{}", ms(length)),
        Cause::Sit { code } => format!("-{}", sit_word(code)),
        Cause::Fax { tone } => format!("-{}", fax_word(tone)),
        Cause::Supervisory { tone } => format!("-{}", tone_word(tone)),
        Cause::Timeout { elapsed, .. } | Cause::NoAudio { elapsed, .. } => format!("-{}", ms(elapsed)),
        Cause::HungUp { .. } => String::new(),
    }
}

const fn sit_word(code: SitCode) -> &'static str {
    match code {
        SitCode::Intercept => "IC",
        SitCode::VacantCode => "VC",
        SitCode::Reorder => "RO",
        SitCode::NoCircuit => "NC",
        SitCode::Uncoded => "UNCODED",
    }
}

const fn fax_word(tone: FaxTone) -> &'static str {
    match tone {
        FaxTone::Cng => "CNG",
        FaxTone::Ced => "CED",
        FaxTone::Ansam => "ANSAM",
    }
}

const fn tone_word(tone: SupervisoryTone) -> &'static str {
    match tone {
        SupervisoryTone::Dial => "DIAL",
        SupervisoryTone::Ringback => "RINGBACK",
        SupervisoryTone::Busy => "BUSY",
        SupervisoryTone::Reorder => "REORDER",
        SupervisoryTone::CallWaiting => "CALLWAITING",
    }
}
