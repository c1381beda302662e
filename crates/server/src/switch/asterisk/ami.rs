//! AMI: one connection to the manager interface of each Asterisk, made again whenever it is lost.

mod calls;
mod connection;
mod dialer;
mod line;
mod orders;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use offhook_telephony::ami::{Action, ActionError, Headers, Packet};
use tokio::sync::mpsc::{Sender, channel};
use tokio::sync::{Notify, oneshot};

use crate::app::App;
use crate::switch::config;
use crate::switch::order::OrderError;
use calls::Calls;
pub(super) use calls::gateway;
use dialer::{AmiDialer, Placing};
pub(super) use line::AmiLine;
pub(in crate::switch) use orders::place;

/// The most actions that wait to be written.
const MOST_WAITING: usize = 10_000;

/// An action, and who waits for its answer.
#[derive(Debug)]
struct Job {
    action: Action,
    /// The name that the action is to have, where events tell of it later: they go to every connection.
    id: Option<String>,
    answer: oneshot::Sender<Packet>,
}

/// One manager interface, connected or not.
#[derive(Debug)]
pub(super) struct Wire {
    /// The switch's name in the configuration.
    pub(super) switch: String,
    config: config::Ami,
    /// What is dialled for a bare number.
    dial: Option<String>,
    /// Whether calls are placed here: not where ARI does so.
    places: bool,
    placing: Placing,
    jobs: Mutex<Option<Sender<Job>>>,
    up: Notify,
}

impl Wire {
    /// The manager interface of this Asterisk, if it has one.
    pub(super) fn new(switch: &config::Asterisk) -> Option<Self> {
        let config = switch.ami.clone()?;
        Some(Self {
            switch: switch.name.clone(),
            config,
            dial: switch.dial.clone(),
            places: switch.ari.is_none(),
            placing: Placing::default(),
            jobs: Mutex::default(),
            up: Notify::new(),
        })
    }

    fn jobs(&self) -> std::sync::MutexGuard<'_, Option<Sender<Job>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Host and port.
    pub(super) fn address(&self) -> &str {
        &self.config.address
    }

    /// Whether we are logged in.
    pub(super) fn is_up(&self) -> bool {
        self.jobs().is_some()
    }

    /// Takes actions from now on.
    fn open(&self) -> tokio::sync::mpsc::Receiver<Job> {
        let (sender, jobs) = channel(MOST_WAITING);
        *self.jobs() = Some(sender);
        self.up.notify_waiters();
        jobs
    }

    /// Waits until we are logged in, at most so long; whether we are.
    pub(super) async fn comes_up(&self, within: Duration) -> bool {
        let mut up = std::pin::pin!(self.up.notified());
        up.as_mut().enable();
        self.is_up() || tokio::time::timeout(within, up).await.is_ok()
    }

    fn close(&self) {
        *self.jobs() = None;
    }

    /// Sends an action at once, after those before it. What comes back is its answer, if that is good.
    pub(super) fn ask(&self, action: Result<Action, ActionError>) -> BoxFuture<'static, Result<Headers, OrderError>> {
        self.ask_as(None, action)
    }

    /// The same with a name for the action.
    fn ask_as(
        &self,
        id: Option<&str>,
        action: Result<Action, ActionError>,
    ) -> BoxFuture<'static, Result<Headers, OrderError>> {
        let action = match action {
            Ok(action) => action,
            Err(error) => return ready(Err(OrderError::Unable(error.to_string()))).boxed(),
        };
        let (answer, answered) = oneshot::channel();
        let job = Job { action, id: id.map(str::to_owned), answer };
        let sent = self.jobs().as_ref().is_some_and(|jobs| jobs.try_send(job).is_ok());
        if !sent {
            return ready(Err(OrderError::Gone)).boxed();
        }
        async move {
            let packet = answered.await.map_err(|_| OrderError::Gone)?;
            let good = packet.is_success();
            let headers = packet.headers().cloned().unwrap_or_default();
            if good {
                Ok(headers)
            } else {
                Err(OrderError::Refused(headers.get("Message").unwrap_or("no reason given").to_owned()))
            }
        }
        .boxed()
    }
}

/// Keeps the connection until the service stops.
pub(super) async fn keep(app: Arc<App>, wire: Arc<Wire>) {
    let mut calls = Calls::new(Arc::clone(&app), Arc::clone(&wire));
    let delays = || {
        ExponentialBuilder::new()
            .with_min_delay(Duration::from_millis(250))
            .with_max_delay(Duration::from_secs(10))
            .with_jitter()
            .without_max_times()
            .build()
    };
    let mut delay = delays();
    while !app.stopping.is_cancelled() {
        let ended = connection::run(&app, &wire, &mut calls).await;
        if wire.is_up() {
            delay = delays();
            calls.is_back();
        }
        wire.close();
        if wire.places {
            app.switches.placements.disconnect(&wire.switch);
        }
        app.metrics.switch_connected(&wire.switch, false);
        let Err(why) = ended else { return };
        app.switches.states.lost(&wire.switch, &why.to_string());
        tracing::warn!(switch = wire.switch, why = %why, "the manager interface is not connected");
        let pause = delay.next().unwrap_or(Duration::from_secs(10));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = app.stopping.cancelled() => return,
        }
    }
}
