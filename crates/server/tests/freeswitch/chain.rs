//! Nodes that fail, and nodes that share a switch.

use super::support::samples;
use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_cannot_be_reached_is_followed_by_the_next_and_passed_over_in_the_end() {
    let switch = Switch::start(Manner::default()).await;
    let (dead, address) = (free(), free());
    let service = service(address, &file(switch.address, &[dead, address], &rule("", ON))).await;
    let lab = Lab { switch, service };
    lab.ready().await;
    for n in 0..5 {
        let leg = format!("chain-{n}");
        lab.switch.answer(&leg, samples("human-short.wav"));
        lab.switch.told(&leg, "uuid_transfer").await;
        let tried = lab.switch.streams(&leg);
        let dead = tried.iter().filter(|url| url.contains(&dead.to_string())).count();
        assert_eq!(dead, usize::from(n < 3), "call {n} was sent to {tried:?}");
        lab.switch.hang_up(&leg);
    }
    lab.quiet().await;
    lab.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_node_hears_the_switch_s_own_detector_does() {
    let switch = Switch::start(Manner::default()).await;
    let (dead, address) = (free(), free());
    let service = service(address, &file(switch.address, &[dead], &rule("", ON))).await;
    let lab = Lab { switch, service };
    lab.ready().await;
    let switch = &lab.switch;
    switch.answer("avmd-1", Vec::new());
    let told = switch.told("avmd-1", "avmd_start").await;
    assert!(told.starts_with("sendmsg avmd-1") && told.contains("execute-app-name: avmd_start"), "{told}");
    switch.raise(wire::beep("avmd-1"));
    switch.told("avmd-1", "playback").await;
    assert_eq!(switch.variable("avmd-1", "AMDSTATUS").as_deref(), Some("MACHINE"));
    assert_eq!(switch.variable("avmd-1", "offhook_cause").as_deref(), Some("switch_beep"));
    switch.told("avmd-1", "uuid_kill").await;
    lab.quiet().await;
    assert_eq!(switch.about("avmd-1", "playback").len(), 1, "the beep came twice");
    lab.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_share_calls_and_one_takes_over_what_the_other_leaves() {
    let switch = Switch::start(Manner { hurry: 1, ..Manner::default() }).await;
    let addresses = [free(), free()];
    let mut services = Vec::new();
    for (name, address) in [("a", addresses[0]), ("b", addresses[1])] {
        let rule = rule("within = '60s'\naudio_within = '20s'", ON);
        let more = format!("node = '{name}'\n{}", file(switch.address, &[address], &rule));
        services.push(service(address, &more).await);
    }
    until(|| switch.commands().iter().filter(|command| command.contains("show channels")).count() == 2).await;
    let legs: Vec<String> = (10..22).map(|n| format!("shared-{n}")).collect();
    // It says everything twice: the first beep may come while nobody listens.
    let twice = [samples(VOICEMAIL), samples(VOICEMAIL)].concat();
    for leg in &legs {
        switch.answer(leg, twice.clone());
    }
    for leg in &legs {
        switch.told(leg, "uuid_audio_fork").await;
    }
    let counts = |services: &[Service]| services.iter().map(|s| s.app.switches.watches.count()).collect::<Vec<_>>();
    until(|| counts(&services).iter().sum::<usize>() == legs.len()).await;
    let before = counts(&services);
    assert!(before.iter().all(|count| *count > 0), "both have some: {before:?}");
    for leg in &legs {
        assert_eq!(switch.about(leg, &format!("uuid_audio_fork {leg} start")).len(), 1, "{leg} has one node");
    }
    // One goes; something is done with its calls all the same, by the other. What that hears of a greeting that it joins in
    // the middle may sound like a person.
    let gone = services.remove(0);
    gone.stop().await;
    let done = |leg: &String| switch.about(leg, "playback").len() + switch.about(leg, "uuid_transfer").len();
    until(|| legs.iter().all(|leg| done(leg) > 0)).await;
    for leg in &legs {
        assert_eq!(done(leg), 1, "{leg}");
    }
    until(|| counts(&services) == [0]).await;
    services.remove(0).stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_a_dead_node_could_not_leave_is_left() {
    let switch = Switch::start(Manner::default()).await;
    for leg in ["waits-1", "done-1"] {
        switch.answer(leg, samples(VOICEMAIL));
        switch.set(leg, "offhook_node", "dead-1");
        switch.set(leg, "offhook_answered_by", "voicemail");
    }
    switch.set("done-1", "offhook_ready", "beep");
    let address = free();
    let service = service(address, &file(switch.address, &[address], &rule("", ON))).await;
    let lab = Lab { switch, service };
    lab.ready().await;
    lab.switch.told("waits-1", "playback").await;
    assert!(lab.switch.sent("waits-1") >= BEEP_END, "not before the beep ended");
    assert!(lab.switch.about("done-1", "uuid_audio_fork").is_empty(), "its message was begun");
    for leg in ["waits-1", "done-1"] {
        lab.switch.hang_up(leg);
    }
    lab.quiet().await;
    lab.service.stop().await;
}
