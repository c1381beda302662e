//! The file of switches (`switches.file`): where they are, how their audio comes, and which of their calls are watched.

mod check;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use super::rule::Rule;

/// A file of switches that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SwitchError {
    /// It cannot be read.
    #[error("switches.file, {path}: cannot be read")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It is not of the form that is expected.
    #[error("switches.file, {path}, line {line}: {message}")]
    Form {
        /// Which file.
        path: PathBuf,
        /// Where, from 1 on. The line itself may hold a secret.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// What asks webhooks cannot be set up.
    #[error("cannot set up the HTTP client")]
    Client(#[from] reqwest::Error),
    /// A value cannot be used.
    #[error("switches.file, {field}: given {given:?}, allowed is {allowed}")]
    Value {
        /// The place of the value: `rule[2].share`.
        field: String,
        /// What was given.
        given: String,
        /// What is allowed.
        allowed: String,
    },
}

impl SwitchError {
    pub(super) fn value(field: impl Into<String>, given: impl Into<String>, allowed: impl Into<String>) -> Self {
        Self::Value { field: field.into(), given: given.into(), allowed: allowed.into() }
    }
}

/// A secret of the file: written there, in a file of its own, or in a variable of the environment.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub enum Secret {
    /// Written there.
    Plain(String),
    /// In a file; what follows its first line is not read.
    File {
        /// Its path.
        file: PathBuf,
    },
    /// In a variable of the environment.
    Env {
        /// Its name.
        env: String,
    },
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

impl Secret {
    /// The secret itself.
    ///
    /// # Errors
    /// The file cannot be read, or the variable is not set; `field` says whose it is.
    pub fn reveal(&self, field: &str) -> Result<String, SwitchError> {
        match self {
            Self::Plain(text) => Ok(text.clone()),
            Self::File { file } => {
                std::fs::read_to_string(file).map(|text| text.lines().next().unwrap_or_default().to_owned()).map_err(
                    |error| SwitchError::value(field, file.display().to_string(), format!("a file to read: {error}")),
                )
            }
            Self::Env { env } => std::env::var(env)
                .map_err(|_| SwitchError::value(field, env.clone(), "a variable of the environment that is set")),
        }
    }
}

/// How the audio of a FreeSWITCH comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tap {
    /// By mod_audio_fork, over WebSocket.
    #[default]
    AudioFork,
    /// By mod_audio_stream, over WebSocket.
    AudioStream,
    /// By mod_vg_tap_ws, over WebSocket.
    VgTapWs,
    /// By `uuid_record` into a file that is followed as it grows; its folder must be shared with the service.
    Record,
    /// By itself: the dialplan sends it.
    Dialplan,
}

/// A FreeSWITCH whose event socket we connect to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FreeSwitch {
    /// Our name for it.
    pub name: String,
    /// Host and port of its event socket.
    #[serde(default = "FreeSwitch::default_address")]
    pub address: String,
    /// The event socket's password.
    pub password: Secret,
    /// How its audio comes.
    #[serde(default)]
    pub audio: Tap,
    /// Where the switch sends audio: this node first, then others that may stand in. `ws://HOST:PORT` each.
    #[serde(default = "default_nodes")]
    pub nodes: Vec<String>,
    /// The folder for recordings, where `audio` is `record`.
    pub folder: Option<PathBuf>,
    /// Whether recordings stay there after they were heard.
    #[serde(default)]
    pub keep_recordings: bool,
    /// What is dialled for a bare number, with `{number}` in its place: `sofia/gateway/carrier/{number}`.
    pub dial: Option<String>,
}

impl FreeSwitch {
    /// One that is none of the file: it connected to us, and its dialplan sends the audio.
    pub(super) fn unknown(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            address: String::new(),
            password: Secret::Plain(String::new()),
            audio: Tap::Dialplan,
            nodes: Vec::new(),
            folder: None,
            keep_recordings: false,
            dial: None,
        }
    }

    fn default_address() -> String {
        "127.0.0.1:8021".into()
    }
}

fn default_nodes() -> Vec<String> {
    vec!["ws://127.0.0.1:8080".into()]
}

/// A listener for switches that connect to us.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    /// Address and port.
    pub bind: SocketAddr,
    /// The addresses that may connect (`10.0.0.0/8`), beside loopback. These protocols have no passwords.
    #[serde(default)]
    pub allow: Vec<String>,
}

