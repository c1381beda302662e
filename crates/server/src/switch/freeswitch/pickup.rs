//! Calls in progress: after a connection was made anew, and after another node died.

use std::collections::HashSet;
use std::sync::Arc;

use offhook_detect::AnsweredBy;
use offhook_telephony::esl::{ApiLine, Event, EventFormat, rows};
use serde_json::json;

use super::calls::{ANSWERED_BY, Beginning, NODE, READY, begin, call_of, rule_of};
use super::connection::Connection;
use super::inbound::watched;
use super::site::Site;
use crate::app::App;
use crate::switch::line::LegNews;
use crate::switch::order::OrderError;

/// The most legs that are looked at. A switch with more has other cares.
const MOST: usize = 20_000;
/// How many are asked about at once.
const AT_ONCE: usize = 32;

/// Picks calls up: watches whose leg is gone are told, and legs that are to be watched and are not, are from now on.
pub(super) async fn pick_up(app: &Arc<App>, site: &Arc<Site>, connection: &Connection) -> Result<(), OrderError> {
    let before: HashSet<String> = site.now().lines.keys().cloned().collect();
    let list = connection.api(ApiLine::channels()).await?;
    let rows = rows(&list).map_err(|error| OrderError::Unable(error.to_string()))?;
    let there: HashSet<&str> = rows.iter().map(|row| row.uuid.as_str()).collect();
    for leg in before.iter().filter(|leg| !there.contains(leg.as_str())) {
        if let Some(line) = site.now().end(leg) {
            line.over();
        }
        let cause = "UNKNOWN".to_owned();
        app.switches.watches.tell(leg, LegNews::HungUp { cause, details: json!({ "missed": true }) });
    }
    let up = |state: &str| matches!(state, "ACTIVE" | "HELD");
    let mut legs = Vec::new();
    for row in rows.into_iter().filter(|row| up(&row.call_state)).take(MOST) {
        let line = site.now().lines.get(&row.uuid).cloned();
        match line {
            Some(line) if line.answered() => {
                app.switches.watches.tell(&row.uuid, LegNews::Answered);
            }
            Some(_) => {}
            None if app.switches.watches.has(&row.uuid) => continue,
            None => {}
        }
        legs.push(row.uuid);
    }
    for some in legs.chunks(AT_ONCE) {
        let lines = some.iter().filter_map(|leg| ApiLine::dump(leg, EventFormat::Json).ok());
        let dumps: Vec<_> = lines.map(|line| connection.api(line)).collect();
        for dump in dumps {
            match dump.await {
                Ok(text) => consider(app, site, &text),
                // It is over by now.
                Err(OrderError::Refused(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

/// Watches a leg, if it is for this node, a rule fits, and it was not yet told who picked up; or it was, and the message
/// to a voicemail is still to be left.
fn consider(app: &Arc<App>, site: &Arc<Site>, dump: &str) {
    let Ok(event) = Event::from_json(dump.as_bytes()) else { return };
    let Some(call) = call_of(&site.config.name, &event) else { return };
    let node = event.variable(NODE).filter(|node| !node.is_empty());
    let others = node.is_some_and(|node| {
        let now = site.now();
        node != now.nodes.me() && now.nodes.lives(node)
    });
    let line = site.now().lines.get(&call.uuid).cloned();
    if let Some(line) = line {
        if others {
            // While we were not connected, another node took it over.
            line.leave_audio();
            site.now().lines.remove(&call.uuid);
            app.switches.watches.tell(&call.uuid, LegNews::Taken);
        }
        return;
    }
    let bridged = event.variable("bridge_uuid").is_some_and(|other| !other.is_empty());
    let said = |name| event.variable(name).filter(|said| !said.is_empty());
    let resumed =
        said(ANSWERED_BY) == Some(AnsweredBy::Voicemail.word()) && said(READY).is_none() && said(NODE).is_some();
    if !call.answered || others || bridged || (said(ANSWERED_BY).is_some() && !resumed) {
        return;
    }
    {
        let now = site.now();
        if !now.nodes.mine(&call.uuid) || now.is_over(&call.uuid) {
            return;
        }
    }
    let rule = rule_of(app, &call);
    app.switches.states.seen(&site.config.name, rule.is_some());
    let Some(rule) = rule.filter(|rule| !resumed || rule.message().is_some()) else { return };
    let beginning = Beginning { taken_over: node.is_some(), resumed, ..Beginning::default() };
    if let Some(line) = begin(app, site, call, rule, beginning) {
        watched(site, line);
    }
}
