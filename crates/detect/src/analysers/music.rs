//! Music as against speech.
//!
//! What does it do? It says how likely music plays: hold music, not a voice and not a tone.
//!
//! How does it work? Notes last, and keep their pitch; a voice glides, and pauses between syllables and words. Every
//! 50 ms the fine structure of the spectrum from 125 to 2100 Hz (the fourth root of the power, less its mean over seven
//! bins: lines without the shape of the spectrum) is compared with that of 100 ms before: their correlation is 0.45 on
//! average in music, 0.13 in speech and 0 in noise. The second measure is how much of the time is silent or at least
//! 10 dB below what went before: 0.09 in music, 0.5 in speech. The third is by how much the bands of the spectrum change
//! within 50 ms, 5 dB in music and 9 dB in speech: it tells voices that keep their pitch, as synthesisers do. All are
//! averaged over 1.8 s and weighed as a logistic regression on recorded calls found best. Hops that one or two lines make up, or whose strongest line does not move
//! for long, are a tone and count for nothing.

use offhook_audio::Dbm0;

use super::{BANDS, Hop};
use crate::verdict::Probability;

/// Hops from one look to the next: 50 ms.
const STEP: u32 = 5;
/// The bins compared: 125 to 2100 Hz.
const LOW_BIN: usize = 4;
const BINS: usize = 64;
/// Bins on either side over which the shape of the spectrum is averaged.
const SHAPE: usize = 3;
/// Looks between the two that are compared: 100 ms, so that their windows don't overlap.
const LAG: usize = 2;
/// The memory's length, in looks: 1.8 s.
const MEMORY: f32 = 36.0;
/// Looks that count as heard before the first, so that a few say little, and what they are taken to have been.
const PRIOR: f32 = 3.0;
const PRIOR_PAUSES: f32 = 0.2;
const PRIOR_CHANGE_DB: f32 = 7.0;
/// Added to each band's power: what changes below it is not heard.
const LEAST_BAND: f32 = 2e-9;
/// Looks that must have been heard, as the memory has kept them.
const LEAST_HEARD: f32 = 13.0;
/// A look below this is silent, as a mean square: −46 dBm0.
const SILENT: f32 = 6.1e-6;
/// A look this far below the mean level is a pause, in dB.
const PAUSE_DB: f32 = 10.0;
/// How fast the mean level follows a rise and a fall.
const RISE: f32 = 0.3;
const FALL: f32 = 0.03;
/// Share of the power in two lines from which a look is a tone.
const TONE_PURITY: f32 = 0.94;
/// The same for a line that has not moved for so many looks (600 ms), by more than this share: a tone in noise.
const HELD_PURITY: f32 = 0.7;
const HELD_LOOKS: u32 = 12;
const HELD_OFF: f32 = 0.01;
/// Hops after a lost one in which the window holds the hole.
const HOLE: u32 = 4;
/// Change that music may have as well, in dB: only what exceeds it speaks against music, for noise changes little.
const MOST_CHANGE_DB: f32 = 6.5;
/// The regression's weights: of the correlation, the share of pauses, the excess change in dB, and the constant.
const WEIGHTS: [f32; 4] = [11.57, -9.6, -1.5, -0.7];

/// Tells music from speech.
#[derive(Clone, Debug)]
pub struct MusicAnalyser {
    hops: u32,
    hole: u32,
    /// The fine structure of the last looks, newest last; `None` where there was none to compare.
    before: [Option<[f32; BINS]>; LAG],
    /// The last look's bands, in dB.
    bands: [f32; BANDS],
    /// The two strongest lines of the last look, and for how many looks they have held.
    held_hz: [f32; 2],
    held: u32,
    mean_db: f32,
    heard: f32,
    looked: f32,
    alike: f32,
    change: f32,
    pauses: f32,
    probability: Probability,
}

impl Default for MusicAnalyser {
    fn default() -> Self {
        Self::new()
    }
}

impl MusicAnalyser {
    /// Has heard nothing.
    pub fn new() -> Self {
        Self {
            hops: 0,
            hole: 0,
            before: [None; LAG],
            bands: [0.0; BANDS],
            held_hz: [0.0; 2],
            held: 0,
            mean_db: -60.0,
            heard: 0.0,
            looked: 0.0,
            alike: 0.0,
            change: 0.0,
            pauses: 0.0,
            probability: Probability::ZERO,
        }
    }

    /// Forgets what was heard.
    pub fn reset(&mut self) {
        *self = Self::new();
    }

