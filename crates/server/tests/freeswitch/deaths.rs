//! Nodes that are killed in the middle of calls, with no chance to say a word.

#![allow(clippy::print_stdout, reason = "it prints figures")]

use std::collections::{BTreeMap, HashSet};
use std::time::Instant;

use super::many::EACH;
use super::node::Node;
use super::support::samples;
use super::*;

const CALLS: usize = 40;
/// Two nodes of these names. The longer `within` leaves time for a verdict after one took over.
const TERMS: &str = "within = '20s'";

/// Nothing that is done ends a call, so that an order that does is seen to be wrong.
fn kind() -> String {
    EACH.replace("drop = \"/srv/message.wav\"", "transfer = \"voicemail XML default\"")
}

fn node_file(name: &str, switch: &Switch, nodes: &[SocketAddr], terms: &str) -> String {
    format!("node = '{name}'\n{}", file(switch.address, nodes, &rule(terms, &kind())))
}

fn speech() -> Manner {
    Manner { hurry: 1, every: Duration::from_millis(20), ..Manner::default() }
}

async fn both_watch(switch: &Switch) {
    until(|| switch.commands().iter().filter(|command| command.contains("show channels")).count() == 2).await;
}

/// Calls that are answered at once. Nobody says a word for the first four seconds; half are voicemails.
fn answer(switch: &Switch, name: &str, count: usize) -> Vec<String> {
    let heard = ["human-short.wav", VOICEMAIL].map(|name| [vec![0; 32_000], samples(name)].concat());
    let answer = |n: usize| {
        let leg = format!("{name}-{n:02}");
        switch.answer(&leg, heard[n % 2].clone());
        leg
    };
    (0..count).map(answer).collect()
}

/// The node that watches a call. To the name of the configuration it adds what tells it from others of that name.
fn node_of(switch: &Switch, leg: &str) -> Option<String> {
    Some(switch.variable(leg, "offhook_node")?.split('-').next().unwrap().to_owned())
}

/// The calls that this node watches.
fn of<'a>(switch: &Switch, legs: &'a [String], node: &str) -> HashSet<&'a str> {
    let named = |leg: &&String| node_of(switch, leg).as_deref() == Some(node);
    legs.iter().filter(named).map(String::as_str).collect()
}

/// Where the calls were transferred to, when, and how often. Nothing may end a call.
fn ends<'a>(switch: &Switch, legs: &'a [String]) -> BTreeMap<&'a str, (Instant, String)> {
    let mut ends = BTreeMap::new();
    for (came, command) in switch.since(0) {
        assert!(!command.contains("uuid_kill") && !command.contains("hangup"), "{command}");
        let Some((_, order)) = command.split_once("uuid_transfer ") else { continue };
        let (leg, to) = order.split_once(' ').unwrap();
        if let Some(leg) = legs.iter().find(|known| *known == leg) {
            let before = ends.insert(leg.as_str(), (came, to.to_owned()));
            assert!(before.is_none(), "{leg} was given away twice");
        }
    }
    ends
}

