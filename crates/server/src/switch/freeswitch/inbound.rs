//! Keeps us connected to one FreeSWITCH, sees its calls, and tells their watches what happens.

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use futures_util::future::BoxFuture;
use offhook_telephony::esl::{Command, Event, EventFormat, SentEvent, Wanted};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::calls::{Beginning, NODE, begin, call_of, rule_of};
use super::connection::{Connection, ConnectionError, Incoming};
use super::line::FreeSwitchLine;
use super::news;
use super::pickup::pick_up;
use super::site::Site;
use crate::app::App;
use crate::error::chain;
use crate::switch::line::LegNews;
use crate::switch::nodes::{ALIVE, EVERY, JOINING};
use crate::switch::order::OrderError;

/// The longest for each step of getting connected.
const STEP: Duration = Duration::from_secs(5);
/// The shortest and the longest pause before the next try.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(15));
/// The header by which a node tells its name.
const NODE_HEADER: &str = "Offhook-Node";

/// The events of calls that are asked for.
pub(super) const EVENTS: [&str; 8] = [
    "CHANNEL_ANSWER",
    "CHANNEL_PROGRESS_MEDIA",
    "CHANNEL_HANGUP_COMPLETE",
    "CHANNEL_BRIDGE",
    "DTMF",
    "PLAYBACK_START",
    "PLAYBACK_STOP",
    "DETECTED_TONE",
];
/// The subclasses of `CUSTOM` that are asked for.
pub(super) const SUBCLASSES: [&str; 12] = [
    "avmd::beep",
    "vmd::beep",
    "mod_audio_fork::connect",
    "mod_audio_fork::connect_failed",
    "mod_audio_fork::disconnect",
    "mod_audio_fork::error",
    "mod_audio_fork::json",
    "mod_audio_stream::connect",
    "mod_audio_stream::error",
    "mod_audio_stream::disconnect",
    "mod_audio_stream::json",
    ALIVE,
];

/// Stays connected until the service stops and the last watched call is over.
pub(super) async fn run(app: Arc<App>, site: Arc<Site>, password: String) {
    let pauses = || {
        let (shortest, longest) = PAUSES;
        let builder = ExponentialBuilder::default().with_min_delay(shortest).with_max_delay(longest);
        builder.without_max_times().with_jitter().build()
    };
    let name = site.config.name.clone();
    let mut pause = pauses();
    let mut again = false;
    loop {
        let error = match connect(&site, &password).await {
            Ok((connection, incoming)) => {
                pause = pauses();
                app.switches.states.connected(&name, again);
                app.metrics.switch_connected(&name, true);
                if again {
                    app.metrics.switch_reconnected(&name);
                }
                again = true;
                tracing::info!(switch = name, address = site.config.address, "connected to a switch");
                let ended = serve(&app, &site, &connection, incoming).await;
                app.switches.placements.disconnect(&name);
                connection.end();
                site.now().connection = None;
                app.metrics.switch_connected(&name, false);
                match ended {
                    Some(error) => error,
                    None => return,
                }
            }
            Err(error) => error,
        };
        if app.stopping.is_cancelled() {
            return;
        }
        tracing::warn!(
            switch = name,
            address = site.config.address,
            error = chain(&error),
            "no connection to a switch"
        );
        app.switches.states.lost(&name, &error.to_string());
        let next = pause.next().unwrap_or(PAUSES.1);
        tokio::select! {
            () = sleep(next) => {}
            () = app.stopping.cancelled() => return,
        }
    }
}

/// Connects, shows the password, and asks for events.
async fn connect(site: &Site, password: &str) -> Result<(Connection, mpsc::Receiver<Incoming>), ConnectionError> {
    let (connection, mut incoming) = Connection::to(&site.config.address, STEP).await?;
    let late = |what| move |_| ConnectionError::Late { what, within: STEP };
    match timeout(STEP, incoming.recv()).await.map_err(late("asking for the password"))? {
        Some(Incoming::AuthRequest) => {}
        Some(Incoming::Ended(error)) => return Err(error),
        _ => return Err(ConnectionError::Closed),
    }
    let steps = [
        ("the password", Command::Auth(password.to_owned())),
        ("asking for events", Command::Events(EventFormat::Plain, wanted())),
    ];
    for (what, command) in steps {
        let answer = connection.send(&command);
        let answer = timeout(STEP, answer).await.map_err(late(what))?;
        answer.and_then(super::connection::Answer::done).map_err(|error| match error {
            OrderError::Refused(text) => ConnectionError::Refused(what, text),
            OrderError::Unable(text) => ConnectionError::Refused(what, text),
            _ => ConnectionError::Closed,
        })?;
    }
    Ok((connection, incoming))
}

fn wanted() -> Wanted {
    Wanted {
        names: EVENTS.into_iter().chain(["BACKGROUND_JOB", "HEARTBEAT"]).map(str::to_owned).collect(),
        subclasses: SUBCLASSES.map(str::to_owned).into(),
    }
}

