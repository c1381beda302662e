use std::sync::Arc;

use offhook_audio::{HOP, MediaTime};

use crate::analysers::{
    BeepAnalyser, DtmfAnalyser, FaxAnalyser, Front, Hop, MusicAnalyser, SitAnalyser, SupervisoryAnalyser, VadAnalyser,
    measure,
};
use crate::config::{ConfigError, DetectConfig};
use crate::ear::Ear;
use crate::event::{Event, EventKind, Fact};
use crate::fusion::Fusion;
use crate::learned::Learned;
use crate::model::Model;
use crate::net::{NetState, Network};
use crate::signals::{Signals, Voice};
use crate::trackers::Inputs;
use crate::verdict::{Probability, Verdict};

/// What the engine uses: a checked configuration, the tables made from it, and the learned models. Read-only; share one
/// among all calls with the same settings.
pub struct Params {
    config: DetectConfig,
    learned: Option<Learned>,
    transform: crate::analysers::Transform,
}

impl Params {
    /// Checks `config` and prepares the tables. What is learned comes from [`Model::builtin`], if `decide.method` asks
    /// for it.
    ///
    /// # Errors
    /// [`ConfigError`] names the field, what was given and what is allowed.
    pub fn new(config: DetectConfig) -> Result<Self, ConfigError> {
        Self::make(config, Model::builtin)
    }

    /// The same with a model of the user's.
    ///
    /// # Errors
    /// [`ConfigError`] names the field, what was given and what is allowed.
    pub fn with_model(config: DetectConfig, model: Arc<Model>) -> Result<Self, ConfigError> {
        Self::make(config, || model)
    }

    fn make(config: DetectConfig, model: impl FnOnce() -> Arc<Model>) -> Result<Self, ConfigError> {
        config.check()?;
        let learned = config.decide.method.learned().then(|| Learned::new(model(), &config.weigh));
        Ok(Self { config, learned, transform: crate::analysers::Transform::new() })
    }

    /// The model in use; `None` where the method uses none.
    pub fn model(&self) -> Option<&Arc<Model>> {
        self.learned.as_ref().map(Learned::model)
    }

    /// The probability of a machine from which one is called, at the operating point asked for; `None` where the method
    /// uses no model. Where a model outside speaks ([`Fact::Score`]) it is that of timing and net together.
    pub fn threshold(&self) -> Option<Probability> {
        self.learned.as_ref().map(|learned| Probability::saturating(learned.own.threshold))
    }

    pub(crate) fn network(&self) -> Option<&Network> {
        self.learned.as_ref().and_then(Learned::network)
    }

    /// The configuration in use.
    pub fn config(&self) -> &DetectConfig {
        &self.config
    }
}

impl std::fmt::Debug for Params {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Params").field("config", &self.config).finish_non_exhaustive()
    }
}

/// The most events one hop can give: at most two an analyser or tracker.
const MOST_EVENTS: usize = 20;

/// The events of one hop, in order.
#[derive(Clone)]
pub(crate) struct HopEvents {
    slots: [Option<Event>; MOST_EVENTS],
    next: usize,
    filled: usize,
}

impl HopEvents {
    const fn new() -> Self {
        Self { slots: [None; MOST_EVENTS], next: 0, filled: 0 }
    }

    pub(crate) fn put(&mut self, at: MediaTime, kind: EventKind) {
        debug_assert!(self.filled < MOST_EVENTS, "a hop gives no more than {MOST_EVENTS} events");
        if let Some(slot) = self.slots.get_mut(self.filled) {
            *slot = Some(Event { at, kind });
            self.filled += 1;
        }
    }

    fn take(&mut self) -> Option<Event> {
        if self.next == self.filled {
            (self.next, self.filled) = (0, 0);
            return None;
        }
        self.next += 1;
        self.slots[self.next - 1]
    }
}

/// Listens to what one party of a call sends, and tells who, or what, it is.
///
/// Samples are pushed as they come; lost ones are counted with [`Self::push_gap`]; what signalling knows is given with
/// [`Self::note`]. The verdict can be asked for at any time, and [`Self::finish`] always gives one.
#[derive(Clone)]
pub struct Detector {
    params: Arc<Params>,
    samples: [f32; HOP],
    sum_abs: u32,
    filled: usize,
    lost_in_hop: usize,
    now: MediaTime,
    front: Front,
    vad: VadAnalyser,
    beep: BeepAnalyser,
    supervisory: SupervisoryAnalyser,
    sit: SitAnalyser,
    fax: FaxAnalyser,
    dtmf: DtmfAnalyser,
    music: MusicAnalyser,
    ear: Option<Ear>,
    signals: Signals,
    /// A hop was heard and not judged yet.
    heard: bool,
    fusion: Fusion,
    pending: HopEvents,
}

