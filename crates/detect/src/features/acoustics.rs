//! All acoustic features of a hop, in the definitions that papers on speech use.

use offhook_audio::{HOP_LENGTH, MediaTime, RATE};

use super::chroma::{CLASSES, ChromaBank};
use super::cosine::CosineTransform;
use super::pitch::{Pitch, PitchAnalyser};
use super::shape;
use crate::analysers::{BINS, Hop, MELS, MelAnalyser, WINDOW, bin_hz};

/// Cepstral coefficients of a hop.
pub const COEFFICIENTS: usize = 13;
/// Pitch classes of a hop.
pub const CHROMA: usize = CLASSES;

/// The share of the magnitude that lies below the rolloff.
const ROLLOFF: f32 = 0.85;
/// Hops over which the level's slope is taken: 50 ms.
const SLOPE: usize = 5;
/// dB of a step of the log-mel frame, which counts sixths of the binary logarithm of power.
const DB_A_STEP: f32 = 60.0 * std::f32::consts::LOG10_2;
/// The log-mel frame's value at power 1.
const STEP_OF_ONE: f32 = 3.0;

/// The acoustic features of one hop of 10 ms.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Acoustics {
    /// The media time at the end of the hop.
    pub at: MediaTime,
    /// The hop never arrived: all else is what the hop before had.
    pub lost: bool,
    /// The level, in dBm0, of the hop about its mean; −100 at least.
    pub level_db: f32,
    /// How fast the level rises or falls, in dB a second: the slope of a line through the last 50 ms.
    pub level_slope: f32,
    /// The fundamental frequency and voicing of the last 48 ms.
    pub pitch: Pitch,
    /// The mean frequency of the last 32 ms, weighted by magnitude, in Hz.
    pub centroid_hz: f32,
    /// The frequency below which 85 % of the magnitude of the last 32 ms lies, in Hz.
    pub rolloff_hz: f32,
    /// How far the spectrum has changed since the hop before: the distance of the magnitude spectra, each scaled to
    /// length 1; 0 for no change, √2 for one that has no bin in common (Peeters 2004).
    pub flux: f32,
    /// How noise-like the spectrum is: its geometric over its arithmetic mean, 0 for a tone to 1 for white noise.
    pub flatness: f32,
    /// The cepstral coefficients of the 40 log-mel bands that the net hears, in dB; orthonormal, as librosa's.
    pub mfcc: [f32; COEFFICIENTS],
    /// The pitch classes from C to B, the strongest being 1. Bins are 31 Hz apart: below 500 Hz neighbours mix.
    pub chroma: [f32; CHROMA],
}

impl Acoustics {
    /// The names of [`Self::values`].
    pub const COLUMNS: [&str; 33] = [
        "level_db",
        "level_slope",
        "pitch_hz",
        "voicing",
        "centroid_hz",
        "rolloff_hz",
        "flux",
        "flatness",
        "mfcc_0",
        "mfcc_1",
        "mfcc_2",
        "mfcc_3",
        "mfcc_4",
        "mfcc_5",
        "mfcc_6",
        "mfcc_7",
        "mfcc_8",
        "mfcc_9",
        "mfcc_10",
        "mfcc_11",
        "mfcc_12",
        "chroma_c",
        "chroma_cs",
        "chroma_d",
        "chroma_ds",
        "chroma_e",
        "chroma_f",
        "chroma_fs",
        "chroma_g",
        "chroma_gs",
        "chroma_a",
        "chroma_as",
        "chroma_b",
    ];

    /// All values in the order of [`Self::COLUMNS`]; a pitch of 0 Hz means none.
    pub fn values(&self) -> [f32; Self::COLUMNS.len()] {
        let mut values = [0.0; Self::COLUMNS.len()];
        let Self { level_db, level_slope, pitch, centroid_hz, rolloff_hz, flux, flatness, .. } = *self;
        let hz = pitch.hz.unwrap_or_default();
        let single = [level_db, level_slope, hz, pitch.voicing, centroid_hz, rolloff_hz, flux, flatness];
        let all = single.iter().chain(&self.mfcc).chain(&self.chroma);
        values.iter_mut().zip(all).for_each(|(to, from)| *to = *from);
        values
    }
}

