//! From calls with their truth and what was said of them to figures.
//!
//! The verdict that counts is the first final one: what a dialler acts on. If the call ended before there was one, it
//! is the verdict at the hang-up. A machine was called where that verdict is a machine, and a machine was there where
//! the label is one; see [`Label::is_machine`]. Silence is neither.

use std::collections::BTreeMap;

use offhook_detect::{AnsweredBy, Verdict};
use serde::Serialize;

use super::beeps::{self, BeepFigures, Span};
use super::label::Label;
use super::manifest::Row;
use super::statistics::{Rate, Spread};

/// A verdict as far as figures need it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Decision {
    /// Who, or what, picked up.
    pub(crate) answered_by: AnsweredBy,
    /// How likely a machine did.
    pub(crate) machine: f64,
    /// When it was decided, from the first audio on.
    pub(crate) at_ms: f64,
}

impl From<&Verdict> for Decision {
    fn from(verdict: &Verdict) -> Self {
        let machine = f64::from(verdict.probabilities.machine().get());
        Self { answered_by: verdict.answered_by, machine, at_ms: verdict.at.as_secs_f64() * 1000.0 }
    }
}

/// What the detector said of one call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Said {
    /// The first final verdict.
    pub(crate) first: Decision,
    /// The verdict that stood at the end.
    pub(crate) last: Decision,
    /// The record tones heard.
    pub(crate) beeps: Vec<Span>,
    /// When a message might first start.
    pub(crate) ready_ms: Option<f64>,
    /// How long the recording is.
    pub(crate) audio_ms: f64,
}

/// One labelled call and what was said of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    /// The truth.
    pub(crate) row: &'a Row,
    /// What was said.
    pub(crate) said: &'a Said,
}

impl Call<'_> {
    fn is(&self, label: Label) -> bool {
        self.row.label == label
    }
}

/// The figures that matter most, for one way of choosing the verdict.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Rates {
    /// Of the people, those called machines: the worst error, a person is hung up on.
    pub(crate) human_called_machine: Rate,
    /// Of the machines, those called machines.
    pub(crate) machine_recall: Rate,
    /// Of the people, those called people.
    pub(crate) human_recall: Rate,
    /// Of the machines, those called people: the missed machines that cost an agent's time.
    pub(crate) machine_called_human: Rate,
}

impl Rates {
    fn new(calls: &[Call<'_>], verdict: impl Fn(&Said) -> AnsweredBy) -> Self {
        let kind = |call: &Call<'_>| verdict(call.said);
        let humans = || calls.iter().filter(|call| call.is(Label::Human));
        let machines = || calls.iter().filter(|call| call.row.label.is_machine());
        Self {
            human_called_machine: Rate::of(humans(), |call| kind(call).is_machine()),
            machine_recall: Rate::of(machines(), |call| kind(call).is_machine()),
            human_recall: Rate::of(humans(), |call| kind(call) == AnsweredBy::Human),
            machine_called_human: Rate::of(machines(), |call| kind(call) == AnsweredBy::Human),
        }
    }
}

/// How long decisions take, in milliseconds of media time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Latency {
    /// Over all calls, from the answer; without early media that is the first audio.
    pub(crate) all_ms: Spread,
    /// Over the people, from the answer.
    pub(crate) human_ms: Spread,
    /// Over the people who were called people, from the end of their first utterance: the wait that a person notices.
    pub(crate) human_after_utterance_ms: Spread,
    /// Over the machines, from the answer.
    pub(crate) machine_ms: Spread,
}

/// When a message might start, against when the voicemail was ready: at the end of its record tone, or of its greeting
/// where it has none.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct ReadyFigures {
    /// Of the voicemails that were ready within the recording, those for which a moment was given.
    pub(crate) given: Rate,
    /// Of the moments given, those more than 100 ms before the voicemail was ready: the message loses its beginning.
    pub(crate) early: Rate,
    /// How late the others were, in milliseconds.
    pub(crate) late_ms: Spread,
}

