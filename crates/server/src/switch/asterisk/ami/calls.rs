//! The channels of one Asterisk, as its events tell of them, and which of them wait for us.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use offhook_detect::Fact;
use offhook_telephony::ami::{Change, ChannelState, Headers, leg};
use serde_json::json;
use uuid::Uuid;

use super::{AmiDialer, Wire};
use crate::app::App;
use crate::pii::Pii;
use crate::switch::asterisk::cause;
use crate::switch::asterisk::claims::Claim;
use crate::switch::line::LegNews;
use crate::switch::rule::{Direction, Platform, SwitchCall};

/// The most channels that are known.
const MOST: usize = 50_000;
/// The most variables of a channel that are known, and the longest of their values.
const MOST_VARIABLES: (usize, usize) = (256, 1_024);
/// The variables that say by which name a channel's audio comes: ours, and `chan_audiosocket`'s own.
const NAMES: [&str; 2] = ["OFFHOOK_ID", "AUDIOSOCKET_UUID"];

#[derive(Debug, Default)]
struct Channel {
    name: String,
    inbound: bool,
    up: bool,
    caller: String,
    connected: String,
    context: String,
    extension: String,
    dialled: String,
    variables: HashMap<String, String>,
    /// The name its audio comes with.
    audio: Option<String>,
}

/// The channels, by their `Uniqueid`. They are kept while there is no connection.
pub(super) struct Calls {
    app: Arc<App>,
    wire: Arc<Wire>,
    channels: HashMap<String, Channel>,
    /// Those that a list has named so far, while it comes.
    listed: Option<HashSet<String>>,
    /// Whether there was a connection before.
    again: bool,
}

impl Calls {
    pub(super) fn new(app: Arc<App>, wire: Arc<Wire>) -> Self {
        Self { app, wire, channels: HashMap::new(), listed: None, again: false }
    }

    /// Whatever connection comes next is not the first.
    pub(super) fn is_back(&mut self) {
        self.again = true;
    }

    /// There is a connection, and a list of all channels was asked for.
    pub(super) fn list_begins(&mut self) {
        self.app.switches.states.connected(&self.wire.switch, self.again);
        self.app.metrics.switch_connected(&self.wire.switch, true);
        if self.again {
            self.app.metrics.switch_reconnected(&self.wire.switch);
        }
        self.listed = Some(HashSet::new());
        if self.wire.places {
            let dialer = Arc::new(AmiDialer::new(&self.wire));
            self.app.switches.placements.connect(&self.wire.switch, dialer);
        }
    }

    /// Takes an event.
    pub(super) fn take(&mut self, event: &Headers) {
        match event.get("Event") {
            Some("Newexten") => return self.step(event),
            Some("DTMFEnd") => return self.digit(event),
            Some("Rename") => {
                if let (Some(id), Some(name)) = (event.get("Uniqueid"), event.get("Newname"))
                    && let Some(channel) = self.channels.get_mut(id)
                {
                    channel.name = name.to_owned();
                }
                return;
            }
            Some("CoreShowChannelsComplete") => return self.list_ends(),
            _ => {}
        }
        let Some((leg, change)) = leg(event) else { return };
        match change {
            Change::Originated { success, reason } => {
                if let Some(id) = event.get("ActionID") {
                    self.wire.placing.told(id, success, reason);
                }
                return;
            }
            Change::HangupAsked { cause } | Change::HungUp { cause, .. } => {
                self.wire.placing.ends(leg.unique_id, cause);
            }
            _ => {}
        }
        if leg.unique_id.is_empty() {
            return;
        }
        if let Change::HungUp { cause, text } = change {
            return self.hung_up(leg.unique_id, cause.map(i64::from), text);
        }
        if self.channels.len() >= MOST && !self.channels.contains_key(leg.unique_id) {
            return;
        }
        // What is told of while the list comes is there, though the list may have been made before it was.
        if let Some(listed) = &mut self.listed {
            listed.insert(leg.unique_id.to_owned());
        }
        let new = !self.channels.contains_key(leg.unique_id);
        let channel = self.channels.entry(leg.unique_id.to_owned()).or_default();
        for (known, given) in [
            (&mut channel.name, leg.channel),
            (&mut channel.caller, leg.caller),
            (&mut channel.connected, leg.connected),
            (&mut channel.context, leg.context),
            (&mut channel.extension, leg.extension),
        ] {
            if !given.is_empty() {
                given.clone_into(known);
            }
        }
        if new {
            channel.inbound = leg.state == Some(ChannelState::Ring);
        }
        let up = leg.state.map_or(channel.up, |state| state == ChannelState::Up);
        let answered = up && !channel.up;
        channel.up = up;
        let mut audio = None;
        match change {
            Change::DialBegan { string } => string.clone_into(&mut channel.dialled),
            Change::Variable { name, value } => {
                let (most, longest) = MOST_VARIABLES;
                if value.len() <= longest && (channel.variables.len() < most || channel.variables.contains_key(name)) {
                    channel.variables.insert(name.to_owned(), value.to_owned());
                }
                audio = NAMES.contains(&name).then(|| value.to_owned());
            }
            Change::Listed => {
                audio = socket(event.get("Application"), event.get("ApplicationData"));
            }
            _ => {}
        }
        let id = leg.unique_id;
        if answered && !new {
            self.app.switches.watches.tell(id, LegNews::Answered);
        }
        if let Some(audio) = audio {
            self.waits(id, &audio);
        }
    }

