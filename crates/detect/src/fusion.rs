use std::time::Duration;

use offhook_audio::{Dbm0, MediaTime};

use crate::classic::ClassicRules;
use crate::config::DetectConfig;
use crate::detector::HopEvents;
use crate::event::{EventKind, Fact, Phase};
use crate::learned::Learned;
use crate::method::Method;
use crate::odds::{self, Heard};
use crate::rules;
use crate::signals::{Beep, Signals, SpeechState, ToneBurst};
use crate::tables;
use crate::trackers::{Cadence, Inputs, Music, Ready, Weigh};
use crate::verdict::{AnsweredBy, Cause, Probabilities, Probability, Stage, Verdict};
use crate::weighing;

/// A turn in a conversation: no longer than this, and this much silence before and after it.
const TURN: Duration = Duration::from_millis(1300);
const TURN_SILENCE: Duration = Duration::from_millis(1200);
/// Turns that make a conversation.
const TURNS: u16 = 2;
/// Surely no person says it: below this probability the end of the call leaves the verdict open.
const SURE: f32 = 0.9;

/// Weighs the signals over time and decides who, or what, picked up; then follows a machine to where a message may
/// start. The only place that looks across time and across analysers.
#[derive(Clone, Debug)]
pub(crate) struct Fusion {
    config: DetectConfig,
    phase: Phase,
    cadence: Cadence,
    classic: ClassicRules,
    weigh: Weigh,
    music: Music,
    /// When the speech going on began.
    speech: Option<MediaTime>,
    tone_told: bool,
    /// A fax or special information tone was heard: tones are its, not a machine's.
    signalling: bool,
    greeting_started: bool,
    greeting_ended: bool,
    verdict: Option<Verdict>,
    /// That verdict is from before the answer.
    early: bool,
    ready: Option<Ready>,
    /// Turns taken after a verdict for a machine.
    turns: u16,
}

impl Fusion {
    pub(crate) fn new(config: &DetectConfig) -> Self {
        Self {
            config: *config,
            phase: config.begins,
            cadence: Cadence::new(&config.cadence, MediaTime::ZERO),
            classic: ClassicRules::new(&config.classic),
            weigh: Weigh::new(),
            music: Music::new(&config.music),
            speech: None,
            tone_told: false,
            signalling: false,
            greeting_started: false,
            greeting_ended: false,
            verdict: None,
            early: false,
            ready: None,
            turns: 0,
        }
    }

    pub(crate) fn verdict(&self) -> Option<&Verdict> {
        self.verdict.as_ref()
    }

    /// Whether the call is not answered yet.
    pub(crate) fn before_answer(&self) -> bool {
        self.phase == Phase::Progress
    }

    /// Whether the net has something to say: from the answer on, to the final verdict or the end.
    pub(crate) fn listens(&self) -> bool {
        self.phase == Phase::Analysis && (self.open() || !self.config.weigh.rest)
    }

    /// What the models are weighed by now.
    pub(crate) fn inputs(&self, learned: &Learned) -> Option<Inputs> {
        let listens = self.phase == Phase::Analysis && self.open() && self.cadence.first_word.is_some();
        listens.then(|| self.weigh.inputs(learned, self.cadence.sounding()))
    }

    /// How likely a machine is, by all that was weighed so far.
    pub(crate) fn machine(&self) -> Option<Probability> {
        let weighed = self.weigh.last().filter(|_| self.cadence.first_word.is_some())?;
        Some(Probability::saturating(weighed.machine))
    }

    pub(crate) fn note(&mut self, fact: Fact, now: MediaTime, events: &mut HopEvents) {
        match fact {
            Fact::EarlyMedia => self.phase = Phase::Progress,
            Fact::Answered if self.phase == Phase::Progress => {
                // All that is weighed begins anew; a verdict from before stands until the call says otherwise.
                let cadence = Cadence::new(&self.config.cadence, now);
                let phase = Phase::Analysis;
                let (speech, verdict) = (self.speech, self.verdict);
                let early = verdict.is_some();
                *self = Self { phase, cadence, speech, verdict, early, ..Self::new(&self.config) };
                events.put(now, EventKind::Answered);
            }
            Fact::Answered => {}
            Fact::Dtmf(digit) => events
                .put(now, EventKind::Dtmf(crate::signals::DtmfDigit { digit, started: now, length: Duration::ZERO })),
            Fact::BeepEnded { hz } => {
                let hz = if hz.is_finite() { hz } else { 0.0 };
                let level = Dbm0::default();
                self.beep(Beep { started: now, ended: now, hz, second_hz: None, level }, now, events);
            }
            Fact::Score { machine } => self.weigh.outside(machine),
        }
    }

