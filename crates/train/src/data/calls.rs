//! Labelled calls of one's own.

use super::error::DataError;
use super::example::{Class, Example, background};
use super::generation::in_parallel;
use super::split::{Part, Shares};
use super::table::{Row, Table};
use offhook_audio::HOP;
use offhook_detect::{DetectConfig, Detector, Params, ToneBurst};
use offhook_media::{DecodeOptions, decode_file};
use offhook_sim::Label;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A recorded call and who or what answered it.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledCall {
    /// The recording.
    pub path: PathBuf,
    /// 16-bit samples at 8 kHz, from the answer on.
    pub samples: Vec<i16>,
    /// Who or what answered.
    pub label: Label,
    /// When somebody begins to speak, if known, in milliseconds from the answer.
    pub speech_start_ms: Option<f64>,
    /// When a greeting ends, if known.
    pub greeting_end_ms: Option<f64>,
    /// When the beep begins and ends, if known.
    pub beep_ms: Option<(f64, f64)>,
    /// Whose voice it is; empty if unknown.
    pub speaker: String,
    /// Where the recording comes from; empty if unknown.
    pub source: String,
    /// The voice's language; empty if unknown.
    pub language: String,
    /// The line's condition; empty if unknown.
    pub line: String,
}

/// Calls that were read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LabelledCalls {
    /// The calls.
    pub calls: Vec<LabelledCall>,
    /// What could not be used.
    pub skipped: Vec<String>,
}

/// Words for labels beside those of [`Label`], as manifests for evaluation have them.
const ALIASES: [(&str, Label); 4] = [
    ("mailbox_unavailable", Label::Announcement),
    ("call_screener", Label::Screener),
    ("machine", Label::Voicemail),
    ("menu", Label::Ivr),
];

/// Endings of the files that are taken for recordings in a folder.
const ENDINGS: [&str; 10] = ["wav", "wave", "mp3", "ogg", "opus", "webm", "au", "snd", "ulaw", "alaw"];

impl LabelledCalls {
    /// Reads the calls of a table (CSV) with the columns path and label, and if known answered_ms, speech_start_ms,
    /// greeting_end_ms, beep_start_ms, beep_end_ms, speaker, source, language and condition. Paths are relative to it.
    ///
    /// # Errors
    /// The table cannot be read or lacks a column; under `strict` also a row with a field that is not allowed, or a
    /// recording that cannot be decoded, which are else passed over and told.
    pub fn of_table(path: &Path, strict: bool) -> Result<Self, DataError> {
        let table = Table::read(path, &["path", "label"])?;
        let read = |at: u64| of_row(&table, &table.rows[at as usize]);
        Self::sorted_out(in_parallel(0..table.rows.len() as u64, &read), strict)
    }

    /// Reads the recordings of a folder that has a folder for each label: human, voicemail, ivr, announcement, sit, fax,
    /// music, silence, screener, mailbox_unavailable. Other folders are passed over and told.
    ///
    /// # Errors
    /// The folder cannot be read; under `strict` also what is else passed over.
    pub fn of_folder(path: &Path, strict: bool) -> Result<Self, DataError> {
        let mut wanted: Vec<Result<(PathBuf, Label), DataError>> = Vec::new();
        for entry in sorted(path)?.into_iter().filter(|entry| entry.is_dir()) {
            let name = entry.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            match label_of(name) {
                Some(label) => {
                    wanted.extend(sorted(&entry)?.into_iter().filter(|f| is_recording(f)).map(|f| Ok((f, label))))
                }
                None => wanted.push(Err(DataError::Setting {
                    field: "name of a folder of calls",
                    given: entry.display().to_string(),
                    allowed: allowed_labels(),
                })),
            }
        }
        let source = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let (files, refused): (Vec<_>, Vec<_>) = wanted.into_iter().partition(Result::is_ok);
        let files: Vec<(PathBuf, Label)> = files.into_iter().flatten().collect();
        let read = |at: u64| {
            let (path, label) = &files[at as usize];
            Ok(LabelledCall { source: source.clone(), ..call(path.clone(), *label, 0.0)? })
        };
        let mut all: Vec<_> = refused.into_iter().filter_map(|it| it.err().map(Err)).collect();
        all.extend(in_parallel(0..files.len() as u64, &read));
        Self::sorted_out(all, strict)
    }

