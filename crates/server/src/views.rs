//! What is sent: the wire's twins of what the engine says.

mod events;
mod results;
pub mod words;

pub use events::{at_ms, beep_fields, cause, event, share, verdict_fields};
pub use results::{conclusion, is_voicemail, probabilities, result, spell, verdict_view, vocabularies};
