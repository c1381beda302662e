use std::io;
use std::path::{Path, PathBuf};

/// Why a training run cannot be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A value of the configuration is not allowed.
    #[error("{field}: given {given}, allowed is {allowed}")]
    Config {
        /// The field, as `section.name`.
        field: String,
        /// What was given.
        given: String,
        /// What is allowed.
        allowed: String,
    },
    /// The configuration is no TOML, or has fields that there are not.
    #[error("{what}: {message}")]
    Toml {
        /// What was read.
        what: String,
        /// What is wrong, with the place.
        message: String,
    },
    /// A file cannot be read or written.
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
    /// There is nothing to learn from, or to validate on.
    #[error("{part} part: given no calls, allowed is 1 or more: give more calls, or voices of more speakers")]
    NoCalls {
        /// The part: train or validation.
        part: &'static str,
    },
    /// Calls cannot be read or made.
    #[error(transparent)]
    Data(#[from] crate::data::DataError),
    /// A checkpoint cannot be gone on from.
    #[error("checkpoint {}: {field}: given {given}, allowed is {allowed}", path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        field: &'static str,
        /// What was found.
        given: String,
        /// What is needed.
        allowed: String,
    },
    /// The layers, or what they are shown, do not fit each other.
    #[error(transparent)]
    Net(#[from] crate::nn::NnError),
    /// There is too little, or too much of the same, to fit trees or weights to.
    #[error(transparent)]
    Fit(#[from] crate::fit_error::FitError),
    /// A model cannot be read, or what was learnt is none.
    #[error(transparent)]
    Model(#[from] offhook_detect::ModelError),
    /// The loss is no number any more.
    #[error(
        "epoch {epoch}: the loss is {loss}: lower training.learning_rate, which is {learning_rate}, or look for broken calls"
    )]
    Diverged {
        /// The epoch, from 1.
        epoch: usize,
        /// The loss.
        loss: f64,
        /// The learning rate then.
        learning_rate: f64,
    },
}

impl TrainError {
    pub(crate) fn config(field: &str, given: &str, allowed: String) -> Self {
        Self::Config { field: field.to_owned(), given: given.to_owned(), allowed }
    }

    pub(crate) fn of_toml(what: &str, error: &toml::de::Error) -> Self {
        Self::Toml { what: what.to_owned(), message: error.to_string().trim().replace('\n', " ") }
    }

    pub(crate) fn unwritable(error: &toml::ser::Error) -> Self {
        Self::Toml { what: "the configuration".to_owned(), message: error.to_string() }
    }

    pub(crate) fn file(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { path: path.to_owned(), action, source }
    }
}
