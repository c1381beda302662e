use offhook_audio::MediaTime;
use offhook_detect::{AnsweredBy, EventKind, Stage};
use offhook_server::views::words;

use super::Wave;
use crate::detect::Heard;

/// What a picture shows, with times in seconds.
#[derive(Clone, Debug)]
pub(crate) struct Scene<'a> {
    /// How long the recording is.
    pub(crate) seconds: f64,
    /// Its loudness.
    pub(crate) wave: &'a Wave,
    /// Speech.
    pub(crate) speech: Vec<Span>,
    /// Beeps, tones of the network, digits and music.
    pub(crate) tones: Vec<Span>,
    /// Verdicts and the moment at which a message may start.
    pub(crate) marks: Vec<Mark>,
    /// When the call was answered, if not from the start.
    pub(crate) answered: Option<f64>,
}

/// A stretch of time and what it holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Span {
    /// Where it begins.
    pub(crate) from: f64,
    /// Where it ends.
    pub(crate) to: f64,
    /// What it is; may be empty.
    pub(crate) label: String,
}

/// A moment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mark {
    /// When.
    pub(crate) at: f64,
    /// What it is.
    pub(crate) kind: MarkKind,
    /// In a word or two.
    pub(crate) label: String,
}

/// The kinds of moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MarkKind {
    /// A verdict that was not said before.
    Verdict(AnsweredBy),
    /// The call was answered.
    Answered,
    /// A message may start.
    Ready,
    /// Something was told whose place is not known.
    Told,
}

impl<'a> Scene<'a> {
    /// The picture of what was heard.
    pub(crate) fn new(heard: &Heard, wave: &'a Wave) -> Self {
        let seconds = heard.audio.as_secs_f64().max(0.01);
        let mut scene = Self { seconds, wave, speech: vec![], tones: vec![], marks: vec![], answered: None };
        let mut open = Open::default();
        for event in &heard.events {
            scene.add(event.at.as_secs_f64(), &event.kind, &mut open);
        }
        if let Some(from) = open.speech {
            scene.speech.push(span(from, seconds, ""));
        }
        // A tone that began long ago and never ended as a beep proved to be something else.
        if let Some((from, hz)) = open.beep.filter(|(from, _)| seconds - from < LONGEST_BEEP) {
            scene.tones.push(span(from, seconds, &format!("{hz:.0} Hz …")));
        }
        if let Some(from) = open.music {
            scene.tones.push(span(from, seconds, "music"));
        }
        scene.tones.sort_by(|a, b| a.from.total_cmp(&b.from));
        if !scene.marks.iter().any(|mark| matches!(mark.kind, MarkKind::Verdict(_))) {
            let kind = MarkKind::Verdict(heard.verdict.answered_by);
            let label = heard.verdict.answered_by.word().to_owned();
            scene.marks.push(Mark { at: heard.verdict.at.as_secs_f64(), kind, label });
        }
        scene
    }

    fn add(&mut self, at: f64, kind: &EventKind, open: &mut Open) {
        let s = |at: MediaTime| at.as_secs_f64();
        match kind {
            EventKind::Answered => self.answered = Some(at),
            EventKind::SpeechStarted { started } => open.speech = Some(s(*started)),
            EventKind::SpeechEnded { started, ended } => {
                open.speech = None;
                self.speech.push(span(s(*started), s(*ended), ""));
            }
            EventKind::GreetingStarted { .. } | EventKind::GreetingEnded { .. } => {}
            EventKind::BeepStarted { started, hz } => open.beep = Some((s(*started), *hz)),
            EventKind::BeepEnded(beep) => {
                open.beep = None;
                self.tones.push(span(s(beep.started), s(beep.ended), &format!("{:.0} Hz", beep.hz)));
            }
            EventKind::Supervisory(tone) => self.lengthen(at, words::supervisory(*tone)),
            // When a special information tone is known, its three segments have sounded: about a second.
            EventKind::Sit(_) => self.tones.push(span((at - 1.0).max(0.0), at, "SIT")),
            // Where a fax's tone lies is not told, only when it is known.
            EventKind::Fax(_) => {
                if !self.marks.iter().any(|mark| mark.kind == MarkKind::Told) {
                    self.marks.push(Mark { at, kind: MarkKind::Told, label: "fax told".to_owned() });
                }
            }
            EventKind::Dtmf(digit) => {
                let from = s(digit.started);
                self.tones.push(span(from, from + digit.length.as_secs_f64(), &format!("DTMF {}", digit.digit)));
            }
            EventKind::MusicStarted => open.music = Some(at),
            EventKind::MusicEnded => {
                let from = open.music.take().unwrap_or(at);
                self.tones.push(span(from, at, "music"));
            }
            EventKind::Verdict(verdict) => {
                // Guesses, and what only confirms the verdict, would crowd the picture.
                let same = |mark: &Mark| matches!(mark.kind, MarkKind::Verdict(kind) if kind == verdict.answered_by);
                let last = self.marks.iter().rev().find(|mark| mark.kind != MarkKind::Told);
                if verdict.stage != Stage::Provisional && !last.is_some_and(same) {
                    let kind = MarkKind::Verdict(verdict.answered_by);
                    self.marks.push(Mark { at, kind, label: verdict.answered_by.word().to_owned() });
                }
            }
            EventKind::ReadyToRecord(_) => {
                self.marks.push(Mark { at, kind: MarkKind::Ready, label: "message".to_owned() });
            }
        }
    }

    /// A tone with a cadence is told at each of its cycles: they are one stretch.
    fn lengthen(&mut self, at: f64, label: &str) {
        match self.tones.iter_mut().rev().find(|tone| tone.label == label && at - tone.to < 7.0) {
            Some(tone) => tone.to = at,
            None => self.tones.push(span((at - 1.0).max(0.0), at, label)),
        }
    }
}

/// No beep is longer, in seconds.
const LONGEST_BEEP: f64 = 3.0;

/// What has begun and not ended.
#[derive(Default)]
struct Open {
    speech: Option<f64>,
    beep: Option<(f64, f32)>,
    music: Option<f64>,
}

fn span(from: f64, to: f64, label: &str) -> Span {
    Span { from, to, label: label.to_owned() }
}
