//! `chan_websocket`: Asterisk connects by WebSocket and carries audio both ways.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use offhook_telephony::chan_websocket::{Command, Decoder, Notice, Sending, Start};
use offhook_telephony::{Inbound, PcmFormat};
use tokio::time::{sleep_until, timeout};

use super::hearing::Hearing;
use super::outlets::{Outlet, ToWire};
use crate::app::App;
use crate::switch::Feed;
use crate::switch::line::LegNews;
use crate::switch::rule::SwitchCall;

/// The subprotocol.
pub(crate) const PROTOCOL: &str = "media";
/// How long Asterisk may take to say which call it is.
const START_TIME: Duration = Duration::from_secs(2);
/// The longest a message may take to be written.
const WRITE_TIME: Duration = Duration::from_secs(2);

/// One connection, once its call is known.
struct Media {
    app: Arc<App>,
    socket: WebSocket,
    decoder: Decoder,
    hearing: Hearing,
    watched: Option<Arc<SwitchCall>>,
    outlet: Outlet,
    sending: Sending,
    /// Audio that Asterisk does not take yet.
    waiting: VecDeque<Vec<u8>>,
    takes: bool,
    /// Whether the end of what was played is still to be told.
    plays: bool,
    heard_last: Instant,
}

/// Serves one connection to its end, which came by this name in its path. `known`: who connects showed who they are; else only audio that is expected is heard.
pub(crate) async fn serve(app: Arc<App>, mut socket: WebSocket, path: String, known: bool) {
    let why = match begin(&app, &mut socket, &path, known).await {
        Ok((decoder, hearing, watched, outlet, sending)) => {
            let (waiting, heard_last) = (VecDeque::new(), Instant::now());
            let mut media = Media {
                app,
                socket,
                decoder,
                hearing,
                watched,
                outlet,
                sending,
                waiting,
                takes: true,
                plays: false,
                heard_last,
            };
            let ended = media.run().await;
            close(&mut media.socket, ended.as_ref().err()).await;
            media.hearing.finish().await;
            ended
        }
        Err(why) => {
            close(&mut socket, Some(&why)).await;
            Err(why)
        }
    };
    if let Err(why) = why {
        tracing::warn!(why, "a media WebSocket ended");
    }
}

async fn close(socket: &mut WebSocket, why: Option<&String>) {
    let code = if why.is_some() { close_code::POLICY } else { close_code::NORMAL };
    let reason: String = why.map(|why| why.chars().take(40).collect()).unwrap_or_default();
    let frame = CloseFrame { code, reason: reason.into() };
    // The far side may be gone already.
    let _ = timeout(WRITE_TIME, socket.send(Message::Close(Some(frame)))).await;
}

type Begun = (Decoder, Hearing, Option<Arc<SwitchCall>>, Outlet, Sending);

async fn begin(app: &Arc<App>, socket: &mut WebSocket, path: &str, known: bool) -> Result<Begun, String> {
    let mut decoder = Decoder::new();
    let begun = timeout(START_TIME, start(socket, &mut decoder)).await.map_err(|_| "no MEDIA_START came in time")?;
    let (start, name, format) = begun?;
    let links = &app.switches.links;
    let link = links.take(&name).or_else(|| links.take(path));
    if link.is_none() && !known {
        return Err("this call is not expected".into());
    }
    crate::stream::admits(app).map_err(|refusal| refusal.detail().to_owned())?;
    let outlet = app.switches.asterisk.outlets.open(&name).ok_or("this call is heard on another connection")?;
    let watched = link.as_ref().map(|link| Arc::clone(&link.call));
    let called = watched.as_ref().map_or(name.as_str(), |call| call.uuid.as_str());
    let feed = Feed::begin(app, called, format, link, None).map_err(|error| error.to_string())?;
    let sending = Sending::new(format, start.frame).map_err(|error| error.to_string())?;
    Ok((decoder, Hearing::new(feed, format, Instant::now()), watched, outlet, sending))
}

