//! Drives one call: samples and facts go to its detector; what comes out goes to the caller, to those who listen, and at
//! the end into a record.

mod course;
mod keeping;
mod recorder;
mod timeline;

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use offhook_audio::{HOP, MediaTime, RATE};
use offhook_detect::{Detector, Event, EventKind, Fact, Probability, Stage as Firmness, Verdict};
use offhook_telephony::{PcmError, PcmFormat, PcmReader};
use serde_json::Value;

pub use course::Course;
pub use keeping::keep;
use recorder::Recorder;
use timeline::Timeline;

use crate::app::App;
use crate::config::Keep;
use crate::live::{LiveCall, News};
use crate::metrics::Counted;
use crate::record::{CallInfo, CallRecord, Point, Source};
use crate::switch::{Heard, Link};
use crate::telemetry::{self, TraceParent};
use crate::views;

/// Something that happened, and how long after the audio that brought it had arrived.
#[derive(Clone, Copy, Debug)]
pub struct Happened {
    /// What happened.
    pub event: Event,
    /// From the arrival of the audio to now.
    pub processing: Duration,
}

impl Happened {
    /// What makes one of an event that audio brought which arrived then.
    fn since(arrived: Instant) -> impl Fn(Event) -> Self {
        move |event| Self { event, processing: arrived.elapsed() }
    }
}

/// A piece of a call's picture.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The points since the last piece.
    pub points: Arc<[Point]>,
    /// Lowest and highest sample of each 10 ms since then, as parts of full scale.
    pub wave: Arc<[(f32, f32)]>,
}

/// One call that is going on.
#[derive(Debug)]
pub struct Session {
    app: Arc<App>,
    call: Arc<LiveCall>,
    reader: PcmReader,
    detector: Box<Detector>,
    recorder: Option<Recorder>,
    timeline: Timeline,
    course: Course,
    events: Vec<Event>,
    /// The verdict that stands.
    latest: Option<Verdict>,
    /// How long after its audio the first final verdict came.
    processing: Option<Duration>,
    lost: u64,
    /// Counts the call as going on.
    _counted: Counted,
    /// Whether the caller wants the picture.
    picture: bool,
    /// The watch of the call, where its switch is watched.
    link: Option<Link>,
    samples: Vec<i16>,
}

impl Session {
    /// A call begins: its audio will come in this format.
    ///
    /// # Errors
    /// The format is not one that is read.
    pub fn begin(app: &Arc<App>, info: CallInfo, format: PcmFormat, opening: Opening) -> Result<Self, PcmError> {
        let reader = PcmReader::new(format)?;
        let detector = Box::new(Detector::new(&app.params));
        let kept = app.config.audio.keep != Keep::None || info.source == Source::Demo;
        let counted = app.metrics.call_started();
        let call = app.live.begin(Arc::new(info));
        telemetry::continue_trace(&call.span, opening.parent);
        let mut session = Self {
            app: Arc::clone(app),
            call,
            reader,
            detector,
            recorder: kept.then(|| Recorder::new(format, most_kept(app))),
            timeline: Timeline::new(),
            course: Course::default(),
            events: Vec::new(),
            latest: None,
            processing: None,
            lost: 0,
            _counted: counted,
            picture: opening.picture,
            link: None,
            samples: Vec::new(),
        };
        if !opening.answered {
            session.note(Fact::EarlyMedia, Instant::now(), &mut Vec::new());
        }
        Ok(session)
    }

    /// From now on the watch of the call hears what happens, and its facts are to be asked for by [`Self::fact`].
    pub(crate) fn join(&mut self, link: Link) {
        // An error says that the watch is over: the call is heard all the same.
        let _ = link.heard.send(Heard::Began(self.call.info.id));
        self.link = Some(link);
    }

    /// The watch of the call. It takes the call's audio to be over once this is dropped, which must not be before the
    /// record is safe.
    #[must_use]
    pub(crate) fn leave(&mut self) -> Option<Link> {
        self.link.take()
    }

    /// The next fact that the call's switch tells. Waits for ever where there is none.
    pub(crate) async fn fact(&mut self) -> Fact {
        if let Some(link) = &mut self.link
            && let Some(fact) = link.facts.recv().await
        {
            return fact;
        }
        std::future::pending().await
    }

