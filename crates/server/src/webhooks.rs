//! Receivers of news by HTTP: signed, tried again, and put on a list when nothing helps.

use crate::config::ServerConfig;
use crate::store::Store;

/// The receivers and what is to be delivered.
#[derive(Debug)]
pub struct Webhooks {}

impl Webhooks {
    /// Prepares deliveries.
    pub fn new(_config: &ServerConfig, _store: &Store) -> Self {
        todo!()
    }
}