/// The first text: which call it is, and the format of its audio.
async fn start(socket: &mut WebSocket, decoder: &mut Decoder) -> Result<(Start, String, PcmFormat), String> {
    loop {
        match socket.recv().await {
            Some(Ok(Message::Text(text))) => {
                let mut came = Vec::new();
                let notice = decoder.text(&text, &mut came).map_err(|error| error.to_string())?;
                if let (Notice::Start(start), [Inbound::Named(name), Inbound::Format(format)]) =
                    (notice, came.as_slice())
                {
                    return Ok((start, name.clone(), *format));
                }
            }
            Some(Ok(Message::Binary(_))) => return Err("audio came before MEDIA_START".into()),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Close(_)) | Err(_)) | None => return Err("closed before MEDIA_START came".into()),
        }
    }
}

impl Media {
    async fn run(&mut self) -> Result<(), String> {
        loop {
            let due = self.hearing.due();
            tokio::select! {
                biased;
                message = self.socket.recv() => {
                    self.heard_last = Instant::now();
                    match message {
                        Some(Ok(Message::Text(text))) => self.text(&text)?,
                        Some(Ok(Message::Binary(audio))) => {
                            let mut came = Vec::new();
                            self.decoder.binary(audio.to_vec(), &mut came).map_err(|error| error.to_string())?;
                            self.take(&came)?;
                        }
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                        Some(Ok(Message::Close(_)) | Err(_)) | None => return Ok(()),
                    }
                }
                order = self.outlet.next() => match order {
                    ToWire::Close => return Ok(()),
                    ToWire::Play(sound) => {
                        let mut frames = self.sending.push(&sound).map_err(|error| error.to_string())?;
                        frames.extend(self.sending.finish().map_err(|error| error.to_string())?);
                        self.waiting = frames.into();
                        self.plays = true;
                    }
                    ToWire::StopPlaying => {
                        self.waiting.clear();
                        self.plays = false;
                        self.command(&Command::Flush).await?;
                    }
                },
                fact = self.hearing.fact() => self.take(&[Inbound::Fact(fact)])?,
                () = sleep_until(due.into()) => {
                    self.hearing.quiet(Instant::now()).map_err(|error| error.to_string())?;
                    if self.heard_last.elapsed() >= self.app.config.stream.idle {
                        return Err("nothing came for stream.idle".into());
                    }
                }
                () = std::future::ready(()), if self.takes && !self.waiting.is_empty() => {
                    if let Some(frame) = self.waiting.pop_front() {
                        self.send(Message::Binary(frame.into())).await?;
                    }
                    if self.waiting.is_empty() {
                        self.command(&Command::ReportDrained).await?;
                    }
                }
            }
        }
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        let mut came = Vec::new();
        match self.decoder.text(text, &mut came) {
            Ok(Notice::Start(_)) => return Err("a second MEDIA_START came".into()),
            Ok(Notice::Takes(takes)) => self.takes = takes,
            Ok(Notice::Drained) if self.plays && self.waiting.is_empty() => {
                self.plays = false;
                if let Some(call) = &self.watched {
                    self.app.switches.watches.tell(&call.uuid, LegNews::PlayingEnded);
                }
            }
            Ok(_) => {}
            Err(_) => self.app.metrics.dropped("bad_message"),
        }
        self.take(&came)
    }

    fn take(&mut self, came: &[Inbound]) -> Result<(), String> {
        let arrived = Instant::now();
        for inbound in came {
            self.hearing.take(inbound, arrived).map_err(|error| error.to_string())?;
        }
        if self.hearing.length() > self.app.config.stream.longest {
            return Err("longer than stream.longest".into());
        }
        Ok(())
    }

    async fn command(&mut self, command: &Command) -> Result<(), String> {
        let text = command.encode(self.decoder.form()).map_err(|error| error.to_string())?;
        self.send(Message::Text(text.into())).await
    }

    async fn send(&mut self, message: Message) -> Result<(), String> {
        match timeout(WRITE_TIME, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("Asterisk reads no more".into()),
        }
    }
}
