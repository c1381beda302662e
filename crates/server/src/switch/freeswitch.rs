//! FreeSWITCH: its event sockets, which bring news of calls and obey orders, and the recordings that are followed where
//! no module streams audio.
//!
//! A [`Site`] is one FreeSWITCH of the configuration. [`inbound`] keeps us connected to it, [`outbound`] takes the calls
//! that a dialplan sends us with `socket`. Both turn [`news`] of a leg into what its watch understands, and give each
//! watch a [`line::FreeSwitchLine`] to obey it.

mod calls;
mod connection;
mod dialer;
mod inbound;
mod line;
mod news;
mod outbound;
mod pickup;
mod record;
mod site;
mod wav;

use std::sync::Arc;

use super::allow::Door;
use super::config::{SwitchError, Switches};
use super::rule::Platform;
use crate::app::App;
use site::Site;

/// Connects to each FreeSWITCH of the file, and listens for those that connect to us.
///
/// # Errors
/// A password cannot be read, or the port for outbound event sockets cannot be taken.
pub(super) fn start(app: &Arc<App>, config: &Switches) -> Result<(), SwitchError> {
    let node = node_name(config.node.as_deref());
    let mut sites = Vec::new();
    for (at, switch) in config.freeswitch.iter().enumerate() {
        let password = switch.password.reveal(&format!("freeswitch[{at}].password"))?;
        app.switches.states.add(&switch.name, Platform::FreeSwitch, &switch.address);
        app.metrics.switch_connected(&switch.name, false);
        let site = Arc::new(Site::new(switch.clone(), &node));
        app.tasks.spawn(inbound::run(Arc::clone(app), Arc::clone(&site), password));
        sites.push(site);
    }
    if let Some(listen) = &config.event_socket {
        let door = Door::open("event_socket", listen)?;
        app.tasks.spawn(outbound::run(Arc::clone(app), sites, door));
    }
    Ok(())
}

/// The name of this node: of the configuration, or the host's, and what tells this run from another of the same name.
fn node_name(config: Option<&str>) -> String {
    let host = || rustix::system::uname().nodename().to_string_lossy().into_owned();
    let name: String = config
        .filter(|name| !name.is_empty())
        .map_or_else(host, str::to_owned)
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() || ".-_".contains(letter) { letter } else { '_' })
        .take(64)
        .collect();
    let run = uuid::Uuid::new_v4().simple().to_string();
    format!("{name}-{}", &run[..8])
}
