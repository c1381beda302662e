use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use offhook_detect::Trace;

use offhook_server::views;

use crate::exit::{Exit, Mistake};
use crate::model::ModelArgs;
use crate::report::text;
use crate::terminal::Paint;

/// Run a trace again, exactly, and print its events
#[derive(Args, Debug)]
#[command(after_help = "\
A trace holds the parameters and all that a detector was given: the form in which to report a bug.

Example:
  offhook detect --trace call.trace call.wav
  offhook replay call.trace")]
pub(crate) struct ReplayArgs {
    /// What `offhook detect --trace` wrote
    trace: PathBuf,
    /// Print JSON: one object a line for each event
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    model: ModelArgs,
}

pub(crate) fn run(args: &ReplayArgs) -> Result<Exit> {
    let shown = args.trace.display();
    let bytes = std::fs::read(&args.trace).with_context(|| format!("{shown}: cannot be read"))?;
    let trace = Trace::decode(&bytes).with_context(|| format!("{shown} is no trace"))?;
    let params = args
        .model
        .read()?
        .params(trace.config)
        .with_context(|| format!("{shown}: its parameters do not go together"))?;
    let model = params.model().map(|model| model.fingerprint());
    if let (Some(made), Some(given)) = (trace.model, model)
        && made != given
    {
        return Err(Mistake::Usage(format!(
            "{shown} was made with the model {made:016x}: given {given:016x}; name the model it was made with by --model"
        ))
        .into());
    }
    let events = trace.replay_with(&params);
    let paint = Paint::for_output();
    let mut out = io::stdout().lock();
    for event in &events {
        if args.json {
            writeln!(out, "{}", views::event(event))?;
        } else {
            writeln!(out, "{}", text::event(event, paint))?;
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}