    /// The service it belongs to.
    pub(crate) fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// What is known of the call.
    pub fn info(&self) -> &Arc<CallInfo> {
        &self.call.info
    }

    /// The format its audio comes in.
    pub fn format(&self) -> PcmFormat {
        self.reader.format()
    }

    /// Changes the format, as long as nothing was heard.
    ///
    /// # Errors
    /// The format is not one that is read.
    pub fn set_format(&mut self, format: PcmFormat) -> Result<(), PcmError> {
        self.reader = PcmReader::new(format)?;
        if self.recorder.is_some() {
            self.recorder = Some(Recorder::new(format, most_kept(&self.app)));
        }
        Ok(())
    }

    /// How much audio was heard or lost.
    pub fn now(&self) -> MediaTime {
        self.detector.now()
    }

    /// The verdict that stands.
    pub fn latest(&self) -> Option<&Verdict> {
        self.latest.as_ref()
    }

    /// What the call's events come to so far.
    pub(crate) fn course(&self) -> &Course {
        &self.course
    }

    /// How many samples at 8 kHz so many bytes of this call stand for.
    pub fn samples_in(&self, bytes: u64) -> u64 {
        self.reader.samples_in(bytes)
    }

    /// Hears the next bytes, which arrived at `arrived`; appends to `into` what happened.
    ///
    /// # Errors
    /// The rate conversion failed.
    pub fn hear(&mut self, bytes: &[u8], arrived: Instant, into: &mut Vec<Happened>) -> Result<(), PcmError> {
        let mut samples = std::mem::take(&mut self.samples);
        samples.clear();
        let read = self.reader.push(bytes, &mut samples);
        if let Some(recorder) = &mut self.recorder {
            if self.reader.format() == PcmFormat::MULAW { recorder.push_ulaw(bytes) } else { recorder.push(&samples) }
        }
        self.listen(&samples, arrived, into);
        self.samples = samples;
        read
    }

    /// Hears samples that are 8 kHz already.
    pub fn hear_samples(&mut self, samples: &[i16], arrived: Instant, into: &mut Vec<Happened>) {
        if let Some(recorder) = &mut self.recorder {
            recorder.push(samples);
        }
        self.listen(samples, arrived, into);
    }

    fn listen(&mut self, samples: &[i16], arrived: Instant, into: &mut Vec<Happened>) {
        let started = Instant::now();
        let watched = self.picture || self.call.watched();
        for piece in samples.chunks(HOP) {
            let before = self.detector.signals().at;
            let from = into.len();
            into.extend(self.detector.push(piece).map(Happened::since(arrived)));
            self.take(&into[from..]);
            let signals = self.detector.signals();
            if signals.at != before {
                self.timeline.push(piece, signals, self.machine(), watched);
            }
        }
        let audio = MediaTime::from_samples(samples.len() as u64).since(MediaTime::ZERO);
        self.app.metrics.chunk(started.saturating_duration_since(arrived), started.elapsed(), audio);
    }

    /// So many samples at 8 kHz never came.
    pub fn lose(&mut self, samples: u64, arrived: Instant, into: &mut Vec<Happened>) {
        self.lost += samples;
        if let Some(recorder) = &mut self.recorder {
            recorder.lose(usize::try_from(samples).unwrap_or(usize::MAX));
        }
        let watched = self.picture || self.call.watched();
        let mut left = samples;
        while left > 0 {
            let piece = left.min(HOP as u64);
            let before = self.detector.signals().at;
            let from = into.len();
            into.extend(self.detector.push_gap(piece).map(Happened::since(arrived)));
            self.take(&into[from..]);
            if self.detector.signals().at != before {
                self.timeline.lose(self.detector.signals().at, watched);
            }
            left -= piece;
        }
    }

    /// Takes what audio cannot tell.
    pub fn note(&mut self, fact: Fact, arrived: Instant, into: &mut Vec<Happened>) {
        let from = into.len();
        into.extend(self.detector.note(fact).map(Happened::since(arrived)));
        self.take(&into[from..]);
    }

