use offhook_detect::AnsweredBy;

/// The truth of a call: who, or what, picked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Label {
    /// A person.
    Human,
    /// An answering machine or voicemail.
    Voicemail,
    /// A mailbox that takes no message.
    MailboxUnavailable,
    /// A menu or an attendant.
    Ivr,
    /// A recording of the carrier.
    Announcement,
    /// A special information tone.
    Sit,
    /// A fax machine.
    Fax,
    /// Hold music.
    Music,
    /// A service that asks who is calling.
    CallScreener,
    /// Nobody.
    Silence,
}

impl Label {
    /// Every label, in the order of reports.
    pub(crate) const ALL: [Self; 10] = [
        Self::Human,
        Self::Voicemail,
        Self::MailboxUnavailable,
        Self::Ivr,
        Self::Announcement,
        Self::Sit,
        Self::Fax,
        Self::Music,
        Self::CallScreener,
        Self::Silence,
    ];

    /// The word in manifests and reports.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Voicemail => "voicemail",
            Self::MailboxUnavailable => "mailbox_unavailable",
            Self::Ivr => "ivr",
            Self::Announcement => "announcement",
            Self::Sit => "sit",
            Self::Fax => "fax",
            Self::Music => "music",
            Self::CallScreener => "call_screener",
            Self::Silence => "silence",
        }
    }

    /// The label of this word, in either case.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        // The simulator's word is shorter.
        let word = if word.eq_ignore_ascii_case("screener") { Self::CallScreener.word() } else { word };
        Self::ALL.into_iter().find(|label| label.word().eq_ignore_ascii_case(word))
    }

    /// Whether a machine answered. A call screener is none: a person may follow. Silence is neither.
    pub(crate) const fn is_machine(self) -> bool {
        !matches!(self, Self::Human | Self::CallScreener | Self::Silence)
    }

    /// The verdict that is right for this label. Music is what a queue plays: [`AnsweredBy::Ivr`].
    pub(crate) const fn right_word(self) -> &'static str {
        match self {
            Self::Music => AnsweredBy::Ivr.word(),
            other => other.word(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_verdicts_agree_on_what_a_machine_is() {
        for label in Label::ALL {
            assert_eq!(Label::from_word(label.word()), Some(label));
            let right = AnsweredBy::ALL.into_iter().find(|kind| kind.word() == label.right_word()).unwrap();
            assert_eq!(right.is_machine(), label.is_machine(), "{label:?}");
        }
        assert_eq!(Label::from_word("Human"), Some(Label::Human));
        assert_eq!(Label::from_word("person"), None);
    }
}
