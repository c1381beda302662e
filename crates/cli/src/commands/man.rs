use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::Cli;
use crate::exit::Exit;

/// Print the manual page, or write one for each command
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  offhook man | man -l -\n  offhook man --out /usr/local/share/man/man1")]
pub(crate) struct ManArgs {
    /// Write offhook.1 and a page for each command into this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Print the completions for a shell
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  offhook completions bash > /etc/bash_completion.d/offhook")]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(args: &ManArgs) -> Result<Exit> {
    match &args.out {
        Some(folder) => {
            std::fs::create_dir_all(folder).with_context(|| format!("{}: cannot be made", folder.display()))?;
            clap_mangen::generate_to(Cli::command(), folder)
                .with_context(|| format!("{}: cannot be written to", folder.display()))?;
        }
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page)?;
            io::stdout().lock().write_all(&page)?;
        }
    }
    Ok(Exit::Done)
}

pub(crate) fn run_completions(args: &CompletionsArgs) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "offhook", &mut script);
    io::stdout().lock().write_all(&script)?;
    Ok(Exit::Done)
}
