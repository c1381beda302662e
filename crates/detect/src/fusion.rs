use std::time::Duration;

use offhook_audio::MediaTime;

use crate::config::{DecideConfig, DetectConfig};
use crate::detector::HopEvents;
use crate::event::{EventKind, Fact, Phase};
use crate::signals::{Beep, Signals, SpeechState, ToneBurst};
use crate::trackers::{Cadence, Ready};
use crate::verdict::{AnsweredBy, Cause, Probabilities, Stage, Verdict};

/// Weighs the signals over time and decides.
#[derive(Clone, Debug)]
pub(crate) struct Fusion {
    config: DetectConfig,
    phase: Phase,
    cadence: Cadence,
    speech: Option<MediaTime>,
    tone_sounding: bool,
    verdict: Option<Verdict>,
    ready: Option<Ready>,
    ready_given: bool,
    greeting_ended: bool,
}

impl Fusion {
    pub(crate) fn new(config: &DetectConfig) -> Self {
        Self {
            config: *config,
            phase: config.begins,
            cadence: Cadence::new(&config.cadence, MediaTime::ZERO),
            speech: None,
            tone_sounding: false,
            verdict: None,
            ready: None,
            ready_given: false,
            greeting_ended: false,
        }
    }

    pub(crate) fn verdict(&self) -> Option<&Verdict> {
        self.verdict.as_ref()
    }

    pub(crate) fn note(&mut self, fact: Fact, now: MediaTime, events: &mut HopEvents) {
        match fact {
            Fact::EarlyMedia => self.phase = Phase::Progress,
            Fact::Answered => {
                if self.phase == Phase::Progress {
                    self.phase = Phase::Analysis;
                    self.cadence = Cadence::new(&self.config.cadence, now);
                    events.put(now, EventKind::Answered);
                }
            }
            Fact::Dtmf(_) | Fact::BeepEnded => {}
        }
    }

    pub(crate) fn push(&mut self, signals: &Signals, events: &mut HopEvents) {
        let now = signals.at;
        let was = self.cadence.first_word;
        self.cadence.push(now, signals.voice.active && !signals.lost);
        match (signals.voice.state, self.speech) {
            (SpeechState::Speech, None) => {
                self.speech = Some(now);
                events.put(now, EventKind::SpeechStarted { started: now });
            }
            (SpeechState::Silence, Some(started)) => {
                self.speech = None;
                events.put(now, EventKind::SpeechEnded { started, ended: self.cadence.last_word_end });
            }
            _ => {}
        }
        match signals.tone {
            Some(ToneBurst::Sounding { started, hz }) if !self.tone_sounding => {
                self.tone_sounding = true;
                events.put(now, EventKind::BeepStarted { started, hz });
            }
            Some(ToneBurst::Ended(beep)) => {
                self.tone_sounding = false;
                self.beep(beep, now, events);
            }
            Some(ToneBurst::Rejected) => self.tone_sounding = false,
            _ => {}
        }
        if self.phase == Phase::Progress {
            return;
        }
        if let (None, Some(started)) = (was, self.cadence.first_word) {
            events.put(now, EventKind::GreetingStarted { started });
        }
        if self.verdict.is_none() {
            self.decide(now, events);
        }
        if let Some(ready) = &mut self.ready
            && !self.ready_given
            && let Some(reason) = ready.push(now, self.cadence.silence(), self.tone_sounding)
        {
            self.ready_given = true;
            events.put(now, EventKind::ReadyToRecord(reason));
        }
    }

    fn beep(&mut self, beep: Beep, now: MediaTime, events: &mut HopEvents) {
        events.put(now, EventKind::BeepEnded(beep));
        let cause = Cause::Beep { hz: beep.hz, length: beep.length(), level: beep.level };
        if self.verdict.is_none_or(|v| v.answered_by != AnsweredBy::Voicemail) {
            self.give(AnsweredBy::Voicemail, cause, now, events);
        }
        if let Some(ready) = &mut self.ready {
            ready.beep(beep.ended);
        }
    }

    fn needed(d: &DecideConfig, voice: Duration) -> Duration {
        if voice <= d.short_greeting {
            return d.after_greeting_silence;
        }
        let span = (d.long_greeting - d.short_greeting).as_secs_f32().max(0.001);
        let share = ((voice - d.short_greeting).as_secs_f32() / span).min(1.0);
        d.after_greeting_silence + (d.after_long_greeting_silence - d.after_greeting_silence).mul_f32(share)
    }

    fn decide(&mut self, now: MediaTime, events: &mut HopEvents) {
        let d = self.config.decide;
        let c = &self.cadence;
        let (voice, silence) = (c.voice, c.silence());
        if voice >= d.long_greeting {
            self.give(AnsweredBy::Voicemail, Cause::LongGreeting { voice, limit: d.long_greeting }, now, events);
        } else if c.first_word.is_some() {
            let limit = Self::needed(&d, voice);
            if silence >= limit && !c.sounding() {
                self.give(AnsweredBy::Human, Cause::ShortGreeting { voice, silence, limit }, now, events);
            }
        } else if silence >= d.initial_silence {
            self.give(AnsweredBy::Silence, Cause::InitialSilence { silence, limit: d.initial_silence }, now, events);
        }
        if self.verdict.is_none() && self.cadence.elapsed() >= d.total_time {
            let cause = Cause::Timeout { elapsed: self.cadence.elapsed(), voice, limit: d.total_time };
            self.give(AnsweredBy::Unknown, cause, now, events);
        }
    }

    fn give(&mut self, answered_by: AnsweredBy, cause: Cause, at: MediaTime, events: &mut HopEvents) {
        let stage = if self.verdict.is_some() { Stage::Revised } else { Stage::Final };
        let verdict = Self::verdict_of(answered_by, cause, at, stage);
        self.verdict = Some(verdict);
        events.put(at, EventKind::Verdict(verdict));
        if answered_by.takes_messages() && self.ready.is_none() {
            self.ready = Some(Ready::new(&self.config.ready, at));
        }
        let _ = self.greeting_ended;
    }

    fn verdict_of(answered_by: AnsweredBy, cause: Cause, at: MediaTime, stage: Stage) -> Verdict {
        let mut weights = [0.01; AnsweredBy::ALL.len()];
        weights[answered_by.index()] = 1.0;
        let probabilities = Probabilities::from_weights(weights);
        Verdict { answered_by, confidence: probabilities.of(answered_by), probabilities, cause, at, stage }
    }

    pub(crate) fn finish(self, now: MediaTime) -> Verdict {
        let cause = Cause::HungUp { elapsed: self.cadence.elapsed(), voice: self.cadence.voice };
        self.verdict.unwrap_or_else(|| Self::verdict_of(AnsweredBy::Unknown, cause, now, Stage::Final))
    }
}
