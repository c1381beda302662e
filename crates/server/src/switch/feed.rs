//! The audio of one call as it comes from a switch by another way than `/v1/stream`: to its session, and to its end.

use std::sync::Arc;
use std::time::Instant;

use offhook_detect::Fact;
use offhook_telephony::{Inbound, PcmError, PcmFormat};

use super::links::Link;
use super::rule::SwitchCall;
use crate::app::App;
use crate::record::{CallInfo, Source};
use crate::session::{self, Happened, Opening, Session};
use crate::telemetry::TraceParent;

/// Whose calls are that come over a switch's own wire: audio needs no key there, for the switch is known.
pub(crate) fn owner(link: Option<&Link>) -> String {
    link.map_or_else(|| "switch".to_owned(), |link| identity(&link.call))
}

/// The identity by which a switch sends the audio of this call.
pub(crate) fn identity(call: &SwitchCall) -> String {
    format!("switch:{}", call.switch)
}

/// One call that is heard.
#[derive(Debug)]
pub(crate) struct Feed {
    app: Arc<App>,
    session: Session,
    happened: Vec<Happened>,
}

impl Feed {
    /// A call begins: the switch's name for it, the format of its audio, and its watch, where it is watched.
    ///
    /// # Errors
    /// The format is not one that is read.
    pub(crate) fn begin(
        app: &Arc<App>,
        name: &str,
        format: PcmFormat,
        link: Option<Link>,
        parent: Option<TraceParent>,
    ) -> Result<Self, PcmError> {
        let begin = CallInfo::begin(Source::Tap, &owner(link.as_ref()), Some(name.to_owned()));
        let info = described(app, begin, link.as_ref());
        let answered = link.as_ref().is_none_or(|link| link.answered);
        let mut session = Session::begin(app, info, format, Opening { answered, picture: false, parent })?;
        if let Some(link) = link {
            session.join(link);
        }
        Ok(Self { app: Arc::clone(app), session, happened: Vec::new() })
    }

    /// The call.
    pub(crate) fn info(&self) -> &Arc<CallInfo> {
        self.session.info()
    }

    /// Takes what came in on the wire. Names, notes and the end are the wire's own to look at.
    ///
    /// # Errors
    /// The audio cannot be read.
    pub(crate) fn take(&mut self, inbound: &Inbound, arrived: Instant) -> Result<(), PcmError> {
        match inbound {
            Inbound::Format(format) if *format != self.session.format() => self.session.set_format(*format)?,
            Inbound::Audio(bytes) => self.session.hear(bytes, arrived, &mut self.happened)?,
            Inbound::Lost(samples) => self.session.lose(*samples, arrived, &mut self.happened),
            Inbound::Fact(fact) => self.session.note(*fact, arrived, &mut self.happened),
            Inbound::Format(_) | Inbound::Named(_) | Inbound::Note(_) | Inbound::Takes(_) | Inbound::Ended => {}
        }
        self.session.picture();
        Ok(())
    }

    /// Waits for the next fact that the switch tells, and takes it.
    pub(crate) async fn fact(&mut self) -> Fact {
        let fact = self.session.fact().await;
        self.session.note(fact, Instant::now(), &mut self.happened);
        fact
    }

    /// What happened since this was last asked.
    pub(crate) fn told(&mut self) -> std::vec::Drain<'_, Happened> {
        self.happened.drain(..)
    }

    /// The call's audio is over: its record is kept.
    pub(crate) async fn finish(self) {
        let Self { app, mut session, .. } = self;
        session.close(&mut Vec::new());
        let _watch = session.leave();
        let id = session.info().id;
        if session::keep(&app, session.finish()).await.is_err() {
            tracing::error!(id = %id, "the record of a call could not be kept");
        }
    }
}

/// What is known of a call, with what its watch knows.
pub(crate) fn described(app: &App, info: CallInfo, link: Option<&Link>) -> CallInfo {
    let Some(link) = link else { return info };
    let info = match app.switches.placements.find(&link.call.uuid) {
        Some(placed) => {
            CallInfo { id: placed.id, call_id: placed.call_id.clone(), owner: placed.owner.clone(), ..info }
        }
        None => info,
    };
    let number =
        |number: &Option<crate::Pii<String>>| number.as_ref().map(|number| app.privacy.number(number.reveal()));
    CallInfo {
        campaign: info.campaign.or_else(|| link.campaign.clone()),
        caller: info.caller.or_else(|| number(&link.call.caller)),
        destination: info.destination.or_else(|| number(&link.call.destination)),
        ..info
    }
}
