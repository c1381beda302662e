use offhook_media::MediaError;
use offhook_sim::SimError;
use offhook_sim::synthesiser::SynthesisError;
use std::io;
use std::path::PathBuf;

/// Why data cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A file or folder cannot be read or written.
    #[error("{}: cannot be {action}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A recording cannot be decoded.
    #[error("{}: cannot be decoded", path.display())]
    Media {
        /// The recording.
        path: PathBuf,
        /// Why not.
        #[source]
        source: MediaError,
    },
    /// A table is no CSV, or lacks a column.
    #[error("{}: {message}", path.display())]
    Table {
        /// The table.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A field of a table's row is not allowed.
    #[error("{} line {line}: {field}: given {given:?}, allowed is {allowed}", path.display())]
    Field {
        /// The table.
        path: PathBuf,
        /// The row's line, from 1.
        line: u64,
        /// The column.
        field: &'static str,
        /// What was given.
        given: String,
        /// What is allowed.
        allowed: String,
    },
    /// A setting is not allowed, or there is nothing to work on.
    #[error("{field}: given {given}, allowed is {allowed}")]
    Setting {
        /// The setting.
        field: &'static str,
        /// What was given.
        given: String,
        /// What is allowed.
        allowed: String,
    },
    /// The simulator refuses its configuration.
    #[error(transparent)]
    Simulator(#[from] SimError),
    /// A synthesiser did not speak.
    #[error(transparent)]
    Synthesis(#[from] SynthesisError),
}

impl DataError {
    /// The message with those of its causes.
    pub(super) fn with_cause(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text += &format!(": {error}");
            cause = error.source();
        }
        text
    }
}
