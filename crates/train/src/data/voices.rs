//! Recorded and synthesised voices, dealt to the parts.

use super::cache::fingerprint;
use super::error::DataError;
use super::generation::in_parallel;
use super::phrases::phrases;
use super::split::{Part, Shares};
use super::table::Table;
use offhook_media::{DecodeOptions, decode_file};
use offhook_sim::signal::from_pcm;
use offhook_sim::synthesiser::Synthesiser;
use offhook_sim::texts::SpeechKind;
use offhook_sim::{Utterance, VoiceBank};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Which voices to load.
#[derive(Clone, Debug)]
pub struct VoiceOptions {
    /// Tables (CSV) of recordings with the columns path and label, and if known sublabel, source, speaker, language and
    /// text. Labels: human_short, human_long, machine_greeting, ivr_prompt, carrier_announcement, noise, music, or the
    /// name of a [`SpeechKind`]; rows of other labels are passed over. A sublabel that begins with `phone_` says that the
    /// source was recorded over telephone lines.
    pub manifests: Vec<PathBuf>,
    /// Synthesisers that speak machines' texts; none for recordings alone.
    pub synthesisers: Vec<Synthesiser>,
    /// Texts of each kind that they speak.
    pub sentences: usize,
    /// How speakers are dealt.
    pub shares: Shares,
    /// What dealing and synthesis follow from.
    pub seed: u64,
    /// Whether a recording that cannot be read ends it all; else it is passed over and told.
    pub strict: bool,
}

impl VoiceOptions {
    /// The recordings of one table, dealt 70, 15 and 15 %, unreadable ones passed over.
    pub fn new(manifest: impl Into<PathBuf>) -> Self {
        Self {
            manifests: vec![manifest.into()],
            synthesisers: Vec::new(),
            sentences: 24,
            shares: Shares::default(),
            seed: 1,
            strict: false,
        }
    }
}

/// Voices for each part, and noises and music for all.
///
/// Speakers are dealt source by source, weighted by how much they say, so that no speaker is in two parts. Recorded voices
/// of prompts are few: where synthesisers speak too, all recorded ones are trained on and whole voices of the synthesisers
/// are kept out; else the one that says most is trained on, the next is for validation, the third for the test. Noises and music are no class of
/// speaker and serve all parts.
#[derive(Clone, Debug, Default)]
pub struct Voices {
    banks: [VoiceBank; 3],
    fingerprint: u64,
    speakers: BTreeMap<(String, String), (Part, String)>,
    /// Noises, ±1 at 8 kHz.
    pub noises: Vec<Arc<[f32]>>,
    /// Music, ±1 at 8 kHz.
    pub music: Vec<Arc<[f32]>>,
    /// What could not be used.
    pub skipped: Vec<String>,
}

/// What a recording is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// A person's word or two.
    Word,
    /// A person's sentences.
    Sentences,
    /// A prompt.
    Prompt,
    /// Speech of one kind, whole.
    Whole(SpeechKind),
    Noise,
    Music,
}

/// A recording that was read.
struct Recorded {
    used: Use,
    label: String,
    telephone: bool,
    samples: Vec<f32>,
    speaker: String,
    source: String,
    language: String,
    text: String,
}

/// Kinds that people's sentences may be part of, and kinds that prompts may be part of.
const OF_PEOPLE: [SpeechKind; 5] = [
    SpeechKind::HumanShort,
    SpeechKind::HumanNamed,
    SpeechKind::HumanBusiness,
    SpeechKind::VoicemailPersonal,
    SpeechKind::VoicemailBusiness,
];
const OF_PROMPTS: [SpeechKind; 6] = [
    SpeechKind::VoicemailCarrier,
    SpeechKind::IvrMenu,
    SpeechKind::Announcement,
    SpeechKind::MailboxUnavailable,
    SpeechKind::Screening,
    SpeechKind::Hold,
];
/// Pauses of this length part phrases; shorter ones are the speaker's own rhythm.
const PAUSE: Duration = Duration::from_millis(300);

