//! One WebSocket connection: the calls on it, what comes in, what goes out.

mod call;
mod tap;
mod wire;

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use offhook_audio::MediaTime;
use offhook_detect::{Fact, Vocabulary};
use offhook_telephony::stream::{self, Start};
use tokio::time::{Instant as Tick, sleep, sleep_until, timeout};

use crate::app::App;
use crate::auth::Identity;
use crate::error::{ApiError, Code};
use crate::telemetry::TraceParent;
use call::{Opening, StreamCall};
pub(crate) use tap::Tap;
use wire::Ending;

/// The longest a client may take to read what it is sent.
const SEND_TIME: Duration = Duration::from_secs(10);
/// How often a connection looks whether it is idle or the service stops. Waiting for either would take a lock that all
/// connections share, with every packet.
const LOOK: Duration = Duration::from_millis(250);
/// The most calls on one connection.
const MOST_CALLS: usize = 256;

/// How much audio may come at once, where the pace is limited.
const HEAD_START: Duration = Duration::from_secs(5);

/// The subprotocol of FreeSWITCH's mod_audio_fork.
pub(crate) const AUDIO_FORK: &str = "audio.drachtio.org";

/// How a connection is to be understood.
pub(crate) enum Manner {
    /// The protocol of `/v1/stream`.
    Protocol,
    /// An audio tap: one call from the beginning, binary frames are its audio, texts are not for us.
    Tap(Box<Tap>),
}

/// Why a connection is closed.
enum Close {
    /// The client left, or cannot be reached.
    Gone,
    /// We close it, for this reason.
    Told(u16, &'static str, Ending),
}

struct Connection {
    app: Arc<App>,
    identity: Identity,
    socket: WebSocket,
    /// Few: most connections carry one.
    calls: Vec<StreamCall>,
    tap: bool,
    /// Reads what a tap says beside audio.
    texts: Option<tap::Texts>,
    /// The vocabularies in which results carry variables.
    variables: Vec<&'static Vocabulary>,
    /// Whether the client raises events of what it is sent, by mod_audio_fork's rules.
    forks: bool,
    /// The trace that the connection's request belongs to.
    parent: Option<TraceParent>,
    errors: u32,
    began: Instant,
    /// Media time that came on this connection.
    heard: Duration,
}

/// Serves one connection to its end.
pub(crate) async fn serve(
    app: Arc<App>,
    identity: Identity,
    socket: WebSocket,
    manner: Manner,
    parent: Option<TraceParent>,
) {
    let mut connection = Connection {
        tap: matches!(manner, Manner::Tap(_)),
        texts: None,
        variables: Vec::new(),
        forks: socket.protocol().is_some_and(|protocol| protocol == AUDIO_FORK),
        app,
        identity,
        socket,
        calls: Vec::new(),
        parent,
        errors: 0,
        began: Instant::now(),
        heard: Duration::ZERO,
    };
    let Err(close) = connection.run(manner).await;
    connection.end(close).await;
}

/// Whether another call is taken.
///
/// # Errors
/// The service stops, or has as many calls as it takes.
pub(crate) fn admits(app: &App) -> Result<(), ApiError> {
    if app.stopping.is_cancelled() {
        app.metrics.refused("stopping");
        return Err(ApiError::new(Code::Stopping, "no new calls are taken"));
    }
    let most = app.config.stream.most as usize;
    if app.live.count() >= most {
        app.metrics.refused("busy");
        return Err(ApiError::new(Code::Busy, format!("stream.most is {most} calls at once")));
    }
    Ok(())
}

/// The next fact that the switch of a call tells, and which call's it is. Taps have one call, and nothing else has a watch.
async fn next_fact(calls: &mut [StreamCall]) -> (usize, Fact) {
    match calls.first_mut() {
        Some(call) => (0, call.fact().await),
        None => std::future::pending().await,
    }
}

impl Connection {
    /// Reads until something closes the connection.
    async fn run(&mut self, manner: Manner) -> Result<Infallible, Close> {
        if let Manner::Tap(tap) = manner {
            self.variables = tap.variables;
            self.texts = Some(tap.texts);
            self.start(tap.start).await?;
        }
        let mut last = Tick::now();
        let mut stopping = None;
        let mut look = pin!(sleep_until(last + LOOK));
        loop {
            tokio::select! {
                biased;
                message = self.socket.recv() => {
                    last = Tick::now();
                    match message {
                        Some(Ok(message)) => self.take(message).await?,
                        Some(Err(error)) => {
                            tracing::debug!(error = %error, "stream broke");
                            return Err(Close::Gone);
                        }
                        None => return Err(Close::Gone),
                    }
                }
                (at, fact) = next_fact(&mut self.calls) => {
                    let sent = self.calls[at].note(fact, Instant::now());
                    self.send_all(sent).await?;
                }
                () = &mut look => {
                    let now = Tick::now();
                    look.as_mut().reset(now + LOOK);
                    if last + self.app.config.stream.idle <= now {
                        return Err(Close::Told(close_code::POLICY, "nothing came for stream.idle", Ending::Idle));
                    }
                    if self.app.stopping.is_cancelled() && stopping.is_none() {
                        stopping = Some(now);
                        self.tell_stopping().await?;
                    }
                }
            }
            if stopping.is_some_and(|since| self.calls.is_empty() || since.elapsed() >= self.app.config.http.drain) {
                return Err(Close::Told(close_code::AWAY, "the service stops", Ending::ServiceStopping));
            }
            if let Some(early) = self.early() {
                sleep(early).await;
            }
        }
    }

