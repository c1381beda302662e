//! Many detectors over the same recordings: each recording is decoded once.

use std::sync::Arc;

use anyhow::Result;
use offhook_detect::{Detector, EventKind, Outcome, Params, Stage, Verdict};

use super::beeps::Span;
use super::figures::{Decision, Said};
use crate::sound::{Input, Sound};

/// One detector on its way through a recording, and what of its events figures need.
struct Lane {
    detector: Detector,
    verdicts: Vec<Verdict>,
    beeps: Vec<Span>,
    ready_ms: Option<f64>,
    wording: Outcome,
}

impl Lane {
    fn new(params: &Arc<Params>) -> Self {
        Self {
            detector: Detector::new(params),
            verdicts: Vec::new(),
            beeps: Vec::new(),
            ready_ms: None,
            wording: Outcome::default(),
        }
    }

    fn hear(&mut self, input: Input<'_>) {
        let events = match input {
            Input::Samples(samples) => self.detector.push(samples),
            Input::Fact(fact) => self.detector.note(fact),
        };
        for event in events {
            self.wording.note(&event);
            match event.kind {
                EventKind::Verdict(verdict) => self.verdicts.push(verdict),
                EventKind::BeepEnded(beep) => {
                    let ms = |at: offhook_audio::MediaTime| at.as_secs_f64() * 1000.0;
                    self.beeps.push(Span { start_ms: ms(beep.started), end_ms: ms(beep.ended) });
                }
                EventKind::ReadyToRecord(_) => {
                    self.ready_ms.get_or_insert(event.at.as_secs_f64() * 1000.0);
                }
                _ => {}
            }
        }
    }

    fn finish(self, audio_ms: f64) -> Heard {
        let Self { detector, verdicts, beeps, ready_ms, wording } = self;
        let last = detector.finish();
        let decided = verdicts.into_iter().find(|verdict| verdict.stage == Stage::Final).unwrap_or(last);
        let (first, last) = (Decision::from(&decided), Decision::from(&last));
        Heard { said: Said { first, last, beeps, ready_ms, audio_ms }, decided, wording }
    }
}

/// What one detector made of a recording.
pub(crate) struct Heard {
    /// What figures need.
    pub(crate) said: Said,
    /// The verdict that counts: the first final one, or the one at the hang-up.
    pub(crate) decided: Verdict,
    /// What vocabularies need beside it.
    pub(crate) wording: Outcome,
}

/// What each of `all` makes of `sound`.
pub(crate) fn hear(sound: &mut Sound, all: &[Arc<Params>]) -> Result<Vec<Heard>> {
    let mut lanes: Vec<Lane> = all.iter().map(Lane::new).collect();
    while let Some(input) = sound.next(lanes.iter().any(|lane| lane.detector.listens()))? {
        for lane in &mut lanes {
            lane.hear(input);
        }
    }
    let audio_ms = sound.position().as_secs_f64() * 1000.0;
    Ok(lanes.into_iter().map(|lane| lane.finish(audio_ms)).collect())
}
