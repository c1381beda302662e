//! `offhook originate` against the real service, with a switch on which some answer and some do not.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use offhook_detect::{DetectConfig, Params};
use offhook_server::switch::order::OrderError;
use offhook_server::switch::{Dialer, Originate, Platform};
use offhook_server::{Server, ServerConfig};
use serde_json::Value;
use support::{err, offhook, out};

/// A switch that knows of every number why it does not answer.
#[derive(Debug)]
struct Switch;

impl Dialer for Switch {
    fn place(&self, call: &Originate) -> BoxFuture<'static, Result<(), OrderError>> {
        let cause = match call.to.reveal().as_str() {
            "user/17" => "USER_BUSY",
            "user/19" => "NO_ANSWER",
            _ => "UNALLOCATED_NUMBER",
        };
        Box::pin(async move { Err(OrderError::Refused(cause.into())) })
    }

    fn platform(&self) -> Platform {
        Platform::FreeSwitch
    }

    fn template(&self) -> Option<&str> {
        Some("user/{number}")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_is_called_and_its_results_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = ServerConfig::default();
    config.http.bind = SocketAddr::from(([127, 0, 0, 1], 0));
    config.storage.folder = folder.path().to_owned();
    config.dashboard.demo = false;
    config.switches.originate_most = 2;
    let server = Server::open(config, Arc::new(Params::new(DetectConfig::default()).unwrap())).await.unwrap();
    server.app().switches.placements.connect("fs1", Arc::new(Switch));
    let url = format!("http://{}", server.address());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(server.run(async {
        stopped.await.ok();
    }));
    let leads = folder.path().join("leads.csv");
    std::fs::write(&leads, "number,call_id,lead\n17,a,1\n19,b,2\n1,c,3\n*,d,4\nuser/1 2,e,5\n").unwrap();
    let (campaign, one) = tokio::task::spawn_blocking(move || {
        let place = |arguments: &[&str]| {
            offhook().args(["originate", "--switch", "fs1", "--url", &url]).args(arguments).output().unwrap()
        };
        let all = ["--calls", leads.to_str().unwrap(), "--json", "--message", "m.wav", "--on-human", "transfer 1000"];
        (place(&all), place(&["--to", "17", "--variable", "lead=7", "--on-human", "park"]))
    })
    .await
    .unwrap();
    let report: Value = serde_json::from_str(&out(&campaign)).unwrap_or_else(|_| panic!("{}", err(&campaign)));
    let outcomes: Vec<_> =
        report["calls"].as_array().unwrap().iter().map(|call| call["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["busy", "no_answer", "not_reached", "not_reached", "failed"], "{report:#}");
    assert_eq!(report["summary"]["busy"], 1);
    assert!(report["calls"][4]["error"].as_str().unwrap().contains("allowed"), "{report:#}");
    assert_eq!(campaign.status.code(), Some(4), "one could not be placed");
    assert!(out(&one).contains("USER_BUSY") && out(&one).contains("1 busy"), "{}{}", out(&one), err(&one));
    assert_eq!(one.status.code(), Some(0));
    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
}

#[test]
fn what_cannot_be_asked_is_refused_before_any_call() {
    for (arguments, named) in [
        (vec!["--to", "1", "--on-human", "execute id"], "--on-human"),
        (vec!["--to", "1", "--on-human", "park", "--ring", "10m"], "--ring"),
        (vec!["--to", "1"], "--on-human"),
        (vec!["--calls", "none.csv", "--on-human", "park"], "none.csv"),
        (vec!["--on-human", "park"], "--to"),
    ] {
        let output = offhook().args(["originate", "--switch", "fs1"]).args(&arguments).output().unwrap();
        assert!(!output.status.success() && err(&output).contains(named), "{arguments:?}: {}", err(&output));
    }
}
