//! One connection to a manager interface: login, actions and their answers, events.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use offhook_telephony::WireError;
use offhook_telephony::ami::{Action, ActionError, Decoder, Packet};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::calls::Calls;
use super::{Job, Wire};
use crate::app::App;
use crate::switch::config::SwitchError;

/// How long a connection, the greeting and the login may take each.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often the far side is asked whether it is there.
const PING: Duration = Duration::from_secs(5);
/// How long nothing may come: three pings.
const SILENCE: Duration = Duration::from_secs(15);
/// How often it is looked whether the service stops.
const LOOK: Duration = Duration::from_millis(250);
/// The most actions that wait for their answers.
const MOST_OPEN: usize = 10_000;
/// How many lines that cannot be read end a connection.
const MOST_BAD: u32 = 100;
/// The events that are wanted: channels, user events, variables and steps of the dialplan, digits.
const EVENTS: &str = "call,user,dialplan,dtmf";
/// What is read at a time.
const READ: usize = 16 << 10;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum Ended {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("no answer in time")]
    Late,
    #[error("closed by Asterisk")]
    Closed,
    #[error("{0}")]
    Wire(#[from] WireError),
    #[error("{0}")]
    Action(#[from] ActionError),
    #[error("{0}")]
    Secret(#[from] SwitchError),
    #[error("login refused: {0}")]
    Refused(String),
}

struct Connection<'a> {
    wire: &'a Wire,
    stream: TcpStream,
    decoder: Decoder,
    number: u64,
    bad: u32,
}

/// Connects, and serves the connection to its end. `Ok`: the service stops.
pub(super) async fn run(app: &Arc<App>, wire: &Wire, calls: &mut Calls) -> Result<(), Ended> {
    let stream = timeout(PATIENCE, TcpStream::connect(&wire.config.address)).await.map_err(|_| Ended::Late)??;
    stream.set_nodelay(true)?;
    let mut connection = Connection { wire, stream, decoder: Decoder::new(), number: 0, bad: 0 };
    timeout(PATIENCE, connection.login()).await.map_err(|_| Ended::Late)??;
    tracing::info!(switch = wire.switch, address = wire.config.address, "manager interface connected");
    connection.serve(app, calls).await
}

impl Connection<'_> {
    /// Logs in without sending the password, or with it where the far side cannot do so.
    async fn login(&mut self) -> Result<(), Ended> {
        let config = &self.wire.config;
        let secret = config.password.reveal("asterisk.ami.password")?;
        let challenge = self.converse(Action::challenge()?).await?;
        let given = challenge.headers().and_then(|headers| headers.get("Challenge")).filter(|_| challenge.is_success());
        let login = match given {
            Some(challenge) => Action::login_md5(&config.user, &secret, challenge, EVENTS)?,
            None => Action::login(&config.user, &secret, EVENTS)?,
        };
        let answer = self.converse(login).await?;
        if answer.is_success() {
            return Ok(());
        }
        let why = answer.headers().and_then(|headers| headers.get("Message")).unwrap_or("no reason given");
        Err(Ended::Refused(why.to_owned()))
    }

    /// One action and its answer, before anything else is expected.
    async fn converse(&mut self, action: Action) -> Result<Packet, Ended> {
        let id = self.send(&action).await?;
        loop {
            match self.decoder.next()? {
                Some(packet @ Packet::Response(_)) if packet.action_id().is_none_or(|given| given == id) => {
                    return Ok(packet);
                }
                Some(_) => {}
                None => self.read().await?,
            }
        }
    }

    async fn send(&mut self, action: &Action) -> Result<String, Ended> {
        self.send_as(None, action).await
    }

    /// Sends an action by this name, or by a number of this connection.
    async fn send_as(&mut self, id: Option<String>, action: &Action) -> Result<String, Ended> {
        self.number += 1;
        let id = id.unwrap_or_else(|| format!("offhook-{}", self.number));
        let bytes = action.encode(&id)?;
        timeout(PATIENCE, self.stream.write_all(&bytes)).await.map_err(|_| Ended::Late)??;
        Ok(id)
    }

    async fn read(&mut self) -> Result<(), Ended> {
        let mut bytes = [0; READ];
        match self.stream.read(&mut bytes).await? {
            0 => Err(Ended::Closed),
            read => {
                self.decoder.push(&bytes[..read]);
                Ok(())
            }
        }
    }

    async fn serve(&mut self, app: &Arc<App>, calls: &mut Calls) -> Result<(), Ended> {
        let mut jobs = self.wire.open();
        let mut open: HashMap<String, oneshot::Sender<Packet>> = HashMap::new();
        let mut bytes = vec![0; READ];
        let (mut heard, mut pinged) = (Instant::now(), Instant::now());
        let mut stopping: Option<Instant> = None;
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.send(&Action::core_show_channels()).await?;
        calls.list_begins();
        loop {
            tokio::select! {
                read = self.stream.read(&mut bytes) => match read? {
                    0 => return Err(Ended::Closed),
                    read => {
                        heard = Instant::now();
                        self.decoder.push(&bytes[..read]);
                        self.take(&mut open, calls)?;
                    }
                },
                Some(Job { action, id, answer }) = jobs.recv() => {
                    if open.len() >= MOST_OPEN {
                        continue;
                    }
                    // One action that cannot be written fails alone.
                    match self.send_as(id, &action).await {
                        Ok(id) => drop(open.insert(id, answer)),
                        Err(Ended::Action(error)) => {
                            tracing::warn!(switch = self.wire.switch, error = %error, "an action cannot be written");
                        }
                        Err(other) => return Err(other),
                    }
                }
                _ = look.tick() => {
                    if heard.elapsed() >= SILENCE {
                        return Err(Ended::Late);
                    }
                    if pinged.elapsed() >= PING {
                        pinged = Instant::now();
                        self.send(&Action::ping()).await?;
                        open.retain(|_, answer| !answer.is_closed());
                    }
                    if app.stopping.is_cancelled() {
                        let since = *stopping.get_or_insert_with(Instant::now);
                        if app.switches.watches.count() == 0 || since.elapsed() >= app.config.http.drain {
                            // The far side may be gone already.
                            let _ = self.send(&Action::logoff()).await;
                            return Ok(());
                        }
                    }
                }
            }
        }
    }

    /// Takes all that came whole.
    fn take(&mut self, open: &mut HashMap<String, oneshot::Sender<Packet>>, calls: &mut Calls) -> Result<(), Ended> {
        loop {
            match self.decoder.next() {
                Ok(None) => return Ok(()),
                Ok(Some(Packet::Event(headers))) => calls.take(&headers),
                Ok(Some(packet @ Packet::Response(_))) => {
                    if let Some(answer) = packet.action_id().and_then(|id| open.remove(id)) {
                        // Nobody waits any more where the order was given up.
                        let _ = answer.send(packet);
                    }
                }
                Ok(Some(Packet::Banner(_))) => {}
                Err(error) => {
                    self.bad += 1;
                    if self.bad > MOST_BAD {
                        return Err(error.into());
                    }
                    tracing::debug!(switch = self.wire.switch, error = %error, "a line of the manager interface is passed over");
                }
            }
        }
    }
}
