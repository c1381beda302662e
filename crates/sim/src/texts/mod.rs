//! What callees, mailboxes, menus and networks say, in English, with slots that are filled per call.

mod announcement;
mod human;
mod menu;
mod voicemail;

use crate::error::SimError;
use crate::random::Random;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

/// What kind of thing is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SpeechKind {
    /// A person's short answer: "Hello?"
    HumanShort,
    /// A person's answer with a name or a question.
    HumanNamed,
    /// A person at a business, with the business's phrase.
    HumanBusiness,
    /// A mailbox greeting that its owner recorded.
    VoicemailPersonal,
    /// The mailbox greeting of a business.
    VoicemailBusiness,
    /// The mailbox greeting of the operator, for owners who recorded none.
    VoicemailCarrier,
    /// A menu of an interactive voice response system.
    IvrMenu,
    /// What the network says of a call that cannot be put through.
    Announcement,
    /// What is said where a mailbox takes no message: full, or never set up.
    MailboxUnavailable,
    /// An assistant that asks who is calling before the telephone rings.
    Screening,
    /// What is said between pieces of hold music.
    Hold,
}

impl SpeechKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::HumanShort,
        Self::HumanNamed,
        Self::HumanBusiness,
        Self::VoicemailPersonal,
        Self::VoicemailBusiness,
        Self::VoicemailCarrier,
        Self::IvrMenu,
        Self::Announcement,
        Self::MailboxUnavailable,
        Self::Screening,
        Self::Hold,
    ];

    /// The name, as [`FromStr`] reads it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::HumanShort => "human_short",
            Self::HumanNamed => "human_named",
            Self::HumanBusiness => "human_business",
            Self::VoicemailPersonal => "voicemail_personal",
            Self::VoicemailBusiness => "voicemail_business",
            Self::VoicemailCarrier => "voicemail_carrier",
            Self::IvrMenu => "ivr_menu",
            Self::Announcement => "announcement",
            Self::MailboxUnavailable => "mailbox_unavailable",
            Self::Screening => "screening",
            Self::Hold => "hold",
        }
    }

    /// How long such a thing lasts: a recording of another length is none, whatever its label says. The shortest of
    /// people say "yes"; a business's phrase is over in a few seconds, a menu is not.
    pub const fn lengths(self) -> RangeInclusive<Duration> {
        let (least, most) = match self {
            Self::HumanShort => (200, 2_000),
            Self::HumanNamed => (300, 3_000),
            Self::HumanBusiness => (800, 4_200),
            Self::VoicemailPersonal | Self::VoicemailBusiness | Self::VoicemailCarrier => (2_500, 40_000),
            Self::IvrMenu => (3_500, 60_000),
            Self::Announcement | Self::MailboxUnavailable => (1_500, 40_000),
            Self::Screening => (1_500, 20_000),
            Self::Hold => (1_000, 40_000),
        };
        Duration::from_millis(least)..=Duration::from_millis(most)
    }

    /// Its texts. `{name}`, `{company}`, `{team}` and `{number}` are slots: see [`filled`].
    pub const fn texts(self) -> &'static [&'static str] {
        match self {
            Self::HumanShort => human::SHORT,
            Self::HumanNamed => human::NAMED,
            Self::HumanBusiness => human::BUSINESS,
            Self::VoicemailPersonal => voicemail::PERSONAL,
            Self::VoicemailBusiness => voicemail::BUSINESS,
            Self::VoicemailCarrier => voicemail::CARRIER,
            Self::IvrMenu => menu::MENU,
            Self::Announcement => announcement::ANNOUNCEMENT,
            Self::MailboxUnavailable => announcement::MAILBOX_UNAVAILABLE,
            Self::Screening => announcement::SCREENING,
            Self::Hold => menu::HOLD,
        }
    }
}

impl FromStr for SpeechKind {
    type Err = SimError;
    fn from_str(name: &str) -> Result<Self, SimError> {
        SimError::look_up("speech kind", name, &Self::ALL, Self::name)
    }
}

impl fmt::Display for SpeechKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

const NAMES: &[&str] = &[
    "Anna",
    "Ben",
    "Carla",
    "David Park",
    "Emma",
    "Frank",
    "Grace Liu",
    "Hannah",
    "Ian",
    "Julia Stone",
    "Kevin",
    "Laura",
    "Marcus",
    "Nina",
    "Oliver",
    "Priya",
    "Quentin",
    "Rosa Martinez",
    "Sam",
    "Tina",
    "Usha",
    "Victor",
    "Wendy",
    "Yusuf",
    "Zoe Carter",
];

const COMPANIES: &[&str] = &[
    "Northside Dental",
    "Harbor Insurance",
    "Blue Door Bakery",
    "Keller and Sons",
    "Green Valley Clinic",
    "Summit Bank",
    "Oak Street Motors",
    "Parker Plumbing",
    "Riverside Hotel",
    "City Library",
    "Lakeview Pharmacy",
    "Miller Electric",
    "Sunrise Travel",
    "Westfield School",
    "Bright Optics",
];

const TEAMS: &[&str] = &["sales", "the front desk", "customer service", "accounts", "the help desk", "reception"];

const DIGITS: &[&str] = &["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

/// A text with its slots filled: `{name}`, `{company}`, `{team}`, and `{number}` with ten digits spoken one by one.
pub fn filled(text: &str, random: &mut Random) -> String {
    let mut text = text.to_owned();
    for (slot, choices) in [("{name}", NAMES), ("{company}", COMPANIES), ("{team}", TEAMS)] {
        if text.contains(slot) {
            text = text.replace(slot, random.pick(choices).copied().unwrap_or_default());
        }
    }
    if text.contains("{number}") {
        let digits: Vec<&str> = (0..10).filter_map(|_| random.pick(DIGITS).copied()).collect();
        let groups = [&digits[..3], &digits[3..6], &digits[6..]].map(|group| group.join(" "));
        text = text.replace("{number}", &groups.join(", "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_kind_has_enough_different_texts() {
        for kind in SpeechKind::ALL {
            let texts: BTreeSet<_> = kind.texts().iter().collect();
            assert_eq!(texts.len(), kind.texts().len(), "{kind} repeats a text");
            let few = matches!(kind, SpeechKind::MailboxUnavailable | SpeechKind::Screening | SpeechKind::Hold);
            let least = if few { 12 } else { 25 };
            assert!(texts.len() >= least, "{kind} {}", texts.len());
            assert_eq!(kind.name().parse(), Ok(kind));
        }
    }

    #[test]
    fn slots_are_all_known() {
        let mut random = Random::new(1);
        for kind in SpeechKind::ALL {
            for text in kind.texts() {
                let filled = filled(text, &mut random);
                assert!(!filled.contains(['{', '}']) && filled.is_ascii(), "{filled}");
            }
        }
    }

    #[test]
    fn errors_say_what_is_allowed() {
        let error = "robot".parse::<SpeechKind>().unwrap_err().to_string();
        assert!(error.starts_with("speech kind \"robot\" is not known: allowed are human_short, "), "{error}");
    }
}
