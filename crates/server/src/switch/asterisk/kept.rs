//! What a dialplan will ask for in a later step: the results of a call that began with `agi://…/begin`.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::switch::order::Order;

/// From so many on, those that nobody asked for are forgotten.
const MANY: usize = 10_000;
/// How long results are kept at least that nobody asks for.
const LIFE: Duration = Duration::from_secs(1_800);

/// The results of one call.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Results {
    /// Variables of its channel.
    pub(super) variables: BTreeMap<String, String>,
    /// What else is to be done with it, in order.
    pub(super) orders: Vec<Order>,
    /// Whether no more will come.
    pub(super) done: bool,
}

#[derive(Debug)]
struct Entry {
    results: watch::Sender<Results>,
    since: Instant,
}

/// The results of calls, by their `Uniqueid`.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<HashMap<String, Entry>>);

impl Kept {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The results of this call will be asked for. What is known from before is forgotten.
    pub(super) fn begin(&self, call: &str) {
        let mut entries = self.lock();
        if entries.len() >= MANY {
            entries.retain(|_, entry| entry.since.elapsed() < LIFE);
        }
        entries.insert(call.to_owned(), Entry { results: watch::Sender::default(), since: Instant::now() });
    }

    /// Adds variables to the results of a call, if they will be asked for.
    pub(super) fn set<'a>(&self, call: &str, variables: impl IntoIterator<Item = (&'a str, &'a str)>) {
        if let Some(entry) = self.lock().get(call) {
            let owned = variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
            entry.results.send_modify(|results| results.variables.extend(owned));
        }
    }

    /// Adds something to be done, if it will be asked for.
    pub(super) fn order(&self, call: &str, order: Order) -> bool {
        let entries = self.lock();
        let entry = entries.get(call);
        entry.inspect(|entry| entry.results.send_modify(|results| results.orders.push(order))).is_some()
    }

    /// No more will come.
    pub(super) fn done(&self, call: &str) {
        if let Some(entry) = self.lock().get(call) {
            entry.results.send_modify(|results| results.done = true);
        }
    }

    /// The results of a call, once it is done or so much time has gone by. `None`: nobody said that they will be asked
    /// for. They are forgotten then.
    pub(super) async fn take(&self, call: &str, within: Duration) -> Option<Results> {
        let mut results = self.lock().get(call)?.results.subscribe();
        // An error says that the time is over: what is known by then counts.
        let _ = tokio::time::timeout(within, results.wait_for(|results| results.done)).await;
        let known = results.borrow().clone();
        self.lock().remove(call);
        Some(known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn results_wait_for_the_step_that_asks_for_them() {
        let kept = Kept::default();
        assert!(kept.take("a", Duration::ZERO).await.is_none());
        assert!(!kept.order("a", Order::Park));
        kept.begin("a");
        kept.set("a", [("AMDSTATUS", "HUMAN")]);
        assert!(!kept.take("a", Duration::ZERO).await.unwrap().done);
        kept.begin("a");
        kept.set("a", [("AMDSTATUS", "MACHINE")]);
        kept.done("a");
        let results = kept.take("a", Duration::from_secs(60)).await.unwrap();
        assert_eq!((results.variables["AMDSTATUS"].as_str(), results.done), ("MACHINE", true));
        assert!(kept.take("a", Duration::ZERO).await.is_none(), "once");
    }
}
