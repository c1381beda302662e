use std::time::Duration;

use offhook_audio::Dbm0;
use offhook_audio::tones::Country;

use crate::event::Phase;
use crate::method::Method;
use crate::parameter::{Parameter, Section, section};
use crate::verdict::Probability;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

section! {
    /// When a hop counts as voice.
    VadConfig "vad" {
        /// Signal above the background, in each of 16 bands, that counts as voice. Unit: dB. Raising it misses faint speech and rejects more noise. Elsewhere: mod_amd `silence_threshold_multiplier` (as a ratio of amplitudes).
        snr_db: f32 = 6.5, 1.0, 30.0;
        /// No hop fainter than this is voice, whatever the background. Unit: dBm0. Raising it misses faint speech on quiet lines. Elsewhere: Asterisk `silence_threshold` (256 of 32767 is about −39 dBm0 for a sine).
        least_level: Dbm0 = Dbm0(-48.0), Dbm0(-80.0), Dbm0(-10.0);
        /// A hop that changes sign more often than this share of its samples is noise or a fricative, not voice. Raising it lets more noise through. Elsewhere: mod_amd `max_zero_crossing_rate`.
        most_zero_crossings: f32 = 0.55, 0.05, 1.0;
        /// How well voice must repeat itself at the rate of vocal cords, 0 to 1, to count as voiced. Raising it rejects more clatter and misses hoarse voices.
        least_voicing: f32 = 0.6, 0.0, 1.0;
        /// Voice must last this long before speech starts. Raising it rejects clicks and starts later.
        onset: Duration = ms(50), ms(10), ms(500);
        /// Speech goes on over silences up to this long. Raising it joins words and ends speech later. Elsewhere: hangover, `silence_ms`.
        hangover: Duration = ms(150), ms(20), ms(2000);
    }
}

section! {
    /// How voice is cut into words and utterances.
    CadenceConfig "cadence" {
        /// A burst of voice shorter than this is no word. Raising it ignores more clicks. Elsewhere: Asterisk `min_word_length`.
        least_word: Duration = ms(100), ms(20), ms(1000);
        /// A burst with less voiced sound than this is no word: it is clatter or breath. Raising it ignores more noise and misses whispers.
        least_voiced: Duration = ms(50), ms(0), ms(500);
        /// Silence that parts two words. Raising it joins words. Elsewhere: Asterisk `between_words_silence`.
        between_words: Duration = ms(60), ms(20), ms(1000);
        /// Silence that parts two utterances. Raising it joins sentences into one utterance.
        between_utterances: Duration = ms(400), ms(100), ms(3000);
        /// Silence that parts two turns: what follows is not the same greeting any more. Raising it adds a person's second "hello?" to the first.
        between_turns: Duration = ms(1400), ms(300), ms(10_000);
    }
}

section! {
    /// What counts as a record tone.
    BeepConfig "beep" {
        /// The lowest frequency. Unit: Hz.
        least_hz: f32 = 300.0, 200.0, 3000.0;
        /// The highest frequency. Unit: Hz.
        most_hz: f32 = 2500.0, 300.0, 3800.0;
        /// The shortest beep. Raising it rejects more clicks and vowels. Elsewhere: mod_amd `beep_min_duration`.
        least_length: Duration = ms(80), ms(40), ms(1000);
        /// The longest beep.
        most_length: Duration = ms(3000), ms(200), ms(10_000);
        /// The faintest beep. Unit: dBm0.
        least_level: Dbm0 = Dbm0(-42.0), Dbm0(-70.0), Dbm0(0.0);
        /// Share of the sound's power that one or two lines of the spectrum hold. Raising it rejects more speech and music and misses beeps in noise.
        purity: f32 = 0.70, 0.4, 0.999;
    }
}

section! {
    /// The network's tones.
    ToneConfig "tone" {
        /// Whose supervisory tones to listen for.
        country: Country = Country::Us, Country::ALL[0], Country::ALL[Country::ALL.len() - 1];
    }
}

section! {
    /// Music as against speech.
    MusicConfig "music" {
        /// Music must last this long to count. Raising it mistakes fewer voices for music.
        least_length: Duration = ms(2500), ms(500), ms(20_000);
    }
}

