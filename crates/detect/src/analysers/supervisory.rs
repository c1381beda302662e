//! The network's own tones: dial, ringback, busy, reorder, call waiting.
//!
//! What does it do? It tells which of the configured country's supervisory tones is heard, from its frequencies and its
//! cadence.
//!
//! How does it work? The tables of ITU-T E.180 Supplement 2 give for each tone one to three frequencies and how long
//! sound and silence last. A hop most of whose power lies near one of the frequencies is fitted closely ([`Bank`]). From
//! the first fit on a burst lasts for as long as there is power near the frequencies; what most of its hops were fitted
//! to is what it is. Bursts and silences are compared with the table's (±20 %). Frequencies that no other tone of the
//! country has are certain after 300 ms. All others need their cadence: two cycles, or one of 2 s or longer, up to the
//! beginning of the next: in most countries all tones are 425 Hz, and a lone burst of that may be a record tone.
//! Continuous tone is dial tone once it is longer than any burst of the country. Bursts shorter than 100 ms (call
//! waiting in Austria and Brazil) are too short to be told from speech.

use offhook_audio::tones::{Country, SUPERVISORY, SupervisoryTone, ToneRow};

use super::correlator::{Bank, FIT, MOST_SETS};
use super::{Hop, bin_hz};

/// Share of the power in two lines, and near the frequencies, that makes a closer look worthwhile: 0.9 at 10 dB of
/// signal to noise.
const LEAST_PURITY: f32 = 0.7;
const LEAST_SHARE: f32 = 0.6;
/// Bins on either side of a frequency that count as near it.
const NEAR_BINS: usize = 1;
/// The faintest tone, as a mean square: −46 dBm0.
const LEAST_POWER: f32 = 6.1e-6;
/// Share of a burst's mean power near the frequencies below which it pauses: modulated tones swing.
const PAUSE: f32 = 0.12;
/// A pause this long ends the burst, in hops: three at full modulation by 16 Hz are still none.
const ENDS: u64 = 4;
/// Hops with power but no fit after which a burst is no tone.
const MOST_UNFIT: u64 = 12;
/// Hops that must fit, and their least share of the burst.
const LEAST_FITS: u64 = 2;
const LEAST_FIT_SHARE: f32 = 0.6;
/// Hops after which a burst sounds, for those who ask.
const SOUNDS: u64 = 6;
/// Hops after which a burst of frequencies that only one tone has is certain.
const CERTAIN: u64 = 30;
/// How far sound and silence may be off the table, as a share, from 1 s on as another, and in any case in ms: E.180 asks
/// for ±10 %.
const MOST_OFF: f32 = 0.20;
const MOST_OFF_LONG: f32 = 0.10;
const MOST_OFF_MS: f32 = 35.0;
/// A cycle this long whose sound is this long, both in ms, needs to be heard once; any other twice.
const LONG_CYCLE: (u64, u16) = (2000, 300);
/// The shortest dial tone, in hops: of two or more frequencies, and of one that may be a record tone.
const DIAL_HOPS: (u64, u64) = (100, 200);
/// Dial tone is longer than the longest burst of the same frequencies by this factor.
const DIAL_FACTOR: f32 = 1.35;
/// The cycle of a continuous tone, in hops.
const DIAL_CYCLE: u64 = 100;
/// Bursts remembered, each with the silence after it.
const PAIRS: usize = 4;
/// A silence longer than this, in hops, is no part of a cadence: 14 s and 20 %.
const MOST_SILENCE: u64 = 1700;
/// The most bins looked at.
const MOST_BINS: usize = 12;

/// Hears the supervisory tones of one country.
#[derive(Clone, Debug)]
pub struct SupervisoryAnalyser {
    rows: &'static [ToneRow],
    /// Which set of frequencies each row has.
    set_of: [usize; MOST_SETS],
    bank: Bank,
    bins: [usize; MOST_BINS],
    bin_count: usize,
    state: State,
}

