//! A whole model: the net, the timing model, and the weights and curve that join them, each fitted on calls that what it
//! judges was not trained on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use offhook_detect::timing::{TIMING_FEATURES, TimingFeatures, TimingModel};
use offhook_detect::{FusionModel, Model};
use offhook_sim::{CallSet, Label, Lines};

use crate::calibration::{Bin, expected_calibration_error, reliability};
use crate::card::Card;
use crate::data::{Example, Generation, Part};
use crate::error::TrainError;
use crate::fusion::{self, LabelledCall, Row};
use crate::gathering::{self, Material, part_name};
use crate::net_only::{RunOptions, name_of, read_model, train_net};
use crate::progress::{Progress, watched};
use crate::trees::{self, Direction, Samples, TreeConfig};

/// Bins of the reliability diagram.
const BINS: usize = 10;

/// Trains a model from nothing or, if the configuration names one, from another. The net learns from the train part and
/// is stopped by the validation part; the trees learn from other calls of the train part; the weights are fitted on the
/// validation part, and the operating curve is measured on the test part.
///
/// # Errors
/// [`TrainError`]: what is asked for cannot be done.
pub fn train(options: &RunOptions<'_>, tell: &mut dyn FnMut(Progress)) -> Result<Model, TrainError> {
    let config = options.config;
    let from = config.fine_tuning.from.as_deref().map(read_model).transpose()?;
    let material = Material::gather(config, tell)?;
    let mut card = Card::new(config);
    card.from = from.as_ref().map(name_of);
    // No epochs: the net of the other model is kept, and joined anew.
    let kept = from.as_ref().and_then(Model::network).filter(|_| config.training.epochs == 0);
    let network = match kept {
        Some(network) => {
            // What made the net stays on the card.
            let of_kept = from.as_ref().and_then(|model| Card::from_json(model.card()).ok());
            card = of_kept.unwrap_or(card);
            network.clone()
        }
        None => train_net(options, &material, from.as_ref(), &mut card, tell)?,
    };
    let heard = |model: &Model, calls: &[LabelledCall], part, tell: &mut dyn FnMut(Progress)| {
        let model = Arc::new(model.clone());
        let name = format!("listening: {}", part_name(part));
        watched(name, calls.len() as u64, tell, |done| fusion::hear(calls, &model, count(done)))
    };
    let calls = |part, tell: &mut dyn FnMut(Progress)| labelled(options, &material, part, tell);
    let with_net = Model::new(String::new(), Some(network.clone()), None, FusionModel::default());
    let validation = calls(Part::Validation, tell)?;
    let mut rows = heard(&with_net, &validation, Part::Validation, tell);
    let timing = {
        let learned = heard(&with_net, &calls(Part::Train, tell)?, Part::Train, tell);
        tell(Progress::Stage { name: "fitting trees".to_owned(), total: 0 });
        timing_model(&learned, &rows)?
    };
    rows.iter_mut().for_each(|row| row.judge_timing(&timing));
    // Without the net there is nothing to say what is noise: the rhythm is measured otherwise.
    let alone = Model::new(String::new(), None, Some(timing.clone()), FusionModel::default());
    let mut weights = fusion::fit(&rows, &heard(&alone, &validation, Part::Validation, tell))?;
    let test = calls(Part::Test, tell)?;
    let weighed = Model::new(String::new(), Some(network.clone()), Some(timing.clone()), weights.clone());
    for (with_timing, with_net) in [(true, true), (true, false), (false, true)] {
        let name = format!(
            "operating curve{}{}",
            if with_timing { ", timing" } else { "" },
            if with_net { ", net" } else { "" }
        );
        let total = (test.len() * fusion::THRESHOLDS) as u64;
        let curve = watched(name, total, tell, |done| {
            fusion::operating_curve(&test, &weighed, with_timing, with_net, count(done))
        });
        let mixture = match (with_timing, with_net) {
            (true, true) => &mut weights.all,
            (true, false) => &mut weights.timing,
            (false, _) => &mut weights.net,
        };
        mixture.curve = curve;
    }
    let mut rows = heard(&with_net, &test, Part::Test, tell);
    rows.iter_mut().for_each(|row| row.judge_timing(&timing));
    card.reliability = diagram(&weights, &rows);
    card.calibration_error = f64::from(expected_calibration_error(&card.reliability));
    Ok(Model::new(card.to_json(), Some(network), Some(timing), weights))
}

