//! The heart of `offhook detect`: samples in, events out.

use std::sync::Arc;

use anyhow::Result;
use offhook_audio::MediaTime;
use offhook_detect::{Beep, Detector, Event, EventKind, Params, ReadyReason, Verdict};
use offhook_server::session::Course;

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

    /// The verdict that decided; what came after only confirmed it.
    pub(crate) fn decided(&self) -> Verdict {
        self.course().decided(self.verdict)
    }

    /// When a message might first start, and why. A moment told before it proved to be a person is none.
    pub(crate) fn ready(&self) -> Option<(MediaTime, ReadyReason)> {
        self.course().ready()
    }

    /// What the events come to.
    pub(crate) fn course(&self) -> Course {
        self.events.iter().collect()
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