/// An Asterisk's manager interface.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ami {
    /// Host and port.
    pub address: String,
    /// The user's name.
    pub user: String,
    /// Its secret.
    pub password: Secret,
    /// Where in the dialplan a call goes that we have it place, once it is answered: `CONTEXT,EXTENSION,PRIORITY`. What is
    /// there runs `AudioSocket()`. Without it no calls are placed over the manager interface.
    pub place: Option<String>,
}

/// How the audio of an Asterisk comes over ARI.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExternalMedia {
    /// By AudioSocket, to the `audiosocket` listener.
    #[default]
    AudioSocket,
    /// By RTP, to a port of `rtp`.
    Rtp,
    /// By `chan_websocket`, over WebSocket.
    WebSocket,
}

/// An Asterisk's REST interface.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ari {
    /// `http://HOST:PORT/ari`, or `https://`; then its certificate must be one that this machine trusts.
    pub url: String,
    /// The user's name.
    pub user: String,
    /// Its password.
    pub password: Secret,
    /// The name of our application, as `Stasis()` in the dialplan has it.
    #[serde(default = "Ari::default_app")]
    pub app: String,
    /// How audio comes.
    #[serde(default)]
    pub audio: ExternalMedia,
    /// Where Asterisk sends audio: `HOST:PORT` of the listener as it sees it; for `web_socket` the name of the connection
    /// in `websocket_client.conf`.
    pub audio_address: Option<String>,
}

impl Ari {
    fn default_app() -> String {
        "offhook".into()
    }
}

/// An Asterisk.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asterisk {
    /// Our name for it.
    pub name: String,
    /// Its manager interface.
    pub ami: Option<Ami>,
    /// Its REST interface.
    pub ari: Option<Ari>,
    /// What is dialled for a bare number, with `{number}` in its place: `PJSIP/{number}@carrier`.
    pub dial: Option<String>,
}

/// The ports for RTP.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rtp {
    /// The address to listen on.
    pub bind: std::net::IpAddr,
    /// First and last port; even ones are used.
    #[serde(default = "Rtp::default_ports")]
    pub ports: (u16, u16),
}

impl Rtp {
    const fn default_ports() -> (u16, u16) {
        (40_000, 40_998)
    }
}

/// The whole file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Switches {
    /// The name of this node among those that watch the same switches; empty: the host's name.
    pub node: Option<String>,
    /// Each FreeSWITCH whose event socket we connect to.
    pub freeswitch: Vec<FreeSwitch>,
    /// Where FreeSWITCH connects to us: `socket HOST:PORT async full` in its dialplan.
    pub event_socket: Option<Listen>,
    /// Each Asterisk.
    pub asterisk: Vec<Asterisk>,
    /// Where Asterisk's `AudioSocket()` connects to.
    pub audiosocket: Option<Listen>,
    /// Where Asterisk's `AGI(agi://…)` connects to.
    pub fastagi: Option<Listen>,
    /// The ports for RTP.
    pub rtp: Option<Rtp>,
    /// The folder of sounds that the service plays itself, on AudioSocket.
    pub sounds: Option<PathBuf>,
    /// Which calls are watched; none: every call, and nothing is done but telling.
    #[serde(rename = "rule")]
    pub rules: Vec<Arc<Rule>>,
}

impl Switches {
    fn unreadable(path: &Path, text: &str, error: &toml::de::Error) -> SwitchError {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        SwitchError::Form { path: path.to_owned(), line, message: error.message().to_owned() }
    }

    /// Reads and checks the file.
    ///
    /// # Errors
    /// Says where it cannot be used, what was given and what is allowed.
    pub fn read(path: &Path) -> Result<Self, SwitchError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| SwitchError::Read { path: path.to_owned(), source })?;
        let mut switches: Self = toml::from_str(&text).map_err(|error| Self::unreadable(path, &text, &error))?;
        switches.check()?;
        if switches.rules.is_empty() {
            switches.rules.push(Arc::default());
        }
        Ok(switches)
    }
}

/// Durations as people write them: `500ms`, `6s`.
pub(super) mod duration {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(in crate::switch) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let text = String::deserialize(from)?;
        humantime::parse_duration(&text)
            .map_err(|_| serde::de::Error::custom(format!("given {text:?}, allowed is a duration such as 500ms or 6s")))
    }

    pub(in crate::switch) fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&humantime::format_duration(*time))
    }
}

#[cfg(test)]
mod tests;
