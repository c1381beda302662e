//! What every analyser holds to: one table, one row each.

use std::fmt::Debug;

use offhook_audio::tones::Country;
use offhook_audio::{HOP, MediaTime};
use offhook_detect::analysers::{
    BeepAnalyser, DtmfAnalyser, FaxAnalyser, Front, Hop, MusicAnalyser, SitAnalyser, SupervisoryAnalyser, VadAnalyser,
    measure,
};
use offhook_detect::features::{AcousticAnalyser, Acoustics};
use offhook_detect::{BeepConfig, Probability, VadConfig, Voice};
use offhook_sim::Random;

/// What an analyser said of a hop.
trait Finding: Debug {
    /// Whether that is anything but "nothing here".
    fn is_something(&self) -> bool;
}

impl<T: Debug> Finding for Option<T> {
    fn is_something(&self) -> bool {
        self.is_some()
    }
}

impl Finding for Voice {
    fn is_something(&self) -> bool {
        self.active || self.voiced
    }
}

impl Finding for Acoustics {
    fn is_something(&self) -> bool {
        self.pitch.hz.is_some()
    }
}

impl Finding for Probability {
    fn is_something(&self) -> bool {
        self.get() >= 0.5
    }
}

/// The verbs that all share.
trait Analyser {
    fn push(&mut self, hop: &Hop<'_>) -> Box<dyn Finding>;
    fn push_gap(&mut self);
    fn reset(&mut self);
}

macro_rules! analysers {
    ($($kind:ident: $new:expr),* $(,)?) => {
        $(impl Analyser for $kind {
            fn push(&mut self, hop: &Hop<'_>) -> Box<dyn Finding> {
                Box::new($kind::push(self, hop))
            }
            fn push_gap(&mut self) {
                $kind::push_gap(self);
            }
            fn reset(&mut self) {
                $kind::reset(self);
            }
        })*

        /// A new one of each.
        fn analysers() -> Vec<(&'static str, Box<dyn Analyser>)> {
            vec![$((stringify!($kind), Box::new($new))),*]
        }
    };
}

analysers! {
    VadAnalyser: VadAnalyser::new(&VadConfig::default()),
    BeepAnalyser: BeepAnalyser::new(&BeepConfig::default(), Country::Us),
    SupervisoryAnalyser: SupervisoryAnalyser::new(Country::Us),
    SitAnalyser: SitAnalyser::new(),
    FaxAnalyser: FaxAnalyser::new(),
    DtmfAnalyser: DtmfAnalyser::new(),
    MusicAnalyser: MusicAnalyser::new(),
    AcousticAnalyser: AcousticAnalyser::new(),
}

/// What the analyser says of each hop of `samples`, the front being new.
fn said(analyser: &mut dyn Analyser, samples: &[i16]) -> Vec<Box<dyn Finding>> {
    let (mut front, mut said) = (Front::default(), Vec::new());
    for (number, hop) in samples.chunks_exact(HOP).enumerate() {
        let sum_abs = hop.iter().map(|sample| u32::from(sample.unsigned_abs())).sum();
        let floats: [f32; HOP] = std::array::from_fn(|at| f32::from(hop[at]) / 32_768.0);
        let level = measure(&floats, sum_abs);
        let spectrum = front.push(&floats);
        let at = MediaTime::from_samples(((number + 1) * HOP) as u64);
        said.push(analyser.push(&Hop { at, samples: &floats, level: &level, spectrum }));
    }
    said
}

/// Tones, noise, speech-like bursts and silences, a second each.
fn medley(seed: u64) -> Vec<i16> {
    let mut random = Random::new(seed);
    let mut samples = Vec::new();
    for _ in 0..12 {
        let (kind, hz, level) = (random.whole(0..4), random.between(200.0..3500.0), random.between(30.0..20_000.0));
        samples.extend((0..8000).map(|at| {
            let turn = std::f64::consts::TAU * hz * f64::from(at) / 8000.0;
            let share = match kind {
                0 => turn.sin(),
                1 => random.between(-1.0..1.0),
                2 => (turn * 0.1).sin().powi(15) * if at / 1600 % 2 == 0 { 1.0 } else { 0.0 },
                _ => 0.0,
            };
            (share * level) as i16
        }));
    }
    samples
}

fn full_scale_noise(seconds: usize) -> Vec<i16> {
    let mut random = Random::new(9);
    (0..seconds * 8000).map(|_| if random.chance(0.5) { i16::MAX } else { i16::MIN }).collect()
}

#[test]
fn an_analyser_that_starts_again_is_as_new() {
    let (earlier, later) = (medley(1), medley(2));
    for ((name, mut used), (_, mut new)) in analysers().into_iter().zip(analysers()) {
        said(&mut *used, &earlier);
        used.push_gap();
        used.reset();
        let (after_reset, at_first) = (said(&mut *used, &later), said(&mut *new, &later));
        assert_eq!(format!("{after_reset:?}"), format!("{at_first:?}"), "{name}");
    }
}

#[test]
fn digital_silence_gives_no_finding() {
    for (name, mut analyser) in analysers() {
        let found = said(&mut *analyser, &[0; 80_000]).iter().position(|finding| finding.is_something());
        assert_eq!(found, None, "{name}");
    }
}

#[test]
fn a_gap_gives_no_finding_and_breaks_nothing() {
    for (name, mut analyser) in analysers() {
        (0..500).for_each(|_| analyser.push_gap());
        assert!(!said(&mut *analyser, &[0; 16_000]).iter().any(|finding| finding.is_something()), "{name}");
        for piece in medley(3).chunks(4000) {
            said(&mut *analyser, piece);
            (0..7).for_each(|_| analyser.push_gap());
        }
    }
}

#[test]
fn full_scale_noise_breaks_nothing_and_is_no_tone() {
    let noise = full_scale_noise(5);
    for (name, mut analyser) in analysers() {
        let found = said(&mut *analyser, &noise);
        if !matches!(name, "VadAnalyser" | "MusicAnalyser") {
            assert!(!found.iter().any(|finding| finding.is_something()), "{name}");
        }
        said(&mut *analyser, &[i16::MIN; 16_000]);
        said(&mut *analyser, &[i16::MAX; 16_000]);
    }
}
