//! A call as it is learned from.

use offhook_audio::{Dbm0, HOP, MediaTime};
use offhook_detect::analysers::{EMPTY, Front, Hop, MELS, Mel, MelAnalyser, measure};
use offhook_sim::{Label, SimCall, Sound, Span};

/// What sounds in a hop: the outputs of a net, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Class {
    /// Nothing, or a background below −50 dBm0.
    Silence,
    /// A person on the line now.
    LiveVoice,
    /// The greeting of a mailbox.
    RecordedVoice,
    /// A menu, an announcement, a screening assistant.
    MenuOrAnnouncement,
    /// Hold music.
    Music,
    /// Ringback, a beep, special information, fax.
    Tone,
    /// A louder background.
    Noise,
}

/// How many classes there are.
pub const CLASSES: usize = 7;

impl Class {
    /// Every class, in order.
    pub const ALL: [Self; CLASSES] = [
        Self::Silence,
        Self::LiveVoice,
        Self::RecordedVoice,
        Self::MenuOrAnnouncement,
        Self::Music,
        Self::Tone,
        Self::Noise,
    ];

    /// Whether somebody speaks, live or not.
    pub const fn is_voice(self) -> bool {
        matches!(self, Self::LiveVoice | Self::RecordedVoice | Self::MenuOrAnnouncement)
    }

    /// The class of what the simulator says sounds.
    pub const fn of_sound(sound: Sound) -> Self {
        match sound {
            Sound::LiveVoice => Self::LiveVoice,
            Sound::RecordedVoice => Self::RecordedVoice,
            Sound::MenuOrAnnouncement => Self::MenuOrAnnouncement,
            Sound::Music => Self::Music,
            Sound::Tone => Self::Tone,
        }
    }
}

/// The background that counts as noise, and how far from sound it is measured.
const LEAST_NOISE: Dbm0 = Dbm0(-50.0);
const AWAY: usize = 5;

/// Log-mel frames, `[time][MELS]`, kept in 16 bits: within 6.2e-5 of what was computed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frames(pub(super) Vec<i16>);

/// Steps a unit; the range is ±4, and frames lie between −2 and 3.3.
const STEPS: f32 = 8192.0;

impl Frames {
    /// Keeps `frames`, `[time][MELS]`.
    pub fn new(frames: &[f32]) -> Self {
        Self(frames.iter().map(|value| (value * STEPS).round() as i16).collect())
    }

    /// How many frames.
    pub fn len(&self) -> usize {
        self.0.len() / MELS
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Writes the frames from `start` on into `out`, `[time][MELS]`; what lies past the end becomes
    /// [`EMPTY`]. Gives how many there were.
    pub fn copy(&self, start: usize, out: &mut [f32]) -> usize {
        let from = (start * MELS).min(self.0.len());
        let there = &self.0[from..self.0.len().min(from + out.len())];
        for (out, kept) in out.iter_mut().zip(there) {
            *out = f32::from(*kept) / STEPS;
        }
        out[there.len()..].fill(EMPTY);
        there.len() / MELS
    }
}

/// The log-mel frames, `[time][MELS]`, that a detector computes for these samples, one for each whole hop.
pub fn frames_of(samples: &[i16]) -> Vec<f32> {
    let (mut front, mut mel) = (Front::default(), MelAnalyser::new());
    let mut frames = Vec::with_capacity(samples.len() / HOP * MELS);
    for (number, chunk) in samples.chunks_exact(HOP).enumerate() {
        let hop: [f32; HOP] = std::array::from_fn(|at| f32::from(chunk[at]) / 32_768.0);
        let sum_abs = chunk.iter().map(|sample| u32::from(sample.unsigned_abs())).sum();
        let level = measure(&hop, sum_abs);
        let at = MediaTime::from_samples(((number + 1) * HOP) as u64);
        let frame: &Mel = mel.push(&Hop { at, samples: &hop, level: &level, spectrum: front.push(&hop) });
        frames.extend(frame);
    }
    frames
}

/// A call with what is true of each of its hops of 10 ms.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// Log-mel frames, one a hop.
    pub frames: Frames,
    /// The [`Class`] of each hop, as its number.
    pub targets: Vec<u8>,
    /// Who or what answered.
    pub label: Label,
    /// The first hop in which somebody speaks.
    pub first_speech: Option<u32>,
    /// Whose voice it is; empty without one.
    pub speaker: String,
    /// Where the voice comes from.
    pub source: String,
    /// The voice's language; empty if unknown.
    pub language: String,
    /// What the line does, as [`offhook_sim::line::Line::condition`] says it.
    pub line: String,
    /// The samples, if they were to be kept.
    pub samples: Option<Vec<i16>>,
}

impl Example {
    /// Whether a machine answered; `None` where nobody did.
    pub fn machine(&self) -> Option<bool> {
        match self.label {
            Label::Silence => None,
            label => Some(label != Label::Human),
        }
    }

