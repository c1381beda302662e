use crate::call::{Course, Script};
use crate::error::SimError;
use crate::line::{Line, NoiseSource};
use crate::noise::babble;
use crate::random::Random;
use crate::sets::{CallSet, draw_course};
use crate::signal::{millis, to_pcm};
use crate::span::{Sound, Span};
use crate::texts::SpeechKind;
use crate::tones::supervisory;
use crate::truth::{Label, Truth};
use crate::varied::varied_line;
use crate::voice::VoiceBank;
use offhook_audio::Dbm0;
use offhook_audio::tones::{Country, SUPERVISORY, SupervisoryTone, ToneRow};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// The lines that calls are made over.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Lines {
    /// The set decides, for each call anew: bad ones for [`CallSet::NoisyEnvironments`], good and bad ones for
    /// [`CallSet::All`], good ones for the others.
    #[default]
    OfSet,
    /// The same line for every call.
    Fixed(Line),
    /// One of these for each call.
    OneOf(Vec<Line>),
    /// Widely different ones, drawn for each call anew whatever the set, a quarter of them clean: for training.
    Varied,
}

/// What to simulate.
#[derive(Clone, Debug, Default)]
pub struct SimConfig {
    /// Which calls.
    pub set: CallSet,
    /// Courses in place of those of the set, each with its weight; empty for the set's own.
    pub courses: Vec<(Course, u32)>,
    /// What chance follows from. The same seed, voices and noises give the same bytes.
    pub seed: u64,
    /// Who speaks.
    pub voices: VoiceBank,
    /// The lines.
    pub lines: Lines,
    /// Recordings of noise, ±1 at 8 kHz, that lines drawn by the set use beside the simulator's own.
    pub noises: Vec<Arc<[f32]>>,
    /// Recordings of music, ±1 at 8 kHz, that are played besides the simulator's own where `variety` is asked for.
    pub music: Vec<Arc<[f32]>>,
    /// Whether each call's voice is changed in pitch and tempo and, if its source has the whole band, mostly comes
    /// over a telephone first; and whether announcements may be said twice. For training, where few voices must
    /// stand for many and none may be known by its channel.
    pub variety: bool,
    /// Share of calls, 0 to 1, whose sound begins before the answer, with ringback or an announcement. 0 for none.
    pub early_media: f64,
    /// Whose ringback early media has; `None` for a different country's each time.
    pub country: Option<Country>,
}

/// A simulated call.
#[derive(Clone, Debug, PartialEq)]
pub struct SimCall {
    /// The set's name and the call's number, such as `live_answers-000017`: fit for a file name.
    pub id: String,
    /// 16-bit samples at 8 kHz as they come out of the line.
    pub samples: Vec<i16>,
    /// What is true of it.
    pub truth: Truth,
    /// What sounds when, in order; what lies between is silence, or the line's noise. Rooms and echoes sound on after the
    /// end of a span.
    pub spans: Vec<Span>,
    /// The line it was made over.
    pub line: Line,
    /// The spans, in samples, that did not arrive and are concealed.
    pub missing: Vec<Range<usize>>,
}

/// Makes calls. Call *i* depends only on the configuration and on *i*, so that calls can be made in any order and in
/// parallel.
///
/// ```
/// use offhook_sim::{CallSet, SimConfig, Simulator};
///
/// let simulator = Simulator::new(SimConfig { set: CallSet::LiveAnswers, seed: 7, ..SimConfig::default() })?;
/// for call in simulator.calls(2) {
///     println!("{}", call.truth.csv_row(&format!("{}.wav", call.id)));
/// }
/// assert_eq!(simulator.call(1), simulator.call(1));
/// # Ok::<(), offhook_sim::SimError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Simulator {
    config: SimConfig,
    noises: Vec<NoiseSource>,
}

impl Simulator {
    /// Checks the configuration.
    ///
    /// # Errors
    /// [`SimError::OutOfRange`] for courses that all weigh nothing, a share of early media outside 0 to 1, a line with a number out of range, or an
    /// empty list of lines.
    pub fn new(config: SimConfig) -> Result<Self, SimError> {
        SimError::check("early_media", config.early_media, 0.0, 1.0, "0 to 1")?;
        if !config.courses.is_empty() {
            let weight: f64 = config.courses.iter().map(|(_, weight)| f64::from(*weight)).sum();
            SimError::check("weight of all courses", weight, 1.0, f64::from(u32::MAX), "1 to 4294967295")?;
        }
        match &config.lines {
            Lines::OfSet | Lines::Varied => {}
            Lines::Fixed(line) => line.check()?,
            Lines::OneOf(lines) => {
                SimError::check("number of lines", lines.len() as f64, 1.0, f64::MAX, "1 or more")?;
                lines.iter().try_for_each(Line::check)?;
            }
        }
        let mut noises: Vec<NoiseSource> =
            config.noises.iter().filter(|noise| !noise.is_empty()).cloned().map(NoiseSource::Recorded).collect();
        noises.extend(crowds(&config.voices, config.seed));
        Ok(Self { config, noises })
    }

