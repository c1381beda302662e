//! The calls that a configuration asks for.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use offhook_sim::synthesiser::Synthesiser;

use crate::card::DataSource;
use crate::config::TrainConfig;
use crate::data::{Example, Generation, Part, Shares, VoiceOptions, Voices};
use crate::error::TrainError;
use crate::progress::Progress;

/// How often progress is told while calls are made.
const EVERY: Duration = Duration::from_millis(100);

/// The voices that the simulator speaks with.
///
/// # Errors
/// [`TrainError::Data`]: a table cannot be read, or a synthesiser fails. [`TrainError::Config`]: synthesisers are asked
/// for and none is installed.
pub fn voices(config: &TrainConfig, tell: &mut dyn FnMut(Progress)) -> Result<Voices, TrainError> {
    let TrainConfig { simulator, split, .. } = config;
    if simulator.hours == 0.0 {
        return Ok(Voices::default());
    }
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
        shares: Shares { train: split.train, validation: split.validation, test: split.test },
        seed: simulator.seed,
        strict: false,
    };
    let voices = Voices::load(&options)?;
    for skipped in &voices.skipped {
        tell(Progress::Note(skipped.clone()));
    }
    Ok(voices)
}

/// The simulated calls of a part: its share of the hours that are asked for.
///
/// # Errors
/// [`TrainError::Data`] if the simulator refuses.
pub fn simulated(
    config: &TrainConfig,
    voices: &Voices,
    part: Part,
    keep_samples: bool,
    tell: &mut dyn FnMut(Progress),
) -> Result<Vec<Example>, TrainError> {
    let share = match part {
        Part::Train => config.split.train,
        Part::Validation => config.split.validation,
        Part::Test => config.split.test,
    };
    let length = Duration::from_secs_f64(config.simulator.hours * share * 3600.0);
    let name = format!("making calls: {}", part_name(part));
    let generation = Generation { keep_samples, ..Generation::new(part, length, config.simulator.seed) };
    make(&generation, voices, name, tell)
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
    tell(Progress::Stage { name, total: (generation.length.as_millis() / 10) as u64 });
    let made = AtomicU64::new(0);
    let calls = std::thread::scope(|scope| {
        let work = scope.spawn(|| generation.make(voices, &|hops, _| made.store(hops, Ordering::Relaxed)));
        while !work.is_finished() {
            std::thread::sleep(EVERY);
            tell(Progress::Advanced { done: made.load(Ordering::Relaxed) });
        }
        work.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });
    Ok(calls?)
}

/// How a part is called in cards and messages.
pub fn part_name(part: Part) -> &'static str {
    match part {
        Part::Train => "train",
        Part::Validation => "validation",
        Part::Test => "test",
    }
}

/// Where the calls of a part come from, for the card: calls and hours by the source of their voice.
pub fn sources(part: Part, calls: &[Example]) -> Vec<DataSource> {
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
        hours: hops as f64 / 360_000.0,
        licences: Vec::new(),
    };
    by_source.into_iter().map(source).collect()
}