/// Computes [`Acoustics`], hop by hop; allocates nothing after construction.
#[derive(Clone, Debug)]
pub struct AcousticAnalyser {
    mel: MelAnalyser,
    cepstrum: CosineTransform,
    chroma: ChromaBank,
    pitch: PitchAnalyser,
    /// The magnitudes of the hop before, scaled to length 1; all 0 where there was none.
    before: [f32; BINS],
    /// The last levels, the latest at the end.
    levels: [f32; SLOPE],
    heard: usize,
    last: Acoustics,
}

impl AcousticAnalyser {
    /// One that has heard nothing.
    pub fn new() -> Self {
        Self {
            mel: MelAnalyser::new(),
            cepstrum: CosineTransform::new(COEFFICIENTS, MELS),
            chroma: ChromaBank::new(RATE, WINDOW),
            pitch: PitchAnalyser::new(),
            before: [0.0; BINS],
            levels: [0.0; SLOPE],
            heard: 0,
            last: Acoustics::default(),
        }
    }

    /// Forgets what was heard.
    pub fn reset(&mut self) {
        self.mel.reset();
        self.pitch.reset();
        self.before = [0.0; BINS];
        self.heard = 0;
        self.last = Acoustics::default();
    }

    /// A hop that never arrived: the last features are held, flux and slope begin anew.
    pub fn push_gap(&mut self) -> Acoustics {
        self.pitch.push_gap();
        self.before = [0.0; BINS];
        self.heard = 0;
        self.last.at = self.last.at + HOP_LENGTH;
        self.last.lost = true;
        self.last
    }

    /// The features of this hop.
    pub fn push(&mut self, hop: &Hop<'_>) -> Acoustics {
        let power = &hop.spectrum.power;
        let step = bin_hz(1.0);
        self.last = Acoustics {
            at: hop.at,
            lost: false,
            level_db: hop.level.dbm0.0,
            level_slope: self.slope(hop.level.dbm0.0),
            pitch: self.pitch.push(hop.samples),
            centroid_hz: shape::centroid(power, step),
            rolloff_hz: shape::rolloff(power, step, ROLLOFF),
            flux: self.flux(power),
            flatness: shape::flatness(power),
            mfcc: self.cepstrum(hop),
            chroma: self.chroma.apply(power),
        };
        self.last
    }

    fn cepstrum(&mut self, hop: &Hop<'_>) -> [f32; COEFFICIENTS] {
        let levels = self.mel.push(hop).map(|step| (step - STEP_OF_ONE) * DB_A_STEP);
        let mut coefficients = [0.0; COEFFICIENTS];
        self.cepstrum.apply(&levels, &mut coefficients);
        coefficients
    }

    fn flux(&mut self, power: &[f32; BINS]) -> f32 {
        let length = power.iter().sum::<f32>().sqrt();
        let scale = if length > 1e-6 { 1.0 / length } else { 0.0 };
        let had = self.before.iter().any(|magnitude| *magnitude > 0.0);
        let mut distance = 0.0;
        for (before, power) in self.before.iter_mut().zip(power) {
            let now = power.sqrt() * scale;
            distance += (now - *before) * (now - *before);
            *before = now;
        }
        if had && scale > 0.0 { distance.sqrt() } else { 0.0 }
    }

    /// The slope of the least-squares line through the levels up to this one.
    fn slope(&mut self, level: f32) -> f32 {
        self.levels.rotate_left(1);
        self.levels[SLOPE - 1] = level;
        self.heard = (self.heard + 1).min(SLOPE);
        let levels = &self.levels[SLOPE - self.heard..];
        let middle = (self.heard - 1) as f32 / 2.0;
        let (mut rise, mut run) = (0.0, 0.0);
        for (at, level) in levels.iter().enumerate() {
            let away = at as f32 - middle;
            rise += away * level;
            run += away * away;
        }
        if run > 0.0 { rise / run / HOP_LENGTH.as_secs_f32() } else { 0.0 }
    }
}

impl Default for AcousticAnalyser {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use offhook_audio::HOP;

    use super::*;
    use crate::analysers::{Front, Transform, measure};

