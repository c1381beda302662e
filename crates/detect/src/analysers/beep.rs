//! The record tone: where it begins, where it ends, its frequency and level.
//!
//! What does it do? It finds a steady tone of one frequency, or of two sent together, between 300 and 2500 Hz and
//! between 80 ms and 3 s long, after which the line falls quiet.
//!
//! How does it work? A hop is tonal when one or two lines hold nearly all the power of the shared spectrum. A run of
//! tonal hops at one frequency is a candidate. The tone itself is then followed sample by sample: a correlation with
//! its frequency over each hop (a Goertzel filter of 80 samples) gives its power in that hop alone, and since the
//! correlation grows evenly with the time the tone fills, the share of the first and of the last hop that it fills
//! gives onset and end to about a millisecond.
//!
//! What tells it from other sounds? A vowel's lines drift, and its harmonics share the power. A note of music is
//! followed by other notes: here a tone must be followed by a fall in level and by no other tone. Ringback and other
//! pairs of near frequencies beat: the power in single hops is uneven. DTMF, and the country's own tones, are known by
//! their frequencies. Special information tones follow one another. What is left to the fusion is what needs the
//! whole call: a fax's calling tone is as pure and as long as a beep, but no greeting comes before it.

use std::f32::consts::TAU;
use std::time::Duration;

use offhook_audio::tones::{Country, DTMF_HIGH_HZ, DTMF_LOW_HZ, SUPERVISORY};
use offhook_audio::{Dbm0, HOP, HOP_LENGTH, MediaTime, RATE};

use super::Hop;
use super::tone_run::{Held, Run};
use crate::config::BeepConfig;
use crate::signals::{Beep, ToneBurst};

/// How far the frequency of a hop may lie from the mean of the run: this share, and this many Hz more.
const DRIFT: (f32, f32) = (0.007, 3.0);
/// The tone has ended when its power falls to this share.
const ENDED: f32 = 0.2;
/// Share of a hop's power that the tone alone holds when nothing else sounds.
const WHOLE: f32 = 0.9;
/// Quiet or other sound that must follow for the tone to count, in hops; a drop-out up to this long is bridged.
const AFTER: u32 = 6;
/// A tone shorter than this is within reach of a vowel: it must be steadier.
const SHORT: Duration = Duration::from_millis(200);
/// How steady a short tone or a pair is: the most power over the least.
const STEADY: f32 = 1.6;
/// The fewest hops in which a tone is seen: one of 80 ms is whole, or nearly, in the windows of seven.
const LEAST_HOPS: u32 = 6;
/// What a length may differ by from what it is measured as.
const TOLERANCE: Duration = Duration::from_millis(6);
/// Hops that a lost packet leaves torn windows in.
const TORN: u32 = 4;
/// The second of two tones holds at least this share of the first one's power (−12 dB).
const SECOND: f32 = 0.06;
/// The hops kept to look back for the onset.
const BACK: usize = 8;
/// What a frequency may lie outside the range, as a share: it is measured in noise.
const RANGE: f32 = 0.01;
/// A frequency is a known one within this share (Q.24 accepts 1.5 %).
const NEAR: f32 = 0.015;

/// Finds record tones.
#[derive(Clone, Debug)]
pub struct BeepAnalyser {
    config: BeepConfig,
    least_mean_square: f32,
    country: Country,
    /// The last hops' samples, oldest first.
    back: [[f32; HOP]; BACK],
    /// How long ago another tone ended, in hops.
    since_tone: u32,
    run: Option<Run>,
}

impl BeepAnalyser {
    /// Listens for beeps as `config` says, on lines of `country`.
    pub fn new(config: &BeepConfig, country: Country) -> Self {
        Self {
            config: *config,
            least_mean_square: config.least_level.mean_square(),
            country,
            back: [[0.0; HOP]; BACK],
            since_tone: u32::MAX,
            run: None,
        }
    }

    /// Forgets what was heard.
    pub fn reset(&mut self) {
        *self = Self::new(&self.config, self.country);
    }

    /// A hop that never arrived: a tone may go on behind it.
    pub fn push_gap(&mut self) {
        self.back.rotate_left(1);
        self.back[BACK - 1] = [0.0; HOP];
    }

    /// What this hop says of a record tone.
    pub fn push(&mut self, hop: &Hop<'_>) -> Option<ToneBurst> {
        self.back.rotate_left(1);
        self.back[BACK - 1] = *hop.samples;
        self.since_tone = self.since_tone.saturating_add(1);
        match self.run {
            Some(run) => self.follow(run, hop),
            None => {
                if let Some((hz, second_hz)) = self.tonal(hop) {
                    self.run = Some(self.begin(hop, hz, second_hz));
                }
                None
            }
        }
    }

