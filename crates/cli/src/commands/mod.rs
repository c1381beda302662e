//! The command line.

mod bench;
mod config;
mod detect;
mod eval;
mod man;
mod replay;
mod simulate;

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
    Detect(detect::DetectArgs),
    Eval(eval::EvalArgs),
    Simulate(simulate::SimulateArgs),
    Replay(replay::ReplayArgs),
    Bench(bench::BenchArgs),
    Config(config::ConfigArgs),
    #[command(alias = "help-man")]
    Man(man::ManArgs),
    Completions(man::CompletionsArgs),
}

/// Does what was asked.
pub(crate) fn run(cli: Cli) -> Result<Exit> {
    terminal::set_color(cli.color);
    match cli.command {
        Command::Detect(args) => detect::run(&args),
        Command::Eval(args) => eval::run(&args),
        Command::Simulate(args) => simulate::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Config(args) => config::run(&args),
        Command::Man(args) => man::run(&args),
        Command::Completions(args) => man::run_completions(&args),
    }
}
