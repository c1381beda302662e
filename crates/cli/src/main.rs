//! `offhook`: tells who, or what, picked up a telephone call, and when a message may be left.

mod bench;
mod commands;
mod detect;
mod evaluation;
mod exit;
mod load;
mod model;
mod onnx;
mod output;
mod picture;
mod plan;
mod report;
mod settings;
mod sound;
mod table;
mod terminal;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let cli = commands::Cli::parse();
    let exit = commands::run(cli).unwrap_or_else(|error| {
        if exit::is_broken_pipe(&error) {
            return exit::Exit::Done;
        }
        terminal::tell_error(&error);
        exit::code_of(&error)
    });
    ExitCode::from(exit as u8)
}
