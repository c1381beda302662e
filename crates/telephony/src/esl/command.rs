//! What can be said to the switch on its event socket.

use super::api::ApiLine;
use super::text::{Checked, CommandError, capitals, line, uuid, word};

/// An argument longer than this goes into a body of its own, in bytes.
const LONGEST_ARGUMENT_LINE: usize = 512;

/// How events are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum EventFormat {
    /// Lines, percent-encoded.
    #[default]
    Plain,
    /// One JSON object.
    Json,
}

impl EventFormat {
    fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Json => "json",
        }
    }
}

/// Which events are meant. The names come first and `CUSTOM` with its subclasses last, as the switch needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Names such as `CHANNEL_ANSWER`, or `ALL`.
    pub names: Vec<String>,
    /// Subclasses of `CUSTOM`, such as `avmd::beep`.
    pub subclasses: Vec<String>,
}

impl Wanted {
    fn words(&self) -> Checked<String> {
        let mut words = Vec::new();
        for name in &self.names {
            words.push(capitals("event", name)?);
        }
        if !self.subclasses.is_empty() {
            words.push("CUSTOM");
        }
        for subclass in &self.subclasses {
            words.push(word("subclass", subclass)?);
        }
        if words.is_empty() {
            return Err(CommandError::new("event", "", "at least one event"));
        }
        Ok(words.join(" "))
    }
}

/// An event that is raised on the switch, for others that listen there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SentEvent {
    /// Its name; `CUSTOM` for those with a subclass.
    pub name: String,
    /// The subclass of a `CUSTOM` event, such as `voicemail::detected`.
    pub subclass: Option<String>,
    /// Its headers, in order.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Option<String>,
}

/// What is said to the switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The password of the event socket.
    Auth(String),
    /// A user of the switch and its password.
    UserAuth {
        /// The user, as `user@domain`.
        user: String,
        /// Its password.
        password: String,
    },
    /// These events are to come from now on, in this format, which then is that of all events.
    Events(EventFormat, Wanted),
    /// Only events with this value in this header are to come; several filters are joined by or.
    Filter {
        /// The header.
        header: String,
        /// The value.
        value: String,
    },
    /// This filter is no more.
    Unfilter {
        /// The header.
        header: String,
        /// The value; `None`: all of this header.
        value: Option<String>,
    },
    /// These events are to come no more.
    NixEvents(Wanted),
    /// No events are to come.
    NoEvents,
    /// A command whose result is waited for. Others wait behind it.
    Api(ApiLine),
    /// A command whose result comes as a `BACKGROUND_JOB` with this `Job-UUID`.
    Background(ApiLine, String),
    /// An application is to be run on a leg.
    Execute {
        /// The leg; `None`: that of an outbound connection.
        leg: Option<String>,
        /// The application, such as `playback`.
        application: String,
        /// Its argument. It may have line breaks.
        argument: String,
        /// Whether those that come after it wait for it.
        lock: bool,
        /// What `Application-UUID` is to be in its events.
        event: Option<String>,
    },
    /// A leg is to be hung up.
    HangUp {
        /// The leg; `None`: that of an outbound connection.
        leg: Option<String>,
        /// The cause, such as `NORMAL_CLEARING`.
        cause: String,
    },
    /// An event is to be raised.
    Send(SentEvent),
    /// On an outbound connection, first of all: the leg is to be told.
    Connect,
    /// The events of the leg of an outbound connection, or of this leg, are to come.
    MyEvents(EventFormat, Option<String>),
    /// The connection is to stay open after the leg's end, for the last events: for so many seconds, or until none is
    /// left.
    Linger(Option<u32>),
    /// Whether events that applications take for themselves come here too.
    DivertEvents(bool),
    /// A variable of the leg of an outbound connection is to be told.
    GetVar(String),
    /// The connection is to end.
    Exit,
}

