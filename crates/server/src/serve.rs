//! Opens everything, listens, and stops in order.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use offhook_detect::Params;

use crate::app::{App, StartError};
use crate::config::ServerConfig;

/// The service, ready to run.
#[derive(Debug)]
pub struct Server {
    app: Arc<App>,
    address: SocketAddr,
}

impl Server {
    /// Opens everything and takes the port.
    ///
    /// # Errors
    /// Says what cannot be opened, and why.
    pub async fn open(_config: ServerConfig, _params: Arc<Params>) -> Result<Self, StartError> {
        todo!()
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it is made of.
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Runs until `stop` is ready and all calls are over, or `http.drain` has passed.
    ///
    /// # Errors
    /// The port failed.
    pub async fn run(self, _stop: impl Future<Output = ()>) -> Result<(), StartError> {
        todo!()
    }
}
