use std::fmt;
use std::time::Duration;

use offhook_audio::tones::{FaxTone, SitCode, SupervisoryTone};
use offhook_audio::{Dbm0, MediaTime};

use crate::verdict::Probability;

/// What all analysers say of one hop of 10 ms.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Signals {
    /// The media time at the end of the hop.
    pub at: MediaTime,
    /// Samples of this hop never arrived: time moves, evidence does not.
    pub lost: bool,
    /// Loudness.
    pub level: Level,
    /// Voice activity.
    pub voice: Voice,
    /// A steady tone that could be a record tone.
    pub tone: Option<ToneBurst>,
    /// A tone of the network, once its cadence is certain; then at each further cycle.
    pub supervisory: Option<SupervisoryTone>,
    /// Whether a supervisory tone sounds now, before its cadence is known.
    pub supervisory_sounding: bool,
    /// A special information tone, once, when its third segment is certain.
    pub sit: Option<SitCode>,
    /// A fax or modem tone, once, when it is certain.
    pub fax: Option<FaxTone>,
    /// A DTMF digit, once, when it has ended.
    pub dtmf: Option<DtmfDigit>,
    /// Whether a DTMF digit sounds now.
    pub dtmf_sounding: bool,
    /// How likely music plays.
    pub music: Probability,
    /// What the net says is on the line; `None` where there is no net, it rests, or it has heard too little.
    pub line: Option<Line>,
}

/// What can be on a line, as the net tells it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineSound {
    /// Nothing.
    Silence,
    /// A person who speaks now.
    LiveVoice,
    /// A greeting that was recorded.
    RecordedVoice,
    /// A menu or an announcement.
    Prompt,
    /// Music.
    Music,
    /// A tone: beep, ringback, fax.
    Tone,
    /// Noise.
    Noise,
}

impl LineSound {
    /// Every kind, in the order of the net's outputs.
    pub const ALL: [Self; 7] =
        [Self::Silence, Self::LiveVoice, Self::RecordedVoice, Self::Prompt, Self::Music, Self::Tone, Self::Noise];

    /// `silence`, `live_voice`, `recorded_voice`, `prompt`, `music`, `tone` or `noise`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Silence => "silence",
            Self::LiveVoice => "live_voice",
            Self::RecordedVoice => "recorded_voice",
            Self::Prompt => "prompt",
            Self::Music => "music",
            Self::Tone => "tone",
            Self::Noise => "noise",
        }
    }
}

/// Below this probability of all voices together there is none, whatever the level says.
const LEAST_VOICE: f32 = 0.25;

/// What the net says of the line.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Line {
    /// The probability of each sound, by [`LineSound::ALL`]; all zero from a net that only judges the call.
    pub sounds: [f32; LineSound::ALL.len()],
    /// The log-odds that a machine answered, by all that was heard so far.
    pub machine: f32,
}

impl Line {
    /// The probability of `sound`.
    pub const fn of(&self, sound: LineSound) -> f32 {
        self.sounds[sound as usize]
    }

    /// Whether it says anything of sounds.
    pub(crate) fn knows_sounds(&self) -> bool {
        self.sounds != [0.0; LineSound::ALL.len()]
    }

    /// Whether it takes what sounds for no voice at all.
    pub(crate) fn hears_no_voice(&self) -> bool {
        let voice = self.of(LineSound::LiveVoice) + self.of(LineSound::RecordedVoice) + self.of(LineSound::Prompt);
        self.knows_sounds() && voice < LEAST_VOICE
    }

    /// From a net's outputs: seven logits of sounds and one of a machine, or the latter alone.
    pub(crate) fn from_logits(logits: &[f32]) -> Option<Self> {
        let (&machine, sounds) = logits.split_last()?;
        let mut line = Self { machine, ..Self::default() };
        if sounds.len() == line.sounds.len() {
            let most = sounds.iter().copied().fold(f32::MIN, f32::max);
            for (share, logit) in line.sounds.iter_mut().zip(sounds) {
                *share = (logit - most).exp();
            }
            let sum: f32 = line.sounds.iter().sum();
            line.sounds = line.sounds.map(|share| share / sum);
        }
        Some(line)
    }
}

/// Loudness of one hop.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Level {
    /// Mean square about the hop's mean, samples spanning ±1.
    pub mean_square: f32,
    /// The same as a level.
    pub dbm0: Dbm0,
    /// Sum of the absolute values of the hop's 80 samples, 16-bit, direct current included: what energy counters use.
    pub sum_abs: u32,
    /// Sign changes about the hop's mean, as a share of the samples.
    pub zero_crossing_rate: f32,
    /// Samples at full scale.
    pub clipped: u8,
}

/// Voice activity of one hop.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Voice {
    /// How likely this hop holds speech, before hangover.
    pub probability: Probability,
    /// Whether this hop holds speech, before hangover and debounce.
    pub active: bool,
    /// How well the hop repeats itself at the rate of vocal cords, 0 to 1; measured in active hops only.
    pub voicing: f32,
    /// Whether this hop is active and repeats itself well enough to be a voiced sound.
    pub voiced: bool,
    /// Whether speech is going on, with hangover.
    pub state: SpeechState,
    /// When that began: the first sound of the speech, or the end of its last.
    pub since: MediaTime,
    /// The level of the background.
    pub floor: Dbm0,
}

/// Speech, debounced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SpeechState {
    /// No speech.
    #[default]
    Silence,
    /// Speech, or a gap in it no longer than the hangover.
    Speech,
}

/// A steady tone, as far as it has been heard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ToneBurst {
    /// It sounds, long enough to be told from speech.
    Sounding {
        /// When it began.
        started: MediaTime,
        /// Its frequency, in Hz: the stronger one of two.
        hz: f32,
    },
    /// It ended, and what followed confirms that it was one. Given once.
    Ended(Beep),
    /// It proved to be something else: speech, music, part of a sequence. Given once.
    Rejected,
}

/// A record tone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beep {
    /// When it began.
    pub started: MediaTime,
    /// When it ended.
    pub ended: MediaTime,
    /// Its frequency, in Hz: the stronger one of two.
    pub hz: f32,
    /// The weaker frequency of a dual-tone beep, in Hz.
    pub second_hz: Option<f32>,
    /// Its level.
    pub level: Dbm0,
}

impl Beep {
    /// How long it sounded.
    pub fn length(&self) -> Duration {
        self.ended - self.started
    }
}

impl fmt::Display for Beep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "from={} to={} {:.0}Hz", self.started, self.ended, self.hz)?;
        if let Some(hz) = self.second_hz {
            write!(f, "+{hz:.0}Hz")?;
        }
        write!(f, " {}", self.level)
    }
}

/// A DTMF digit heard as sound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DtmfDigit {
    /// `0`–`9`, `*`, `#`, `A`–`D`.
    pub digit: char,
    /// When it began.
    pub started: MediaTime,
    /// How long it sounded.
    pub length: Duration,
}
