//! What is done with a call by ARI: one thing after the other, by a task of the call's own.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use offhook_telephony::ari::{Id, Method, NewChannel, Request};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::Site;
use super::media::Media;
use crate::switch::asterisk::{cause, place, words};
use crate::switch::line::Line;
use crate::switch::order::{Order, OrderError};
use crate::switch::rule::Rule;

/// How many variables are set at once.
const AT_ONCE: usize = 8;
/// How long who is dialled for a bridge may ring, in seconds.
const RING_LIMIT: u32 = 60;

type Answer = oneshot::Sender<Result<(), OrderError>>;

/// A call in our application.
#[derive(Debug)]
pub(super) struct AriLine(UnboundedSender<(Order, Answer)>);

impl AriLine {
    pub(super) fn new(site: &Arc<Site>, call: &str, audio: &str, rule: &Arc<Rule>) -> Self {
        let (orders, ordered) = unbounded_channel();
        let worker = Worker {
            site: Arc::clone(site),
            call: call.to_owned(),
            audio: audio.to_owned(),
            rule: Arc::clone(rule),
            media: None,
            playback: None,
        };
        site.app.tasks.spawn(worker.run(ordered));
        Self(orders)
    }
}

impl Line for AriLine {
    fn obey(&self, order: &Order) -> BoxFuture<'static, Result<(), OrderError>> {
        let (answer, answered) = oneshot::channel();
        let _ = self.0.send((order.clone(), answer));
        async move { answered.await.unwrap_or(Err(OrderError::Gone)) }.boxed()
    }

    fn nodes(&self) -> usize {
        1
    }
}

struct Worker {
    site: Arc<Site>,
    call: String,
    audio: String,
    rule: Arc<Rule>,
    media: Option<Media>,
    /// What is played.
    playback: Option<String>,
}

impl Worker {
    /// Obeys until the call's watch is over. Then nothing is left of what was made for it.
    async fn run(mut self, mut orders: UnboundedReceiver<(Order, Answer)>) {
        while let Some((order, answer)) = orders.recv().await {
            let went = match Id::new(&self.call) {
                Ok(id) => self.obey(&id, order).await,
                Err(error) => Err(error.into()),
            };
            // Nobody waits any more where it took too long.
            let _ = answer.send(went);
        }
        if let Some(media) = self.media.take() {
            media.destroy(&self.site).await;
        }
        let mut shared = self.site.shared();
        shared.playing.retain(|_, call| *call != self.call);
    }

    async fn obey(&mut self, id: &Id, order: Order) -> Result<(), OrderError> {
        let rest = &self.site.rest;
        let unable = |why: &str| Err(OrderError::Unable(why.to_owned()));
        let request = match order {
            Order::StartAudio(_) => {
                let mut media = Media::new(&self.site, &self.audio);
                let made = media.make(&self.site, id, &self.rule).await;
                match made {
                    Ok(()) => self.media = Some(media),
                    Err(_) => media.destroy(&self.site).await,
                }
                return made;
            }
            Order::StopAudio => {
                if let Some(media) = self.media.take() {
                    media.destroy(&self.site).await;
                }
                return Ok(());
            }
            Order::Set(variables) => {
                let set = variables.into_iter().map(|(name, value)| {
                    let request = Request::set_variable(id, &words::variable(&name), &words::value(&value));
                    async move { rest.ask(&request).await.map(drop) }
                });
                let went: Vec<_> = stream::iter(set).buffered(AT_ONCE).collect().await;
                return went.into_iter().collect();
            }
            Order::Announce(news) => {
                let name = Id::new(&words::event(news.what))?;
                Request::user_event(&name, &self.site.config.app, id, &words::headers(&news))
            }
            Order::Transfer(to) => match place(&to) {
                Some(place) => {
                    let priority = place.priority.parse().ok();
                    Request::go_on(id, Some(&place.context), Some(&place.extension), priority)
                }
                None if to.contains('/') => Request::redirect(id, &to),
                None => {
                    return unable("transfer: allowed is CONTEXT,EXTENSION,PRIORITY or an endpoint such as SIP/100");
                }
            },
            Order::HangUp(word) => Request::hangup(id, cause::number(&word).unwrap_or(16)),
            Order::Play(file) => return self.play(id, &file).await,
            Order::StopPlaying => match self.playback.take() {
                Some(playback) => {
                    self.site.shared().playing.remove(&playback);
                    Request::stop(&Id::new(&playback)?)
                }
                None => return Ok(()),
            },
            Order::Park => {
                Request { method: Method::Post, path: format!("/channels/{id}/moh"), query: Vec::new(), body: None }
            }
            Order::Release => {
                self.site.shared().calls.remove(&self.call);
                Request::go_on(id, None, None, None)
            }
            Order::Bridge(to) => return self.bridge(&to).await,
            Order::ListenForBeep => return unable("Asterisk has no detector of beeps that could stand in"),
            Order::Hook(_) => return Ok(()),
            Order::Execute(_) => return unable("ARI runs no application: transfer the call to one"),
            Order::Ask(_) => return unable("webhooks are asked by the service"),
        };
        rest.ask(&request).await.map(drop)
    }

