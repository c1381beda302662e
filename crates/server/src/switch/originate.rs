//! Calls that the service has a switch place, for tests and small campaigns.
//!
//! A connection to a switch that can place calls registers as a [`Dialer`]. The call it places is then seen and watched as
//! any other, by the terms that [`Placements`] keeps under the name of its leg. A call that nobody was heard on becomes a
//! record too, with its cause.

mod unheard;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde_json::Value;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::handling::Handling;
use super::order::OrderError;
use super::rule::{Platform, Rule};
use crate::app::App;
use crate::pii::Pii;

/// From when a call must have been answered to when its switch gives up by itself, and a little more.
const SPARE: Duration = Duration::from_secs(5);
/// How long after its answer a call must be watched.
const WATCH_TIME: Duration = Duration::from_secs(10);

/// A call that a switch is to place.
#[derive(Clone, Debug)]
pub struct Originate {
    /// The name that its leg gets: `origination_uuid` on FreeSWITCH, `channelId` (ARI) or `ChannelId` (AMI) on Asterisk.
    pub leg: String,
    /// The dial string: `sofia/gateway/carrier/15550100`, `PJSIP/15550100@carrier`. It has no blank and no bracket.
    pub to: Pii<String>,
    /// The number that is shown to who is called.
    pub caller_id: Option<Pii<String>>,
    /// Variables of the channel, set before it rings.
    pub variables: BTreeMap<String, String>,
    /// How long it rings at most.
    pub ring_limit: Duration,
}

/// A connection to a switch that can place calls.
pub trait Dialer: Debug + Send + Sync {
    /// Has the switch place a call, which waits where it is (parked) once it was answered. What comes back is ready once
    /// it was answered, or once it will not be: [`OrderError::Refused`] then has the cause in the switch's word, such as
    /// `USER_BUSY`. The connection sees the call's events as those of any other and asks
    /// [`Switchboard::rule_for`](super::Switchboard::rule_for), which has the terms of this call.
    fn place(&self, call: &Originate) -> BoxFuture<'static, Result<(), OrderError>>;

    /// Whether a leg of this name would be this node's to watch, where several nodes share the calls of a switch by their
    /// names. Names are drawn until one is.
    fn takes(&self, leg: &str) -> bool {
        let _ = leg;
        true
    }

    /// Why no call can be placed though it is connected: what the file of switches lacks.
    fn lacks(&self) -> Option<&'static str> {
        None
    }

    /// What kind of switch it is.
    fn platform(&self) -> Platform;

    /// The pattern for a bare number, with `{number}` in it; `None`: only dial strings can be called.
    fn template(&self) -> Option<&str>;
}

/// Why a call was not placed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// The switch is not known, or not connected.
    #[error("switch: {0:?} is not connected")]
    NotConnected(String),
    /// As many calls go on as may.
    #[error("switches.originate_most is {0} calls at once")]
    Full(u32),
}

/// A call that was placed and is not over.
#[derive(Debug)]
pub struct Placed {
    /// The service's own name for it.
    pub id: Uuid,
    /// The name that who asked for it gave it.
    pub call_id: String,
    /// Who asked for it.
    pub owner: String,
    /// The switch.
    pub switch: String,
    /// By what terms it is watched.
    pub rule: Arc<Rule>,
    /// What the switch was asked for.
    pub call: Originate,
    /// The number or dial string, as it was given.
    pub destination: Pii<String>,
    /// When it was asked for.
    pub started: Timestamp,
}

/// The connections that can place calls, and the calls that were placed and are not over.
#[derive(Debug, Default)]
pub struct Placements {
    dialers: Mutex<HashMap<String, Arc<dyn Dialer>>>,
    going: Mutex<HashMap<String, Arc<Placed>>>,
}

impl Placements {
    fn dialers(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<dyn Dialer>>> {
        self.dialers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn going(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Placed>>> {
        self.going.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// This switch is connected: calls can be placed through it.
    pub fn connect(&self, switch: &str, dialer: Arc<dyn Dialer>) {
        self.dialers().insert(switch.to_owned(), dialer);
    }

    /// It is not connected any more.
    pub fn disconnect(&self, switch: &str) {
        self.dialers().remove(switch);
    }

    /// The connection to this switch, if it is there.
    pub fn dialer(&self, switch: &str) -> Option<Arc<dyn Dialer>> {
        self.dialers().get(switch).cloned()
    }

    /// The call that was placed on this leg.
    pub fn find(&self, leg: &str) -> Option<Arc<Placed>> {
        self.going().get(leg).cloned()
    }

    /// The leg of the call of this name.
    pub fn leg_of(&self, id: Uuid) -> Option<String> {
        self.going().values().find(|placed| placed.id == id).map(|placed| placed.call.leg.clone())
    }

    /// How many calls were placed and are not over.
    pub fn count(&self) -> usize {
        self.going().len()
    }

    /// The call on this leg is over. Only the first who says so gets it, and sees to its record.
    pub(super) fn over(&self, leg: &str) -> Option<Arc<Placed>> {
        self.going().remove(leg)
    }

    fn admit(&self, placed: Arc<Placed>, most: u32) -> Result<(), PlaceError> {
        let mut going = self.going();
        if going.len() >= most as usize {
            return Err(PlaceError::Full(most));
        }
        going.insert(placed.call.leg.clone(), placed);
        Ok(())
    }
}

/// Has a switch place a call, and follows it as a task of the service until it is watched or will not be.
///
/// # Errors
/// The switch is not connected, or as many calls go on as may.
pub fn place(app: &Arc<App>, placed: Placed, most: u32) -> Result<(), PlaceError> {
    let dialer = app
        .switches
        .placements
        .dialer(&placed.switch)
        .ok_or_else(|| PlaceError::NotConnected(placed.switch.clone()))?;
    let placed = Arc::new(placed);
    app.switches.placements.admit(Arc::clone(&placed), most)?;
    let answer = dialer.place(&placed.call);
    let platform = dialer.platform();
    let app = Arc::clone(app);
    app.tasks.clone().spawn(async move { follow(&app, &placed, platform, answer).await });
    Ok(())
}

async fn follow(
    app: &Arc<App>,
    placed: &Placed,
    platform: Platform,
    answer: BoxFuture<'static, Result<(), OrderError>>,
) {
    let longest = placed.call.ring_limit + SPARE;
    let outcome = tokio::select! {
        outcome = timeout(longest, answer) => outcome.unwrap_or(Err(OrderError::Late(longest))),
        () = app.stopping.cancelled() => Err(OrderError::Unable("the service stopped".into())),
    };
    if outcome.is_ok() && !app.switches.watches.has(&placed.call.leg) {
        tokio::select! {
            () = sleep(WATCH_TIME) => {}
            () = app.stopping.cancelled() => {}
        }
    }
    if app.switches.watches.has(&placed.call.leg) {
        return;
    }
    // From the watch's end on the entry is gone, so that no call has two records.
    if let Some(placed) = app.switches.placements.over(&placed.call.leg) {
        let cause = match outcome {
            Ok(()) => "NOT_WATCHED".to_owned(),
            Err(OrderError::Refused(cause)) => cause,
            Err(error) => error.to_string(),
        };
        let mut handling = Handling::placed(&placed, platform);
        handling.hung_up(&cause, Value::Null);
        unheard::keep(app, &placed, &handling).await;
    }
}

/// The watch of a placed call is over: where nobody was heard, this makes its record.
pub(super) async fn watched(app: &Arc<App>, placed: &Placed, handling: &Handling) {
    unheard::keep(app, placed, handling).await;
}