impl Detector {
    /// A detector at media time zero.
    pub fn new(params: &Arc<Params>) -> Self {
        let config = &params.config;
        Self {
            params: Arc::clone(params),
            samples: [0.0; HOP],
            sum_abs: 0,
            filled: 0,
            lost_in_hop: 0,
            now: MediaTime::ZERO,
            front: Front::new(&params.transform),
            vad: VadAnalyser::new(&config.vad),
            beep: BeepAnalyser::new(&config.beep, config.tone.country),
            supervisory: SupervisoryAnalyser::new(config.tone.country),
            sit: SitAnalyser::new(),
            fax: FaxAnalyser::new(),
            dtmf: DtmfAnalyser::new(),
            music: MusicAnalyser::new(),
            ear: params.learned.as_ref().and_then(Ear::new),
            signals: Signals::default(),
            heard: false,
            fusion: Fusion::new(config),
            pending: HopEvents::new(),
        }
    }

    /// Hears `samples` (8 kHz, one channel, any number) and gives what happened in them. The work is done as the
    /// events are taken; dropping them finishes it.
    pub fn push<'a>(&'a mut self, samples: &'a [i16]) -> Events<'a> {
        Events { detector: self, rest: Rest::Samples(samples) }
    }

    /// `samples` samples existed but never arrived (loss, silence suppression, a stall): time moves, evidence does not.
    pub fn push_gap(&mut self, samples: u64) -> Events<'_> {
        Events { detector: self, rest: Rest::Gap(samples) }
    }

    /// Takes note of what audio cannot tell. It counts from the hop being filled.
    pub fn note(&mut self, fact: Fact) -> Events<'_> {
        if fact == Fact::Answered {
            // What rang or played before the answer is no memory of the call.
            self.music.reset();
            if let Some(ear) = self.ear.as_mut().filter(|_| self.fusion.before_answer()) {
                ear.reset();
            }
        }
        self.fusion.note(fact, self.now, &mut self.pending);
        Events { detector: self, rest: Rest::Gap(0) }
    }

    /// The verdict so far: the latest provisional, final or revised one.
    pub fn verdict(&self) -> Option<&Verdict> {
        self.fusion.verdict()
    }

    /// The media time reached, in samples.
    pub fn now(&self) -> MediaTime {
        self.now
    }

    /// What the analysers said of the last whole hop.
    pub fn signals(&self) -> &Signals {
        &self.signals
    }

    /// The parameters in use.
    pub fn params(&self) -> &Arc<Params> {
        &self.params
    }

    /// What the learned models are weighed by at this moment, and the rhythm so far; `None` before the first word, once
    /// the verdict is final, and where the method uses no model. For training and for pictures.
    pub fn inputs(&self) -> Option<Inputs> {
        self.fusion.inputs(self.params.learned.as_ref()?)
    }

    /// How likely a machine is, by all that was weighed so far: what reaches [`Params::threshold`] when one is called.
    /// `None` before the first word, and where the method uses no model. Once the verdict is final, what was weighed last.
    pub fn machine(&self) -> Option<Probability> {
        self.fusion.machine()
    }

    /// Whether it still matters what a net, or a model outside ([`Fact::Score`]), says: from the answer on, up to the final
    /// verdict if `weigh.rest` is set, under a method that uses models.
    pub fn listens(&self) -> bool {
        self.params.learned.is_some() && self.fusion.listens()
    }

    /// The call is over: the verdict that stands, or the likeliest one if none had become final.
    pub fn finish(self) -> Verdict {
        self.fusion.finish(self.now)
    }

    /// Starts again at media time zero with the same parameters: equal to a new detector, without allocating.
    pub fn reset(&mut self) {
        self.filled = 0;
        self.sum_abs = 0;
        self.lost_in_hop = 0;
        self.now = MediaTime::ZERO;
        self.front.reset();
        self.vad.reset();
        self.beep.reset();
        self.supervisory.reset();
        self.sit.reset();
        self.fax.reset();
        self.dtmf.reset();
        self.music.reset();
        if let Some(ear) = &mut self.ear {
            ear.reset();
        }
        self.signals = Signals::default();
        self.heard = false;
        self.fusion = Fusion::new(&self.params.config);
        self.pending = HopEvents::new();
    }

    /// Takes samples until a hop is whole; gives back what is left.
    pub(crate) fn fill<'s>(&mut self, samples: &'s [i16]) -> &'s [i16] {
        let n = (HOP - self.filled).min(samples.len());
        let (now, later) = samples.split_at(n);
        for (slot, &sample) in self.samples[self.filled..].iter_mut().zip(now) {
            *slot = f32::from(sample) / 32_768.0;
            self.sum_abs += u32::from(sample.unsigned_abs());
        }
        self.advance(n);
        later
    }

    /// Takes lost samples until a hop is whole; gives back how many are left.
    fn skip(&mut self, lost: u64) -> u64 {
        let n = lost.min((HOP - self.filled) as u64) as usize;
        self.samples[self.filled..self.filled + n].fill(0.0);
        self.lost_in_hop += n;
        self.advance(n);
        lost - n as u64
    }

    fn advance(&mut self, n: usize) {
        self.filled += n;
        self.now = MediaTime::from_samples(self.now.samples() + n as u64);
        if self.filled == HOP {
            if self.lost_in_hop > 0 {
                self.analyse_gap()
            } else {
                self.analyse()
            }
            self.heard = true;
            self.filled = 0;
            self.sum_abs = 0;
            self.lost_in_hop = 0;
        }
    }

    fn analyse(&mut self) {
        let level = measure(&self.samples, self.sum_abs);
        let spectrum = self.front.push(&self.samples);
        let hop = Hop { at: self.now, samples: &self.samples, level: &level, spectrum };
        self.signals = Signals {
            at: self.now,
            lost: false,
            level,
            voice: self.vad.push(&hop),
            tone: self.beep.push(&hop),
            supervisory: self.supervisory.push(&hop),
            supervisory_sounding: self.supervisory.sounding(),
            sit: self.sit.push(&hop),
            fax: self.fax.push(&hop),
            dtmf: self.dtmf.push(&hop),
            dtmf_sounding: self.dtmf.sounding(),
            music: self.music.push(&hop),
            line: None,
        };
        if let (Some(ear), Some(network)) = (&mut self.ear, self.params.network())
            && self.fusion.listens()
        {
            ear.push(network, Some(&hop));
        }
    }

    fn analyse_gap(&mut self) {
        self.front.push_gap();
        self.vad.push_gap();
        self.beep.push_gap();
        self.supervisory.push_gap();
        self.sit.push_gap();
        self.fax.push_gap();
        self.dtmf.push_gap();
        self.music.push_gap();
        let voice = Voice { active: false, voiced: false, ..self.signals.voice };
        self.signals = Signals { at: self.now, lost: true, voice, ..Signals::default() };
        if let (Some(ear), Some(network)) = (&mut self.ear, self.params.network())
            && self.fusion.listens()
        {
            ear.push(network, None);
        }
    }

    /// Whether a whole hop was heard and is to be judged.
    pub(crate) const fn heard(&self) -> bool {
        self.heard
    }

    /// The memory of the net, if its step is due.
    pub(crate) fn due_state(&mut self) -> Option<&mut NetState> {
        self.ear.as_mut().filter(|_| self.heard).and_then(Ear::due_state)
    }

    /// The net's step was run from outside.
    pub(crate) fn stepped(&mut self) {
        if let Some(ear) = &mut self.ear {
            ear.stepped();
        }
    }

    /// Judges the hop that was heard: runs the net if it is due, and fuses all signals.
    pub(crate) fn judge(&mut self) {
        self.heard = false;
        if let (Some(ear), Some(network)) = (&mut self.ear, self.params.network()) {
            ear.step(network);
            // What was lost is no evidence, though the net hears something in its place.
            self.signals.line = ear.line().filter(|_| self.fusion.listens() && !self.signals.lost);
        }
        self.fusion.push(&self.signals, self.params.learned.as_ref(), &mut self.pending);
    }

    /// The next event of the hop judged last.
    pub(crate) fn take_event(&mut self) -> Option<Event> {
        self.pending.take()
    }
}

impl std::fmt::Debug for Detector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Detector").field("now", &self.now).field("verdict", &self.verdict()).finish_non_exhaustive()
    }
}

enum Rest<'a> {
    Samples(&'a [i16]),
    Gap(u64),
}

/// The events of one push, in order of media time. As with [`Vec::drain`], dropping it finishes the work.
#[must_use = "iterate to receive the events, or drop it explicitly to only move on"]
pub struct Events<'a> {
    detector: &'a mut Detector,
    rest: Rest<'a>,
}

impl Iterator for Events<'_> {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        loop {
            if self.detector.heard {
                self.detector.judge();
            }
            if let Some(event) = self.detector.pending.take() {
                return Some(event);
            }
            self.rest = match self.rest {
                Rest::Samples([]) | Rest::Gap(0) => return None,
                Rest::Samples(samples) => Rest::Samples(self.detector.fill(samples)),
                Rest::Gap(lost) => Rest::Gap(self.detector.skip(lost)),
            };
        }
    }
}

impl Drop for Events<'_> {
    fn drop(&mut self) {
        for _ in self.by_ref() {}
    }
}
