//! One FreeSWITCH of the configuration, as its connections and the lines of its calls share it.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::connection::Connection;
use super::line::FreeSwitchLine;
use crate::switch::breaker::Breaker;
use crate::switch::config::{FreeSwitch, Tap};
use crate::switch::nodes::Nodes;

/// How many legs that are over are remembered, so that news of them that come late begin nothing.
const REMEMBERED: usize = 2_048;

/// One FreeSWITCH.
#[derive(Debug)]
pub(super) struct Site {
    /// What the configuration says of it.
    pub(super) config: FreeSwitch,
    began: Instant,
    now: Mutex<Now>,
}

/// What changes.
#[derive(Debug)]
pub(super) struct Now {
    /// The connection to it, while there is one.
    pub(super) connection: Option<Connection>,
    /// The legs that are watched over that connection.
    pub(super) lines: HashMap<String, Arc<FreeSwitchLine>>,
    /// The nodes that watch it.
    pub(super) nodes: Nodes,
    /// How the nodes do that can be sent audio, in the order of the configuration.
    breakers: Vec<Breaker>,
    over: HashSet<String>,
    order: VecDeque<String>,
}

impl Now {
    /// A leg is over.
    pub(super) fn end(&mut self, leg: &str) -> Option<Arc<FreeSwitchLine>> {
        if self.over.insert(leg.to_owned()) {
            self.order.push_back(leg.to_owned());
        }
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.over.remove(&oldest);
        }
        self.lines.remove(leg)
    }

    /// Whether a leg is known to be over.
    pub(super) fn is_over(&self, leg: &str) -> bool {
        self.over.contains(leg)
    }
}

impl Site {
    pub(super) fn new(config: FreeSwitch, node: &str) -> Self {
        let now = Now {
            connection: None,
            lines: HashMap::new(),
            nodes: Nodes::new(node),
            breakers: vec![Breaker::default(); config.nodes.len()],
            over: HashSet::new(),
            order: VecDeque::new(),
        };
        Self { config, began: Instant::now(), now: Mutex::new(now) }
    }

    /// A FreeSWITCH that connected to us and is none of the configuration: its dialplan sends the audio.
    pub(super) fn unknown() -> Self {
        Self::new(FreeSwitch::unknown("event_socket"), "")
    }

    /// What changes.
    pub(super) fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long it is known.
    pub(super) fn age(&self) -> Duration {
        self.began.elapsed()
    }

    /// To how many nodes it can send audio.
    pub(super) fn audio_nodes(&self) -> usize {
        match self.config.audio {
            Tap::AudioFork | Tap::AudioStream | Tap::VgTapWs => self.config.nodes.len(),
            Tap::Record => 1,
            Tap::Dialplan => 0,
        }
    }

    /// The breaker of a node of the chain, to look at or to tell.
    pub(super) fn breaker<T>(&self, node: usize, look: impl FnOnce(&mut Breaker, Duration) -> T) -> Option<T> {
        let age = self.age();
        self.now().breakers.get_mut(node).map(|breaker| look(breaker, age))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_is_remembered_but_not_for_ever() {
        let site = Site::unknown();
        let mut now = site.now();
        for n in 0..REMEMBERED + 10 {
            now.end(&n.to_string());
            now.end(&n.to_string());
        }
        assert!(!now.is_over("9") && now.is_over("10") && now.is_over(&(REMEMBERED + 9).to_string()));
        assert_eq!((now.over.len(), now.order.len()), (REMEMBERED, REMEMBERED));
    }
}
