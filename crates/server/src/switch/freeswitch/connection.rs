//! One event socket: commands go out in the order in which they are given, answers come back to whoever waits for them,
//! events come out at the other end. Whatever the switch does, the worst is that the connection ends, and says why.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use offhook_telephony::WireError;
use offhook_telephony::esl::{ApiLine, Command, EslDecoder, Event, Frame, Reply, Twins};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::switch::order::OrderError;

/// The most commands that wait for their answers. A switch that is so far behind is told nothing more.
const MOST_WAITING: usize = 4_096;
/// The most events that wait to be looked at. Then the switch is read no more until they were.
const MOST_EVENTS: usize = 4_096;
/// The longest silence. `HEARTBEAT` comes every 20 s; after that the switch is asked, and has as long to answer.
const SILENCE: Duration = Duration::from_secs(21);
/// The longest that the switch may take no bytes.
const STALL: Duration = Duration::from_secs(10);
/// What is read at once.
const READ: usize = 32 << 10;

/// Why a connection ended, or could not be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectionError {
    /// It cannot be reached, or it broke.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// It took too long.
    #[error("{what} took longer than {} s", .within.as_secs())]
    Late {
        /// What did.
        what: &'static str,
        /// What is allowed.
        within: Duration,
    },
    /// What came cannot be read.
    #[error("what came cannot be read: {0}")]
    Wire(#[from] WireError),
    /// The switch takes no connection from here, in these words.
    #[error("the switch takes no connection from here: {0}")]
    Rejected(String),
    /// The switch refused a command.
    #[error("{0} was refused: {1}")]
    Refused(&'static str, String),
    /// The switch closed it.
    #[error("the switch closed the connection")]
    Closed,
    /// The switch said nothing for too long.
    #[error("the switch said nothing for {} s", .0.as_secs())]
    Silent(Duration),
    /// An answer came that nobody had asked for.
    #[error("an answer came to no command")]
    Unasked,
}

/// What comes from the switch by itself.
#[derive(Debug)]
pub(super) enum Incoming {
    /// It wants a password.
    AuthRequest,
    /// Something happened.
    Event(Box<Event>),
    /// The connection is over. Nothing comes after this.
    Ended(ConnectionError),
}

/// The answer to a command.
#[derive(Debug)]
pub(super) enum Answer {
    /// To a command.
    Reply(Reply),
    /// To `api`.
    Api(String),
    /// To `connect`.
    Channel(Box<Event>),
}

impl Answer {
    /// What the switch said.
    pub(super) fn text(self) -> String {
        match self {
            Self::Reply(reply) => reply.text,
            Self::Api(body) => body,
            Self::Channel(_) => String::new(),
        }
    }

    /// The same, where the switch did not refuse.
    pub(super) fn done(self) -> Result<String, OrderError> {
        let text = self.text();
        if text.starts_with("-ERR") || text.starts_with("-USAGE") {
            return Err(OrderError::Refused(text.trim().to_owned()));
        }
        Ok(text)
    }
}

/// A connection, to be told what to do. Copies are of the same one.
#[derive(Clone, Debug)]
pub(super) struct Connection(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    ordered: Mutex<Ordered>,
    jobs: Mutex<HashMap<String, oneshot::Sender<Result<String, OrderError>>>>,
    end: CancellationToken,
}

/// What must stay in one order: bytes that go out, and who waits for their answers.
#[derive(Debug)]
struct Ordered {
    out: mpsc::UnboundedSender<Vec<u8>>,
    waiting: VecDeque<oneshot::Sender<Answer>>,
    open: bool,
}

impl Shared {
    fn ordered(&self) -> MutexGuard<'_, Ordered> {
        self.ordered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn jobs(&self) -> MutexGuard<'_, HashMap<String, oneshot::Sender<Result<String, OrderError>>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, answer: Answer) -> Result<(), ConnectionError> {
        let waiting = self.ordered().waiting.pop_front().ok_or(ConnectionError::Unasked)?;
        // Whoever asked may have stopped waiting.
        let _ = waiting.send(answer);
        Ok(())
    }

    /// Nobody is to wait any longer.
    fn close(&self) {
        self.end.cancel();
        let mut ordered = self.ordered();
        ordered.open = false;
        ordered.waiting.clear();
        drop(ordered);
        self.jobs().clear();
    }
}

