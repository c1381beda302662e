//! What an event says of a channel.

use super::Headers;

/// How far a channel is, as `ChannelState` numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChannelState {
    /// Free, and can be used.
    Down,
    /// Free, and reserved.
    Reserved,
    /// Off hook.
    OffHook,
    /// Digits have been dialled.
    Dialing,
    /// The line rings: a call that came in.
    Ring,
    /// The far end rings.
    Ringing,
    /// Answered.
    Up,
    /// Busy.
    Busy,
    /// Digits have been dialled while off hook.
    DialingOffHook,
    /// A call has come in and waits for its ring.
    PreRing,
    /// None of these.
    Unknown,
}

impl ChannelState {
    fn numbered(text: &str) -> Self {
        match text {
            "0" => Self::Down,
            "1" => Self::Reserved,
            "2" => Self::OffHook,
            "3" => Self::Dialing,
            "4" => Self::Ring,
            "5" => Self::Ringing,
            "6" => Self::Up,
            "7" => Self::Busy,
            "8" => Self::DialingOffHook,
            "9" => Self::PreRing,
            _ => Self::Unknown,
        }
    }
}

/// A channel as an event describes it. What Asterisk calls `<unknown>` is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg<'a> {
    /// `Uniqueid`: its name for good.
    pub unique_id: &'a str,
    /// `Linkedid`: the `Uniqueid` of the first channel of the same call.
    pub linked_id: &'a str,
    /// Its name, which can change: `PJSIP/trunk-00000009`.
    pub channel: &'a str,
    /// How far it is, if the event says so.
    pub state: Option<ChannelState>,
    /// `CallerIDNum`.
    pub caller: &'a str,
    /// `CallerIDName`.
    pub caller_name: &'a str,
    /// `ConnectedLineNum`: the number it talks to.
    pub connected: &'a str,
    /// `ConnectedLineName`.
    pub connected_name: &'a str,
    /// Where it is in the dialplan.
    pub context: &'a str,
    /// The extension there.
    pub extension: &'a str,
    /// `AccountCode`.
    pub account: &'a str,
}

/// What happened to a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// It was made.
    Created,
    /// Its state changed.
    State,
    /// It is being dialled.
    DialBegan {
        /// The dial string.
        string: &'a str,
    },
    /// The dialling of it ended.
    DialEnded {
        /// `ANSWER`, `BUSY`, `NOANSWER`, `CANCEL`, `CONGESTION`, `CHANUNAVAIL` …
        status: &'a str,
    },
    /// A variable was set.
    Variable {
        /// Its name.
        name: &'a str,
        /// What it is now.
        value: &'a str,
    },
    /// It was listed, for `Status` or `CoreShowChannels`.
    Listed,
    /// Someone asked for it to be hung up.
    HangupAsked {
        /// The cause of Q.850, if one was said.
        cause: Option<u16>,
    },
    /// It is gone.
    HungUp {
        /// The cause of Q.850.
        cause: Option<u16>,
        /// The cause in words.
        text: &'a str,
    },
    /// What became of an `Originate`.
    Originated {
        /// Whether it was answered.
        success: bool,
        /// 4: answered; 0: failed; 1: no such extension; 3: rang in vain; 5: busy; 8: congestion.
        reason: Option<u16>,
    },
    /// A user event of this name.
    User {
        /// Its name.
        name: &'a str,
    },
}

/// The channel an event is of, and what happened to it; `None` for events that are of no use here.
pub fn leg(event: &Headers) -> Option<(Leg<'_>, Change<'_>)> {
    let text = |name: &str| event.iter().find(|(given, _)| *given == name).map_or("", |(_, value)| value);
    let number = |name: &str| text(name).parse().ok();
    let change = match text("Event") {
        "Newchannel" => Change::Created,
        "Newstate" => Change::State,
        "DialBegin" => Change::DialBegan { string: text("DialString") },
        "DialEnd" => Change::DialEnded { status: text("DialStatus") },
        "VarSet" => Change::Variable { name: text("Variable"), value: text("Value") },
        "Status" | "CoreShowChannel" => Change::Listed,
        "HangupRequest" | "SoftHangupRequest" => Change::HangupAsked { cause: number("Cause") },
        "Hangup" => Change::HungUp { cause: number("Cause"), text: text("Cause-txt") },
        "OriginateResponse" => Change::Originated { success: text("Response") == "Success", reason: number("Reason") },
        "UserEvent" => Change::User { name: text("UserEvent") },
        _ => return None,
    };
    // The channel that is dialled is the second one of such an event.
    let dialled = matches!(change, Change::DialBegan { .. } | Change::DialEnded { .. });
    let of = |name: &str| {
        let value = event
            .iter()
            .find(|(given, _)| if dialled { given.strip_prefix("Dest") == Some(name) } else { *given == name })
            .map_or("", |(_, value)| value);
        if value == "<unknown>" { "" } else { value }
    };
    let state = of("ChannelState");
    let leg = Leg {
        unique_id: of("Uniqueid"),
        linked_id: of("Linkedid"),
        channel: of("Channel"),
        state: (!state.is_empty()).then(|| ChannelState::numbered(state)),
        caller: of("CallerIDNum"),
        caller_name: of("CallerIDName"),
        connected: of("ConnectedLineNum"),
        connected_name: of("ConnectedLineName"),
        context: of("Context"),
        extension: of("Exten"),
        account: of("AccountCode"),
    };
    Some((leg, change))
}
