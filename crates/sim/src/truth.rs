use crate::error::SimError;
use offhook_audio::tones::SitCode;
use std::fmt;
use std::str::FromStr;

/// Who or what answered a simulated call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    /// A person.
    Human,
    /// A mailbox or an answering machine.
    Voicemail,
    /// An interactive voice response system.
    Ivr,
    /// The network: the call cannot be put through.
    Announcement,
    /// A special information tone, mostly with an announcement.
    Sit,
    /// A fax machine.
    Fax,
    /// Hold music.
    Music,
    /// Nobody says anything.
    Silence,
    /// An assistant that asks who is calling. The recorded corpus has none of these.
    Screener,
}

impl Label {
    /// Every label.
    pub const ALL: [Self; 9] = [
        Self::Human,
        Self::Voicemail,
        Self::Ivr,
        Self::Announcement,
        Self::Sit,
        Self::Fax,
        Self::Music,
        Self::Silence,
        Self::Screener,
    ];

    /// The name in manifests, as [`FromStr`] reads it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Voicemail => "voicemail",
            Self::Ivr => "ivr",
            Self::Announcement => "announcement",
            Self::Sit => "sit",
            Self::Fax => "fax",
            Self::Music => "music",
            Self::Silence => "silence",
            Self::Screener => "screener",
        }
    }
}

impl FromStr for Label {
    type Err = SimError;
    fn from_str(name: &str) -> Result<Self, SimError> {
        SimError::look_up("label", name, &Self::ALL, Self::name)
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is true of a simulated call. Times are in milliseconds since its first sample, exact to the millisecond, and
/// hold for what comes out of the line too, since lines neither delay nor stretch.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// Who or what answered.
    pub label: Label,
    /// A finer distinction, such as `business` or `late`; may be empty.
    pub sublabel: &'static str,
    /// What the line does: see [`crate::line::Line::condition`].
    pub condition: String,
    /// When the call was answered: 0 without early media, `None` if it never was.
    pub answered_ms: Option<u32>,
    /// When the answering party begins to speak.
    pub speech_start_ms: Option<u32>,
    /// When a person's first utterance ends.
    pub speech_end_ms: Option<u32>,
    /// When a greeting, a menu or an announcement ends; of a menu that repeats, when it ends the first time.
    pub greeting_end_ms: Option<u32>,
    /// When the beep begins.
    pub beep_start_ms: Option<u32>,
    /// When the beep ends.
    pub beep_end_ms: Option<u32>,
    /// The beep's frequency in Hz; of a beep of two frequencies, the lower.
    pub beep_hz: Option<f64>,
    /// What a special information tone spells.
    pub sit: Option<SitCode>,
    /// Where the voice comes from: a corpus, a synthesiser, or `builtin`.
    pub source: String,
    /// Whose voice it is; empty without one.
    pub speaker: String,
    /// What is said first, as far as known.
    pub text: String,
    /// The simulator's seed.
    pub seed: u64,
    /// The call's number under this seed.
    pub index: u64,
}

impl Truth {
    /// The columns of a manifest.
    pub const COLUMNS: [&'static str; 11] = [
        "path",
        "label",
        "greeting_end_ms",
        "beep_start_ms",
        "beep_end_ms",
        "condition",
        "source",
        "speaker",
        "sublabel",
        "speech_start_ms",
        "speech_end_ms",
    ];

    /// The fields of the manifest's row for a recording at `path`, in the order of [`Self::COLUMNS`], without quotes.
    pub fn fields(&self, path: &str) -> [String; 11] {
        let time = |millis: Option<u32>| millis.map(|millis| millis.to_string()).unwrap_or_default();
        [
            path.to_owned(),
            self.label.name().to_owned(),
            time(self.greeting_end_ms),
            time(self.beep_start_ms),
            time(self.beep_end_ms),
            self.condition.clone(),
            self.source.clone(),
            self.speaker.clone(),
            self.sublabel.to_owned(),
            time(self.speech_start_ms),
            time(self.speech_end_ms),
        ]
    }

    /// The manifest's first line, without a line end.
    pub fn csv_header() -> String {
        Self::COLUMNS.join(",")
    }

    /// The manifest's row for a recording at `path`, without a line end. Fields are quoted where they need it (RFC
    /// 4180).
    pub fn csv_row(&self, path: &str) -> String {
        let quoted = |field: String| match field.contains(['"', ',', '\n', '\r']) {
            true => format!("\"{}\"", field.replace('"', "\"\"")),
            false => field,
        };
        self.fields(path).map(quoted).join(",")
    }
}
