//! What is done in each step.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use offhook_telephony::agi::{Command, Environment};
use uuid::Uuid;

use super::session::{Agi, AgiError};
use crate::app::App;
use crate::pii::Pii;
use crate::switch::asterisk::ami;
use crate::switch::asterisk::claims::Claim;
use crate::switch::asterisk::{cause, gateway, words};
use crate::switch::order::Order;
use crate::switch::rule::{Direction, Platform, Rule, SwitchCall};

/// How long results are waited for where the dialplan does not say.
const WITHIN: Duration = Duration::from_secs(2);
/// The longest they are waited for.
const LONGEST: Duration = Duration::from_secs(30);
/// How long a sound or an application may take.
const PLAY_TIME: Duration = Duration::from_secs(55);
/// `CHANNEL STATUS` of a channel that is up.
const UP: i64 = 6;

/// The variable with the name for `AudioSocket()`.
const ID: &str = "OFFHOOK_ID";
/// The variable that says what was wrong.
const ERROR: &str = "OFFHOOK_ERROR";

const HELP: [&str; 4] = [
    "Offhook: agi://HOST/begin sets OFFHOOK_ID, the UUID for AudioSocket(${OFFHOOK_ID},HOST:PORT).",
    "Offhook: begin?rule=NAME asks for a rule by its name, begin?switch=NAME says which Asterisk this is,",
    "Offhook: begin?direction=inbound that the far party called; other parameters count as variables for the rules.",
    "Offhook: agi://HOST/result?within=2000 sets AMDSTATUS, AMDCAUSE and OFFHOOK_*, and waits for them so many ms.",
];

/// Says what there is.
pub(super) async fn help(agi: &mut Agi) -> Result<(), AgiError> {
    for line in HELP {
        agi.say(line).await?;
    }
    Ok(())
}

/// There is no such step.
pub(super) async fn unknown(agi: &mut Agi, path: &str) -> Result<(), AgiError> {
    let path: String = words::value(path).chars().take(80).collect();
    refuse(agi, &format!("step: given {path:?}, allowed is begin or result")).await
}

async fn refuse(agi: &mut Agi, why: &str) -> Result<(), AgiError> {
    tracing::warn!(why, "a step of FastAGI cannot be done");
    agi.say(&format!("Offhook: {why}")).await?;
    agi.set(ERROR, why).await
}

/// The audio of this channel will come, under a name that is told to the dialplan.
pub(super) async fn begin(app: &Arc<App>, agi: &mut Agi, at: &Environment) -> Result<(), AgiError> {
    let Some(id) = at.get("uniqueid").map(str::to_owned) else {
        return refuse(agi, "agi_uniqueid: given nothing, allowed is a channel's name").await;
    };
    let rule = match at.parameter("rule") {
        None => None,
        Some(name) => match by_name(app, name) {
            Some(rule) => Some(rule),
            None => {
                return refuse(agi, &format!("rule: given {:?}, allowed is the name of a rule", words::value(name)))
                    .await;
            }
        },
    };
    let answered = agi.ask(&Command::channel_status()).await?.number() == Some(UP);
    let wire = wire(app, at.parameter("switch"));
    let call = call(at, &id, wire.as_deref().map(|wire| wire.switch.as_str()), app, answered);
    let audio = Uuid::new_v4().hyphenated().to_string();
    app.switches.asterisk.kept.begin(&id);
    app.switches.asterisk.claims.claim(&audio, Claim { call, rule, wire });
    agi.set(ID, &audio).await
}

