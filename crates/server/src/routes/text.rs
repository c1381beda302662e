//! Free text of a request, within bounds.

use crate::error::ApiError;

/// The text, if it is of 1 to `most` characters without control characters: what the database and log lines can hold.
///
/// # Errors
/// Names the field.
pub(crate) fn bounded(field: &str, text: String, most: usize) -> Result<String, ApiError> {
    let length = text.chars().count();
    if text.chars().any(|char| char.is_control() && !matches!(char, '\n' | '\t')) {
        return Err(ApiError::field(field, "control characters", "text without control characters"));
    }
    if (1..=most).contains(&length) {
        Ok(text)
    } else {
        Err(ApiError::field(field, format!("{length} characters"), format!("1 to {most} characters")))
    }
}

/// The same for text that may be left out.
///
/// # Errors
/// Names the field.
pub(crate) fn optional(field: &str, text: Option<String>, most: usize) -> Result<Option<String>, ApiError> {
    text.map(|text| bounded(field, text, most)).transpose()
}