    async fn play(&mut self, id: &Id, file: &str) -> Result<(), OrderError> {
        let name = format!("{}p-{}", self.site.prefix(), Uuid::new_v4());
        self.site.shared().playing.insert(name.clone(), self.call.clone());
        let played = self.site.rest.ask(&Request::play(id, &Id::new(&name)?, &media(file))).await;
        if played.is_err() {
            self.site.shared().playing.remove(&name);
        } else {
            self.playback = Some(name);
        }
        played.map(drop)
    }

    /// Dials, and joins both once that is answered. Where it is not, the call goes on in its dialplan.
    async fn bridge(&self, to: &str) -> Result<(), OrderError> {
        let leg = format!("{}d-{}", self.site.prefix(), Uuid::new_v4());
        let arrival = self.site.expect(&leg);
        self.site.shared().ours.insert(leg.clone());
        self.site.shared().calls.remove(&self.call);
        let call = NewChannel {
            endpoint: to.to_owned(),
            app: self.site.config.app.clone(),
            channel_id: Some(leg.clone()),
            ring_limit_s: Some(RING_LIMIT),
            ..NewChannel::default()
        };
        if let Err(error) = self.site.rest.ask(&Request::originate(&call)).await {
            self.site.destroy_channel(&leg).await;
            self.site.go_on(&self.call).await;
            return Err(error);
        }
        let (site, call) = (Arc::clone(&self.site), self.call.clone());
        self.site.app.tasks.spawn(async move {
            let joined = match arrival.await {
                Ok(Ok(())) => join(&site, &call, &leg).await,
                _ => Err(OrderError::Gone),
            };
            if joined.is_err() {
                site.destroy_channel(&leg).await;
                site.go_on(&call).await;
            }
        });
        Ok(())
    }
}

async fn join(site: &Site, call: &str, leg: &str) -> Result<(), OrderError> {
    let name = format!("{}j-{}", site.prefix(), Uuid::new_v4());
    let bridge = Id::new(&name)?;
    {
        let mut shared = site.shared();
        shared.ours.insert(name.clone());
        shared.joined.insert(call.to_owned(), (leg.to_owned(), name.clone()));
        shared.joined.insert(leg.to_owned(), (call.to_owned(), name.clone()));
    }
    site.rest.ask(&Request::create_bridge(&bridge)).await?;
    site.rest.ask(&Request::add_channels(&bridge, &[&Id::new(call)?, &Id::new(leg)?])).await.map(drop)
}

/// A file as ARI names media: `sound:` and its path without what says its format.
fn media(file: &str) -> String {
    if file.split_once(':').is_some_and(|(scheme, _)| scheme.bytes().all(|byte| byte.is_ascii_lowercase())) {
        return file.to_owned();
    }
    let stem =
        file.rsplit_once('.').filter(|(_, end)| end.len() <= 5 && !end.contains('/')).map_or(file, |(stem, _)| stem);
    format!("sound:{stem}")
}

#[cfg(test)]
mod tests {
    use super::media;

    #[test]
    fn files_are_sounds_and_other_media_are_what_they_say() {
        for (file, expected) in [
            ("/srv/message.wav", "sound:/srv/message"),
            ("hello", "sound:hello"),
            ("tone:ring", "tone:ring"),
            ("recording:a.b", "recording:a.b"),
            ("/srv/v1.2/message", "sound:/srv/v1.2/message"),
        ] {
            assert_eq!(media(file), expected);
        }
    }
}
