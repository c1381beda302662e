//! A few frequencies, listened to closely.
//!
//! What does it do? It tells which of a few sets of frequencies sounds. The 31 Hz bins of the shared spectrum can't
//! tell 400 from 450 Hz; 50 ms of samples, added in phase, can.
//!
//! How does it work? A [`Correlator`] correlates the 80 samples of a hop with one frequency, as Goertzel's algorithm
//! does, but with the sinusoid in a table, so that eight products are made at a time. A [`Bank`] keeps those of the last
//! five hops and fits the frequencies of each [`Set`] to them together, by least squares: frequencies 16 Hz apart are
//! not orthogonal over 50 ms, but can be told apart. The share of the energy that the fit explains is the answer. A
//! carrier with two sidebands is told from the carrier alone by how its magnitude swings from hop to hop.

use offhook_audio::{HOP, RATE};
use realfft::num_complex::Complex32;

/// Products made side by side.
const LANES: usize = 8;

/// The sinusoid of one frequency over one hop.
#[derive(Clone, Debug)]
pub(super) struct Correlator {
    cos: [f32; HOP],
    sin: [f32; HOP],
}

impl Correlator {
    /// For `hz` Hz.
    pub(super) fn new(hz: f32) -> Self {
        let angle = |i: usize| std::f32::consts::TAU * (hz * i as f32 / RATE as f32).fract();
        Self { cos: std::array::from_fn(|i| angle(i).cos()), sin: std::array::from_fn(|i| angle(i).sin()) }
    }

    /// The hop's correlation, phase counted from its beginning: a sinusoid of amplitude 1 gives a magnitude of 40.
    pub(super) fn correlate(&self, samples: &[f32; HOP]) -> Complex32 {
        let mut re = [0.0; LANES];
        let mut im = [0.0; LANES];
        let tables = self.cos.chunks_exact(LANES).zip(self.sin.chunks_exact(LANES));
        for (x, (cos, sin)) in samples.chunks_exact(LANES).zip(tables) {
            for lane in 0..LANES {
                re[lane] += x[lane] * cos[lane];
                im[lane] -= x[lane] * sin[lane];
            }
        }
        Complex32::new(re.iter().sum(), im.iter().sum())
    }
}

/// Hops that are fitted together: 50 ms.
pub(super) const FIT: usize = 5;
/// Hops from which a single frequency is fitted.
const LEAST_FIT: usize = 3;
/// The most frequencies and sets of a bank.
const MOST_LINES: usize = 4;
pub(super) const MOST_SETS: usize = 5;
/// Share of the energy that the fit must explain: 0.9 is left at 10 dB of signal to noise, and a frequency 1 % off
/// its nominal 400 to 480 Hz takes off another 0.1 to 0.2.
const LEAST_EXPLAINED: f32 = 0.66;
/// Share of the energy that each of two frequencies must have: they are sent at equal level.
const LEAST_COMPONENT: f32 = 0.12;
/// Standard deviation over mean of the hops' magnitudes from which a tone is modulated: 0.05 for a lone frequency in
/// noise, 0.5 for a carrier with sidebands 6 dB below it.
const MODULATED: f32 = 0.3;

/// Frequencies that sound together.
#[derive(Clone, Copy, Debug)]
struct Set {
    hz: &'static [f32],
    lines: [usize; 3],
    /// The inverse of the matrix of the frequencies' products over the fitted span.
    inverse: [[f32; 3]; 3],
    /// Whether another set is this frequency with sidebands.
    carrier_of_other: bool,
}

#[derive(Clone, Debug)]
struct Line {
    hz: f32,
    correlator: Correlator,
    /// What each fitted hop's correlation is multiplied with to count its phase from the middle of the span.
    turns: [Complex32; FIT],
}

/// The frequencies of a country, and what was heard of them in the last hops.
#[derive(Clone, Debug)]
pub(super) struct Bank {
    lines: Vec<Line>,
    sets: Vec<Set>,
    heard: [[Complex32; MOST_LINES]; FIT],
    energy: [f32; FIT],
    run: usize,
}