#[derive(Clone, Debug, Default)]
struct State {
    now: u64,
    since_near: u64,
    burst: Option<Burst>,
    set: usize,
    pairs: [(u64, u64); PAIRS],
    pair_count: usize,
    last_end: u64,
    reported_at: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Burst {
    from: u64,
    to: u64,
    hops: u64,
    sum: f32,
    fits: [u64; MOST_SETS],
    unfit: u64,
    paused: u64,
    known: bool,
    reported: u64,
}

impl Burst {
    /// How long it has been, in hops.
    fn length(&self) -> u64 {
        self.to - self.from + 1
    }

    /// What most of it was fitted to.
    fn set(&self) -> Option<usize> {
        let (set, fits) = self.fits.iter().enumerate().max_by_key(|(_, fits)| **fits)?;
        let enough = (self.hops as f32 * LEAST_FIT_SHARE) as u64;
        (*fits >= LEAST_FITS.max(enough)).then_some(set)
    }
}

impl SupervisoryAnalyser {
    /// Listens for the tones of `country`.
    pub fn new(country: Country) -> Self {
        let first = SUPERVISORY.iter().position(|row| row.country == country).unwrap_or(0);
        let count = SUPERVISORY[first..].iter().take_while(|row| row.country == country).count();
        let rows = &SUPERVISORY[first..first + count.min(MOST_SETS)];
        let mut sets: Vec<&'static [f32]> = Vec::with_capacity(MOST_SETS);
        let mut set_of = [0; MOST_SETS];
        for (slot, row) in set_of.iter_mut().zip(rows) {
            *slot = sets.iter().position(|hz| *hz == row.hz).unwrap_or_else(|| {
                sets.push(row.hz);
                sets.len() - 1
            });
        }
        let bank = Bank::new(sets.into_iter());
        let (mut bins, mut bin_count) = ([0; MOST_BINS], 0);
        for hz in bank.frequencies() {
            let centre = (hz / bin_hz(1.0)).round() as usize;
            for bin in centre - NEAR_BINS..=centre + NEAR_BINS {
                if bin_count < MOST_BINS && !bins[..bin_count].contains(&bin) {
                    bins[bin_count] = bin;
                    bin_count += 1;
                }
            }
        }
        Self { rows, set_of, bank, bins, bin_count, state: State::default() }
    }

    /// Forgets what was heard, not the country.
    pub fn reset(&mut self) {
        self.bank.interrupt();
        self.state = State::default();
    }

    /// A hop that never arrived: a burst or silence may go on behind it.
    pub fn push_gap(&mut self) {
        self.state.now += 1;
        self.bank.interrupt();
    }

    /// Whether frequencies of a tone other than call waiting have been sounding for 60 ms or more. Call waiting's alone
    /// are a record tone's as well.
    pub fn sounding(&self) -> bool {
        self.state.burst.is_some_and(|burst| {
            let row_has = |set: usize| {
                let mut rows = self.rows.iter().zip(self.set_of);
                rows.any(|(row, of)| of == set && row.tone != SupervisoryTone::CallWaiting)
            };
            burst.paused == 0 && burst.length() >= SOUNDS && burst.set().is_some_and(row_has)
        })
    }

    /// The tone, once its cadence is certain; then at each further cycle.
    pub fn push(&mut self, hop: &Hop<'_>) -> Option<SupervisoryTone> {
        self.state.now += 1;
        let spectrum = hop.spectrum;
        let near = spectrum.total >= LEAST_POWER && spectrum.purity(2) >= LEAST_PURITY && {
            let power: f32 = self.bins[..self.bin_count].iter().map(|bin| spectrum.power[*bin]).sum();
            power >= LEAST_SHARE * spectrum.total
        };
        self.state.since_near = if near { 0 } else { self.state.since_near.saturating_add(1) };
        if !near && (self.state.since_near > ENDS || self.bank.run() == 0) {
            self.bank.interrupt();
            self.follow(0.0, None);
            return None;
        }
        let power = self.bank.hear(hop.samples, hop.level.mean_square);
        let fit = self.bank.fit();
        self.follow(power, fit);
        self.conclude()
    }