impl Command {
    /// The bytes of it.
    ///
    /// # Errors
    /// A text would end its line or be read as something else: the field, what was given and what is allowed.
    pub fn encode(&self) -> Result<Vec<u8>, CommandError> {
        let text = match self {
            Self::Auth(password) => format!("auth {}", secret(password)?),
            Self::UserAuth { user, password } => {
                let user = word("user", user)?;
                if user.contains(':') {
                    return Err(CommandError::new("user", user, "user@domain, without a colon"));
                }
                format!("userauth {user}:{}", secret(password)?)
            }
            Self::Events(format, wanted) => format!("event {} {}", format.word(), wanted.words()?),
            Self::Filter { header, value } => format!("filter {} {}", name("header", header)?, filled("value", value)?),
            Self::Unfilter { header, value: None } => format!("filter delete {}", name("header", header)?),
            Self::Unfilter { header, value: Some(value) } => {
                format!("filter delete {} {}", name("header", header)?, filled("value", value)?)
            }
            Self::NixEvents(wanted) => format!("nixevent {}", wanted.words()?),
            Self::NoEvents => String::from("noevents"),
            Self::Api(line) => format!("api {}", line.as_str()),
            Self::Background(line, job) => format!("bgapi {}\nJob-UUID: {}", line.as_str(), uuid("job", job)?),
            Self::Execute { leg, application, argument, lock, event } => {
                return execute(leg.as_deref(), application, argument, *lock, event.as_deref());
            }
            Self::HangUp { leg, cause } => {
                format!(
                    "{}\ncall-command: hangup\nhangup-cause: {}",
                    sendmsg(leg.as_deref())?,
                    capitals("cause", cause)?
                )
            }
            Self::Send(event) => return send(event),
            Self::Connect => String::from("connect"),
            Self::MyEvents(format, None) => format!("myevents {}", format.word()),
            Self::MyEvents(format, Some(leg)) => format!("myevents {} {}", uuid("leg", leg)?, format.word()),
            Self::Linger(None) => String::from("linger"),
            Self::Linger(Some(seconds)) => format!("linger {seconds}"),
            Self::DivertEvents(true) => String::from("divert_events on"),
            Self::DivertEvents(false) => String::from("divert_events off"),
            Self::GetVar(variable) => format!("getvar {}", super::text::variable("variable", variable)?),
            Self::Exit => String::from("exit"),
        };
        Ok(format!("{text}\n\n").into_bytes())
    }
}

fn execute(leg: Option<&str>, application: &str, argument: &str, lock: bool, event: Option<&str>) -> Checked<Vec<u8>> {
    let mut text = sendmsg(leg)?;
    text += "\ncall-command: execute\nexecute-app-name: ";
    text += word("application", application)?;
    let body = argument.len() > LONGEST_ARGUMENT_LINE || argument.contains(['\r', '\n']) || argument.trim() != argument;
    if argument.contains('\0') {
        return Err(CommandError::new("argument", argument, "a text without NUL"));
    }
    if !body && !argument.is_empty() {
        text += "\nexecute-app-arg: ";
        text += argument;
    }
    if let Some(event) = event {
        text += "\nEvent-UUID: ";
        text += uuid("event", event)?;
    }
    if lock {
        text += "\nevent-lock: true";
    }
    if body {
        text += &format!("\ncontent-type: text/plain\ncontent-length: {}", argument.len());
    }
    text += "\n\n";
    if body {
        text += argument;
    }
    Ok(text.into_bytes())
}

fn send(event: &SentEvent) -> Checked<Vec<u8>> {
    let mut text = format!("sendevent {}", capitals("name", &event.name)?);
    if let Some(subclass) = &event.subclass {
        text += "\nEvent-Subclass: ";
        text += word("subclass", subclass)?;
    } else if event.name == "CUSTOM" {
        return Err(CommandError::new("subclass", "", "a subclass, where the name is CUSTOM"));
    }
    for (own, value) in &event.headers {
        let own = name("header", own)?;
        if own.eq_ignore_ascii_case("content-length") {
            return Err(CommandError::new("header", own, "any other: the length is that of the body"));
        }
        text += &format!("\n{own}: {}", line("value", value)?);
    }
    if let Some(body) = &event.body {
        if body.contains('\0') {
            return Err(CommandError::new("body", body, "a text without NUL"));
        }
        text += &format!("\ncontent-length: {}", body.len());
    }
    text += "\n\n";
    text += event.body.as_deref().unwrap_or_default();
    Ok(text.into_bytes())
}

fn sendmsg(leg: Option<&str>) -> Checked<String> {
    Ok(match leg {
        None => String::from("sendmsg"),
        Some(leg) => format!("sendmsg {}", uuid("leg", leg)?),
    })
}

fn secret(password: &str) -> Checked<&str> {
    line("password", password)
}

fn name<'a>(field: &'static str, header: &'a str) -> Checked<&'a str> {
    if header.contains(':') {
        return Err(CommandError::new(field, header, "a header's name, without a colon"));
    }
    word(field, header)
}

fn filled<'a>(field: &'static str, text: &'a str) -> Checked<&'a str> {
    if text.trim().is_empty() {
        return Err(CommandError::new(field, text, "a text that is not empty"));
    }
    line(field, text)
}
