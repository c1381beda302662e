//! What a call's events come to: which verdict decided, and when a message might start.

use offhook_audio::MediaTime;
use offhook_detect::{Event, EventKind, Outcome, ReadyReason, Stage, Verdict};

/// Follows a call's events.
#[derive(Clone, Copy, Debug, Default)]
pub struct Course {
    decided: Option<Verdict>,
    ready: Option<(MediaTime, ReadyReason)>,
    outcome: Outcome,
}

impl Course {
    /// Takes the next event.
    pub fn note(&mut self, event: &Event) {
        self.outcome.note(event);
        match event.kind {
            EventKind::ReadyToRecord(reason) => self.ready = self.ready.or(Some((event.at, reason))),
            EventKind::Verdict(verdict) => {
                if !verdict.answered_by.takes_messages() {
                    self.ready = None;
                }
                let anew = self.decided.is_none_or(|decided| decided.answered_by != verdict.answered_by);
                if verdict.stage != Stage::Provisional && anew {
                    self.decided = Some(verdict);
                }
            }
            _ => {}
        }
    }

    /// The verdict that decided, where `last` stands at the end: the first final one since which nothing else was
    /// concluded. What came after only confirmed it.
    pub fn decided(&self, last: Verdict) -> Verdict {
        self.decided.filter(|decided| decided.answered_by == last.answered_by).unwrap_or(last)
    }

    /// When a message might first start, and why. A moment told before it proved to be a person is none.
    pub fn ready(&self) -> Option<(MediaTime, ReadyReason)> {
        self.ready
    }

    /// What the vocabularies of other systems need beside the verdict.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }
}

impl<'a> FromIterator<&'a Event> for Course {
    fn from_iter<T: IntoIterator<Item = &'a Event>>(events: T) -> Self {
        let mut course = Self::default();
        events.into_iter().for_each(|event| course.note(event));
        course
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
        let events: Vec<Event> = kinds.into_iter().map(|kind| Event { at: MediaTime::ZERO, kind }).collect();
        assert_eq!(events.iter().collect::<Course>().ready(), None);
        assert!(events[..2].iter().collect::<Course>().ready().is_some());
    }
}
