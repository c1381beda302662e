//! Features equal librosa's: against `librosa/expected.csv`, which `librosa/make.py` wrote.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;

use offhook_detect::features::{
    Matrix, MelConfig, MelNorm, MelScale, MelSpectrogram, Padding, Reference, Spectrogram, Stft, StftConfig, mfcc,
    power_to_db,
};

const EXPECTED: &str = include_str!("librosa/expected.csv");

/// The signal of `make.py`: 2 s at 16 kHz.
fn signal() -> Vec<f32> {
    let mut state = 1u32;
    let sample = |at: u32| {
        let t = f64::from(at) / 16_000.0;
        let chirp = 0.4 * t / 2.0 * (std::f64::consts::TAU * (100.0 * t + 5900.0 / 4.0 * t * t)).sin();
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = f64::from(state) / 4_294_967_296.0 - 0.5;
        ((32_768.0 * (chirp + 0.02 * noise)).round_ties_even() / 32_768.0) as f32
    };
    (0..32_000).map(sample).collect()
}

/// What librosa gave for a feature: row, column, value.
fn expected(feature: &str) -> Vec<(usize, usize, f32)> {
    let rows = EXPECTED.lines().skip(1).map(|line| {
        let mut cells = line.split(',');
        let mut cell = || cells.next().unwrap();
        (cell(), cell().parse().unwrap(), cell().parse().unwrap(), cell().parse().unwrap())
    });
    rows.filter(|(name, ..)| *name == feature).map(|(_, row, column, value)| (row, column, value)).collect()
}

/// That `given` has the size of what librosa gave and, wherever that was kept, its values to within the share
/// `relative` and the distance `absolute`.
fn check(feature: &str, given: &Matrix, relative: f32, absolute: f32) {
    let wanted = expected(feature);
    let size = (wanted.iter().map(|w| w.0).max().unwrap() + 1, wanted.iter().map(|w| w.1).max().unwrap() + 1);
    assert_eq!((given.rows(), given.columns()), size, "{feature}");
    for (row, column, wanted) in wanted {
        let given = given.get(row, column).unwrap();
        let allowed = relative * wanted.abs() + absolute;
        assert!((given - wanted).abs() <= allowed, "{feature} {row},{column}: {given}, librosa has {wanted}");
    }
}

fn mel(config: MelConfig, samples: &[f32]) -> Matrix {
    MelSpectrogram::new(config).unwrap().compute(samples).unwrap()
}

fn usual(center: Option<Padding>) -> MelConfig {
    MelConfig { stft: StftConfig { center, ..StftConfig::default() }, ..MelConfig::default() }
}

fn spectrogram() -> Spectrogram {
    Stft::new(StftConfig::default()).unwrap().power(&signal()).unwrap()
}

fn row(values: &[f32]) -> Matrix {
    Matrix::from_fn(1, values.len(), |_, column| values[column])
}

#[test]
fn mel_spectrograms_are_librosas() {
    let signal = signal();
    check("mel", &mel(MelConfig::default(), &signal), 1e-3, 1e-7);
    check("mel_reflect", &mel(usual(Some(Padding::Reflect)), &signal), 1e-3, 1e-7);
    check("mel_edge", &mel(usual(Some(Padding::Edge)), &signal), 1e-3, 1e-7);
    check("mel_whole", &mel(usual(None), &signal), 1e-3, 1e-7);
    check("mel_short", &mel(usual(Some(Padding::Reflect)), &signal[..700]), 1e-3, 1e-7);
    let htk = MelConfig { scale: MelScale::Htk, norm: MelNorm::None, ..MelConfig::default() };
    check("mel_htk", &mel(htk, &signal), 1e-3, 1e-5);
    let magnitude = MelConfig {
        stft: StftConfig { n_fft: 400, hop_length: 160, ..StftConfig::default() },
        n_mels: 40,
        fmin: 125.0,
        fmax: 7600.0,
        power: 1.0,
        ..MelConfig::default()
    };
    check("mel_magnitude", &mel(magnitude, &signal[..12_345]), 1e-3, 1e-7);
}

#[test]
fn levels_are_librosas() {
    let power = mel(MelConfig::default(), &signal());
    check("mel_db_max", &power_to_db(&power, Reference::Max, Some(80.0)), 0.0, 0.005);
    check("mel_db_max_40", &power_to_db(&power, Reference::Max, Some(40.0)), 0.0, 0.005);
    check("mel_db_one", &power_to_db(&power, Reference::Power(1.0), None), 0.0, 0.005);
}

#[test]
fn cepstral_coefficients_are_librosas() {
    let levels = power_to_db(&mel(MelConfig::default(), &signal()), Reference::Power(1.0), Some(80.0));
    check("mfcc", &mfcc(&levels, 13).unwrap(), 0.0, 0.02);
}

#[test]
fn chroma_is_librosas() {
    check("chroma", &spectrogram().chroma(), 1e-3, 1e-5);
}

#[test]
fn shapes_of_the_spectrum_are_librosas() {
    let spectrogram = spectrogram();
    check("centroid", &row(&spectrogram.centroid()), 1e-4, 0.0);
    check("rolloff", &row(&spectrogram.rolloff(0.85).unwrap()), 0.0, 0.01);
    check("flatness", &row(&spectrogram.flatness()), 1e-3, 0.0);
    let told = spectrogram.rolloff(1.0).unwrap_err().to_string();
    assert_eq!(told, "roll_percent: given 1, allowed more than 0 and less than 1");
}

#[test]
fn every_feature_that_is_kept_is_compared() {
    let mut counts = BTreeMap::new();
    EXPECTED.lines().skip(1).for_each(|line| *counts.entry(line.split(',').next().unwrap()).or_insert(0) += 1);
    assert_eq!(counts.len(), 15, "{counts:?}");
    assert!(counts.values().all(|count| *count >= 14), "{counts:?}");
}
