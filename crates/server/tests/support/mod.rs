//! The real service on a port of its own, in a folder of its own.

#![allow(dead_code, reason = "each test uses what it needs of it")]

pub(crate) mod python;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use offhook_detect::{DetectConfig, Params};
use offhook_server::{App, Server, ServerConfig};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A service that runs until it is stopped.
pub(crate) struct Service {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// What it is made of.
    pub(crate) app: Arc<App>,
    folder: TempDir,
    stop: Option<oneshot::Sender<()>>,
    done: JoinHandle<()>,
}

impl Service {
    /// Starts one with the default configuration, on a free port, and what `change` says.
    pub(crate) async fn start(change: impl FnOnce(&mut ServerConfig)) -> Self {
        Self::start_in(tempfile::tempdir().expect("a folder"), change).await
    }

    /// The same in a folder that is there.
    pub(crate) async fn start_in(folder: TempDir, change: impl FnOnce(&mut ServerConfig)) -> Self {
        let mut config = ServerConfig::default();
        config.http.bind = SocketAddr::from(([127, 0, 0, 1], 0));
        config.storage.folder = folder.path().to_owned();
        config.dashboard.demo = false;
        config.http.drain = Duration::from_secs(1);
        config.auth.admin_rate = 100_000;
        change(&mut config);
        let params = Arc::new(Params::new(DetectConfig::default()).expect("the default"));
        let server = Server::open(config, params).await.expect("a service");
        let (address, app) = (server.address(), Arc::clone(server.app()));
        let (stop, stopped) = oneshot::channel();
        let done = tokio::spawn(async move {
            let stop = async {
                stopped.await.ok();
            };
            server.run(stop).await.expect("it runs");
        });
        Self { address, app, folder, stop: Some(stop), done }
    }

    /// The address of a path, for HTTP.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The address of a path, for WebSocket.
    pub(crate) fn ws(&self, path: &str) -> String {
        format!("ws://{}{path}", self.address)
    }

    /// Tells it to stop, without waiting.
    pub(crate) fn tell(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).ok();
        }
    }

    /// Stops it in order and gives its folder.
    pub(crate) async fn stop(mut self) -> TempDir {
        self.tell();
        tokio::time::timeout(Duration::from_secs(60), self.done).await.expect("it stops").expect("in order");
        self.folder
    }
}

/// A file of the corpus.
pub(crate) fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus").join(name)
}

/// The samples of a file of the corpus, at 8 kHz.
pub(crate) fn samples(name: &str) -> Vec<i16> {
    offhook_media::decode_file(corpus(name), &offhook_media::DecodeOptions::default()).expect("audio").samples
}