impl Connection {
    /// Connects to a switch.
    ///
    /// # Errors
    /// It cannot be reached in this time.
    pub(super) async fn to(
        address: &str,
        within: Duration,
    ) -> Result<(Self, mpsc::Receiver<Incoming>), ConnectionError> {
        let stream = timeout(within, TcpStream::connect(address))
            .await
            .map_err(|_| ConnectionError::Late { what: "connecting", within })??;
        Ok(Self::over(stream))
    }

    /// Speaks over a connection that is there.
    pub(super) fn over(stream: TcpStream) -> (Self, mpsc::Receiver<Incoming>) {
        // Without this a short command may wait for the answer to the one before it.
        let _ = stream.set_nodelay(true);
        let (read, write) = stream.into_split();
        let (out, bytes) = mpsc::unbounded_channel();
        let (events, incoming) = mpsc::channel(MOST_EVENTS);
        let connection = Self(Arc::new(Shared {
            ordered: Mutex::new(Ordered { out, waiting: VecDeque::new(), open: true }),
            jobs: Mutex::default(),
            end: CancellationToken::new(),
        }));
        tokio::spawn(connection.clone().drive(read, write, bytes, events));
        (connection, incoming)
    }

    /// Gives a command to the switch, before this returns; what comes back is the answer.
    pub(super) fn send(&self, command: &Command) -> impl Future<Output = Result<Answer, OrderError>> + Send + use<> {
        let (sender, receiver) = oneshot::channel();
        let given = command.encode().map_err(|error| OrderError::Unable(error.to_string())).and_then(|bytes| {
            let mut ordered = self.0.ordered();
            if !ordered.open {
                return Err(OrderError::Gone);
            }
            if ordered.waiting.len() >= MOST_WAITING {
                return Err(OrderError::Unable(format!("the switch has {MOST_WAITING} commands to answer")));
            }
            ordered.waiting.push_back(sender);
            ordered.out.send(bytes).map_err(|_| OrderError::Gone)
        });
        async move {
            given?;
            receiver.await.map_err(|_| OrderError::Gone)
        }
    }

    /// The same of a command that has an answer to `api`.
    pub(super) fn api(&self, line: ApiLine) -> impl Future<Output = Result<String, OrderError>> + Send + use<> {
        let answer = self.send(&Command::Api(line));
        async move { answer.await?.done() }
    }

    /// The same of a command whose result comes later, as an event, while others go on.
    pub(super) fn background(&self, line: ApiLine) -> impl Future<Output = Result<String, OrderError>> + Send + use<> {
        let job = Uuid::new_v4().to_string();
        let (sender, receiver) = oneshot::channel();
        let known = {
            let mut jobs = self.0.jobs();
            // Those whose caller has left are no more than a memory.
            jobs.retain(|_, waiting| !waiting.is_closed());
            let known = jobs.len() < MOST_WAITING;
            if known {
                jobs.insert(job.clone(), sender);
            }
            known
        };
        let given = self.send(&Command::Background(line, job));
        async move {
            if !known {
                return Err(OrderError::Unable(format!("the switch has {MOST_WAITING} jobs to answer")));
            }
            given.await?.done()?;
            receiver.await.map_err(|_| OrderError::Gone)?
        }
    }

    /// Whether it is there.
    pub(super) fn is_open(&self) -> bool {
        self.0.ordered().open
    }

    /// Ends it.
    pub(super) fn end(&self) {
        self.0.close();
    }

