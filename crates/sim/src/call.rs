//! The courses that calls take, from the answer on, without the line.

use crate::random::Random;
use crate::signal::{NOMINAL_SPEECH, amplify, millis};
use crate::span::{Sound, Span, sounding};
use crate::texts::SpeechKind;
use crate::tones::{Beep, fax, special_information};
use crate::truth::{Label, Truth};
use crate::variation::{FirstLeg, VoiceChange};
use crate::voice::{Utterance, VoiceBank};
use offhook_audio::Dbm0;
use offhook_audio::tones::{FaxTone, SIT};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// A course that a call takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Course {
    /// A person says a word or two, then listens.
    ShortAnswer,
    /// A person says a word or two, and again when nobody replies.
    RepeatedAnswer,
    /// A person answers with a name or a question.
    NamedAnswer,
    /// A person answers with a business's phrase.
    BusinessAnswer,
    /// A person answers 1.5 to 3.5 s after picking up.
    LateAnswer,
    /// A mailbox with a greeting and a beep.
    GreetingAndBeep,
    /// A mailbox with a greeting, and silence instead of a beep.
    GreetingOnly,
    /// A mailbox that takes no message.
    NoMailbox,
    /// A menu, said once or twice.
    Menu,
    /// A menu or a prompt, then hold music.
    MenuAndHold,
    /// The network says why it cannot put the call through.
    Announcement,
    /// A special information tone, mostly followed by an announcement.
    SpecialInformation,
    /// A fax machine that answers.
    FaxAnswer,
    /// A fax machine that calls, or believes it does.
    FaxCalling,
    /// Hold music.
    HoldMusic,
    /// Nothing.
    Nothing,
    /// An assistant asks who is calling.
    Screening,
}

/// Share of the calls in which a voice that was recorded with the whole band comes over a telephone first. Most recorded
/// people come over telephones, and studio prompts don't: the higher this is, the less the band tells them apart.
const WIDEBAND_OVER_LEG: f64 = 0.75;

/// What makes one call's voice differ from the next one's.
struct Variety {
    random: Random,
    change: Option<VoiceChange>,
    leg: FirstLeg,
    /// Whether a voice that was recorded with the whole band comes over the leg.
    wideband_over_leg: bool,
    /// Whether a greeting that was recorded over a telephone does so once more.
    greeting_over_leg: bool,
}

impl Variety {
    fn drawn(mut random: Random) -> Self {
        let change = random.chance(0.7).then(|| VoiceChange::drawn(&mut random));
        let leg = FirstLeg::drawn(&mut random);
        let (wideband_over_leg, greeting_over_leg) = (random.chance(WIDEBAND_OVER_LEG), random.chance(0.3));
        Self { random, change, leg, wideband_over_leg, greeting_over_leg }
    }
}

/// Sound being put together, and what is true of it. Every part begins on a whole millisecond.
pub(crate) struct Script<'a> {
    pub(crate) samples: Vec<f32>,
    pub(crate) truth: Truth,
    pub(crate) spans: Vec<Span>,
    voices: &'a VoiceBank,
    music: &'a [Arc<[f32]>],
    random: Random,
    variety: Option<Variety>,
    /// What the call's voice is amplified by, in dB.
    voice_gain_db: f32,
}

impl<'a> Script<'a> {
    pub(crate) fn new(course: Course, voices: &'a VoiceBank, mut random: Random, seed: u64, index: u64) -> Self {
        let voice_gain_db = random.between(-9.0..7.0) as f32;
        let truth = Truth {
            label: course.label(),
            sublabel: course.sublabel(),
            condition: String::new(),
            answered_ms: Some(0),
            speech_start_ms: None,
            speech_end_ms: None,
            greeting_end_ms: None,
            beep_start_ms: None,
            beep_end_ms: None,
            beep_hz: None,
            sit: None,
            source: "builtin".to_owned(),
            speaker: String::new(),
            text: String::new(),
            seed,
            index,
        };
        let (samples, spans) = (Vec::new(), Vec::new());
        Self { samples, truth, spans, voices, music: &[], random, variety: None, voice_gain_db }
    }

    /// Voices are changed, some come over a telephone first, and announcements may be said twice.
    pub(crate) fn vary(&mut self, random: Random) {
        self.variety = Some(Variety::drawn(random));
    }

    /// Recordings of music to play besides the simulator's own.
    pub(crate) fn play_from(&mut self, music: &'a [Arc<[f32]>]) {
        self.music = music;
    }

    fn now_ms(&self) -> u32 {
        u32::try_from(self.samples.len() / millis(1)).unwrap_or(u32::MAX)
    }

    /// The active level of the call's voice; `None` if nobody speaks.
    pub(crate) fn speech_level(&self) -> Option<Dbm0> {
        self.truth.speech_start_ms.map(|_| Dbm0(NOMINAL_SPEECH.0 + self.voice_gain_db))
    }

    pub(crate) fn append(&mut self, part: &[f32], sound: Sound) {
        let from = self.samples.len();
        let spans = sounding(part).into_iter();
        self.spans.extend(spans.map(|span| Span { start: from + span.start, end: from + span.end, sound }));
        self.samples.extend(part);
        self.samples.resize(self.samples.len().next_multiple_of(millis(1)), 0.0);
    }

