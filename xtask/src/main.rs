//! `cargo xtask`: one door to what the project's developers and its CI run.
//!
//! `setup` brings the tools, `test` runs every check, `tidy` runs the rules of the house alone.
#![allow(clippy::print_stdout, reason = "the standard output is where a command-line tool talks to its user")]

mod checkout;
mod fuzz;
mod setup;
mod steps;
mod tidy;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use crate::checkout::Checkout;
use crate::steps::Step;

/// Sets up, checks and tests the project.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Install the tools the checks need, where they are missing
    ///
    /// A cargo tool that is already on PATH, at the version needed or newer, is used as it is. Any other is built into
    /// the target folder of this checkout. Debian packages are installed only as root or with a sudo that asks for no
    /// password; else the ones missing are named.
    Setup,
    /// Run `setup`, then every check and test, and print a table of the results
    ///
    /// Stops at the first step that fails, unless --keep-going is given. Exits with 0 when no step failed, else with 1.
    Test(TestArgs),
    /// Check the rules that no compiler checks: dependency direction, file lengths, names, licences…
    Tidy(TidyArgs),
}

/// What `cargo xtask test` runs.
#[derive(Debug, Args)]
struct TestArgs {
    /// Run the steps that follow a failed one too
    #[arg(long)]
    keep_going: bool,
    /// Run these steps alone, in the usual order
    #[arg(long, value_name = "STEP", value_delimiter = ',')]
    only: Vec<Step>,
    /// Leave these steps out
    #[arg(long, value_name = "STEP", value_delimiter = ',', conflicts_with = "only")]
    skip: Vec<Step>,
    /// How long each fuzz target runs, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=3600))]
    fuzz_seconds: u32,
}

/// What `cargo xtask tidy` does.
#[derive(Debug, Args)]
struct TidyArgs {
    /// Print the rules instead of checking them
    #[arg(long)]
    list: bool,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    let checkout = Checkout::discover()?;
    match command {
        Command::Setup => {
            for note in setup::install(&checkout, Step::ALL)? {
                println!("{note}");
            }
        }
        Command::Test(args) => {
            let chosen: Vec<Step> = Step::ALL
                .iter()
                .copied()
                .filter(|step| if args.only.is_empty() { !args.skip.contains(step) } else { args.only.contains(step) })
                .collect();
            let report = steps::run(&checkout, &chosen, args.keep_going, args.fuzz_seconds);
            print!("{report}");
            if report.failed() {
                return Ok(ExitCode::FAILURE);
            }
        }
        Command::Tidy(TidyArgs { list: true }) => print!("{}", tidy::list()),
        Command::Tidy(TidyArgs { list: false }) => println!("{}", tidy::run(&checkout)?),
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn fuzz_time_outside_its_range_is_refused() {
        assert!(Cli::try_parse_from(["xtask", "test", "--fuzz-seconds", "0"]).is_err());
    }

    #[test]
    fn steps_are_given_as_a_list() {
        let cli = Cli::try_parse_from(["xtask", "test", "--only", "fmt,tidy"]).expect("a list of steps");
        let Command::Test(args) = cli.command else { panic!("not the test command") };
        assert_eq!(args.only, [Step::Fmt, Step::Tidy]);
    }
}