    /// The frequency, or the two, that hold the hop's power; the second is 0 if there is one only.
    fn tonal(&self, hop: &Hop<'_>) -> Option<(f32, f32)> {
        let s = hop.spectrum;
        let first = s.peaks[0];
        if hop.level.mean_square < self.least_mean_square || !self.in_range(first.hz) {
            return None;
        }
        let second = s.peaks[1];
        if s.purity(1) >= self.config.purity && second.power < SECOND * first.power {
            return Some((first.hz, 0.0));
        }
        let both = s.purity(2) >= self.config.purity.max(0.75)
            && second.power >= SECOND * first.power
            && self.in_range(second.hz);
        if both {
            return Some((first.hz, second.hz));
        }
        (s.purity(1) >= self.config.purity).then_some((first.hz, 0.0))
    }

    fn in_range(&self, hz: f32) -> bool {
        hz >= self.config.least_hz * (1.0 - RANGE) && hz <= self.config.most_hz * (1.0 + RANGE)
    }

    fn begin(&self, hop: &Hop<'_>, hz: f32, second_hz: f32) -> Run {
        Run {
            started: hop.at,
            ended: hop.at,
            hops: 1,
            hz,
            second_hz,
            dual: u32::from(second_hz > 0.0),
            sum: 0.0,
            lines: 0.0,
            least: [f32::INFINITY; 2],
            most: 0.0,
            count: 0,
            silent: 0,
            quiet: 0,
            torn: 0,
            last: None,
            after: f32::INFINITY,
            before: 0.0,
            beside: 0.0,
            stray: 0.0,
            alone: self.since_tone > AFTER,
            told: false,
        }
    }

    fn follow(&mut self, mut run: Run, hop: &Hop<'_>) -> Option<ToneBurst> {
        let power = power_at(hop.samples, run.hz);
        let tonal = self.tonal(hop);
        let same = tonal.is_some_and(|(hz, second)| {
            let within = |a: f32| (a - run.hz).abs() <= DRIFT.0 * run.hz + DRIFT.1;
            within(hz) || second > 0.0 && within(second)
        });
        // After a lost packet the window is torn for 32 ms, the hop itself is whole again at once.
        let whole = run.count > 0 && power >= WHOLE * hop.level.mean_square;
        if (same || whole) && (run.count == 0 || power > ENDED * run.power()) {
            return self.go_on(run, hop, power, tonal.filter(|_| same));
        }
        if run.hops < 3 {
            // Too short to have been a tone: perhaps one begins now.
            self.run = tonal.map(|(hz, second)| self.begin(hop, hz, second));
            return run.told.then_some(ToneBurst::Rejected);
        }
        // The window still holds the tone for 32 ms after its end: only then is another tone another tone.
        let other = tonal.is_some() && !same && run.silent >= 3;
        if run.silent == 0 {
            let filled = (power / run.power()).sqrt().min(1.0);
            let within = Duration::from_micros((filled * 10_000.0) as u64);
            run.ended = hop.at.saturating_sub(HOP_LENGTH) + within;
        }
        run.silent += 1;
        run.torn = TORN;
        run.after = run.after.min(hop.level.mean_square);
        run.quiet += u32::from(hop.level.mean_square < run.quiet_level());
        if run.silent < AFTER && !other {
            self.run = Some(run);
            return None;
        }
        self.run = None;
        self.since_tone = run.silent;
        if other || run.quiet + 2 < AFTER || !self.is_beep(&run) {
            return run.told.then_some(ToneBurst::Rejected);
        }
        Some(ToneBurst::Ended(Beep {
            started: run.started,
            ended: run.ended,
            hz: run.hz,
            second_hz: (run.dual * 2 > run.hops).then_some(run.second_hz),
            level: Dbm0::from_mean_square(run.lines / run.count as f32),
        }))
    }

