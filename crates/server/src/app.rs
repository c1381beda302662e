//! Everything the service is made of, shared by all requests.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Instant;

use offhook_detect::Params;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::audit::{Audit, AuditError};
use crate::auth::{Auth, AuthError};
use crate::config::{ServerConfig, ServerConfigError};
use crate::live::Live;
use crate::metrics::Metrics;
use crate::privacy::Privacy;
use crate::retention::Sweeper;
use crate::store::{Store, StoreError};
use crate::switch::{SwitchError, Switchboard};
use crate::vault::{Vault, VaultError};
use crate::webhooks::{WebhookError, Webhooks};

/// Everything the service is made of.
#[derive(Debug)]
pub struct App {
    /// What was asked for.
    pub config: ServerConfig,
    /// What every call's detector is made from.
    pub params: Arc<Params>,
    /// Which model decides: a name and the beginning of its fingerprint.
    pub model_version: String,
    /// Records of calls, and everything else in the database.
    pub store: Store,
    /// Kept audio.
    pub vault: Vault,
    /// Telephone numbers, as they may be kept.
    pub privacy: Privacy,
    /// Who did what.
    pub audit: Audit,
    /// Deletes what is too old.
    pub sweeper: Sweeper,
    /// Who is who.
    pub auth: Auth,
    /// The figures.
    pub metrics: Metrics,
    /// The calls that are going on.
    pub live: Live,
    /// Switches, and the calls on them that are watched.
    pub switches: Switchboard,
    /// Receivers of news by HTTP.
    pub webhooks: Webhooks,
    /// Cancelled when the service is told to stop.
    pub stopping: CancellationToken,
    /// Streams and other work that is waited for at the end.
    pub tasks: TaskTracker,
    /// Recordings that may be decoded and judged at once.
    pub(crate) uploads: Arc<Semaphore>,
    /// How many demonstration calls were played.
    pub(crate) demos: AtomicU32,
    /// When it began.
    pub started: Instant,
}

/// Why the service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting.
    #[error(transparent)]
    Config(#[from] ServerConfigError),
    /// The database.
    #[error("cannot open the storage")]
    Store(#[from] StoreError),
    /// Where audio is kept, or its key.
    #[error("cannot open where audio is kept")]
    Vault(#[from] VaultError),
    /// The audit log.
    #[error("cannot open the audit log")]
    Audit(#[from] AuditError),
    /// Identities.
    #[error("cannot set up identities")]
    Auth(#[from] AuthError),
    /// Webhooks.
    #[error("cannot start deliveries to webhooks")]
    Webhooks(#[from] WebhookError),
    /// The file of switches.
    #[error(transparent)]
    Switches(#[from] SwitchError),
    /// The certificate.
    #[error("cannot use the certificate")]
    Tls(#[from] crate::tls::TlsError),
    /// The address.
    #[error("cannot listen on http.bind, {address}")]
    Bind {
        /// The address.
        address: std::net::SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Something failed while it ran.
    #[error("the service failed")]
    Run(#[source] std::io::Error),
}
