//! Several Offhook nodes that watch the same switch: which of them watches a call.
//!
//! Every node tells through the switch, each second, that it lives. A call belongs to the living node whose name and the
//! call's name make the largest number (rendezvous hashing), so that all nodes agree without asking one another, and
//! only the calls of a node that died change hands.

use std::collections::HashMap;
use std::time::Duration;

use super::rule::place;

/// The event by which a node tells that it lives.
pub(crate) const ALIVE: &str = "offhook::alive";
/// How often it does.
pub(crate) const EVERY: Duration = Duration::from_secs(1);
/// A node that said nothing for so long is dead.
pub(crate) const DEAD: Duration = Duration::from_secs(3);
/// How long a node that has just connected waits for the others to answer before it takes calls.
pub(crate) const JOINING: Duration = Duration::from_millis(250);
/// The most nodes that are known at once.
const MOST: usize = 256;

/// The nodes that watch one switch, as one of them sees it. Times are counted from any one moment.
#[derive(Debug)]
pub(crate) struct Nodes {
    me: String,
    others: HashMap<String, Duration>,
}

impl Nodes {
    /// Alone, by this name.
    pub(crate) fn new(me: &str) -> Self {
        Self { me: me.to_owned(), others: HashMap::new() }
    }

    /// The name of this node.
    pub(crate) fn me(&self) -> &str {
        &self.me
    }

    /// A node told that it lives. Whether it is another that was not known.
    pub(crate) fn alive(&mut self, name: &str, now: Duration) -> bool {
        if name == self.me || name.is_empty() || (self.others.len() >= MOST && !self.others.contains_key(name)) {
            return false;
        }
        self.others.insert(name.to_owned(), now).is_none()
    }

    /// Forgets nodes that said nothing for too long. Whether there were any.
    pub(crate) fn bury(&mut self, now: Duration) -> bool {
        let before = self.others.len();
        self.others.retain(|_, seen| now.saturating_sub(*seen) < DEAD);
        self.others.len() < before
    }

    /// The connection was down: what was not heard says nothing of the others.
    pub(crate) fn forgive(&mut self, now: Duration) {
        self.others.values_mut().for_each(|seen| *seen = now);
    }

    /// Whether a call of this name is for this node.
    pub(crate) fn mine(&self, call: &str) -> bool {
        let mine = weight(&self.me, call);
        self.others.keys().all(|other| (weight(other, call), other) < (mine, &self.me))
    }

    /// Whether a node of this name lives, this one included.
    pub(crate) fn lives(&self, name: &str) -> bool {
        name == self.me || self.others.contains_key(name)
    }
}

fn weight(node: &str, call: &str) -> u64 {
    place(&format!("{node}\n{call}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn calls() -> impl Iterator<Item = String> {
        (0..3_000).map(|n| format!("call-{n}"))
    }

    #[test]
    fn one_node_has_every_call() {
        let nodes = Nodes::new("a");
        assert!(calls().all(|call| nodes.mine(&call)));
    }

    #[test]
    fn every_call_is_one_node_s_and_only_those_of_a_dead_node_move() {
        let names = ["a", "b", "c"];
        let mut all: Vec<Nodes> = names.iter().map(|name| Nodes::new(name)).collect();
        for nodes in &mut all {
            for name in names {
                let other = name != nodes.me;
                assert_eq!(nodes.alive(name, Duration::ZERO), other);
                assert!(!nodes.alive(name, S), "known, or itself");
            }
        }
        let owner = |all: &[Nodes], call: &str| {
            let owners: Vec<String> = all.iter().filter(|n| n.mine(call)).map(|n| n.me.clone()).collect();
            assert_eq!(owners.len(), 1, "{call}");
            owners[0].clone()
        };
        let before: Vec<String> = calls().map(|call| owner(&all, &call)).collect();
        for name in names {
            let share = before.iter().filter(|owner| *owner == name).count();
            assert!((850..1_150).contains(&share), "{name} has {share} of 3000");
        }
        all.pop();
        for nodes in &mut all {
            nodes.alive("a", 3 * S);
            nodes.alive("b", 3 * S);
            assert!(nodes.lives("c") && !nodes.bury(3 * S + S / 2), "silent for less than three seconds");
            assert!(nodes.bury(4 * S) && !nodes.lives("c") && nodes.lives("a") && nodes.lives("b"));
        }
        for (call, before) in calls().zip(before) {
            let after = owner(&all, &call);
            assert!(after == before || before == "c", "{call} moved from {before} to {after}");
        }
    }

    #[test]
    fn a_connection_that_was_down_kills_nobody() {
        let mut nodes = Nodes::new("a");
        nodes.alive("b", Duration::ZERO);
        nodes.forgive(10 * S);
        assert!(!nodes.bury(11 * S) && nodes.lives("b"));
    }

    #[test]
    fn names_from_outside_do_not_pile_up() {
        let mut nodes = Nodes::new("a");
        (0..1_000).for_each(|n| {
            nodes.alive(&format!("n{n}"), Duration::ZERO);
        });
        assert_eq!(nodes.others.len(), MOST);
        assert!(!nodes.alive("", Duration::ZERO));
    }
}