    /// Begins, continues or ends a burst.
    fn follow(&mut self, power: f32, fit: Option<usize>) {
        let state = &mut self.state;
        let Some(burst) = &mut state.burst else {
            if let Some(set) = fit {
                let from = (state.now + 1).saturating_sub(self.bank.run().min(FIT) as u64);
                let mut fits = [0; MOST_SETS];
                fits[set] = 1;
                let to = state.now;
                let (hops, sum) = (1, power);
                state.burst = Some(Burst { from, to, hops, sum, fits, unfit: 0, paused: 0, known: false, reported: 0 });
            }
            return;
        };
        if power < PAUSE * burst.sum / burst.hops as f32 {
            burst.paused += 1;
            if burst.paused >= ENDS {
                let burst = *burst;
                state.end(burst);
            }
            return;
        }
        burst.paused = 0;
        burst.to = state.now;
        burst.hops += 1;
        burst.sum += power;
        match fit {
            Some(set) => {
                burst.fits[set] += 1;
                burst.unfit = 0;
            }
            None => burst.unfit += 1,
        }
        if burst.unfit > MOST_UNFIT {
            state.burst = None;
            state.pair_count = 0;
        }
    }

    /// What the burst so far, and those before it, tell.
    fn conclude(&mut self) -> Option<SupervisoryTone> {
        let mut burst = self.state.burst.filter(|burst| burst.paused == 0)?;
        let set = burst.set()?;
        let length = burst.length();
        let mut tone = None;
        if !burst.known && length >= SOUNDS.min(self.shortest_hops(set)) {
            burst.known = true;
            self.state.begin(set, burst.from);
            tone = self.cadence(set);
        } else if length >= CERTAIN && burst.reported == 0 {
            tone = self.only_tone(set);
        }
        if length >= self.dial_hops(set) && length >= burst.reported + DIAL_CYCLE {
            let dial = |(row, of): &(&ToneRow, usize)| *of == set && matches!(row.cadence, [(_, 0)]);
            tone = self.rows.iter().zip(self.set_of).find(dial).map(|(row, _)| row.tone).or(tone);
        }
        if tone.is_some() {
            burst.reported = length;
            self.state.reported_at = Some(self.state.now);
        }
        self.state.burst = Some(burst);
        tone
    }

    /// The rows with cadence that have these frequencies.
    fn cadenced(&self, set: usize) -> impl Iterator<Item = &'static ToneRow> {
        let set_of = self.set_of;
        let rows = self.rows.iter().zip(set_of);
        rows.filter(move |(row, of)| *of == set && !matches!(row.cadence, [(_, 0)])).map(|(row, _)| row)
    }

    fn shortest_hops(&self, set: usize) -> u64 {
        let ons = self.cadenced(set).flat_map(|row| row.cadence).map(|(on, _)| u64::from(*on) / 10);
        ons.min().unwrap_or(SOUNDS).max(LEAST_FITS)
    }

    fn dial_hops(&self, set: usize) -> u64 {
        let longest = self.cadenced(set).flat_map(|row| row.cadence).map(|(on, _)| *on).max().unwrap_or(0);
        let alone = self.cadenced(set).next().is_none_or(|row| row.hz.len() > 1);
        let least = if alone { DIAL_HOPS.0 } else { DIAL_HOPS.1 };
        least.max((f32::from(longest) / 10.0 * DIAL_FACTOR) as u64)
    }

    /// The only tone with these frequencies, if it was not reported in this cycle.
    fn only_tone(&self, set: usize) -> Option<SupervisoryTone> {
        let mut of = self.set_of.iter().take(self.rows.len()).filter(|of| **of == set);
        let alone = of.next().is_some() && of.next().is_none();
        let row = self.cadenced(set).next().filter(|row| alone && row.hz.len() > 1)?;
        self.due(row).then_some(row.tone)
    }

    /// Whether `row` was not reported in this cycle.
    fn due(&self, row: &ToneRow) -> bool {
        self.state.reported_at.is_none_or(|at| (self.state.now - at) * 10 >= period(row) * 4 / 5)
    }

