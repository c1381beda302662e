//! Calls on Asterisk: its audio by AudioSocket, RTP and WebSocket, its words by AMI, ARI and FastAGI.
//!
//! A call whose dialplan runs `AudioSocket()` waits for us as it would for `AMD()`: once it is known who picked up, that
//! is set as variables of its channel, and only then its socket is closed.

mod ami;
mod ari;
mod audiosocket;
mod cause;
mod claims;
mod fastagi;
mod hearing;
mod kept;
mod line;
pub(crate) mod media_socket;
mod outlets;
mod playing;
mod rtp;
mod sound;
mod words;

use std::sync::Arc;

pub(in crate::switch) use ami::place;
use ami::{AmiLine, gateway};
use claims::Claim;
use line::SocketLine;

use super::allow::Door;
use super::config::{SwitchError, Switches};
use super::line::Line;
use super::links::Link;
use super::rule::Platform;
use super::watch::{self, Terms};
use crate::app::App;

/// What the service has for Asterisk.
#[derive(Debug, Default)]
pub struct Asterisks {
    /// Where `AudioSocket()` connects to.
    pub audiosocket: Option<Door>,
    /// Where `AGI(agi://…)` connects to.
    pub fastagi: Option<Door>,
    /// The manager interfaces.
    ami: Vec<Arc<ami::Wire>>,
    /// The wires that bring audio now.
    outlets: Arc<outlets::Outlets>,
    /// Whose the audio is that will come.
    claims: claims::Claims,
    /// What is to be told when a dialplan asks.
    kept: kept::Kept,
    /// The ports for RTP.
    ports: rtp::Ports,
}

impl Asterisks {
    /// Takes the ports that the file of switches names.
    ///
    /// # Errors
    /// One of them cannot be taken.
    pub(super) fn open(switches: &Switches) -> Result<Self, SwitchError> {
        let door = |field, listen: &Option<_>| listen.as_ref().map(|listen| Door::open(field, listen)).transpose();
        let ami = switches.asterisk.iter().filter_map(|switch| ami::Wire::new(switch).map(Arc::new)).collect();
        Ok(Self {
            audiosocket: door("audiosocket", &switches.audiosocket)?,
            fastagi: door("fastagi", &switches.fastagi)?,
            ami,
            ..Self::default()
        })
    }

    /// Whether the manager interface of this switch tells of its calls.
    fn is_up(&self, switch: &str) -> bool {
        self.ami.iter().any(|wire| wire.switch == switch && wire.is_up())
    }
}

/// Begins to listen and to connect, as the file of switches has it.
///
/// # Errors
/// A password cannot be read.
pub(super) fn start(app: &Arc<App>, switches: &Switches) -> Result<(), SwitchError> {
    let asterisk = &app.switches.asterisk;
    if let Some(door) = asterisk.audiosocket.clone() {
        app.tasks.spawn(audiosocket::serve(Arc::clone(app), door));
    }
    if let Some(door) = asterisk.fastagi.clone() {
        app.tasks.spawn(fastagi::serve(Arc::clone(app), door));
    }
    for wire in &asterisk.ami {
        app.switches.states.add(&wire.switch, Platform::Asterisk, wire.address());
        app.metrics.switch_connected(&wire.switch, false);
        app.tasks.spawn(ami::keep(Arc::clone(app), Arc::clone(wire)));
    }
    for switch in &switches.asterisk {
        if let Some(site) = ari::Site::new(app, switch)? {
            if switch.ami.is_none() {
                app.switches.states.add(&switch.name, Platform::Asterisk, &site.address());
            }
            app.metrics.switch_connected(&switch.name, false);
            app.tasks.spawn(ari::keep(site));
        }
    }
    Ok(())
}

/// Watches a call that waits in its dialplan while its audio comes under this name, if its rule says so.
fn watch_held(app: &Arc<App>, claim: Claim, audio: &str) -> Option<Link> {
    let Claim { call, rule, wire } = claim;
    let rule = rule.or_else(|| app.switches.rule_for(&call));
    app.switches.states.seen(&call.switch, rule.is_some());
    let rule = rule?;
    let socket = SocketLine::new(app, &call.uuid, audio, &rule);
    let line: Arc<dyn Line> = match wire {
        Some(wire) => Arc::new(AmiLine::new(wire, &call.uuid, socket)),
        None => Arc::new(socket),
    };
    let call = Arc::new(call);
    let expected = app.switches.links.expect(audio, Arc::clone(&call), rule.campaign.clone());
    watch::begin(app, Terms { call, rule, line, expected, by_itself: true, held: true, resumed: false });
    app.switches.links.take(audio)
}
