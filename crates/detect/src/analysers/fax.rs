//! Tones of fax machines and modems.
//!
//! What does it do? It hears that a machine calls (CNG) or answers (CED, ANSam).
//!
//! How does it work? CNG is 1100 ±38 Hz for 0.5 s in every 3.5 s, both ±15 % (ITU-T T.30 §4.1): as one burst is also
//! what some mailboxes send for a record tone, it is certain at the second burst, or after the first if nothing was
//! heard before it, as no greeting came. CED is 2100 ±15 Hz for 2.6 to 4 s (T.30 §4.1), certain after 1.1 s. Modems turn
//! the phase of the same tone by 180° every 450 ±25 ms (ITU-T V.25), and V.8 modems modulate its amplitude by 15 Hz to a
//! depth of 20 % (ITU-T V.8 §2.3): both show in the correlation of each hop with 2100 Hz, the one as its angle from hop
//! to hop, the other in the course of its magnitude.

use offhook_audio::tones::FaxTone;
use realfft::num_complex::Complex32;

use super::Hop;
use super::correlator::Correlator;

/// Share of the power in the line: 0.9 at 10 dB of signal to noise.
const LEAST_PURITY: f32 = 0.55;
/// The faintest line, as a mean square: −46 dBm0.
const LEAST_LINE: f32 = 6.1e-6;

/// Hears the tones of fax machines and modems.
#[derive(Clone, Debug)]
pub struct FaxAnalyser {
    calling: Calling,
    answering: Answering,
    correlator: Correlator,
}

impl Default for FaxAnalyser {
    fn default() -> Self {
        Self::new()
    }
}

impl FaxAnalyser {
    /// Has heard nothing.
    pub fn new() -> Self {
        Self { calling: Calling::default(), answering: Answering::default(), correlator: Correlator::new(ANSWER_HZ) }
    }

    /// Forgets what was heard.
    pub fn reset(&mut self) {
        self.calling = Calling::default();
        self.answering = Answering::default();
    }

    /// A hop that never arrived: a tone may go on behind it.
    pub fn push_gap(&mut self) {
        self.calling.now += 1;
        self.calling.miss();
        self.answering.miss();
        self.answering.before = [Complex32::ZERO; 2];
    }

    /// The tone, once it is certain.
    pub fn push(&mut self, hop: &Hop<'_>) -> Option<FaxTone> {
        let line = hop.spectrum.peaks[0];
        let tone = line.power >= LEAST_LINE && hop.spectrum.purity(1) >= LEAST_PURITY;
        let called = if tone && (line.hz - ANSWER_HZ).abs() <= ANSWER_GATE_HZ {
            self.answering.hear(self.correlator.correlate(hop.samples))
        } else {
            self.answering.miss();
            None
        };
        let calling = self.calling.push(hop, tone && (line.hz - CALL_HZ).abs() <= CALL_OFF_HZ);
        called.or(calling)
    }
}

/// CNG (T.30 §4.1.1).
const CALL_HZ: f32 = 1100.0;
/// Its tolerance, in Hz.
const CALL_OFF_HZ: f32 = 40.0;
/// Its length, in hops: 0.5 s ±15 %, with a hop of room for the measurement.
const CALL_HOPS: std::ops::RangeInclusive<u64> = 41..=60;
/// From one burst's beginning to the next one's, in hops: 3.5 s ±15 %.
const CALL_PERIOD: std::ops::RangeInclusive<u64> = 297..=403;
/// How much of the second burst makes it certain, in hops.
const SECOND_HOPS: u64 = 30;
/// Silence after the first burst that ends it for certain, in hops.
const SILENT_AFTER: u64 = 20;
/// A hop louder than this is not silent, as a mean square: −42 dBm0.
const SILENT: f32 = 1.53e-5;
/// Hops that may not be silent before a burst that counts as the first sound: clicks.
const MOST_SOUNDS: u32 = 5;
/// Share of a burst's highest power from which a hop belongs to it.
const EDGE: f32 = 0.4;
/// The longest hole in a burst, in hops.
const HOLE: u64 = 7;

