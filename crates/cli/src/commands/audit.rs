//! `offhook audit`: whether the audit log is what was written, and what it says.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use offhook_server::audit::{self, AuditFilter, Chain};
use offhook_server::store::Store;

use crate::exit::Exit;
use crate::output::{self, Late};
use crate::settings::{Settings, SettingsArgs};
use crate::terminal::{Ink, Paint};

/// Check or export the log of who did what
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct AuditArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// Walk every node's chain of entries and tell the first that was changed, removed or moved
    Verify {
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        settings: SettingsArgs,
    },
    /// Write the entries, oldest first, one JSON object a line
    Export {
        /// A file in place of the standard output
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Noted at this time or later, as 2026-11-20T08:00:00Z
        #[arg(long, value_name = "TIME")]
        from: Option<jiff::Timestamp>,
        /// Noted before this time
        #[arg(long, value_name = "TIME")]
        to: Option<jiff::Timestamp>,
        /// Of this action, as key.create; with a dot at its end, of all that begin so
        #[arg(long, value_name = "ACTION")]
        action: Option<String>,
        #[command(flatten)]
        settings: SettingsArgs,
    },
}

const AFTER: &str = "\
The end of a chain can be checked only with the folder of the node that wrote it: run this on each node, with its settings. The exit code of verify is 4 where a chain is broken.

Examples:
  offhook audit verify
  offhook audit export --from 2026-11-01T00:00:00Z --output november.jsonl";

pub(crate) fn run(args: &AuditArgs) -> Result<Exit> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start the runtime")?;
    match &args.action {
        Action::Verify { json, settings } => runtime.block_on(verify(settings, *json)),
        Action::Export { output, from, to, action, settings } => {
            let filter = AuditFilter { from: *from, to: *to, action: action.clone(), ..AuditFilter::default() };
            output::check("--output", output.as_deref(), &settings.config)?;
            let out: Box<dyn Write> = match output {
                Some(path) => Box::new(Late::new(path)),
                None => Box::new(io::stdout().lock()),
            };
            runtime.block_on(export(settings, &filter, BufWriter::new(out)))
        }
    }
}

async fn verify(settings: &SettingsArgs, json: bool) -> Result<Exit> {
    let config = Settings::of_service(settings)?;
    let store = Store::open(&config).await?;
    let chains = audit::verify(&config, &store).await;
    store.close().await;
    let chains = chains?;
    let mut out = io::stdout().lock();
    if json {
        writeln!(out, "{}", serde_json::to_string_pretty(&chains)?)?;
    } else {
        write(&mut out, &chains, Paint::for_output())?;
    }
    Ok(if chains.iter().any(|chain| chain.broken.is_some()) { Exit::Failed } else { Exit::Done })
}

fn write(out: &mut dyn Write, chains: &[Chain], paint: Paint) -> io::Result<()> {
    if chains.is_empty() {
        return writeln!(out, "the log is empty");
    }
    for Chain { node, entries, end_checked, broken } in chains {
        match broken {
            Some(at) => {
                let word = paint.mark(Ink::Wrong, "broken");
                writeln!(out, "{word}  node {node}, entry {}: {}", at.seq, at.fault)?;
            }
            None => {
                let end = if *end_checked { "to its end" } else { "but its end can only be checked on that node" };
                writeln!(
                    out,
                    "{}  node {node}: {entries} entries follow each other, {end}",
                    paint.mark(Ink::Strong, "sound")
                )?;
            }
        }
    }
    Ok(())
}

async fn export(settings: &SettingsArgs, filter: &AuditFilter, mut out: impl Write) -> Result<Exit> {
    let config = Settings::of_service(settings)?;
    let store = Store::open(&config).await?;
    let mut written: io::Result<()> = Ok(());
    let read = audit::export(&store, filter, |entry| {
        written = serde_json::to_writer(&mut out, entry).map_err(io::Error::from).and_then(|()| out.write_all(b"\n"));
        written.is_ok()
    })
    .await;
    store.close().await;
    read?;
    written?;
    out.flush()?;
    Ok(Exit::Done)
}
