//! What was found, as text, JSON and HTML.

pub(crate) mod eval_html;
pub(crate) mod eval_text;
pub(crate) mod html;
pub(crate) mod json;
pub(crate) mod paint;
pub(crate) mod text;
