use std::time::Duration;

use offhook_audio::{HOP_LENGTH, MediaTime};

use crate::config::CadenceConfig;

/// The rhythm of voice and silence since the answer: words, utterances, pauses.
///
/// A burst of voice becomes a word once it is long enough and enough of it is voiced; others (clicks, breath, clatter)
/// leave no trace and do not end a silence. Voice is counted in words only, short pauses within a word included.
#[derive(Clone, Debug)]
pub(crate) struct Cadence {
    config: CadenceConfig,
    origin: MediaTime,
    now: MediaTime,
    /// The burst being heard: when it began, and the silence since its last voiced hop.
    burst: Option<Burst>,
    /// Lost since the last word: neither voice nor silence.
    lost: Duration,
    /// Whether anything arrived at all.
    pub(crate) audio: bool,
    /// When the first word began.
    pub(crate) first_word: Option<MediaTime>,
    /// When the last word ended, or the origin.
    pub(crate) last_word_end: MediaTime,
    /// Length of all words.
    pub(crate) voice: Duration,
    /// Utterances heard: words joined by short pauses.
    pub(crate) utterances: u16,
    /// Length of the words of the current utterance.
    pub(crate) utterance_voice: Duration,
    /// Length of the words of the current turn: utterances joined by pauses a reader makes.
    pub(crate) turn_voice: Duration,
    /// Utterances in it.
    pub(crate) turn_utterances: u16,
    /// The longest pause between them.
    pub(crate) turn_longest_pause: Duration,
    /// Silence before the current utterance.
    pub(crate) pause_before: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Burst {
    started: MediaTime,
    ended: MediaTime,
    counted: Duration,
    voiced: Duration,
}

impl Cadence {
    pub(crate) fn new(config: &CadenceConfig, origin: MediaTime) -> Self {
        Self {
            config: *config,
            origin,
            now: origin,
            burst: None,
            lost: Duration::ZERO,
            audio: false,
            first_word: None,
            last_word_end: origin,
            voice: Duration::ZERO,
            utterances: 0,
            utterance_voice: Duration::ZERO,
            turn_voice: Duration::ZERO,
            turn_utterances: 0,
            turn_longest_pause: Duration::ZERO,
            pause_before: Duration::ZERO,
        }
    }

    /// One hop that ends at `now`, with or without voice, and if so whether it is a voiced sound.
    pub(crate) fn push(&mut self, now: MediaTime, voice: bool, voiced: bool) {
        self.now = now;
        self.audio = true;
        if voice {
            let started = now.saturating_sub(HOP_LENGTH);
            let burst = self.burst.get_or_insert(Burst {
                started,
                ended: now,
                counted: Duration::ZERO,
                voiced: Duration::ZERO,
            });
            burst.ended = now;
            if voiced {
                burst.voiced += HOP_LENGTH;
            }
            let length = burst.ended - burst.started;
            if length >= self.config.least_word && burst.voiced >= self.config.least_voiced {
                self.count(length);
            }
        } else {
            self.end_burst();
        }
    }

    fn end_burst(&mut self) {
        if self.burst.is_some_and(|b| self.now - b.ended >= self.config.between_words) {
            self.burst = None;
        }
    }

    /// One hop that ends at `now` and never arrived.
    pub(crate) fn push_gap(&mut self, now: MediaTime) {
        self.now = now;
        self.lost += HOP_LENGTH;
        self.end_burst();
    }

    fn count(&mut self, length: Duration) {
        let Some(burst) = &mut self.burst else { return };
        let new = length - burst.counted;
        if burst.counted.is_zero() {
            let pause = (burst.started - self.last_word_end).saturating_sub(self.lost);
            if self.first_word.is_none() || pause >= self.config.between_utterances {
                self.pause_before = pause;
                if pause >= self.config.between_turns {
                    self.turn_voice = Duration::ZERO;
                    self.turn_utterances = 0;
                    self.turn_longest_pause = Duration::ZERO;
                }
                if self.turn_utterances > 0 {
                    self.turn_longest_pause = self.turn_longest_pause.max(self.pause_before);
                }
                self.turn_utterances = self.turn_utterances.saturating_add(1);
                self.utterances = self.utterances.saturating_add(1);
                self.utterance_voice = Duration::ZERO;
            }
            self.first_word.get_or_insert(burst.started);
        }
        burst.counted = length;
        self.voice += new;
        self.utterance_voice += new;
        self.turn_voice += new;
        self.last_word_end = burst.ended;
        self.lost = Duration::ZERO;
    }

    /// What sounds now is a tone of the network: before the first word, silence begins after it.
    pub(crate) fn ringing(&mut self) {
        if self.first_word.is_none() {
            self.last_word_end = self.now;
            self.lost = Duration::ZERO;
        }
    }

    /// Silence since the last word, or since the origin; what was lost is none.
    pub(crate) fn silence(&self) -> Duration {
        (self.now - self.last_word_end).saturating_sub(self.lost)
    }

    /// Whether voice sounds now, be it long enough for a word or not.
    pub(crate) fn sounding(&self) -> bool {
        self.burst.is_some()
    }

    /// Time since the origin.
    pub(crate) fn elapsed(&self) -> Duration {
        self.now - self.origin
    }
}