/// Takes what comes, until the connection is over (why), or the service stops (nothing).
async fn serve(
    app: &Arc<App>,
    site: &Arc<Site>,
    connection: &Connection,
    mut incoming: mpsc::Receiver<Incoming>,
) -> Option<ConnectionError> {
    {
        let mut now = site.now();
        now.connection = Some(connection.clone());
        let age = site.age();
        now.nodes.forgive(age);
    }
    app.switches.placements.connect(&site.config.name, Arc::clone(site) as _);
    say_alive(site, connection);
    let mut beat = interval(EVERY);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Others answer within this; calls that are answered meanwhile are picked up right after.
    let mut joined = false;
    let mut join = std::pin::pin!(sleep(JOINING));
    let mut picking: Option<BoxFuture<'_, Result<(), OrderError>>> = None;
    loop {
        let stopping = app.stopping.is_cancelled();
        if stopping && !site.now().lines.keys().any(|leg| app.switches.watches.has(leg)) {
            return None;
        }
        tokio::select! {
            came = incoming.recv() => match came {
                Some(Incoming::Event(event)) => {
                    look(app, site, connection, &event, joined && !stopping);
                }
                Some(Incoming::Ended(error)) => return Some(error),
                Some(Incoming::AuthRequest) => {}
                None => return Some(ConnectionError::Closed),
            },
            () = &mut join, if !joined => {
                joined = true;
                picking = Some(Box::pin(pick_up(app, site, connection)));
            }
            picked = async { match &mut picking { Some(doing) => doing.await, None => std::future::pending().await } } => {
                picking = None;
                if let Err(error) = picked {
                    tracing::warn!(switch = site.config.name, error = %error, "calls in progress cannot be picked up");
                }
            }
            _ = beat.tick() => {
                if stopping {
                    continue;
                }
                say_alive(site, connection);
                let age = site.age();
                if site.now().nodes.bury(age) && picking.is_none() && joined {
                    picking = Some(Box::pin(pick_up(app, site, connection)));
                }
            }
            () = app.stopping.cancelled(), if !stopping => {}
        }
    }
}

/// Looks at one event. `takes`: calls that are not watched may be from now on.
fn look(app: &Arc<App>, site: &Arc<Site>, connection: &Connection, event: &Event, takes: bool) {
    if event.subclass() == Some(ALIVE) {
        let age = site.age();
        let new = event.get(NODE_HEADER).is_some_and(|name| site.now().nodes.alive(name, age));
        if new {
            // It is to know of us at once.
            say_alive(site, connection);
        }
        return;
    }
    let over = event.name() == "CHANNEL_HANGUP_COMPLETE";
    for leg in legs(event) {
        let line = if over { site.now().end(leg) } else { site.now().lines.get(leg).cloned() };
        if let Some(line) = line {
            tell(app, &line, event);
            continue;
        }
        if takes && matches!(event.name(), "CHANNEL_ANSWER" | "CHANNEL_PROGRESS_MEDIA") {
            see(app, site, event);
        }
    }
}

/// The legs an event is about.
fn legs(event: &Event) -> impl Iterator<Item = &str> {
    let other = (event.name() == "CHANNEL_BRIDGE")
        .then(|| event.get("Bridge-B-Unique-ID").or_else(|| event.get("Other-Leg-Unique-ID")))
        .flatten();
    let first = event.unique_id();
    first.into_iter().chain(other.filter(move |other| Some(*other) != first))
}

/// Tells the watch of a leg what an event means.
pub(super) fn tell(app: &App, line: &Arc<FreeSwitchLine>, event: &Event) {
    let Some(news) = news::of(event, line) else { return };
    if matches!(news, LegNews::HungUp { .. }) {
        line.over();
    }
    app.switches.watches.tell(line.leg(), news);
}

/// A leg is seen that is not watched.
fn see(app: &Arc<App>, site: &Arc<Site>, event: &Event) {
    let Some(call) = call_of(&site.config.name, event) else { return };
    {
        let now = site.now();
        if now.is_over(&call.uuid) || !now.nodes.mine(&call.uuid) {
            return;
        }
    }
    let rule = rule_of(app, &call);
    if call.answered {
        app.switches.states.seen(&site.config.name, rule.is_some());
    }
    let Some(rule) = rule else { return };
    if let Some(line) = begin(app, site, call, rule, Beginning::default()) {
        watched(site, line);
    }
}

/// Notes the line of a watch that has begun, and tells other nodes whose it is.
pub(super) fn watched(site: &Arc<Site>, line: Arc<FreeSwitchLine>) {
    let mut now = site.now();
    let me = now.nodes.me().to_owned();
    now.lines.insert(line.leg().to_owned(), Arc::clone(&line));
    drop(now);
    line.aside(line.set(&[(NODE.to_owned(), me)]));
}

fn say_alive(site: &Site, connection: &Connection) {
    let me = site.now().nodes.me().to_owned();
    let event = SentEvent {
        name: "CUSTOM".into(),
        subclass: Some(ALIVE.into()),
        headers: vec![(NODE_HEADER.to_owned(), me)],
        body: None,
    };
    drop(connection.send(&Command::Send(event)));
}
