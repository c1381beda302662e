use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::exit::Exit;
use crate::load::Target;

/// Ask a service whether it is ready: exits with 0 if it is, with 4 if not
#[derive(Args, Debug)]
pub(crate) struct HealthArgs {
    /// The service
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// Trust the certificates in this file (PEM) in place of the system's
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Ask only whether it lives, ready or not
    #[arg(long)]
    live: bool,
}

/// The longest that an answer may take.
const PATIENCE: Duration = Duration::from_secs(4);

pub(crate) fn run(args: &HealthArgs) -> Result<Exit> {
    let target = Target::new(&args.url, None, args.ca.as_deref())?;
    let path = if args.live { "health/live" } else { "health/ready" };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let status = runtime.block_on(async {
        let request = target.client()?.get(target.http.join(path)?).timeout(PATIENCE);
        anyhow::Ok(request.send().await.context("the service does not answer")?.status())
    })?;
    ensure!(status.is_success(), "the service is not ready: it answered {status}");
    Ok(Exit::Done)
}
