//! What a request to place a call says.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::auth::Identity;
use crate::error::{ApiError, Code};
use crate::pii::Pii;
use crate::routes::text;
use crate::switch::{Action, Dialer, Moment, Originate, Placed, Rule, outside};

/// How long a call rings if nothing else is said.
const RING: Duration = Duration::from_secs(30);
/// The shortest that a call may ring or wait for its verdict.
const SHORTEST: Duration = Duration::from_secs(1);
/// The longest that it may.
const LONGEST: Duration = Duration::from_secs(300);
/// The most variables of one call.
const MOST_VARIABLES: usize = 50;

/// A call that is to be placed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCall {
    /// The switch, as the file of switches names it.
    #[schema(example = "fs1")]
    switch: String,
    /// A number, where the switch has `dial` in the file of switches; else a dial string of the switch.
    #[schema(example = "sofia/gateway/carrier/15550100")]
    to: String,
    /// The number that is shown to who is called.
    caller_id: Option<String>,
    /// The campaign it belongs to.
    campaign: Option<String>,
    /// Variables of the channel.
    #[serde(default)]
    variables: BTreeMap<String, String>,
    /// How long it rings at most.
    #[schema(example = "30s")]
    ring_limit: Option<String>,
    /// How long after the answer a verdict must have come. Then it is dealt with as a call that may be a person's.
    #[schema(example = "8s")]
    within: Option<String>,
    /// What is done, and when: as `on` of a rule. What is not said here is said by `rule`. One of them must say what is
    /// done when a person picks up; where none says more, the same is done wherever a person may be there, and a call
    /// that a machine answered is ended.
    #[serde(default)]
    #[schema(value_type = Object)]
    on: BTreeMap<Moment, Vec<Action>>,
    /// The rule of the file of switches whose terms hold for all that is not said here.
    rule: Option<String>,
    /// The caller's name for it; the service's own if it is not given.
    call_id: Option<String>,
}

/// A call that is being placed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlacedCall {
    /// Our own name for it.
    pub(super) id: Uuid,
    /// The caller's name for it.
    pub(super) call_id: String,
}

/// A time of at most five minutes.
fn time(field: &'static str, given: Option<&str>) -> Result<Option<Duration>, ApiError> {
    let Some(given) = given else { return Ok(None) };
    let time = humantime::parse_duration(given).ok().filter(|time| (SHORTEST..=LONGEST).contains(time));
    time.map(Some).ok_or_else(|| ApiError::field(field, format!("{given:?}"), "1s to 5m"))
}

fn refuse(field: &str) -> impl Fn(String) -> ApiError + '_ {
    move |error| ApiError::new(Code::BadField, format!("{field}: {error}")).about(field)
}

impl NewCall {
    /// The call that is to be placed.
    ///
    /// # Errors
    /// Names what cannot be used, what was given and what is allowed; or the switch is not connected.
    pub(super) fn read(self, app: &App, who: &Identity) -> Result<Placed, ApiError> {
        let rule = self.rule(app)?;
        let ring_limit = time("ring_limit", self.ring_limit.as_deref())?.unwrap_or(RING);
        if let Some(caller) = &self.caller_id {
            outside::word(caller).map_err(refuse("caller_id"))?;
        }
        if self.variables.len() > MOST_VARIABLES {
            return Err(ApiError::field("variables", self.variables.len(), format!("at most {MOST_VARIABLES}")));
        }
        for (name, value) in &self.variables {
            outside::variable(name, value).map_err(refuse("variables"))?;
        }
        let call_id = text::optional("call_id", self.call_id, 128)?;
        let dialer = dialer(app, &self.switch)?;
        if let Some(lacks) = dialer.lacks() {
            let given = format!("{:?}, which has no {lacks} in the file of switches", self.switch);
            return Err(ApiError::field("switch", given, format!("a switch with {lacks}")));
        }
        let to = dialled(&*dialer, &self.to)?;
        let id = Uuid::now_v7();
        let call = Originate {
            leg: leg(&*dialer),
            to: Pii::new(to),
            caller_id: self.caller_id.map(Pii::new),
            variables: self.variables,
            ring_limit,
        };
        Ok(Placed {
            id,
            call_id: call_id.unwrap_or_else(|| id.to_string()),
            owner: who.id.clone(),
            switch: self.switch,
            rule: Arc::new(rule),
            call,
            destination: Pii::new(self.to),
            started: Timestamp::now(),
        })
    }

    /// By what terms it is watched.
    fn rule(&self, app: &App) -> Result<Rule, ApiError> {
        let mut rule = match &self.rule {
            None => Rule { name: "placed".into(), ..Rule::default() },
            Some(name) => {
                let rules = app.switches.config.iter().flat_map(|config| &config.rules);
                let mut named = rules.filter(|rule| rule.name == *name);
                let rule = named.next().map(|rule| Rule::clone(rule));
                rule.ok_or_else(|| ApiError::field("rule", format!("{name:?}"), "the name of a rule of the file"))?
            }
        };
        for (moment, actions) in &self.on {
            outside::actions(actions).map_err(|error| refuse("on")(format!("{moment:?}.{error}").to_lowercase()))?;
        }
        rule.on.extend(self.on.clone());
        let person = Moment::Human.actions(&rule.on).to_vec();
        if person.is_empty() {
            let allowed = "what is done when a person picks up, here as human or by a rule";
            return Err(ApiError::field("on", "nothing for human", allowed));
        }
        // Nobody else would end a call that waits on the switch.
        if !rule.on.contains_key(&Moment::Otherwise) {
            rule.on.entry(Moment::Machine).or_insert_with(|| vec![Action::Hangup("NORMAL_CLEARING".into())]);
        }
        rule.on.entry(Moment::Otherwise).or_insert(person);
        rule.within = time("within", self.within.as_deref())?.unwrap_or(rule.within);
        rule.campaign = text::optional("campaign", self.campaign.clone(), 128)?.or(rule.campaign);
        Ok(rule)
    }
}

fn dialer(app: &App, switch: &str) -> Result<Arc<dyn Dialer>, ApiError> {
    app.switches.placements.dialer(switch).ok_or_else(|| {
        let states = app.switches.states.all();
        if states.iter().any(|state| state.name == switch) {
            ApiError::new(Code::NotConnected, format!("switch: {switch:?} is not connected")).retry_after(5)
        } else {
            ApiError::field("switch", format!("{switch:?}"), "the name of a switch of the file of switches")
        }
    })
}

/// What is dialled: a number by the switch's template, anything else as it is.
fn dialled(dialer: &dyn Dialer, to: &str) -> Result<String, ApiError> {
    match dialer.template() {
        Some(template) if outside::is_number(to) => Ok(template.replace("{number}", to)),
        None if outside::is_number(to) => {
            Err(ApiError::field("to", "a number", "a dial string, for the switch has no dial in the file of switches"))
        }
        _ => outside::dial_string(to).map(|()| to.to_owned()).map_err(refuse("to")),
    }
}

/// A name for the leg, by which it is for this node.
fn leg(dialer: &dyn Dialer) -> String {
    let names = std::iter::repeat_with(|| Uuid::new_v4().to_string());
    names.take(1_000).find(|name| dialer.takes(name)).unwrap_or_else(|| Uuid::new_v4().to_string())
}
