//! The calls that a configuration asks for: the simulator's, and one's own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use offhook_sim::Label;
use offhook_sim::synthesiser::Synthesiser;

use crate::card::DataSource;
use crate::config::TrainConfig;
use crate::data::{
    Copies, DataError, Example, Generation, LabelledCall, LabelledCalls, Part, Shares, VoiceOptions, Voices,
};
use crate::error::TrainError;
use crate::progress::{self, Progress};

/// Where longer calls are cut: whatever answered has said so by then.
const LONGEST: Duration = Duration::from_secs(15);

/// What calls are made of.
#[derive(Clone, Debug)]
pub struct Material {
    /// The voices that the simulator speaks with.
    pub voices: Voices,
    /// One's own calls, in the order of [`Part::ALL`].
    pub own: [Vec<LabelledCall>; 3],
    /// The licences that tables of voices and calls give, by source.
    licences: BTreeMap<String, BTreeSet<String>>,
}

impl Material {
    /// Reads voices and calls.
    ///
    /// # Errors
    /// [`TrainError::Data`]: a table or a folder cannot be read, or a synthesiser fails. [`TrainError::Config`]:
    /// synthesisers are asked for and none is installed.
    pub fn gather(config: &TrainConfig, tell: &mut dyn FnMut(Progress)) -> Result<Self, TrainError> {
        let shares = Shares { train: config.split.train, validation: config.split.validation, test: config.split.test };
        let voices = voices(config, shares, tell)?;
        let own = own_calls(config, tell)?.split(&shares, config.simulator.seed)?;
        let sources = &config.calls;
        let tables = [&config.simulator.voices, &sources.manifests, &sources.feedback];
        let mut licences = BTreeMap::new();
        tables.into_iter().flatten().for_each(|table| add_licences(table, &mut licences));
        Ok(Self { voices, own, licences })
    }

