//! The command line.

mod eval;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::exit::{self, Exit};
use crate::terminal::{self, Color};

/// Tells who, or what, picked up a telephone call, why, and when a message may be left
#[derive(Parser, Debug)]
#[command(name = "offhook", version, after_help = exit::HELP, max_term_width = 100)]
pub(crate) struct Cli {
    /// When to colour the output
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    color: Color,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Eval(eval::EvalArgs),
}

/// Does what was asked.
pub(crate) fn run(cli: Cli) -> Result<Exit> {
    terminal::set_color(cli.color);
    match cli.command {
        Command::Eval(args) => eval::run(&args),
    }
}
