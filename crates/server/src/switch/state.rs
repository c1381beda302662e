//! How the connections to switches are.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::rule::Platform;

/// How the connection to one switch is.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SwitchState {
    /// Its name in the configuration.
    pub name: String,
    /// `freeswitch` or `asterisk`.
    pub platform: String,
    /// Where it is reached.
    pub address: String,
    /// Since when it is connected; nothing while it is not.
    pub connected_since: Option<Timestamp>,
    /// Why the last connection ended, or could not be made.
    pub last_error: Option<String>,
    /// How often it was connected again.
    pub reconnects: u64,
    /// How many calls were seen on it.
    pub calls_seen: u64,
    /// How many of them were watched.
    pub calls_watched: u64,
}

/// How the connections to all switches are, by name.
#[derive(Debug, Default)]
pub struct States(Mutex<BTreeMap<String, SwitchState>>);

impl States {
    fn change(&self, name: &str, change: impl FnOnce(&mut SwitchState)) {
        if let Some(state) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get_mut(name) {
            change(state);
        }
    }

    /// A switch that is to be connected. It counts as not connected until [`Self::connected`].
    pub fn add(&self, name: &str, platform: Platform, address: &str) {
        let state = SwitchState {
            name: name.to_owned(),
            platform: platform.word().to_owned(),
            address: address.to_owned(),
            connected_since: None,
            last_error: None,
            reconnects: 0,
            calls_seen: 0,
            calls_watched: 0,
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), state);
    }

    /// It is connected; `again`: not for the first time.
    pub fn connected(&self, name: &str, again: bool) {
        self.change(name, |state| {
            state.connected_since = Some(Timestamp::now());
            state.reconnects += u64::from(again);
        });
    }

    /// It is not connected, for this reason.
    pub fn lost(&self, name: &str, why: &str) {
        self.change(name, |state| {
            state.connected_since = None;
            state.last_error = Some(why.to_owned());
        });
    }

    /// A call was seen on it.
    pub fn seen(&self, name: &str, watched: bool) {
        self.change(name, |state| {
            state.calls_seen += 1;
            state.calls_watched += u64::from(watched);
        });
    }

    /// All of them.
    pub fn all(&self) -> Vec<SwitchState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_follows_its_connection() {
        let states = States::default();
        states.add("fs1", Platform::FreeSwitch, "127.0.0.1:8021");
        states.lost("fs1", "refused");
        states.connected("fs1", false);
        states.seen("fs1", true);
        states.seen("fs1", false);
        states.lost("fs1", "closed");
        states.connected("fs1", true);
        states.connected("fs2", true);
        let all = states.all();
        assert_eq!(all.len(), 1, "what was not added is not there");
        assert!(all[0].connected_since.is_some());
        assert_eq!((all[0].reconnects, all[0].calls_seen, all[0].calls_watched), (1, 2, 1));
        assert_eq!(all[0].last_error.as_deref(), Some("closed"));
    }
}
