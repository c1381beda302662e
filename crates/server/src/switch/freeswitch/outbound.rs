//! Calls that a dialplan sends us: `socket HOST:PORT async full`. The dialplan waits until the call is released.
//!
//! Whatever happens, the dialplan goes on: a call that no rule fits is released at once, every watch has its time
//! limits, and `socket_resume` is set at the beginning, so that even the end of this process lets it go on.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use offhook_telephony::esl::{Command, EventFormat, Wanted, setting};
use tokio::net::{TcpStream, lookup_host};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::calls::{Beginning, begin, call_of, rule_of};
use super::connection::{Answer, Connection, ConnectionError, Incoming};
use super::inbound::{EVENTS, SUBCLASSES, tell};
use super::line::{FreeSwitchLine, RESUME};
use super::site::Site;
use crate::app::App;
use crate::switch::allow::Door;
use crate::switch::line::LegNews;
use crate::switch::nodes::ALIVE;
use crate::switch::order::OrderError;

/// The longest for the switch to tell of its call.
const STEP: Duration = Duration::from_secs(5);
/// The most sockets at once.
const MOST: usize = 4_096;
/// How often it is looked whether a call is still watched.
const LOOK: Duration = Duration::from_millis(250);
/// How long the switch keeps the socket after the call's end, in seconds, for its last events.
const LINGER_S: u32 = 5;

/// Takes connections until the service stops.
pub(super) async fn run(app: Arc<App>, sites: Vec<Arc<Site>>, door: Door) {
    let listener = match door.listener() {
        Ok(listener) => listener,
        Err(error) => {
            tracing::error!(error = %error, "no event socket can be taken");
            return;
        }
    };
    let room = Arc::new(Semaphore::new(MOST));
    loop {
        let (stream, peer) = tokio::select! {
            next = door.next(&listener) => next,
            () = app.stopping.cancelled() => return,
        };
        let Ok(permit) = Arc::clone(&room).try_acquire_owned() else {
            app.metrics.refused("busy");
            continue;
        };
        let (app, sites) = (Arc::clone(&app), sites.clone());
        app.tasks.clone().spawn(async move {
            if let Err(error) = serve(&app, &sites, stream, peer).await {
                tracing::warn!(peer = %peer.ip(), error = crate::error::chain(&error), "an event socket failed");
            }
            drop(permit);
        });
    }
}

/// The FreeSWITCH of the configuration that is at this address.
async fn site_of(sites: &[Arc<Site>], peer: IpAddr) -> Arc<Site> {
    for site in sites {
        let known = timeout(STEP, lookup_host(&site.config.address)).await;
        if let Ok(Ok(mut addresses)) = known
            && addresses.any(|address| address.ip().to_canonical() == peer.to_canonical())
        {
            return Arc::clone(site);
        }
    }
    Arc::new(Site::unknown())
}

/// What came of a call.
enum Followed {
    /// Its socket is closed.
    Closed,
    /// Nobody watches it any more, though its dialplan may still wait.
    Left,
}

async fn serve(
    app: &Arc<App>,
    sites: &[Arc<Site>],
    stream: TcpStream,
    peer: SocketAddr,
) -> Result<(), ConnectionError> {
    let site = site_of(sites, peer.ip()).await;
    let (connection, mut incoming) = Connection::over(stream);
    let answer = timeout(STEP, connection.send(&Command::Connect)).await;
    let answer = answer.map_err(|_| ConnectionError::Late { what: "telling of the call", within: STEP })?;
    let Ok(Answer::Channel(event)) = answer else { return Err(ConnectionError::Closed) };
    let Some(call) = call_of(&site.config.name, &event) else { return Err(ConnectionError::Closed) };
    let leg = call.uuid.clone();
    for line in setting(&leg, &[(RESUME, "true")]).unwrap_or_default() {
        drop(connection.api(line));
    }
    // What a call does that the connection to its switch tells of needs no second teller.
    let watched = site.now().lines.get(&leg).cloned();
    if let Some(line) = watched.filter(|_| app.switches.watches.has(&leg)) {
        line.waits_in(connection.clone());
        app.switches.watches.tell(&leg, LegNews::Held);
        return match wait(app, &line, &mut incoming).await {
            Followed::Closed => Ok(()),
            Followed::Left => release(&connection).await,
        };
    }
    let wanted = Wanted {
        names: EVENTS.map(str::to_owned).into(),
        subclasses: SUBCLASSES.into_iter().filter(|name| *name != ALIVE).map(str::to_owned).collect(),
    };
    for command in [
        Command::MyEvents(EventFormat::Plain, None),
        Command::Events(EventFormat::Plain, wanted),
        Command::Linger(Some(LINGER_S)),
    ] {
        drop(connection.send(&command));
    }
    // A call that waits for its answer is watched from then on, however its rule takes early media.
    let rule = rule_of(app, &call);
    app.switches.states.seen(&site.config.name, rule.is_some());
    let beginning = Beginning { socket: Some(connection.clone()), ..Beginning::default() };
    let line = rule.and_then(|rule| begin(app, &site, call, rule, beginning));
    match line {
        Some(line) => match follow(app, &line, &mut incoming).await {
            Followed::Closed => Ok(()),
            Followed::Left => release(&connection).await,
        },
        None => release(&connection).await,
    }
}

/// Lets the dialplan go on.
async fn release(connection: &Connection) -> Result<(), ConnectionError> {
    let left = timeout(STEP, connection.send(&Command::Exit)).await;
    connection.end();
    match left {
        Ok(Ok(_) | Err(OrderError::Gone)) => Ok(()),
        Ok(Err(error)) => Err(ConnectionError::Refused("leaving", error.to_string())),
        Err(_) => Err(ConnectionError::Late { what: "leaving", within: STEP }),
    }
}

/// Waits until the socket of a call is closed, or nobody watches it any more.
async fn wait(app: &App, line: &FreeSwitchLine, incoming: &mut mpsc::Receiver<Incoming>) -> Followed {
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            came = incoming.recv() => if matches!(came, Some(Incoming::Ended(_)) | None) {
                return Followed::Closed;
            },
            _ = look.tick() => if !app.switches.watches.has(line.leg()) {
                return Followed::Left;
            },
        }
    }
}

/// Tells the watch of a call what happens, until its socket is closed or nobody watches it any more.
async fn follow(app: &App, line: &Arc<FreeSwitchLine>, incoming: &mut mpsc::Receiver<Incoming>) -> Followed {
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut hung_up = false;
    loop {
        tokio::select! {
            came = incoming.recv() => match came {
                Some(Incoming::Event(event)) => {
                    let own = event.unique_id().is_none_or(|leg| leg == line.leg());
                    if own || event.name() == "CHANNEL_BRIDGE" {
                        hung_up |= event.name() == "CHANNEL_HANGUP_COMPLETE";
                        tell(app, line, &event);
                    }
                }
                Some(Incoming::AuthRequest) => {}
                Some(Incoming::Ended(_)) | None => {
                    if !hung_up {
                        // The call may go on, but it is in other hands.
                        line.over();
                        app.switches.watches.tell(line.leg(), LegNews::Taken);
                    }
                    return Followed::Closed;
                }
            },
            _ = look.tick() => {
                if !hung_up && !app.switches.watches.has(line.leg()) {
                    return Followed::Left;
                }
            }
        }
    }
}
