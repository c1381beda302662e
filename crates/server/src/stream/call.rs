//! One call of a connection: chunks in their order, results as they are sent.

use std::sync::Arc;
use std::time::Instant;

use offhook_audio::MediaTime;
use offhook_detect::{EventKind, Fact, Stage, Vocabulary};
use offhook_telephony::stream::{Detail, Start};
use offhook_telephony::{Arrival, PcmError, PcmFormat, Reorder, ReorderError};
use serde_json::Value;

use super::wire::{self, Ending};
use crate::app::App;
use crate::auth::Identity;
use crate::error::{ApiError, Code, chain};
use crate::record::{CallInfo, Source};
use crate::session::{self, Happened, Session};
use crate::switch::{self, described};
use crate::telemetry::TraceParent;
use crate::views;

/// One call of a connection.
pub(super) struct StreamCall {
    session: Session,
    /// For numbered chunks; made when the first of them comes.
    order: Option<Box<Reorder<Vec<u8>>>>,
    detail: Detail,
    /// Whether the client wants the picture.
    picture: bool,
    /// Whether sample rate and channels are settled.
    stated: (bool, bool),
    /// Chunks that came twice or too late.
    dropped: u64,
    happened: Vec<Happened>,
    /// The vocabularies in which results carry variables.
    variables: Vec<&'static Vocabulary>,
}

/// What a call's connection adds to what its start says.
pub(super) struct Opening {
    /// Whether it is the tap of a switch, whose format is settled and whose watch may expect it.
    pub(super) tap: bool,
    /// The vocabularies in which results carry variables.
    pub(super) variables: Vec<&'static Vocabulary>,
    /// The trace that the connection's request belongs to.
    pub(super) parent: Option<TraceParent>,
}

impl StreamCall {
    pub(super) fn begin(app: &Arc<App>, identity: &Identity, start: Start, opening: Opening) -> Result<Self, ApiError> {
        let Opening { tap, variables, parent } = opening;
        let link =
            start.call_id.as_deref().filter(|_| tap).and_then(|name| app.switches.links.take_for(name, &identity.id));
        let source = match (tap, start.microphone) {
            (true, _) => Source::Tap,
            (false, true) => Source::Microphone,
            (false, false) => Source::Stream,
        };
        let info = CallInfo {
            campaign: start.campaign,
            caller: start.caller.map(|number| app.privacy.number(&number)),
            destination: start.destination.map(|number| app.privacy.number(&number)),
            ..CallInfo::begin(source, &identity.id, start.call_id)
        };
        let info = described(app, info, link.as_ref());
        let answered = link.as_ref().map_or(start.answered, |link| link.answered);
        let opening = session::Opening { answered, picture: start.picture, parent };
        let mut session = Session::begin(app, info, start.format, opening).map_err(|error| unreadable(&error))?;
        if let Some(link) = link {
            session.join(link);
        }
        Ok(Self {
            session,
            order: None,
            detail: start.detail,
            picture: start.picture,
            stated: if tap { (true, true) } else { start.stated },
            dropped: 0,
            happened: Vec::new(),
            variables,
        })
    }

    pub(super) fn info(&self) -> &CallInfo {
        self.session.info()
    }

    pub(super) fn now(&self) -> MediaTime {
        self.session.now()
    }

    /// The format its audio comes in.
    pub(super) fn format(&self) -> PcmFormat {
        self.session.format()
    }

    /// Its audio comes in this format. Once some was heard, it is too late to say so.
    pub(super) fn expect(&mut self, format: PcmFormat) {
        if format != self.session.format()
            && self.session.now() == MediaTime::ZERO
            && let Err(error) = self.session.set_format(format)
        {
            tracing::warn!(call_id = self.info().call_id, error = %error, "a switch told of a format that is not read");
        }
    }

    /// Takes what a chunk says of its format.
    pub(super) fn agree(&mut self, rate: Option<u32>, channels: Option<u8>) -> Result<(), ApiError> {
        let mut format = self.session.format();
        if let Some(hz) = rate.filter(|hz| *hz != format.rate.hz()) {
            if self.stated.0 {
                return Err(ApiError::field("sample_rate", hz, format!("{}, as the call began", format.rate.hz())));
            }
            format.rate = offhook_audio::SampleRate::new(hz)
                .map_err(|_| ApiError::field("sample_rate", hz, "8000 to 48000 Hz"))?;
        }
        if let Some(count) = channels.filter(|count| *count != format.channels) {
            if self.stated.1 {
                return Err(ApiError::field("channels", count, format!("{}, as the call began", format.channels)));
            }
            if !(1..=2).contains(&count) {
                return Err(ApiError::field("channels", count, "1 or 2"));
            }
            format.channels = count;
        }
        if format != self.session.format() {
            self.session.set_format(format).map_err(|error| unreadable(&error))?;
        }
        self.stated = (true, true);
        Ok(())
    }

    /// Hears a chunk; gives what is to be sent, and what was wrong with the chunk.
    pub(super) fn hear(
        &mut self,
        sequence: Option<u64>,
        audio: &[u8],
        arrived: Instant,
    ) -> (Vec<String>, Option<ApiError>) {
        self.stated = (true, true);
        let error = match sequence {
            None => self.session.hear(audio, arrived, &mut self.happened).map_err(|error| unreadable(&error)),
            Some(sequence) => self.hear_numbered(sequence, audio, arrived),
        };
        (self.told(), error.err())
    }

