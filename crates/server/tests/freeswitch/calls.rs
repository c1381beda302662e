//! What becomes of calls.

use super::support::samples;
use super::*;

/// Where a command is among those that were given.
fn place(switch: &Switch, leg: &str, text: &str) -> usize {
    let found = switch.commands().iter().position(|command| command.contains(leg) && command.contains(text));
    found.unwrap_or_else(|| panic!("no {text:?} in {:#?}", switch.commands()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_left_after_the_beep_and_the_call_is_ended() {
    let lab = Lab::open(Manner::default(), "vocabularies = ['offhook', 'asterisk', 'webitel']", ON).await;
    let switch = &lab.switch;
    switch.answer("vm-1", samples(VOICEMAIL));
    switch.told("vm-1", "playback").await;
    assert!(switch.sent("vm-1") >= BEEP_END, "not before the beep ended: {} samples", switch.sent("vm-1"));
    switch.told("vm-1", "uuid_kill vm-1 NORMAL_CLEARING").await;
    lab.quiet().await;

    let url = &switch.about("vm-1", "uuid_audio_fork vm-1 start")[0];
    assert!(url.contains("/audio_stream/vm-1?mix=mono&sample_rate=8000&answered=true"), "{url}");
    assert!(url.contains("&variables=offhook,asterisk,webitel&token=") && url.ends_with(" mono 8k"), "{url}");
    let set = switch.about("vm-1", "offhook_answered_by=voicemail");
    for said in ["AMDSTATUS=MACHINE", "AMDCAUSE=", "amd_result=MACHINE", "ai_voicemail_detected=true"] {
        assert!(set.iter().any(|command| command.contains(said)), "{said} in {set:#?}");
    }
    let specified = switch.about("vm-1", "Event-Subclass: voicemail::detected").remove(0);
    for header in ["Call-UUID: vm-1", "Detection-Method: ", "Confidence-Score: 0.", "Model-Version: offhook-"] {
        assert!(specified.contains(header), "{header} in {specified}");
    }
    let told = switch.about("vm-1", "Event-Subclass: offhook::verdict");
    assert!(
        told.iter().any(|told| told.contains("\"answered_by\":\"voicemail\"")),
        "the body is the result: {told:#?}"
    );
    let order = ["offhook_answered_by=voicemail", "Event-Subclass: offhook::ready", "playback", "uuid_kill"];
    let places = order.map(|text| place(switch, "vm-1", text));
    assert!(places.is_sorted(), "{places:?}");

    let record = lab.record("vm-1").await;
    let text = record.to_string();
    assert!(text.contains("\"answered_by\":\"voicemail\"") && text.contains("NORMAL_CLEARING"), "{text}");
    assert!(text.contains("\"billed_ms\":3020") && text.contains("\"q850\":16"), "what the hangup said: {text}");
    assert_eq!(lab.state().calls_watched, 1);
    lab.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_connected_and_never_hears_a_message() {
    let lab = Lab::open(Manner::default(), "", ON).await;
    let switch = &lab.switch;
    switch.answer("person-1", samples("human-short.wav"));
    switch.told("person-1", "uuid_transfer person-1 1000 XML default").await;
    assert_eq!(switch.variable("person-1", "AMDSTATUS").as_deref(), Some("HUMAN"));
    // It stops the stream before it gives the call away.
    assert!(place(switch, "person-1", "uuid_audio_fork person-1 stop") < place(switch, "person-1", "uuid_transfer"));
    switch.hang_up("person-1");
    lab.quiet().await;
    assert!(switch.about("person-1", "playback").is_empty());
    lab.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_of_the_call_is_run() {
    let lab = Lab::open(Manner::default(), "", "human = ['stay']").await;
    let switch = &lab.switch;
    switch.add("hook-1", samples("human-short.wav"));
    switch.variable("hook-1", "none");
    switch.raise(wire::answer("hook-1", &[]));
    switch.told("hook-1", "uuid_getvar hook-1 amd_on_human").await;
    switch.hang_up("hook-1");
    lab.quiet().await;
    // The leg itself raises mod_amd's event; that is all it is told to execute.
    let executed = switch.about("hook-1", "execute-app-name: ");
    assert!(
        executed.iter().all(|told| told.contains("execute-app-name: event")),
        "the variable was not set: {executed:#?}"
    );
    lab.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_nobody_took_is_not_watched() {
    let lab = Lab::open(Manner::default(), "", ON).await;
    lab.switch.add("busy-1", Vec::new());
    lab.switch.hang_up("busy-1");
    // News of it that come late begin nothing either.
    lab.switch.raise(wire::answer("busy-1", &[]));
    lab.switch.answer("busy-2", samples("human-short.wav"));
    lab.switch.told("busy-2", "uuid_transfer").await;
    lab.switch.hang_up("busy-2");
    lab.quiet().await;
    assert!(lab.switch.about("busy-1", "").is_empty(), "{:#?}", lab.switch.about("busy-1", ""));
    lab.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_heard_before_the_answer_is_no_person() {
    let lab = Lab::open(Manner::default(), "", ON).await;
    let switch = &lab.switch;
    switch.add("early-1", samples("human-short.wav"));
    switch.raise(wire::early("early-1"));
    let url = switch.told("early-1", "uuid_audio_fork early-1 start").await;
    assert!(url.contains("&answered=false&"), "{url}");
    until(|| switch.sent("early-1") > 8_000 * 4).await;
    assert!(switch.about("early-1", "uuid_transfer").is_empty(), "nobody has answered");
    switch.raise(wire::answer("early-1", &[]));
    switch.raise(wire::event("DTMF", "early-1", &[("DTMF-Digit", "5")], None));
    let at_answer = switch.sent("early-1");
    until(|| switch.sent("early-1") > at_answer + 8_000).await;
    switch.hang_up("early-1");
    let record = lab.record("early-1").await.to_string();
    assert!(record.contains("\"kind\":\"answered\""), "{record}");
    assert_eq!(switch.streams("early-1").len(), 0, "forgotten with its leg");
    assert_eq!(switch.about("early-1", "uuid_audio_fork early-1 start").len(), 1, "one stream for both");
    lab.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_somebody_else_connects_is_left_alone() {
    let lab = Lab::open(Manner::default(), "", ON).await;
    let switch = &lab.switch;
    switch.answer("taken-1", Vec::new());
    switch.told("taken-1", "uuid_audio_fork taken-1 start").await;
    until(|| switch.sent("taken-1") > 0).await;
    let other = [("Bridge-A-Unique-ID", "agent-1"), ("Bridge-B-Unique-ID", "taken-1")];
    switch.raise(wire::event("CHANNEL_BRIDGE", "agent-1", &other, None));
    switch.told("taken-1", "uuid_audio_fork taken-1 stop").await;
    lab.quiet().await;
    assert!(switch.about("taken-1", "uuid_transfer").is_empty());
    lab.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_has_the_switch_place_calls() {
    let lab = Lab::open(Manner::default(), "", ON).await;
    let (key, _) =
        lab.service.app.auth.keys().create("dialer", &[offhook_server::auth::Scope::Control], None).await.unwrap();
    for (to, number) in [("sofia/gateway/carrier/15550100", "placed-1"), ("sofia/gateway/carrier/busy", "placed-2")] {
        let call = serde_json::json!({ "switch": "fs1", "to": to, "call_id": number, "on": { "human": ["park"] } });
        let answer = reqwest::Client::new().post(lab.service.url("/v1/calls")).header("x-api-key", key.reveal());
        let answer = answer.json(&call).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }
    let told = lab.switch.told("carrier/15550100", "bgapi originate").await;
    for said in ["origination_uuid=", "originate_timeout=", "ignore_early_media=true", " park inline"] {
        assert!(told.contains(said), "{said} in {told}");
    }
    let id = &told.split_once("origination_uuid=").unwrap().1[..36];
    lab.switch.told(id, "uuid_audio_fork").await;
    lab.switch.told(id, "offhook_answered_by=human").await;
    lab.switch.hang_up(id);
    let record = lab.record("placed-2").await.to_string();
    assert!(record.contains("USER_BUSY"), "{record}");
    lab.service.stop().await;
}
