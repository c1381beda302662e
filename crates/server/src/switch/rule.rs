//! Which calls are watched, and how.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use regex::Regex;
use serde::Deserialize;

use super::action::{Action, MessageDrop, Moment};
use crate::pii::Pii;

/// Kinds of switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Platform {
    /// FreeSWITCH.
    FreeSwitch,
    /// Asterisk.
    Asterisk,
}

impl Platform {
    /// `freeswitch` or `asterisk`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::FreeSwitch => "freeswitch",
            Self::Asterisk => "asterisk",
        }
    }
}

/// Who placed a call, as the switch sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The switch did.
    Outbound,
    /// The far party did.
    Inbound,
}

/// One leg of a call, as a switch tells of it.
#[derive(Clone, Debug)]
pub struct SwitchCall {
    /// The switch's name in the configuration.
    pub switch: String,
    /// What kind of switch it is.
    pub platform: Platform,
    /// The switch's own name for the leg: FreeSWITCH's Unique-ID, Asterisk's Uniqueid.
    pub uuid: String,
    /// The name of its channel.
    pub channel: String,
    /// Who placed it.
    pub direction: Direction,
    /// Who calls.
    pub caller: Option<Pii<String>>,
    /// Who is called.
    pub destination: Option<Pii<String>>,
    /// The gateway or trunk it went through.
    pub gateway: Option<String>,
    /// Its context in the dialplan.
    pub context: Option<String>,
    /// Its channel's variables, as far as the switch told them.
    pub variables: Pii<HashMap<String, String>>,
    /// Whether it was answered.
    pub answered: bool,
}

/// A regular expression of the configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Pattern(Regex);

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Regex::new(&text).map(Self).map_err(|error| {
            // What it says before its last line draws where the mistake is.
            let why = error.to_string();
            let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            format!("given {text:?}, allowed is a regular expression: {why}")
        })
    }
}

impl Pattern {
    fn fits(&self, text: Option<&str>) -> bool {
        text.is_some_and(|text| self.0.is_match(text))
    }
}

/// Which channels of a call a switch sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mix {
    /// What the far party says.
    #[default]
    Mono,
    /// Both parties in one.
    Mixed,
    /// Both parties, apart.
    Stereo,
}

impl Mix {
    /// `mono`, `mixed` or `stereo`, as FreeSWITCH's modules name it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Mono => "mono",
            Self::Mixed => "mixed",
            Self::Stereo => "stereo",
        }
    }
}

/// How long a call whose dialplan waits for us is held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// Until the verdict.
    Verdict,
    /// Until the verdict and, where a message may be left, until it may start.
    #[default]
    Ready,
}

/// Which calls are watched, and what is done with them. Of several rules the first that fits counts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rule {
    /// Its name, for records.
    pub name: String,
    /// The switches it is for; empty: all.
    pub switches: Vec<String>,
    /// Whether calls that fit are watched. `false` excludes them from the rules that follow.
    pub watch: bool,
    /// Who placed the call.
    pub direction: Option<Direction>,
    /// Variables of the channel, each with a pattern that its value must fit.
    pub variables: BTreeMap<String, Pattern>,
    /// A pattern for the gateway or trunk.
    pub gateway: Option<Pattern>,
    /// A pattern for the caller's number.
    pub caller: Option<Pattern>,
    /// A pattern for the number that is called.
    pub destination: Option<Pattern>,
    /// A pattern for the context in the dialplan.
    pub context: Option<Pattern>,
    /// So many of a hundred calls that fit. A call's own name decides, so that every node decides alike.
    pub share: f64,
    /// The campaign such calls belong to.
    pub campaign: Option<String>,
    /// Whether what is heard before the answer is listened to.
    pub early_media: bool,
    /// Which channels are sent.
    pub mix: Mix,
    /// The rate at which they are sent, in Hz: 8000 or 16000.
    pub rate: u32,
    /// How long after the answer a verdict must have come. Then `late` is done.
    #[serde(with = "super::config::duration")]
    pub within: Duration,
    /// How long audio may take to arrive. Then the next node is asked, and at last the switch's own detector.
    #[serde(with = "super::config::duration")]
    pub audio_within: Duration,
    /// How long a call is listened to at most, from its answer on.
    #[serde(with = "super::config::duration")]
    pub listen: Duration,
    /// How long a call is held whose dialplan waits for us.
    pub hold: Hold,
    /// The vocabularies in which variables are set.
    pub vocabularies: Vec<String>,
    /// What is done, and when.
    pub on: BTreeMap<Moment, Vec<Action>>,
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            name: "every call".into(),
            switches: Vec::new(),
            watch: true,
            direction: None,
            variables: BTreeMap::new(),
            gateway: None,
            caller: None,
            destination: None,
            context: None,
            share: 100.0,
            campaign: None,
            early_media: true,
            mix: Mix::Mono,
            rate: 8_000,
            within: Duration::from_secs(6),
            audio_within: Duration::from_secs(1),
            listen: Duration::from_secs(60),
            hold: Hold::default(),
            vocabularies: ["offhook", "asterisk", "webitel"].map(String::from).into(),
            on: BTreeMap::new(),
        }
    }
}