    /// Silence of a random length in milliseconds.
    pub(crate) fn pause(&mut self, length_ms: Range<usize>) {
        let length = self.random.whole(length_ms);
        self.samples.resize(self.samples.len() + millis(length), 0.0);
    }

    /// Something said by the call's voice; says when it ends.
    fn say(&mut self, utterance: &Utterance, sound: Sound) -> u32 {
        if self.truth.speech_start_ms.is_none() {
            self.truth.speech_start_ms = Some(self.now_ms());
            self.truth.text.clone_from(&utterance.text);
            self.truth.speaker.clone_from(&utterance.speaker);
            self.truth.source.clone_from(&utterance.source);
        }
        let mut samples = utterance.samples.to_vec();
        if let Some(variety) = &mut self.variety {
            if let Some(change) = variety.change {
                samples = change.of(&samples);
            }
            let over_leg = match self.voices.is_telephone(&utterance.source) {
                true => sound == Sound::RecordedVoice && variety.greeting_over_leg,
                false => variety.wideband_over_leg,
            };
            if over_leg {
                variety.leg.carry(&mut samples);
            }
        }
        amplify(&mut samples, self.voice_gain_db);
        self.append(&samples, sound);
        self.now_ms()
    }

    /// Something of a kind that is said for the first time; says when it ends.
    fn speak(&mut self, kind: SpeechKind) -> u32 {
        let utterance = self.voices.speak(kind, &mut self.random);
        self.say(&utterance, sound_of(kind))
    }

    fn greet(&mut self, kinds: &[SpeechKind]) {
        let kind = self.random.pick(kinds).copied().unwrap_or(SpeechKind::VoicemailCarrier);
        self.truth.sublabel = match kind {
            SpeechKind::VoicemailPersonal => "personal",
            SpeechKind::VoicemailBusiness => "business",
            _ => "prompt",
        };
        self.pause(100..1500);
        self.truth.greeting_end_ms = Some(self.speak(kind));
    }

    fn tone_level(&mut self) -> Dbm0 {
        Dbm0(self.random.between(-22.0..-9.0) as f32)
    }

    fn fax(&mut self, tones: &[FaxTone], length_ms: Range<usize>) {
        let tone = self.random.pick(tones).copied().unwrap_or(FaxTone::Ced);
        self.truth.sublabel = match tone {
            FaxTone::Cng => "cng",
            FaxTone::Ced => "ced",
            FaxTone::Ansam => "ansam",
        };
        let level = self.tone_level();
        let length = Duration::from_millis(self.random.whole(length_ms) as u64);
        self.pause(200..2500);
        self.append(&fax(tone, length, level), Sound::Tone);
    }

    fn music(&mut self, length_ms: Range<usize>) {
        let length = millis(self.random.whole(length_ms));
        let level = Dbm0(self.random.between(-28.0..-14.0) as f32);
        let recorded = self.random_of_variety().and_then(|random| random.chance(0.4).then(|| random.split(0)));
        let music = match recorded.and_then(|mut random| Some((random.pick(self.music)?, random))) {
            Some((music, mut random)) => crate::line::looped(music, length, level, &mut random),
            None => crate::music::hold_music(length, level, &mut self.random),
        };
        self.append(&music, Sound::Music);
    }

    fn random_of_variety(&mut self) -> Option<&mut Random> {
        self.variety.as_mut().map(|variety| &mut variety.random)
    }

    /// Takes the whole course.
    pub(crate) fn play(&mut self, course: Course) {
        match course {
            Course::ShortAnswer => self.person(SpeechKind::HumanShort, 150..1300),
            Course::NamedAnswer => self.person(SpeechKind::HumanNamed, 150..1300),
            Course::BusinessAnswer => self.person(SpeechKind::HumanBusiness, 150..1300),
            Course::LateAnswer => self.person(SpeechKind::HumanShort, 1500..3500),
            Course::RepeatedAnswer => {
                self.pause(150..1300);
                let hello = self.voices.speak(SpeechKind::HumanShort, &mut self.random);
                self.truth.speech_end_ms = Some(self.say(&hello, Sound::LiveVoice));
                for _ in 0..self.random.whole(1..3) {
                    self.pause(1100..2600);
                    self.say(&hello, Sound::LiveVoice);
                }
                self.pause(2000..4000);
            }
            Course::GreetingAndBeep => {
                self.greet(&[
                    SpeechKind::VoicemailPersonal,
                    SpeechKind::VoicemailPersonal,
                    SpeechKind::VoicemailBusiness,
                    SpeechKind::VoicemailCarrier,
                ]);
                self.pause(150..1500);
                self.beep();
                self.pause(2000..5000);
            }
            Course::GreetingOnly => {
                self.greet(&[
                    SpeechKind::VoicemailPersonal,
                    SpeechKind::VoicemailBusiness,
                    SpeechKind::VoicemailCarrier,
                    SpeechKind::VoicemailCarrier,
                ]);
                self.pause(4000..7000);
            }
            Course::NoMailbox => self.prompt(SpeechKind::MailboxUnavailable, 3000..5000),
            Course::Announcement => self.prompt(SpeechKind::Announcement, 1500..4000),
            Course::Screening => self.prompt(SpeechKind::Screening, 5000..8000),
            Course::Menu => {
                self.pause(100..1200);
                let menu = self.voices.speak(SpeechKind::IvrMenu, &mut self.random);
                self.truth.greeting_end_ms = Some(self.say(&menu, Sound::MenuOrAnnouncement));
                self.pause(2500..5000);
                if self.random.chance(0.4) {
                    self.say(&menu, Sound::MenuOrAnnouncement);
                    self.pause(2000..4000);
                }
            }
            Course::MenuAndHold => {
                let kind = if self.random.chance(0.5) { SpeechKind::Hold } else { SpeechKind::IvrMenu };
                self.prompt(kind, 500..2500);
                self.music(6000..15_000);
            }
            Course::SpecialInformation => self.special_information(),
            Course::FaxAnswer => self.fax(&[FaxTone::Ced, FaxTone::Ansam], 2600..4000),
            Course::FaxCalling => self.fax(&[FaxTone::Cng], 7000..12_000),
            Course::HoldMusic => self.music(8000..20_000),
            Course::Nothing => self.pause(8000..12_000),
        }
    }

