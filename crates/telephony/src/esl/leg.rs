//! One leg of a call, as the switch tells of it.

use super::event::Event;

/// Who began a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The far party called the switch.
    Inbound,
    /// The switch called the far party.
    Outbound,
}

impl Direction {
    /// `inbound` or `outbound`.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "inbound" => Some(Self::Inbound),
            "outbound" => Some(Self::Outbound),
            _ => None,
        }
    }
}

/// A call leg at the time of an event. Times are microseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leg {
    /// Its name on the switch.
    pub uuid: String,
    /// Who began it.
    pub direction: Option<Direction>,
    /// The caller's name.
    pub caller_name: Option<String>,
    /// The caller's number.
    pub caller_number: Option<String>,
    /// The number that was called.
    pub destination: Option<String>,
    /// The gateway it goes through.
    pub gateway: Option<String>,
    /// The SIP profile it belongs to.
    pub profile: Option<String>,
    /// The channel's name, such as `sofia/external/100@192.0.2.1`.
    pub channel: Option<String>,
    /// `ringing`, `early`, `answered` or `hangup`.
    pub answer_state: Option<String>,
    /// When it was begun.
    pub created: Option<u64>,
    /// When it rang.
    pub progress: Option<u64>,
    /// When its early media began.
    pub early_media: Option<u64>,
    /// When it was answered.
    pub answered: Option<u64>,
    /// When it was hung up.
    pub hung_up: Option<u64>,
    /// Why it was hung up, in the switch's words: `NORMAL_CLEARING`.
    pub cause: Option<String>,
    /// The same as a cause of ITU-T Q.850.
    pub q850: Option<u16>,
    /// The SIP status that ended it.
    pub sip_status: Option<u16>,
    /// The leg it is, or was, bridged with.
    pub other: Option<String>,
    /// Its variables, by name.
    pub variables: Vec<(String, String)>,
}

impl Leg {
    /// The leg an event is about, the one that `connect` told, or the one of `uuid_dump`; `None` if it names none.
    pub fn of(event: &Event) -> Option<Self> {
        let text = |name: &str| event.get(name).filter(|value| !value.is_empty()).map(str::to_owned);
        // Events say `Caller-…` of the caller; the answer to `connect` says `Channel-…` of the same.
        let caller = |rest: &str| text(&format!("Caller-{rest}")).or_else(|| text(&format!("Channel-{rest}")));
        let time = |rest: &str| {
            event
                .time(&format!("Caller-Channel-{rest}-Time"))
                .or_else(|| event.time(&format!("Channel-Channel-{rest}-Time")))
        };
        let variable = |name: &str| event.variable(name).filter(|value| !value.is_empty()).map(str::to_owned);
        let channel = text("Channel-Name").or_else(|| caller("Channel-Name")).or_else(|| variable("channel_name"));
        let (of_name, profile_of_name) = channel.as_deref().map(parts).unwrap_or_default();
        let sip_status = || {
            let other =
                variable("proto_specific_hangup_cause").and_then(|cause| Some(cause.strip_prefix("sip:")?.into()));
            variable("sip_term_status").or(other).or_else(|| variable("sip_invite_failure_status"))
        };
        let direction = text("Call-Direction").or_else(|| caller("Direction")).or_else(|| variable("direction"));
        Some(Self {
            uuid: event.unique_id().map(str::to_owned).or_else(|| caller("Unique-ID")).or_else(|| variable("uuid"))?,
            direction: direction.as_deref().and_then(Direction::from_word),
            caller_name: caller("Caller-ID-Name"),
            caller_number: caller("Caller-ID-Number"),
            destination: caller("Destination-Number"),
            gateway: variable("sip_gateway_name").or_else(|| variable("sip_gateway")).or(of_name),
            profile: variable("sip_profile_name").or_else(|| variable("sofia_profile_name")).or(profile_of_name),
            channel,
            answer_state: text("Answer-State"),
            created: time("Created"),
            progress: time("Progress"),
            early_media: time("Progress-Media"),
            answered: time("Answered"),
            hung_up: time("Hangup"),
            cause: text("Hangup-Cause").or_else(|| variable("hangup_cause")),
            q850: variable("hangup_cause_q850").and_then(|code| code.parse().ok()),
            sip_status: sip_status().and_then(|status| status.parse().ok()),
            other: text("Other-Leg-Unique-ID")
                .or_else(|| text("Bridge-B-Unique-ID"))
                .or_else(|| variable("bridge_uuid")),
            variables: event
                .headers()
                .iter()
                .filter_map(|(name, value)| Some((name.strip_prefix("variable_")?.to_owned(), value.clone())))
                .collect(),
        })
    }

    /// The variable of this name.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Whether it was answered and is not hung up.
    pub fn is_up(&self) -> bool {
        self.answered.is_some() && self.hung_up.is_none() && self.answer_state.as_deref() != Some("hangup")
    }
}

/// Gateway and profile out of `sofia/gateway/<gateway>/<number>` or `sofia/<profile>/<number>`.
fn parts(channel: &str) -> (Option<String>, Option<String>) {
    let mut parts = channel.split('/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("sofia"), Some("gateway"), Some(gateway)) => (Some(gateway.to_owned()), None),
        (Some("sofia"), Some(profile), _) => (None, Some(profile.to_owned())),
        _ => (None, None),
    }
}
