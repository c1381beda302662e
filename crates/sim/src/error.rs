/// A setting of the simulator that cannot be used: which, what was given, what is allowed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SimError {
    /// A name that the simulator doesn't know.
    #[error("{field} {given:?} is not known: allowed are {allowed}")]
    UnknownName {
        /// The setting.
        field: &'static str,
        /// The name that was given.
        given: String,
        /// The names that are known, separated by commas.
        allowed: String,
    },
    /// A number outside its range, or not a number.
    #[error("{field} is {given}: allowed is {allowed}")]
    OutOfRange {
        /// The setting.
        field: &'static str,
        /// The number that was given.
        given: f64,
        /// The range, with its unit.
        allowed: &'static str,
    },
}

impl SimError {
    /// Checks that `given` lies within `least..=greatest`; `allowed` says so in words.
    pub(crate) fn check(
        field: &'static str,
        given: f64,
        least: f64,
        greatest: f64,
        allowed: &'static str,
    ) -> Result<(), Self> {
        if (least..=greatest).contains(&given) { Ok(()) } else { Err(Self::OutOfRange { field, given, allowed }) }
    }

    /// The item of `all` whose `name` is `given`.
    pub(crate) fn look_up<T: Copy>(
        field: &'static str,
        given: &str,
        all: &[T],
        name: impl Fn(T) -> &'static str,
    ) -> Result<T, Self> {
        all.iter().copied().find(|item| name(*item) == given).ok_or_else(|| Self::UnknownName {
            field,
            given: given.to_owned(),
            allowed: all.iter().map(|item| name(*item)).collect::<Vec<_>>().join(", "),
        })
    }
}
