//! What a conduct remembers of its call's message and audio.

use std::time::Duration;

use crate::switch::action::{MessageDrop, Then};

/// What the call's message is at.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Message {
    None,
    /// It waits for the moment at which it may start.
    Waits(MessageDrop),
    /// It is played.
    Plays(Then),
}

/// Where the audio comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Audio {
    /// Nothing was asked for yet.
    Idle,
    /// From the node of this place, asked for at this time.
    Asked(usize, Duration),
    /// From the node of this place.
    Flows(usize),
    /// No node hears the call; the switch's own detector listens.
    Fallback,
    /// Nobody listens any more.
    Over,
}