    fn person(&mut self, kind: SpeechKind, lead_ms: Range<usize>) {
        self.pause(lead_ms);
        self.truth.speech_end_ms = Some(self.speak(kind));
        self.pause(3500..6000);
    }

    fn prompt(&mut self, kind: SpeechKind, tail_ms: Range<usize>) {
        self.pause(100..1200);
        let prompt = self.voices.speak(kind, &mut self.random);
        self.truth.greeting_end_ms = Some(self.say(&prompt, sound_of(kind)));
        if self.random_of_variety().is_some_and(|random| random.chance(0.35)) {
            self.pause(400..2500);
            self.say(&prompt, sound_of(kind));
        }
        self.pause(tail_ms);
    }

    fn beep(&mut self) {
        let beep = Beep::drawn(&mut self.random);
        self.truth.beep_hz = beep.hz.first().copied();
        self.truth.beep_start_ms = Some(self.now_ms());
        self.append(&beep.samples(), Sound::Tone);
        self.truth.beep_end_ms = Some(self.now_ms());
    }

    fn special_information(&mut self) {
        let level = self.tone_level();
        let row = SIT[self.random.whole(0..SIT.len())];
        self.truth.sit = Some(row.code);
        self.pause(100..900);
        self.append(&special_information(&row, level), Sound::Tone);
        if self.random.chance(0.85) {
            self.truth.sublabel = "sit+announcement";
            self.pause(50..600);
            self.truth.greeting_end_ms = Some(self.speak(SpeechKind::Announcement));
        }
        self.pause(1500..4000);
    }
}

/// What speech of a kind is to one who listens.
const fn sound_of(kind: SpeechKind) -> Sound {
    match kind {
        SpeechKind::HumanShort | SpeechKind::HumanNamed | SpeechKind::HumanBusiness => Sound::LiveVoice,
        SpeechKind::VoicemailPersonal | SpeechKind::VoicemailBusiness | SpeechKind::VoicemailCarrier => {
            Sound::RecordedVoice
        }
        SpeechKind::IvrMenu
        | SpeechKind::Announcement
        | SpeechKind::MailboxUnavailable
        | SpeechKind::Screening
        | SpeechKind::Hold => Sound::MenuOrAnnouncement,
    }
}

impl Course {
    /// Who or what answers.
    pub const fn label(self) -> Label {
        match self {
            Self::ShortAnswer | Self::RepeatedAnswer | Self::NamedAnswer | Self::BusinessAnswer | Self::LateAnswer => {
                Label::Human
            }
            Self::GreetingAndBeep | Self::GreetingOnly => Label::Voicemail,
            Self::Menu | Self::MenuAndHold => Label::Ivr,
            Self::NoMailbox | Self::Announcement => Label::Announcement,
            Self::SpecialInformation => Label::Sit,
            Self::FaxAnswer | Self::FaxCalling => Label::Fax,
            Self::HoldMusic => Label::Music,
            Self::Nothing => Label::Silence,
            Self::Screening => Label::Screener,
        }
    }

    /// The finer distinction, where it doesn't depend on chance.
    const fn sublabel(self) -> &'static str {
        match self {
            Self::ShortAnswer => "short",
            Self::RepeatedAnswer => "repeated",
            Self::NamedAnswer => "named",
            Self::BusinessAnswer => "business",
            Self::LateAnswer => "late",
            Self::NoMailbox => "mailbox_unavailable",
            Self::Menu => "menu",
            Self::MenuAndHold | Self::HoldMusic => "hold",
            Self::Announcement => "carrier",
            Self::SpecialInformation => "sit",
            Self::Screening => "assistant",
            Self::GreetingAndBeep | Self::GreetingOnly | Self::FaxAnswer | Self::FaxCalling | Self::Nothing => "",
        }
    }
}
