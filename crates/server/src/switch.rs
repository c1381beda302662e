//! Calls on switches: which are watched, how their audio comes, and what is done once it is known who picked up.
//!
//! A connection to a switch sees a call and asks the [`rule`]s whether it is watched. If
//! so, a watch begins: it has the audio sent to a detector ([`links`] join the two), gives what is heard to
//! [`conduct`], which alone decides what is done, and has the connection obey its [`Order`]s.

pub mod action;
pub mod allow;
mod ask;
pub mod asterisk;
mod breaker;
pub mod conduct;
pub mod config;
mod feed;
mod freeswitch;
mod handling;
mod line;
pub mod links;
mod nodes;
pub mod order;
pub mod originate;
pub mod outside;
pub mod rule;
mod state;
mod tell;
pub mod watch;

pub use action::{Action, Ask, MessageDrop, Moment, Then};
pub use conduct::{Conduct, Input, Opinion};
pub use config::{SwitchError, Switches};
#[allow(unused_imports, reason = "Feed is for the wires of switches")]
pub(crate) use feed::{Feed, described, identity};
pub use handling::{Handling, Step};
pub use line::{LegNews, Line};
pub use links::{Expected, Heard, Link, Links};
pub use order::{Announcement, Order, OrderError};
pub use originate::{Dialer, Originate, Placed, Placements};
pub use rule::{Direction, Platform, Rule, SwitchCall};
pub use state::{States, SwitchState};
pub(crate) use tell::variables;

use std::sync::Arc;

use crate::app::App;

/// What the service knows of switches.
#[derive(Debug)]
pub struct Switchboard {
    /// The file of switches; `None`: there is none, and calls are heard only as their audio comes.
    pub config: Option<Arc<Switches>>,
    /// The calls whose audio is expected.
    pub links: Arc<Links>,
    /// What there is for Asterisk.
    pub asterisk: asterisk::Asterisks,
    /// The calls that are watched.
    pub watches: watch::Watches,
    /// What can place calls, and the calls that were placed.
    pub placements: Placements,
    /// How the connections to switches are.
    pub states: States,
    /// Asks webhooks what to do.
    client: reqwest::Client,
}

impl Switchboard {
    /// Reads the file of switches, if one is named.
    ///
    /// # Errors
    /// Says where it cannot be used.
    pub fn open(file: Option<&std::path::Path>) -> Result<Self, SwitchError> {
        let config = file.map(Switches::read).transpose()?.map(Arc::new);
        let client = reqwest::Client::builder()
            .user_agent(concat!("Offhook/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        let (links, watches, states) = (Arc::default(), watch::Watches::default(), States::default());
        let asterisk = config.as_deref().map(asterisk::Asterisks::open).transpose()?.unwrap_or_default();
        Ok(Self { config, links, asterisk, watches, placements: Placements::default(), states, client })
    }

    /// Starts the connections of the file as tasks of the service. They end once it is told to stop.
    ///
    /// # Errors
    /// A password cannot be read, or a port cannot be taken.
    pub async fn start(&self, app: &Arc<App>) -> Result<(), SwitchError> {
        let Some(config) = &self.config else { return Ok(()) };
        asterisk::start(app, config)?;
        freeswitch::start(app, config)
    }

    /// The rule for this call, if it is watched. A call that the service placed has its own.
    pub fn rule_for(&self, call: &SwitchCall) -> Option<Arc<Rule>> {
        if let Some(placed) = self.placements.find(&call.uuid) {
            return Some(Arc::clone(&placed.rule));
        }
        rule::rule_for(&self.config.as_ref()?.rules, call).cloned()
    }
}