section! {
    /// How it is decided, and the limits of the rules on rhythm.
    DecideConfig "decide" {
        /// What may decide: tones only (avmd), tones and rules on rhythm (heuristic), these for the clear cases and the learned models for the others (hybrid), tones and the learned models (ai), or Asterisk's rules alone (classic).
        method: Method = Method::Ai, Method::Classic, Method::Ai;
        /// Silence after a short greeting that awaits a reply: a person. Raising it takes fewer machines for people and answers people later. Elsewhere: Asterisk `after_greeting_silence`.
        after_greeting_silence: Duration = ms(800), ms(100), ms(10_000);
        /// Silence after a longer greeting that makes a person; between the two the silence asked for grows evenly. Raising it takes fewer machines that pause for people.
        after_longer_greeting_silence: Duration = ms(1800), ms(100), ms(10_000);
        /// Less voice than this may be a cough or a knock at the receiver: the longer silence is asked for. Raising it rejects more noise and answers a curt "yes" later.
        least_greeting: Duration = ms(200), ms(0), ms(2000);
        /// Voice up to which a greeting is short: a word or two.
        short_greeting: Duration = ms(650), ms(100), ms(10_000);
        /// Voice from which a greeting is a longer one: a sentence.
        longer_greeting: Duration = ms(900), ms(100), ms(10_000);
        /// Voice from which a greeting is a machine's. Raising it takes fewer people for machines and knows machines later. Elsewhere: Asterisk `greeting`, Twilio `MachineDetectionSpeechThreshold`.
        long_greeting: Duration = ms(2500), ms(300), ms(30_000);
        /// Voice from which a machine is clear to the rules of the hybrid method. Raising it leaves more to the models.
        clear_greeting: Duration = ms(4500), ms(300), ms(60_000);
        /// Utterances in one turn from which it is a text read out, if it is long enough. Raising it takes fewer people who pause for machines.
        read_utterances: u16 = 4, 2, 100;
        /// Voice in so many utterances from which a machine reads. Raising it takes fewer people for machines and knows machines later.
        read_voice: Duration = ms(1200), ms(300), ms(30_000);
        /// Silence from the answer on after which nobody is there. Elsewhere: Asterisk `initial_silence`.
        initial_silence: Duration = ms(6000), ms(500), ms(60_000);
        /// Time from the answer after which a verdict is given, whatever was heard. Elsewhere: Asterisk `total_analysis_time`.
        total_time: Duration = ms(20_000), ms(1000), ms(120_000);
    }
}

section! {
    /// How the learned models decide: what errors are allowed, and how much certainty is asked for how soon.
    WeighConfig "weigh" {
        /// The operating point: of a hundred people, so many may be called machines. The model's own curve turns it into the probability at which a machine is called. Raising it finds more machines.
        most_false_machines: Probability = Probability::percent(2.0), Probability::percent(0.05), Probability::percent(30.0);
        /// No person is told before this much silence after the words. Raising it answers people later.
        least_silence: Duration = ms(300), ms(50), ms(5000);
        /// How likely a person must be to be told after the least silence; what is asked for falls from there to the latest silence, slowly at first. Raising it takes fewer machines for people and answers people later.
        early_certainty: Probability = Probability::percent(97.0), Probability::percent(50.0), Probability::percent(99.99);
        /// The latest silence: after it, it is a machine or a person. Raising it lets readers pause longer and answers unclear people later.
        late_silence: Duration = ms(1800), ms(200), ms(20_000);
        /// How likely a machine must be to be called one after the latest silence, looked at once; the operating point's threshold is looked at again and again, and where that is lower it counts. Raising it takes fewer people for machines.
        late_machine: Probability = Probability::percent(70.0), Probability::percent(10.0), Probability::percent(99.9);
        /// Whether the timing model (rhythm of voice and silence) has a say.
        timing: bool = true, false, true;
        /// Whether the net (what the sound is like) has a say.
        net: bool = true, false, true;
        /// Whether the net rests once the verdict is final: it then says nothing more of the line, and costs nothing.
        rest: bool = true, false, true;
    }
}

section! {
    /// When a message may start.
    ReadyConfig "ready" {
        /// Silence after a machine's greeting after which a message may start without a beep. Raising it starts later and speaks into fewer pauses. Elsewhere: Twilio `MachineDetectionSpeechEndThreshold`.
        silence: Duration = ms(2000), ms(200), ms(20_000);
        /// Silence after the beep's end. Raising it starts later.
        after_beep: Duration = ms(0), ms(0), ms(5000);
        /// Time from the verdict for the greeting to end. Elsewhere: mod_amd `beep_max_wait`.
        limit: Duration = ms(60_000), ms(1000), ms(600_000);
    }
}

