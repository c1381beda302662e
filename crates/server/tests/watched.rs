//! Calls on a switch that are watched, by a real WebSocket client against the real service.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use offhook_audio::g711::encode_ulaw;
use offhook_detect::{EventKind, Fact};
use offhook_server::Pii;
use offhook_server::switch::{Direction, Expected, Heard, Platform, SwitchCall};
use serde_json::Value;
use support::{Service, samples};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};

const VOICEMAIL: &str = "voicemail-personal-beep.wav";

fn call(uuid: &str, answered: bool) -> Arc<SwitchCall> {
    Arc::new(SwitchCall {
        switch: "fs1".into(),
        platform: Platform::FreeSwitch,
        uuid: uuid.into(),
        channel: "sofia/gateway/carrier/15550100".into(),
        direction: Direction::Outbound,
        caller: None,
        destination: Some(Pii::new("+15550100".into())),
        gateway: None,
        context: None,
        variables: Pii::new(HashMap::new()),
        answered,
    })
}

async fn closed() -> Service {
    Service::start(|config| config.auth.anonymous = false).await
}

fn ulaw(samples: &[i16]) -> Vec<u8> {
    samples.iter().map(|&sample| encode_ulaw(sample)).collect()
}

/// Sends these bytes as packets and gives every text that came back.
async fn played(address: &str, protocol: Option<&'static str>, audio: &[u8], packet: usize) -> Vec<Value> {
    let mut request = address.into_client_request().unwrap();
    if let Some(protocol) = protocol {
        request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static(protocol));
    }
    let (mut client, _) = connect_async(request).await.unwrap();
    for packet in audio.chunks(packet) {
        client.send(Message::binary(packet.to_vec())).await.unwrap();
    }
    client.close(None).await.unwrap();
    let mut texts = Vec::new();
    while let Some(Ok(message)) = client.next().await {
        if let Message::Text(text) = message {
            texts.push(serde_json::from_str(&text).unwrap());
        }
    }
    texts
}

/// Everything that the watch hears, up to the end of its audio.
async fn heard(expected: &mut Expected) -> Vec<Heard> {
    let mut all = Vec::new();
    while let Some(heard) = tokio::time::timeout(Duration::from_secs(30), expected.heard.recv()).await.unwrap() {
        all.push(heard);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn audio_with_the_word_of_its_watch_needs_no_other_identity_and_is_heard_by_it() {
    let service = closed().await;
    let mut expected = service.app.switches.links.expect("fs-1", call("fs-1", true), Some("spring".into()));
    let address = |token: &str| service.ws(&format!("/audio_stream/fs-1?encoding=mulaw&token={token}"));
    for wrong in ["", "other"] {
        let Err(Error::Http(refused)) = connect_async(address(wrong)).await else { panic!("a refusal of {wrong:?}") };
        assert_eq!(refused.status(), 401);
    }
    let texts = played(&address(&expected.token), None, &ulaw(&samples(VOICEMAIL)), 160).await;
    assert_eq!(texts[0]["type"], "status");
    let all = heard(&mut expected).await;
    let Heard::Began(id) = &all[0] else { panic!("the beginning first") };
    let verdicts = all.iter().filter(|heard| {
        matches!(heard, Heard::Happened(happened, _, Some(_)) if matches!(happened.event.kind, EventKind::Verdict(_)))
    });
    assert!(verdicts.count() > 0);
    // The watch takes the audio to be over only once the record is safe.
    assert!(service.app.store.settle(Duration::from_secs(10)).await);
    let record = service.app.store.call(&id.to_string(), None).await.unwrap().expect("a record").summary;
    assert_eq!((record.owner.as_str(), record.campaign.as_deref()), ("switch:fs1", Some("spring")));
    assert_eq!(record.answered_by, "voicemail");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_key_may_be_the_word_of_a_module_that_sends_no_headers() {
    let service = closed().await;
    let (key, _) = service.app.auth.keys().create("ear", &[offhook_server::auth::Scope::Detect], None).await.unwrap();
    let address = service.ws(&format!("/stream/fs-1?encoding=mulaw&token={}", key.reveal()));
    assert_eq!(played(&address, None, &[0xff; 160], 160).await[0]["status"], "started");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_switch_knows_reaches_the_detector() {
    let service = closed().await;
    let mut expected = service.app.switches.links.expect("fs-2", call("fs-2", false), None);
    let address = service.ws(&format!("/audio_stream/fs-2?encoding=mulaw&token={}", expected.token));
    let (mut client, _) = connect_async(address).await.unwrap();
    client.send(Message::binary(vec![0xff; 1_600])).await.unwrap();
    assert!(matches!(expected.heard.recv().await, Some(Heard::Began(_))));
    expected.facts.send(Fact::Answered).unwrap();
    let answered = |heard: &Heard| matches!(heard, Heard::Happened(happened, ..) if matches!(happened.event.kind, EventKind::Answered));
    loop {
        let heard = tokio::time::timeout(Duration::from_secs(30), expected.heard.recv()).await.unwrap();
        if answered(&heard.expect("the answer before the end")) {
            break;
        }
    }
    client.close(None).await.unwrap();
    heard(&mut expected).await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_only_an_ear_spells_variables_and_mod_audio_fork_raises_them() {
    let service = Service::start(|_| {}).await;
    let address = service.ws("/audio_stream/fs-3?mix=stereo&variables=offhook,asterisk");
    // The far party is on the left; what we say ourselves, on the right, is not heard.
    let ours = samples("human-short.wav").into_iter().chain(std::iter::repeat(0));
    let frames = samples(VOICEMAIL).into_iter().zip(ours);
    let stereo: Vec<u8> = frames.flat_map(|(far, near)| [far.to_le_bytes(), near.to_le_bytes()]).flatten().collect();
    let texts = played(&address, Some("audio.drachtio.org"), &stereo, 640).await;
    assert!(texts.iter().all(|text| text["type"] == "json"), "{texts:#?}");
    let results: Vec<_> = texts.iter().filter(|text| text["message_type"] == "detection_result").collect();
    let last = results.iter().rfind(|text| text["event"] == "final" || text["event"] == "revised").unwrap();
    assert_eq!(last["answered_by"], "voicemail");
    assert_eq!(last["variables"]["AMDSTATUS"], "MACHINE");
    assert_eq!(last["variables"]["offhook_answered_by"], "voicemail");
    let ready = results.iter().find(|text| text["event"] == "ready_to_record").unwrap();
    assert_eq!(ready["variables"]["ai_voicemail_detected"], "true");
    service.stop().await;
}
