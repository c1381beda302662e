//! What happens to a watched call, as its conduct is told of it.

use offhook_detect::{AnsweredBy, Stage};

use crate::switch::action::Action;
use crate::switch::order::Announcement;

/// What is thought of a call, and how that is told to its switch.
#[derive(Clone, Debug, PartialEq)]
pub struct Opinion {
    /// Who, or what, picked up.
    pub answered_by: AnsweredBy,
    /// How firm that is.
    pub stage: Stage,
    /// The same as variables of the channel, in the vocabularies that the rule asks for.
    pub variables: Vec<(String, String)>,
    /// The same as our own events.
    pub announcements: Vec<Announcement>,
    /// The same as events of others, who know no second verdict: told once for each kind that is concluded.
    pub once: Vec<Announcement>,
    /// The variable that may hold what to execute now, for modules that have such.
    pub hooks: Vec<&'static str>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The far end picked up.
    Answered,
    /// Audio arrives.
    AudioBegan,
    /// Audio does not arrive, or no more, though the call goes on.
    AudioFailed,
    /// There is a verdict.
    Heard(Opinion),
    /// A message may start; how that is told.
    Ready(Vec<(String, String)>, Announcement),
    /// A record tone ended; how that is told.
    Beep(Announcement),
    /// The switch's own detector heard a beep begin.
    SwitchBeep(Opinion),
    /// Its dialplan waits for us from now on.
    Held,
    /// What was played is over.
    PlayingEnded,
    /// A webhook answered, or somebody asks by the API.
    Asked(Vec<Action>),
    /// The switch did not give the call away as it was told.
    NotGiven,
    /// The call left our hands: somebody else bridged, transferred or parked it.
    Taken,
    /// The call is over.
    HungUp,
    /// Time went on.
    Time,
}
