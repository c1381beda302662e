//! Voice activity: is this hop speech?
//!
//! What does it do? It follows the background in each band of the spectrum and calls voice what rises above it.
//!
//! How does it work? The background of a band is the least smoothed power of the last 1.5 s (minimum statistics: Martin,
//! "Noise power spectral density estimation based on optimal smoothing and minimum statistics", 2001), raised by the
//! bias of a minimum. The evidence is the root mean square over the bands of the signal-to-noise ratio in dB, each limited: a
//! few bands well above the background (a vowel's formants) count for more than many just above it. A hop must also be louder than a fixed minimum, and must not
//! be a steady tone or change sign as often as noise does. Onset and hangover turn hops into speech.

use std::time::Duration;

use offhook_audio::{Dbm0, HOP_LENGTH, MediaTime};

use super::logarithm::fast_log2;
use super::voicing::Voicing;
use super::{BANDS, Hop};
use crate::config::VadConfig;
use crate::signals::{SpeechState, Voice};
use crate::verdict::Probability;

/// Hops in one slot of the minimum's memory: 150 ms.
const SLOT: u32 = 15;
/// Slots remembered: 1.5 s with the one being filled.
const SLOTS: usize = 10;
/// Hops until the first window holds no silence from before the stream.
const FULL: u32 = 4;
/// How far the smoothed minimum lies below the mean of the noise that made it, as a ratio of powers.
const BIAS: f32 = 2.2;
/// No band's background is lower: the power of µ-law's quantisation noise of silence, spread over the bands.
const LEAST_FLOOR: f32 = 2.0e-9;
/// The most a single band may add, in dB.
const MOST_DB: f32 = 18.0;
/// Share of the power in two lines from which a hop is a tone.
const TONE_PURITY: f32 = 0.93;

/// Tells speech from background.
#[derive(Clone, Debug)]
pub struct VadAnalyser {
    config: VadConfig,
    least_mean_square: f32,
    onset: u32,
    hangover: u32,
    smoothed: [f32; BANDS],
    minima: [[f32; BANDS]; SLOTS],
    floor: [f32; BANDS],
    slot: usize,
    in_slot: u32,
    hops: u32,
    tone_hz: f32,
    voicing: Voicing,
    /// The first and the last active hop of the speech.
    first: MediaTime,
    last: MediaTime,
    active: u32,
    inactive: u32,
    voice: Voice,
}

fn hops(duration: Duration) -> u32 {
    duration.as_millis().div_ceil(HOP_LENGTH.as_millis()).max(1) as u32
}

impl VadAnalyser {
    /// Follows the background from nothing.
    pub fn new(config: &VadConfig) -> Self {
        Self {
            config: *config,
            least_mean_square: config.least_level.mean_square(),
            onset: hops(config.onset),
            hangover: hops(config.hangover),
            smoothed: [0.0; BANDS],
            minima: [[f32::INFINITY; BANDS]; SLOTS],
            floor: [LEAST_FLOOR; BANDS],
            slot: 0,
            in_slot: 0,
            hops: 0,
            tone_hz: 0.0,
            voicing: Voicing::new(),
            first: MediaTime::ZERO,
            last: MediaTime::ZERO,
            active: 0,
            inactive: 0,
            voice: Voice::default(),
        }
    }

    /// Forgets what was heard.
    pub fn reset(&mut self) {
        *self = Self::new(&self.config);
    }

    /// A hop that never arrived: nothing is learned.
    pub fn push_gap(&mut self) {}

    /// Whether this hop holds speech.
    pub fn push(&mut self, hop: &Hop<'_>) -> Voice {
        self.follow_background(hop);
        let db = self.evidence();
        let steady_tone = self.steady_tone(hop);
        let loud = hop.level.mean_square >= self.least_mean_square;
        let noisy = hop.level.zero_crossing_rate > self.config.most_zero_crossings;
        let known = self.hops > FULL;
        let active = known && loud && !noisy && !steady_tone && db >= self.config.snr_db;
        let odds = (db - self.config.snr_db) * 0.8;
        let probability = if loud && !noisy && !steady_tone { 1.0 / (1.0 + (-odds).exp()) } else { 0.0 };
        self.voicing.push(hop.samples);
        self.voice.voicing = if active { self.voicing.strength() } else { 0.0 };
        self.voice.voiced = active && self.voice.voicing >= self.config.least_voicing;
        self.debounce(active, hop.at);
        self.voice.probability = Probability::saturating(probability);
        self.voice.active = active;
        self.voice.floor = Dbm0::from_mean_square(self.floor.iter().sum());
        self.voice
    }

    fn follow_background(&mut self, hop: &Hop<'_>) {
        self.hops += 1;
        let keep = if self.hops == 1 { 0.0 } else { 0.6 };
        for (s, b) in self.smoothed.iter_mut().zip(&hop.spectrum.bands) {
            *s = keep * *s + (1.0 - keep) * b;
        }
        if self.hops < FULL {
            return;
        }
        if self.in_slot == 0 {
            self.minima[self.slot] = self.smoothed;
        }
        for (m, s) in self.minima[self.slot].iter_mut().zip(&self.smoothed) {
            *m = m.min(*s);
        }
        self.in_slot += 1;
        if self.in_slot == SLOT {
            self.in_slot = 0;
            self.slot = (self.slot + 1) % SLOTS;
        }
        for (band, floor) in self.floor.iter_mut().enumerate() {
            let least = self.minima.iter().map(|m| m[band]).fold(f32::INFINITY, f32::min);
            *floor = (least * BIAS).max(LEAST_FLOOR);
        }
    }

    fn evidence(&self) -> f32 {
        let mut sum = 0.0;
        for (s, f) in self.smoothed.iter().zip(&self.floor) {
            let db = (fast_log2(s / f + 1e-6) * 3.01).clamp(0.0, MOST_DB);
            sum += db * db;
        }
        (sum / BANDS as f32).sqrt()
    }

    fn steady_tone(&mut self, hop: &Hop<'_>) -> bool {
        let s = hop.spectrum;
        let hz = s.peaks[0].hz;
        let pure = s.purity(2) >= TONE_PURITY;
        let steady = pure && (hz - self.tone_hz).abs() < 0.006 * hz;
        self.tone_hz = if pure { hz } else { 0.0 };
        steady
    }

    fn debounce(&mut self, active: bool, now: MediaTime) {
        if active {
            if self.active == 0 {
                self.first = now.saturating_sub(HOP_LENGTH);
            }
            self.last = now;
            self.active += 1;
            self.inactive = 0;
        } else {
            self.inactive += 1;
            if self.inactive > 2 {
                self.active = 0;
            }
        }
        match self.voice.state {
            SpeechState::Silence if self.active >= self.onset => {
                self.voice.state = SpeechState::Speech;
                self.voice.since = self.first;
            }
            SpeechState::Speech if self.inactive >= self.hangover => {
                self.voice.state = SpeechState::Silence;
                self.voice.since = self.last;
            }
            _ => {}
        }
    }
}