    fn go_on(&mut self, mut run: Run, hop: &Hop<'_>, power: f32, tonal: Option<(f32, f32)>) -> Option<ToneBurst> {
        run.hops += 1;
        run.silent = 0;
        run.quiet = 0;
        run.after = f32::INFINITY;
        let (hz, second) = tonal.unwrap_or((run.hz, 0.0));
        let stronger = (hz - run.hz).abs() <= (second - run.hz).abs();
        let (near, other) = if stronger { (hz, second) } else { (second, hz) };
        run.hz += (near - run.hz) / run.hops.min(20) as f32;
        if second > 0.0 {
            run.dual += 1;
            run.second_hz = if run.second_hz > 0.0 { run.second_hz + 0.2 * (other - run.second_hz) } else { other };
        }
        run.count_last();
        run.torn =
            if run.count > 0 && hop.level.mean_square < 0.7 * run.power() { TORN } else { run.torn.saturating_sub(1) };
        let count = if second > 0.0 { 2 } else { 1 };
        let lines = hop.spectrum.peaks.iter().take(count).map(|p| p.power).sum();
        run.last = (run.hops > 3 && run.torn == 0 && tonal.is_some()).then(|| Held {
            power,
            lines,
            even: if second > 0.0 { lines } else { power },
            beside: hop.spectrum.total * (1.0 - hop.spectrum.purity(count)),
            hz: near,
        });
        if run.hops == 5 {
            (run.started, run.before) = self.onset(&run, hop.at);
        }
        let length = hop.at - run.started;
        if length > self.config.most_length + TOLERANCE {
            self.run = Some(Run { told: false, alone: false, ..run });
            return run.told.then_some(ToneBurst::Rejected);
        }
        let background = if run.before < run.quiet_level() { run.before } else { 0.0 };
        let sounding = run.hops >= 8 && run.alone && length >= self.config.least_length && run.is_steady(background);
        if sounding {
            run.told = true;
        }
        self.run = Some(run);
        sounding.then_some(ToneBurst::Sounding { started: run.started, hz: run.hz })
    }

    /// Looks back through the kept hops for the one in which the tone began, and how much of it the tone fills; also
    /// the level just before.
    fn onset(&self, run: &Run, now: MediaTime) -> (MediaTime, f32) {
        let full = power_at(&self.back[BACK - 1], run.hz);
        let mut began = now;
        for (place, samples) in self.back.iter().enumerate().rev() {
            let filled = (power_at(samples, run.hz) / full).sqrt().min(1.0);
            if filled < 0.7 {
                let before = if filled < 0.15 { place } else { place.saturating_sub(1) };
                let within = if filled < 0.15 { 0.0 } else { filled };
                let span = Duration::from_micros((within * 10_000.0) as u64);
                return (began.saturating_sub(span), mean_square(&self.back[before]));
            }
            began = began.saturating_sub(HOP_LENGTH);
        }
        (began, full)
    }

    fn is_beep(&self, run: &Run) -> bool {
        let length = run.ended - run.started;
        let short = length < SHORT;
        run.alone
            && run.hops >= LEAST_HOPS
            && run.is_steady(run.after)
            && !(short && (run.dual > 1 || run.before > run.quiet_level() || run.evenness() > STEADY))
            && length + TOLERANCE >= self.config.least_length
            && length <= self.config.most_length + TOLERANCE
            && !self.is_known_tone(run, length)
    }

    /// Whether the frequencies are those of a DTMF digit or of one of the country's tones.
    fn is_known_tone(&self, run: &Run, length: Duration) -> bool {
        let near = |a: f32, b: f32| (a - b).abs() <= NEAR * b;
        let dual = run.dual * 2 > run.hops;
        if dual {
            let (low, high) = (run.hz.min(run.second_hz), run.hz.max(run.second_hz));
            if DTMF_LOW_HZ.iter().any(|&f| near(low, f)) && DTMF_HIGH_HZ.iter().any(|&f| near(high, f)) {
                return true;
            }
        }
        SUPERVISORY.iter().filter(|row| row.country == self.country).any(|row| match *row.hz {
            [hz] => {
                let length = length.as_millis() as f32;
                !dual
                    && near(run.hz, hz)
                    && row
                        .cadence
                        .iter()
                        .any(|&(on, off)| off > 0 && (length - f32::from(on)).abs() <= 0.08 * f32::from(on))
            }
            [a, b] => dual && near(run.hz.min(run.second_hz), a.min(b)) && near(run.hz.max(run.second_hz), a.max(b)),
            _ => false,
        })
    }
}

/// The power of the line at `hz` in one hop, as a mean square: the correlation with its frequency, by a Goertzel
/// recursion over 80 samples.
fn power_at(samples: &[f32; HOP], hz: f32) -> f32 {
    let turn = TAU * hz / RATE as f32;
    let coefficient = 2.0 * turn.cos();
    let (mut s1, mut s2) = (0.0f32, 0.0f32);
    for x in samples {
        let s0 = x + coefficient * s1 - s2;
        (s2, s1) = (s1, s0);
    }
    let magnitude = s1 * s1 + s2 * s2 - coefficient * s1 * s2;
    2.0 * magnitude.max(0.0) / (HOP * HOP) as f32
}

fn mean_square(samples: &[f32; HOP]) -> f32 {
    samples.iter().map(|x| x * x).sum::<f32>() / HOP as f32
}