    /// The tone whose cadence the bursts and silences before this burst have.
    fn cadence(&self, set: usize) -> Option<SupervisoryTone> {
        let mut best: (f32, Option<&ToneRow>) = (f32::INFINITY, None);
        for row in self.cadenced(set) {
            if let Some(off) = self.off(row)
                && off < best.0
            {
                best = (off, Some(row));
            }
        }
        best.1.filter(|row| self.due(row)).map(|row| row.tone)
    }

    /// How far the bursts and silences are off those of `row`, if they are its.
    fn off(&self, row: &ToneRow) -> Option<f32> {
        let pairs = &self.state.pairs[..self.state.pair_count];
        let cadence = row.cadence;
        // Two frequencies are no record tone: the beginning of a cycle is enough.
        let begun = row.hz.len() > 1 && cadence.len() > 1;
        if begun && let Some(&pair) = pairs.last() {
            let last = pairs.len() == 1;
            if last && let Some(off) = pair_off(pair, cadence[0]) {
                return Some(off);
            }
        }
        let long = period(row) >= LONG_CYCLE.0 && cadence.iter().any(|(on, _)| *on >= LONG_CYCLE.1);
        let cycles = if cadence.len() > 1 || long { 1 } else { self.cycles_needed(row) };
        let needed = cycles * cadence.len();
        let recent = pairs.get(pairs.len().checked_sub(needed)?..)?;
        let mut sum = 0.0;
        for (pair, nominal) in recent.iter().zip(cadence.iter().cycle()) {
            sum += pair_off(*pair, *nominal)?;
        }
        Some(sum / needed as f32)
    }

    /// Cycles of a short cadence that tell it from another tone's that contains them.
    fn cycles_needed(&self, row: &ToneRow) -> usize {
        let mut most = 1;
        for other in self.rows.iter().filter(|other| other.hz == row.hz && other.tone != row.tone) {
            let alike = other.cadence.iter().filter(|(on, off)| {
                other.cadence.len() > 1
                    && pair_off((u64::from(*on) / 10, u64::from(*off) / 10), row.cadence[0]).is_some()
            });
            most = most.max(alike.count());
        }
        (most + 1).min(PAIRS)
    }
}

impl State {
    fn end(&mut self, burst: Burst) {
        self.burst = None;
        let Some(set) = burst.set().filter(|_| burst.known) else { return };
        if set != self.set {
            self.pair_count = 0;
        }
        self.set = set;
        if self.pair_count == PAIRS {
            self.pairs.copy_within(1.., 0);
            self.pair_count -= 1;
        }
        self.pairs[self.pair_count] = (burst.length(), 0);
        self.pair_count += 1;
        self.last_end = burst.to;
    }

    /// A burst of `set` began: the silence before it is known.
    fn begin(&mut self, set: usize, from: u64) {
        let silence = from.saturating_sub(self.last_end + 1);
        if set != self.set || silence > MOST_SILENCE {
            self.pair_count = 0;
        } else if let Some(last) = self.pair_count.checked_sub(1) {
            self.pairs[last].1 = silence;
        }
        self.set = set;
    }
}

fn period(row: &ToneRow) -> u64 {
    row.cadence.iter().map(|(on, off)| u64::from(*on) + u64::from(*off)).sum()
}

/// How far a burst and the silence after it, in hops, are off those of the table, in ms: none if too far.
fn pair_off((on, off): (u64, u64), nominal: (u16, u16)) -> Option<f32> {
    let one = |hops: u64, ms: u16| {
        let ms = f32::from(ms);
        let distance = (hops as f32 * 10.0 - ms).abs();
        let most = if ms < 1000.0 { MOST_OFF } else { MOST_OFF_LONG };
        (distance <= (ms * most).max(MOST_OFF_MS)).then_some(distance / ms.max(MOST_OFF_MS))
    };
    Some(one(on, nominal.0)? + one(off, nominal.1)?)
}
