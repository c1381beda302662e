//! Lines of the switch's own commands, for `api` and `bgapi`.

use std::fmt;

use super::text::{Checked, CommandError, argument, capitals, line, uuid, variable, word};
use crate::tap::{Mix, Module};

/// The most variables that one `uuid_setvar_multi` sets; the switch takes no more.
const MOST_TOGETHER: usize = 64;

/// A line of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiLine(String);

/// Who hears what is played on a leg.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Playing {
    /// The far party of the leg.
    #[default]
    Leg,
    /// The far party of the leg it is bridged with.
    Other,
    /// Both.
    Both,
}

impl fmt::Display for ApiLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ApiLine {
    /// A line as it is. Whoever writes it sees to its quotes.
    ///
    /// # Errors
    /// It is empty or has a line break.
    pub fn new(text: &str) -> Result<Self, CommandError> {
        if text.trim().is_empty() {
            return Err(CommandError::new("command", text, "a text that is not empty"));
        }
        Ok(Self(line("command", text)?.to_owned()))
    }

    /// The line.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn of(text: String) -> Self {
        Self(text)
    }

    /// Starts the stream of a leg's audio to a WebSocket server, by the module that is loaded there. `rate_hz` is 8000
    /// or 16000. mod_audio_fork and mod_audio_stream send `metadata` as the first text. mod_vg_tap_ws takes neither mix,
    /// rate nor metadata; its address is asked by HTTP for that of the WebSocket.
    ///
    /// # Errors
    /// The address or the metadata cannot stand in a line, or the rate is another.
    pub fn start_tap(
        module: Module,
        leg: &str,
        url: &str,
        mix: Mix,
        rate_hz: u32,
        metadata: Option<&str>,
    ) -> Result<Self, CommandError> {
        let allowed: &[&str] = match module {
            Module::AudioFork | Module::AudioStream => &["ws://", "wss://"],
            Module::VgTap => &["ws://", "wss://", "http://", "https://"],
        };
        if !allowed.iter().any(|scheme| url.starts_with(scheme)) {
            return Err(CommandError::new("url", url, "an address of a WebSocket, ws:// or wss://"));
        }
        let rate = match rate_hz {
            8_000 => "8k",
            16_000 => "16k",
            other => return Err(CommandError::new("rate", &other.to_string(), "8000 or 16000")),
        };
        let mut text = format!("{} {} start {}", module.command(), uuid("leg", leg)?, word("url", url)?);
        if module != Module::VgTap {
            text += &format!(" {} {rate}", mix.word());
            if let Some(metadata) = metadata {
                text += " ";
                text += &argument("metadata", metadata)?;
            }
        }
        Ok(Self(text))
    }

    /// Stops the stream of a leg's audio. `last` is sent as the last text, where the module can.
    ///
    /// # Errors
    /// A field cannot stand in a line.
    pub fn stop_tap(module: Module, leg: &str, last: Option<&str>) -> Result<Self, CommandError> {
        let mut text = format!("{} {} stop", module.command(), uuid("leg", leg)?);
        if let (Some(last), false) = (last, module == Module::VgTap) {
            text += " ";
            text += &argument("text", last)?;
        }
        Ok(Self(text))
    }

    /// Sends a text over the stream of a leg's audio. mod_vg_tap_ws has no such command.
    ///
    /// # Errors
    /// A field cannot stand in a line, or the module has no such command.
    pub fn send_text(module: Module, leg: &str, text: &str) -> Result<Self, CommandError> {
        if module == Module::VgTap {
            return Err(CommandError::new("module", "mod_vg_tap_ws", "mod_audio_fork or mod_audio_stream"));
        }
        Ok(Self(format!("{} {} send_text {}", module.command(), uuid("leg", leg)?, argument("text", text)?)))
    }

    /// Records a leg to a file of the switch, for at most `limit_s` seconds.
    ///
    /// # Errors
    /// A field cannot stand in a line.
    pub fn start_record(leg: &str, path: &str, limit_s: Option<u32>) -> Result<Self, CommandError> {
        let limit = limit_s.map(|limit| format!(" {limit}")).unwrap_or_default();
        Ok(Self(format!("uuid_record {} start {}{limit}", uuid("leg", leg)?, argument("path", path)?)))
    }

    /// Ends the recording to this file.
    ///
    /// # Errors
    /// A field cannot stand in a line.
    pub fn stop_record(leg: &str, path: &str) -> Result<Self, CommandError> {
        Ok(Self(format!("uuid_record {} stop {}", uuid("leg", leg)?, argument("path", path)?)))
    }

    /// Plays a file of the switch on a leg.
    ///
    /// # Errors
    /// A field cannot stand in a line. `::` and `!` in the name of a file would be read as an application.
    pub fn play(leg: &str, file: &str, to: Playing) -> Result<Self, CommandError> {
        if file.contains("::") || file.contains('!') {
            return Err(CommandError::new("file", file, "a file without :: and !"));
        }
        let to = match to {
            Playing::Leg => "aleg",
            Playing::Other => "bleg",
            Playing::Both => "both",
        };
        Ok(Self(format!("uuid_broadcast {} {} {to}", uuid("leg", leg)?, argument("file", file)?)))
    }

    /// Stops what is played on a leg; `all`: what waits to be played too.
    ///
    /// # Errors
    /// The leg's name is none.
    pub fn stop_playing(leg: &str, all: bool) -> Result<Self, CommandError> {
        Ok(Self(format!("uuid_break {}{}", uuid("leg", leg)?, if all { " all" } else { "" })))
    }

    /// Sends a leg to an extension of a dialplan, such as `XML`, in a context.
    ///
    /// # Errors
    /// A field cannot stand in a line.
    pub fn transfer(leg: &str, extension: &str, dialplan: &str, context: &str) -> Result<Self, CommandError> {
        if extension.starts_with('-') {
            return Err(CommandError::new("extension", extension, "one that does not begin with -"));
        }
        Ok(Self(format!(
            "uuid_transfer {} {} {} {}",
            uuid("leg", leg)?,
            argument("extension", extension)?,
            word("dialplan", dialplan)?,
            word("context", context)?
        )))
    }

    /// Runs applications on a leg one after the other, each a name and an argument, by a transfer to the dialplan
    /// `inline`: `[("bridge", "sofia/gateway/trunk/100")]` bridges it.
    ///
    /// # Errors
    /// A field cannot stand in a line: no quotes and no backslashes, and commas only where the arguments leave another
    /// character to part them by.
    pub fn transfer_inline(leg: &str, applications: &[(&str, &str)]) -> Result<Self, CommandError> {
        Ok(Self(format!("uuid_transfer {} {} inline", uuid("leg", leg)?, inline(applications)?)))
    }

    /// Parks a leg: it waits for the next command.
    ///
    /// # Errors
    /// The leg's name is none.
    pub fn park(leg: &str) -> Result<Self, CommandError> {
        Ok(Self(format!("uuid_park {}", uuid("leg", leg)?)))
    }

    /// Hangs a leg up with a cause such as `NORMAL_CLEARING`.
    ///
    /// # Errors
    /// A field cannot stand in a line.
    pub fn kill(leg: &str, cause: &str) -> Result<Self, CommandError> {
        Ok(Self(format!("uuid_kill {} {}", uuid("leg", leg)?, capitals("cause", cause)?)))
    }

    /// Tells all of a leg, as [`super::Event::from_json`] reads it, or [`super::Event::from_plain`].
    ///
    /// # Errors
    /// The leg's name is none.
    pub fn dump(leg: &str, format: super::EventFormat) -> Result<Self, CommandError> {
        let format = if format == super::EventFormat::Json { " json" } else { "" };
        Ok(Self(format!("uuid_dump {}{format}", uuid("leg", leg)?)))
    }

    /// Tells whether there is such a leg: `true` or `false`.
    ///
    /// # Errors
    /// The leg's name is none.
    pub fn exists(leg: &str) -> Result<Self, CommandError> {
        Ok(Self(format!("uuid_exists {}", uuid("leg", leg)?)))
    }

    /// Lists all legs, as [`super::rows`] reads them.
    pub fn channels() -> Self {
        Self(String::from("show channels as json"))
    }
}