    /// The features of each hop of `hops`, of the signal at a time in seconds.
    fn heard(hops: usize, signal: impl Fn(f32) -> f32) -> Vec<Acoustics> {
        let (mut front, mut analyser) = (Front::new(&Transform::new()), AcousticAnalyser::new());
        let hop = |hop| {
            let samples = std::array::from_fn(|i| signal((hop * HOP + i) as f32 / RATE as f32));
            let (level, at) = (measure(&samples, 0), MediaTime::from_samples(((hop + 1) * HOP) as u64));
            analyser.push(&Hop { at, samples: &samples, level: &level, spectrum: front.push(&samples) })
        };
        (0..hops).map(hop).collect()
    }

    fn sine(hz: f32, t: f32) -> f32 {
        (std::f32::consts::TAU * hz * t).sin()
    }

    #[test]
    fn a_tone_has_the_features_of_a_tone() {
        let hops = heard(20, |t| 0.5 * sine(880.0, t));
        let last = hops[19];
        assert!((last.level_db + 2.88).abs() < 0.1, "{last:?}");
        assert!(last.level_slope.abs() < 5.0 && last.flux < 0.05 && last.flatness < 0.01, "{last:?}");
        assert!((last.centroid_hz - 880.0).abs() < 30.0 && (last.rolloff_hz - 880.0).abs() < 63.0, "{last:?}");
        assert_eq!(last.chroma[9], 1.0, "{last:?}");
        assert_eq!(last.at, MediaTime::from_samples(1600));
    }

    #[test]
    fn a_change_is_flux_and_a_rise_is_slope() {
        let hops = heard(20, |t| if t < 0.1 { 0.3 * sine(500.0, t) } else { 0.3 * sine(2500.0, t) });
        let most = (1..20).max_by(|&a, &b| hops[a].flux.total_cmp(&hops[b].flux)).unwrap_or(0);
        assert!((10..13).contains(&most) && hops[most].flux > 0.5, "{most}");
        // 20 dB in 0.2 s.
        let rising = heard(20, |t| 0.05 * 10f32.powf(5.0 * t) * sine(500.0, t))[19];
        assert!((rising.level_slope - 100.0).abs() < 3.0, "{rising:?}");
    }

    #[test]
    fn louder_moves_the_first_coefficient_alone() {
        let voice = |t: f32| (1..23).map(|k| sine(170.0 * k as f32, t) / k as f32).sum::<f32>();
        let (quiet, loud) = (heard(20, |t| 0.05 * voice(t))[19], heard(20, |t| 0.5 * voice(t))[19]);
        // 20 dB in each of 40 bands, orthonormal: 20 √40.
        assert!((loud.mfcc[0] - quiet.mfcc[0] - 126.5).abs() < 2.0, "{} {}", loud.mfcc[0], quiet.mfcc[0]);
        for (loud, quiet) in loud.mfcc.iter().zip(&quiet.mfcc).skip(1) {
            assert!((loud - quiet).abs() < 1.5, "{loud} {quiet}");
        }
        assert!((loud.pitch.hz.unwrap_or_default() - 170.0).abs() < 2.0, "{:?}", loud.pitch);
    }

    #[test]
    fn values_stand_under_their_names() {
        let of = |acoustics: &Acoustics, name: &str| {
            let at = Acoustics::COLUMNS.iter().position(|column| *column == name);
            at.map(|at| acoustics.values()[at])
        };
        let tone = heard(20, |t| 0.5 * sine(233.1, t))[19];
        assert_eq!(of(&tone, "level_db"), Some(tone.level_db));
        assert_eq!(of(&tone, "flatness"), Some(tone.flatness));
        assert_eq!(of(&tone, "mfcc_12"), Some(tone.mfcc[12]));
        assert_eq!(of(&tone, "chroma_b"), Some(tone.chroma[11]));
        assert_eq!(of(&tone, "pitch_hz"), tone.pitch.hz);
    }

    #[test]
    fn a_lost_hop_holds_the_last_features() {
        let mut analyser = AcousticAnalyser::new();
        let lost = analyser.push_gap();
        assert!(lost.lost && lost.at == MediaTime::ZERO + HOP_LENGTH);
        assert!(lost.values().iter().all(|value| value.is_finite()));
    }
}