    /// The calls of a part as the net learns from them: the simulator's, one's own, and changed copies of those that are
    /// learnt from. When going on from a model, only so many are simulated that they have their share.
    ///
    /// # Errors
    /// [`TrainError::Data`] if the simulator refuses.
    pub fn examples(
        &self,
        config: &TrainConfig,
        part: Part,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Vec<Example>, TrainError> {
        let copies = Copies {
            augmentation: config.augmentation.clone(),
            copies: if part == Part::Train { config.calls.copies } else { 0 },
            noises: self.voices.noises.clone(),
            longest: LONGEST,
            keep_samples: false,
            seed: config.training.seed,
        };
        let own = &self.own[part as usize];
        if !own.is_empty() {
            tell(Progress::Stage { name: format!("copying calls: {}", part_name(part)), total: 0 });
        }
        let mut examples = copies.make(own);
        let share = config.fine_tuning.simulated_share;
        let mut hours = config.simulator.hours * share_of(config, part);
        if config.fine_tuning.from.is_some() && !own.is_empty() && share < 1.0 {
            let own_hours = examples.iter().map(Example::hops).sum::<usize>() as f64 / HOPS_AN_HOUR;
            hours = hours.min(own_hours * share / (1.0 - share));
        }
        let length = Duration::from_secs_f64(hours * 3600.0);
        let generation = Generation { longest: LONGEST, ..Generation::new(part, length, config.simulator.seed) };
        let name = format!("making calls: {}", part_name(part));
        examples.extend(watched(&generation, name, tell, |progress| match &config.simulator.cache {
            Some(folder) => generation.make_cached(&self.voices, folder, progress),
            None => generation.make(&self.voices, progress),
        })?);
        Ok(examples)
    }

    /// Where the calls of a part come from, for the card: calls and hours by the source of their voice, with its licences.
    pub fn sources(&self, part: Part, calls: &[Example]) -> Vec<DataSource> {
        let mut by_source: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for call in calls {
            let (count, hops) = by_source.entry(&call.source).or_default();
            *count += 1;
            *hops += call.hops();
        }
        let source = |(name, (recordings, hops)): (&str, (usize, usize))| DataSource {
            name: if name.is_empty() { "no voice" } else { name }.to_owned(),
            part: part_name(part).to_owned(),
            recordings,
            hours: hops as f64 / HOPS_AN_HOUR,
            licences: self.licences.get(name).into_iter().flatten().cloned().collect(),
        };
        by_source.into_iter().map(source).collect()
    }
}

/// Hops of 10 ms.
const HOPS_AN_HOUR: f64 = 360_000.0;

fn share_of(config: &TrainConfig, part: Part) -> f64 {
    match part {
        Part::Train => config.split.train,
        Part::Validation => config.split.validation,
        Part::Test => config.split.test,
    }
}

fn voices(config: &TrainConfig, shares: Shares, tell: &mut dyn FnMut(Progress)) -> Result<Voices, TrainError> {
    let simulator = &config.simulator;
    let synthesisers = if simulator.synthesisers { Synthesiser::installed() } else { Vec::new() };
    if simulator.synthesisers && synthesisers.is_empty() {
        let allowed = "false, or install espeak-ng, flite or festival".to_owned();
        return Err(TrainError::config("simulator.synthesisers", "true, and none is installed", allowed));
    }
    tell(Progress::Stage { name: "reading voices".to_owned(), total: 0 });
    let options = VoiceOptions {
        manifests: simulator.voices.clone(),
        synthesisers,
        sentences: simulator.sentences,
        shares,
        seed: simulator.seed,
        strict: false,
    };
    let voices = Voices::load(&options)?;
    voices.skipped.iter().for_each(|skipped| tell(Progress::Note(skipped.clone())));
    Ok(voices)
}

fn own_calls(config: &TrainConfig, tell: &mut dyn FnMut(Progress)) -> Result<LabelledCalls, TrainError> {
    let mut all = LabelledCalls::default();
    let sources = &config.calls;
    if !sources.is_empty() {
        tell(Progress::Stage { name: "reading calls".to_owned(), total: 0 });
    }
    let tables = sources.manifests.iter().chain(&sources.feedback).map(|path| LabelledCalls::of_table(path, false));
    let folders = sources.folders.iter().map(|path| LabelledCalls::of_folder(path, false));
    for read in tables.chain(folders) {
        let read = read?;
        read.skipped.iter().for_each(|skipped| tell(Progress::Note(skipped.clone())));
        all.calls.extend(read.calls);
    }
    tell_of_one_kind(&all.calls, tell);
    Ok(all)
}

/// Notes that only people or only machines are given: over a line of their own they could be known by it.
fn tell_of_one_kind(calls: &[LabelledCall], tell: &mut dyn FnMut(Progress)) {
    let people = calls.iter().filter(|call| call.label == Label::Human).count();
    let machines = calls.iter().filter(|call| !matches!(call.label, Label::Human | Label::Silence)).count();
    let (given, missing) = match (people, machines) {
        (0, 1..) => (format!("{machines} machines"), "people"),
        (1.., 0) => (format!("{people} people"), "machines"),
        _ => return,
    };
    tell(Progress::Note(format!(
        "one's own calls: {given} and no {missing}: the model may learn to tell them by the line; give some {missing} \
         over the same line"
    )));
}

/// Notes which licences a table gives for which source. A table without these columns, or that cannot be read, gives
/// none; whoever reads the recordings says so.
fn add_licences(table: &Path, licences: &mut BTreeMap<String, BTreeSet<String>>) {
    let Ok(mut reader) = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(table) else { return };
    let column = |header: &csv::StringRecord, name: &str| header.iter().position(|column| column == name);
    let Ok(header) = reader.headers() else { return };
    let (Some(source), Some(licence)) = (column(header, "source"), column(header, "licence")) else { return };
    for record in reader.records().flatten() {
        if let (Some(source), Some(licence)) = (record.get(source), record.get(licence))
            && !licence.is_empty()
        {
            licences.entry(source.to_owned()).or_default().insert(licence.to_owned());
        }
    }
}

/// Makes calls and tells how far that is.
///
/// # Errors
/// [`TrainError::Data`] if the simulator refuses.
pub(crate) fn make(
    generation: &Generation,
    voices: &Voices,
    name: String,
    tell: &mut dyn FnMut(Progress),
) -> Result<Vec<Example>, TrainError> {
    watched(generation, name, tell, |progress| generation.make(voices, progress))
}

/// Does `work`, which makes the calls of `generation`, on a thread of its own while telling how far it is.
fn watched(
    generation: &Generation,
    name: String,
    tell: &mut dyn FnMut(Progress),
    work: impl FnOnce(&(dyn Fn(u64, u64) + Sync)) -> Result<Vec<Example>, DataError> + Send,
) -> Result<Vec<Example>, TrainError> {
    let total = (generation.length.as_millis() / 10) as u64;
    let made = progress::watched(name, total, tell, |done| work(&|hops, _| done.store(hops, Ordering::Relaxed)));
    Ok(made?)
}

/// How a part is called in cards and messages.
pub fn part_name(part: Part) -> &'static str {
    match part {
        Part::Train => "train",
        Part::Validation => "validation",
        Part::Test => "test",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences_are_kept_by_source() {
        let folder = tempfile::tempdir().unwrap();
        let table = folder.path().join("v.csv");
        let rows = "path,source,licence\na.wav,one,CC0\nb.wav,two,MIT\nc.wav,one,CC BY 4.0\nd.wav,one,\n";
        std::fs::write(&table, rows).unwrap();
        let mut licences = BTreeMap::new();
        add_licences(&table, &mut licences);
        add_licences(&folder.path().join("gone.csv"), &mut licences);
        assert_eq!(licences["one"].iter().collect::<Vec<_>>(), ["CC BY 4.0", "CC0"]);
        assert_eq!(licences["two"].len(), 1);
    }
}
