//! Calls on a FreeSWITCH, against one by script that speaks with captured bytes: the real service, real audio.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod calls;
mod chain;
mod deaths;
mod faults;
mod many;
mod node;
mod record;
mod socket;
#[path = "../support/mod.rs"]
mod support;
mod switch;
mod wire;

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use offhook_server::switch::SwitchState;
use support::Service;
use switch::{Manner, Switch};

const VOICEMAIL: &str = "voicemail-personal-beep.wav";
/// Where its beep ends, in samples at 8 kHz, by the manifest of the corpus.
const BEEP_END: usize = 8_037 * 8;
/// What is done with calls in most tests.
const ON: &str = r#"
human = [{ transfer = "1000 XML default" }]
voicemail = [{ drop = "/srv/message.wav" }]
late = [{ transfer = "late XML default" }]
"#;

/// A switch and a service that watches its calls.
struct Lab {
    switch: Switch,
    service: Service,
}

/// A port that is free.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// The file of switches: one switch, the nodes its audio goes to, and more of it.
fn file(switch: SocketAddr, nodes: &[SocketAddr], more: &str) -> String {
    let nodes: Vec<String> = nodes.iter().map(|node| format!("ws://{node}")).collect();
    format!("[[freeswitch]]\nname = 'fs1'\naddress = '{switch}'\npassword = 'ClueCon'\nnodes = {nodes:?}\n{more}")
}

fn rule(fields: &str, on: &str) -> String {
    format!("[[rule]]\nname = 'all'\n{fields}\n[rule.on]\n{on}")
}

/// A service that takes this port and this file of switches.
async fn service(address: SocketAddr, file: &str) -> Service {
    service_in(tempfile::tempdir().unwrap(), address, file).await
}

/// The same in this folder.
async fn service_in(folder: tempfile::TempDir, address: SocketAddr, file: &str) -> Service {
    let path = folder.path().join("switches.toml");
    std::fs::write(&path, file).unwrap();
    Service::start_in(folder, |config| {
        config.http.bind = address;
        config.switches.file = Some(path);
        // Who comes with the word of a watch needs no other identity.
        config.auth.anonymous = false;
    })
    .await
}

impl Lab {
    async fn open(manner: Manner, fields: &str, on: &str) -> Self {
        let switch = Switch::start(manner).await;
        let address = free();
        let service = service(address, &file(switch.address, &[address], &rule(fields, on))).await;
        let lab = Self { switch, service };
        lab.ready().await;
        lab
    }

    /// Waits until calls are taken.
    async fn ready(&self) {
        self.switch.told("", "show channels").await;
        until(|| self.state().connected_since.is_some()).await;
    }

    fn state(&self) -> SwitchState {
        self.service.app.switches.states.all().remove(0)
    }

    /// Waits until no call is watched.
    async fn quiet(&self) {
        until(|| self.service.app.switches.watches.count() == 0).await;
    }

    /// The record of a call.
    async fn record(&self, leg: &str) -> serde_json::Value {
        self.quiet().await;
        assert!(self.service.app.store.settle(Duration::from_secs(20)).await);
        let call = self.service.app.store.call(leg, None).await.unwrap().expect("a record");
        serde_json::to_value(call).unwrap()
    }
}

/// Waits until this is so.
async fn until(so: impl Fn() -> bool) {
    let wait = async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), wait).await.expect("in time");
}