    /// A hop that never arrived: nothing is learned until the window is whole again.
    pub fn push_gap(&mut self) {
        self.hole = HOLE;
    }

    /// How likely music plays.
    pub fn push(&mut self, hop: &Hop<'_>) -> Probability {
        self.hole = self.hole.saturating_sub(1);
        self.hops += 1;
        if self.hops == STEP {
            self.hops = 0;
            self.look(hop);
        }
        self.probability
    }

    fn look(&mut self, hop: &Hop<'_>) {
        let total = hop.spectrum.total;
        let loud = total >= SILENT;
        if self.hole > 0 || loud && self.is_tone(hop) {
            self.remember(None);
            return;
        }
        for sum in [&mut self.heard, &mut self.looked, &mut self.alike, &mut self.change, &mut self.pauses] {
            *sum *= 1.0 - 1.0 / MEMORY;
        }
        self.looked += 1.0;
        let change = self.change_db(hop);
        if loud {
            let db = Dbm0::from_mean_square(total).0;
            self.pauses += f32::from(u8::from(db < self.mean_db - PAUSE_DB));
            self.mean_db += (db - self.mean_db) * if db > self.mean_db { RISE } else { FALL };
            self.heard += 1.0;
            self.change += change;
            let fine = fine_structure(hop);
            if let Some(before) = &self.before[0] {
                self.alike += fine.iter().zip(before).map(|(a, b)| a * b).sum::<f32>();
            }
            self.remember(Some(fine));
        } else {
            self.pauses += 1.0;
            self.remember(None);
        }
        self.weigh();
    }

    fn remember(&mut self, fine: Option<[f32; BINS]>) {
        self.before.rotate_left(1);
        self.before[LAG - 1] = fine;
    }

    fn is_tone(&mut self, hop: &Hop<'_>) -> bool {
        let purity = hop.spectrum.purity(2);
        let [first, second, _] = hop.spectrum.peaks;
        let same = self.held_hz.iter().any(|hz| (hz - first.hz).abs() <= HELD_OFF * hz);
        self.held =
            if same && purity >= HELD_PURITY { self.held + 1 } else { self.held.saturating_sub(HELD_LOOKS / 4) };
        self.held = self.held.min(2 * HELD_LOOKS);
        self.held_hz = [first.hz, second.hz];
        purity >= TONE_PURITY || self.held >= HELD_LOOKS
    }

    /// By how much the bands changed since the last look, in dB.
    fn change_db(&mut self, hop: &Hop<'_>) -> f32 {
        let mut sum = 0.0;
        for (db, power) in self.bands.iter_mut().zip(&hop.spectrum.bands) {
            let now = 10.0 * (power + LEAST_BAND).log10();
            sum += (now - *db).abs();
            *db = now;
        }
        sum / BANDS as f32
    }

    fn weigh(&mut self) {
        let alike = self.alike / (self.heard + PRIOR);
        let pauses = (self.pauses + PRIOR * PRIOR_PAUSES) / (self.looked + PRIOR);
        let change = (self.change + PRIOR * PRIOR_CHANGE_DB) / (self.heard + PRIOR);
        let odds =
            WEIGHTS[0] * alike + WEIGHTS[1] * pauses + WEIGHTS[2] * (change - MOST_CHANGE_DB).max(0.0) + WEIGHTS[3];
        let enough = self.heard >= LEAST_HEARD;
        self.probability = Probability::saturating(if enough { 1.0 / (1.0 + (-odds).exp()) } else { 0.0 });
    }
}

/// The lines of the spectrum without its shape, scaled to unit length.
fn fine_structure(hop: &Hop<'_>) -> [f32; BINS] {
    let mut root = [0.0; BINS];
    for (root, power) in root.iter_mut().zip(&hop.spectrum.power[LOW_BIN..]) {
        *root = (power + 1e-14).sqrt().sqrt();
    }
    let mut fine = [0.0; BINS];
    let mut squares = 0.0;
    for (bin, fine) in fine.iter_mut().enumerate() {
        let near = &root[bin.saturating_sub(SHAPE)..(bin + SHAPE + 1).min(BINS)];
        *fine = root[bin] - near.iter().sum::<f32>() / near.len() as f32;
        squares += *fine * *fine;
    }
    let scale = 1.0 / (squares.sqrt() + 1e-9);
    fine.iter_mut().for_each(|f| *f *= scale);
    fine
}
