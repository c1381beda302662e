//! What obeys orders for one leg of FreeSWITCH.

mod audio;
mod playing;
mod telling;

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use offhook_telephony::esl::{ApiLine, Command, CommandError, setting};
use tokio_util::sync::DropGuard;

use super::calls::Beginning;
use super::connection::Connection;
use super::site::Site;
use crate::app::App;
use crate::switch::line::Line;
use crate::switch::order::{Order, OrderError};
use crate::switch::rule::{Rule, SwitchCall};
use playing::Playing;

/// The variable by which a dialplan goes on once its `socket` is closed.
pub(super) const RESUME: &str = "socket_resume";

type Obeyed = BoxFuture<'static, Result<(), OrderError>>;

/// One leg that is watched.
#[derive(Debug)]
pub(super) struct FreeSwitchLine {
    app: Arc<App>,
    site: Arc<Site>,
    leg: String,
    rule: Arc<Rule>,
    token: String,
    own: Mutex<Own>,
}

/// What we did with it.
#[derive(Debug, Default)]
struct Own {
    /// The socket in which its dialplan waits for us.
    socket: Option<Connection>,
    answered: bool,
    /// Somebody else's stream may be on it.
    taken_over: bool,
    /// The node of the chain that is to hear it, and whether that took the call.
    node: Option<(usize, bool)>,
    /// The node of the chain that was seen to be this service.
    here: Option<usize>,
    /// Ends the following of its recording.
    recording: Option<DropGuard>,
    playing: Option<Playing>,
    /// It was sent elsewhere by us.
    given: bool,
}

fn unable(error: CommandError) -> OrderError {
    OrderError::Unable(error.to_string())
}

fn not_done(error: OrderError) -> Obeyed {
    Box::pin(async move { Err(error) })
}

impl FreeSwitchLine {
    pub(super) fn new(
        app: Arc<App>,
        site: Arc<Site>,
        call: &SwitchCall,
        rule: Arc<Rule>,
        token: String,
        beginning: Beginning,
    ) -> Self {
        let Beginning { socket, taken_over, .. } = beginning;
        let own = Own { socket, answered: call.answered, taken_over, ..Own::default() };
        let leg = call.uuid.clone();
        Self { app, site, leg, rule, token, own: Mutex::new(own) }
    }

    fn own(&self) -> MutexGuard<'_, Own> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its dialplan waits for us in this socket.
    pub(super) fn waits_in(&self, socket: Connection) {
        self.own().socket = Some(socket);
    }

    /// The switch's name for the leg.
    pub(super) fn leg(&self) -> &str {
        &self.leg
    }

    /// Notes that it was answered. Whether that is news.
    pub(super) fn answered(&self) -> bool {
        !std::mem::replace(&mut self.own().answered, true)
    }

    /// Whether it was sent elsewhere by us.
    pub(super) fn is_given(&self) -> bool {
        self.own().given
    }

    /// The leg is over: nothing is followed or waited for any more.
    pub(super) fn over(&self) {
        let mut own = self.own();
        own.recording = None;
        own.playing = None;
        drop(own);
        self.audio_done();
    }

    /// The socket of the call, or the connection to its switch.
    fn connection(&self) -> Result<Connection, OrderError> {
        let own = self.own().socket.clone().filter(Connection::is_open);
        own.or_else(|| self.site.now().connection.clone()).ok_or(OrderError::Gone)
    }

    /// Gives commands to the switch at once; all must succeed.
    fn api(&self, lines: Result<Vec<ApiLine>, CommandError>) -> Obeyed {
        let given = lines.map_err(unable).and_then(|lines| Ok((self.connection()?, lines)));
        let (connection, lines) = match given {
            Ok(given) => given,
            Err(error) => return not_done(error),
        };
        let answers: Vec<_> = lines.into_iter().map(|line| connection.api(line)).collect();
        Box::pin(async move {
            for answer in answers {
                answer.await?;
            }
            Ok(())
        })
    }

    fn api_one(&self, line: Result<ApiLine, CommandError>) -> Obeyed {
        self.api(line.map(|line| vec![line]))
    }

    fn command(&self, command: &Command) -> Obeyed {
        let connection = match self.connection() {
            Ok(connection) => connection,
            Err(error) => return not_done(error),
        };
        let answer = connection.send(command);
        Box::pin(async move { answer.await?.done().map(drop) })
    }

    fn execute(&self, application: &str, argument: &str) -> Obeyed {
        self.command(&self.execution(application, argument))
    }

    fn execution(&self, application: &str, argument: &str) -> Command {
        Command::Execute {
            leg: Some(self.leg.clone()),
            application: application.to_owned(),
            argument: argument.to_owned(),
            lock: false,
            event: None,
        }
    }