    pub(crate) fn push(&mut self, signals: &Signals, learned: Option<&Learned>, events: &mut HopEvents) {
        let now = signals.at;
        let tone = self.tone_told || signals.dtmf_sounding || signals.supervisory_sounding;
        self.music.push(signals, tone);
        // Noise can be as loud as a voice: where there is a net, it has to agree.
        let noise = signals.line.is_some_and(|line| line.hears_no_voice());
        let voice = signals.voice.active && !tone && !noise && !self.music.playing();
        if signals.lost {
            self.cadence.push_gap(now);
        } else {
            self.cadence.push(now, voice, signals.voice.voiced);
        }
        if learned.is_some() && self.phase == Phase::Analysis && self.open() {
            self.weigh.push(signals, voice);
        }
        self.tell_speech(signals, events);
        self.tell_tones(signals, events);
        if self.phase == Phase::Progress {
            return;
        }
        if !self.greeting_started
            && let Some(started) = self.cadence.first_word
        {
            self.greeting_started = true;
            events.put(now, EventKind::GreetingStarted { started });
        }
        if signals.supervisory_sounding {
            self.cadence.ringing();
            self.weigh.ringing();
        }
        match self.config.decide.method {
            Method::Classic => {
                if let Some((who, cause)) = self.classic.push(signals) {
                    self.give(who, cause, now, events);
                }
            }
            _ => self.decide(now, learned, events),
        }
        self.follow(now, events);
    }

    fn tell_speech(&mut self, signals: &Signals, events: &mut HopEvents) {
        let now = signals.at;
        match (signals.voice.state, self.speech) {
            (SpeechState::Speech, None) => {
                let started = signals.voice.since;
                self.speech = Some(started);
                events.put(now, EventKind::SpeechStarted { started });
            }
            (SpeechState::Silence, Some(started)) => {
                self.speech = None;
                events.put(now, EventKind::SpeechEnded { started, ended: signals.voice.since });
            }
            _ => {}
        }
    }

    fn tell_tones(&mut self, signals: &Signals, events: &mut HopEvents) {
        let now = signals.at;
        if let Some(code) = signals.sit {
            self.signalling = true;
            events.put(now, EventKind::Sit(code));
            self.give_by_tone(AnsweredBy::Sit(code), Cause::Sit { code }, now, events);
        }
        if let Some(tone) = signals.fax {
            self.signalling = true;
            events.put(now, EventKind::Fax(tone));
            self.give_by_tone(AnsweredBy::Fax, Cause::Fax { tone }, now, events);
        }
        if let Some(tone) = signals.supervisory {
            events.put(now, EventKind::Supervisory(tone));
            // Whoever hangs up leaves a busy tone behind, and was who they were all the same.
            let known = self
                .final_verdict()
                .is_some_and(|v| !matches!(v.answered_by, AnsweredBy::Silence | AnsweredBy::Unknown));
            if tables::ends_the_call(tone) && !known {
                self.give_by_tone(AnsweredBy::Announcement, Cause::Supervisory { tone }, now, events);
            }
        }
        if let Some(digit) = signals.dtmf {
            events.put(now, EventKind::Dtmf(digit));
        }
        match self.music.change() {
            Some(true) => events.put(now, EventKind::MusicStarted),
            Some(false) => events.put(now, EventKind::MusicEnded),
            None => {}
        }
        match signals.tone {
            Some(ToneBurst::Sounding { started, hz }) if !self.tone_told => {
                self.tone_told = true;
                events.put(now, EventKind::BeepStarted { started, hz });
            }
            Some(ToneBurst::Sounding { .. }) | None => {}
            Some(ToneBurst::Ended(beep)) => {
                self.tone_told = false;
                let other =
                    self.music.played_before(beep.started) || tables::is_fax(&beep, self.cadence.first_word.is_some());
                if !other {
                    self.beep(beep, now, events);
                }
            }
            Some(ToneBurst::Rejected) => self.tone_told = false,
        }
    }

    fn beep(&mut self, beep: Beep, now: MediaTime, events: &mut HopEvents) {
        if self.phase == Phase::Progress || self.signalling {
            return;
        }
        events.put(now, EventKind::BeepEnded(beep));
        let cause = Cause::Beep { hz: beep.hz, length: beep.length(), level: beep.level };
        self.give_by_tone(AnsweredBy::Voicemail, cause, now, events);
        self.await_message(now);
        if let Some(ready) = &mut self.ready {
            ready.beep(beep.ended);
        }
    }

    /// Begins to wait for the moment of the message, once a machine that takes messages has answered.
    fn await_message(&mut self, now: MediaTime) {
        if self.ready.is_none() && self.final_verdict().is_some_and(|v| v.answered_by.takes_messages()) {
            self.ready = Some(Ready::new(&self.config.ready, now));
        }
    }

