//! `offhook keys`: API keys, straight on the database, so that the first one of a service can be made.

use std::io::{self, Write as _};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use offhook_server::ServerConfig;
use offhook_server::audit::Audit;
use offhook_server::auth::{Identity, Key, KeyText, KeyView, Keys, Role, Scope};
use offhook_server::store::Store;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::exit::{Exit, Mistake};
use crate::settings::{Settings, SettingsArgs};
use crate::terminal;

/// How long the audit log may take to be written.
const AUDIT: Duration = Duration::from_secs(10);

/// Make, list, rotate and revoke API keys
#[derive(Args, Debug)]
#[command(after_help = AFTER, after_long_help = AFTER)]
pub(crate) struct KeysArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// Make a key and print it; it is shown this once
    Create {
        /// A name for people
        #[arg(long)]
        name: String,
        /// What it may do: client (send audio, see its own calls) or admin (everything)
        #[arg(long, default_value = "client", value_parser = role)]
        role: Role,
        /// What it may do, one by one: voicemail:detect, voicemail:admin, system:monitor; may be given many times, in place
        /// of --role
        #[arg(long = "scope", value_name = "SCOPE", value_parser = scope, conflicts_with = "role")]
        scopes: Vec<Scope>,
        /// How long it lasts, such as 30d, or never [default: auth.key_life]
        #[arg(long, value_name = "TIME")]
        life: Option<String>,
        #[command(flatten)]
        common: Shared,
    },
    /// Every key, the newest first
    List {
        #[command(flatten)]
        common: Shared,
    },
    /// Make a key that follows another, for the same caller; the old one goes on for auth.key_overlap
    Rotate {
        /// The id of the key
        id: Uuid,
        #[command(flatten)]
        common: Shared,
    },
    /// End a key: services learn of it within seconds
    Revoke {
        /// The id of the key
        id: Uuid,
        #[command(flatten)]
        common: Shared,
    },
}

#[derive(Args, Debug)]
struct Shared {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: SettingsArgs,
}

const AFTER: &str = "\
The database is the one of the service: storage.folder or storage.database. The service may be running. What is done is in the audit log.

Examples:
  offhook keys create --name ops --role admin
  offhook keys create --name dialer --life 90d --config offhook.toml
  offhook keys list
  offhook keys rotate 0197c0de-0000-7000-8000-000000000000";

fn role(text: &str) -> Result<Role, String> {
    Role::of(text).ok_or_else(|| format!("allowed is {}", Role::ALL.map(Role::word).join(" or ")))
}

fn scope(text: &str) -> Result<Scope, String> {
    Scope::of(text).ok_or_else(|| format!("allowed is {}", Scope::ALL.map(Scope::word).join(", ")))
}

pub(crate) fn run(args: &KeysArgs) -> Result<Exit> {
    let (Action::Create { common, .. }
    | Action::List { common }
    | Action::Rotate { common, .. }
    | Action::Revoke { common, .. }) = &args.action;
    let config = Settings::of_service(&common.settings)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start the runtime")?;
    runtime.block_on(act(&args.action, common.json, &config))?;
    Ok(Exit::Done)
}

async fn act(action: &Action, is_json: bool, config: &ServerConfig) -> Result<()> {
    let store = Store::open(config).await.context("cannot open the storage")?;
    let done = act_on(action, is_json, config, &store).await;
    store.close().await;
    done
}

async fn act_on(action: &Action, is_json: bool, config: &ServerConfig, store: &Store) -> Result<()> {
    let keys = Keys::of(store);
    let (done, subject, detail) = match action {
        Action::List { .. } => return list(&keys.list().await?, is_json),
        Action::Create { name, role, scopes, life, .. } => {
            let scopes = if scopes.is_empty() { role.scopes() } else { scopes.as_slice() };
            let refuse = |option: &str, given: &str, allowed: &str| {
                Mistake::Usage(format!("{option}: given {given:?}, allowed is {allowed}"))
            };
            let name = Keys::name_of(name).map_err(|allowed| refuse("--name", name, allowed))?;
            let life = Keys::life_of(life.as_deref(), config.auth.key_life)
                .map_err(|allowed| refuse("--life", life.as_deref().unwrap_or_default(), allowed))?;
            let (text, key) = keys.create(name, scopes, life).await?;
            show(&text, &key, is_json)?;
            ("key.created", key.id, json!({ "name": key.name, "prefix": key.prefix, "scopes": key.scopes }))
        }
        Action::Rotate { id, .. } => {
            let (text, key) = keys.rotate(*id, config.auth.key_overlap).await?;
            show(&text, &key, is_json)?;
            ("key.rotated", *id, json!({ "successor": key.id, "prefix": key.prefix }))
        }
        Action::Revoke { id, .. } => {
            if !keys.revoke(*id).await? {
                terminal::tell("the key was revoked before");
                return Ok(());
            }
            terminal::tell("the key is revoked");
            ("key.revoked", *id, json!({}))
        }
    };
    note(config, store, done, subject, detail).await
}

async fn note(config: &ServerConfig, store: &Store, action: &'static str, subject: Uuid, detail: Value) -> Result<()> {
    let audit = Audit::open(config, store).await.context("cannot open the audit log")?;
    let who = Identity { id: "command".into(), name: "offhook keys".into(), scopes: Scope::ALL.to_vec() };
    audit.note(&who, action, &subject.to_string(), detail);
    if !audit.flush(AUDIT).await {
        terminal::tell_warning("it is done, but the audit log could not be written");
    }
    Ok(())
}

/// The key goes to the output alone, so that a script can take it; all about it to where people look.
fn show(text: &KeyText, key: &Key, is_json: bool) -> Result<()> {
    let view = KeyView::from(key);
    let mut out = io::stdout().lock();
    if is_json {
        let mut object = serde_json::to_value(&view)?;
        if let Some(object) = object.as_object_mut() {
            object.insert("key".into(), text.reveal().into());
        }
        writeln!(out, "{object}")?;
    } else {
        writeln!(out, "{}", text.reveal())?;
        let until = view.expires.map_or_else(|| "for ever".to_owned(), |end| format!("until {end}"));
        let scopes = view.scopes.iter().map(|scope| scope.word()).collect::<Vec<_>>().join(" ");
        terminal::tell(&format!("{} ({}), {scopes}, good {until}; the key is shown this once", view.name, view.id));
    }
    Ok(out.flush()?)
}

fn list(keys: &[Key], is_json: bool) -> Result<()> {
    let mut out = io::stdout().lock();
    let views: Vec<KeyView> = keys.iter().map(KeyView::from).collect();
    if is_json {
        writeln!(out, "{}", json!({ "keys": views }))?;
        return Ok(out.flush()?);
    }
    for view in views {
        let state = match (&view.revoked, &view.expires, view.active) {
            (Some(at), ..) => format!("revoked {at}"),
            (_, Some(end), true) => format!("until {end}"),
            (_, Some(end), false) => format!("expired {end}"),
            (_, None, _) => "for ever".to_owned(),
        };
        let used = view.last_used.as_deref().unwrap_or("never");
        let role = view.role.word();
        writeln!(out, "{}  ohk_{}_…  {role:<6}  {state:<30}  used {used:<20}  {}", view.id, view.prefix, view.name)?;
    }
    Ok(out.flush()?)
}