/// Sets what is known of the call, and does what else was to be done.
pub(super) async fn result(app: &Arc<App>, agi: &mut Agi, at: &Environment) -> Result<(), AgiError> {
    let within = match at.parameter("within").map(str::parse) {
        None => WITHIN,
        Some(Ok(milliseconds)) => Duration::from_millis(milliseconds).min(LONGEST),
        Some(Err(_)) => return refuse(agi, "within: allowed is a number of milliseconds").await,
    };
    let id = at.get("uniqueid").unwrap_or_default();
    let Some(mut results) = app.switches.asterisk.kept.take(id, within).await else {
        return refuse(
            agi,
            "result: nothing is known of this channel, allowed is one that began with agi://HOST/begin",
        )
        .await;
    };
    if !results.done && !results.variables.contains_key("AMDSTATUS") {
        results.variables.extend(words::too_long(within.as_millis()));
    }
    for (name, value) in &results.variables {
        agi.set(name, value).await?;
    }
    for order in &results.orders {
        obey(agi, order).await?;
    }
    Ok(())
}

/// Does with a channel what only the dialplan can.
async fn obey(agi: &mut Agi, order: &Order) -> Result<(), AgiError> {
    match order {
        Order::HangUp(word) => {
            if let Some(number) = cause::number(word) {
                agi.set("CHANNEL(hangupcause)", &number.to_string()).await?;
            }
            agi.ask(&Command::hangup()).await?;
        }
        Order::Transfer(to) => {
            if let Some(place) = ami::place(to) {
                for command in Command::go_on_at(&place.context, &place.extension, &place.priority)? {
                    agi.ask(&command).await?;
                }
            }
        }
        Order::Execute(all) => {
            if let Some((name, arguments)) = all.split_first() {
                agi.ask_within(&Command::exec(name, &arguments.join(","))?, PLAY_TIME).await?;
            }
        }
        Order::Announce(news) => {
            let headers = words::headers(news).into_iter().map(|(name, value)| format!(",{name}: {}", plain(&value)));
            let text = format!("{}{}", words::event(news.what), headers.collect::<String>());
            agi.ask(&Command::exec("UserEvent", text.get(..1_500).unwrap_or(&text))?).await?;
        }
        _ => {}
    }
    Ok(())
}

/// A comma would begin another header, and a dollar something to be evaluated.
fn plain(value: &str) -> String {
    value.replace([',', '$', '"', '\\'], " ")
}

fn by_name(app: &App, name: &str) -> Option<Arc<Rule>> {
    app.switches.config.as_ref()?.rules.iter().find(|rule| rule.name == name).cloned()
}

/// The manager interface of the Asterisk that asks: the one that is named, else the only one.
fn wire(app: &App, name: Option<&str>) -> Option<Arc<ami::Wire>> {
    let wires = &app.switches.asterisk.ami;
    match name {
        Some(name) => wires.iter().find(|wire| wire.switch == name),
        None if wires.len() == 1 => wires.first(),
        None => None,
    }
    .filter(|wire| wire.is_up())
    .cloned()
}

fn call(at: &Environment, id: &str, switch: Option<&str>, app: &App, answered: bool) -> SwitchCall {
    let only = app.switches.config.as_ref().and_then(|config| match config.asterisk.as_slice() {
        [only] => Some(only.name.as_str()),
        _ => None,
    });
    let switch = at.parameter("switch").or(switch).or(only).unwrap_or(Platform::Asterisk.word());
    let inbound = at.parameter("direction") == Some("inbound");
    let number = |text: Option<&str>| text.map(|text| Pii::new(text.to_owned()));
    let mut variables: HashMap<String, String> = at.parameters.iter().cloned().collect();
    variables
        .extend(at.arguments.iter().filter_map(|text| text.split_once('=')).map(|(n, v)| (n.to_owned(), v.to_owned())));
    SwitchCall {
        switch: switch.to_owned(),
        platform: Platform::Asterisk,
        uuid: id.to_owned(),
        channel: at.get("channel").unwrap_or_default().to_owned(),
        direction: if inbound { Direction::Inbound } else { Direction::Outbound },
        caller: number(at.get("callerid")),
        destination: number(at.get("dnid").or_else(|| at.get("extension"))),
        gateway: at.get("channel").and_then(gateway),
        context: at.get("context").map(str::to_owned),
        variables: Pii::new(variables),
        answered,
    }
}
