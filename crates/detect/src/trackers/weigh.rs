use crate::learned::{Balance, Learned};
use crate::model::{LONG_FROM, LONG_TO};
use crate::odds::Opinion;
use crate::signals::{LineSound, Signals};
use crate::timing::{Timing, TimingFeatures};
use crate::verdict::{Probability, Reason};

/// Hops from one evaluation to the next: 20 ms, as often as the net speaks.
const STEP: u8 = 2;
/// Hops of voice after which half of their mean counts.
const HALF: f32 = 25.0;
/// How fast the share of music follows: over about a second.
const SMOOTHING: f32 = 0.01;
/// The least share of music with which the net agrees that it is some.
const LEAST_MUSIC: f32 = 0.3;
/// A model outside is never surer than this.
const LEAST_OUTSIDE: f32 = 0.002;
/// Added to shares before their ratio is taken.
const LEAST_SHARE: f32 = 0.01;
/// No single hop says more than this about the voice.
const MOST_ODDS: f32 = 4.0;

/// What the learned models make of the call so far.
#[derive(Clone, Debug)]
pub(crate) struct Weigh {
    timing: Timing,
    call: f32,
    voice_odds: f32,
    voice_hops: f32,
    prompt_hops: f32,
    recorded_hops: f32,
    /// The net's share of music, smoothed; 1 without a net.
    music: f32,
    /// The log-odds that a model outside the engine gave last.
    outside: Option<f32>,
    in_step: u8,
    weighed: Option<Weighed>,
}

/// The models' opinion at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Weighed {
    /// How likely a machine is.
    pub(crate) machine: f32,
    /// What timing adds to the log-odds.
    pub(crate) timing: f32,
    /// What the net, or a model outside, adds to them.
    pub(crate) net: f32,
}

impl Weigh {
    pub(crate) fn new() -> Self {
        Self {
            timing: Timing::new(),
            call: 0.0,
            voice_odds: 0.0,
            voice_hops: 0.0,
            prompt_hops: 0.0,
            recorded_hops: 0.0,
            music: 1.0,
            outside: None,
            in_step: 0,
            weighed: None,
        }
    }

    /// What sounds now is a tone of the network.
    pub(crate) fn ringing(&mut self) {
        self.timing.ringing();
    }

    /// A model outside the engine says how likely a machine is. Its log-odds are added to those of the timing model, with
    /// the weights that one has alone; the net's, if there is one, count no more.
    pub(crate) fn outside(&mut self, machine: Probability) {
        let p = machine.get().clamp(LEAST_OUTSIDE, 1.0 - LEAST_OUTSIDE);
        self.outside = Some((p / (1.0 - p)).ln());
        self.in_step = STEP;
    }

    /// How opinions are weighed now.
    pub(crate) fn balance<'l>(&self, learned: &'l Learned) -> &'l Balance {
        if self.outside.is_some() { &learned.outside } else { &learned.own }
    }

    /// One hop; `voice` is whether it holds voice that is neither a tone's nor music's.
    pub(crate) fn push(&mut self, signals: &Signals, voice: bool) {
        if signals.lost {
            self.timing.push_gap();
        } else {
            self.timing.push(voice, signals.voice.voiced, signals.level.dbm0, signals.voice.floor);
        }
        if let Some(line) = &signals.line {
            self.call = line.machine;
            if line.knows_sounds() {
                self.music += (line.of(LineSound::Music) - self.music) * SMOOTHING;
            }
            if voice {
                let (live, recorded) = (line.of(LineSound::LiveVoice), line.of(LineSound::RecordedVoice));
                let prompt = line.of(LineSound::Prompt);
                let odds = ((prompt + LEAST_SHARE) / (live + recorded + LEAST_SHARE)).ln();
                self.voice_odds += odds.clamp(-MOST_ODDS, MOST_ODDS);
                self.voice_hops += 1.0;
                self.prompt_hops += prompt;
                self.recorded_hops += recorded;
            }
        }
        self.in_step = self.in_step.saturating_add(1);
    }

    /// The opinion, once something was said; a new one every 20 ms.
    pub(crate) fn opinion(&mut self, learned: &Learned, sounding: bool) -> Option<Weighed> {
        if self.in_step >= STEP || self.weighed.is_none() {
            self.in_step = 0;
            self.weighed = Some(self.evaluate(learned, sounding));
        }
        self.weighed
    }

    fn evaluate(&self, learned: &Learned, sounding: bool) -> Weighed {
        let Inputs { timing, call, voice, long, .. } = self.inputs(learned, sounding);
        let balance = self.balance(learned);
        let w = if sounding { &balance.speaking } else { &balance.silent };
        let net = self.outside.unwrap_or(w.call * call + w.voice * voice);
        let timing = w.timing * timing + w.long * long;
        let odds = w.bias + timing + net;
        Weighed { machine: 1.0 / (1.0 + (-odds).exp()), timing, net }
    }

    /// Whether the net, if there is one, agrees that music plays.
    pub(crate) fn agrees_on_music(&self) -> bool {
        self.music >= LEAST_MUSIC
    }

    /// The opinion formed last.
    pub(crate) fn last(&self) -> Option<Opinion> {
        self.weighed.map(|weighed| Opinion { machine: weighed.machine, prompt: self.prompt_share() })
    }

    /// What the weights are applied to.
    pub(crate) fn inputs(&self, learned: &Learned, sounding: bool) -> Inputs {
        let rhythm = self.timing.features();
        let timing = learned.timing().map_or(0.0, |model| model.log_odds(&rhythm.values()));
        let voice = self.voice_odds / (self.voice_hops + HALF);
        let long = rhythm.turn_voice.clamp(LONG_FROM, LONG_TO) - LONG_FROM;
        Inputs { rhythm, timing, call: self.call, voice, long, sounding }
    }

    /// The three features that moved the timing model most.
    pub(crate) fn reasons(&self, learned: &Learned) -> [Reason; 3] {
        let Some(model) = learned.timing() else { return Default::default() };
        let values = self.timing.features().values();
        let score = model.score(&values);
        score.top().map(|(feature, adds)| Reason {
            feature: TimingFeatures::TABLE[feature].name,
            value: values[feature],
            adds,
        })
    }

    /// Of what sounded like a machine, the share that sounded like a menu or an announcement; `None` without a net.
    fn prompt_share(&self) -> Option<f32> {
        let all = self.prompt_hops + self.recorded_hops;
        (all > 0.0).then(|| self.prompt_hops / all)
    }
}

/// What the learned models are weighed by, at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inputs {
    /// The rhythm so far.
    pub rhythm: TimingFeatures,
    /// The timing model's log-odds of a machine; 0 without one.
    pub timing: f32,
    /// The net's log-odds for the call; 0 without one.
    pub call: f32,
    /// The net's mean log-odds over the voice, drawn towards 0 while there is little; 0 without one.
    pub voice: f32,
    /// Seconds of voice in this turn beyond 2.5, up to 8.
    pub long: f32,
    /// Whether voice sounds now.
    pub sounding: bool,
}
