//! Calls that a dialplan sends to the service by `socket`.

use super::support::samples;
use super::*;

async fn lab(fields: &str, on: &str) -> (Lab, SocketAddr) {
    let switch = Switch::start(Manner::default()).await;
    let (address, door) = (free(), free());
    // The audio of such calls is asked for as the switch at this address is configured.
    let more = format!("event_socket = {{ bind = '{door}' }}\n");
    let file = more + &file(switch.address, &[address], &rule(fields, on));
    let service = service(address, &file).await;
    let lab = Lab { switch, service };
    lab.ready().await;
    (lab, door)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_held_until_it_is_known_who_picked_up() {
    let (lab, door) = lab("", "").await;
    let switch = &lab.switch;
    switch.add("held-1", samples("human-short.wav"));
    let socket = switch.socket(door, "held-1").await;
    switch.told("held-1", "uuid_setvar held-1 socket_resume true").await;
    switch.told("held-1", "uuid_audio_fork held-1 start").await;
    assert!(switch.about("held-1", "released").is_empty(), "not known yet");
    switch.raise(wire::answer("held-1", &[]));
    switch.told("held-1", "released held-1").await;
    socket.await.unwrap();
    assert_eq!(switch.variable("held-1", "AMDSTATUS").as_deref(), Some("HUMAN"));
    switch.hang_up("held-1");
    lab.quiet().await;
    lab.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_socket_of_a_call_that_is_watched_already_is_held_too() {
    let (lab, door) = lab("", "").await;
    let switch = &lab.switch;
    switch.answer("joined-1", samples("human-short.wav"));
    switch.told("joined-1", "uuid_audio_fork joined-1 start").await;
    let socket = switch.socket(door, "joined-1").await;
    switch.told("joined-1", "released joined-1").await;
    socket.await.unwrap();
    assert_eq!(switch.variable("joined-1", "AMDSTATUS").as_deref(), Some("HUMAN"));
    switch.hang_up("joined-1");
    lab.quiet().await;
    lab.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_no_rule_fits_is_let_go_at_once() {
    let (lab, door) = lab("destination = '^none$'", "").await;
    lab.switch.add("free-1", Vec::new());
    let socket = lab.switch.socket(door, "free-1").await;
    lab.switch.told("free-1", "released free-1").await;
    socket.await.unwrap();
    assert!(lab.switch.about("free-1", "uuid_audio_fork").is_empty());
    lab.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_let_go_where_no_verdict_comes_and_where_the_service_stops() {
    let (lab, door) = lab("within = '1s'", "").await;
    lab.switch.add("late-1", Vec::new());
    let socket = lab.switch.socket(door, "late-1").await;
    lab.switch.told("late-1", "uuid_audio_fork").await;
    lab.switch.raise(wire::answer("late-1", &[]));
    lab.switch.told("late-1", "released late-1").await;
    socket.await.unwrap();
    lab.switch.hang_up("late-1");
    // Never answered: held until the service stops.
    lab.switch.add("open-1", Vec::new());
    let socket = lab.switch.socket(door, "open-1").await;
    lab.switch.told("open-1", "uuid_audio_fork").await;
    let switch = lab.switch.clone();
    lab.service.stop().await;
    switch.told("open-1", "released open-1").await;
    socket.await.unwrap();
}