impl Voices {
    /// Reads, cuts and deals the recordings, and has the synthesisers speak.
    ///
    /// # Errors
    /// A table that cannot be read or lacks a column; under `strict` a recording that cannot be decoded; a synthesiser
    /// that fails; shares that don't sum to 1; no usable row.
    pub fn load(options: &VoiceOptions) -> Result<Self, DataError> {
        options.shares.check()?;
        let mut voices = Self::default();
        let mut recorded = Vec::new();
        for manifest in &options.manifests {
            let (read, skipped) = read(manifest)?;
            recorded.extend(read);
            for error in skipped {
                if options.strict {
                    return Err(error);
                }
                voices.skipped.push(error.with_cause());
            }
        }
        if recorded.is_empty() && !options.manifests.is_empty() {
            let given = format!("no usable row in {} tables", options.manifests.len());
            let allowed = "rows whose label is human_short, human_long, machine_greeting, ivr_prompt, \
                           carrier_announcement, noise, music or a kind of speech"
                .to_owned();
            return Err(DataError::Setting { field: "voices", given, allowed });
        }
        voices.deal(&recorded, options);
        let heard = recorded.iter().flat_map(|one| &one.samples).map(|sample| sample.to_bits());
        let asked = format!("{:?} {} {:?} {}", options.shares, options.seed, options.synthesisers, options.sentences);
        voices.fingerprint = fingerprint(heard.chain(asked.bytes().map(u32::from)));
        for (number, one) in recorded.iter().enumerate() {
            voices.add(one, number);
        }
        voices.synthesise(options)?;
        Ok(voices)
    }

    /// The voices of a part.
    pub fn bank(&self, part: Part) -> &VoiceBank {
        &self.banks[part as usize]
    }

    /// A number that stands for all recordings, in order, and for how they were dealt and synthesised.
    pub(super) fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// The part a speaker of a source is in.
    pub fn part(&self, source: &str, speaker: &str) -> Option<Part> {
        self.speakers.get(&(source.to_owned(), speaker.to_owned())).map(|(part, _)| *part)
    }

    /// The language of a speaker of a source; empty if unknown.
    pub fn language(&self, source: &str, speaker: &str) -> &str {
        self.speakers.get(&(source.to_owned(), speaker.to_owned())).map_or("", |(_, language)| language.as_str())
    }

    /// Every speaker with its source, its part and its language.
    pub fn speakers(&self) -> impl Iterator<Item = (&str, &str, Part, &str)> {
        self.speakers
            .iter()
            .map(|((source, speaker), (part, language))| (source.as_str(), speaker.as_str(), *part, language.as_str()))
    }

    fn deal(&mut self, recorded: &[Recorded], options: &VoiceOptions) {
        // Sources of people each by themselves; all prompts together under a name no source has.
        let mut groups: BTreeMap<&str, BTreeMap<(&str, &str), f64>> = BTreeMap::new();
        for one in recorded.iter().filter(|one| !matches!(one.used, Use::Noise | Use::Music)) {
            let group = if one.used == Use::Prompt { "" } else { one.source.as_str() };
            *groups.entry(group).or_default().entry((&one.source, &one.speaker)).or_default() +=
                one.samples.len() as f64;
        }
        let languages: BTreeMap<(&str, &str), &str> =
            recorded.iter().map(|one| ((one.source.as_str(), one.speaker.as_str()), one.language.as_str())).collect();
        for (group, speakers) in groups {
            let weights: Vec<f64> = speakers.values().copied().collect();
            let parts = match group {
                // Where synthesisers speak too, whole voices of theirs are held out, and the few recorded ones are learned.
                "" if !options.synthesisers.is_empty() => vec![Part::Train; weights.len()],
                "" => options.shares.deal_by_weight(&weights),
                _ => options.shares.deal_shuffled(&weights, options.seed),
            };
            for ((source, speaker), part) in speakers.keys().zip(parts) {
                let language = languages.get(&(*source, *speaker)).copied().unwrap_or_default().to_owned();
                self.speakers.entry(((*source).to_owned(), (*speaker).to_owned())).or_insert((part, language));
            }
        }
    }

