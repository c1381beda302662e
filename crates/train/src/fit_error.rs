/// Why nothing could be fitted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// A setting or a sample is not what it may be.
    #[error("fit: {field}: given {given}, allowed {allowed}")]
    Value {
        /// What is wrong.
        field: &'static str,
        /// What was given.
        given: String,
        /// What is allowed.
        allowed: String,
    },
    /// All labels are the same: there is nothing to tell apart.
    #[error("fit: labels: given {given} only, allowed are both")]
    OneLabel {
        /// The label of all samples.
        given: bool,
    },
}

impl FitError {
    pub(crate) fn value(field: &'static str, given: impl ToString, allowed: impl Into<String>) -> Self {
        Self::Value { field, given: given.to_string(), allowed: allowed.into() }
    }

    /// That `labels` and `weights` belong to `rows` rows, that no weight is negative or not finite, and that both labels
    /// have some weight.
    pub(crate) fn check(rows: usize, labels: &[bool], weights: &[f32]) -> Result<(), Self> {
        for (field, given) in [("labels", labels.len()), ("weights", weights.len())] {
            if given != rows {
                return Err(Self::value(field, given, format!("as many as rows: {rows}")));
            }
        }
        if let Some(weight) = weights.iter().find(|&&weight| !(0.0..=f32::MAX).contains(&weight)) {
            return Err(Self::value("weights", weight, "finite numbers from 0"));
        }
        for label in [false, true] {
            if !labels.iter().zip(weights).any(|(&l, &weight)| l == label && weight > 0.0) {
                return Err(Self::OneLabel { given: !label });
            }
        }
        Ok(())
    }
}
