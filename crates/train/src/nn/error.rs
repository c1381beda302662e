/// Why a net cannot be trained as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("training: {field}: given {given}, allowed {allowed}")]
pub struct NnError {
    /// What is wrong.
    pub field: String,
    /// What was given.
    pub given: String,
    /// What is allowed.
    pub allowed: String,
}

impl NnError {
    pub(super) fn new(field: impl Into<String>, given: impl ToString, allowed: impl ToString) -> Self {
        Self { field: field.into(), given: given.to_string(), allowed: allowed.to_string() }
    }

    /// That `given` is `allowed`.
    pub(super) fn unless_equal(field: impl Into<String>, given: usize, allowed: usize) -> Result<(), Self> {
        if given == allowed { Ok(()) } else { Err(Self::new(field, given, allowed)) }
    }
}
