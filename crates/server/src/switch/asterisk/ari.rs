//! ARI: calls that come into our application by `Stasis()`, or are placed into it; heard by a channel that snoops on them.

mod dialer;
mod events;
mod line;
mod media;
mod rest;
mod secure;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use offhook_telephony::ari::{Channel, Request};
use serde_json::json;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::cause;
use crate::app::App;
use crate::pii::Pii;
use crate::switch::config::{self, SwitchError};
use crate::switch::line::LegNews;
use crate::switch::rule::{Direction, Platform, SwitchCall};
use crate::switch::watch::{self, Terms};
pub(in crate::switch) use dialer::AriDialer;
use line::AriLine;
use rest::Rest;

/// How long after a call left the application its end may be told. One that goes on elsewhere has none.
const END_TIME: Duration = Duration::from_millis(500);

/// What a channel came to: into the application, or to its end with this cause.
type Arrival = Result<(), String>;

/// One Asterisk with its REST interface.
#[derive(Debug)]
pub(super) struct Site {
    app: Arc<App>,
    switch: String,
    config: config::Ari,
    /// What is dialled for a bare number.
    dial: Option<String>,
    rest: Rest,
    shared: Mutex<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// Who waits for a channel to come into the application.
    waiting: HashMap<String, oneshot::Sender<Arrival>>,
    /// The channels and bridges that we made and still need.
    ours: HashSet<String>,
    /// The calls that are in the application.
    calls: HashSet<String>,
    /// Whose playbacks are going on.
    playing: HashMap<String, String>,
    /// Calls that we joined: with each channel the other, and their bridge.
    joined: HashMap<String, (String, String)>,
}

impl Site {
    /// The REST interface of this Asterisk, if it has one.
    ///
    /// # Errors
    /// Its password cannot be read.
    pub(super) fn new(app: &Arc<App>, switch: &config::Asterisk) -> Result<Option<Arc<Self>>, SwitchError> {
        let Some(config) = switch.ari.clone() else { return Ok(None) };
        let rest = Rest::new(&config)?;
        let (app, dial, switch) = (Arc::clone(app), switch.dial.clone(), switch.name.clone());
        Ok(Some(Arc::new(Self { app, switch, config, dial, rest, shared: Mutex::default() })))
    }

    /// Where it is reached.
    pub(super) fn address(&self) -> String {
        self.config.url.clone()
    }