/// All figures of one group of calls.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Figures {
    /// How many calls.
    pub(crate) calls: usize,
    /// How much audio.
    pub(crate) hours: f64,
    /// By the first final verdict.
    #[serde(flatten)]
    pub(crate) rates: Rates,
    /// By the verdict that stood at the end.
    pub(crate) after_revisions: Rates,
    /// Of the calls of each label, those whose verdict is that very label (music: ivr).
    pub(crate) recall: BTreeMap<&'static str, Rate>,
    /// How long decisions take.
    pub(crate) latency: Latency,
    /// Record tones.
    pub(crate) beeps: BeepFigures,
    /// When a message might start.
    pub(crate) ready: ReadyFigures,
}

impl Figures {
    /// The figures of `calls`.
    pub(crate) fn new(calls: &[Call<'_>]) -> Self {
        // Not `sum`: of no calls it is -0.
        let hours = calls.iter().fold(0.0, |sum, call| sum + call.said.audio_ms) / 3_600_000.0;
        let matches: Vec<_> = calls.iter().map(|call| beeps::compare(call.row.beep, &call.said.beeps)).collect();
        let recall = Label::ALL.into_iter().filter_map(|label| {
            let rate = Rate::of(calls.iter().filter(|call| call.is(label)), |call| {
                call.said.first.answered_by.word() == label.right_word()
            });
            (rate.of > 0).then_some((label.word(), rate))
        });
        Self {
            calls: calls.len(),
            hours,
            rates: Rates::new(calls, |said| said.first.answered_by),
            after_revisions: Rates::new(calls, |said| said.last.answered_by),
            recall: recall.collect(),
            latency: latency(calls),
            beeps: BeepFigures::new(&matches, hours),
            ready: ready(calls),
        }
    }
}

fn latency(calls: &[Call<'_>]) -> Latency {
    let at = |call: &Call<'_>| call.said.first.at_ms - call.row.answered_ms.unwrap_or(0.0);
    let spread = |keep: &dyn Fn(&Call<'_>) -> bool| Spread::new(calls.iter().filter(|c| keep(c)).map(at).collect());
    let waits = calls
        .iter()
        .filter(|call| call.is(Label::Human) && call.said.first.answered_by == AnsweredBy::Human)
        .filter_map(|call| Some(call.said.first.at_ms - call.row.speech_end_ms?));
    Latency {
        all_ms: spread(&|_| true),
        human_ms: spread(&|call| call.is(Label::Human)),
        human_after_utterance_ms: Spread::new(waits.collect()),
        machine_ms: spread(&|call| call.row.label.is_machine()),
    }
}

/// How early a moment may be and still not count as early, in milliseconds.
const EARLY_MS: f64 = 100.0;

fn ready(calls: &[Call<'_>]) -> ReadyFigures {
    let (mut expected, mut errors) = (0, Vec::new());
    for call in calls.iter().filter(|call| call.is(Label::Voicemail)) {
        let Some(truth) = call.row.beep.map(|beep| beep.end_ms).or(call.row.greeting_end_ms) else { continue };
        expected += 1;
        errors.extend(call.said.ready_ms.map(|ready| ready - truth));
    }
    let early = errors.iter().filter(|error| **error < -EARLY_MS).count();
    ReadyFigures {
        given: Rate::new(errors.len(), expected),
        early: Rate::new(early, errors.len()),
        late_ms: Spread::new(errors.into_iter().filter(|error| *error >= -EARLY_MS).collect()),
    }
}

/// How many calls of each label got each verdict.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Confusion(pub(crate) BTreeMap<&'static str, BTreeMap<&'static str, usize>>);

impl Confusion {
    /// Counts `calls` by their first final verdict.
    pub(crate) fn new(calls: &[Call<'_>]) -> Self {
        let mut counts: BTreeMap<_, BTreeMap<_, usize>> = BTreeMap::new();
        for call in calls {
            let row = counts.entry(call.row.label.word()).or_default();
            *row.entry(call.said.first.answered_by.word()).or_default() += 1;
        }
        Self(counts)
    }

    /// How many calls of this label got this verdict.
    pub(crate) fn count(&self, label: &str, said: &str) -> usize {
        self.0.get(label).and_then(|row| row.get(said)).copied().unwrap_or(0)
    }

    /// The labels that occur, in the order of reports.
    pub(crate) fn labels(&self) -> Vec<&'static str> {
        Label::ALL.map(Label::word).into_iter().filter(|label| self.0.contains_key(label)).collect()
    }

    /// The verdicts that occur, in the order of reports.
    pub(crate) fn verdicts(&self) -> Vec<&'static str> {
        let occurs = |said: &&str| self.0.values().any(|row| row.contains_key(said));
        AnsweredBy::ALL.map(AnsweredBy::word).into_iter().filter(occurs).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(label: Label, speech_end_ms: Option<f64>, beep: Option<Span>) -> Row {
        Row {
            line: 2,
            name: "a.wav".into(),
            path: "a.wav".into(),
            label,
            answered_ms: None,
            speech_end_ms,
            greeting_end_ms: None,
            beep,
            condition: String::new(),
            source: String::new(),
        }
    }

    fn said(first: AnsweredBy, last: AnsweredBy, at_ms: f64, ready_ms: Option<f64>) -> Said {
        let decision = |answered_by| Decision { answered_by, machine: 0.5, at_ms };
        let (first, last) = (decision(first), decision(last));
        Said { first, last, beeps: vec![], ready_ms, audio_ms: 36_000.0 }
    }

    #[test]
    fn no_calls_are_no_hours() {
        assert!(Figures::new(&[]).hours.is_sign_positive());
    }

    /// Four people (one called a machine at first, put right later), two machines (one called a person), one silence.
    #[test]
    fn figures_are_those_worked_by_hand() {
        use AnsweredBy::{Human, Ivr, Silence, Voicemail};
        let beep = Some(Span { start_ms: 8000.0, end_ms: 9000.0 });
        let table = [
            (row(Label::Human, Some(1000.0), None), said(Human, Human, 1800.0, None)),
            (row(Label::Human, Some(1000.0), None), said(Human, Human, 2000.0, None)),
            (row(Label::Human, Some(4000.0), None), said(Voicemail, Human, 3500.0, None)),
            (row(Label::Human, Some(900.0), None), said(AnsweredBy::Unknown, AnsweredBy::Unknown, 20_000.0, None)),
            (row(Label::Voicemail, None, beep), said(Voicemail, Voicemail, 4000.0, Some(8500.0))),
            (row(Label::Music, None, None), said(Human, Ivr, 6000.0, None)),
            (row(Label::Silence, None, None), said(Silence, Silence, 6000.0, None)),
        ];
        let calls: Vec<Call<'_>> = table.iter().map(|(row, said)| Call { row, said }).collect();
        let figures = Figures::new(&calls);
        assert_eq!(figures.rates.human_called_machine, Rate::new(1, 4));
        assert_eq!(figures.rates.human_recall, Rate::new(2, 4));
        assert_eq!(figures.rates.machine_recall, Rate::new(1, 2));
        assert_eq!(figures.rates.machine_called_human, Rate::new(1, 2));
        assert_eq!(figures.after_revisions.human_called_machine, Rate::new(0, 4));
        assert_eq!(figures.after_revisions.machine_recall, Rate::new(2, 2));
        assert_eq!(figures.recall["music"], Rate::new(0, 1));
        assert_eq!(figures.recall["silence"], Rate::new(1, 1));
        assert_eq!(figures.latency.human_after_utterance_ms.median, Some(900.0));
        assert_eq!(figures.latency.human_ms.median, Some(2750.0));
        assert_eq!(figures.latency.machine_ms.median, Some(5000.0));
        assert!((figures.hours - 0.07).abs() < 1e-12);
        assert_eq!((figures.beeps.missed, figures.ready.given), (1, Rate::new(1, 1)));
        assert_eq!(figures.ready.early, Rate::new(1, 1));
        let confusion = Confusion::new(&calls);
        assert_eq!(confusion.count("human", "human"), 2);
        assert_eq!(confusion.labels(), ["human", "voicemail", "music", "silence"]);
        assert_eq!(confusion.verdicts(), ["human", "voicemail", "silence", "unknown"]);
    }
}
