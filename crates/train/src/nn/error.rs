use offhook_detect::ModelError;

/// Why a net cannot be trained as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NnError {
    /// The layers cannot be run.
    #[error(transparent)]
    Architecture(#[from] ModelError),
    /// Something else does not fit.
    #[error("training: {field}: given {given}, allowed {allowed}")]
    Value {
        /// What is wrong.
        field: &'static str,
        /// What was given.
        given: String,
        /// What is allowed.
        allowed: String,
    },
}

impl NnError {
    pub(super) fn value(field: &'static str, given: impl ToString, allowed: impl ToString) -> Self {
        Self::Value { field, given: given.to_string(), allowed: allowed.to_string() }
    }

    /// That `given` is `allowed`.
    pub(super) fn unless_equal(field: &'static str, given: usize, allowed: usize) -> Result<(), Self> {
        if given == allowed { Ok(()) } else { Err(Self::value(field, given, allowed)) }
    }
}
