//! Calls that are placed by AMI, into a place of the dialplan.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use offhook_telephony::ami::{self, Action};
use tokio::sync::oneshot;

use super::{Wire, orders};
use crate::switch::asterisk::cause;
use crate::switch::order::OrderError;
use crate::switch::originate::{Dialer, Originate};
use crate::switch::rule::Platform;

/// What became of a call: answered, or not for this cause.
type Outcome = Result<(), String>;

#[derive(Debug)]
struct Waiting {
    outcome: oneshot::Sender<Outcome>,
    /// Why its channel ended, if that was told.
    cause: Option<String>,
}

/// The calls that ring, by their legs.
#[derive(Debug, Default)]
pub(super) struct Placing(Mutex<HashMap<String, Waiting>>);

impl Placing {
    fn waiting(&self) -> std::sync::MutexGuard<'_, HashMap<String, Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn expect(&self, leg: &str) -> oneshot::Receiver<Outcome> {
        let (outcome, told) = oneshot::channel();
        let mut waiting = self.waiting();
        // Those that nobody waits for any more.
        waiting.retain(|_, call| !call.outcome.is_closed());
        waiting.insert(leg.to_owned(), Waiting { outcome, cause: None });
        told
    }

    /// The channel ends, or is about to. The halves of a `Local` one are `LEG` and `LEG;2`.
    pub(super) fn ends(&self, channel: &str, number: Option<u16>) {
        let leg = channel.split(';').next().unwrap_or_default();
        if let (Some(number), Some(call)) = (number.filter(|number| *number > 0), self.waiting().get_mut(leg)) {
            call.cause.get_or_insert_with(|| cause::word(Some(number.into())));
        }
    }

    /// `OriginateResponse` came for the call on this leg.
    pub(super) fn told(&self, leg: &str, success: bool, reason: Option<u16>) {
        if let Some(Waiting { outcome, cause }) = self.waiting().remove(leg) {
            let told = if success { Ok(()) } else { Err(word(reason, cause)) };
            // Nobody waits any more where it took too long.
            let _ = outcome.send(told);
        }
    }
}

/// Why a call was not answered, by the `Reason` of `OriginateResponse`. It is a control frame of Asterisk: 1 hangup,
/// 3 ringing, 5 busy, 8 congestion; 0 where there was none. What the channel said is nearer where it says little.
fn word(reason: Option<u16>, cause: Option<String>) -> String {
    match reason {
        Some(3) => "NO_ANSWER".into(),
        Some(5) => "USER_BUSY".into(),
        Some(8) => cause.unwrap_or_else(|| "NORMAL_CIRCUIT_CONGESTION".into()),
        Some(1) => cause.unwrap_or_else(|| "NO_USER_RESPONSE".into()),
        _ => cause.unwrap_or_else(|| "NORMAL_UNSPECIFIED".into()),
    }
}

/// Places calls on one Asterisk.
#[derive(Debug)]
pub(super) struct AmiDialer(Arc<Wire>);

impl AmiDialer {
    pub(super) fn new(wire: &Arc<Wire>) -> Self {
        Self(Arc::clone(wire))
    }
}

impl Dialer for AmiDialer {
    fn place(&self, call: &Originate) -> BoxFuture<'static, Result<(), OrderError>> {
        let wire = &self.0;
        let Some(place) = wire.config.place.as_deref().and_then(orders::place) else {
            return ready(Err(OrderError::Unable("ami.place is not set".into()))).boxed();
        };
        let wanted = ami::Originate {
            channel: call.to.reveal().clone(),
            place: Some(place),
            application: None,
            ring_limit_ms: u32::try_from(call.ring_limit.as_millis()).ok(),
            caller: call.caller_id.as_ref().map(|number| format!("<{}>", number.reveal())),
            account: None,
            early_media: false,
            channel_id: Some(call.leg.clone()),
            // Asterisk names the other half of a `Local` one after the first.
            other_channel_id: None,
            variables: call.variables.clone().into_iter().collect(),
        };
        let told = wire.placing.expect(&call.leg);
        let asked = wire.ask_as(Some(&call.leg), Action::originate(&wanted));
        async move {
            asked.await?;
            match told.await {
                Ok(Ok(())) => Ok(()),
                Ok(Err(cause)) => Err(OrderError::Refused(cause)),
                Err(_) => Err(OrderError::Gone),
            }
        }
        .boxed()
    }

    fn lacks(&self) -> Option<&'static str> {
        self.0.config.place.is_none().then_some("ami.place")
    }

    fn platform(&self) -> Platform {
        Platform::Asterisk
    }

    fn template(&self) -> Option<&str> {
        self.0.dial.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_channel_s_own_cause_stands_where_asterisk_gives_no_reason() {
        let placing = Placing::default();
        let mut told = placing.expect("leg");
        placing.ends("leg;2", Some(0));
        placing.ends("leg;2", Some(17));
        placing.ends("leg", Some(16));
        placing.told("other", false, Some(0));
        placing.told("leg", false, Some(0));
        assert_eq!(told.try_recv(), Ok(Err("USER_BUSY".into())));
        assert!(placing.waiting().is_empty());
    }

    #[test]
    fn every_reason_has_a_word() {
        let words = [0, 1, 3, 5, 8].map(|reason| word(Some(reason), None));
        let expected =
            ["NORMAL_UNSPECIFIED", "NO_USER_RESPONSE", "NO_ANSWER", "USER_BUSY", "NORMAL_CIRCUIT_CONGESTION"];
        assert_eq!(words, expected);
        assert_eq!(word(Some(3), Some("NORMAL_CLEARING".into())), "NO_ANSWER");
    }

    #[test]
    fn calls_that_nobody_waits_for_are_forgotten() {
        let placing = Placing::default();
        drop(placing.expect("one"));
        let _told = placing.expect("two");
        assert_eq!(placing.waiting().len(), 1);
    }
}
