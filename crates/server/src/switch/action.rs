//! What is done with a call, as a configuration, the API and the answer of a webhook all write it.

use std::collections::BTreeMap;
use std::time::Duration;

use offhook_detect::AnsweredBy;
use serde::{Deserialize, Serialize};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// One thing to do with a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Send it elsewhere in the dialplan: `EXTENSION DIALPLAN CONTEXT` on FreeSWITCH, `CONTEXT,EXTENSION,PRIORITY` on
    /// Asterisk.
    Transfer(String),
    /// Connect it with what this dial string reaches.
    Bridge(String),
    /// End it, with this cause: `NORMAL_CLEARING`, or a Q.850 number.
    Hangup(String),
    /// Set variables of its channel.
    Set(BTreeMap<String, String>),
    /// Play a file at once.
    Play(String),
    /// Leave a message: play it the moment it may start, and stop if a person turns out to be there.
    Drop(MessageDrop),
    /// Let it wait.
    Park,
    /// Leave it as it is.
    Stay,
    /// Run an application of the switch: its name, then its arguments.
    Execute(Vec<String>),
    /// Ask by HTTP what to do.
    Webhook(Ask),
}

impl Action {
    /// The word for this action, as it is written.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Transfer(_) => "transfer",
            Self::Bridge(_) => "bridge",
            Self::Hangup(_) => "hangup",
            Self::Set(_) => "set",
            Self::Play(_) => "play",
            Self::Drop(_) => "drop",
            Self::Park => "park",
            Self::Stay => "stay",
            Self::Execute(_) => "execute",
            Self::Webhook(_) => "webhook",
        }
    }

    /// Checks its texts.
    ///
    /// # Errors
    /// What was given and what is allowed: nothing may hold a control character, for it would end a line of a switch's
    /// protocol.
    pub fn check(&self) -> Result<(), String> {
        let text = |text: &str| {
            if text.is_empty() {
                Err(format!("{}: given nothing, allowed is a text", self.word()))
            } else if text.chars().any(char::is_control) {
                Err(format!("{}: given {text:?}, allowed is a text without control characters", self.word()))
            } else {
                Ok(())
            }
        };
        match self {
            Self::Transfer(to) | Self::Bridge(to) | Self::Hangup(to) | Self::Play(to) => text(to),
            Self::Drop(drop) => text(&drop.file),
            Self::Set(variables) => variables.iter().try_for_each(|(name, value)| {
                text(name)?;
                if value.is_empty() { Ok(()) } else { text(value) }
            }),
            Self::Execute(words) => match words.first() {
                Some(_) => words.iter().try_for_each(|word| if word.is_empty() { Ok(()) } else { text(word) }),
                None => Err("execute: given nothing, allowed is an application and its arguments".into()),
            },
            Self::Webhook(ask) => {
                text(&ask.url)?;
                if !(ask.url.starts_with("http://") || ask.url.starts_with("https://")) {
                    return Err(format!("webhook.url: given {:?}, allowed is http:// or https://", ask.url));
                }
                ask.otherwise.iter().try_for_each(Self::check)
            }
            Self::Park | Self::Stay => Ok(()),
        }
    }
}

/// A message to be left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "MessageForm")]
pub struct MessageDrop {
    /// The file, as the switch names it.
    pub file: String,
    /// What follows it.
    pub then: Then,
}

/// A message as it is written: its file alone, or with what follows.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
enum MessageForm {
    /// The file alone; the call is ended after it.
    File(String),
    /// The file, and what follows it.
    Whole {
        /// The file, as the switch names it.
        file: String,
        /// What follows it.
        #[serde(default)]
        then: Then,
    },
}

impl PartialSchema for MessageDrop {
    fn schema() -> RefOr<Schema> {
        MessageForm::schema()
    }
}

impl ToSchema for MessageDrop {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        MessageForm::schemas(schemas);
    }
}

impl From<MessageForm> for MessageDrop {
    fn from(form: MessageForm) -> Self {
        match form {
            MessageForm::File(file) => Self { file, then: Then::default() },
            MessageForm::Whole { file, then } => Self { file, then },
        }
    }
}

/// What follows a message that was left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// The call is ended.
    #[default]
    Hangup,
    /// The call stays as it is.
    Stay,
}

/// A question to a webhook: it is posted what is known of the call and answers with a list of actions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// Where to.
    pub url: String,
    /// How long an answer is waited for.
    #[serde(default = "Ask::default_within", with = "super::config::duration")]
    #[schema(value_type = String, example = "500ms")]
    pub within: Duration,
    /// What is done where none comes, or none that can be used.
    #[serde(default)]
    #[schema(no_recursion)]
    pub otherwise: Vec<Action>,
}

