//! One connection of FastAGI: commands and their replies.

use std::io;
use std::time::Duration;

use offhook_telephony::WireError;
use offhook_telephony::agi::{ArgumentError, Command, Decoder, Environment, Message, Reply};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a reply may take. Commands that take long by their nature, such as one that plays a sound, may take as
/// long as their step.
const REPLY_TIME: Duration = Duration::from_secs(5);

/// Why a step ended early.
#[derive(Debug, thiserror::Error)]
pub(super) enum AgiError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{0}")]
    Wire(#[from] WireError),
    #[error("{0}")]
    Argument(#[from] ArgumentError),
    #[error("no answer in time")]
    Late,
    #[error("the caller hung up")]
    HungUp,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Agi {
    stream: TcpStream,
    decoder: Decoder,
}

impl Agi {
    /// Hears where the dialplan is.
    pub(super) async fn open(stream: TcpStream) -> Result<(Self, Environment), AgiError> {
        let mut agi = Self { stream, decoder: Decoder::new() };
        loop {
            match agi.next().await? {
                Message::Environment(environment) => return Ok((agi, *environment)),
                Message::HangUp => return Err(AgiError::HungUp),
                Message::Reply(_) => {}
            }
        }
    }

    async fn next(&mut self) -> Result<Message, AgiError> {
        let mut bytes = [0; 2 << 10];
        loop {
            if let Some(message) = self.decoder.next()? {
                return Ok(message);
            }
            match self.stream.read(&mut bytes).await? {
                0 => return Err(AgiError::HungUp),
                read => self.decoder.push(&bytes[..read]),
            }
        }
    }

    /// Tells a command and waits for its reply, at most so long.
    pub(super) async fn ask_within(&mut self, command: &Command, within: Duration) -> Result<Reply, AgiError> {
        let asked = async {
            self.stream.write_all(&command.encode()).await?;
            loop {
                match self.next().await? {
                    Message::Reply(reply) => return Ok(reply),
                    Message::HangUp => return Err(AgiError::HungUp),
                    Message::Environment(_) => {}
                }
            }
        };
        timeout(within, asked).await.map_err(|_| AgiError::Late)?
    }

    /// Tells a command and waits for its reply.
    pub(super) async fn ask(&mut self, command: &Command) -> Result<Reply, AgiError> {
        self.ask_within(command, REPLY_TIME).await
    }

    /// Sets a variable.
    pub(super) async fn set(&mut self, name: &str, value: &str) -> Result<(), AgiError> {
        self.ask(&Command::set_variable(name, value)?).await.map(drop)
    }

    /// Writes to Asterisk's console.
    pub(super) async fn say(&mut self, text: &str) -> Result<(), AgiError> {
        self.ask(&Command::verbose(text, 1)?).await.map(drop)
    }
}