    /// A step of the dialplan: `AudioSocket(UUID,…)` says by which name the channel's audio comes.
    fn step(&mut self, event: &Headers) {
        let Some(id) = event.get("Uniqueid") else { return };
        if let Some(channel) = self.channels.get_mut(id) {
            for (known, name) in [(&mut channel.context, "Context"), (&mut channel.extension, "Exten")] {
                if let Some(given) = event.get(name).filter(|given| !given.is_empty()) {
                    given.clone_into(known);
                }
            }
        }
        if let Some(audio) = socket(event.get("Application"), event.get("AppData")) {
            self.waits(id, &audio);
        }
    }

    fn digit(&self, event: &Headers) {
        let from_party = event.get("Direction").is_none_or(|direction| direction == "Received");
        if let (Some(id), Some(&[digit @ (b'0'..=b'9' | b'A'..=b'D' | b'*' | b'#')]), true) =
            (event.get("Uniqueid"), event.get("Digit").map(str::as_bytes), from_party)
        {
            self.app.switches.watches.tell(id, LegNews::Fact(Fact::Dtmf(char::from(digit))));
        }
    }

    /// The audio of this channel comes under this name, and its dialplan waits.
    fn waits(&mut self, id: &str, audio: &str) {
        let Ok(audio) = Uuid::parse_str(audio.trim()) else { return };
        let audio = audio.hyphenated().to_string();
        let Some(channel) = self.channels.get_mut(id) else { return };
        channel.audio = Some(audio.clone());
        let call = channel.call(id, &self.wire.switch);
        let claim = Claim { call, rule: None, wire: Some(Arc::clone(&self.wire)) };
        self.app.switches.asterisk.claims.claim(&audio, claim);
    }

    fn hung_up(&mut self, id: &str, number: Option<i64>, text: &str) {
        if let Some(Channel { audio: Some(audio), .. }) = self.channels.remove(id) {
            self.app.switches.asterisk.claims.take(&audio);
        }
        let details = json!({ "q850": number, "text": text });
        self.app.switches.watches.tell(id, LegNews::HungUp { cause: cause::word(number), details });
    }

    /// What a list did not name is gone: it ended while there was no connection.
    fn list_ends(&mut self) {
        let Some(listed) = self.listed.take() else { return };
        let gone: Vec<String> = self.channels.keys().filter(|id| !listed.contains(*id)).cloned().collect();
        for id in gone {
            self.hung_up(&id, None, "ended while the manager interface was not connected");
        }
    }
}

impl Channel {
    fn call(&self, id: &str, switch: &str) -> SwitchCall {
        let number = |text: &str| (!text.is_empty()).then(|| Pii::new(text.to_owned()));
        let (caller, destination) = if self.inbound {
            (&self.caller, &self.extension)
        } else {
            let dialled = if self.dialled.is_empty() { &self.caller } else { &self.dialled };
            (&self.connected, if dialled.is_empty() { &self.extension } else { dialled })
        };
        SwitchCall {
            switch: switch.to_owned(),
            platform: Platform::Asterisk,
            uuid: id.to_owned(),
            channel: self.name.clone(),
            direction: if self.inbound { Direction::Inbound } else { Direction::Outbound },
            caller: number(caller),
            destination: number(destination.rsplit('/').next().unwrap_or_default()),
            gateway: gateway(&self.name),
            context: (!self.context.is_empty()).then(|| self.context.clone()),
            variables: Pii::new(self.variables.clone()),
            answered: self.up,
        }
    }
}

/// The name of audio in the arguments of `AudioSocket()`.
fn socket(application: Option<&str>, arguments: Option<&str>) -> Option<String> {
    let arguments = arguments.filter(|_| application.is_some_and(|name| name.eq_ignore_ascii_case("AudioSocket")))?;
    arguments.split(',').next().map(str::to_owned)
}

/// The trunk of a channel: `carrier` of `PJSIP/carrier-00000009`.
pub(in crate::switch::asterisk) fn gateway(channel: &str) -> Option<String> {
    let (_, rest) = channel.split_once('/')?;
    let trunk = rest.rsplit_once('-').map_or(rest, |(trunk, _)| trunk);
    (!trunk.is_empty()).then(|| trunk.to_owned())
}