impl Ask {
    const fn default_within() -> Duration {
        Duration::from_millis(500)
    }
}

/// When something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// A person picked up.
    Human,
    /// A voicemail did.
    Voicemail,
    /// A mailbox that is full or not set up did.
    MailboxUnavailable,
    /// A carrier's announcement.
    Announcement,
    /// An interactive voice response.
    Ivr,
    /// A call screener.
    CallScreener,
    /// A fax machine or modem.
    Fax,
    /// A special information tone.
    Sit,
    /// Nobody said anything.
    Silence,
    /// It could not be told.
    Unknown,
    /// Any machine that has no moment of its own here.
    Machine,
    /// A message may start.
    Ready,
    /// No verdict came in time.
    Late,
    /// Any of the above, `ready` apart, that has no moment of its own here.
    Otherwise,
}

impl Moment {
    /// The moment of this verdict.
    pub const fn of(answered_by: AnsweredBy) -> Self {
        match answered_by {
            AnsweredBy::Human => Self::Human,
            AnsweredBy::Voicemail => Self::Voicemail,
            AnsweredBy::MailboxUnavailable => Self::MailboxUnavailable,
            AnsweredBy::Announcement => Self::Announcement,
            AnsweredBy::Ivr => Self::Ivr,
            AnsweredBy::CallScreener => Self::CallScreener,
            AnsweredBy::Fax => Self::Fax,
            AnsweredBy::Sit(_) => Self::Sit,
            AnsweredBy::Silence => Self::Silence,
            AnsweredBy::Unknown => Self::Unknown,
        }
    }

    /// Whether it is that of a machine with no person on the line.
    const fn is_machine(self) -> bool {
        matches!(
            self,
            Self::Voicemail | Self::MailboxUnavailable | Self::Announcement | Self::Ivr | Self::Fax | Self::Sit
        )
    }

    /// What is done at this moment: what is written for it, else for `machine` if it is one, else for `otherwise`.
    pub fn actions(self, on: &BTreeMap<Self, Vec<Action>>) -> &[Action] {
        let group = self.is_machine().then_some(Self::Machine);
        let last = (self != Self::Ready).then_some(Self::Otherwise);
        let late = (self == Self::Late).then_some(Self::Unknown);
        [Some(self), group, late, last]
            .into_iter()
            .flatten()
            .find_map(|moment| on.get(&moment))
            .map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_written_as_one_would_say_them() {
        let json = r#"["park", {"drop": "m.wav"}, {"drop": {"file": "m.wav", "then": "stay"}},
            {"set": {"a": "1"}}, {"webhook": {"url": "http://127.0.0.1/x", "within": "300ms"}}]"#;
        let actions: Vec<Action> = serde_json::from_str(json).unwrap();
        assert_eq!(actions[0], Action::Park);
        assert_eq!(actions[1], Action::Drop(MessageDrop { file: "m.wav".into(), then: Then::Hangup }));
        assert_eq!(actions[2], Action::Drop(MessageDrop { file: "m.wav".into(), then: Then::Stay }));
        let Action::Webhook(ask) = &actions[4] else { panic!("a webhook") };
        assert_eq!(ask.within, Duration::from_millis(300));
        let again: Vec<Action> = serde_json::from_str(&serde_json::to_string(&actions).unwrap()).unwrap();
        assert_eq!(again, actions);
        assert!(actions.iter().all(|action| action.check().is_ok()));
    }

    #[test]
    fn no_text_may_end_a_line() {
        for action in [
            Action::Transfer("1000 XML default\n\nauth".into()),
            Action::Set(BTreeMap::from([("a".into(), "1\r".into())])),
            Action::Execute(vec!["log".into(), "a\nb".into()]),
            Action::Webhook(Ask { url: "file:///x".into(), within: Duration::ZERO, otherwise: Vec::new() }),
            Action::Execute(Vec::new()),
        ] {
            assert!(action.check().unwrap_err().contains("allowed"), "{action:?}");
        }
    }

    #[test]
    fn a_moment_falls_back_to_its_group() {
        let hang = vec![Action::Hangup("NORMAL_CLEARING".into())];
        let on = BTreeMap::from([
            (Moment::Machine, hang.clone()),
            (Moment::Human, vec![Action::Stay]),
            (Moment::Otherwise, vec![Action::Park]),
        ]);
        assert_eq!(Moment::of(AnsweredBy::Fax).actions(&on), hang);
        assert_eq!(Moment::of(AnsweredBy::Human).actions(&on), [Action::Stay]);
        assert_eq!(Moment::of(AnsweredBy::CallScreener).actions(&on), [Action::Park]);
        assert_eq!(Moment::Late.actions(&on), [Action::Park]);
        assert!(Moment::Ready.actions(&on).is_empty());
    }
}