    /// Takes one message.
    async fn take(&mut self, message: Message) -> Result<(), Close> {
        let arrived = Instant::now();
        match message {
            Message::Binary(bytes) => match self.only_call() {
                Ok(at) => self.hear(at, None, &bytes, arrived).await,
                Err(error) => self.refuse(None, &error).await,
            },
            Message::Text(text) if self.tap => self.be_told(&text, arrived).await,
            Message::Text(text) => match stream::decode(&text) {
                Ok(message) => self.obey(message, arrived).await,
                Err(error) => {
                    let call_id = error.call_id.clone();
                    self.refuse(call_id.as_deref(), &ApiError::from(&error)).await
                }
            },
            Message::Close(_) => Err(Close::Gone),
            Message::Ping(_) | Message::Pong(_) => Ok(()),
        }
    }

    /// Takes what a tap says beside audio. What is not understood is not for us.
    async fn be_told(&mut self, text: &str, arrived: Instant) -> Result<(), Close> {
        let (Some(texts), Some(call)) = (&mut self.texts, self.calls.first_mut()) else { return Ok(()) };
        let mut format = call.format();
        let facts = texts.take(text, &mut format);
        call.expect(format);
        for fact in facts {
            let sent = self.calls[0].note(fact, arrived);
            self.send_all(sent).await?;
        }
        Ok(())
    }

    async fn obey(&mut self, message: stream::Message, arrived: Instant) -> Result<(), Close> {
        let found = self.find(message.call_id());
        match (message, found) {
            (stream::Message::Start(start), _) => self.start(*start).await,
            (message, Err(error)) => self.refuse(message.call_id(), &error).await,
            (stream::Message::Chunk(chunk), Ok(at)) => match self.calls[at].agree(chunk.sample_rate, chunk.channels) {
                Ok(()) => self.hear(at, chunk.sequence, &chunk.audio, arrived).await,
                Err(error) => self.refuse(chunk.call_id.as_deref(), &error).await,
            },
            (stream::Message::Fact { fact, .. }, Ok(at)) => {
                let sent = self.calls[at].note(fact, arrived);
                self.send_all(sent).await
            }
            (stream::Message::Stop { .. }, Ok(at)) => self.finish(at, Ending::Stopped).await,
        }
    }

    async fn start(&mut self, start: Start) -> Result<(), Close> {
        let call_id = start.call_id.clone();
        match self.admit(start) {
            Ok(status) => self.send(status).await,
            Err(error) if self.tap => {
                self.send(wire::error(call_id.as_deref(), &error)).await?;
                Err(Close::Told(close_code::POLICY, error.code().word(), Ending::Closed))
            }
            Err(error) => self.refuse(call_id.as_deref(), &error).await,
        }
    }

    /// Begins a call and gives the status that says so.
    fn admit(&mut self, start: Start) -> Result<String, ApiError> {
        admits(&self.app)?;
        if self.calls.len() >= MOST_CALLS {
            return Err(ApiError::new(Code::Busy, format!("a connection carries at most {MOST_CALLS} calls")));
        }
        if let Some(name) =
            start.call_id.as_ref().filter(|name| self.calls.iter().any(|call| call.info().call_id == **name))
        {
            return Err(ApiError::new(Code::Conflict, format!("call_id: given {name:?}, which goes on already")));
        }
        let opening = Opening { tap: self.tap, variables: self.variables.clone(), parent: self.parent };
        let call = StreamCall::begin(&self.app, &self.identity, start, opening)?;
        let status = wire::started(call.info(), &self.app.model_version);
        self.calls.push(call);
        Ok(status)
    }

