mod curves;
mod display;
mod operating;
mod page;
pub(crate) mod summary;

use std::io::{self, Write as _};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use offhook_train::{Card, RunOptions, TrainConfig, TrainError, train, train_net_only};

use super::model::info;
use crate::exit::{Exit, Mistake};
use crate::output;
use crate::terminal::Paint;
use display::Display;

/// Train a model on labelled and simulated calls
#[derive(Args, Debug)]
#[command(after_help = AFTER, after_long_help = AFTER)]
pub(crate) struct TrainArgs {
    /// What to do, as --print-config prints it; what it leaves out is at its default
    config: Option<PathBuf>,
    /// Where the model is written
    #[arg(long, default_value = "model.offhook", value_name = "FILE")]
    out: PathBuf,
    /// Set one value over the configuration, such as training.epochs=20; may be given many times
    #[arg(long = "set", value_name = "SECTION.FIELD=VALUE")]
    set: Vec<String>,
    /// Go on from this model, with a lower learning rate and a share of simulated calls
    #[arg(long, value_name = "MODEL")]
    from: Option<PathBuf>,
    /// Also learn from these calls: a table (CSV) with the columns path and label, or a folder with a folder for each
    /// label; may be given many times
    #[arg(long, value_name = "MANIFEST|FOLDER")]
    calls: Vec<PathBuf>,
    /// Keep what is needed to go on after an interruption in this folder, written anew after each epoch
    #[arg(long, value_name = "DIR")]
    checkpoints: Option<PathBuf>,
    /// Go on where the checkpoints of this folder end; the configuration must be the same
    #[arg(long, value_name = "DIR", conflicts_with = "checkpoints")]
    resume: Option<PathBuf>,
    /// Threads [default: one for each core]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Train this part alone: a model without the others
    #[arg(long, value_enum, value_name = "PART")]
    only: Option<Part>,
    /// Write a page with the loss curves and all figures; it needs nothing but itself
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Print the whole configuration with comments, and do nothing else
    #[arg(long)]
    print_config: bool,
}

/// The parts of a model that can be trained alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The net
    Net,
}

const AFTER: &str = "\
Without a configuration the simulator's built-in voice speaks, which has the rhythm of speech and no words: good for a \
first try, not for use. Ctrl-C ends training; with --checkpoints, --resume goes on from the last whole epoch, to the \
same model bit for bit.

Examples:
  offhook train --print-config > train.toml
  offhook train train.toml --checkpoints run --html training.html
  offhook train train.toml --resume run
  offhook train --from model.offhook --calls my-calls.csv --out mine.offhook
  offhook train --set simulator.hours=1 --set training.epochs=5";

pub(crate) fn run(args: &TrainArgs) -> Result<Exit> {
    let config = config(args)?;
    if args.print_config {
        let mut out = io::stdout().lock();
        out.write_all(config.to_toml().as_bytes())?;
        return Ok(Exit::Done);
    }
    let read: Vec<&PathBuf> = args.config.iter().chain(config.inputs()).collect();
    for (flag, path) in [("--out", Some(args.out.as_path())), ("--html", args.html.as_deref())] {
        output::check(flag, path, read.iter().copied())?;
    }
    let folder = args.checkpoints.as_ref().or(args.resume.as_ref());
    let options = RunOptions {
        config: &config,
        checkpoints: folder.map(PathBuf::as_path),
        resume: args.resume.is_some(),
        threads: args.threads.map_or_else(threads, NonZeroUsize::get),
    };
    let mut display = Display::new();
    let mut tell = |progress| display.tell(&progress);
    let trained = match args.only {
        Some(Part::Net) => train_net_only(&options, &mut tell),
        None => train(&options, &mut tell),
    };
    display.finish();
    let model = trained.map_err(mistake)?;
    write_file(&args.out, &model.to_bytes())?;
    let card = Card::from_json(model.card())?;
    if let Some(path) = &args.html {
        write_file(path, page::page(&card, &model).as_bytes())?;
    }
    let mut out = io::stdout().lock();
    summary::write(&mut out, &card, Paint::for_output())?;
    info::curve(&mut out, &model.fusion().all, Paint::for_output())?;
    writeln!(out, "the model is in {}", args.out.display())?;
    out.flush()?;
    Ok(Exit::Done)
}

/// The configuration of the file, with what the flags say over it.
fn config(args: &TrainArgs) -> Result<TrainConfig> {
    let (text, beside) = match &args.config {
        None => (String::new(), Path::new("")),
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| {
                Mistake::Config(format!("cannot read the configuration {}: {error}", path.display()))
            })?;
            (text, path.parent().unwrap_or(Path::new("")))
        }
    };
    let mut config = TrainConfig::parse(&text, beside, &args.set).map_err(mistake)?;
    config.fine_tuning.from = args.from.clone().or(config.fine_tuning.from);
    for path in &args.calls {
        let into = if path.is_dir() { &mut config.calls.folders } else { &mut config.calls.manifests };
        into.push(path.clone());
    }
    config.check().map_err(mistake)?;
    Ok(config)
}

/// What is wrong with the configuration ends the program with another code than what fails in training.
fn mistake(error: TrainError) -> anyhow::Error {
    match error {
        TrainError::Config { .. } | TrainError::Toml { .. } => Mistake::Config(error.to_string()).into(),
        other => other.into(),
    }
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("{}: cannot be written", path.display()))
}