    /// The picture since the last piece, if anybody wants it and there is a new point.
    pub fn picture(&mut self) -> Option<Picture> {
        let picture = self.timeline.piece()?;
        self.app.live.tell(|| News::Picture {
            call: Arc::clone(&self.call.info),
            points: Arc::clone(&picture.points),
            wave: Arc::clone(&picture.wave),
        });
        Some(picture)
    }

    /// How likely a machine is: by what is weighed, and from a final verdict on by that.
    fn machine(&self) -> Option<Probability> {
        match self.latest {
            Some(verdict) if verdict.stage != Firmness::Provisional => Some(verdict.probabilities.machine()),
            latest => self.detector.machine().or(latest.map(|verdict| verdict.probabilities.machine())),
        }
    }

    /// Notes what happened and tells those who listen.
    fn take(&mut self, happened: &[Happened]) {
        for Happened { event, processing } in happened {
            self.course.note(event);
            self.events.push(*event);
            if let EventKind::Verdict(verdict) = event.kind {
                self.latest = Some(verdict);
                if verdict.stage != Firmness::Provisional && self.processing.is_none() {
                    self.processing = Some(*processing);
                }
                let mut view = views::verdict_view(&verdict);
                view.insert("at_ms".into(), views::at_ms(event.at).into());
                self.call.decided(Arc::new(Value::Object(view)));
            }
            if let Some(link) = &self.link {
                let latest = self.latest.map(Box::new);
                let heard = Heard::Happened(
                    Box::new(Happened { event: *event, processing: *processing }),
                    Box::new(self.course),
                    latest,
                );
                let _ = link.heard.send(heard);
            }
            let latest = self.latest.as_ref();
            self.app.live.tell(|| News::Event {
                call: Arc::clone(&self.call.info),
                event: Arc::new(
                    views::result(event, latest, *processing).map_or_else(|| views::event(event), Value::Object),
                ),
            });
        }
    }

    /// The call is over: where no verdict had been final, the one that closes it is told, and appended to `into`.
    pub fn close(&mut self, into: &mut Vec<Happened>) {
        if self.latest.is_none_or(|latest| latest.stage == Firmness::Provisional) {
            let started = Instant::now();
            let last = self.detector.clone().finish();
            let event = Event { at: self.detector.now(), kind: EventKind::Verdict(last) };
            let closing = Happened::since(started)(event);
            // That the service stops says nothing of the call: its watch is not to act on a verdict that only this made.
            let link = self.link.take_if(|_| self.app.stopping.is_cancelled());
            self.take(&[closing]);
            self.link = link.or(self.link.take());
            into.push(closing);
        }
    }

    /// The record of the call, which is closed if it was not.
    pub fn finish(mut self) -> CallRecord {
        self.close(&mut Vec::new());
        let now = self.detector.now();
        let last = self.detector.finish();
        let mut warnings = Vec::new();
        if self.lost > 0 {
            let lost = MediaTime::from_samples(self.lost);
            warnings.push(format!("{lost} of the audio never came"));
        }
        CallRecord {
            info: CallInfo::clone(&self.call.info),
            ended: Timestamp::now(),
            conclusion: views::conclusion(&self.course, last),
            audio_ms: views::at_ms(now) as i64,
            lost_ms: MediaTime::from_samples(self.lost).as_millis() as i64,
            processing_ms: self.processing.unwrap_or_default().as_secs_f64() * 1e3,
            model_version: self.app.model_version.clone(),
            vocabularies: views::vocabularies(&self.course, last),
            events: self.events.iter().map(views::event).collect(),
            timeline: self.timeline.finish(),
            warnings,
            audio: self.recorder.and_then(Recorder::finish),
        }
    }
}

/// How a call is listened to.
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    /// Whether it was answered already; else what comes first is early media.
    pub answered: bool,
    /// Whether its picture is wanted while it goes on.
    pub picture: bool,
    /// The trace it is part of, if its request said so.
    pub parent: Option<TraceParent>,
}

/// How many samples of a call are kept.
fn most_kept(app: &App) -> usize {
    (app.config.audio.longest.as_secs_f64() * f64::from(RATE)) as usize
}