fn times(what: &str, mut all: Vec<Duration>) {
    all.sort_unstable();
    let at = |percent: usize| all[(all.len() - 1) * percent / 100].as_secs_f64();
    println!("  to {what}: first {:.2} s, median {:.2} s, last {:.2} s", at(0), at(50), at(100));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_node_takes_the_calls_over_and_without_any_node_they_go_on_untouched() {
    let switch = Switch::start(speech()).await;
    let (first, second) = (free(), free());
    let mut killed = Node::start(first, &node_file("a", &switch, &[first, second], TERMS));
    let mut other = Node::start(second, &node_file("b", &switch, &[second, first], TERMS));
    both_watch(&switch).await;
    let legs = answer(&switch, "death", CALLS);
    until(|| legs.iter().all(|leg| switch.sent(leg) > 8_000)).await;
    let orphans = of(&switch, &legs, "a");
    assert!(orphans.len() > 5 && orphans.len() < CALLS - 5, "{} of {CALLS}", orphans.len());
    assert_eq!(ends(&switch, &legs).len(), 0, "all go on");

    let at = Instant::now();
    killed.kill();
    until(|| ends(&switch, &legs).len() == CALLS).await;
    let commands = switch.since(0);
    let when = |leg: &str, text: &str| {
        let found =
            commands.iter().find(|(came, command)| *came > at && command.contains(leg) && command.contains(text));
        found.map(|(came, _)| came.duration_since(at))
    };
    let ends_now = ends(&switch, &legs);
    let mut whereto: BTreeMap<&str, usize> = BTreeMap::new();
    for leg in &orphans {
        let to = ends_now[leg].1.as_str();
        *whereto.entry(to).or_default() += 1;
        assert!(to.starts_with("late") || when(leg, "offhook_answered_by=").is_some(), "{leg} went to {to} unjudged");
        assert_eq!(node_of(&switch, leg).as_deref(), Some("b"), "{leg}");
        assert!(switch.streams(leg)[1].starts_with(&format!("ws://{second}")), "{:?}", switch.streams(leg));
    }
    for leg in legs.iter().filter(|leg| !orphans.contains(leg.as_str())) {
        assert_eq!(switch.streams(leg).len(), 1, "{leg} stays where it was");
        let right = if leg[6..].parse::<usize>().unwrap() % 2 == 0 { "human" } else { "voicemail" };
        assert!(ends_now[leg.as_str()].1.starts_with(right), "{leg}: {}", ends_now[leg.as_str()].1);
    }
    println!("a node was killed with {} of {CALLS} calls; what became of them: {whereto:?}", orphans.len());
    times("audio at the other node", orphans.iter().map(|leg| when(leg, "uuid_audio_fork").unwrap()).collect());
    times("what is done", orphans.iter().map(|leg| ends_now[leg].0.duration_since(at)).collect());

    // The last node dies.
    let last = answer(&switch, "last", 10);
    until(|| last.iter().all(|leg| switch.sent(leg) > 8_000)).await;
    other.kill();
    // What it said before is read.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let said = switch.commands().len();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(switch.commands().len(), said, "nobody is left who could say something");
    assert!(ends(&switch, &last).is_empty() && last.iter().all(|leg| switch.has(leg)), "the calls go on");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_node_is_left_that_hears_the_switch_s_own_detector_or_the_default_ends_them() {
    let switch = Switch::start(speech()).await;
    let (first, second) = (free(), free());
    let mut killed = Node::start(first, &node_file("a", &switch, &[first], TERMS));
    // The audio of this one's calls goes to the other, which dies.
    let _other = Node::start(second, &node_file("b", &switch, &[first], "within = '4s'"));
    both_watch(&switch).await;
    let legs = answer(&switch, "death", CALLS);
    until(|| legs.iter().all(|leg| node_of(&switch, leg).is_some())).await;
    let orphans = of(&switch, &legs, "a");
    assert!(!orphans.is_empty());
    until(|| orphans.iter().all(|leg| switch.sent(leg) > 8_000)).await;
    let beeps = |leg: &str| leg.ends_with(['1', '3', '5', '7', '9']);
    let at = Instant::now();
    killed.kill();
    let mut seen = 0;
    let give_up = at + Duration::from_secs(60);
    while ends(&switch, &legs).len() < CALLS {
        assert!(Instant::now() < give_up, "only {:?} ended", ends(&switch, &legs));
        for (_, command) in switch.since(seen) {
            seen += 1;
            let listens =
                command.contains("avmd_start").then(|| legs.iter().find(|leg| command.contains(*leg))).flatten();
            if let Some(leg) = listens.filter(|leg| beeps(leg)) {
                switch.raise(wire::beep(leg));
            }
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let ends = ends(&switch, &legs);
    for leg in &orphans {
        assert!(!switch.about(leg, "avmd_start").is_empty(), "{leg}");
        let right = if beeps(leg) { "voicemail" } else { "late" };
        assert!(ends[leg].1.starts_with(right), "{leg} went to {}", ends[leg].1);
    }
    println!("a node was killed with {} of {CALLS} calls, and none is left that hears", orphans.len());
    let done = |beep: bool| orphans.iter().filter(move |leg| beeps(leg) == beep);
    times("the switch's own beep", done(true).map(|leg| ends[leg].0.duration_since(at)).collect());
    times("the default", done(false).map(|leg| ends[leg].0.duration_since(at)).collect());
}
