//! Special information tones.
//!
//! What does it do? It hears the three rising tones before an announcement of the network ("the number you have
//! dialled…") and tells which code they spell.
//!
//! How does it work? ITU-T E.180 §7 defines 950, 1400 and 1800 Hz (±50 Hz), each 330 ±70 ms, with gaps of up to 30 ms.
//! Telcordia GR-674 codes the reason in them: the first is 913.8 or 985.2 Hz, the second 1370.6 or 1428.5 Hz, each 274
//! or 380 ms; the third is always 1776.7 Hz for 380 ms. A segment is a steady line that holds most of the power within
//! its range. Three of them in order, nothing but short gaps between, are a special information tone: no speech, music
//! or record tone does that. The code is the row of the table nearest in frequency and length; what is no code is
//! `Uncoded`. The third segment tells nothing but that the tone is one, so the answer comes before it has ended.

use offhook_audio::tones::{SIT, SitCode, SitRow};

use super::Hop;

/// Where each segment lies, in Hz: E.180 §7 with ±50 Hz.
const RANGES: [(f32, f32); 3] = [(895.0, 1005.0), (1345.0, 1455.0), (1745.0, 1855.0)];
/// How far a hop's line may be from the segment's mean, in Hz.
const MOST_WOBBLE_HZ: f32 = 15.0;
/// Share of the power in the line: 0.76 at 5 dB of signal to noise.
const LEAST_PURITY: f32 = 0.5;
/// The faintest line, as a mean square: −46 dBm0.
const LEAST_LINE: f32 = 6.1e-6;
/// Share of a segment's highest power from which a hop belongs to it: its edges lie where the window is half covered.
const EDGE: f32 = 0.4;
/// The shortest first and second segment, in hops. E.180 asks for 260 ms; a stream may begin within the first.
const LEAST_HOPS: [u32; 2] = [10, 18];
/// The longest, in hops: 400 ms (E.180) with room for gaps.
const MOST_HOPS: u32 = 48;
/// How much of the third segment makes it certain, in hops.
const THIRD_HOPS: u32 = 20;
/// The longest gap in or between segments, in hops: 50 ms, and the 32 ms that the window needs to fill again.
const MOST_MISSED: u32 = 8;
/// How far a frequency may be from a code's, in Hz. GR-674 asks for ±0.2 %, and half the distance to the next is 29 Hz.
const MOST_CODE_OFF_HZ: f32 = 20.0;
/// What counts as one step of difference from a code's frequency, in Hz, and length, in ms.
const CODE_STEP: (f32, f32) = (10.0, 40.0);
/// The same for the tone without code, which may vary more.
const UNCODED_STEP: (f32, f32) = (20.0, 70.0);
/// No segment's length counts for more than this many steps, squared: it may have been cut off.
const MOST_LENGTH_COST: f32 = 4.0;

/// Hears special information tones.
#[derive(Clone, Debug, Default)]
pub struct SitAnalyser {
    segments: [Segment; 3],
    at: usize,
    missed: u32,
    reported: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Segment {
    hops: u32,
    heard: u32,
    hz_sum: f32,
    best: f32,
}

impl Segment {
    fn hz(&self) -> f32 {
        self.hz_sum / self.heard.max(1) as f32
    }
}

impl SitAnalyser {
    /// Has heard nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets what was heard.
    pub fn reset(&mut self) {
        *self = Self::new();
    }

    /// A hop that never arrived: a segment may go on behind it.
    pub fn push_gap(&mut self) {
        self.miss();
    }

    /// The code, once the third segment is certain.
    pub fn push(&mut self, hop: &Hop<'_>) -> Option<SitCode> {
        let line = hop.spectrum.peaks[0];
        let range = RANGES.iter().position(|(low, high)| (*low..=*high).contains(&line.hz));
        let Some(range) = range.filter(|_| line.power >= LEAST_LINE && hop.spectrum.purity(1) >= LEAST_PURITY) else {
            self.miss();
            return None;
        };
        if range != self.at && !self.advance(range) {
            *self = Self::new();
            if range > 0 {
                return None;
            }
        }
        self.take(line.hz, line.power);
        let third = &self.segments[2];
        if self.at == 2 && !self.reported && third.hops >= THIRD_HOPS {
            self.reported = true;
            return Some(self.code());
        }
        None
    }

    /// Goes on to the segment `range` if it is the next one and this one was long enough.
    fn advance(&mut self, range: usize) -> bool {
        let hops = self.segments[self.at].hops;
        let next = range == self.at + 1 && hops >= LEAST_HOPS[self.at] && hops <= MOST_HOPS;
        if next {
            self.at = range;
            self.missed = 0;
        }
        next
    }

    fn take(&mut self, hz: f32, power: f32) {
        let segment = &mut self.segments[self.at];
        if power * EDGE > segment.best {
            *segment = Segment { hops: 0, ..Segment::default() };
            self.missed = 0;
        }
        if segment.heard > 0 && (hz - segment.hz()).abs() > MOST_WOBBLE_HZ {
            if self.at == 0 {
                *self = Self::new();
            } else {
                self.miss();
            }
            return;
        }
        if power < EDGE * segment.best {
            self.miss();
            return;
        }
        segment.best = segment.best.max(power);
        segment.hops += 1 + self.missed;
        segment.heard += 1;
        segment.hz_sum += hz;
        self.missed = 0;
        if self.at == 0 && segment.hops > MOST_HOPS {
            // A long tone: the last 400 ms of it could still be a first segment's only if it ended now.
            segment.hops = MOST_HOPS + 1;
        }
    }

    fn miss(&mut self) {
        self.missed += 1;
        if self.missed > MOST_MISSED {
            *self = Self::new();
        }
    }

    fn code(&self) -> SitCode {
        let mut nearest = (f32::INFINITY, SitCode::Uncoded);
        for row in SIT {
            let cost = self.cost(row);
            if cost < nearest.0 {
                nearest = (cost, row.code);
            }
        }
        nearest.1
    }

    fn cost(&self, row: &SitRow) -> f32 {
        let uncoded = row.code == SitCode::Uncoded;
        let (step_hz, step_ms) = if uncoded { UNCODED_STEP } else { CODE_STEP };
        let mut cost = 0.0;
        for (index, (segment, (hz, ms))) in self.segments.iter().zip(row.segments).enumerate() {
            let off = (segment.hz() - hz).abs();
            if !uncoded && off > MOST_CODE_OFF_HZ {
                return f32::INFINITY;
            }
            cost += (off / step_hz).powi(2);
            if index < 2 {
                let length_off = (segment.hops as f32 * 10.0 - f32::from(ms)) / step_ms;
                cost += (length_off * length_off).min(MOST_LENGTH_COST);
            }
        }
        cost
    }
}