#[derive(Clone, Debug, Default)]
struct Calling {
    now: u64,
    burst: Option<Burst>,
    /// When the last whole burst began, and for how long it has been silent since it ended.
    last: Option<u64>,
    silent_after: Option<u64>,
    sounds: u32,
    reported: bool,
}

#[derive(Clone, Copy, Debug)]
struct Burst {
    from: u64,
    to: u64,
    best: f32,
}

impl Calling {
    fn push(&mut self, hop: &Hop<'_>, tone: bool) -> Option<FaxTone> {
        self.now += 1;
        let power = hop.spectrum.peaks[0].power;
        if tone {
            self.hear(power);
        } else {
            self.miss();
        }
        if self.last.is_some_and(|began| self.now - began > 2 * CALL_PERIOD.end()) {
            self.last = None;
            self.reported = false;
        }
        if self.reported {
            return None;
        }
        let certain = self.repeated() || self.first_sound(hop, tone);
        self.reported = certain;
        certain.then_some(FaxTone::Cng)
    }

    fn hear(&mut self, power: f32) {
        match &mut self.burst {
            Some(burst) if power * EDGE <= burst.best => {
                burst.best = burst.best.max(power);
                if power >= EDGE * burst.best {
                    burst.to = self.now;
                }
            }
            burst => *burst = Some(Burst { from: self.now, to: self.now, best: power }),
        }
    }

    fn miss(&mut self) {
        let Some(burst) = self.burst.filter(|burst| self.now - burst.to > HOLE) else { return };
        self.burst = None;
        if CALL_HOPS.contains(&(burst.to - burst.from + 1)) {
            self.last = Some(burst.from);
            self.silent_after = Some(self.now - burst.to);
        }
    }

    /// Whether this is a second burst in time.
    fn repeated(&self) -> bool {
        let (Some(last), Some(burst)) = (self.last, &self.burst) else { return false };
        CALL_PERIOD.contains(&(burst.from - last)) && burst.to - burst.from + 1 >= SECOND_HOPS
    }

    /// Whether a whole burst was the first sound since the beginning, and silence followed.
    fn first_sound(&mut self, hop: &Hop<'_>, tone: bool) -> bool {
        let sound = hop.level.mean_square > SILENT && !tone;
        // The hop in which the burst ends is loud though its window holds little else.
        let edge = self.burst.is_some_and(|burst| self.now - burst.to <= 3);
        if sound && !edge {
            self.sounds += 1;
            self.silent_after = None;
        }
        if let Some(silent) = &mut self.silent_after {
            *silent += 1;
            return *silent >= SILENT_AFTER && self.sounds <= MOST_SOUNDS;
        }
        false
    }
}

/// CED and ANSam (T.30 §4.1.2, V.8 §2.3).
const ANSWER_HZ: f32 = 2100.0;
/// A hop's line is heard as the tone's within this, in Hz: where the phase turns, the window holds a wider line.
const ANSWER_GATE_HZ: f32 = 45.0;
/// The tone's own tolerance, in Hz: 15, and 2 for the measurement.
const ANSWER_OFF_HZ: f32 = 17.0;
/// Hops after which the frequency is known well enough to tell a turn of the phase.
const KNOWN_HOPS: u32 = 8;
/// Cosine of the angle between two hops 20 ms apart below which the phase has turned.
const TURNED: f32 = -0.6;
/// From one turn to the next, in hops: 450 ±25 ms.
const TURN_PERIOD: std::ops::RangeInclusive<u32> = 42..=48;
/// Depth of the amplitude's modulation that V.8 asks for is 20 %; this much of it makes ANSam.
const LEAST_DEPTH: f32 = 0.12;
/// Hops after which the depth is known if the phase has turned, and if it has not.
const DEPTH_HOPS: (u32, u32) = (42, 60);
/// Hops after which a tone without turns and modulation is CED.
const CED_HOPS: u32 = 110;
/// Hops after which a tone with a single turn is: the hole of a lost packet can look like one.
const DOUBTFUL_CED_HOPS: u32 = 160;
/// The longest hole in the tone, in hops.
const ANSWER_HOLE: u32 = 8;

