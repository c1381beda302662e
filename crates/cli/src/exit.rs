//! How the program ends.

use std::fmt;
use std::io;

use offhook_detect::ConfigError;

/// The exit codes, as `--help` documents them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All that was asked was done.
    Done = 0,
    /// The command line cannot be used.
    Usage = 2,
    /// The configuration cannot be used.
    Config = 3,
    /// Something failed: all of it, or some of many files.
    Failed = 4,
}

/// What `--help` says of the exit codes. Here as in all such texts, a paragraph is one line, which is wrapped as wide as
/// the terminal is, and lines of lists are indented and no longer than 80 columns, so that they are never wrapped.
pub(crate) const HELP: &str = "\
Examples:
  offhook detect call.wav                 who picked up, and why, in one screen
  offhook detect --json calls/            a folder, one JSON object a line
  offhook eval calls/manifest.csv         how good that is, on labelled calls
  offhook simulate --calls 200 --out sim  labelled calls to try it on
  offhook features call.wav               what it sounds like, in numbers
  offhook train --calls my-calls.csv      a model that has learnt from them
  offhook model info model.offhook        what is in a model, and how good it is

Exit codes:
  0  done: every recording has its verdict
  2  the command line cannot be used
  3  a parameter, a variable or the configuration file cannot be used
  4  something failed; of many files, the others are done";

/// A mistake in what was asked, told from a failure of the work itself.
#[derive(Debug)]
pub(crate) enum Mistake {
    /// In the command line.
    Usage(String),
    /// In the configuration.
    Config(String),
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text) | Self::Config(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Mistake {}

/// The code for `error`.
pub(crate) fn code_of(error: &anyhow::Error) -> Exit {
    for cause in error.chain() {
        match cause.downcast_ref() {
            Some(Mistake::Usage(_)) => return Exit::Usage,
            Some(Mistake::Config(_)) => return Exit::Config,
            None => {}
        }
        if cause.is::<ConfigError>() {
            return Exit::Config;
        }
    }
    Exit::Failed
}

/// Whether `error` only says that whoever read our output has gone, as `head` does.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
            || cause
                .downcast_ref::<serde_json::Error>()
                .is_some_and(|e| e.io_error_kind() == Some(io::ErrorKind::BrokenPipe))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_keeps_its_code_through_context() {
        let error = anyhow::Error::new(Mistake::Config("no".into())).context("reading a.toml");
        assert_eq!(code_of(&error), Exit::Config);
        assert_eq!(code_of(&anyhow::Error::new(Mistake::Usage("no".into()))), Exit::Usage);
        assert_eq!(code_of(&anyhow::anyhow!("disk full")), Exit::Failed);
    }

    #[test]
    fn a_reader_that_left_is_recognised() {
        let gone = io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(is_broken_pipe(&anyhow::Error::new(gone).context("writing")));
        assert!(!is_broken_pipe(&anyhow::Error::new(io::Error::from(io::ErrorKind::NotFound))));
    }
}
