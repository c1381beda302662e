//! DTMF digits heard as sound.
//!
//! What does it do? It tells the sixteen digits of ITU-T Q.23 (a low and a high frequency sent together) from
//! everything else, and says when each began and how long it lasted.
//!
//! How does it work? ITU-T Q.24 (the figures of AT&T and others in its table A.1) asks that tones of 40 ms and pauses
//! of 40 ms are accepted, tones of 20 ms and frequencies 3.5 % off are not, ±1.5 % (+2 Hz) is, and the high frequency
//! may be 4 dB stronger or 8 dB weaker than the low one. The two strongest lines of the shared spectrum are a digit if
//! they hold nearly all of the power: speech has a fundamental, harmonics and noise, so this is what keeps it from
//! talking digits off. From the first such hop on the power of both lines is followed. How much of the 32 ms window a
//! tone covers follows from its power, so the ends are known better than to a hop: a tone of 20 ms is told from one of
//! 40 ms. A break of up to 10 ms or lost packets within a digit don't cut it in two.

use std::time::Duration;

use offhook_audio::tones::{DTMF_DIGITS, DTMF_HIGH_HZ, DTMF_LOW_HZ};
use offhook_audio::{HOP, MediaTime, RATE};

use super::{Hop, Spectrum, WINDOW, bin_hz};
use crate::signals::DtmfDigit;

/// How far a frequency may be off its nominal one: halfway between what Q.24 accepts and rejects.
const MOST_OFF: f32 = 0.025;
/// The most the high frequency may exceed the low one, in dB (Q.24: 4), with room for a noisy line.
const MOST_TWIST_DB: f32 = 5.5;
/// The most the low frequency may exceed the high one, in dB (Q.24: 8), with room for a noisy line.
const MOST_REVERSE_TWIST_DB: f32 = 9.5;
/// The faintest line, as a mean square: −40 dBm0. Q.24 asks for −25 to −29 dBm0.
const LEAST_LINE: f32 = 2.43e-5;
/// Share of the power in both lines that makes a digit at all.
const FIRST_PURITY: f32 = 0.70;
/// Share of the power in both lines of a hop that counts for the digit: 0.91 at 10 dB of signal to noise.
const LEAST_PURITY: f32 = 0.83;
/// The strongest further line of such a hop, as a share of both: a voice has harmonics, noise has no lines.
const MOST_THIRD: f32 = 0.08;
/// Hops that must count.
const LEAST_GOOD: u32 = 2;
/// Share of the hops at full power that must count.
const LEAST_GOOD_SHARE: f32 = 0.6;
/// The shortest digit, in samples: 34 ms, between the 20 ms that Q.24 rejects and the 40 ms it accepts. In noise a digit of
/// 20 ms can measure 31 ms, one of 40 ms 33 ms.
const LEAST_SAMPLES: f32 = 0.034 * RATE as f32;
/// A window half covered has this share of the full power within a line's main lobe.
const HALF: f32 = 0.45;
/// Share of a line's full power from which a hop counts as full.
const FULL: f32 = 0.8;
/// Share of a line's full power below which the digit is over: a break of 10 ms leaves 0.29.
const OVER: f32 = 0.15;
/// Hops after a lost one in which the window holds the hole.
const HOLE: u32 = 4;
/// Hops kept from a digit's beginning: as many as a window touches, and two to spare.
const FIRST: usize = 6;

/// Hears DTMF digits.
#[derive(Clone, Debug, Default)]
pub struct DtmfAnalyser {
    digit: Option<Digit>,
    hole: u32,
}

/// A digit that is sounding.
#[derive(Clone, Debug)]
struct Digit {
    row: usize,
    column: usize,
    began: MediaTime,
    first: [[f32; 2]; FIRST],
    hops: usize,
    full: u32,
    good: u32,
    best: [f32; 2],
    last: (MediaTime, f32),
}

impl DtmfAnalyser {
    /// Has heard nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets what was heard.
    pub fn reset(&mut self) {
        *self = Self::new();
    }

    /// A hop that never arrived: a digit may go on behind it.
    pub fn push_gap(&mut self) {
        self.hole = HOLE;
    }

    /// Whether a digit sounds now.
    pub fn sounding(&self) -> bool {
        self.digit.as_ref().is_some_and(|d| d.good >= LEAST_GOOD)
    }

    /// The digit that ended in this hop.
    pub fn push(&mut self, hop: &Hop<'_>) -> Option<DtmfDigit> {
        self.hole = self.hole.saturating_sub(1);
        let heard = pair(hop.spectrum);
        let mut ended = None;
        if let Some(digit) = &mut self.digit
            && !digit.follow(hop, heard)
            && self.hole == 0
        {
            ended = digit.finish();
            self.digit = None;
        }
        if self.digit.is_none()
            && let Some(pair) = heard
        {
            let mut digit = Digit::new(pair, hop.at);
            digit.follow(hop, heard);
            self.digit = Some(digit);
        }
        ended
    }
}

