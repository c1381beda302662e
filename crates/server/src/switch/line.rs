//! A connection to a switch, as the watch of one call sees it.

use std::fmt::Debug;

use futures_util::future::BoxFuture;
use offhook_detect::Fact;
use serde_json::Value;
use tokio::sync::oneshot;

use super::action::Action;
use super::order::{Order, OrderError};

/// What obeys orders for one leg of a call: an event socket, AMI, ARI.
pub trait Line: Debug + Send + Sync {
    /// Gives the order to the switch at once, before this returns, so that orders keep their sequence. What comes back is
    /// how it went.
    fn obey(&self, order: &Order) -> BoxFuture<'static, Result<(), OrderError>>;

    /// To how many nodes the switch can send audio, one after the other. 0 where it comes by itself.
    fn nodes(&self) -> usize;

    /// Whether the switch can be reached now. What cannot be reached for long is not waited for.
    fn is_alive(&self) -> bool {
        true
    }
}

/// What a switch tells of one leg while it is watched.
#[derive(Debug)]
pub enum LegNews {
    /// The far end picked up.
    Answered,
    /// A fact for the detector, such as a digit.
    Fact(Fact),
    /// The node that was asked for takes the audio. One that is this service says so itself.
    AudioBegan,
    /// The switch cannot send audio to the node that was asked for, or stopped to, in these words.
    AudioFailed(String),
    /// A result that another node sent through the switch, as that node sent it.
    Result(Value),
    /// The switch's own detector heard a beep begin.
    Beep,
    /// Its dialplan waits for us from now on.
    Held,
    /// What was played is over.
    PlayingEnded,
    /// Somebody else bridged, transferred or parked it.
    Taken,
    /// Somebody asks for actions; whether they are taken is answered.
    Asked(Vec<Action>, oneshot::Sender<bool>),
    /// The call is over: its cause (Q.850 or the switch's word), and what else the switch says of it.
    HungUp {
        /// `NORMAL_CLEARING`, `USER_BUSY`, …
        cause: String,
        /// What else is known: `q850`, `sip_status`, `billed_ms`, …
        details: Value,
    },
}
