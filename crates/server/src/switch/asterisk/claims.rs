//! Whose channel the audio of a name will be.
//!
//! A call is watched once its audio comes, and by the node that it comes to: every node that is connected to a manager
//! interface sees all calls, but `AudioSocket()` names one of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::time::{Instant as Tick, timeout_at};

use super::ami::Wire;
use crate::switch::rule::{Rule, SwitchCall};

/// From so many on, those that nobody came for are forgotten.
const MANY: usize = 20_000;
/// How long a claim is known at least that nobody came for.
const LIFE: Duration = Duration::from_secs(600);

/// A channel whose audio will come.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    /// The call.
    pub(super) call: SwitchCall,
    /// The rule that its dialplan asked for by name.
    pub(super) rule: Option<Arc<Rule>>,
    /// The manager interface of its switch.
    pub(super) wire: Option<Arc<Wire>>,
}

/// The claims, by the name that audio comes with.
#[derive(Debug, Default)]
pub(super) struct Claims {
    names: Mutex<HashMap<String, (Claim, Instant)>>,
    news: Notify,
}

impl Claims {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, (Claim, Instant)>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The audio of this name is of this channel. What is claimed twice for the same channel is taken together.
    pub(super) fn claim(&self, name: &str, mut claim: Claim) {
        let mut names = self.lock();
        if let Some((known, _)) = names.remove(name).filter(|(known, _)| known.call.uuid == claim.call.uuid) {
            let mut variables = known.call.variables.reveal().clone();
            variables.extend(claim.call.variables.reveal().clone());
            claim.call.variables = crate::Pii::new(variables);
            claim.rule = claim.rule.or(known.rule);
            claim.wire = claim.wire.or(known.wire);
        }
        if names.len() >= MANY {
            names.retain(|_, (_, since)| since.elapsed() < LIFE);
        }
        names.insert(name.to_owned(), (claim, Instant::now()));
        drop(names);
        self.news.notify_waiters();
    }

    /// Takes the claim of this name.
    pub(super) fn take(&self, name: &str) -> Option<Claim> {
        self.lock().remove(name).map(|(claim, _)| claim)
    }

    /// Waits until `ready` gives something, at most so long; it is asked again whenever something is claimed.
    pub(super) async fn wait<T>(&self, within: Duration, mut ready: impl FnMut() -> Option<T>) -> Option<T> {
        let until = Tick::now() + within;
        loop {
            let mut told = std::pin::pin!(self.news.notified());
            told.as_mut().enable();
            if let Some(ready) = ready() {
                return Some(ready);
            }
            timeout_at(until, told).await.ok()?;
        }
    }
}