    fn add(&mut self, one: &Recorded, number: usize) {
        let utterance =
            |samples: &[f32]| Utterance::new(samples, one.speaker.clone(), one.source.clone(), one.text.clone());
        match one.used {
            Use::Noise => return self.noises.push(one.samples.as_slice().into()),
            Use::Music => return self.music.push(one.samples.as_slice().into()),
            _ => {}
        }
        let Some(part) = self.part(&one.source, &one.speaker) else { return };
        let bank = &mut self.banks[part as usize];
        if one.telephone {
            bank.mark_telephone(&one.source);
        }
        let parts = phrases(&one.samples, PAUSE);
        let (Some(first), Some(last)) = (parts.first(), parts.last()) else { return };
        let whole = utterance(&one.samples[first.start..last.end]);
        match one.used {
            Use::Whole(kind) => {
                if kind.lengths().contains(&length(&whole)) {
                    bank.add_utterance(kind, whole);
                }
            }
            Use::Word | Use::Sentences => {
                // A third of the words may be in greetings too, which are mostly sentences.
                let kinds =
                    if one.used == Use::Word && !number.is_multiple_of(3) { &OF_PEOPLE[..2] } else { &OF_PEOPLE[..] };
                for part in parts {
                    let piece = utterance(&one.samples[part]);
                    if (Duration::from_millis(250)..Duration::from_secs(9)).contains(&length(&piece)) {
                        bank.add_piece(kinds, &piece);
                    }
                }
                if one.used == Use::Sentences && (4.0..17.0).contains(&whole.seconds()) {
                    bank.add_utterance(SpeechKind::VoicemailPersonal, whole);
                }
            }
            Use::Prompt => {
                for part in parts {
                    let piece = utterance(&one.samples[part]);
                    // Digits and letters are parts of menus and of announcements of numbers.
                    let kinds = if piece.seconds() < 0.8 { &OF_PROMPTS[..3] } else { &OF_PROMPTS[..] };
                    bank.add_piece(kinds, &piece);
                }
                let kind = match one.label.as_str() {
                    "machine_greeting" => SpeechKind::VoicemailCarrier,
                    "carrier_announcement" => SpeechKind::Announcement,
                    _ => SpeechKind::IvrMenu,
                };
                let long_enough = kind.lengths().contains(&length(&whole))
                    || kind == SpeechKind::Announcement && whole.seconds() >= 1.0;
                if long_enough && whole.seconds() < 26.0 {
                    bank.add_utterance(kind, whole);
                }
            }
            Use::Noise | Use::Music => {}
        }
    }

    /// Has machines' texts spoken and deals the voices, whole ones.
    fn synthesise(&mut self, options: &VoiceOptions) -> Result<(), DataError> {
        let mut spoken = VoiceBank::builtin();
        spoken.synthesise_kinds(&OF_PROMPTS, &options.synthesisers, options.sentences, options.seed)?;
        let mut weights: BTreeMap<(String, String), f64> = BTreeMap::new();
        for utterance in OF_PROMPTS.iter().flat_map(|kind| spoken.utterances(*kind)) {
            *weights.entry((utterance.source.clone(), utterance.speaker.clone())).or_default() += utterance.seconds();
        }
        let parts = options.shares.deal_shuffled(&weights.values().copied().collect::<Vec<f64>>(), options.seed);
        let dealt = weights.into_keys().zip(parts).map(|(voice, part)| (voice, (part, "en".to_owned())));
        self.speakers.extend(dealt);
        for kind in OF_PROMPTS {
            for utterance in spoken.utterances(kind) {
                if let Some(part) = self.part(&utterance.source, &utterance.speaker) {
                    self.banks[part as usize].add_utterance(kind, utterance.clone());
                }
            }
        }
        Ok(())
    }
}

fn length(utterance: &Utterance) -> Duration {
    Duration::from_micros(utterance.samples.len() as u64 * 125)
}

/// The recordings of a table, and what could not be decoded.
fn read(manifest: &Path) -> Result<(Vec<Recorded>, Vec<DataError>), DataError> {
    let table = Table::read(manifest, &["path", "label"])?;
    let rows: Vec<_> = table.rows.iter().filter_map(|row| Some((row, used(&table, row)?))).collect();
    let decode = |at: u64| {
        let (row, used) = rows[at as usize];
        let path = table.file(row);
        let decoded = decode_file(&path, &DecodeOptions::default());
        let text = |column| table.text(row, column).to_owned();
        decoded
            .map(|decoded| Recorded {
                used,
                label: text("label"),
                telephone: table.text(row, "sublabel").starts_with("phone_"),
                samples: from_pcm(&decoded.samples),
                speaker: text("speaker"),
                source: text("source"),
                language: text("language"),
                text: text("text"),
            })
            .map_err(|source| DataError::Media { path, source })
    };
    let (mut read, mut skipped) = (Vec::new(), Vec::new());
    for one in in_parallel(0..rows.len() as u64, &decode) {
        match one {
            Ok(one) => read.push(one),
            Err(error) => skipped.push(error),
        }
    }
    Ok((read, skipped))
}

/// What a row is for; `None` for nothing.
fn used(table: &Table, row: &super::table::Row) -> Option<Use> {
    let label = table.text(row, "label").to_ascii_lowercase();
    // A tone or another talker is noted in the text of some recordings.
    let disturbed = table.text(row, "text").contains(['[', ']']);
    match label.as_str() {
        "human_short" | "human_long" if disturbed => None,
        "human_short" if table.text(row, "sublabel") != "phone_sentence" => Some(Use::Word),
        "human_short" | "human_long" => Some(Use::Sentences),
        "machine_greeting" | "ivr_prompt" | "carrier_announcement" => Some(Use::Prompt),
        "noise" => Some(Use::Noise),
        "music" => Some(Use::Music),
        kind => kind.parse().ok().map(Use::Whole),
    }
}