    /// Whether a verdict is still to be found: there is none, or one that anything better replaces.
    fn open(&self) -> bool {
        self.verdict.is_none_or(|v| {
            v.stage == Stage::Provisional
                || matches!(v.answered_by, AnsweredBy::Silence | AnsweredBy::Unknown)
                || self.early
        })
    }

    fn decide(&mut self, now: MediaTime, learned: Option<&Learned>, events: &mut HopEvents) {
        if !self.open() {
            return self.hear_turns(now, events);
        }
        let d = self.config.decide;
        let (silence, elapsed) = (self.cadence.silence(), self.cadence.elapsed());
        let by_voice = self.by_voice(learned);
        // Where something was said, a net has to agree that it is music and no voice.
        let music = self.cadence.first_word.is_none() || self.weigh.agrees_on_music();
        if let Some(length) = self.music.lasting().filter(|_| music) {
            self.give(AnsweredBy::Ivr, Cause::Music { length }, now, events);
        } else if let Some((who, cause)) = by_voice {
            self.give(who, cause, now, events);
        } else if self.final_verdict().is_some() {
            // Silence and unknown stand until there is better.
        } else if self.cadence.first_word.is_none() && silence >= d.initial_silence {
            let cause = Cause::InitialSilence { silence, limit: d.initial_silence };
            self.give(AnsweredBy::Silence, cause, now, events);
        } else if elapsed >= d.total_time {
            let (voice, limit) = (self.cadence.turn_voice, d.total_time);
            let audio = self.cadence.audio;
            let cause =
                if audio { Cause::Timeout { elapsed, voice, limit } } else { Cause::NoAudio { elapsed, limit } };
            self.give(AnsweredBy::Unknown, cause, now, events);
        } else if let Some((who, cause)) = self.likeliest(learned) {
            self.guess(who, cause, now, events);
        }
    }

    /// Who it is by what was said and how, if that is clear.
    fn by_voice(&mut self, learned: Option<&Learned>) -> Option<(AnsweredBy, Cause)> {
        let Self { config, cadence, weigh, music, .. } = self;
        let (d, music) = (&config.decide, music.likely());
        match d.method {
            Method::Classic | Method::Avmd => None,
            Method::Heuristic => rules::decided(d, cadence, music),
            Method::Hybrid => {
                let learned = learned?;
                // What the models take for a machine is no clear case of a person.
                let doubted = weigh.opinion(learned, cadence.sounding()).is_some_and(|opinion| opinion.machine >= 0.5);
                rules::clear(d, cadence, music)
                    .filter(|(who, _)| !(*who == AnsweredBy::Human && doubted))
                    .or_else(|| weighing::decided(&config.weigh, cadence, weigh, learned, music))
            }
            Method::Ai => weighing::decided(&config.weigh, cadence, weigh, learned?, music),
        }
    }

    /// Who is the likeliest, before that is clear.
    fn likeliest(&mut self, learned: Option<&Learned>) -> Option<(AnsweredBy, Cause)> {
        match self.config.decide.method {
            Method::Classic | Method::Avmd => None,
            Method::Heuristic => rules::likeliest(&self.config.decide, &self.cadence),
            Method::Hybrid | Method::Ai => {
                let told = self.verdict.map(|verdict| verdict.answered_by);
                weighing::likeliest(&self.cadence, &mut self.weigh, learned?, told)
            }
        }
    }

    /// Short turns with silence around them, after a verdict for a machine by its voice alone, are a person who waits
    /// for an answer.
    fn hear_turns(&mut self, now: MediaTime, events: &mut HopEvents) {
        let by_voice =
            |cause: &Cause| matches!(cause, Cause::LongGreeting { .. } | Cause::Cadence { .. } | Cause::Weighed { .. });
        if !self.verdict.is_some_and(|v| v.answered_by.is_machine() && by_voice(&v.cause)) {
            return;
        }
        let c = &self.cadence;
        if c.silence() != TURN_SILENCE || c.utterances < 2 {
            return;
        }
        let turn = c.utterance_voice <= TURN && c.pause_before >= TURN_SILENCE;
        self.turns = if turn { self.turns + 1 } else { 0 };
        if self.turns >= TURNS {
            let cause = Cause::Conversation { utterances: self.turns, voice: c.utterance_voice };
            self.ready = None;
            self.give(AnsweredBy::Human, cause, now, events);
        }
    }

