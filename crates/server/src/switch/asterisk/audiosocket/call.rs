//! One call on AudioSocket, from its name to its end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use offhook_telephony::Inbound;
use offhook_telephony::audiosocket::{self, Decoder};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::{sleep, sleep_until, timeout};

use super::READ;
use crate::app::App;
use crate::switch::asterisk::hearing::{Hearing, Told};
use crate::switch::asterisk::outlets::{Outlet, ToWire};
use crate::switch::asterisk::playing::Playing;
use crate::switch::line::LegNews;
use crate::switch::rule::SwitchCall;

/// How long nothing is sent before silence is: Asterisk gives up after two seconds without a message either way.
const ALIVE: Duration = Duration::from_millis(500);
/// The longest a message may take to be written.
const WRITE_TIME: Duration = Duration::from_secs(2);
/// How many bad messages end a connection.
const MOST_BAD: u32 = 3;

/// Why a call's wire is closed.
enum End {
    /// The far side closed it, the call is released, or the service stops.
    Over,
    /// Something was wrong with it.
    Wrong(String),
}

pub(super) struct Call {
    app: Arc<App>,
    reading: OwnedReadHalf,
    writing: OwnedWriteHalf,
    decoder: Decoder,
    hearing: Hearing,
    /// The call, if it is watched.
    watched: Option<Arc<SwitchCall>>,
    outlet: Outlet,
    playing: Playing,
    bad: u32,
    heard_last: Instant,
    sent_last: Instant,
}

impl Call {
    pub(super) fn new(
        app: Arc<App>,
        stream: TcpStream,
        decoder: Decoder,
        hearing: Hearing,
        watched: Option<Arc<SwitchCall>>,
        outlet: Outlet,
    ) -> Self {
        let (reading, writing) = stream.into_split();
        let now = Instant::now();
        Self {
            app,
            reading,
            writing,
            decoder,
            hearing,
            watched,
            outlet,
            playing: Playing::default(),
            bad: 0,
            heard_last: now,
            sent_last: now,
        }
    }

    /// Hears it to its end, and keeps its record.
    pub(super) async fn run(mut self) -> Result<(), String> {
        let ended = self.listen().await;
        if matches!(ended, Err(End::Over)) {
            // The far side may have closed already.
            let _ = timeout(WRITE_TIME, self.writing.shutdown()).await;
        }
        let Self { app, hearing, watched, outlet, .. } = self;
        drop((self.reading, self.writing));
        hearing.finish().await;
        drop(outlet);
        if let Some(call) = watched
            && !app.switches.asterisk.is_up(&call.switch)
        {
            // Nobody else will tell of its end.
            let cause = super::super::cause::word(None);
            app.switches.watches.tell(&call.uuid, LegNews::HungUp { cause, details: serde_json::Value::Null });
        }
        match ended {
            Ok(()) | Err(End::Over) => Ok(()),
            Err(End::Wrong(why)) => Err(why),
        }
    }

    async fn listen(&mut self) -> Result<(), End> {
        let mut bytes = [0; READ];
        self.take_all(Instant::now())?;
        let stopping = self.app.stopping.clone();
        let drain = self.app.config.http.drain;
        let mut stop_at = None;
        loop {
            let quiet = self.hearing.due();
            let alive = self.sent_last + ALIVE;
            let frame = self.playing.due().unwrap_or(alive);
            tokio::select! {
                biased;
                read = self.reading.read(&mut bytes) => {
                    let arrived = Instant::now();
                    match read {
                        Ok(0) => return Err(End::Over),
                        Ok(read) => self.decoder.push(&bytes[..read]),
                        Err(error) => return Err(End::Wrong(error.to_string())),
                    }
                    self.heard_last = arrived;
                    self.take_all(arrived)?;
                    if let Some(early) = self.hearing.early(arrived, self.app.config.stream.pace) {
                        sleep(early).await;
                    }
                }
                order = self.outlet.next() => match order {
                    ToWire::Close => return Err(End::Over),
                    ToWire::Play(sound) => self.playing.begin(sound, Instant::now()),
                    ToWire::StopPlaying => self.playing.stop(),
                },
                fact = self.hearing.fact() => {
                    let told = self.hearing.take(&Inbound::Fact(fact), Instant::now());
                    self.told(told.map_err(|error| End::Wrong(error.to_string()))?)?;
                }
                () = sleep_until(quiet.into()) => {
                    let told = self.hearing.quiet(Instant::now());
                    self.told(told.map_err(|error| End::Wrong(error.to_string()))?)?;
                    self.look()?;
                }
                () = sleep_until(frame.into()), if self.playing.due().is_some() => self.play().await?,
                () = sleep_until(alive.into()) => self.send(&audiosocket::silence()).await?,
                () = stopping.cancelled(), if stop_at.is_none() => stop_at = Some(Instant::now() + drain),
            }
            if stop_at.is_some_and(|at| at <= Instant::now()) {
                return Err(End::Over);
            }
        }
    }

    fn take_all(&mut self, arrived: Instant) -> Result<(), End> {
        loop {
            match self.decoder.next() {
                Ok(None) => break,
                Ok(Some(Inbound::Ended)) => return Err(End::Over),
                Ok(Some(Inbound::Named(_))) => return Err(End::Wrong("a second UUID came".into())),
                Ok(Some(Inbound::Note(trouble))) => return Err(End::Wrong(trouble)),
                Ok(Some(inbound)) => {
                    let told = self.hearing.take(&inbound, arrived);
                    self.told(told.map_err(|error| End::Wrong(error.to_string()))?)?;
                }
                Err(error) => {
                    self.bad += 1;
                    self.app.metrics.dropped("bad_message");
                    if self.bad > MOST_BAD {
                        return Err(End::Wrong(error.to_string()));
                    }
                }
            }
        }
        if self.hearing.length() > self.app.config.stream.longest {
            return Err(End::Wrong("longer than stream.longest".into()));
        }
        Ok(())
    }

    /// A call that nobody watches goes on in its dialplan once there is a verdict.
    fn told(&self, told: Told) -> Result<(), End> {
        if told.decided && self.watched.is_none() { Err(End::Over) } else { Ok(()) }
    }

    fn look(&self) -> Result<(), End> {
        if self.heard_last.elapsed() >= self.app.config.stream.idle {
            return Err(End::Wrong("nothing came for stream.idle".into()));
        }
        Ok(())
    }

    async fn play(&mut self) -> Result<(), End> {
        if let Some(frame) = self.playing.frame(Instant::now()) {
            for message in audiosocket::audio_messages(&frame) {
                self.send(&message).await?;
            }
        }
        if self.playing.is_over(Instant::now())
            && let Some(call) = &self.watched
        {
            self.app.switches.watches.tell(&call.uuid, LegNews::PlayingEnded);
        }
        Ok(())
    }

    /// Writes a whole message at once: Asterisk before 2025 takes one that comes in two for a broken one.
    async fn send(&mut self, message: &[u8]) -> Result<(), End> {
        match timeout(WRITE_TIME, self.writing.write_all(message)).await {
            Ok(Ok(())) => {
                self.sent_last = Instant::now();
                Ok(())
            }
            Ok(Err(_)) => Err(End::Over),
            Err(_) => Err(End::Wrong("Asterisk reads no more".into())),
        }
    }
}
