//! Texts of orders as Asterisk reads them.

use offhook_telephony::ami::{Action, ActionError, Place};

/// `CONTEXT,EXTENSION,PRIORITY`; without a priority it is the first.
pub(in crate::switch) fn place(text: &str) -> Option<Place> {
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    let (context, extension, priority) = match parts.as_slice() {
        [context, extension] => (context, extension, &"1"),
        [context, extension, priority] => (context, extension, priority),
        _ => return None,
    };
    if context.is_empty() || extension.is_empty() || priority.is_empty() {
        return None;
    }
    let own = |text: &&str| (*text).to_owned();
    Some(Place { context: own(context), extension: own(extension), priority: own(priority) })
}

/// Runs an application on a channel that waits in `AGI(agi:async)`.
pub(super) fn execute(channel: &str, words: &[String]) -> Result<Action, ActionError> {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let (name, arguments) = words.split_first().map_or(("", &[][..]), |(name, rest)| (name.as_str(), rest));
    let command = format!("EXEC {} {}", quoted(name), quoted(&arguments.join(",")));
    Action::new("AGI").with_channel("Channel", channel)?.with("Command", &command)
}