impl Bank {
    /// For these sets of one to three frequencies each, all different.
    pub(super) fn new(wanted: impl Iterator<Item = &'static [f32]>) -> Self {
        let mut lines: Vec<Line> = Vec::with_capacity(MOST_LINES);
        let mut sets: Vec<Set> = Vec::with_capacity(MOST_SETS);
        for hz in wanted {
            let mut indices = [0; 3];
            for (slot, hz) in indices.iter_mut().zip(hz) {
                *slot = lines.iter().position(|line| line.hz == *hz).unwrap_or_else(|| {
                    lines.push(Line { hz: *hz, correlator: Correlator::new(*hz), turns: turns(*hz) });
                    lines.len() - 1
                });
            }
            sets.push(Set { hz, lines: indices, inverse: inverse(hz), carrier_of_other: false });
        }
        for index in 0..sets.len() {
            let hz = sets[index].hz;
            sets[index].carrier_of_other = hz.len() == 1 && sets.iter().any(|set| set.hz.get(1..2) == Some(hz));
        }
        debug_assert!(lines.len() <= MOST_LINES && sets.len() <= MOST_SETS);
        Self { lines, sets, heard: [[Complex32::ZERO; MOST_LINES]; FIT], energy: [0.0; FIT], run: 0 }
    }

    /// The frequencies.
    pub(super) fn frequencies(&self) -> impl Iterator<Item = f32> {
        self.lines.iter().map(|line| line.hz)
    }

    /// Forgets what was heard: the next hop isn't the one after the last.
    pub(super) fn interrupt(&mut self) {
        self.run = 0;
    }

    /// Hops heard without an interruption.
    pub(super) fn run(&self) -> usize {
        self.run
    }

    /// Hears a hop; gives the mean square of what lies near the frequencies.
    pub(super) fn hear(&mut self, samples: &[f32; HOP], mean_square: f32) -> f32 {
        self.heard.copy_within(1.., 0);
        self.energy.copy_within(1.., 0);
        self.run += 1;
        let now = &mut self.heard[FIT - 1];
        let mut near = 0.0;
        for (slot, line) in now.iter_mut().zip(&self.lines) {
            *slot = line.correlator.correlate(samples);
            near += slot.norm_sqr();
        }
        self.energy[FIT - 1] = mean_square * HOP as f32;
        near / (HOP * HOP) as f32 * 2.0
    }

    /// Which set sounds: the one that explains most, if it explains enough.
    pub(super) fn fit(&self) -> Option<usize> {
        let hops = self.run.min(FIT);
        if hops < LEAST_FIT {
            return None;
        }
        let mut sums = [Complex32::ZERO; MOST_LINES];
        for (heard, hop) in self.heard.iter().zip(0..FIT).skip(FIT - hops) {
            for ((sum, line), heard) in sums.iter_mut().zip(&self.lines).zip(heard) {
                *sum += heard * line.turns[hop];
            }
        }
        let energy: f32 = self.energy.iter().skip(FIT - hops).sum();
        let mut best = (LEAST_EXPLAINED, None);
        for (index, set) in self.sets.iter().enumerate() {
            let explained = self.explained(set, &sums, energy, hops);
            if explained > best.0 {
                best = (explained, Some(index));
            }
        }
        best.1
    }

    /// The share of the energy that `set` explains, or none if it can't be this set.
    fn explained(&self, set: &Set, sums: &[Complex32; MOST_LINES], energy: f32, hops: usize) -> f32 {
        let count = set.hz.len();
        if count == 1 {
            let sum = sums[set.lines[0]].norm_sqr();
            let unsteady = set.carrier_of_other && hops < FIT || hops == FIT && self.swing(set.lines[0]) >= MODULATED;
            return if unsteady { 0.0 } else { 2.0 * sum / (energy * (hops * HOP) as f32) };
        }
        if hops < FIT || count == 3 && self.swing(set.lines[1]) < MODULATED {
            return 0.0;
        }
        let mut explained = 0.0;
        for (row, inverse) in set.inverse.iter().enumerate().take(count) {
            let part: Complex32 = inverse.iter().take(count).zip(set.lines).map(|(f, line)| sums[line] * f).sum();
            explained += 2.0 * (sums[set.lines[row]].conj() * part).re;
            // A sinusoid's amplitude is twice its part of the fit.
            let own = 2.0 * part.norm_sqr() * (FIT * HOP) as f32;
            if count == 2 && own < LEAST_COMPONENT * energy {
                return 0.0;
            }
        }
        explained / energy
    }

