//! The heart of `offhook detect`: samples in, events out.

use std::sync::Arc;

use anyhow::Result;
use offhook_audio::MediaTime;
use offhook_detect::{Beep, Detector, Event, EventKind, Params, ReadyReason, Stage, Verdict};

use crate::sound::{Input, Sound};

/// Listens to `sound` to its end and says what was heard.
pub(crate) fn detect(sound: &mut Sound, params: &Arc<Params>, listener: &mut impl Listener) -> Result<Heard> {
    let mut detector = Detector::new(params);
    let mut events = Vec::new();
    while let Some(input) = sound.next(detector.listens())? {
        listener.input(input);
        let happened = match input {
            Input::Samples(samples) => detector.push(samples),
            Input::Fact(fact) => detector.note(fact),
        };
        for event in happened {
            listener.event(&event)?;
            events.push(event);
        }
    }
    let audio = detector.now();
    Ok(Heard { audio, events, verdict: detector.finish(), unanswered: sound.unanswered() })
}

/// What was heard in one recording.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    /// How long it is.
    pub(crate) audio: MediaTime,
    /// What happened, in order.
    pub(crate) events: Vec<Event>,
    /// The verdict that stands at its end.
    pub(crate) verdict: Verdict,
    /// When the call was said to be answered, if the recording ends before.
    pub(crate) unanswered: Option<MediaTime>,
}

impl Heard {
    /// The record tones, in order.
    pub(crate) fn beeps(&self) -> impl Iterator<Item = &Beep> {
        self.events.iter().filter_map(|event| match &event.kind {
            EventKind::BeepEnded(beep) => Some(beep),
            _ => None,
        })
    }

    /// The verdict that decided: the first final one since which nothing else was concluded. What came after only
    /// confirmed it.
    pub(crate) fn decided(&self) -> Verdict {
        let mut decided = None;
        for event in &self.events {
            if let EventKind::Verdict(verdict) = event.kind
                && verdict.stage != Stage::Provisional
                && decided.is_none_or(|d: Verdict| d.answered_by != verdict.answered_by)
            {
                decided = Some(verdict);
            }
        }
        decided.filter(|d| d.answered_by == self.verdict.answered_by).unwrap_or(self.verdict)
    }

    /// When a message might first start, and why. A moment told before it proved to be a person is none.
    pub(crate) fn ready(&self) -> Option<(MediaTime, ReadyReason)> {
        let mut ready = None;
        for event in &self.events {
            match event.kind {
                EventKind::ReadyToRecord(reason) => ready = ready.or(Some((event.at, reason))),
                EventKind::Verdict(verdict) if !verdict.answered_by.takes_messages() => ready = None,
                _ => {}
            }
        }
        ready
    }
}

/// Whoever wants to see what goes in and comes out while it happens.
pub(crate) trait Listener {
    /// This is about to be heard.
    fn input(&mut self, input: Input<'_>);
    /// This happened.
    fn event(&mut self, event: &Event) -> Result<()>;
}

/// Nobody.
impl Listener for () {
    fn input(&mut self, _: Input<'_>) {}
    fn event(&mut self, _: &Event) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use offhook_detect::{AnsweredBy, Cause, Probabilities};

    use super::*;

    fn verdict(answered_by: AnsweredBy, stage: Stage) -> Verdict {
        let probabilities = Probabilities::from_weights([1.0; AnsweredBy::ALL.len()]);
        let cause = Cause::Conversation { utterances: 2, voice: Duration::ZERO };
        let confidence = probabilities.of(answered_by);
        Verdict {
            answered_by,
            confidence,
            probabilities,
            cause,
            at: MediaTime::ZERO,
            stage,
            method: offhook_detect::Method::Heuristic,
        }
    }

    #[test]
    fn no_message_may_start_on_what_proved_to_be_a_person() {
        let voicemail = EventKind::Verdict(verdict(AnsweredBy::Voicemail, Stage::Final));
        let ready = EventKind::ReadyToRecord(ReadyReason::Silence { silence: Duration::from_secs(2) });
        let person = verdict(AnsweredBy::Human, Stage::Revised);
        let kinds = [voicemail, ready, EventKind::Verdict(person)];
        let events: Vec<_> = kinds.into_iter().map(|kind| Event { at: MediaTime::ZERO, kind }).collect();
        let mut heard = Heard { audio: MediaTime::ZERO, events, verdict: person, unanswered: None };
        assert_eq!(heard.ready(), None);
        heard.events.pop();
        assert!(heard.ready().is_some());
    }
}