/// Two lines that are a digit's.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Pair {
    row: usize,
    column: usize,
    pure: bool,
}

fn pair(spectrum: &Spectrum) -> Option<Pair> {
    let [a, b, c] = &spectrum.peaks;
    if b.power < LEAST_LINE {
        return None;
    }
    let purity = (a.power + b.power) / spectrum.total;
    if purity < FIRST_PURITY {
        return None;
    }
    let (low, high) = if a.hz < b.hz { (a, b) } else { (b, a) };
    let near = |hz: f32, nominal: &[f32; 4]| nominal.iter().position(|n| (hz - n).abs() <= MOST_OFF * n);
    let (row, column) = (near(low.hz, &DTMF_LOW_HZ)?, near(high.hz, &DTMF_HIGH_HZ)?);
    let pure = purity >= LEAST_PURITY && c.power <= MOST_THIRD * (a.power + b.power);
    let twist = 10.0 * (high.power / low.power).log10();
    (-MOST_REVERSE_TWIST_DB..=MOST_TWIST_DB).contains(&twist).then_some(Pair { row, column, pure })
}

/// The power of the line near `hz`.
fn line(spectrum: &Spectrum, hz: f32) -> f32 {
    let bin = (hz / bin_hz(1.0)).round() as usize;
    spectrum.power[bin - 2..=bin + 2].iter().sum()
}

impl Digit {
    fn new(pair: Pair, began: MediaTime) -> Self {
        Self {
            row: pair.row,
            column: pair.column,
            began,
            first: [[0.0; 2]; FIRST],
            hops: 0,
            full: 0,
            good: 0,
            best: [0.0; 2],
            last: (began, 0.0),
        }
    }

    /// The mean of both lines' shares of their full power.
    fn share(&self, power: &[f32; 2]) -> f32 {
        (power[0] / self.best[0] + power[1] / self.best[1]) / 2.0
    }

    /// The smaller one: where the next digit shares a frequency with this one.
    fn least_share(&self, power: &[f32; 2]) -> f32 {
        (power[0] / self.best[0]).min(power[1] / self.best[1])
    }

    /// Takes a hop in; false if the digit is over.
    fn follow(&mut self, hop: &Hop<'_>, heard: Option<Pair>) -> bool {
        let power = [line(hop.spectrum, DTMF_LOW_HZ[self.row]), line(hop.spectrum, DTMF_HIGH_HZ[self.column])];
        for (best, power) in self.best.iter_mut().zip(power) {
            *best = best.max(power).max(f32::MIN_POSITIVE);
        }
        if let Some(slot) = self.first.get_mut(self.hops) {
            *slot = power;
        }
        self.hops += 1;
        let share = self.share(&power);
        // The hop nearest to half covered tells best where the tone ends.
        let next = hop.at.samples() == self.last.0.samples() + HOP as u64;
        if share >= HALF || next && nearer_half(share, self.last.1) {
            self.last = (hop.at, share);
        }
        if share >= FULL {
            self.full += 1;
            let good = heard.is_some_and(|p| p.row == self.row && p.column == self.column && p.pure);
            self.good += u32::from(good);
        }
        self.least_share(&power) >= OVER
    }

    fn finish(&self) -> Option<DtmfDigit> {
        let shares = self.first.map(|power| self.share(&power));
        let mut first = shares.iter().take(self.hops).position(|share| *share >= HALF)?;
        if first > 0 && nearer_half(shares[first - 1], shares[first]) {
            first -= 1;
        }
        let share = shares[first];
        let window = WINDOW as f32;
        let first_end = MediaTime::from_samples(self.began.samples() + (first * HOP) as u64);
        let from_first = self.last.0.samples().saturating_sub(first_end.samples()) as f32;
        let length = from_first + window * (covered(share) + covered(self.last.1) - 1.0);
        if self.good < LEAST_GOOD || (self.good as f32) < LEAST_GOOD_SHARE * self.full as f32 || length < LEAST_SAMPLES
        {
            return None;
        }
        let span = |samples: f32| Duration::from_micros((samples / RATE as f32 * 1e6) as u64);
        Some(DtmfDigit {
            digit: DTMF_DIGITS[self.row][self.column],
            started: first_end.saturating_sub(span(window * covered(share))),
            length: span(length),
        })
    }
}

fn nearer_half(share: f32, than: f32) -> bool {
    (share - 0.5).abs() < (than - 0.5).abs()
}

/// Which share of a Hann window a tone covers, from one end, that has the share `power` of its full power: the inverse
/// of the window's integrated square, by bisection.
fn covered(power: f32) -> f32 {
    let (mut low, mut high) = (0.0f32, 1.0f32);
    for _ in 0..10 {
        let middle = (low + high) / 2.0;
        let angle = std::f32::consts::TAU * middle;
        let integral = middle - (8.0 * angle.sin() - (2.0 * angle).sin()) / (12.0 * std::f32::consts::PI);
        if integral < power { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}