impl Rule {
    /// The message that is left on a voicemail.
    pub fn message(&self) -> Option<&MessageDrop> {
        Moment::Voicemail.actions(&self.on).iter().rev().find_map(|action| match action {
            Action::Drop(message) => Some(message),
            _ => None,
        })
    }

    /// Whether it is for this call.
    pub fn fits(&self, call: &SwitchCall) -> bool {
        let text =
            |pattern: &Option<Pattern>, text: Option<&str>| pattern.as_ref().is_none_or(|pattern| pattern.fits(text));
        (self.switches.is_empty() || self.switches.contains(&call.switch))
            && self.direction.is_none_or(|direction| direction == call.direction)
            && text(&self.gateway, call.gateway.as_deref())
            && text(&self.caller, call.caller.as_ref().map(|number| number.reveal().as_str()))
            && text(&self.destination, call.destination.as_ref().map(|number| number.reveal().as_str()))
            && text(&self.context, call.context.as_deref())
            && self
                .variables
                .iter()
                .all(|(name, pattern)| pattern.fits(call.variables.reveal().get(name).map(String::as_str)))
            && within_share(&call.uuid, self.share)
    }
}

/// The rule for a call: the first that fits, if it says that such calls are watched.
pub fn rule_for<'a, R: AsRef<Rule>>(rules: &'a [R], call: &SwitchCall) -> Option<&'a R> {
    rules.iter().find(|rule| rule.as_ref().fits(call)).filter(|rule| rule.as_ref().watch)
}

/// Whether a call of this name is among so many of a hundred.
fn within_share(uuid: &str, share: f64) -> bool {
    share >= 100.0 || (place(uuid) as f64 / u64::MAX as f64) * 100.0 < share
}

/// A number that a name alone decides, spread evenly (FNV-1a with a final mix).
pub(crate) fn place(name: &str) -> u64 {
    let mut hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn call(uuid: &str) -> SwitchCall {
        SwitchCall {
            switch: "fs1".into(),
            platform: Platform::FreeSwitch,
            uuid: uuid.into(),
            channel: "sofia/gateway/carrier/+15550100".into(),
            direction: Direction::Outbound,
            caller: None,
            destination: Some(Pii::new("+15550100".into())),
            gateway: Some("carrier".into()),
            context: None,
            variables: Pii::new(HashMap::from([("campaign".to_owned(), "spring".to_owned())])),
            answered: true,
        }
    }

    fn rule(text: &str) -> Rule {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn a_rule_fits_what_all_its_patterns_fit() {
        let call = call("a");
        for fits in [
            "",
            "direction = 'outbound'",
            "gateway = '^carrier$'",
            "variables = { campaign = 'spr' }",
            "destination = '^\\+1'",
            "switches = ['fs1', 'fs2']",
        ] {
            assert!(rule(fits).fits(&call), "{fits}");
        }
        for not in [
            "direction = 'inbound'",
            "gateway = '^other$'",
            "variables = { absent = '' }",
            "caller = ''",
            "context = 'x'",
            "switches = ['fs2']",
            "share = 0",
        ] {
            assert!(!rule(not).fits(&call), "{not}");
        }
    }

    #[test]
    fn the_first_rule_that_fits_counts_even_one_that_excludes() {
        let rules = [rule("watch = false\ngateway = 'carrier'"), Rule::default()].map(std::sync::Arc::new);
        assert!(rule_for(&rules, &call("a")).is_none());
        assert!(rule_for(&rules[1..], &call("a")).is_some());
    }

    #[test]
    fn a_share_is_about_so_many_calls() {
        let rule = rule("share = 25");
        let fits = (0..4_000).filter(|n| rule.fits(&call(&format!("call-{n}")))).count();
        assert!((850..1_150).contains(&fits), "{fits} of 4000");
    }
}
