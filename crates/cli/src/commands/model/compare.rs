//! Two models side by side: what they are, what their cards say, and how good they are on the same calls.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use clap::Args;
use offhook_detect::{DetectConfig, Model, Params, Preset};
use offhook_train::Card;

use super::cost;
use crate::commands::eval;
use crate::evaluation::report::{PresetReport, Report};
use crate::evaluation::{Call, Manifest};
use crate::exit::Exit;
use crate::report::eval_text;
use crate::sound::Hearing;
use crate::terminal::{self, Ink, Paint};

/// Put two models side by side
#[derive(Args, Debug)]
pub(super) struct CompareArgs {
    /// One model
    one: PathBuf,
    /// The other
    other: PathBuf,
    /// Also measure both on these labelled calls, a table as for `offhook eval`
    #[arg(long, value_name = "MANIFEST")]
    calls: Option<PathBuf>,
    /// The parameters of the detector that the models are measured with
    #[arg(long, default_value = "balanced", value_name = "NAME", requires = "calls")]
    preset: String,
}

/// A line of the table: its name, and how a model shows it.
type Line = (&'static str, fn(&Model, &Card) -> Option<String>);

const LINES: &[Line] = &[
    ("name", |_, card| Some(format!("{} {}", card.name, card.version))),
    ("bytes", |model, _| Some(model.to_bytes().len().to_string())),
    ("net", |model, _| Some(model.network()?.architecture().name.clone())),
    ("  parameters", |model, _| Some(model.network()?.architecture().parameter_count().to_string())),
    ("  MACs a second", |model, _| {
        let layers = cost::layers(model.network()?.architecture());
        Some(format!("{:.0}", layers.iter().map(|layer| layer.macs).sum::<f64>()))
    }),
    ("trees of the timing model", |model, _| Some(model.timing()?.trees().len().to_string())),
    ("hours learnt from", |_, card| {
        let hours = card.data.iter().filter(|source| source.part == "train").map(|source| source.hours);
        (!card.data.is_empty()).then(|| format!("{:.1}", hours.sum::<f64>()))
    }),
    ("epoch", |_, card| Some(card.best.as_ref()?.epoch.to_string())),
    ("loss, validation", |_, card| Some(format!("{:.4}", card.best.as_ref()?.validation.loss))),
    ("class of sound right", |_, card| Some(percent(card.best.as_ref()?.validation.class_accuracy))),
    ("machine: accuracy", |_, card| Some(percent(card.best.as_ref()?.validation.machine.accuracy))),
    ("  F1", |_, card| Some(percent(card.best.as_ref()?.validation.machine.f1))),
    ("  area under ROC", |_, card| Some(format!("{:.4}", card.best.as_ref()?.validation.machine.auc))),
];

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

pub(super) fn run(args: &CompareArgs) -> Result<Exit> {
    let models = [super::named(&args.one)?, super::named(&args.other)?];
    let names = [&args.one, &args.other].map(|path| path.display().to_string());
    let cards = models.each_ref().map(|model| Card::from_json(model.card()).unwrap_or_default());
    let paint = Paint::for_output();
    let report = args.calls.as_ref().map(|_| measure(args, &models, &names)).transpose()?;
    let mut out = io::stdout().lock();
    let [one, other] = &names;
    writeln!(out, "{}", paint.mark(Ink::Strong, format!("{:<28} {one:<28} {other}", "")))?;
    for (name, show) in LINES {
        let [one, other] = [0, 1].map(|at| show(&models[at], &cards[at]).unwrap_or_else(|| "–".to_owned()));
        writeln!(out, "{name:<28} {one:<28} {other}")?;
    }
    let mut exit = Exit::Done;
    if let Some(report) = report {
        writeln!(out)?;
        eval_text::write(&mut out, &report, false, paint)?;
        if !report.failed.is_empty() {
            exit = Exit::Failed;
        }
    }
    out.flush()?;
    Ok(exit)
}

/// The figures of both models on the calls.
fn measure(args: &CompareArgs, models: &[Arc<Model>; 2], names: &[String; 2]) -> Result<Report> {
    let preset = Preset::from_name(&args.preset)?;
    let mut lanes = Vec::new();
    for model in models {
        lanes.push(Arc::new(Params::with_model(DetectConfig::preset(preset), Arc::clone(model))?));
    }
    let manifest = Manifest::read(args.calls.as_deref().unwrap_or(&args.one))?;
    let shown = args.calls.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
    let mut failed = manifest.errors.clone();
    let heard = eval::hear_all(&manifest.rows, &shown, &Hearing::default(), &lanes, &mut failed);
    for told in &failed {
        terminal::tell_error(&anyhow::anyhow!("{told}"));
    }
    let of_lane =
        |at: usize| -> Vec<Call<'_>> { heard.iter().map(|(row, heard)| Call { row, said: &heard[at].said }).collect() };
    let presets = [0, 1].map(|at| PresetReport::new(names[at].clone(), &of_lane(at)));
    Ok(Report { manifest: shown, failed, presets: presets.into(), asterisk: None })
}
