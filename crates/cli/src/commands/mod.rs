//! The command line.

mod audit;
mod bench;
mod config;
mod db;
mod detect;
mod eval;
mod features;
mod health;
mod keys;
mod load;
mod man;
mod model;
mod originate;
mod plan;
mod replay;
mod serve;
mod simulate;
mod train;
mod vault;

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
    Features(features::FeaturesArgs),
    Simulate(simulate::SimulateArgs),
    Train(train::TrainArgs),
    Model(model::ModelCommandArgs),
    Replay(replay::ReplayArgs),
    Serve(serve::ServeArgs),
    Keys(keys::KeysArgs),
    Db(db::DbArgs),
    Vault(vault::VaultArgs),
    Audit(audit::AuditArgs),
    Bench(bench::BenchArgs),
    Load(load::LoadArgs),
    Originate(originate::OriginateArgs),
    Plan(plan::PlanArgs),
    Health(health::HealthArgs),
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
        Command::Features(args) => features::run(&args),
        Command::Simulate(args) => simulate::run(&args),
        Command::Train(args) => train::run(&args),
        Command::Model(args) => model::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Keys(args) => keys::run(&args),
        Command::Db(args) => db::run(&args),
        Command::Vault(args) => vault::run(&args),
        Command::Audit(args) => audit::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Load(args) => load::run(&args),
        Command::Originate(args) => originate::run(&args),
        Command::Plan(args) => plan::run(&args),
        Command::Health(args) => health::run(&args),
        Command::Config(args) => config::run(&args),
        Command::Man(args) => man::run(&args),
        Command::Completions(args) => man::run_completions(&args),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn check(command: &clap::Command) {
        let name = command.get_name();
        let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let is_prose = |line: &str| !line.is_empty() && !line.starts_with(' ') && !line.ends_with(':');
        for (line, next) in text.lines().zip(text.lines().skip(1).chain([""])) {
            assert!(!line.starts_with(' ') || line.chars().count() <= 80, "{name}: wrapped at 80 columns: {line}");
            assert!(!is_prose(line) || !is_prose(next), "{name}: a paragraph is one line: {line}");
        }
        command.get_subcommands().for_each(check);
    }

    #[test]
    fn help_is_wrapped_once() {
        check(&Cli::command());
    }
}
