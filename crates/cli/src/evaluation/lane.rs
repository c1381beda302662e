//! Many detectors over the same recordings: each recording is decoded once.

use std::sync::Arc;

use anyhow::Result;
use offhook_detect::{Detector, EventKind, Params, Verdict};

use super::beeps::Span;
use super::figures::{Decision, Outcome};
use crate::sound::{Input, Sound};

/// One detector on its way through a recording, and what of its events figures need.
struct Lane {
    detector: Detector,
    verdicts: Vec<Verdict>,
    beeps: Vec<Span>,
    ready_ms: Option<f64>,
}

impl Lane {
    fn new(params: &Arc<Params>) -> Self {
        Self { detector: Detector::new(params), verdicts: Vec::new(), beeps: Vec::new(), ready_ms: None }
    }

    fn hear(&mut self, input: Input<'_>) {
        let events = match input {
            Input::Samples(samples) => self.detector.push(samples),
            Input::Fact(fact) => self.detector.note(fact),
        };
        for event in events {
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

    fn finish(self, audio_ms: f64) -> (Outcome, Verdict) {
        let Self { detector, verdicts, beeps, ready_ms } = self;
        let last = detector.finish();
        let first = Outcome::first_final(&verdicts, &last);
        let outcome = Outcome { first, last: Decision::from(&last), beeps, ready_ms, audio_ms };
        let acted_on = verdicts.into_iter().find(|v| v.stage == offhook_detect::Stage::Final).unwrap_or(last);
        (outcome, acted_on)
    }
}

/// What each of `all` says of `sound`, with the verdict that counts.
pub(crate) fn hear(sound: &mut Sound, all: &[Arc<Params>]) -> Result<Vec<(Outcome, Verdict)>> {
    let mut lanes: Vec<Lane> = all.iter().map(Lane::new).collect();
    while let Some(input) = sound.next()? {
        for lane in &mut lanes {
            lane.hear(input);
        }
    }
    let audio_ms = sound.position().as_secs_f64() * 1000.0;
    Ok(lanes.into_iter().map(|lane| lane.finish(audio_ms)).collect())
}
