//! Two hundred calls at once: none lost, none mistaken for another.
//!
//! Every call begins with silence of a length of its own, so that no two calls are decided at the same moment. What is told
//! of a call is compared with what a detector says that hears this call and no other.

#![allow(clippy::print_stdout, reason = "it prints figures")]

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use offhook_detect::{DetectConfig, Detector, EventKind, Params, Stage};

use super::node::Node;
use super::support::samples;
use super::*;

const CALLS: usize = 200;
/// Who or what picks up, in turn.
const HEARD: [&str; 8] = [
    "human-short.wav",
    "voicemail-personal-beep.wav",
    "ivr-menu.wav",
    "human-business.wav",
    "voicemail-prompt-beep.wav",
    "sit-announcement.wav",
    "human-short-noisy.wav",
    "fax-ced.wav",
];
/// What is done tells what was thought to have picked up.
pub(crate) const EACH: &str = r#"
human = [{ transfer = "human XML default" }]
voicemail = [{ drop = "/srv/message.wav" }]
mailbox_unavailable = [{ transfer = "mailbox_unavailable XML default" }]
announcement = [{ transfer = "announcement XML default" }]
ivr = [{ transfer = "ivr XML default" }]
call_screener = [{ transfer = "call_screener XML default" }]
fax = [{ transfer = "fax XML default" }]
sit = [{ transfer = "sit XML default" }]
silence = [{ transfer = "silence XML default" }]
unknown = [{ transfer = "unknown XML default" }]
late = [{ transfer = "late XML default" }]
"#;

/// What a detector says that hears one call alone.
#[derive(Debug, PartialEq)]
struct Alone {
    answered_by: &'static str,
    decided_ms: u64,
    /// When a message may start.
    ready_ms: Option<u64>,
}

fn alone(params: &Arc<Params>, heard: &[i16]) -> Alone {
    let mut detector = Detector::new(params);
    let (mut verdict, mut ready_ms) = (None, None);
    for packet in heard.chunks(160) {
        for event in detector.push(packet) {
            match event.kind {
                EventKind::Verdict(said) if said.stage != Stage::Provisional => {
                    verdict.get_or_insert((said.answered_by.word(), event.at.as_millis()));
                }
                EventKind::ReadyToRecord(_) => {
                    ready_ms.get_or_insert(event.at.as_millis());
                }
                _ => {}
            }
        }
    }
    let (answered_by, decided_ms) = verdict.expect("decided");
    Alone { answered_by, decided_ms, ready_ms: ready_ms.filter(|_| answered_by == "voicemail") }
}

struct Call {
    leg: String,
    heard: Vec<i16>,
    alone: Alone,
}

/// The calls, each with audio of its own.
fn calls() -> Vec<Call> {
    let params = Arc::new(Params::new(DetectConfig::default()).unwrap());
    let heard = HEARD.map(samples);
    let call = |n: usize| {
        let mut own = vec![0; n * 80];
        own.extend_from_slice(&heard[n % HEARD.len()]);
        own.resize(own.len() + 24_000, 0);
        Call { leg: format!("many-{n:03}"), alone: alone(&params, &own), heard: own }
    };
    (0..CALLS).map(call).collect()
}

/// What the switch was told of each call, and when; fails where one was lost, or something was told of two calls at once.
async fn through(switch: &Switch, calls: &[Call]) -> HashMap<String, Vec<(Instant, String)>> {
    for call in calls {
        switch.answer(&call.leg, call.heard.clone());
    }
    let mut told: HashMap<String, Vec<(Instant, String)>> = HashMap::new();
    let (mut seen, mut over) = (0, 0);
    let began = Instant::now();
    while over < calls.len() {
        tokio::time::sleep(Duration::from_millis(20)).await;
        for (came, command) in switch.since(seen) {
            seen += 1;
            let mut legs: Vec<&str> = command.match_indices("many-").map(|(at, _)| &command[at..at + 8]).collect();
            legs.sort_unstable();
            legs.dedup();
            assert!(legs.len() <= 1, "told of several calls at once: {command}");
            let Some(leg) = legs.pop().map(str::to_owned) else { continue };
            if command.contains("uuid_transfer") {
                over += 1;
                switch.hang_up(&leg);
            } else if command.contains("uuid_kill") {
                over += 1;
            }
            told.entry(leg).or_default().push((came, command));
        }
        if began.elapsed() > Duration::from_secs(150) {
            let left = calls.iter().find(|call| switch.has(&call.leg)).unwrap();
            let about: Vec<_> =
                told.get(&left.leg).into_iter().flatten().map(|(came, command)| (*came - began, command)).collect();
            panic!(
                "{} of {CALLS} are over; {} samples were sent of {}: {about:#?}",
                over,
                switch.sent(&left.leg),
                left.leg
            );
        }
    }
    told
}

/// The place of the first command with this text.
fn place(told: &[(Instant, String)], text: &str) -> Option<usize> {
    told.iter().position(|(_, command)| command.contains(text))
}

