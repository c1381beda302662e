//! The voices of simulated calls: recordings that the caller hands in, texts that synthesisers speak, and the built-in
//! voice where there are neither.

use crate::compose::{Pieces, composed};
use crate::formant::FormantVoice;
use crate::random::Random;
use crate::signal::{NOMINAL_SPEECH, active_level, fade, from_pcm, millis, set_level, trimmed};
use crate::synthesiser::{Manner, SynthesisError, Synthesiser};
use crate::texts::{SpeechKind, filled};
use offhook_audio::RATE;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

/// Something said: a recording or what a synthesiser made.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// 16-bit samples at 8 kHz.
    pub samples: Vec<i16>,
    /// What kind of thing is said.
    pub kind: SpeechKind,
    /// Who says it; the same for all recordings of one person.
    pub speaker: String,
    /// Where it comes from: a corpus, or a synthesiser.
    pub source: String,
    /// What is said, as far as known.
    pub text: String,
}

/// Something said, ready for a call: without silence around it, at the nominal level of speech (−20 dBm0).
#[derive(Clone, Debug, PartialEq)]
pub struct Utterance {
    /// Samples ±1 at 8 kHz. They begin and end with sound.
    pub samples: Arc<[f32]>,
    /// Who says it.
    pub speaker: String,
    /// Where it comes from.
    pub source: String,
    /// What is said, as far as known.
    pub text: String,
}

/// All voices that calls may use. For a kind of speech without a recording the built-in voice speaks one of the texts.
#[derive(Clone, Debug, Default)]
pub struct VoiceBank {
    utterances: BTreeMap<SpeechKind, Vec<Utterance>>,
    pieces: BTreeMap<SpeechKind, Vec<Pieces>>,
    telephone: BTreeSet<String>,
}

impl VoiceBank {
    /// A bank with the built-in voice only.
    pub const fn builtin() -> Self {
        Self { utterances: BTreeMap::new(), pieces: BTreeMap::new(), telephone: BTreeSet::new() }
    }

    /// Adds a recording: cuts the silence around it, brings it to the nominal level. False, and nothing is added, if
    /// there is no sound in it or it is not as long as its kind ([`SpeechKind::lengths`]).
    pub fn add(&mut self, recording: Recording) -> bool {
        let Recording { samples, kind, speaker, source, text } = recording;
        let utterance = Utterance::new(&from_pcm(&samples), speaker, source, text);
        let length = Duration::from_micros(utterance.samples.len() as u64 * 125);
        let fits = kind.lengths().contains(&length);
        if fits {
            self.utterances.entry(kind).or_default().push(utterance);
        }
        fits
    }

    /// Adds an utterance of any length as it is.
    pub fn add_utterance(&mut self, kind: SpeechKind, utterance: Utterance) {
        self.utterances.entry(kind).or_default().push(utterance);
    }

    /// Adds something that speech of `kinds` may be put together of: several pieces of one speaker, with pauses between
    /// them. Where a bank has pieces of a kind, three in four of its utterances are composed, each speaker as often as
    /// another.
    pub fn add_piece(&mut self, kinds: &[SpeechKind], piece: &Utterance) {
        for kind in kinds {
            let speakers = self.pieces.entry(*kind).or_default();
            match speakers.iter_mut().find(|it| it.speaker == piece.speaker && it.source == piece.source) {
                Some(it) => it.pieces.push(piece.clone()),
                None => speakers.push(Pieces {
                    speaker: piece.speaker.clone(),
                    source: piece.source.clone(),
                    pieces: vec![piece.clone()],
                }),
            }
        }
    }

    /// Says that the recordings of `source` were made over telephone lines.
    pub fn mark_telephone(&mut self, source: &str) {
        self.telephone.insert(source.to_owned());
    }

    /// Whether the recordings of `source` were made over telephone lines.
    pub fn is_telephone(&self, source: &str) -> bool {
        self.telephone.contains(source)
    }

    /// Has `count` texts of each kind spoken and adds them; which texts, voices, speeds and pitches follows from
    /// `seed`. The synthesisers are used in turn. Each utterance takes a process, 30 ms to 1 s; as many run at once as
    /// there are processors. Without a synthesiser nothing is added.
    ///
    /// # Errors
    /// The first synthesiser's failure; nothing is added then.
    pub fn synthesise(&mut self, synthesisers: &[Synthesiser], count: usize, seed: u64) -> Result<(), SynthesisError> {
        self.synthesise_kinds(&SpeechKind::ALL, synthesisers, count, seed)
    }

