//! What is kept of the words heard: counts, lengths and pauses, in hops.

use offhook_audio::Dbm0;

/// Hops of a burst of voice from which it is a word, if as many of them as [`LEAST_VOICED`] are voiced: 100 and 50 ms.
const LEAST_WORD: u32 = 10;
const LEAST_VOICED: u32 = 5;
/// Hops of silence that part two utterances: 400 ms.
const BETWEEN_UTTERANCES: u32 = 40;
/// Hops of silence after which a person has waited for a reply: 1.4 s.
const BETWEEN_TURNS: u32 = 140;
/// The most that a hop's level may lie above the background, in dB. Beyond it lies the difference between a quiet line
/// and a silent one, which says nothing of who speaks.
const MOST_ABOVE_FLOOR_DB: f32 = 30.0;

/// Voice without a pause that parts words. Positions are in hops heard.
#[derive(Clone, Copy, Debug)]
pub(super) struct Burst {
    pub(super) started: u32,
    pub(super) ended: u32,
    pub(super) voiced: u32,
    pub(super) voiced_runs: u32,
    in_voiced: bool,
    pub(super) levels: Moments,
    pub(super) above_floor: Moments,
}

impl Burst {
    pub(super) const fn beginning(started: u32) -> Self {
        Self {
            started,
            ended: started,
            voiced: 0,
            voiced_runs: 0,
            in_voiced: false,
            levels: Moments::NONE,
            above_floor: Moments::NONE,
        }
    }

    pub(super) fn push(&mut self, now: u32, voiced: bool, level: Dbm0, floor: Dbm0) {
        // What was paused between two hops with voice is voice, but no voiced sound.
        let goes_on = self.in_voiced && now - self.ended <= 1;
        self.voiced += u32::from(voiced);
        self.voiced_runs += u32::from(voiced && !goes_on);
        self.in_voiced = voiced;
        self.ended = now;
        self.levels.add(level.0);
        self.above_floor.add((level.0 - floor.0).clamp(0.0, MOST_ABOVE_FLOOR_DB));
    }

    pub(super) const fn is_word(&self) -> bool {
        self.ended - self.started >= LEAST_WORD && self.voiced >= LEAST_VOICED
    }
}

/// All words so far. Lengths and positions are in hops.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Words {
    pub(super) delay: u32,
    pub(super) began: u32,
    pub(super) ended: u32,
    pub(super) lengths: Moments,
    pub(super) longest: u32,
    pub(super) latest: u32,
    pub(super) utterances: u32,
    pub(super) first_utterance: u32,
    pub(super) latest_utterance: u32,
    pub(super) longest_utterance: u32,
    pub(super) turn_voice: u32,
    pub(super) pauses: Moments,
    pub(super) short_pauses: u32,
    pub(super) longest_pause: u32,
    pub(super) latest_pause: u32,
    pub(super) pause_before: u32,
    pub(super) voiced: u32,
    pub(super) voiced_runs: u32,
    pub(super) levels: Moments,
    pub(super) above_floor: Moments,
}

impl Words {
    pub(super) fn add(&mut self, word: &Burst, origin: u32) {
        if self.lengths.count == 0 {
            self.began = word.started;
            self.delay = word.started.saturating_sub(origin);
            self.begin_utterance(self.delay);
        } else {
            self.pause(word.started - self.ended);
        }
        let length = word.ended - word.started;
        self.ended = word.ended;
        self.lengths.add(length as f32);
        self.latest = length;
        self.longest = self.longest.max(length);
        self.latest_utterance += length;
        self.turn_voice += length;
        self.longest_utterance = self.longest_utterance.max(self.latest_utterance);
        if self.utterances == 1 {
            self.first_utterance = self.latest_utterance;
        }
        self.voiced += word.voiced;
        self.voiced_runs += word.voiced_runs;
        self.levels.join(&word.levels);
        self.above_floor.join(&word.above_floor);
    }

    fn pause(&mut self, pause: u32) {
        self.pauses.add(pause as f32);
        self.latest_pause = pause;
        self.longest_pause = self.longest_pause.max(pause);
        if pause >= BETWEEN_TURNS {
            self.turn_voice = 0;
        }
        if pause >= BETWEEN_UTTERANCES {
            self.begin_utterance(pause);
        } else {
            self.short_pauses += 1;
        }
    }

    fn begin_utterance(&mut self, pause_before: u32) {
        self.utterances += 1;
        self.latest_utterance = 0;
        self.pause_before = pause_before;
    }
}

/// Count, sum and sum of squares.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moments {
    pub(super) count: u32,
    pub(super) sum: f64,
    squares: f64,
}

impl Moments {
    const NONE: Self = Self { count: 0, sum: 0.0, squares: 0.0 };

    pub(super) fn add(&mut self, value: f32) {
        let value = f64::from(value);
        self.count += 1;
        self.sum += value;
        self.squares += value * value;
    }

    fn join(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.squares += other.squares;
    }

    /// The mean; 0 of nothing.
    pub(super) fn mean(&self) -> f32 {
        (self.sum / f64::from(self.count.max(1))) as f32
    }

    /// The standard deviation; 0 of nothing.
    pub(super) fn deviation(&self) -> f32 {
        let count = f64::from(self.count.max(1));
        let mean = self.sum / count;
        (self.squares / count - mean * mean).max(0.0).sqrt() as f32
    }
}