    fn sorted_out(read: Vec<Result<LabelledCall, DataError>>, strict: bool) -> Result<Self, DataError> {
        let mut calls = Self::default();
        for one in read {
            match one {
                Ok(call) => calls.calls.push(call),
                Err(error) if strict => return Err(error),
                Err(error) => calls.skipped.push(error.with_cause()),
            }
        }
        Ok(calls)
    }

    /// Deals the calls to [`Part::ALL`], in this order. Calls of one speaker of one source stay together; a call without
    /// a speaker stands for itself.
    ///
    /// # Errors
    /// [`DataError::Setting`] if the shares don't sum to 1.
    pub fn split(self, shares: &Shares, seed: u64) -> Result<[Vec<LabelledCall>; 3], DataError> {
        shares.check()?;
        let group = |call: &LabelledCall| match call.speaker.is_empty() {
            true => format!("file {}", call.path.display()),
            false => format!("{} {}", call.source, call.speaker),
        };
        // Label by label, so that each part has its share of each.
        let mut groups: BTreeMap<(Label, String), f64> = BTreeMap::new();
        let mut of_group: BTreeMap<String, Label> = BTreeMap::new();
        for call in &self.calls {
            let label = *of_group.entry(group(call)).or_insert(call.label);
            *groups.entry((label, group(call))).or_default() += 1.0;
        }
        let mut parts: BTreeMap<String, Part> = BTreeMap::new();
        for label in Label::ALL {
            let its: Vec<(&String, f64)> = groups
                .iter()
                .filter(|((its, _), _)| *its == label)
                .map(|((_, name), weight)| (name, *weight))
                .collect();
            let weights: Vec<f64> = its.iter().map(|(_, weight)| *weight).collect();
            let dealt = shares.deal_shuffled(&weights, seed);
            parts.extend(its.iter().zip(dealt).map(|((name, _), part)| ((*name).clone(), part)));
        }
        let mut split = [Vec::new(), Vec::new(), Vec::new()];
        for call in self.calls {
            let part = parts.get(&group(&call)).copied().unwrap_or(Part::Train);
            split[part as usize].push(call);
        }
        Ok(split)
    }
}

impl LabelledCall {
    /// The call as it is, its first `longest` only.
    ///
    /// What sounds when follows from the label and from what a detector with default settings hears: its voice is the
    /// label's, its tones are tones. Known times correct it.
    pub fn example(&self, longest: Duration, keep_samples: bool) -> Example {
        let sounding = self.sounding();
        self.example_of(self.samples.clone(), sounding, longest, keep_samples)
    }

    /// The example of other `samples` of this call, of the same length.
    pub(super) fn example_of(
        &self,
        mut samples: Vec<i16>,
        mut sounding: Vec<Option<Class>>,
        longest: Duration,
        keep_samples: bool,
    ) -> Example {
        let hops = (longest.as_millis() / 10) as usize;
        samples.truncate(hops.saturating_mul(HOP));
        sounding.truncate(hops);
        let between = background(&samples, &sounding);
        let targets = sounding.into_iter().map(|class| class.unwrap_or(between) as u8).collect();
        let names = [self.speaker.clone(), self.source.clone(), self.language.clone()];
        Example::new(samples, targets, keep_samples, self.label, names, self.line.clone())
    }

    /// What sounds in each whole hop; `None` for nothing.
    pub(super) fn sounding(&self) -> Vec<Option<Class>> {
        let Ok(params) = Params::new(DetectConfig::default()) else { return Vec::new() };
        let mut detector = Detector::new(&Arc::new(params));
        let mut sounding = Vec::with_capacity(self.samples.len() / HOP);
        for chunk in self.samples.chunks_exact(HOP) {
            drop(detector.push(chunk));
            let signals = detector.signals();
            let loud = signals.level.dbm0.0 > LEAST_SOUND_DBM0;
            let tone = signals.supervisory_sounding || matches!(signals.tone, Some(ToneBurst::Sounding { .. }));
            sounding.push(match self.label {
                Label::Music if loud => Some(Class::Music),
                Label::Fax if loud => Some(Class::Tone),
                Label::Music | Label::Fax | Label::Silence => None,
                _ if tone => Some(Class::Tone),
                _ if signals.voice.active => Some(self.voice()),
                _ => None,
            });
        }
        close_gaps(&mut sounding);
        self.correct(&mut sounding);
        sounding
    }

