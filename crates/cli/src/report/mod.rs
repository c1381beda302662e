//! What was found, as text, JSON and HTML.

pub(crate) mod eval_text;
