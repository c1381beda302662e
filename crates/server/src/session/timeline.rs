//! The picture of a call: a point each tenth of a second, and the wave while somebody watches.

use offhook_audio::MediaTime;
use offhook_detect::{Probability, Signals, ToneBurst};

use super::Picture;
use crate::record::Point;

/// Hops in a point.
const HOPS: u32 = 10;
/// The most points that are kept: ten minutes.
const MOST: usize = 6_000;
/// The lowest level that is told, in dBm0.
const QUIET: f32 = -70.0;

/// Draws the picture of one call.
#[derive(Debug)]
pub(super) struct Timeline {
    kept: Vec<Point>,
    point: Point,
    hops: u32,
    /// Points and wave since the last piece, while somebody watches.
    fresh: Vec<Point>,
    wave: Vec<(f32, f32)>,
}

impl Timeline {
    pub(super) fn new() -> Self {
        Self { kept: Vec::new(), point: empty(), hops: 0, fresh: Vec::new(), wave: Vec::new() }
    }

    /// One hop was heard: its samples, what was found in it, and how likely a machine is.
    pub(super) fn push(&mut self, samples: &[i16], signals: &Signals, machine: Option<Probability>, watched: bool) {
        let point = &mut self.point;
        point.level = point.level.max((signals.level.dbm0.0 * 10.0).round() / 10.0);
        point.voice |= signals.voice.active;
        point.tone |= matches!(signals.tone, Some(ToneBurst::Sounding { .. })) || signals.supervisory_sounding;
        point.music = point.music.max(signals.music.get());
        point.machine = machine.map(Probability::get);
        if watched {
            let (mut low, mut high) = (0i16, 0i16);
            for &sample in samples {
                (low, high) = (low.min(sample), high.max(sample));
            }
            self.wave.push((part(low), part(high)));
        }
        self.step(signals.at, watched);
    }

    /// One hop never came.
    pub(super) fn lose(&mut self, at: MediaTime, watched: bool) {
        self.point.lost = true;
        if watched {
            self.wave.push((0.0, 0.0));
        }
        self.step(at, watched);
    }

    fn step(&mut self, at: MediaTime, watched: bool) {
        self.hops += 1;
        if self.hops < HOPS {
            return;
        }
        self.point.at_ms = at.as_millis();
        self.point.music = thousandth(self.point.music);
        self.point.machine = self.point.machine.map(thousandth);
        if self.kept.len() < MOST {
            self.kept.push(self.point);
        }
        if watched {
            self.fresh.push(self.point);
        }
        (self.point, self.hops) = (empty(), 0);
    }

    /// The piece since the last one, once it has a point; nothing is held back for nobody.
    pub(super) fn piece(&mut self) -> Option<Picture> {
        if self.fresh.is_empty() {
            return None;
        }
        Some(Picture { points: std::mem::take(&mut self.fresh).into(), wave: std::mem::take(&mut self.wave).into() })
    }

    /// The whole picture.
    pub(super) fn finish(self) -> Vec<Point> {
        self.kept
    }
}

fn empty() -> Point {
    Point { at_ms: 0, level: QUIET, voice: false, tone: false, music: 0.0, machine: None, lost: false }
}

/// A sample as a part of full scale, to three decimals.
fn part(sample: i16) -> f32 {
    thousandth(f32::from(sample) / 32_768.0)
}

fn thousandth(share: f32) -> f32 {
    (share * 1_000.0).round() / 1_000.0
}