/// Sets variables of a leg: in one line where all values can stand in one, else in a line each. An empty value unsets
/// its variable.
///
/// # Errors
/// A name is no variable's, or a value has a line break, a backslash, or blanks at its ends, which no line can carry.
pub fn setting(leg: &str, variables: &[(&str, &str)]) -> Result<Vec<ApiLine>, CommandError> {
    let leg = uuid("leg", leg)?;
    let mut single = Vec::new();
    let mut together = Vec::new();
    for (name, value) in variables {
        let name = variable("variable", name)?;
        if line("value", value)?.contains('\\') || value.trim() != *value {
            return Err(CommandError::new("value", value, "no backslash, and no blanks at its ends"));
        }
        if value.is_empty() || value.contains([';', '\'']) {
            single.push(ApiLine(format!("uuid_setvar {leg} {name} {}", value.replace('\'', "\\'")).trim_end().into()));
        } else {
            together.push(format!("{name}={value}"));
        }
    }
    let mut lines: Vec<_> = together
        .chunks(MOST_TOGETHER)
        .map(|some| match some {
            [one] => ApiLine(format!("uuid_setvar {leg} {}", one.replacen('=', " ", 1))),
            some => ApiLine(format!("uuid_setvar_multi {leg} {}", some.join(";"))),
        })
        .collect();
    lines.append(&mut single);
    Ok(lines)
}

/// Applications for the dialplan `inline`, as one argument.
pub(super) fn inline(applications: &[(&str, &str)]) -> Checked<String> {
    const ALLOWED: &str = "an argument without quotes, backslashes and blanks at its ends";
    if applications.is_empty() {
        return Err(CommandError::new("application", "", "at least one"));
    }
    let mut parts = Vec::new();
    for (application, argument) in applications {
        let application = word("application", application)?;
        if line("argument", argument)?.contains(['\'', '\\']) || argument.trim() != *argument {
            return Err(CommandError::new("argument", argument, ALLOWED));
        }
        if application.contains([':', ',']) {
            return Err(CommandError::new("application", application, "a name without colons and commas"));
        }
        parts.push(if argument.is_empty() { application.to_owned() } else { format!("{application}:{argument}") });
    }
    let parting = [',', '^', '~', '|', ';'].into_iter().find(|c| !parts.iter().any(|part| part.contains(*c)));
    let text = match parting {
        Some(',') => parts.join(","),
        Some(other) => format!("m:{other}:{}", parts.join(&other.to_string())),
        None => return Err(CommandError::new("argument", &parts.join(" "), "one of , ^ ~ | ; left free to part by")),
    };
    argument("argument", &text)
}