    /// The call that is meant: its place among the connection's.
    fn find(&self, call_id: Option<&str>) -> Result<usize, ApiError> {
        let Some(name) = call_id else { return self.only_call() };
        self.calls.iter().position(|call| call.info().call_id == name).ok_or_else(|| {
            let detail =
                format!("call_id: given {name:?}, allowed is a call that start_detection began on this connection");
            ApiError::new(Code::UnknownCall, detail)
        })
    }

    fn only_call(&self) -> Result<usize, ApiError> {
        match self.calls.len() {
            1 => Ok(0),
            0 => Err(ApiError::new(Code::UnknownCall, "send start_detection first")),
            _ => Err(ApiError::new(Code::BadRequest, "call_id is needed where several calls share a connection")),
        }
    }

    async fn hear(&mut self, at: usize, sequence: Option<u64>, audio: &[u8], arrived: Instant) -> Result<(), Close> {
        let call = &mut self.calls[at];
        let before = call.now();
        let (sent, error) = call.hear(sequence, audio, arrived);
        let now = call.now();
        self.heard += now.since(before);
        if !sent.is_empty() {
            self.send_all(sent).await?;
        }
        if let Some(error) = error {
            let name = self.calls[at].info().call_id.clone();
            self.refuse(Some(&name), &error).await?;
        }
        let longest = self.app.config.stream.longest;
        if now.since(MediaTime::ZERO) > longest {
            self.finish(at, Ending::TooLong).await?;
            if self.tap {
                return Err(Close::Told(close_code::POLICY, "longer than stream.longest", Ending::TooLong));
            }
        }
        Ok(())
    }

    /// How long reading waits, where audio comes faster than is allowed.
    fn early(&self) -> Option<Duration> {
        let pace = self.app.config.stream.pace;
        if pace == 0 || self.calls.is_empty() {
            return None;
        }
        let calls = u32::try_from(self.calls.len()).unwrap_or(1);
        let allowed = self.began.elapsed() * pace + HEAD_START * calls;
        self.heard.checked_sub(allowed).map(|early| early / pace)
    }

    /// Ends one call: its last results, its record, and the status that says so.
    async fn finish(&mut self, at: usize, ending: Ending) -> Result<(), Close> {
        let call = self.calls.remove(at);
        // Boxed, for it is large and needed once a call: the task would be as large all the time.
        let sent = Box::pin(call.finish(&self.app, ending)).await;
        self.send_all(sent).await
    }

    async fn tell_stopping(&mut self) -> Result<(), Close> {
        let told: Vec<String> = self.calls.iter().map(|call| wire::stopping(call.info())).collect();
        self.send_all(told).await
    }

    /// Tells what was wrong with a message; too many wrong ones end the connection.
    async fn refuse(&mut self, call_id: Option<&str>, error: &ApiError) -> Result<(), Close> {
        self.errors += 1;
        self.app.metrics.dropped(error.code().word());
        self.send(wire::error(call_id, error)).await?;
        if self.errors > self.app.config.stream.errors {
            return Err(Close::Told(close_code::POLICY, "more bad messages than stream.errors", Ending::Closed));
        }
        Ok(())
    }

    async fn send_all(&mut self, messages: Vec<String>) -> Result<(), Close> {
        for message in messages {
            self.send(message).await?;
        }
        Ok(())
    }

    async fn send(&mut self, text: String) -> Result<(), Close> {
        let text = if self.forks { wire::forked(text) } else { text };
        match timeout(SEND_TIME, self.socket.send(Message::Text(text.into()))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Close::Gone),
            Err(_) => {
                self.app.metrics.dropped("slow_client");
                Err(Close::Gone)
            }
        }
    }

    /// Ends every call, and the connection.
    async fn end(mut self, close: Close) {
        let ending = match &close {
            Close::Gone => Ending::Closed,
            Close::Told(_, _, ending) => *ending,
        };
        let mut told = !matches!(close, Close::Gone);
        for call in std::mem::take(&mut self.calls) {
            let sent = Box::pin(call.finish(&self.app, ending)).await;
            told = told && self.send_all(sent).await.is_ok();
        }
        if let (Close::Told(code, reason, _), true) = (close, told) {
            let frame = CloseFrame { code, reason: reason.into() };
            // An error says that the client left first.
            let _ = timeout(SEND_TIME, self.socket.send(Message::Close(Some(frame)))).await;
        }
    }
}
