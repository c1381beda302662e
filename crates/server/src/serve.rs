//! Opens everything, listens, and stops in order.

use std::future::Future;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::{Duration, Instant};

use axum::middleware::from_fn_with_state;
use axum_server::tls_rustls::RustlsConfig;
use offhook_detect::Params;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::time::{Instant as Tick, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::{App, StartError};
use crate::audit::Audit;
use crate::auth::Auth;
use crate::config::ServerConfig;
use crate::demo;
use crate::live::Live;
use crate::metrics::{self, Metrics};
use crate::privacy::Privacy;
use crate::protection::{connections, protect};
use crate::retention::Sweeper;
use crate::routes;
use crate::store::Store;
use crate::switch::Switchboard;
use crate::tls;
use crate::vault::Vault;
use crate::webhooks::Webhooks;

/// What is left after `http.drain` for records to be written and answers to be sent.
const GRACE: Duration = Duration::from_secs(5);

/// How often the files of the certificate are looked at.
const CERTIFICATE_CHECK: Duration = Duration::from_secs(5);
/// Whose the demonstration call at the start is.
const DEMO_OWNER: &str = "demo";

/// The service, ready to run.
#[derive(Debug)]
pub struct Server {
    app: Arc<App>,
    tls: Option<RustlsConfig>,
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Opens storage, keys and identities, and takes the port.
    ///
    /// # Errors
    /// Says what cannot be opened, and why.
    pub async fn open(config: ServerConfig, params: Arc<Params>) -> Result<Self, StartError> {
        config.check()?;
        tls::install_provider();
        let (tls, until) = tls::rustls_config(&config.tls)?.unzip();
        let store = Store::open(&config).await?;
        let vault = Vault::open(&config, &store).await?;
        let privacy = Privacy::new(&config.privacy, &vault);
        let audit = Audit::open(&config, &store).await?;
        let sweeper = Sweeper::new(&config.retention, &store, &vault, &audit);
        let auth = Auth::open(&config, &store).await?;
        let switches = Switchboard::open(config.switches.file.as_deref())?;
        let webhooks = Webhooks::new(&config, &store, &vault);
        let model_version = model_version(&params);
        let metrics = Metrics::new(&config.telemetry.service, &model_version);
        let (listener, address) = listen(config.http.bind)?;
        let at_once = match config.limits.at_once {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            most => most as usize,
        };
        metrics.capacity(config.stream.most);
        if let Some(until) = until.flatten() {
            metrics.certificate(until);
        }
        let app = App {
            params,
            model_version,
            store,
            vault,
            privacy,
            audit,
            sweeper,
            auth,
            metrics,
            live: Live::default(),
            switches,
            webhooks,
            stopping: CancellationToken::new(),
            tasks: TaskTracker::new(),
            uploads: Arc::new(Semaphore::new(at_once)),
            demos: AtomicU32::new(0),
            started: Instant::now(),
            config,
        };
        Ok(Self { app: Arc::new(app), tls, listener, address })
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it is made of.
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Runs until `stop` is ready; then calls that go on are told, have `http.drain` to end, and get their verdicts; what
    /// is to be written is written.
    ///
    /// # Errors
    /// The port failed.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), StartError> {
        let Self { app, tls, listener, .. } = self;
        let config = &app.config;
        app.audit.note_own("service.start", "service", json!({ "version": env!("CARGO_PKG_VERSION") }));
        app.tasks.spawn(app.sweeper.clone().run(app.stopping.clone()));
        app.tasks.spawn(metrics::follow_reviews(Arc::clone(&app)));
        app.webhooks.start(&app).await?;
        app.switches.start(&app).await?;
        let watching = tls.clone().map(|tls| {
            let app = Arc::clone(&app);
            tokio::spawn(async move {
                let told = |until| app.metrics.certificate(until);
                tls::watch(&app.config.tls, tls, CERTIFICATE_CHECK, told).await;
            })
        });
        let measured = from_fn_with_state(Arc::clone(&app), metrics::measured);
        let router = protect(routes::router(Arc::clone(&app)), &app).layer(measured);
        let handle = axum_server::Handle::new();
        app.metrics.connections_of(handle.clone());
        let server = connections::serve(listener, tls, router, &config.http, handle.clone());
        let mut server = std::pin::pin!(server);
        if config.dashboard.enabled && config.dashboard.demo {
            // A service without its demonstration is a service still; the log says why.
            demo::play(&app, DEMO_OWNER).ok();
        }
        tokio::select! {
            ended = &mut server => return ended.map_err(StartError::Run),
            () = stop => {}
        }
        let drain = app.config.http.drain;
        tracing::info!(active_calls = app.live.count(), "stopping");
        app.stopping.cancel();
        app.uploads.close();
        handle.graceful_shutdown(Some(drain + GRACE));
        app.tasks.close();
        // The last requests leave work behind, such as audio to be kept: it is waited for after them.
        let until = Tick::now() + drain + GRACE;
        let served = server.await;
        let drained = timeout_at(until, app.tasks.wait()).await;
        if drained.is_err() {
            tracing::warn!(active_calls = app.live.count(), "stopped before every call had ended");
        }
        app.audit.note_own("service.stop", "service", json!({ "drained": drained.is_ok() }));
        if !app.audit.flush(GRACE).await {
            tracing::error!(error_code = "audit_lost", "stopped before the audit log was written");
        }
        if let Some(watching) = watching {
            watching.abort();
        }
        app.webhooks.close().await;
        app.store.close().await;
        served.map_err(StartError::Run)
    }
}

fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |source| StartError::Bind { address, source };
    let listener = TcpListener::bind(address).map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// What decides: the beginning of the model's fingerprint, or, where no model is used, the method.
fn model_version(params: &Params) -> String {
    match params.model() {
        Some(model) => format!("offhook-{}-{:08x}", env!("CARGO_PKG_VERSION"), model.fingerprint() >> 32),
        None => format!("offhook-{}-{}", env!("CARGO_PKG_VERSION"), params.config().decide.method.name()),
    }
}
