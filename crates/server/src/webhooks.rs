//! Receivers of news by HTTP: signed, tried again, and put on a list when nothing helps.
//!
//! News becomes rows in the database, one for each receiver that wants it; rows are sent, and tried again, by whichever
//! node claims them first. So deliveries survive a restart, and a receiver hears of each piece of news at least once, and
//! but for a crash in the midst of a delivery only once. Requests are signed after
//! [Standard Webhooks](https://www.standardwebhooks.com).

mod delivery;
mod queue;
mod signature;
mod subject;
mod table;
mod target;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use sqlx::AnyPool;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::config::{ServerConfig, WebhookConfig};
use crate::store::Store;
use crate::vault::{Vault, VaultError};

pub use subject::Subject;
pub use table::{Deliveries, Delivery, NewWebhook, State, Webhook};
pub use target::TargetError;

/// Why a receiver cannot be had, or deliveries not be made.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The database.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// The receiver's address.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The secret of a receiver cannot be sealed or opened.
    #[error("the secret of a receiver cannot be sealed or opened")]
    Vault(#[from] VaultError),
    /// The HTTP client.
    #[error("the HTTP client cannot be set up")]
    Client(#[from] reqwest::Error),
    /// The system.
    #[error("the system has no random numbers for a secret")]
    Random,
}

/// What all tasks share.
struct Shared {
    pool: AnyPool,
    /// Seals the secrets of receivers.
    vault: Vault,
    config: WebhookConfig,
    /// How long deliveries that were given up are kept.
    keep: Duration,
    /// Every receiver.
    receivers: ArcSwap<Vec<Arc<table::Receiver>>>,
    /// Something may be due.
    due: Notify,
    closing: CancellationToken,
    /// Whether the database was not written to the last time.
    is_failing: AtomicBool,
}

/// The receivers and what is to be delivered.
pub struct Webhooks {
    shared: Arc<Shared>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhooks").field("config", &self.shared.config).finish_non_exhaustive()
    }
}

impl Webhooks {
    /// Prepares deliveries; [`Self::start`] begins them.
    pub fn new(config: &ServerConfig, store: &Store, vault: &Vault) -> Self {
        let shared = Shared {
            pool: store.pool().clone(),
            vault: vault.clone(),
            config: config.webhooks.clone(),
            keep: config.retention.calls,
            receivers: ArcSwap::default(),
            due: Notify::new(),
            closing: CancellationToken::new(),
            is_failing: AtomicBool::new(false),
        };
        Self { shared: Arc::new(shared), tasks: Mutex::default() }
    }

    /// Listens to news from now on, and delivers what is due: what was left over from the last time first.
    ///
    /// # Errors
    /// The database failed, or the HTTP client cannot be set up.
    pub async fn start(&self, app: &Arc<App>) -> Result<(), WebhookError> {
        let client = delivery::client(&self.shared.config)?;
        self.shared.reload().await?;
        let (rows, waiting) = tokio::sync::mpsc::channel(queue::MOST_WAITING);
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.push(tokio::spawn(queue::listen(Arc::clone(&self.shared), app.live.listen(), rows)));
        tasks.push(tokio::spawn(queue::write(Arc::clone(&self.shared), Arc::clone(app), waiting)));
        tasks.push(tokio::spawn(delivery::deliver(Arc::clone(&self.shared), Arc::clone(app), client)));
        Ok(())
    }

    /// Writes down what was heard, waits for the tries under way, and stops. To be called when all calls are over, before
    /// the database is closed. What is not delivered yet is delivered after the next start.
    pub async fn close(&self) {
        self.shared.closing.cancel();
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        for task in tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a task of the webhooks failed");
            }
        }
    }

    /// Whether the database is not written to.
    pub fn is_failing(&self) -> bool {
        self.shared.is_failing.load(Ordering::Relaxed)
    }
}
