//! A call's audio by the clock of the wall: what a wire did not bring in time is a gap.
//!
//! Asterisk sends nothing while nothing comes from the far side: it waits, or its carrier suppresses silence. What is
//! heard would then stand still. A short gap is audio that never came, and no evidence of anything; one that lasts is
//! silence.

use std::time::{Duration, Instant};

use offhook_audio::{RATE, g711};
use offhook_detect::{EventKind, Fact, Stage};
use offhook_telephony::{Encoding, Inbound, PcmError, PcmFormat};

use crate::switch::Feed;

/// How long the first audio may take to come. Asterisk begins about half a second after it connects.
const PATIENCE: Duration = Duration::from_millis(600);
/// How long nothing comes before that is a gap: three frames.
const QUIET: Duration = Duration::from_millis(60);
/// From when on a gap is silence: the end of a beep is known no sooner. A network that stalls for so long is rarer than
/// a far side that sends nothing.
const SILENCE: Duration = Duration::from_millis(120);
/// How often a gap that goes on is told to the detector.
const STEP: Duration = Duration::from_millis(20);
/// How far the audio may be behind the wall: two frames on their way.
const ON_ITS_WAY: u64 = 2 * 160;
/// How much audio may come at once, where the pace is limited.
const HEAD_START: Duration = Duration::from_secs(5);

/// Audio that cannot be heard.
#[derive(Debug, thiserror::Error)]
pub(super) enum HearingError {
    /// Its format is not one that is read.
    #[error(transparent)]
    Pcm(#[from] PcmError),
    /// Its format changed while the call went on.
    #[error("format: given a second one, allowed is one a call")]
    Changed,
}

/// What one piece of audio came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// There is a verdict that is not provisional.
    pub(super) decided: bool,
}

/// One call that is heard.
#[derive(Debug)]
pub(super) struct Hearing {
    feed: Feed,
    format: PcmFormat,
    /// When its audio began, or begins at the latest.
    since: Instant,
    /// Whether audio came.
    fed: bool,
    /// Samples at 8 kHz that were heard or are lost.
    heard: u64,
    /// Bytes of the format that make no sample at 8 kHz yet, times 8000.
    rest: u64,
    /// When the last audio came, or would have at the latest.
    last: Instant,
    /// When to look for a gap.
    due: Instant,
}

impl Hearing {
    /// The wire of a call is open.
    pub(super) fn new(feed: Feed, format: PcmFormat, now: Instant) -> Self {
        Self {
            feed,
            format,
            since: now + PATIENCE,
            fed: false,
            heard: 0,
            rest: 0,
            last: now + PATIENCE,
            due: now + PATIENCE,
        }
    }

    /// The name of its record.
    pub(super) fn id(&self) -> uuid::Uuid {
        self.feed.info().id
    }

    /// How much was heard or is lost.
    pub(super) fn length(&self) -> Duration {
        Duration::from_secs_f64(self.heard as f64 / f64::from(RATE))
    }

    /// Takes what came in. A gap that the wire itself counts is believed as far as time has gone on.
    ///
    /// # Errors
    /// The audio cannot be read, or its format changed.
    pub(super) fn take(&mut self, inbound: &Inbound, arrived: Instant) -> Result<Told, HearingError> {
        match inbound {
            Inbound::Format(format) if *format == self.format => {}
            Inbound::Format(_) if self.heard > 0 => return Err(HearingError::Changed),
            Inbound::Format(format) => {
                self.feed.take(inbound, arrived)?;
                self.format = *format;
            }
            Inbound::Audio(bytes) => {
                let samples = self.samples_in(bytes.len() as u64);
                if !self.fed {
                    self.fed = true;
                    let length = Duration::from_secs_f64(samples as f64 / f64::from(RATE));
                    self.since = self.since.min(arrived.checked_sub(length).unwrap_or(arrived));
                }
                self.heard += samples;
                self.last = arrived;
                self.due = arrived + QUIET;
                self.feed.take(inbound, arrived)?;
            }
            Inbound::Lost(samples) => {
                let lost = (*samples).min(self.wall(arrived).saturating_sub(self.heard));
                self.lose(lost, arrived)?;
            }
            _ => self.feed.take(inbound, arrived)?,
        }
        Ok(self.told())
    }

    /// When [`Self::quiet`] is to be called, if nothing comes.
    pub(super) fn due(&self) -> Instant {
        self.due
    }

    /// Nothing came: the clock goes on.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub(super) fn quiet(&mut self, now: Instant) -> Result<Told, HearingError> {
        self.due = now + STEP;
        let lost = self.wall(now).saturating_sub(self.heard + ON_ITS_WAY);
        if now.saturating_duration_since(self.last) < SILENCE {
            self.lose(lost, now)?;
        } else if lost > 0 {
            self.heard += lost;
            self.feed.take(&Inbound::Audio(silence(self.format, lost)), now)?;
        }
        Ok(self.told())
    }

    /// Waits for the next fact that the switch tells, and takes it.
    pub(super) async fn fact(&mut self) -> Fact {
        self.feed.fact().await
    }

    /// How long reading waits, where audio comes faster than `pace` times the wall's clock; 0 is no limit.
    pub(super) fn early(&self, now: Instant, pace: u32) -> Option<Duration> {
        if pace == 0 {
            return None;
        }
        let allowed = now.saturating_duration_since(self.since) * pace + HEAD_START;
        self.length().checked_sub(allowed).map(|early| early / pace)
    }

    /// The call's audio is over: its record is kept.
    pub(super) async fn finish(self) {
        self.feed.finish().await;
    }

    fn lose(&mut self, samples: u64, now: Instant) -> Result<(), PcmError> {
        if samples > 0 {
            self.heard += samples;
            self.feed.take(&Inbound::Lost(samples), now)?;
        }
        Ok(())
    }

    fn wall(&self, now: Instant) -> u64 {
        (now.saturating_duration_since(self.since).as_secs_f64() * f64::from(RATE)) as u64
    }

    fn samples_in(&mut self, bytes: u64) -> u64 {
        let second = u64::from(self.format.rate.hz())
            * self.format.encoding.bytes() as u64
            * u64::from(self.format.channels.max(1));
        let all = self.rest + bytes * u64::from(RATE);
        self.rest = all % second;
        all / second
    }

    fn told(&mut self) -> Told {
        let decided = self.feed.told().any(|happened| {
            matches!(happened.event.kind, EventKind::Verdict(verdict) if verdict.stage != Stage::Provisional)
        });
        Told { decided }
    }
}

/// So many samples at 8 kHz of silence, in this format.
fn silence(format: PcmFormat, samples: u64) -> Vec<u8> {
    let frames = samples * u64::from(format.rate.hz()) / u64::from(RATE);
    let bytes = frames * format.encoding.bytes() as u64 * u64::from(format.channels.max(1));
    let zero = match format.encoding {
        Encoding::Linear16 => 0,
        Encoding::Mulaw => g711::encode_ulaw(0),
        Encoding::Alaw => g711::encode_alaw(0),
    };
    vec![zero; usize::try_from(bytes).unwrap_or_default()]
}
