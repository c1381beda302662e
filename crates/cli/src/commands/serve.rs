//! `offhook serve`: the service.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Args;
use offhook_server::config::LogFormat;
use offhook_server::{Server, ServerConfig, StartError, telemetry};
use tokio::signal::unix::{SignalKind, signal};

use crate::exit::{Exit, Mistake};
use crate::settings::{Origin, Settings, SettingsArgs};
use crate::terminal;

/// Serve detection over HTTP and WebSocket, with a dashboard
#[derive(Args, Debug)]
#[command(after_help = AFTER, after_long_help = AFTER)]
pub(crate) struct ServeArgs {
    /// Listen on this address and port; the same as --set http.bind=ADDRESS
    #[arg(long, value_name = "ADDRESS")]
    bind: Option<SocketAddr>,
    #[command(flatten)]
    settings: SettingsArgs,
}

const AFTER: &str = "\
Everything is embedded: database, audio and keys lie in the folder storage.folder, ./offhook-data at first. The dashboard is at /, the interface at /docs, figures at /metrics. On a loopback address whoever asks from this machine is let in; a public address needs TLS and keys:
  offhook keys create --name ops --role admin
  offhook serve --bind 0.0.0.0:8443 --set tls.certificate=c.pem \\
      --set tls.key=k.pem

Ctrl-C or SIGTERM stops it in order: calls are told, have http.drain to end, and get their verdicts.

Examples:
  offhook serve
  offhook serve --bind 127.0.0.1:9000 --preset conservative
  offhook serve --config /etc/offhook/offhook.toml
  OFFHOOK_STORAGE_DATABASE=postgres://offhook@db/offhook offhook serve";

pub(crate) fn run(args: &ServeArgs) -> Result<Exit> {
    let mut settings = Settings::gather(&args.settings)?;
    if let Some(bind) = args.bind {
        settings.server.http.bind = bind;
    }
    if *settings.origin("log.format") == Origin::Default && std::io::stderr().is_terminal() {
        settings.server.log.format = LogFormat::Text;
    }
    settings.check_service()?;
    let params = args.settings.model.read()?.params(settings.config)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start the runtime")?;
    runtime.block_on(serve(settings.server, params))?;
    Ok(Exit::Done)
}

async fn serve(config: ServerConfig, params: Arc<offhook_detect::Params>) -> Result<()> {
    let telemetry = telemetry::start(&config).map_err(|error| Mistake::Config(error.to_string()))?;
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let page = config.dashboard.enabled;
    let scheme = if config.tls.certificate.is_some() { "https" } else { "http" };
    let server = Server::open(config, params).await.map_err(|error| match error {
        StartError::Config(error) => anyhow::Error::from(Mistake::Config(error.to_string())),
        error => error.into(),
    })?;
    let address = server.address();
    terminal::tell(&format!("listening on {scheme}://{address}{}", if page { " (the dashboard is at /)" } else { "" }));
    server
        .run(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
        .await?;
    telemetry.stop().await;
    Ok(())
}
