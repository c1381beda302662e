use offhook_detect::AnsweredBy;

use crate::terminal::Ink;

/// How this kind is coloured: people, machines, and what is neither.
pub(crate) fn ink_of(kind: AnsweredBy) -> Ink {
    match kind {
        AnsweredBy::Human => Ink::Person,
        kind if kind.is_machine() => Ink::Machine,
        _ => Ink::Other,
    }
}
