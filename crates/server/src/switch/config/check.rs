//! What belongs together in the file of switches.

use std::collections::HashSet;

use offhook_detect::Vocabulary;

use super::{FreeSwitch, SwitchError, Switches, Tap};
use crate::switch::action::{Action, Ask};
use crate::switch::asterisk;
use crate::switch::order::MOST_ACTIONS;
use crate::switch::rule::Rule;

impl Switches {
    /// Checks what belongs together.
    pub(super) fn check(&self) -> Result<(), SwitchError> {
        let names = self.freeswitch.iter().map(|s| &s.name).chain(self.asterisk.iter().map(|s| &s.name));
        let mut known = HashSet::new();
        for name in names {
            if name.is_empty() || !known.insert(name.clone()) {
                return Err(SwitchError::value("name", name.clone(), "a name of its own for each switch"));
            }
        }
        for (at, switch) in self.freeswitch.iter().enumerate() {
            check_freeswitch(&format!("freeswitch[{at}]"), switch)?;
        }
        for (at, switch) in self.asterisk.iter().enumerate() {
            let field = format!("asterisk[{at}]");
            if switch.ami.is_none() && switch.ari.is_none() {
                return Err(SwitchError::value(field, "neither", "ami, ari or both"));
            }
            if let Some(place) = switch.ami.as_ref().and_then(|ami| ami.place.as_ref())
                && asterisk::place(place).is_none()
            {
                let allowed = "CONTEXT,EXTENSION,PRIORITY of the dialplan";
                return Err(SwitchError::value(format!("{field}.ami.place"), place.clone(), allowed));
            }
        }
        let dials =
            self.freeswitch.iter().enumerate().map(|(at, switch)| (format!("freeswitch[{at}].dial"), &switch.dial));
        let more = self.asterisk.iter().enumerate().map(|(at, switch)| (format!("asterisk[{at}].dial"), &switch.dial));
        for (field, dial) in dials.chain(more) {
            if let Some(dial) = dial.as_ref().filter(|dial| !dial.contains("{number}")) {
                return Err(SwitchError::value(field, dial.clone(), "a dial string with {number} in it"));
            }
        }
        for (at, rule) in self.rules.iter().enumerate() {
            check_rule(&format!("rule[{at}]"), rule, &known)?;
        }
        Ok(())
    }
}

fn check_freeswitch(field: &str, switch: &FreeSwitch) -> Result<(), SwitchError> {
    if switch.audio == Tap::Record && switch.folder.is_none() {
        return Err(SwitchError::value(format!("{field}.folder"), "", "a folder, for audio is record"));
    }
    for node in &switch.nodes {
        if !(node.starts_with("ws://") || node.starts_with("wss://")) || node.contains(char::is_whitespace) {
            return Err(SwitchError::value(
                format!("{field}.nodes"),
                node.clone(),
                "ws://HOST:PORT or wss://HOST:PORT",
            ));
        }
    }
    Ok(())
}

fn check_rule(field: &str, rule: &Rule, known: &HashSet<String>) -> Result<(), SwitchError> {
    let refuse =
        |name: &str, given: String, allowed: &str| Err(SwitchError::value(format!("{field}.{name}"), given, allowed));
    if !(0.0..=100.0).contains(&rule.share) {
        return refuse("share", rule.share.to_string(), "0 to 100");
    }
    if !matches!(rule.rate, 8_000 | 16_000) {
        return refuse("rate", rule.rate.to_string(), "8000 or 16000");
    }
    for (name, time) in [("within", rule.within), ("audio_within", rule.audio_within), ("listen", rule.listen)] {
        if time.is_zero() {
            return refuse(name, "0s".into(), "more than 0s");
        }
    }
    if let Some(switch) = rule.switches.iter().find(|switch| !known.contains(*switch)) {
        return refuse("switches", switch.clone(), "the name of a switch in this file");
    }
    if let Some(name) = rule.vocabularies.iter().find(|name| Vocabulary::named(name).is_none()) {
        let names: Vec<&str> = Vocabulary::ALL.iter().map(Vocabulary::name).collect();
        return refuse("vocabularies", name.clone(), &names.join(", "));
    }
    for (moment, actions) in &rule.on {
        let place = format!("on.{moment:?}").to_lowercase();
        if actions.len() > MOST_ACTIONS {
            return refuse(&place, actions.len().to_string(), &format!("at most {MOST_ACTIONS} actions"));
        }
        for action in actions {
            if let Err(error) = action.check() {
                return refuse(&place, error, "an action that can be done");
            }
            if let Action::Webhook(Ask { within, .. }) = action
                && *within > rule.within
            {
                let given = humantime::format_duration(*within).to_string();
                return refuse(&format!("{place}.webhook.within"), given, "at most the rule's own within");
            }
        }
    }
    Ok(())
}