    /// After a verdict for a machine that takes messages: until one may start.
    fn follow(&mut self, now: MediaTime, events: &mut HopEvents) {
        let silence = self.cadence.silence();
        let Some(verdict) = self.final_verdict() else { return };
        self.await_message(now);
        let spoken = !self.cadence.voice.is_zero();
        let ready = match &mut self.ready {
            Some(ready) if verdict.answered_by.takes_messages() => ready.push(now, silence, self.tone_told, spoken),
            _ => None,
        };
        let over = ready.is_some() || silence >= self.config.ready.silence || verdict.answered_by == AnsweredBy::Human;
        if over && self.greeting_started && !self.greeting_ended {
            self.greeting_ended = true;
            let (ended, voice) = (self.cadence.last_word_end, self.cadence.voice);
            events.put(now, EventKind::GreetingEnded { ended, voice });
        }
        if let Some(reason) = ready {
            events.put(now, EventKind::ReadyToRecord(reason));
        }
    }

    fn final_verdict(&self) -> Option<Verdict> {
        self.verdict.filter(|v| v.stage != Stage::Provisional)
    }

    /// A verdict by a tone. The classic rules hear none. In the middle of a conversation, and after it, lines beep for
    /// other reasons: a person stays one once the time for a decision is over.
    fn give_by_tone(&mut self, who: AnsweredBy, cause: Cause, now: MediaTime, events: &mut HopEvents) {
        let person = self.final_verdict().is_some_and(|v| v.answered_by == AnsweredBy::Human);
        let late = self.cadence.elapsed() > self.config.decide.total_time;
        if self.config.decide.method != Method::Classic && !(person && late) {
            self.give(who, cause, now, events);
        }
    }

    /// A verdict to act on. It stands unless a later one says otherwise, or says the same for a surer cause.
    fn give(&mut self, who: AnsweredBy, cause: Cause, now: MediaTime, events: &mut HopEvents) {
        let earlier = self.final_verdict();
        let surer = matches!(cause, Cause::Beep { .. });
        if earlier.is_some_and(|v| v.answered_by == who && !(surer && v.cause.word() != cause.word())) {
            return;
        }
        let stage = if earlier.is_some() { Stage::Revised } else { Stage::Final };
        self.put(who, cause, now, stage, events);
    }

    /// The likeliest so far, told when it changes.
    fn guess(&mut self, who: AnsweredBy, cause: Cause, now: MediaTime, events: &mut HopEvents) {
        if self.verdict.is_none_or(|v| v.answered_by != who) {
            self.put(who, cause, now, Stage::Provisional, events);
        }
    }

    fn put(&mut self, who: AnsweredBy, cause: Cause, at: MediaTime, stage: Stage, events: &mut HopEvents) {
        let probabilities = match self.config.decide.method {
            Method::Classic => odds::classic(who),
            _ => odds::probabilities(who, &cause, &self.heard()),
        };
        let confidence = probabilities.of(who);
        let verdict =
            Verdict { answered_by: who, confidence, probabilities, cause, at, stage, method: self.method_of(&cause) };
        self.verdict = Some(verdict);
        self.early = false;
        events.put(at, EventKind::Verdict(verdict));
    }

    /// What decided, by the cause it gave.
    fn method_of(&self, cause: &Cause) -> Method {
        match (cause, self.config.decide.method) {
            (_, Method::Classic) => Method::Classic,
            (Cause::Beep { .. } | Cause::Sit { .. } | Cause::Fax { .. } | Cause::Supervisory { .. }, _) => Method::Avmd,
            (Cause::Weighed { .. }, method) => method,
            _ => Method::Heuristic,
        }
    }

    fn heard(&self) -> Heard {
        let c = &self.cadence;
        let opinion = self.weigh.last().filter(|_| c.first_word.is_some());
        Heard { voice: c.turn_voice, silence: c.silence(), elapsed: c.elapsed(), opinion }
    }

    pub(crate) fn finish(self, now: MediaTime) -> Verdict {
        if let Some(verdict) = self.final_verdict() {
            return verdict;
        }
        let mut heard = self.heard();
        if self.phase == Phase::Progress {
            // Nobody answered: what was heard on the way is evidence of nobody.
            heard.voice = Duration::ZERO;
            heard.elapsed = Duration::ZERO;
        }
        let probabilities = Probabilities::from_weights(odds::likely(&heard));
        let by_voice = self.config.decide.method != Method::Avmd;
        let likeliest = AnsweredBy::ALL.into_iter().find(|&k| by_voice && probabilities.of(k).get() >= SURE);
        let answered_by = likeliest.unwrap_or(AnsweredBy::Unknown);
        let cause = Cause::HungUp { elapsed: heard.elapsed, voice: heard.voice };
        let confidence = probabilities.of(answered_by);
        Verdict {
            answered_by,
            confidence,
            probabilities,
            cause,
            at: now,
            stage: Stage::Final,
            method: self.method_of(&cause),
        }
    }
}