    fn shared(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the names of our own channels and bridges begin with: an application has one connection.
    fn prefix(&self) -> String {
        format!("offhook-{}-", self.config.app)
    }

    /// A channel of this name will come into the application, or end.
    fn expect(&self, id: &str) -> oneshot::Receiver<Arrival> {
        let (sender, arrival) = oneshot::channel();
        self.shared().waiting.insert(id.to_owned(), sender);
        arrival
    }

    fn arrived(&self, id: &str, arrival: Arrival) {
        if let Some(waiting) = self.shared().waiting.remove(id) {
            // Nobody waits any more where it took too long.
            let _ = waiting.send(arrival);
        }
    }

    /// A channel came into the application that is none of ours.
    fn begin(self: &Arc<Self>, channel: &Channel, arguments: &[String]) {
        let app = &self.app;
        if app.switches.watches.has(&channel.id) {
            return;
        }
        let call = Arc::new(self.call(channel, arguments));
        let rule = app.switches.rule_for(&call).filter(|_| !app.stopping.is_cancelled());
        app.switches.states.seen(&self.switch, rule.is_some());
        let Some(rule) = rule else {
            // What nobody watches goes on in its dialplan.
            let (site, id) = (Arc::clone(self), channel.id.clone());
            app.tasks.spawn(async move { site.go_on(&id).await });
            return;
        };
        let audio = self.audio_name();
        let expected = app.switches.links.expect(&audio, Arc::clone(&call), rule.campaign.clone());
        let line = Arc::new(AriLine::new(self, &channel.id, &audio, &rule));
        self.shared().calls.insert(channel.id.clone());
        watch::begin(app, Terms { call, rule, line, expected, by_itself: false, held: true, resumed: false });
    }

    /// A name for audio that nobody can guess.
    fn audio_name(&self) -> String {
        let uuid = Uuid::new_v4().hyphenated();
        match self.config.audio {
            // The WebSocket says by which channel it comes, and its name is ours to choose.
            config::ExternalMedia::WebSocket => format!("{}m-{uuid}", self.prefix()),
            config::ExternalMedia::AudioSocket | config::ExternalMedia::Rtp => uuid.to_string(),
        }
    }

    async fn go_on(&self, id: &str) {
        if let Ok(id) = offhook_telephony::ari::Id::new(id)
            && let Err(error) = self.rest.ask(&Request::go_on(&id, None, None, None)).await
        {
            tracing::debug!(switch = self.switch, error = %error, "a call could not be given back");
        }
    }

    /// A channel is gone.
    fn gone(self: &Arc<Self>, id: &str, number: i64, text: &str) {
        let word = cause::word(Some(number));
        self.arrived(id, Err(word.clone()));
        let other = {
            let mut shared = self.shared();
            shared.calls.remove(id);
            shared.ours.remove(id);
            let other = shared.joined.remove(id);
            if let Some((other, _)) = &other {
                shared.joined.remove(other);
            }
            other
        };
        if let Some((other, bridge)) = other {
            let site = Arc::clone(self);
            self.app.tasks.spawn(async move {
                site.destroy_channel(&other).await;
                site.destroy_bridge(&bridge).await;
            });
        }
        let details = json!({ "q850": number, "text": text });
        self.app.switches.watches.tell(id, LegNews::HungUp { cause: word, details });
    }

    fn call(&self, channel: &Channel, arguments: &[String]) -> SwitchCall {
        let inbound = channel.state == "Ring";
        let number = |text: &str| (!text.is_empty()).then(|| Pii::new(text.to_owned()));
        let (near, far) = (&channel.connected.number, &channel.caller.number);
        let (caller, destination) = if inbound {
            (far, &channel.dialplan.exten)
        } else {
            (near, if far.is_empty() { &channel.dialplan.exten } else { far })
        };
        let given = arguments.iter().filter_map(|text| text.split_once('='));
        let mut variables: HashMap<String, String> = channel.channelvars.clone().into_iter().collect();
        variables.extend(given.map(|(name, value)| (name.to_owned(), value.to_owned())));
        SwitchCall {
            switch: self.switch.clone(),
            platform: Platform::Asterisk,
            uuid: channel.id.clone(),
            channel: channel.name.clone(),
            direction: if inbound { Direction::Inbound } else { Direction::Outbound },
            caller: number(caller),
            destination: number(destination),
            gateway: super::gateway(&channel.name),
            context: Some(channel.dialplan.context.clone()).filter(|context| !context.is_empty()),
            variables: Pii::new(variables),
            answered: channel.state == "Up",
        }
    }
}

/// Keeps the connection until the service stops.
pub(super) async fn keep(site: Arc<Site>) {
    let delays = || {
        let builder = ExponentialBuilder::new().with_min_delay(Duration::from_millis(250));
        builder.with_max_delay(Duration::from_secs(10)).with_jitter().without_max_times().build()
    };
    let (app, mut delay, mut again) = (Arc::clone(&site.app), delays(), false);
    while !app.stopping.is_cancelled() {
        let (connected, ended) = events::run(&site, again).await;
        if connected {
            delay = delays();
            again = true;
        }
        app.switches.placements.disconnect(&site.switch);
        app.metrics.switch_connected(&site.switch, false);
        let Err(why) = ended else { return };
        app.switches.states.lost(&site.switch, &why);
        tracing::warn!(switch = site.switch, why, "the events of ARI are not connected");
        tokio::select! {
            () = tokio::time::sleep(delay.next().unwrap_or(Duration::from_secs(10))) => {}
            () = app.stopping.cancelled() => return,
        }
    }
}
