//! `offhook vault`: kept audio and the keys it is under.

use std::collections::BTreeMap;
use std::io::{self, Write};

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use offhook_server::ServerConfig;
use offhook_server::store::Store;
use offhook_server::vault::{Rotation, Status, Vault, VaultError};

use crate::exit::Exit;
use crate::settings::{Settings, SettingsArgs};
use crate::terminal::{self, Ink, Paint};

/// Show under which keys audio is kept, or put it under a new one
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct VaultArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// How much is kept, and under which keys
    Status(What),
    /// Wrap the key of every recording under the first key of audio.key
    Rotate(What),
}

#[derive(Args, Debug)]
struct What {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: SettingsArgs,
}

const AFTER: &str = "\
To change the key: put the new one before the old one in audio.key and restart each node; run offhook vault rotate, which may be broken off and run again; when offhook vault status shows nothing under the old key, take it out. Recordings are not encrypted anew, only their own keys are.

Examples:
  offhook vault status
  head -c 32 /dev/urandom | base64 > new.key
  offhook vault rotate --set audio.key=file:new.key,file:old.key";

pub(crate) fn run(args: &VaultArgs) -> Result<Exit> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start the runtime")?;
    runtime.block_on(async {
        let (Action::Status(what) | Action::Rotate(what)) = &args.action;
        let config = Settings::of_service(&what.settings)?;
        let store = Store::open(&config).await?;
        let done = act(&args.action, &config, &store, what.json).await;
        store.close().await;
        done
    })
}

async fn act(action: &Action, config: &ServerConfig, store: &Store, json: bool) -> Result<Exit> {
    let vault = Vault::open(config, store).await?;
    let mut out = io::stdout().lock();
    match action {
        Action::Status(_) => {
            let status = vault.status().await?;
            if json {
                writeln!(out, "{:#}", status_json(&status))?;
            } else {
                write_status(&mut out, &status, Paint::for_output())?;
            }
            Ok(if status.unreadable.is_empty() { Exit::Done } else { Exit::Failed })
        }
        Action::Rotate(_) => {
            let bar = terminal::progress(usize::MAX, "recordings");
            bar.unset_length();
            let rotation = vault.rotate(|so_far| bar.set_position(so_far.seen)).await?;
            bar.finish_and_clear();
            if json {
                writeln!(out, "{:#}", rotation_json(&rotation))?;
            } else {
                let Rotation { rewrapped, already, gone, .. } = rotation;
                writeln!(out, "{rewrapped} wrapped anew, {already} were already, {gone} deleted meanwhile")?;
                tell_failures(&rotation.failed);
            }
            Ok(if rotation.failed.is_empty() { Exit::Done } else { Exit::Failed })
        }
    }
}

fn write_status(out: &mut dyn Write, status: &Status, paint: Paint) -> io::Result<()> {
    let count = paint.mark(Ink::Strong, format!("{} recordings", status.recordings));
    writeln!(out, "{count}, {} bytes", status.bytes)?;
    for key in &status.keys {
        let count = status.by_key.get(key).copied().unwrap_or_default();
        let role = if Some(*key) == status.first { "wraps new ones" } else { "opens what it wrapped" };
        writeln!(out, "  {count:>9} under {key}, which {role}")?;
    }
    for (key, count) in status.by_key.iter().filter(|(key, _)| !status.keys.contains(key)) {
        let word = paint.mark(Ink::Wrong, "which is not in audio.key: they cannot be opened");
        writeln!(out, "  {count:>9} under {key}, {word}")?;
    }
    tell_failures(&status.unreadable);
    Ok(())
}

fn tell_failures(failed: &[(String, VaultError)]) {
    for (what, error) in failed {
        terminal::tell_warning(&format!("{what}: {error}"));
    }
}

fn failures(failed: &[(String, VaultError)]) -> Vec<serde_json::Value> {
    failed.iter().map(|(what, error)| serde_json::json!({ "recording": what, "error": error.to_string() })).collect()
}

fn status_json(status: &Status) -> serde_json::Value {
    let by_key: BTreeMap<String, u64> = status.by_key.iter().map(|(key, count)| (key.to_string(), *count)).collect();
    serde_json::json!({
        "recordings": status.recordings,
        "bytes": status.bytes,
        "by_key": by_key,
        "first": status.first.map(|key| key.to_string()),
        "keys": status.keys.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "unreadable": failures(&status.unreadable),
    })
}

fn rotation_json(rotation: &Rotation) -> serde_json::Value {
    serde_json::json!({
        "seen": rotation.seen,
        "rewrapped": rotation.rewrapped,
        "already": rotation.already,
        "gone": rotation.gone,
        "failed": failures(&rotation.failed),
    })
}