#[derive(Clone, Debug, Default)]
struct Answering {
    hops: u32,
    missed: u32,
    /// The last two hops' correlations.
    before: [Complex32; 2],
    /// The sum of the turns from hop to hop: its angle is the frequency's distance from 2100 Hz.
    drift: Complex32,
    /// The magnitudes' sum, their sum turned by 15 Hz, the turned ones' sum, and their number.
    magnitude: f32,
    modulated: Complex32,
    turning: Complex32,
    counted: u32,
    /// When the phase last turned, and how often it has, in all and in time.
    turned_at: u32,
    turns: u32,
    turns_in_time: u32,
    reported: bool,
}

impl Answering {
    fn miss(&mut self) {
        if self.hops == 0 {
            return;
        }
        self.missed += 1;
        if self.missed > ANSWER_HOLE {
            *self = Self::default();
        }
    }

    fn hear(&mut self, z: Complex32) -> Option<FaxTone> {
        self.hops += 1 + self.missed;
        self.missed = 0;
        if self.reported {
            return None;
        }
        let turned = self.follow_phase(z);
        if !turned {
            self.follow_magnitude(z.norm());
        }
        self.before = [z, self.before[0]];
        let answer = self.decide();
        self.reported = answer.is_some();
        answer
    }

    /// Whether the phase turned in this hop or the last.
    fn follow_phase(&mut self, z: Complex32) -> bool {
        let drift = self.drift / self.drift.norm().max(f32::MIN_POSITIVE);
        let across = z * self.before[1].conj() * (drift * drift).conj();
        let known = self.hops > KNOWN_HOPS && self.before[1].norm_sqr() > 0.0;
        let recent = self.turns > 0 && self.hops - self.turned_at < 3;
        if known && !recent && across.re < TURNED * across.norm() {
            let since = self.hops - self.turned_at;
            self.turns_in_time += u32::from(self.turns > 0 && TURN_PERIOD.contains(&since));
            self.turns += 1;
            self.turned_at = self.hops;
            return true;
        }
        let step = z * self.before[0].conj();
        if !recent && (self.hops <= KNOWN_HOPS || (step * drift.conj()).re > 0.0) {
            self.drift += step;
        }
        recent
    }

    fn follow_magnitude(&mut self, magnitude: f32) {
        // 15 Hz are 0.15 cycles a hop.
        let turn = Complex32::from_polar(1.0, std::f32::consts::TAU * (0.15 * self.hops as f32).fract());
        self.magnitude += magnitude;
        self.modulated += turn * magnitude;
        self.turning += turn;
        self.counted += 1;
    }

    /// The depth of the modulation by 15 Hz.
    fn depth(&self) -> f32 {
        let mean = self.magnitude / self.counted.max(1) as f32;
        2.0 * (self.modulated - self.turning * mean).norm() / self.magnitude.max(f32::MIN_POSITIVE)
    }

    fn decide(&self) -> Option<FaxTone> {
        if self.hops < DEPTH_HOPS.0 {
            return None;
        }
        let off = self.drift.arg() / std::f32::consts::TAU * 100.0;
        if off.abs() > ANSWER_OFF_HZ {
            return None;
        }
        let deep = self.depth() >= LEAST_DEPTH;
        if self.turns_in_time > 0 || deep && (self.turns > 0 || self.hops >= DEPTH_HOPS.1) {
            return Some(FaxTone::Ansam);
        }
        let enough = if self.turns == 0 { CED_HOPS } else { DOUBTFUL_CED_HOPS };
        (self.hops >= enough).then_some(FaxTone::Ced)
    }
}
