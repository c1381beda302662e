//! A switch that is slow, cut off, or wrong.

use super::support::samples;
use super::*;

/// A person is connected and a message is left, whatever the switch does.
async fn works(lab: &Lab) {
    let switch = &lab.switch;
    switch.answer("works-person", samples("human-short.wav"));
    switch.answer("works-vm", samples(VOICEMAIL));
    switch.told("works-person", "uuid_transfer works-person 1000").await;
    switch.hang_up("works-person");
    switch.told("works-vm", "playback").await;
    switch.told("works-vm", "uuid_kill").await;
    lab.quiet().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_frames() {
    let lab = Lab::open(Manner { piece: 11, ..Manner::default() }, "", ON).await;
    works(&lab).await;
    lab.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switch_that_stalls_for_two_seconds() {
    let lab = Lab::open(Manner::default(), "audio_within = '10s'\nwithin = '20s'", ON).await;
    lab.switch.answer("stall-1", samples("human-short.wav"));
    lab.switch.told("stall-1", "uuid_audio_fork").await;
    lab.switch.manner(|manner| manner.stall = Duration::from_secs(2));
    lab.switch.told("stall-1", "uuid_transfer stall-1 1000").await;
    lab.switch.manner(|manner| manner.stall = Duration::ZERO);
    lab.switch.hang_up("stall-1");
    lab.quiet().await;
    assert!(lab.state().connected_since.is_some() && lab.state().reconnects == 0, "{:?}", lab.state());
    works(&lab).await;
    lab.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn doubled_events_and_those_of_nobody() {
    let lab = Lab::open(Manner::default(), "", ON).await;
    let switch = &lab.switch;
    switch.add("double-1", samples("human-short.wav"));
    let answer = wire::answer("double-1", &[]);
    switch.raise(answer.clone() + &answer + &wire::answer("double-1", &[]));
    switch.raise(wire::event("CUSTOM", "nobody", &[("Event-Subclass", "mod_audio_fork%3A%3Adisconnect")], None));
    switch.raise(wire::frame("no colon\n\n") + &wire::frame("Event-Name: CHANNEL_ANSWER\nContent-Length: 99\n\nshort"));
    switch.raise("Content-Type: text/what\nContent-Length: 3\n\nabc".into());
    switch.told("double-1", "uuid_transfer").await;
    switch.hang_up("double-1");
    lab.quiet().await;
    assert_eq!(switch.about("double-1", "uuid_audio_fork double-1 start").len(), 1);
    assert_eq!(switch.about("double-1", "uuid_transfer").len(), 1);
    assert_eq!(lab.state().reconnects, 0, "none of this ends the connection");
    lab.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_events() {
    let lab = Lab::open(Manner::default(), "", ON).await;
    for at in 0..3_000 {
        lab.switch.raise(wire::event("DTMF", &format!("other-{at}"), &[("DTMF-Digit", "1")], None));
    }
    works(&lab).await;
    assert_eq!(lab.state().reconnects, 0);
    lab.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_cannot_be_read_end_the_connection_and_no_more() {
    let lab = Lab::open(Manner::default(), "", ON).await;
    lab.switch.raise("Content-Length: many\n\n".into());
    until(|| lab.state().reconnects == 1).await;
    let why = lab.state().last_error.unwrap();
    assert!(why.contains("what came cannot be read"), "{why}");
    works(&lab).await;
    lab.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_in_progress_are_picked_up_after_the_connection_was_lost() {
    let lab = Lab::open(Manner { hurry: 1, ..Manner::default() }, "within = '60s'\naudio_within = '30s'", ON).await;
    let switch = &lab.switch;
    switch.answer("stays", samples(VOICEMAIL));
    switch.answer("goes", samples(VOICEMAIL));
    switch.told("stays", "uuid_audio_fork").await;
    switch.told("goes", "uuid_audio_fork").await;
    until(|| switch.sent("goes") > 0 && switch.sent("stays") > 0).await;
    // Nobody can connect while this is so.
    switch.manner(|manner| manner.password = "other");
    switch.hang_up_on_all();
    until(|| lab.state().connected_since.is_none()).await;
    let health = reqwest::get(lab.service.url("/health")).await.unwrap().text().await.unwrap();
    assert!(health.contains("degraded") && health.contains("the switch fs1 is not connected"), "{health}");
    switch.hang_up("goes");
    switch.answer("new", samples("human-short.wav"));
    switch.add("told-before", samples("human-short.wav"));
    switch.manner(|manner| manner.password = "ClueCon");
    until(|| lab.state().reconnects == 1).await;
    // The one that is new is watched, the one that is over is known to be, the one that stays gets its message.
    switch.told("new", "uuid_transfer new 1000").await;
    until(|| !lab.service.app.switches.watches.has("goes")).await;
    switch.told("stays", "playback").await;
    assert_eq!(switch.about("stays", "uuid_audio_fork stays start").len(), 1, "it was heard all the time");
    let metrics = lab.service.app.metrics.text();
    assert!(metrics.contains("offhook_switch_reconnects_total{switch=\"fs1\"} 1"), "{metrics}");
    assert!(metrics.contains("offhook_switch_connected{switch=\"fs1\"} 1"));
    for leg in ["stays", "new", "told-before"] {
        switch.hang_up(leg);
    }
    lab.quiet().await;
    lab.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_said_and_tried_again() {
    let switch = Switch::start(Manner { password: "other", ..Manner::default() }).await;
    let address = free();
    let service = service(address, &file(switch.address, &[address], &rule("", ON))).await;
    let lab = Lab { switch, service };
    until(|| lab.service.app.switches.states.all().iter().any(|state| state.last_error.is_some())).await;
    let why = lab.state().last_error.unwrap();
    assert!(why.contains("the password was refused: -ERR invalid"), "{why}");
    assert!(!why.contains("ClueCon"));
    lab.switch.manner(|manner| manner.password = "ClueCon");
    lab.ready().await;
    works(&lab).await;
    lab.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_stops_ends_its_watches() {
    let lab = Lab::open(Manner { hurry: 1, ..Manner::default() }, "", ON).await;
    lab.switch.answer("open-1", samples(VOICEMAIL));
    until(|| lab.switch.sent("open-1") > 8_000).await;
    let (app, began) = (std::sync::Arc::clone(&lab.service.app), std::time::Instant::now());
    lab.service.stop().await;
    assert_eq!(app.switches.watches.count(), 0);
    // Far less than the longest that a stop waits.
    assert!(began.elapsed() < Duration::from_secs(30));
}