    /// How many hops it has.
    pub fn hops(&self) -> usize {
        self.targets.len()
    }

    /// The first `longest` hops of a simulated call.
    pub(super) fn of_call(call: SimCall, language: &str, longest: usize, keep_samples: bool) -> Self {
        let SimCall { mut samples, truth, spans, .. } = call;
        samples.truncate(longest * HOP);
        let targets = targets(&samples, &spans);
        Self::new(
            samples,
            targets,
            keep_samples,
            truth.label,
            [truth.speaker, truth.source, language.into()],
            truth.condition,
        )
    }

    pub(super) fn new(
        samples: Vec<i16>,
        targets: Vec<u8>,
        keep_samples: bool,
        label: Label,
        [speaker, source, language]: [String; 3],
        line: String,
    ) -> Self {
        let first = targets.iter().position(|target| Class::ALL[usize::from(*target)].is_voice());
        let frames = Frames::new(&frames_of(&samples));
        let first_speech = first.and_then(|hop| u32::try_from(hop).ok());
        let samples = keep_samples.then_some(samples);
        Self { frames, targets, label, first_speech, speaker, source, language, line, samples }
    }
}

/// The class of each whole hop: that of the span that holds its middle, else the background's.
fn targets(samples: &[i16], spans: &[Span]) -> Vec<u8> {
    let hops = samples.len() / HOP;
    let mut sounding: Vec<Option<Class>> = vec![None; hops];
    for span in spans {
        let (first, end) = ((span.start + HOP / 2) / HOP, (span.end + HOP / 2) / HOP);
        for class in sounding.iter_mut().take(end).skip(first) {
            *class = Some(Class::of_sound(span.sound));
        }
    }
    let background = background(samples, &sounding) as u8;
    sounding.iter().map(|class| class.map_or(background, |class| class as u8)).collect()
}

/// What lies between sounds: noise or silence, by the median level of the hops that are well away from sound.
pub(super) fn background(samples: &[i16], sounding: &[Option<Class>]) -> Class {
    let away = |hop: usize| {
        let near = hop.saturating_sub(AWAY)..(hop + AWAY + 1).min(sounding.len());
        sounding[near].iter().all(Option::is_none)
    };
    let mut squares: Vec<f32> = samples
        .chunks_exact(HOP)
        .enumerate()
        .filter(|(hop, _)| away(*hop))
        .map(|(_, chunk)| mean_square(chunk))
        .collect();
    let middle = squares.len() / 2;
    if squares.is_empty() {
        return Class::Silence;
    }
    let (_, median, _) = squares.select_nth_unstable_by(middle, f32::total_cmp);
    if *median > LEAST_NOISE.mean_square() { Class::Noise } else { Class::Silence }
}

/// Mean square about the mean, samples spanning ±1.
fn mean_square(chunk: &[i16]) -> f32 {
    let mean = chunk.iter().map(|x| f32::from(*x)).sum::<f32>() / chunk.len() as f32;
    chunk.iter().map(|x| ((f32::from(*x) - mean) / 32_768.0).powi(2)).sum::<f32>() / chunk.len() as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use offhook_sim::Random;
    use offhook_sim::noise::{NoiseKind, noise};
    use offhook_sim::signal::to_pcm;

    #[test]
    fn hops_have_the_class_of_their_span_or_of_the_background() {
        for (level, between) in [(-60.0, Class::Silence), (-40.0, Class::Noise)] {
            let samples = to_pcm(&noise(NoiseKind::White, 8000, Dbm0(level), &mut Random::new(1)));
            let spans = [
                Span { start: 1600, end: 2400, sound: Sound::LiveVoice },
                Span { start: 4000, end: 4039, sound: Sound::Tone },
                Span { start: 7000, end: 9000, sound: Sound::Music },
            ];
            let targets = targets(&samples, &spans);
            let expected = |hop| match hop {
                20..30 => Class::LiveVoice,
                88.. => Class::Music,
                _ => between,
            };
            let expected: Vec<u8> = (0..100).map(|hop| expected(hop) as u8).collect();
            assert_eq!(targets, expected);
        }
    }

    #[test]
    fn frames_are_kept_closely_and_padded_with_nothing() {
        let samples = to_pcm(&noise(NoiseKind::Pink, 1650, Dbm0(-10.0), &mut Random::new(1)));
        let exact = frames_of(&samples);
        let kept = Frames::new(&exact);
        assert_eq!(kept.len(), 20);
        let mut out = vec![0.0; 25 * MELS];
        assert_eq!(kept.copy(2, &mut out), 18);
        assert!(out.iter().zip(&exact[2 * MELS..]).all(|(a, b)| (a - b).abs() < 6.2e-5));
        assert!(out[18 * MELS..].iter().all(|value| *value == EMPTY));
        assert_eq!(kept.copy(99, &mut out), 0);
    }
}
