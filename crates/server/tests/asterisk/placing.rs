//! Calls that the service has an Asterisk place that has a manager interface and nothing else.

use std::collections::HashMap;

use offhook_server::auth::Scope;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::ami::AmiServer;
use crate::socket::AudioSocket;
use crate::support::{Service, samples};
use crate::{service, until};

const DIALLED: &str = "PJSIP/+15550100@carrier";

/// An Asterisk, the service, and who has it place calls.
struct Lab {
    manager: AmiServer,
    service: Service,
    client: Client,
    key: String,
}

impl Lab {
    /// With this in the part of the file that says where the manager interface is.
    async fn with(ami: &str) -> Self {
        let mut manager = AmiServer::start().await;
        let toml =
            manager.toml().replace("'secret' }", &format!("'secret'{ami} }}\ndial = 'PJSIP/{{number}}@carrier'"));
        let service = service(&format!("audiosocket = {{ bind = '127.0.0.1:0' }}\n{toml}")).await;
        manager.logged_in(1).await;
        let (key, _) = service.app.auth.keys().create("test", &[Scope::Control, Scope::Detect], None).await.unwrap();
        until("the connection", || service.app.switches.placements.dialer("ast1").map(drop)).await;
        Self { manager, service, client: Client::new(), key: key.reveal().to_owned() }
    }

    async fn post(&self) -> (StatusCode, Value) {
        let call = json!({ "switch": "ast1", "to": "+15550100", "caller_id": "15550199", "variables": { "lead": "7,8" },
            "ring_limit": "20s", "on": { "human": [{ "transfer": "agents,s,1" }] } });
        let request = self.client.post(self.service.url("/v1/calls")).header("x-api-key", &self.key).json(&call);
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    /// Has a call placed: the service's name for it, and what the Asterisk was asked.
    async fn place(&self) -> (String, HashMap<String, String>) {
        let before = self.manager.asked("Originate", DIALLED).len();
        let (status, made) = self.post().await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
        let asked = || self.manager.asked("Originate", DIALLED).into_iter().nth(before);
        (made["id"].as_str().unwrap().to_owned(), until("the call is placed", asked).await)
    }

    /// What became of it, as Asterisk tells all its connections.
    fn response(&self, leg: &str, response: &str, reason: &str) {
        let unique = if response == "Success" { leg } else { "<null>" };
        self.manager.event(&[
            ("Event", "OriginateResponse"),
            ("Privilege", "call,all"),
            ("ActionID", leg),
            ("Response", response),
            ("Channel", DIALLED),
            ("Context", "offhook"),
            ("Exten", "s"),
            ("Reason", reason),
            ("Uniqueid", unique),
            ("CallerIDNum", "15550199"),
            ("CallerIDName", "<unknown>"),
        ]);
    }

    async fn record(&self, id: &str) -> Value {
        loop {
            let url = self.service.url(&format!("/v1/calls/{id}"));
            let answer = self.client.get(url).header("x-api-key", &self.key).send().await.unwrap();
            if answer.status() == StatusCode::OK {
                let record: Value = answer.json().await.unwrap();
                if !record["handling"].is_null() {
                    return record;
                }
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_placed_into_the_dialplan_and_watched_by_its_own_terms() {
    let lab = Lab::with(", place = 'offhook,s,1'").await;
    let (id, asked) = lab.place().await;
    let leg = asked["ChannelId"].clone();
    assert_eq!(asked["ActionID"], leg, "events that name it go to every connection");
    for (name, value) in [
        ("Context", "offhook"),
        ("Exten", "s"),
        ("Priority", "1"),
        ("Timeout", "20000"),
        ("CallerID", "<15550199>"),
        ("Async", "true"),
        ("Variable", "lead=7\\,8"),
    ] {
        assert_eq!(asked.get(name).map(String::as_str), Some(value), "{name} in {asked:?}");
    }
    lab.manager.channel(&leg, "+15550100");
    lab.response(&leg, "Success", "4");
    // `AudioSocket(${UNIQUEID},…)`
    let uuid: Uuid = leg.parse().unwrap();
    lab.manager.runs_audiosocket(&leg, uuid);
    let mut socket = AudioSocket::open(&lab.service, uuid).await;
    socket.say(&samples("human-short.wav")).await;
    let moved = until("it is given to an agent", || lab.manager.asked("Redirect", &leg).pop()).await;
    assert_eq!((moved["Context"].as_str(), moved["Exten"].as_str()), ("agents", "s"));
    lab.manager.hangs_up(&leg);
    drop(socket);
    let record = lab.record(&id).await;
    assert_eq!((&record["answered_by"], &record["handling"]["rule"]), (&json!("human"), &json!("placed")), "{record}");
    until("no call is left", || (lab.service.app.switches.placements.count() == 0).then_some(())).await;
    lab.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_nobody_answers_has_a_record_with_its_cause() {
    let lab = Lab::with(", place = 'offhook,s,1'").await;
    for (asked_to_end, reason, cause) in [
        (Some("17"), "0", "USER_BUSY"),
        (Some("16"), "3", "NO_ANSWER"),
        (None, "5", "USER_BUSY"),
        (None, "8", "NORMAL_CIRCUIT_CONGESTION"),
    ] {
        let (id, asked) = lab.place().await;
        let leg = &asked["ChannelId"];
        if let Some(number) = asked_to_end {
            let name = "PJSIP/carrier-00000001";
            lab.manager.event(&[("Event", "HangupRequest"), ("Channel", name), ("Uniqueid", leg), ("Cause", number)]);
        }
        // What another node had placed is not ours.
        lab.response("offhook-7", "Failure", "1");
        lab.response(leg, "Failure", reason);
        let record = lab.record(&id).await;
        assert_eq!(record["handling"]["hangup_cause"], cause, "{record}");
        assert_eq!((&record["answered_by"], &record["cause"]["kind"]), (&json!("unknown"), &json!("not_heard")));
    }
    assert_eq!(lab.service.app.switches.placements.count(), 0);
    lab.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_place_in_the_dialplan_none_is_placed() {
    let lab = Lab::with("").await;
    let (status, problem) = lab.post().await;
    assert_eq!((status, &problem["field"]), (StatusCode::BAD_REQUEST, &json!("switch")), "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("ami.place"), "{problem}");
    assert!(lab.manager.asked("Originate", DIALLED).is_empty());
    lab.service.stop().await;
}