/// Each call was told and given what it is to be, and the delay from the audio that decided to the telling.
fn judge(switch: &Switch, calls: &[Call], told: &HashMap<String, Vec<(Instant, String)>>) -> Vec<Duration> {
    let judged = calls.iter().map(|Call { leg, alone, .. }| {
        let told = &told[leg];
        let count = |text: &str| told.iter().filter(|(_, command)| command.contains(text)).count();
        let short = || told.iter().map(|(_, command)| command.chars().take(160).collect()).collect::<Vec<String>>();
        assert_eq!(count(&format!("uuid_audio_fork {leg} start")), 1, "{leg}: {:#?}", short());
        let word = alone.answered_by;
        let set = place(told, &format!("offhook_answered_by={word}"));
        let set = set.unwrap_or_else(|| panic!("{leg} is {alone:?}: {:#?}", short()));
        let own = count(&format!("offhook_answered_by={word};"));
        assert_eq!(count("offhook_answered_by="), own, "{leg} is {alone:?}: {:#?}", short());
        let action =
            if alone.ready_ms.is_some() { "playback".into() } else { format!("uuid_transfer {leg} {word} XML") };
        let action = place(told, &action).unwrap_or_else(|| panic!("{leg} is {alone:?}: {:#?}", short()));
        assert!(set < action, "{leg}: variables are set before anything is done");
        assert_eq!(count("playback") + count("uuid_transfer"), 1, "{leg} is {alone:?}: {:#?}", short());
        let sent =
            |ms: u64| switch.sent_at(leg, usize::try_from(ms).unwrap() * 8).unwrap_or_else(|| panic!("{leg}: {ms} ms"));
        if let Some(ready) = alone.ready_ms {
            assert!(told[action].0 >= sent(ready), "{leg}: the message started before the beep ended");
        }
        told[set].0.saturating_duration_since(sent(alone.decided_ms))
    });
    judged.collect()
}

fn print(what: &str, wall: Duration, orders: usize, mut delays: Vec<Duration>, processor: Option<Duration>) {
    delays.sort_unstable();
    let at = |percent: usize| delays[(delays.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    println!("{what}: {} calls at once, none lost, none mistaken for another", delays.len());
    println!(
        "  wall time {:.1} s, {orders} orders, {:.0} a second",
        wall.as_secs_f64(),
        orders as f64 / wall.as_secs_f64()
    );
    println!(
        "  from the sending of the audio that decided to the telling: median {:.1} ms, p95 {:.1} ms, largest {:.1} ms",
        at(50),
        at(95),
        at(100)
    );
    if let Some(used) = processor {
        let each = used.as_secs_f64() * 1e3 / delays.len() as f64;
        println!("  processor time of the node {:.1} s, {each:.1} ms a call", used.as_secs_f64());
    }
}

/// Time for every call however busy the machine is.
const PATIENT: &str = "within = '2m'\naudio_within = '1m'\nlisten = '5m'";

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_calls_at_once_are_each_told_and_given_their_own() {
    let calls = calls();
    let manner = Manner { hurry: 2, every: Duration::from_millis(20), ..Manner::default() };
    let lab = Lab::open(manner, PATIENT, EACH).await;
    let began = Instant::now();
    let told = through(&lab.switch, &calls).await;
    let wall = began.elapsed();
    let delays = judge(&lab.switch, &calls, &told);
    print("faster than real time", wall, told.values().map(Vec::len).sum(), delays, None);

    lab.quiet().await;
    assert!(lab.service.app.store.settle(Duration::from_secs(20)).await);
    for Call { leg, alone, .. } in &calls {
        let record =
            lab.service.app.store.call(leg, None).await.unwrap().unwrap_or_else(|| panic!("no record of {leg}"));
        let record = serde_json::to_value(record).unwrap();
        let said = (record["answered_by"].as_str().unwrap(), record["decided_ms"].as_u64().unwrap());
        assert_eq!(said, (alone.answered_by, alone.decided_ms), "{leg}");
        assert_eq!(record["lost_ms"], 0, "{leg}");
    }
    assert_eq!(lab.state().calls_watched, 200);
    assert_eq!(lab.state().reconnects, 0);
    lab.service.stop().await;
}

/// The figures of `docs/benchmarks.md`: a node that is a process of its own, and audio at the pace of speech.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "for its figures, on a machine that does nothing else"]
async fn figures_of_two_hundred_calls_at_once() {
    let calls = calls();
    let switch = Switch::start(Manner { hurry: 1, every: Duration::from_millis(20), ..Manner::default() }).await;
    let address = free();
    let node = Node::start(address, &file(switch.address, &[address], &rule(PATIENT, EACH)));
    switch.told("", "show channels").await;
    let (began, before) = (Instant::now(), node.processor_time());
    let told = through(&switch, &calls).await;
    let wall = began.elapsed();
    let used = node.processor_time().zip(before).map(|(after, before)| after - before);
    let delays = judge(&switch, &calls, &told);
    print("at the pace of speech", wall, told.values().map(Vec::len).sum(), delays, used);
}
