//! What can be done with a call by the wire of its audio alone, without AMI or ARI.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};

use super::outlets::ToWire;
use super::{sound, words};
use crate::app::App;
use crate::switch::line::Line;
use crate::switch::order::{Order, OrderError};
use crate::switch::rule::Rule;

/// The variable that a dialplan for `AMD()` looks at.
const STATUS: &str = "AMDSTATUS";

/// A call whose dialplan waits in `AudioSocket()`. What it is to know is kept for the step `agi://…/result`.
#[derive(Debug)]
pub(super) struct SocketLine {
    app: Arc<App>,
    /// The `Uniqueid` of its channel.
    call: String,
    /// The name its audio comes with.
    audio: String,
    began: Instant,
    /// Whether the dialplan is to find what `AMD()` sets, and does not yet.
    owes_status: AtomicBool,
    /// Counts what is to be played or stopped, so that a sound that took long to read is not played after its stop.
    plays: Arc<AtomicU64>,
}

impl SocketLine {
    pub(super) fn new(app: &Arc<App>, call: &str, audio: &str, rule: &Rule) -> Self {
        Self {
            app: Arc::clone(app),
            call: call.to_owned(),
            audio: audio.to_owned(),
            began: Instant::now(),
            owes_status: AtomicBool::new(rule.vocabularies.iter().any(|name| name == "asterisk")),
            plays: Arc::default(),
        }
    }

    /// Variables as they are set on the channel.
    pub(super) fn spelled(&self, variables: &[(String, String)]) -> Vec<(String, String)> {
        let spelled: Vec<_> =
            variables.iter().map(|(name, value)| (words::variable(name), words::value(value))).collect();
        if spelled.iter().any(|(name, _)| name == STATUS) {
            self.owes_status.store(false, Ordering::Relaxed);
        }
        self.app.switches.asterisk.kept.set(&self.call, spelled.iter().map(|(n, v)| (n.as_str(), v.as_str())));
        spelled
    }

    /// What is still to be set before the dialplan goes on.
    pub(super) fn owed(&self) -> Vec<(String, String)> {
        if self.owes_status.swap(false, Ordering::Relaxed) {
            self.spelled(&words::too_long(self.began.elapsed().as_millis()))
        } else {
            Vec::new()
        }
    }

    /// The dialplan goes on.
    pub(super) fn release(app: &App, call: &str, audio: &str) {
        app.switches.asterisk.kept.done(call);
        app.switches.asterisk.outlets.tell(audio, ToWire::Close);
    }

    /// What [`Self::release`] needs, for a future.
    pub(super) fn names(&self) -> (Arc<App>, String, String) {
        (Arc::clone(&self.app), self.call.clone(), self.audio.clone())
    }

    /// Plays a sound on the wire of the call's audio.
    pub(super) fn play(&self, file: &str) -> BoxFuture<'static, Result<(), OrderError>> {
        let (app, _, audio) = self.names();
        let (plays, file) = (Arc::clone(&self.plays), file.to_owned());
        let number = plays.fetch_add(1, Ordering::Relaxed) + 1;
        let folder: Option<PathBuf> = app.switches.config.as_ref().and_then(|config| config.sounds.clone());
        async move {
            if !app.switches.asterisk.outlets.has(&audio) {
                return Err(OrderError::Gone);
            }
            let sound = sound::read(folder, &file).await?;
            let stopped = plays.load(Ordering::Relaxed) != number;
            if stopped || app.switches.asterisk.outlets.tell(&audio, ToWire::Play(sound)) {
                Ok(())
            } else {
                Err(OrderError::Gone)
            }
        }
        .boxed()
    }

    /// Stops what is played there.
    pub(super) fn stop_playing(&self) -> BoxFuture<'static, Result<(), OrderError>> {
        self.plays.fetch_add(1, Ordering::Relaxed);
        self.app.switches.asterisk.outlets.tell(&self.audio, ToWire::StopPlaying);
        ready(Ok(())).boxed()
    }
}

impl Line for SocketLine {
    fn obey(&self, order: &Order) -> BoxFuture<'static, Result<(), OrderError>> {
        match order {
            Order::Set(variables) => {
                self.spelled(variables);
                ready(Ok(())).boxed()
            }
            Order::StopAudio | Order::Release => {
                self.owed();
                Self::release(&self.app, &self.call, &self.audio);
                ready(Ok(())).boxed()
            }
            Order::Play(file) => self.play(file),
            Order::StopPlaying => self.stop_playing(),
            Order::HangUp(_) | Order::Transfer(_) | Order::Execute(_) | Order::Announce(_)
                if self.app.switches.asterisk.kept.order(&self.call, order.clone()) =>
            {
                if !matches!(order, Order::Announce(_)) {
                    self.owed();
                    Self::release(&self.app, &self.call, &self.audio);
                }
                ready(Ok(())).boxed()
            }
            other => ready(Err(unable(other))).boxed(),
        }
    }

    fn nodes(&self) -> usize {
        0
    }
}

/// What cannot be done on the wire of audio.
fn unable(order: &Order) -> OrderError {
    let word = order.word();
    OrderError::Unable(match order {
        Order::ListenForBeep => "Asterisk has no detector of beeps that could stand in".to_owned(),
        _ => format!("{word} needs ami or ari of this Asterisk in switches.file, or the step agi://…/result"),
    })
}
