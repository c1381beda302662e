/// Why features cannot be computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FeatureError {
    /// A parameter is out of its range, or does not go with another.
    #[error("{field}: given {given}, allowed {allowed}")]
    Parameter {
        /// The parameter, by librosa's name.
        field: &'static str,
        /// What was given.
        given: String,
        /// What is allowed.
        allowed: String,
    },
    /// There are too few samples for a single frame.
    #[error("samples: given {given}, allowed {least} or more")]
    TooShort {
        /// How many there are.
        given: usize,
        /// How many one frame needs.
        least: usize,
    },
}

impl FeatureError {
    pub(super) fn parameter(field: &'static str, given: impl ToString, allowed: impl ToString) -> Self {
        Self::Parameter { field, given: given.to_string(), allowed: allowed.to_string() }
    }
}