    fn hear_numbered(&mut self, sequence: u64, audio: &[u8], arrived: Instant) -> Result<(), ApiError> {
        let Self { session, order, happened, dropped, .. } = self;
        let stream = &session.app().config.stream;
        let order = order.get_or_insert_with(|| Box::new(Reorder::new(stream.reorder as usize)));
        let length = session.samples_in(audio.len() as u64).max(1);
        let longest = (stream.longest_gap.as_secs_f64() * f64::from(offhook_audio::RATE)) as u64;
        let mut arrivals = Vec::new();
        match order.push(sequence, audio.to_vec(), longest / length, &mut arrivals) {
            Ok(()) => {}
            Err(error @ ReorderError::Jump { .. }) => {
                return Err(ApiError::new(Code::BadField, error.to_string()).about("sequence"));
            }
            Err(error) => {
                *dropped += 1;
                let late = matches!(error, ReorderError::Late { .. });
                session.app().metrics.dropped(if late { "late" } else { "duplicate" });
            }
        }
        play(session, arrivals, length, arrived, happened)
    }

    /// Takes a fact; gives what is to be sent.
    pub(super) fn note(&mut self, fact: Fact, arrived: Instant) -> Vec<String> {
        self.session.note(fact, arrived, &mut self.happened);
        self.told()
    }

    /// The next fact that the call's switch tells. Waits for ever where it has no watch.
    pub(super) async fn fact(&mut self) -> Fact {
        self.session.fact().await
    }

    /// What happened since the last time, as it is sent.
    fn told(&mut self) -> Vec<String> {
        let Self { session, happened, detail, variables, .. } = self;
        let mut messages: Vec<String> = Vec::new();
        let picture = session.picture();
        for Happened { event, processing } in happened.drain(..) {
            let standing = match &event.kind {
                _ if variables.is_empty() => None,
                EventKind::Verdict(verdict) if verdict.stage != Stage::Provisional => Some(*verdict),
                EventKind::ReadyToRecord(_) => session.latest().copied(),
                _ => None,
            };
            let spelled = standing.map(|verdict| switch::variables(&verdict, session.course(), variables));
            let result = views::result(&event, session.latest(), processing).map(|mut fields| {
                if let Some(spelled) = spelled {
                    fields
                        .insert("variables".into(), spelled.into_iter().map(|(n, v)| (n, Value::String(v))).collect());
                }
                fields
            });
            messages.extend(match result {
                Some(fields) => Some(wire::result(session.info(), &session.app().model_version, fields)),
                None if *detail == Detail::All => Some(wire::event(session.info(), views::event(&event))),
                None => None,
            });
        }
        messages.extend(picture.filter(|_| self.picture).map(|picture| wire::picture(session.info(), &picture)));
        messages
    }

    /// The call is over: keeps its record and gives what is to be sent last.
    pub(super) async fn finish(mut self, app: &Arc<App>, ending: Ending) -> Vec<String> {
        let arrived = Instant::now();
        if let Some(mut order) = self.order.take() {
            let mut arrivals = Vec::new();
            order.finish(&mut arrivals);
            let length = arrivals.iter().find_map(|arrival| match arrival {
                Arrival::Next(audio) => Some(self.session.samples_in(audio.len() as u64)),
                Arrival::Missing(_) => None,
            });
            if let Err(error) = play(&mut self.session, arrivals, length.unwrap_or(1), arrived, &mut self.happened) {
                tracing::warn!(error = %error, "the last chunks of a call could not be heard");
            }
        }
        let mut messages = self.told();
        self.session.close(&mut self.happened);
        messages.extend(self.told());
        let (dropped, info) = (self.dropped, Arc::clone(self.session.info()));
        // The watch of the call takes it to be over once this is dropped, so that it finds the record.
        let _watch = self.session.leave();
        let record = self.session.finish();
        match session::keep(app, record).await {
            Ok(record) => messages.push(wire::ended(&record, ending, dropped)),
            Err(_) => {
                let refusal = ApiError::new(Code::Storage, "the record of the call could not be kept");
                messages.push(wire::error(Some(&info.call_id), &refusal));
            }
        }
        messages
    }
}

/// Hears what is next and counts what never came, each missing chunk as long as `length` samples.
fn play(
    session: &mut Session,
    arrivals: Vec<Arrival<Vec<u8>>>,
    length: u64,
    arrived: Instant,
    happened: &mut Vec<Happened>,
) -> Result<(), ApiError> {
    for arrival in arrivals {
        match arrival {
            Arrival::Next(audio) => session.hear(&audio, arrived, happened).map_err(|error| unreadable(&error))?,
            Arrival::Missing(chunks) => {
                session.app().metrics.dropped("gap");
                session.lose(chunks.saturating_mul(length), arrived, happened);
            }
        }
    }
    Ok(())
}

fn unreadable(error: &PcmError) -> ApiError {
    ApiError::new(Code::BadAudio, chain(error))
}
