//! A run of tonal hops at one frequency: what is counted while a tone lasts, and whether it is steady.

use offhook_audio::MediaTime;

/// Power of a steady tone in single hops: the most over the least.
const UNEVEN: f32 = 2.5;
/// How far the frequency of single hops strays from the run's, on average: this share, and this many Hz more.
const STRAY: (f32, f32) = (0.0015, 0.5);
/// What sounds beside the tone while it lasts: this share of its power, and this much more of what is left when it has
/// ended, for the line's noise was there before.
const BESIDE: (f32, f32) = (0.006, 1.6);
/// The share of the tone's power by which the level must fall for the line to have fallen quiet: noise may go on.
const FALL: f32 = 0.7;

/// A run of tonal hops at one frequency.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) started: MediaTime,
    pub(super) ended: MediaTime,
    pub(super) hops: u32,
    pub(super) hz: f32,
    pub(super) second_hz: f32,
    /// Hops in which the second line was there.
    pub(super) dual: u32,
    /// Power of the stronger line in single hops, the first and last left out: sum.
    pub(super) sum: f32,
    /// Power of the one or two lines in the windows of the same hops: sum.
    pub(super) lines: f32,
    /// What must be even: the two least, the most, the count.
    pub(super) least: [f32; 2],
    pub(super) most: f32,
    pub(super) count: u32,
    /// Hops since the tone fell silent.
    pub(super) silent: u32,
    pub(super) quiet: u32,
    /// Hops whose windows a drop-out still tears.
    pub(super) torn: u32,
    /// The hop last heard, not counted yet.
    pub(super) last: Option<Held>,
    /// The least level since then, as a mean square.
    pub(super) after: f32,
    /// The level of the hop before the one in which it began, as a mean square.
    pub(super) before: f32,
    /// Sum of what sounds beside the tone, over the same hops as the power.
    pub(super) beside: f32,
    /// Sum of the distances of the hops' frequencies from the run's, over the same hops.
    pub(super) stray: f32,
    pub(super) alone: bool,
    pub(super) told: bool,
}

/// One hop of a tone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) power: f32,
    /// Power of the one or two lines in the window.
    pub(super) lines: f32,
    /// The power whose evenness counts: of single hops for one line; of windows for two, which beat in single hops.
    pub(super) even: f32,
    pub(super) beside: f32,
    pub(super) hz: f32,
}

impl Run {
    /// Counts the last hop but one: the last may be filled by the tone in part only.
    pub(super) fn count_last(&mut self) {
        if let Some(held) = self.last.take() {
            self.sum += held.power;
            self.count += 1;
            self.beside += held.beside;
            self.stray += (held.hz - self.hz).abs();
            self.lines += held.lines;
            if held.even < self.least[0] {
                self.least = [held.even, self.least[0]];
            } else {
                self.least[1] = self.least[1].min(held.even);
            }
            self.most = self.most.max(held.even);
        }
    }

    pub(super) fn power(&self) -> f32 {
        self.sum / self.count.max(1) as f32
    }

    /// The level below which the line is quiet but for what sounded beside the tone, as a mean square.
    pub(super) fn quiet_level(&self) -> f32 {
        self.level() - FALL * self.lines / self.count.max(1) as f32
    }

    /// The most power over the least but one: the last hop of a tone that fades out is let pass.
    pub(super) fn evenness(&self) -> f32 {
        self.most / self.least[1].min(self.most)
    }

    /// Whether the power is even, the frequency stays, and nothing sounds beside the tone but a background this loud.
    pub(super) fn is_steady(&self, background: f32) -> bool {
        let mean = |sum: f32| sum / self.count.max(1) as f32;
        self.count > 0
            && self.evenness() <= UNEVEN
            && mean(self.stray) <= STRAY.0 * self.hz + STRAY.1
            && mean(self.beside) <= BESIDE.0 * mean(self.lines) + BESIDE.1 * background
    }

    /// The level of all that sounded while the tone did, as a mean square.
    pub(super) fn level(&self) -> f32 {
        (self.lines + self.beside) / self.count.max(1) as f32
    }
}
