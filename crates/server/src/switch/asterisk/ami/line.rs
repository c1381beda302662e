//! What is done with a call by AMI.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all, ready};
use offhook_telephony::ami::Action;
use tokio::time::{Instant, sleep};

use super::Wire;
use super::orders;
use crate::switch::asterisk::line::SocketLine;
use crate::switch::asterisk::{cause, words};
use crate::switch::line::Line;
use crate::switch::order::{Order, OrderError};

/// How long a call is held for a connection that is lost.
const BACK: Duration = Duration::from_secs(2);
/// How long it takes to notice that one is lost.
const AGAIN: Duration = Duration::from_millis(20);

type Went = BoxFuture<'static, Result<(), OrderError>>;

/// A channel that waits in `AudioSocket()`, on an Asterisk whose manager interface we are connected to.
#[derive(Debug)]
pub(in crate::switch::asterisk) struct AmiLine {
    wire: Arc<Wire>,
    /// The channel's `Uniqueid`, which AMI takes for its name and which never changes.
    channel: String,
    socket: SocketLine,
    /// All variables so far: a connection that is lost may have lost them.
    told: Arc<Mutex<BTreeMap<String, String>>>,
}

/// Sets variables, one action each; the first that failed counts.
fn asked_to_set(wire: &Wire, channel: &str, variables: &[(String, String)]) -> Went {
    let asked: Vec<_> =
        variables.iter().map(|(name, value)| wire.ask(Action::setvar(Some(channel), name, value))).collect();
    async move { join_all(asked).await.into_iter().find_map(Result::err).map_or(Ok(()), Err) }.boxed()
}

impl AmiLine {
    pub(in crate::switch::asterisk) fn new(wire: Arc<Wire>, channel: &str, socket: SocketLine) -> Self {
        Self { wire, channel: channel.to_owned(), socket, told: Arc::default() }
    }

    fn set(&self, variables: Vec<(String, String)>) -> Went {
        let asked = asked_to_set(&self.wire, &self.channel, &variables);
        self.told.lock().unwrap_or_else(PoisonError::into_inner).extend(variables);
        asked
    }

    /// The dialplan goes on, once Asterisk has done all that it was told before: it does actions one after the other.
    /// What could not be set for want of a connection is set first, if that comes back soon.
    fn release(&self) -> Went {
        let owed = self.set(self.socket.owed());
        let (app, call, audio) = self.socket.names();
        let (wire, channel, told) = (Arc::clone(&self.wire), self.channel.clone(), Arc::clone(&self.told));
        async move {
            // Asked for when this is first waited for: all orders of the same moment were given by then.
            let done = wire.ask(Ok(Action::ping())).await.map(drop);
            let mut went = owed.await.and(done);
            let until = Instant::now() + BACK;
            while went == Err(OrderError::Gone) && wire.comes_up(until - Instant::now()).await {
                let all: Vec<_> = told.lock().unwrap_or_else(PoisonError::into_inner).clone().into_iter().collect();
                went = asked_to_set(&wire, &channel, &all).await;
                if went == Err(OrderError::Gone) {
                    sleep(AGAIN).await;
                }
            }
            SocketLine::release(&app, &call, &audio);
            went
        }
        .boxed()
    }

    fn asked(&self, action: Result<Action, offhook_telephony::ami::ActionError>) -> Went {
        let asked = self.wire.ask(action);
        async move { asked.await.map(drop) }.boxed()
    }
}

impl Line for AmiLine {
    fn obey(&self, order: &Order) -> Went {
        let unable = |why: &str| ready(Err(OrderError::Unable(why.to_owned()))).boxed();
        match order {
            Order::Set(variables) => self.set(self.socket.spelled(variables)),
            Order::Announce(news) => {
                let headers = words::headers(news);
                let headers: Vec<_> = std::iter::once(("Uniqueid", self.channel.as_str()))
                    .chain(headers.iter().map(|(name, value)| (name.as_str(), value.as_str())))
                    .collect();
                self.asked(Action::user_event(&words::event(news.what), &headers))
            }
            Order::Release | Order::StopAudio => self.release(),
            Order::HangUp(word) => self.asked(Action::hangup(&self.channel, cause::number(word))),
            Order::Transfer(to) => match orders::place(to) {
                Some(place) => self.asked(Action::redirect(&self.channel, &place)),
                None => unable("transfer: allowed is CONTEXT,EXTENSION,PRIORITY on Asterisk"),
            },
            Order::Bridge(to) => self.asked(Action::bridge(&self.channel, to)),
            Order::Park => self.asked(Action::new("Park").with_channel("Channel", &self.channel)),
            Order::Execute(words) => self.asked(orders::execute(&self.channel, words)),
            Order::Play(file) => self.socket.play(file),
            Order::StopPlaying => self.socket.stop_playing(),
            Order::Hook(name) => {
                let set = self.wire.ask(Action::getvar(Some(&self.channel), name));
                async move {
                    match set.await?.get("Value") {
                        None | Some("") => Ok(()),
                        Some(_) => {
                            Err(OrderError::Unable("AMI runs no application on a channel that is in one".into()))
                        }
                    }
                }
                .boxed()
            }
            Order::ListenForBeep => unable("Asterisk has no detector of beeps that could stand in"),
            Order::StartAudio(_) | Order::Ask(_) => unable("audio comes from the dialplan"),
        }
    }

    fn nodes(&self) -> usize {
        0
    }
}

#[cfg(test)]
mod tests {
    use offhook_telephony::ami::Place;

    use super::*;

    #[test]
    fn a_place_is_context_extension_and_priority() {
        let place = orders::place("queue,100,1").unwrap();
        assert_eq!(place, Place { context: "queue".into(), extension: "100".into(), priority: "1".into() });
        assert!(orders::place("queue").is_none() && orders::place("a,,1").is_none());
    }
}
