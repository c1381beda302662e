mod compare;
mod cost;
pub(super) mod info;
mod validate;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use clap::{Args, Subcommand};
use offhook_detect::Model;

use crate::exit::Exit;
use crate::model;

/// Look at models, compare and check them
#[derive(Args, Debug)]
#[command(after_help = AFTER, after_long_help = AFTER)]
pub(crate) struct ModelCommandArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// What a model is, what it was made of and how good it was found to be
    Info {
        /// The model; without one the built-in one
        model: Option<PathBuf>,
        /// Print the training card alone, as JSON
        #[arg(long)]
        card: bool,
        /// Also print every tree of the timing model
        #[arg(long, conflicts_with = "card")]
        trees: bool,
    },
    Compare(compare::CompareArgs),
    /// Check that a model can be used: its shapes, size, speed and numbers
    Validate {
        /// The model
        model: PathBuf,
    },
}

const AFTER: &str = "\
Where a model is named, builtin is the one in the program.

Examples:
  offhook model info
  offhook model compare builtin mine.offhook --calls calls/manifest.csv
  offhook model validate mine.offhook";

pub(crate) fn run(args: &ModelCommandArgs) -> Result<Exit> {
    match &args.action {
        Action::Info { model, card, trees } => {
            let model = model.as_deref().map_or_else(|| Ok(Model::builtin()), named)?;
            info::run(&model, *card, *trees)
        }
        Action::Compare(args) => compare::run(args),
        Action::Validate { model } => validate::run(model),
    }
}

/// The model of a file, or the built-in one.
fn named(path: &Path) -> Result<Arc<Model>> {
    if path == Path::new("builtin") { Ok(Model::builtin()) } else { model::read(path) }
}