    /// Sets variables. One that cannot stand in a line does not keep the others from being set.
    pub(super) fn set(&self, variables: &[(String, String)]) -> Obeyed {
        let pair = |(name, value): &(String, String)| setting(&self.leg, &[(name, value)]).map(drop);
        let wrong = variables.iter().find_map(|variable| pair(variable).err());
        let sound: Vec<_> = variables
            .iter()
            .filter(|variable| pair(variable).is_ok())
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let set = self.api(setting(&self.leg, &sound));
        Box::pin(async move {
            set.await?;
            wrong.map_or(Ok(()), |error| Err(unable(error)))
        })
    }

    /// Executes what a variable says: an application, a blank, and its argument.
    fn hook(&self, variable: &str) -> Obeyed {
        let asked = ApiLine::new(&format!("uuid_getvar {} {variable}", self.leg)).map_err(unable);
        let (connection, answer) = match asked.and_then(|line| {
            let connection = self.connection()?;
            let answer = connection.api(line);
            Ok((connection, answer))
        }) {
            Ok(asked) => asked,
            Err(error) => return not_done(error),
        };
        let leg = self.leg.clone();
        Box::pin(async move {
            let said = answer.await?;
            let said = said.trim();
            if said.is_empty() || said == "_undef_" {
                return Ok(());
            }
            let (application, argument) = said.split_once(' ').unwrap_or((said, ""));
            let command = Command::Execute {
                leg: Some(leg),
                application: application.to_owned(),
                argument: argument.trim().to_owned(),
                lock: false,
                event: None,
            };
            connection.send(&command).await?.done().map(drop)
        })
    }

    fn transfer(&self, to: &str) -> Obeyed {
        self.own().given = true;
        let words: Vec<_> = to.split_whitespace().collect();
        self.api_one(match words.as_slice() {
            [extension] => ApiLine::transfer(&self.leg, extension, "XML", "default"),
            [extension, dialplan, context] => ApiLine::transfer(&self.leg, extension, dialplan, context),
            _ => ApiLine::new(&format!("uuid_transfer {} {to}", self.leg)),
        })
    }

    fn bridge(&self, to: &str) -> Obeyed {
        self.own().given = true;
        self.api_one(ApiLine::transfer_inline(&self.leg, &[("bridge", to)]))
    }

    /// Lets the dialplan go on that waits for us.
    fn release(&self) -> Obeyed {
        let Some(socket) = self.own().socket.clone() else {
            return not_done(OrderError::Unable("its dialplan does not wait".into()));
        };
        let resume = self.api(setting(&self.leg, &[(RESUME, "true")]));
        Box::pin(async move {
            // Where this is refused the leg is over: its last events are still to come over the socket.
            resume.await?;
            let left = socket.send(&Command::Exit).await.and_then(|answer| answer.done().map(drop));
            socket.end();
            left
        })
    }

    fn run(&self, words: &[String]) -> Obeyed {
        match words.split_first() {
            Some((application, arguments)) => self.execute(application, &arguments.join(" ")),
            None => not_done(OrderError::Unable("no application".into())),
        }
    }

    /// Tells the switch something that nobody waits for.
    pub(super) fn aside(&self, doing: impl Future<Output = Result<(), OrderError>> + Send + 'static) {
        let leg = self.leg.clone();
        self.app.tasks.spawn(async move {
            if let Err(error) = doing.await {
                tracing::debug!(call_id = leg, error = %error, "a switch did not do what it was told aside");
            }
        });
    }
}

impl Line for FreeSwitchLine {
    fn obey(&self, order: &Order) -> Obeyed {
        match order {
            Order::StartAudio(node) => self.start_audio(*node),
            Order::StopAudio => self.stop_audio(),
            Order::ListenForBeep => self.listen_for_beep(),
            Order::Set(variables) => self.set(variables),
            Order::Announce(news) => self.announce(news),
            Order::Hook(variable) => self.hook(variable),
            Order::Transfer(to) => self.transfer(to),
            Order::Bridge(to) => self.bridge(to),
            Order::HangUp(cause) => self.api_one(ApiLine::kill(&self.leg, cause)),
            Order::Play(file) => self.play(file),
            Order::StopPlaying => self.stop_playing(),
            Order::Park => self.api_one(ApiLine::park(&self.leg)),
            Order::Release => self.release(),
            Order::Execute(words) => self.run(words),
            Order::Ask(_) => not_done(OrderError::Unable("the service itself asks".into())),
        }
    }

    fn nodes(&self) -> usize {
        self.site.audio_nodes()
    }

    fn is_alive(&self) -> bool {
        self.connection().is_ok()
    }
}
