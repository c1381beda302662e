//! The service with a scripted Asterisk that speaks its real wires: AMI, AudioSocket, FastAGI, ARI, RTP, WebSocket.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../support/mod.rs"]
mod support;

mod agi;
mod ami;
mod faults;
mod placing;
mod rest;
mod socket;

use std::net::SocketAddr;
use std::time::Duration;

use support::Service;

/// How long something may take that must happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A service with this file of switches.
pub(crate) async fn service(file: &str) -> Service {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("switches.toml");
    std::fs::write(&path, file).unwrap();
    Service::start_in(folder, |config| config.switches.file = Some(path)).await
}

/// Where the service listens for AudioSocket.
pub(crate) fn audiosocket(service: &Service) -> SocketAddr {
    service.app.switches.asterisk.audiosocket.as_ref().unwrap().address
}

/// Waits until this is so.
pub(crate) async fn until<T>(what: &str, mut so: impl FnMut() -> Option<T>) -> T {
    let waited = async {
        loop {
            if let Some(so) = so() {
                return so;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waited).await.unwrap_or_else(|_| panic!("never: {what}"))
}
