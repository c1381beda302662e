//! News of calls as they go on, as server-sent events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream::{StreamExt as _, unfold};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use utoipa::IntoParams;
use uuid::Uuid;

use super::calls::{GoingCall, own};
use super::{Query, text};
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::live::{News, Watch};
use crate::metrics::Counted;
use crate::record::CallInfo;

/// How often something is sent when there is no news, so that nothing on the way closes the connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Which news is asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventsQuery {
    /// Only news of this call, by our name for it or the caller's; its picture is sent too.
    #[param(min_length = 1, max_length = 256)]
    call: Option<String>,
}

/// One who listens.
struct Listener {
    app: Arc<App>,
    news: Receiver<News>,
    /// The identity whose calls are told; all where there is none.
    owner: Option<String>,
    /// The only call that is told, if it is one.
    call: Option<String>,
    /// Keeps the picture of that call coming.
    watched: Option<(Uuid, Watch)>,
    _counted: Counted,
}

impl Listener {
    fn concerns(&self, info: &CallInfo) -> bool {
        self.owner.as_ref().is_none_or(|owner| *owner == info.owner)
            && self.call.as_ref().is_none_or(|call| *call == info.call_id || *call == info.id.to_string())
    }

    /// Asks for the picture of a call, if it is the one that is listened to.
    fn watch(&mut self, id: Uuid) {
        if self.call.is_some() && self.watched.as_ref().is_none_or(|(watched, _)| *watched != id) {
            self.watched = self.app.live.watch(id).map(|watch| (id, watch));
        }
    }

    /// The next thing to send; `None` at the end.
    async fn next(&mut self) -> Option<Event> {
        loop {
            match self.news.recv().await {
                Ok(news) if self.concerns(news.call()) => {
                    if let News::Started(info) = &news {
                        self.watch(info.id);
                    }
                    if let Some(event) = self.told(&news) {
                        return Some(event);
                    }
                }
                Ok(_) => {}
                Err(RecvError::Lagged(count)) => return Some(event("lost", &json!({ "count": count }))),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    fn told(&self, news: &News) -> Option<Event> {
        Some(match news {
            News::Started(info) => event("started", &GoingCall::from(&**info)),
            News::Event { call, event: what } => {
                event("event", &json!({ "id": call.id, "call_id": call.call_id, "event": what }))
            }
            News::Picture { call, points, wave } => {
                self.call.as_ref()?;
                event("picture", &json!({ "id": call.id, "points": &**points, "wave": &**wave }))
            }
            News::Ended { record, .. } => event("ended", &**record),
        })
    }
}

fn event(name: &str, what: &impl Serialize) -> Event {
    let text = serde_json::to_string(what).unwrap_or_else(|_| "null".to_owned());
    Event::default().event(name).data(text)
}

/// News of calls, as it happens.
///
/// Server-sent events: `started` (the call, as `GET /v1/calls/live` lists it), `event` (`{id, call_id, event}`, the event
/// as the stream was sent it), `picture` (`{id, points, wave}`, with `call` alone), `ended` (the call, as `GET /v1/calls`
/// lists it, once its record is safe), and `lost` (`{count}`) where the listener was too slow for so many pieces of news.
/// What was told before is not told again.
#[utoipa::path(get, path = "/v1/events", tag = "events", params(EventsQuery),
    responses((status = 200, description = "Events, until either side ends it.", body = String,
        content_type = "text/event-stream")))]
pub(super) async fn events(
    State(app): State<Arc<App>>,
    Caller(identity): Caller,
    Query(query): Query<EventsQuery>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let call = text::optional("call", query.call, 256)?;
    let stopping = app.stopping.clone();
    let news = app.live.listen();
    let counted = app.metrics.listener();
    let mut listener = Listener { _counted: counted, app, news, owner: own(&identity), call, watched: None };
    if listener.call.is_some() {
        let going = listener.app.live.list();
        if let Some(going) = going.iter().rev().find(|going| listener.concerns(&going.info)) {
            listener.watch(going.info.id);
        }
    }
    let events =
        unfold(listener, |mut listener| async move { listener.next().await.map(|event| (Ok(event), listener)) });
    let until_stop = events.take_until(stopping.cancelled_owned());
    Ok(Sse::new(until_stop).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}