    /// The class of a voice in this call.
    const fn voice(&self) -> Class {
        match self.label {
            Label::Human => Class::LiveVoice,
            Label::Voicemail => Class::RecordedVoice,
            _ => Class::MenuOrAnnouncement,
        }
    }

    /// Takes over what is known of times.
    fn correct(&self, sounding: &mut [Option<Class>]) {
        let hop = |ms: f64| (ms / 10.0).round().max(0.0) as usize;
        let voice = Some(self.voice());
        let silence = |part: &mut [Option<Class>]| part.iter_mut().filter(|it| **it == voice).for_each(|it| *it = None);
        if let Some(start) = self.speech_start_ms {
            let until = hop(start).min(sounding.len());
            silence(&mut sounding[..until]);
        }
        if let (Some(end), Label::Voicemail) = (self.greeting_end_ms, self.label) {
            let from = hop(end).min(sounding.len());
            silence(&mut sounding[from..]);
        }
        if let Some((start, end)) = self.beep_ms {
            for class in sounding.iter_mut().take(hop(end)).skip(hop(start)) {
                *class = Some(Class::Tone);
            }
        }
    }
}

/// Music and fax tones are louder than this.
const LEAST_SOUND_DBM0: f32 = -45.0;
/// Hops without voice within a word: 120 ms.
const GAP: usize = 12;

/// Fills short gaps between hops of the same class.
fn close_gaps(sounding: &mut [Option<Class>]) {
    let mut last: Option<(usize, Class)> = None;
    for at in 0..sounding.len() {
        let Some(class) = sounding[at] else { continue };
        if let Some((before, same)) = last
            && same == class
            && at - before <= GAP
        {
            sounding[before..at].fill(Some(class));
        }
        last = Some((at, class));
    }
}

fn of_row(table: &Table, row: &Row) -> Result<LabelledCall, DataError> {
    let label = label_of(table.text(row, "label")).ok_or_else(|| table.refuse(row, "label", allowed_labels()))?;
    let time = |column: &'static str| match table.text(row, column) {
        "" => Ok(None),
        given => match given.parse::<f64>() {
            Ok(ms) if (0.0..=1e9).contains(&ms) => Ok(Some(ms)),
            _ => Err(table.refuse(row, column, "a time of 0 to 1e9 ms, or nothing".to_owned())),
        },
    };
    let answered = time("answered_ms")?.unwrap_or(0.0);
    let from_answer = |column| Ok::<_, DataError>(time(column)?.map(|ms| (ms - answered).max(0.0)));
    let text = |column| table.text(row, column).to_owned();
    Ok(LabelledCall {
        speech_start_ms: from_answer("speech_start_ms")?,
        greeting_end_ms: from_answer("greeting_end_ms")?,
        beep_ms: from_answer("beep_start_ms")?.zip(from_answer("beep_end_ms")?),
        speaker: text("speaker"),
        source: text("source"),
        language: text("language"),
        line: text("condition"),
        ..call(table.file(row), label, answered)?
    })
}

fn call(path: PathBuf, label: Label, answered_ms: f64) -> Result<LabelledCall, DataError> {
    let decoded = decode_file(&path, &DecodeOptions::default());
    let mut samples = decoded.map_err(|source| DataError::Media { path: path.clone(), source })?.samples;
    samples.drain(..((answered_ms * 8.0) as usize).min(samples.len()));
    Ok(LabelledCall {
        path,
        samples,
        label,
        speech_start_ms: None,
        greeting_end_ms: None,
        beep_ms: None,
        speaker: String::new(),
        source: String::new(),
        language: String::new(),
        line: String::new(),
    })
}

fn label_of(word: &str) -> Option<Label> {
    let word = word.to_ascii_lowercase();
    let known = Label::ALL.into_iter().map(|label| (label.name(), label)).chain(ALIASES);
    known.into_iter().find(|(name, _)| *name == word).map(|(_, label)| label)
}

fn allowed_labels() -> String {
    let names: Vec<&str> = Label::ALL.into_iter().map(Label::name).chain(ALIASES.map(|(name, _)| name)).collect();
    names.join(", ")
}

fn is_recording(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
    ENDINGS.contains(&ending.as_str())
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let file = |source| DataError::File { path: folder.to_owned(), action: "read", source };
    let entries = std::fs::read_dir(folder).map_err(file)?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<PathBuf>>>().map_err(file)?;
    paths.sort();
    Ok(paths)
}