    /// What is simulated.
    pub const fn config(&self) -> &SimConfig {
        &self.config
    }

    /// Call number `index`.
    pub fn call(&self, index: u64) -> SimCall {
        let SimConfig { set, seed, voices, .. } = &self.config;
        let mut random = Random::for_item(*seed, index);
        let course = draw_course(self.courses(), &mut random);
        let line = self.line(&mut random.split(0));
        let mut early = random.split(1);
        let mut script = Script::new(course, voices, random.split(2), *seed, index);
        if self.config.variety {
            script.vary(Random::for_item(!*seed, index));
            script.play_from(&self.config.music);
        }
        if early.chance(self.config.early_media) {
            self.before_answer(&mut script, &mut early);
        }
        script.play(course);
        script.truth.condition = line.condition();
        let carried = line.carry(&to_pcm(&script.samples), script.speech_level(), random.bits());
        SimCall {
            id: format!("{set}-{index:06}"),
            samples: carried.samples,
            truth: script.truth,
            spans: script.spans,
            line,
            missing: carried.missing,
        }
    }

    /// Who or what answers call number `index`, without making the call: for choosing calls by label.
    pub fn label(&self, index: u64) -> Label {
        draw_course(self.courses(), &mut Random::for_item(self.config.seed, index)).label()
    }

    /// The first `count` calls.
    pub fn calls(&self, count: u64) -> impl Iterator<Item = SimCall> + '_ {
        (0..count).map(|index| self.call(index))
    }

    fn courses(&self) -> &[(Course, u32)] {
        if self.config.courses.is_empty() { self.config.set.courses() } else { &self.config.courses }
    }

    fn line(&self, random: &mut Random) -> Line {
        match &self.config.lines {
            Lines::OfSet => self.config.set.draw_line(&self.noises, random),
            Lines::Fixed(line) => line.clone(),
            Lines::Varied => varied_line(&self.noises, random),
            Lines::OneOf(lines) => random.pick(lines).cloned().unwrap_or_default(),
        }
    }

    /// What is heard before the answer. Announcements and special information tones come without an answer.
    fn before_answer(&self, script: &mut Script<'_>, random: &mut Random) {
        if matches!(script.truth.label, Label::Announcement | Label::Sit) {
            script.truth.answered_ms = None;
            return;
        }
        script.pause(0..1500);
        if random.chance(0.15) {
            let utterance = self.config.voices.speak(SpeechKind::Hold, random);
            script.append(&utterance.samples, Sound::MenuOrAnnouncement);
            script.pause(200..1500);
        }
        if let Some(row) = ringback(self.config.country, random) {
            let rings = Duration::from_millis(random.whole(1500..14_000) as u64);
            script.append(&supervisory(row, rings, Dbm0(random.between(-24.0..-12.0) as f32)), Sound::Tone);
        }
        script.pause(20..300);
        script.truth.answered_ms = u32::try_from(script.samples.len() / millis(1)).ok();
    }
}

fn ringback(country: Option<Country>, random: &mut Random) -> Option<&'static ToneRow> {
    let country = country.or_else(|| random.pick(&Country::ALL).copied())?;
    SUPERVISORY.iter().find(|row| row.country == country && row.tone == SupervisoryTone::Ringback)
}

/// Babble of the bank's voices, if it has some: three crowds of 20 s.
fn crowds(voices: &VoiceBank, seed: u64) -> Vec<NoiseSource> {
    if voices.len() < 4 {
        return Vec::new();
    }
    let crowd = |number| {
        let mut random = Random::for_item(seed, u64::MAX - number);
        let talkers = voices.crowd(6, &mut random);
        let talkers: Vec<&[f32]> = talkers.iter().map(|talker| &*talker.samples).collect();
        NoiseSource::Recorded(babble(&talkers, millis(20_000), Dbm0(-30.0), &mut random).into())
    };
    (0..3).map(crowd).collect()
}