    async fn drive(
        self,
        read: OwnedReadHalf,
        write: OwnedWriteHalf,
        bytes: mpsc::UnboundedReceiver<Vec<u8>>,
        events: mpsc::Sender<Incoming>,
    ) {
        let ended = tokio::select! {
            ended = self.receive(read, &events) => ended,
            ended = write_all(write, bytes) => ended,
            () = self.0.end.cancelled() => ConnectionError::Closed,
        };
        self.0.close();
        // An error says that nobody looks any more.
        let _ = events.send(Incoming::Ended(ended)).await;
    }

    async fn receive(&self, mut read: OwnedReadHalf, events: &mpsc::Sender<Incoming>) -> ConnectionError {
        let mut decoder = EslDecoder::new();
        let mut twins = Twins::new();
        let mut buffer = vec![0; READ];
        let mut asked = false;
        loop {
            let got = match timeout(SILENCE, read.read(&mut buffer)).await {
                Ok(Ok(0)) => return ConnectionError::Closed,
                Ok(Ok(got)) => got,
                Ok(Err(error)) => return error.into(),
                Err(_) if asked => return ConnectionError::Silent(SILENCE * 2),
                Err(_) => {
                    asked = true;
                    if let Ok(line) = ApiLine::new("status") {
                        drop(self.api(line));
                    }
                    continue;
                }
            };
            asked = false;
            decoder.push(&buffer[..got]);
            if let Err(ended) = self.frames(&mut decoder, &mut twins, events).await {
                return ended;
            }
        }
    }

    /// Takes all whole frames.
    async fn frames(
        &self,
        decoder: &mut EslDecoder,
        twins: &mut Twins,
        events: &mpsc::Sender<Incoming>,
    ) -> Result<(), ConnectionError> {
        let mut last = None;
        loop {
            let frame = match decoder.next() {
                Ok(Some(frame)) => frame,
                Ok(None) => return Ok(()),
                // The same error twice says that nothing more can be read; else it was one event.
                Err(error) if last.as_ref() == Some(&error) => return Err(error.into()),
                Err(error) => {
                    tracing::warn!(error = %error, "an event of a switch cannot be read");
                    last = Some(error);
                    continue;
                }
            };
            let incoming = match frame {
                Frame::Reply(reply) => {
                    self.0.answer(Answer::Reply(reply))?;
                    continue;
                }
                Frame::ApiResponse(response) => {
                    self.0.answer(Answer::Api(response.body))?;
                    continue;
                }
                Frame::ChannelData(event) => {
                    self.0.answer(Answer::Channel(Box::new(event)))?;
                    continue;
                }
                Frame::Event(event) if event.name() == "BACKGROUND_JOB" => {
                    self.job(&event);
                    continue;
                }
                Frame::Event(event) if !twins.takes(&event) => continue,
                Frame::Event(event) => Incoming::Event(Box::new(event)),
                Frame::AuthRequest => Incoming::AuthRequest,
                Frame::Rejected(text) => return Err(ConnectionError::Rejected(text.trim().to_owned())),
                // The end itself says the same.
                Frame::Disconnect(_) | Frame::Other { .. } => continue,
            };
            if events.send(incoming).await.is_err() {
                return Err(ConnectionError::Closed);
            }
        }
    }

    fn job(&self, event: &Event) {
        let Some(waiting) = event.job().and_then(|job| self.0.jobs().remove(job)) else { return };
        let text = event.body().unwrap_or_default().trim().to_owned();
        let refused = text.starts_with("-ERR") || text.starts_with("-USAGE");
        let _ = waiting.send(if refused { Err(OrderError::Refused(text)) } else { Ok(text) });
    }
}

async fn write_all(mut write: OwnedWriteHalf, mut bytes: mpsc::UnboundedReceiver<Vec<u8>>) -> ConnectionError {
    while let Some(mut next) = bytes.recv().await {
        while next.len() < READ
            && let Ok(more) = bytes.try_recv()
        {
            next.extend_from_slice(&more);
        }
        match timeout(STALL, write.write_all(&next)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return error.into(),
            Err(_) => return ConnectionError::Late { what: "taking a command", within: STALL },
        }
    }
    ConnectionError::Closed
}