section! {
    /// The nine parameters of Asterisk's `AMD()`, with its defaults.
    ClassicConfig "classic" {
        /// Silence before any word that makes a machine. Elsewhere: Asterisk `initial_silence`.
        initial_silence: Duration = ms(2500), ms(0), ms(60_000);
        /// Voice, pauses left out, that makes a machine. Elsewhere: Asterisk `greeting`.
        greeting: Duration = ms(1500), ms(0), ms(60_000);
        /// Silence after the greeting that makes a person. Elsewhere: Asterisk `after_greeting_silence`.
        after_greeting_silence: Duration = ms(800), ms(0), ms(60_000);
        /// Time after which it is not sure. Elsewhere: Asterisk `total_analysis_time`.
        total_analysis_time: Duration = ms(5000), ms(20), ms(60_000);
        /// The shortest word. Elsewhere: Asterisk `min_word_length`.
        min_word_length: Duration = ms(100), ms(0), ms(60_000);
        /// Silence that parts two words. Elsewhere: Asterisk `between_words_silence`.
        between_words_silence: Duration = ms(50), ms(0), ms(60_000);
        /// More words than this make a machine. Elsewhere: Asterisk `maximum_number_of_words`.
        maximum_number_of_words: u16 = 2, 0, 1000;
        /// Mean absolute amplitude of a 20 ms frame below which it is silent, 0 to 32767. Elsewhere: Asterisk `silence_threshold`.
        silence_threshold: u16 = 256, 0, 32_767;
        /// One unbroken word this long makes a machine. Elsewhere: Asterisk `maximum_word_length`.
        maximum_word_length: Duration = ms(5000), ms(0), ms(60_000);
    }
}

/// A named set of parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Preset {
    /// Exactly Asterisk's `AMD()` with its defaults.
    Classic,
    /// Tones and rules on rhythm; nothing learned.
    Heuristic,
    /// The rules on rhythm decide the clear cases, the learned models the others.
    Hybrid,
    /// All that was learned, at the operating point of 2 %: of the model's own simulated people, so many are called
    /// machines.
    #[default]
    Balanced,
    /// Fewer people are called machines (the operating point of 1 %, and music must last longer); more machines pass for
    /// people.
    Conservative,
    /// Machines are found early, and more people are called machines (the operating point of 5 %).
    Aggressive,
}

impl Preset {
    /// Every preset.
    pub const ALL: [Self; 6] =
        [Self::Classic, Self::Heuristic, Self::Hybrid, Self::Balanced, Self::Conservative, Self::Aggressive];

    /// `classic`, `heuristic`, `hybrid`, `balanced`, `conservative` or `aggressive`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Heuristic => "heuristic",
            Self::Hybrid => "hybrid",
            Self::Balanced => "balanced",
            Self::Conservative => "conservative",
            Self::Aggressive => "aggressive",
        }
    }

    /// The preset of this name.
    ///
    /// # Errors
    /// [`ConfigError::Unreadable`] if there is none.
    pub fn from_name(name: &str) -> Result<Self, ConfigError> {
        Self::ALL.into_iter().find(|p| p.name() == name).ok_or_else(|| ConfigError::Unreadable {
            field: "preset",
            given: name.to_owned(),
            expected: "classic, heuristic, hybrid, balanced, conservative or aggressive",
        })
    }
}

/// Everything that can be asked of a detector.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DetectConfig {
    /// The phase in which detection begins. In [`Phase::Progress`] it waits for [`crate::Fact::Answered`].
    pub begins: Phase,
    /// Voice activity.
    pub vad: VadConfig,
    /// Words and utterances.
    pub cadence: CadenceConfig,
    /// Record tones.
    pub beep: BeepConfig,
    /// The network's tones.
    pub tone: ToneConfig,
    /// Music.
    pub music: MusicConfig,
    /// What may decide, and the rules on rhythm.
    pub decide: DecideConfig,
    /// The learned models.
    pub weigh: WeighConfig,
    /// The classic rules.
    pub classic: ClassicConfig,
    /// When a message may start.
    pub ready: ReadyConfig,
}

impl DetectConfig {
    /// The parameters of `preset`.
    pub fn preset(preset: Preset) -> Self {
        let balanced = Self::default();
        let by = |method| Self { decide: DecideConfig { method, ..balanced.decide }, ..balanced };
        let at = |percent| WeighConfig { most_false_machines: Probability::percent(percent), ..balanced.weigh };
        match preset {
            Preset::Balanced => balanced,
            Preset::Classic => by(Method::Classic),
            Preset::Heuristic => by(Method::Heuristic),
            Preset::Hybrid => by(Method::Hybrid),
            Preset::Conservative => Self { weigh: at(1.0), music: MusicConfig { least_length: ms(4000) }, ..balanced },
            Preset::Aggressive => Self { weigh: at(5.0), ..balanced },
        }
    }

