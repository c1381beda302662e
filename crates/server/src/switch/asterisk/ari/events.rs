//! The events of ARI, over a WebSocket.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use offhook_detect::Fact;
use offhook_telephony::ari::{self, Channel, Event, Happening, Request};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::{AriDialer, END_TIME, Site, secure};
use crate::switch::line::LegNews;

/// How long a connection may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often the far side is asked whether it is there, and how long nothing may come.
const PING: Duration = Duration::from_secs(5);
const SILENCE: Duration = Duration::from_secs(15);
const LOOK: Duration = Duration::from_millis(250);
/// The largest event, in bytes.
const LARGEST: usize = 1 << 20;

/// Connects, and serves the connection to its end. Whether there was one, and why it ended; `Ok`: the service stops.
pub(super) async fn run(site: &Arc<Site>, again: bool) -> (bool, Result<(), String>) {
    let request = match site.rest.events(&site.config.app) {
        Ok(request) => request,
        Err(why) => return (false, Err(why)),
    };
    let config = WebSocketConfig::default().max_message_size(Some(LARGEST)).max_frame_size(Some(LARGEST));
    let connecting = secure::open(request, config, secure::trusted);
    let mut socket = match timeout(PATIENCE, connecting).await {
        Ok(Ok(socket)) => socket,
        Ok(Err(why)) => return (false, Err(why)),
        Err(_) => return (false, Err("no answer in time".into())),
    };
    let app = &site.app;
    app.switches.states.connected(&site.switch, again);
    app.metrics.switch_connected(&site.switch, true);
    if again {
        app.metrics.switch_reconnected(&site.switch);
    }
    app.switches.placements.connect(&site.switch, Arc::new(AriDialer::new(site)));
    tracing::info!(switch = site.switch, app = site.config.app, "events of ARI connected");
    let picking = Arc::clone(site);
    app.tasks.spawn(async move { pick_up(&picking).await });
    let (mut heard, mut pinged, mut stopping) = (Instant::now(), Instant::now(), None);
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let ended = loop {
        tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    heard = Instant::now();
                    match ari::decode(&text) {
                        Ok(event) if event.happening == Happening::Replaced => {
                            break Err(format!("another connection took application {} over", site.config.app));
                        }
                        Ok(event) => take(site, &event),
                        Err(error) => tracing::debug!(error = %error, "an event of ARI is passed over"),
                    }
                }
                Some(Ok(Message::Close(_))) | None => break Err("closed by Asterisk".into()),
                Some(Ok(_)) => heard = Instant::now(),
                Some(Err(error)) => break Err(error.to_string()),
            },
            _ = look.tick() => {
                if heard.elapsed() >= SILENCE {
                    break Err("nothing came in time".into());
                }
                if pinged.elapsed() >= PING {
                    pinged = Instant::now();
                    if socket.send(Message::Ping(Default::default())).await.is_err() {
                        break Err("closed by Asterisk".into());
                    }
                }
                if app.stopping.is_cancelled() {
                    let since = *stopping.get_or_insert_with(Instant::now);
                    if app.switches.watches.count() == 0 || since.elapsed() >= app.config.http.drain {
                        break Ok(());
                    }
                }
            }
        }
    };
    (true, ended)
}

fn take(site: &Arc<Site>, event: &Event) {
    let watches = &site.app.switches.watches;
    if let Happening::PlaybackFinished(playback) = &event.happening {
        let call = site.shared().playing.remove(&playback.id);
        if let Some(call) = call {
            watches.tell(&call, LegNews::PlayingEnded);
        }
        return;
    }
    let Some(channel) = &event.channel else { return };
    match &event.happening {
        Happening::StasisStart { arguments } => {
            site.arrived(&channel.id, Ok(()));
            if !channel.id.starts_with(&site.prefix()) {
                site.begin(channel, arguments);
            }
        }
        Happening::StasisEnd => {
            let (site, id) = (Arc::clone(site), channel.id.clone());
            site.app.tasks.clone().spawn(async move {
                tokio::time::sleep(END_TIME).await;
                if site.shared().calls.remove(&id) {
                    site.app.switches.watches.tell(&id, LegNews::Taken);
                }
            });
        }
        Happening::Destroyed { cause, text } => site.gone(&channel.id, *cause, text),
        Happening::StateChange if channel.state == "Up" => {
            watches.tell(&channel.id, LegNews::Answered);
        }
        Happening::Dtmf { digit, .. } => {
            if let &[digit @ (b'0'..=b'9' | b'A'..=b'D' | b'*' | b'#')] = digit.as_bytes() {
                watches.tell(&channel.id, LegNews::Fact(Fact::Dtmf(char::from(digit))));
            }
        }
        _ => {}
    }
}

/// What happened while there was no connection: calls that ended, calls that came, and what is left of others.
async fn pick_up(site: &Arc<Site>) {
    // Calls that come while it is asked are not in the answer.
    let known = site.shared().calls.clone();
    let Ok(answer) = site.rest.ask(&Request::channels()).await else { return };
    let Ok(channels) = serde_json::from_value::<Vec<Channel>>(answer) else { return };
    let there: HashSet<&str> = channels.iter().map(|channel| channel.id.as_str()).collect();
    for id in known.iter().filter(|id| !there.contains(id.as_str())) {
        site.gone(id, 0, "ended while ARI was not connected");
    }
    for channel in &channels {
        let in_app = channel.dialplan.app_name == "Stasis"
            && channel.dialplan.app_data.split(',').next() == Some(site.config.app.as_str());
        if channel.id.starts_with(&site.prefix()) {
            let ours = site.shared().ours.contains(&channel.id);
            if !ours {
                site.destroy_channel(&channel.id).await;
            }
        } else if in_app {
            let arguments: Vec<String> = channel.dialplan.app_data.split(',').skip(1).map(str::to_owned).collect();
            site.begin(channel, &arguments);
        }
    }
    site.destroy_left_bridges().await;
}
