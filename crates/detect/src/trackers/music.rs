use std::time::Duration;

use offhook_audio::{HOP_LENGTH, MediaTime};

use crate::config::MusicConfig;
use crate::signals::Signals;

/// Probability from which music plays, and below which it has stopped.
const ON: f32 = 0.7;
const OFF: f32 = 0.4;
/// Music that plays this long before a tone has not been mistaken for the tone itself.
const BEFORE: Duration = Duration::from_millis(500);

/// Whether music plays, and for how long.
#[derive(Clone, Debug)]
pub(crate) struct Music {
    least_length: Duration,
    probability: f32,
    since: Option<MediaTime>,
    now: MediaTime,
    told: bool,
}

impl Music {
    pub(crate) const fn new(config: &MusicConfig) -> Self {
        Self { least_length: config.least_length, probability: 0.0, since: None, now: MediaTime::ZERO, told: false }
    }

    /// One hop; `tone` if a tone sounds, which is as steady as music but is none.
    pub(crate) fn push(&mut self, signals: &Signals, tone: bool) {
        self.now = signals.at;
        if signals.lost {
            // What is lost is no music: what has played seems to have begun that much later.
            self.since = self.since.map(|since| since + HOP_LENGTH);
        }
        if signals.lost || tone {
            return;
        }
        self.probability = signals.music.get();
        if self.probability >= ON {
            self.since.get_or_insert(signals.at);
        } else if self.probability < OFF {
            self.since = None;
        }
    }

    /// Music plays now.
    pub(crate) const fn playing(&self) -> bool {
        self.since.is_some()
    }

    /// Music played for a while before `at`: a tone that begins then is a note of it.
    pub(crate) fn played_before(&self, at: MediaTime) -> bool {
        self.since.is_some_and(|since| at - since >= BEFORE)
    }

    /// Music is likelier than speech, though it may not be certain.
    pub(crate) fn likely(&self) -> bool {
        self.playing() || self.probability >= 0.5
    }

    /// How long it has played, once that is long enough to count.
    pub(crate) fn lasting(&self) -> Option<Duration> {
        self.since.map(|since| self.now - since).filter(|&length| length >= self.least_length)
    }

    /// `Some(true)` when music has begun, `Some(false)` when it has ended; once each.
    pub(crate) fn change(&mut self) -> Option<bool> {
        let counts = if self.told { self.playing() } else { self.lasting().is_some() };
        (counts != self.told).then(|| {
            self.told = counts;
            counts
        })
    }
}