    /// Standard deviation over mean of a line's magnitudes.
    fn swing(&self, line: usize) -> f32 {
        let magnitudes = self.heard.map(|heard| heard[line].norm());
        let mean = magnitudes.iter().sum::<f32>() / FIT as f32;
        let variance = magnitudes.iter().map(|m| (m - mean) * (m - mean)).sum::<f32>() / FIT as f32;
        variance.sqrt() / mean.max(f32::MIN_POSITIVE)
    }
}

fn turns(hz: f32) -> [Complex32; FIT] {
    let middle = (FIT * HOP - 1) as f64 / 2.0;
    std::array::from_fn(|hop| {
        let cycles = f64::from(hz) * (middle - (hop * HOP) as f64) / f64::from(RATE);
        Complex32::from_polar(1.0, (std::f64::consts::TAU * cycles.fract()) as f32)
    })
}

/// The inverse of the frequencies' products over the fitted span, by elimination: they differ, so there is one.
fn inverse(hz: &[f32]) -> [[f32; 3]; 3] {
    let samples = (FIT * HOP) as f64;
    let product = |a: f32, b: f32| {
        let half = std::f64::consts::PI * f64::from(a - b) / f64::from(RATE);
        if a == b { samples } else { (half * samples).sin() / half.sin() }
    };
    let n = hz.len();
    let mut left = [[0.0; 3]; 3];
    let mut right = [[0.0; 3]; 3];
    for i in 0..3 {
        right[i][i] = 1.0;
        left[i][i] = 1.0;
        for j in (0..n).filter(|_| i < n) {
            left[i][j] = product(hz[i], hz[j]);
        }
    }
    for pivot in 0..3 {
        let scale = left[pivot][pivot];
        for column in 0..3 {
            left[pivot][column] /= scale;
            right[pivot][column] /= scale;
        }
        for row in (0..3).filter(|row| *row != pivot) {
            let factor = left[row][pivot];
            for column in 0..3 {
                left[row][column] -= factor * left[pivot][column];
                right[row][column] -= factor * right[pivot][column];
            }
        }
    }
    right.map(|row| row.map(|x| x as f32))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETS: [&[f32]; 3] = [&[440.0, 480.0], &[440.0], &[420.0, 440.0, 460.0]];

    /// What must be found, and in what: frequencies with their amplitudes.
    type Case = (Option<usize>, &'static [(f32, f32)]);

    /// Which set is found in frequencies with these amplitudes, from 40 different phases on.
    fn found(tone: &[(f32, f32)]) -> Vec<Option<usize>> {
        (0..40)
            .map(|start| {
                let mut bank = Bank::new(SETS.into_iter());
                for hop in 0..FIT {
                    let samples: [f32; HOP] = std::array::from_fn(|i| {
                        let t = (start * 17 + hop * HOP + i) as f32 / RATE as f32;
                        tone.iter().map(|(hz, a)| a * (std::f32::consts::TAU * hz * t).sin()).sum()
                    });
                    bank.hear(&samples, samples.iter().map(|x| x * x).sum::<f32>() / HOP as f32);
                }
                bank.fit()
            })
            .collect()
    }

    #[test]
    fn near_sets_are_told_apart_at_every_phase() {
        let cases: [Case; 9] = [
            (Some(0), &[(440.0, 0.1), (480.0, 0.1)]),
            (Some(0), &[(437.0, 0.1), (477.0, 0.06)]),
            (Some(1), &[(440.0, 0.1)]),
            (Some(1), &[(444.0, 0.1)]),
            (Some(2), &[(420.0, 0.05), (440.0, 0.1), (460.0, 0.05)]),
            (None, &[(470.0, 0.1)]),
            (None, &[(350.0, 0.1), (440.0, 0.1)]),
            (None, &[(400.0, 0.1), (520.0, 0.1)]),
            (None, &[(697.0, 0.1), (1209.0, 0.1)]),
        ];
        for (set, tone) in cases {
            assert!(found(tone).iter().all(|f| *f == set), "{tone:?}: {:?}", found(tone));
        }
    }
}