    /// Every parameter as it stands, in the order of the sections.
    pub fn parameters(&self) -> Vec<Parameter> {
        let mut all = Vec::new();
        let into = &mut all;
        self.vad.parameters(into);
        self.cadence.parameters(into);
        self.beep.parameters(into);
        self.tone.parameters(into);
        self.music.parameters(into);
        self.decide.parameters(into);
        self.weigh.parameters(into);
        self.classic.parameters(into);
        self.ready.parameters(into);
        all
    }

    /// Sets one parameter by its full name, such as `decide.after_greeting_silence`, from text such as `800ms`.
    ///
    /// # Errors
    /// [`ConfigError`] if there is no such parameter, the text cannot be read, or the value is not allowed.
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), ConfigError> {
        let known = match name.split_once('.') {
            Some((VadConfig::KEY, field)) => self.vad.set(field, text)?,
            Some((CadenceConfig::KEY, field)) => self.cadence.set(field, text)?,
            Some((BeepConfig::KEY, field)) => self.beep.set(field, text)?,
            Some((ToneConfig::KEY, field)) => self.tone.set(field, text)?,
            Some((MusicConfig::KEY, field)) => self.music.set(field, text)?,
            Some((DecideConfig::KEY, field)) => self.decide.set(field, text)?,
            Some((WeighConfig::KEY, field)) => self.weigh.set(field, text)?,
            Some((ClassicConfig::KEY, field)) => self.classic.set(field, text)?,
            Some((ReadyConfig::KEY, field)) => self.ready.set(field, text)?,
            _ => false,
        };
        if known {
            return Ok(());
        }
        let allowed = self.parameters().into_iter().map(|p| p.name).collect::<Vec<_>>().join(", ");
        Err(ConfigError::UnknownField { given: name.to_owned(), allowed })
    }

    /// Whether every value is allowed and every verdict can still be reached.
    ///
    /// # Errors
    /// [`ConfigError`] names the first parameter that is out of range or shuts a verdict out.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.vad.check()?;
        self.cadence.check()?;
        self.beep.check()?;
        self.tone.check()?;
        self.music.check()?;
        self.decide.check()?;
        self.weigh.check()?;
        self.classic.check()?;
        self.ready.check()?;
        let d = &self.decide;
        let order = |field, given: Duration, least: Duration, what: &str| {
            if given >= least {
                return Ok(());
            }
            let allowed = format!("at least {what} ({})", crate::parameter::Value::show(&least));
            Err(ConfigError::OutOfRange { field, given: crate::parameter::Value::show(&given), allowed })
        };
        order("decide.longer_greeting", d.longer_greeting, d.short_greeting, "decide.short_greeting")?;
        order("decide.long_greeting", d.long_greeting, d.longer_greeting, "decide.longer_greeting")?;
        order(
            "decide.after_longer_greeting_silence",
            d.after_longer_greeting_silence,
            d.after_greeting_silence,
            "decide.after_greeting_silence",
        )?;
        order("decide.total_time", d.total_time, d.initial_silence, "decide.initial_silence")?;
        order(
            "decide.total_time",
            d.total_time,
            d.long_greeting + d.after_longer_greeting_silence,
            "decide.long_greeting + decide.after_longer_greeting_silence",
        )?;
        order("weigh.late_silence", self.weigh.late_silence, self.weigh.least_silence, "weigh.least_silence")?;
        if d.method.learned() && !self.weigh.net && !self.weigh.timing {
            return Err(ConfigError::OutOfRange {
                field: "weigh.net",
                given: "false beside weigh.timing=false".to_owned(),
                allowed: format!("one of the two true, where decide.method is {}", d.method),
            });
        }
        order("beep.most_length", self.beep.most_length, self.beep.least_length, "beep.least_length")
    }
}

/// A configuration that cannot be used. Correct the field it names.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A value that is not allowed, alone or beside the others.
    #[error("{field}: {given} is not allowed: allowed is {allowed}")]
    OutOfRange {
        /// The parameter.
        field: &'static str,
        /// What was given.
        given: String,
        /// What is allowed.
        allowed: String,
    },
    /// A text that does not stand for a value.
    #[error("{field}: cannot read {given:?}: expected {expected}{}", crate::parameter::choices(expected, given))]
    Unreadable {
        /// The parameter.
        field: &'static str,
        /// What was given.
        given: String,
        /// What it must look like.
        expected: &'static str,
    },
    /// There is no such parameter.
    #[error(
        "there is no parameter {given:?}: {}the parameters are {allowed}",
        crate::parameter::suggestion(given, allowed)
    )]
    UnknownField {
        /// What was given.
        given: String,
        /// The names that exist.
        allowed: String,
    },
}
