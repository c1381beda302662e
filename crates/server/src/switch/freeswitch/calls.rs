//! A leg of FreeSWITCH as a call that may be watched, and the beginning of its watch.

use std::sync::Arc;

use offhook_telephony::esl::{self, Event, Leg};

use super::connection::Connection;
use super::line::FreeSwitchLine;
use super::site::Site;
use crate::app::App;
use crate::pii::Pii;
use crate::switch::config::Tap;
use crate::switch::rule::{Direction, Platform, Rule, SwitchCall};
use crate::switch::watch::{self, Terms};

/// The variable that says which node watches a leg.
pub(super) const NODE: &str = "offhook_node";
/// The variable that says that it was told who picked up.
pub(super) const ANSWERED_BY: &str = "offhook_answered_by";
/// The variable that says why a message may start, once it may.
pub(super) const READY: &str = "offhook_ready";

/// The call of an event.
pub(super) fn call_of(switch: &str, event: &Event) -> Option<SwitchCall> {
    let leg = Leg::of(event)?;
    let answered = event.name() == "CHANNEL_ANSWER" || leg.is_up();
    let direction = match leg.direction {
        Some(esl::Direction::Outbound) => Direction::Outbound,
        Some(esl::Direction::Inbound) | None => Direction::Inbound,
    };
    let context = event.get("Caller-Context").or_else(|| event.get("Channel-Context")).map(str::to_owned);
    Some(SwitchCall {
        switch: switch.to_owned(),
        platform: Platform::FreeSwitch,
        uuid: leg.uuid,
        channel: leg.channel.unwrap_or_default(),
        direction,
        caller: leg.caller_number.map(Pii::new),
        destination: leg.destination.map(Pii::new),
        gateway: leg.gateway,
        context,
        variables: Pii::new(leg.variables.into_iter().collect()),
        answered,
    })
}

/// How the watch of a call begins.
#[derive(Debug, Default)]
pub(super) struct Beginning {
    /// The socket of the call itself, where its dialplan waits for us.
    pub(super) socket: Option<Connection>,
    /// Whether somebody else watched it before.
    pub(super) taken_over: bool,
    /// Whether only its message is still to be left.
    pub(super) resumed: bool,
}

/// The rule by which a call is watched from now on. `None`: it is not, or not yet.
pub(super) fn rule_of(app: &App, call: &SwitchCall) -> Option<Arc<Rule>> {
    app.switches.rule_for(call).filter(|rule| call.answered || rule.early_media)
}

/// Watches a call. `None`: it is watched already.
pub(super) fn begin(
    app: &Arc<App>,
    site: &Arc<Site>,
    call: SwitchCall,
    rule: Arc<Rule>,
    beginning: Beginning,
) -> Option<Arc<FreeSwitchLine>> {
    if app.switches.watches.has(&call.uuid) {
        return None;
    }
    let call = Arc::new(call);
    let expected = app.switches.links.expect(&call.uuid, Arc::clone(&call), rule.campaign.clone());
    let (held, resumed) = (beginning.socket.is_some(), beginning.resumed);
    let line = Arc::new(FreeSwitchLine::new(
        Arc::clone(app),
        Arc::clone(site),
        &call,
        Arc::clone(&rule),
        expected.token.clone(),
        beginning,
    ));
    let by_itself = site.config.audio == Tap::Dialplan;
    if by_itself {
        app.switches.links.open(&call.uuid);
    }
    let terms = Terms { call, rule, line: Arc::clone(&line) as _, expected, by_itself, held, resumed };
    watch::begin(app, terms).then_some(line)
}