/// One's own calls of a part, and simulated ones made anew: as much as the validation part has, but not less than half
/// an hour. Both count the same in all.
fn labelled(
    options: &RunOptions<'_>,
    material: &Material,
    part: Part,
    tell: &mut dyn FnMut(Progress),
) -> Result<Vec<LabelledCall>, TrainError> {
    let config = options.config;
    let hours = (config.simulator.hours * config.split.validation).max(0.5);
    let length = Duration::from_secs_f64(hours * 3600.0);
    let seed = config.simulator.seed.wrapping_add(FRESH);
    let make = |part: Part, length: Duration, varied: bool, tell: &mut dyn FnMut(Progress)| {
        let name = || format!("making calls to weigh by: {}", part_name(part));
        let generation = Generation { keep_samples: true, ..Generation::new(part, length, seed) };
        if varied {
            return gathering::make(&generation, &material.voices, name(), tell);
        }
        // What is promised holds on lines and voices as they are, not as varied as a net needs them: good lines in half of
        // the calls, and in the other half as the set of all has them; in all, one line in five is bad.
        let (lines, variety, length) = (Lines::OfSet, false, length / 2);
        let mixed = Generation { lines, variety, length, ..generation };
        let good = Generation { set: CallSet::LiveAnswers, seed: seed.wrapping_add(1), ..mixed.clone() };
        let mut calls = gathering::make(&mixed, &material.voices, name(), tell)?;
        calls.extend(gathering::make(&good, &material.voices, name(), tell)?);
        Ok(calls)
    };
    let mut examples = make(part, length, part == Part::Train, tell)?;
    let bank = material.voices.bank(part);
    match part {
        Part::Train => {}
        // Some of the prompts in the field are by voices that were learnt, some are not.
        Part::Validation => {
            let known = make(Part::Train, length.mul_f64(KNOWN), false, tell)?;
            examples.extend(known.into_iter().filter(|call| matches!(call.label, Label::Ivr | Label::Announcement)));
        }
        // People who answer a telephone, rather than people who read aloud, if there are any.
        Part::Test if examples.iter().any(|call| bank.is_telephone(&call.source)) => {
            examples.retain(|call| call.label != Label::Human || bank.is_telephone(&call.source));
        }
        Part::Test => {}
    }
    let simulated: Vec<LabelledCall> = examples.into_iter().filter_map(call_of).collect();
    let own = material.own[part as usize].iter().map(|call| call.example(Duration::from_secs(15), true));
    let mut calls: Vec<LabelledCall> = own.filter_map(call_of).collect();
    fusion::count_alike(&mut calls, &simulated);
    calls.extend(simulated);
    Ok(calls)
}

/// How much is made, beside the calls to fit the weights on, for prompts by voices that were learnt.
const KNOWN: f64 = 0.7;

/// Added to the seed: other calls than those the net learns from.
const FRESH: u64 = 1_000_003;

/// A call by whose voice a person is told from a machine. One without a voice teaches nothing about that, and a screener
/// is neither.
fn call_of(example: Example) -> Option<LabelledCall> {
    let voiced = !matches!(example.label, Label::Silence | Label::Fax | Label::Music | Label::Screener);
    let machine = example.machine().filter(|_| voiced)?;
    Some(LabelledCall { samples: example.samples?, answered: 0, machine, speaker: example.speaker, weight: 1.0 })
}

fn timing_model(learned: &[Row], held_out: &[Row]) -> Result<TimingModel, TrainError> {
    let samples = |rows: &[Row]| {
        let mut samples = Samples::default();
        for row in rows {
            samples.push(row.inputs.rhythm.values(), row.machine, row.weight, row.call);
        }
        samples.balance();
        samples
    };
    let mut directions = [Direction::Free; TIMING_FEATURES];
    for (direction, feature) in directions.iter_mut().zip(TimingFeatures::TABLE) {
        // Levels and voicing say which line it is, not who speaks.
        *direction = match feature.name {
            "level_above_floor" | "level_variation" | "voiced_share" => Direction::Unused,
            "voice" | "turn_voice" => Direction::Rising,
            "silence" => Direction::Falling,
            _ => Direction::Free,
        };
    }
    let config = TreeConfig { directions, ..TreeConfig::default() };
    Ok(trees::fit(&samples(learned), Some(&samples(held_out)), &config)?.model)
}

/// What all models together said, and how often it was so.
fn diagram(weights: &FusionModel, rows: &[Row]) -> Vec<Bin> {
    let probability = |row: &Row| {
        let w = if row.inputs.sounding { weights.all.speaking } else { weights.all.silent };
        let inputs = &row.inputs;
        let odds =
            w.bias + w.timing * inputs.timing + w.call * inputs.call + w.voice * inputs.voice + w.long * inputs.long;
        1.0 / (1.0 + (-odds).exp())
    };
    // As many rows of people as of machines, as the weights were fitted.
    let of = |machine: bool| rows.iter().filter(move |row| row.machine == machine);
    let fewest = of(true).count().min(of(false).count()).max(1);
    let evenly = |machine: bool| of(machine).step_by((of(machine).count() / fewest).max(1)).take(fewest);
    let looked: Vec<&Row> = evenly(true).chain(evenly(false)).collect();
    let said: Vec<f32> = looked.iter().map(|row| probability(row)).collect();
    let true_of: Vec<bool> = looked.iter().map(|row| row.machine).collect();
    reliability(&said, &true_of, BINS)
}

/// Adds to what is done.
fn count(done: &AtomicU64) -> impl Fn(usize) + Sync {
    |more| {
        done.fetch_add(more as u64, Ordering::Relaxed);
    }
}