    /// As [`Self::synthesise`], for some kinds only.
    ///
    /// # Errors
    /// The first synthesiser's failure; nothing is added then.
    pub fn synthesise_kinds(
        &mut self,
        kinds: &[SpeechKind],
        synthesisers: &[Synthesiser],
        count: usize,
        seed: u64,
    ) -> Result<(), SynthesisError> {
        let orders: Vec<Order<'_>> = kinds
            .iter()
            .copied()
            .flat_map(|kind| synthesisers.iter().cycle().take(count).map(move |synthesiser| (kind, synthesiser)))
            .zip(0..)
            .map(|((kind, synthesiser), number)| Order::drawn(kind, synthesiser, Random::for_item(seed, number)))
            .collect();
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        let share = orders.len().div_ceil(workers).max(1);
        let spoken: Result<Vec<Vec<Utterance>>, SynthesisError> = std::thread::scope(|scope| {
            let work = |orders: &[Order<'_>]| orders.iter().map(Order::spoken).collect();
            let threads: Vec<_> = orders.chunks(share).map(|orders| scope.spawn(move || work(orders))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
        });
        for (order, utterance) in orders.iter().zip(spoken?.into_iter().flatten()) {
            if !utterance.samples.is_empty() {
                self.utterances.entry(order.kind).or_default().push(utterance);
            }
        }
        Ok(())
    }

    /// Utterances of one kind.
    pub fn utterances(&self, kind: SpeechKind) -> &[Utterance] {
        self.utterances.get(&kind).map_or(&[], Vec::as_slice)
    }

    /// How many whole utterances there are.
    pub fn len(&self) -> usize {
        self.utterances.values().map(Vec::len).sum()
    }

    /// True if only the built-in voice speaks.
    pub fn is_empty(&self) -> bool {
        self.utterances.is_empty() && self.pieces.is_empty()
    }

    /// One utterance of a kind.
    pub fn speak(&self, kind: SpeechKind, random: &mut Random) -> Utterance {
        let whole = self.utterances(kind);
        if let Some(speakers) = self.pieces.get(&kind)
            && (whole.is_empty() || random.chance(0.75))
            && let Some(utterance) = composed(kind, speakers, random)
        {
            return utterance;
        }
        if let Some(utterance) = random.pick(whole) {
            return utterance.clone();
        }
        let text = filled(random.pick(kind.texts()).copied().unwrap_or("Hello?"), random);
        let voice = FormantVoice::drawn(random);
        let samples = voice.speak(&text, random);
        Utterance::new(&samples, voice.name(), "builtin".to_owned(), text)
    }

    /// Up to `count` utterances of any kind, for babble.
    pub(crate) fn crowd(&self, count: usize, random: &mut Random) -> Vec<Utterance> {
        let pieces = self.pieces.values().flatten().flat_map(|speaker| &speaker.pieces);
        let all: Vec<&Utterance> = self.utterances.values().flatten().chain(pieces).collect();
        (0..count).filter_map(|_| random.pick(&all).map(|utterance| (*utterance).clone())).collect()
    }
}

/// Something that a synthesiser is to say.
struct Order<'a> {
    kind: SpeechKind,
    synthesiser: &'a Synthesiser,
    text: String,
    manner: Manner,
}

impl<'a> Order<'a> {
    fn drawn(kind: SpeechKind, synthesiser: &'a Synthesiser, mut random: Random) -> Self {
        let text = filled(random.pick(kind.texts()).copied().unwrap_or("Hello?"), &mut random);
        Self { kind, synthesiser, text, manner: Manner::drawn(synthesiser.engine(), &mut random) }
    }

    fn spoken(&self) -> Result<Utterance, SynthesisError> {
        let samples = self.synthesiser.speak(&self.text, &self.manner)?;
        let source = self.synthesiser.engine().name();
        let speaker = format!("{source}-{}", self.manner.voice);
        Ok(Utterance::new(&samples, speaker, source.to_owned(), self.text.clone()))
    }
}

impl Utterance {
    /// Cuts, levels and softens the edges of `samples`, ±1 at 8 kHz.
    pub fn new(samples: &[f32], speaker: String, source: String, text: String) -> Self {
        let mut samples = trimmed(samples).to_vec();
        if let Some(level) = active_level(&samples) {
            set_level(&mut samples, level, NOMINAL_SPEECH);
        }
        fade(&mut samples, millis(2), millis(4));
        Self { samples: samples.into(), speaker, source, text }
    }

    /// How long it takes, in seconds.
    pub fn seconds(&self) -> f64 {
        self.samples.len() as f64 / f64::from(RATE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::to_pcm;
    use crate::synthesiser::Engine;
    use crate::tones::together;
    use offhook_audio::Dbm0;

    #[test]
    fn recordings_are_cut_and_levelled() {
        let mut samples = vec![0; 4000];
        samples.extend(to_pcm(&together(&[500.0], 8000, Dbm0(-40.0))));
        samples.extend([0; 4000]);
        let mut bank = VoiceBank::builtin();
        let recording = |samples| Recording {
            samples,
            kind: SpeechKind::HumanShort,
            speaker: "a".into(),
            source: "b".into(),
            text: String::new(),
        };
        assert!(bank.add(recording(samples)));
        assert!(!bank.add(recording(vec![0; 100])) && !bank.add(recording(Vec::new())));
        let spoken = bank.speak(SpeechKind::HumanShort, &mut Random::new(1));
        assert_eq!((spoken.samples.len(), bank.len(), spoken.speaker.as_str()), (8000, 1, "a"));
        assert!((active_level(&spoken.samples).unwrap().0 - -20.0).abs() < 0.2);
    }

    #[test]
    fn synthesisers_fill_every_kind_and_repeat_by_seed() {
        let installed = Synthesiser::installed();
        let fast: Vec<Synthesiser> = installed.into_iter().filter(|it| it.engine() != Engine::Festival).collect();
        let filled = |seed| {
            let mut bank = VoiceBank::builtin();
            bank.synthesise(&fast, 1, seed).unwrap();
            bank
        };
        let bank = filled(1);
        assert_eq!(bank.len(), if fast.is_empty() { 0 } else { SpeechKind::ALL.len() });
        assert_eq!(bank.utterances, filled(1).utterances);
    }

    #[test]
    fn without_recordings_every_kind_is_spoken() {
        let bank = VoiceBank::builtin();
        for kind in SpeechKind::ALL {
            for seed in 0..5 {
                let spoken = bank.speak(kind, &mut Random::new(seed));
                assert!(spoken.seconds() > 0.1, "{kind} {spoken:?}");
                assert_eq!(spoken, bank.speak(kind, &mut Random::new(seed)));
            }
        }
    }
}
