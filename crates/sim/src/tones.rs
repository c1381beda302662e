//! Generators of the tones of telephone calls: beeps, supervisory tones with their cadence, special information tones,
//! DTMF and fax. All give samples ±1 at 8 kHz.
//!
//! Levels are of the whole tone, not of each frequency. A tone above what the line carries is limited when it becomes
//! PCM.

use crate::random::Random;
use crate::signal::{fade, millis, samples_in};
use offhook_audio::tones::{DTMF_DIGITS, DTMF_HIGH_HZ, DTMF_LOW_HZ, FaxTone, SitRow, ToneRow};
use offhook_audio::{Dbm0, RATE};
use std::f64::consts::TAU;
use std::time::Duration;

/// The tone after which a caller may speak.
#[derive(Clone, Debug, PartialEq)]
pub struct Beep {
    /// Its frequencies in Hz: one, or two sent together.
    pub hz: Vec<f64>,
    /// How long it sounds, fades included.
    pub duration: Duration,
    /// How long it takes to reach its level.
    pub fade_in: Duration,
    /// How long it takes to end.
    pub fade_out: Duration,
    /// Its level once faded in.
    pub level: Dbm0,
}

impl Default for Beep {
    /// 1000 Hz for 400 ms at −15 dBm0 with edges of 5 ms.
    fn default() -> Self {
        Self {
            hz: vec![1000.0],
            duration: Duration::from_millis(400),
            fade_in: Duration::from_millis(5),
            fade_out: Duration::from_millis(5),
            level: Dbm0(-15.0),
        }
    }
}

impl Beep {
    /// A beep as mailboxes send them: most between 600 and 1700 Hz and 120 to 970 ms long (the range of the measured
    /// beeps that the documentation of simpleamd lists), some from 300 to 2500 Hz and from 80 ms to 3 s, one in ten of
    /// two frequencies, all up to 3 % off their nominal frequency.
    pub fn drawn(random: &mut Random) -> Self {
        const COMMON_HZ: [f64; 8] = [1000.0, 1000.0, 1000.0, 850.0, 850.0, 1400.0, 600.0, 1650.0];
        let common = random.chance(0.75);
        let nominal =
            if common { random.pick(&COMMON_HZ).copied().unwrap_or(1000.0) } else { random.between(300.0..2500.0) };
        let first = (nominal * random.between(0.97..1.03)).clamp(300.0, 2500.0);
        let mut hz = vec![first];
        if random.chance(0.1) {
            hz.push((first * random.between(1.1..1.6)).min(2500.0));
        }
        let length = if random.chance(0.8) { random.between(120.0..970.0) } else { random.between(80.0..3000.0) };
        let edge = if random.chance(0.7) { random.between(1.0..10.0) } else { random.between(10.0..60.0) };
        Self {
            hz,
            duration: Duration::from_millis(length as u64),
            fade_in: Duration::from_millis(edge as u64),
            fade_out: Duration::from_millis((edge * random.between(0.5..2.0)) as u64),
            level: Dbm0(random.between(-28.0..-8.0) as f32),
        }
    }

    /// Its samples.
    pub fn samples(&self) -> Vec<f32> {
        let mut samples = together(&self.hz, samples_in(self.duration), self.level);
        fade(&mut samples, samples_in(self.fade_in), samples_in(self.fade_out));
        samples
    }
}

/// Frequencies sounding together for `length` samples at `level`. Three are taken as a carrier between its two
/// sidebands, which are 6 dB below it.
pub fn together(hz: &[f64], length: usize, level: Dbm0) -> Vec<f32> {
    let weights: &[f64] = if hz.len() == 3 { &[0.5, 1.0, 0.5] } else { &[1.0; 16] };
    let parts: Vec<(f64, f64)> = hz.iter().copied().zip(weights.iter().copied()).collect();
    let power = parts.iter().map(|(_, weight)| weight * weight).sum::<f64>().max(f64::MIN_POSITIVE);
    let peak = f64::from(level.sine_peak()) / power.sqrt();
    (0..length).map(|at| parts.iter().map(|(hz, weight)| weight * peak * sine(*hz, at)).sum::<f64>() as f32).collect()
}

fn sine(hz: f64, at: usize) -> f64 {
    (TAU * (hz * at as f64 / f64::from(RATE)).fract()).sin()
}

/// A supervisory tone with its cadence for `duration`, from the beginning of its first burst. Edges are 2 ms.
pub fn supervisory(row: &ToneRow, duration: Duration, level: Dbm0) -> Vec<f32> {
    let length = samples_in(duration);
    let hz: Vec<f64> = row.hz.iter().copied().map(f64::from).collect();
    let mut samples = Vec::with_capacity(length.min(1 << 24));
    let period: usize = row.cadence.iter().map(|(sound, silence)| usize::from(*sound) + usize::from(*silence)).sum();
    if period == 0 {
        return vec![0.0; length];
    }
    if let [(_, 0)] = row.cadence {
        samples = together(&hz, length, level);
        fade(&mut samples, millis(2), millis(2));
        return samples;
    }
    for (sound, silence) in row.cadence.iter().cycle() {
        let room = length - samples.len();
        let mut burst = together(&hz, millis(usize::from(*sound)).min(room), level);
        fade(&mut burst, millis(2), millis(2));
        samples.extend(burst);
        samples.resize((samples.len() + millis(usize::from(*silence))).min(length), 0.0);
        if samples.len() == length {
            break;
        }
    }
    samples
}

/// One special information tone: its three segments without a gap between them.
pub fn special_information(row: &SitRow, level: Dbm0) -> Vec<f32> {
    let segment = |(hz, length): (f32, u16)| {
        let mut samples = together(&[f64::from(hz)], millis(usize::from(length)), level);
        fade(&mut samples, millis(1), millis(1));
        samples
    };
    row.segments.into_iter().flat_map(segment).collect()
}

/// One DTMF digit (ITU-T Q.23). `twist_db` is how much stronger the high frequency is than the low one. `None` for a
/// character that is not on the keypad.
pub fn dtmf(digit: char, duration: Duration, level: Dbm0, twist_db: f32) -> Option<Vec<f32>> {
    let digit = digit.to_ascii_uppercase();
    let (row, column) = DTMF_DIGITS
        .iter()
        .enumerate()
        .find_map(|(row, digits)| digits.iter().position(|known| *known == digit).map(|column| (row, column)))?;
    let share = 10f32.powf(twist_db / 10.0);
    let low = Dbm0(level.0 - 10.0 * (1.0 + share).log10());
    let high = Dbm0(low.0 + twist_db);
    let length = samples_in(duration);
    let mut samples = together(&[f64::from(DTMF_LOW_HZ[row])], length, low);
    for (sample, other) in samples.iter_mut().zip(together(&[f64::from(DTMF_HIGH_HZ[column])], length, high)) {
        *sample += other;
    }
    fade(&mut samples, millis(1), millis(1));
    Some(samples)
}

/// A fax tone for `duration`: CNG with its cadence of 0.5 s in every 3.5 s, CED, or ANSam: 2100 Hz with a reversal of
/// phase every 450 ms and modulated by 15 Hz to a depth of 20 % (ITU-T T.30, V.8).
pub fn fax(tone: FaxTone, duration: Duration, level: Dbm0) -> Vec<f32> {
    let length = samples_in(duration);
    let mut samples = match tone {
        FaxTone::Cng => {
            let burst = together(&[1100.0], millis(500).min(length), level);
            let mut samples = vec![0.0; length];
            for start in (0..length).step_by(millis(3500)) {
                let end = (start + burst.len()).min(length);
                samples[start..end].copy_from_slice(&burst[..end - start]);
                fade(&mut samples[start..end], millis(2), millis(2));
            }
            return samples;
        }
        FaxTone::Ced => together(&[2100.0], length, level),
        FaxTone::Ansam => {
            let peak = f64::from(level.sine_peak());
            let sample = |at: usize| {
                let turned = if (at / millis(450)).is_multiple_of(2) { peak } else { -peak };
                (turned * (1.0 + 0.2 * sine(15.0, at)) * sine(2100.0, at)) as f32
            };
            (0..length).map(sample).collect()
        }
    };
    fade(&mut samples, millis(5), millis(5));
    samples
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::{level, power_at};
    use offhook_audio::tones::{SIT, SUPERVISORY, SitCode};

    #[test]
    fn a_beep_has_its_level_length_and_frequency() {
        let samples = Beep::default().samples();
        assert_eq!(samples.len(), 3200);
        assert!((level(&samples[80..3120]).0 - -15.0).abs() < 0.1);
        assert!(power_at(&samples[80..3120], 1000.0) > 0.95 * Dbm0(-15.0).mean_square());
        assert!(samples[0].abs() < 1e-3 && samples[3199].abs() < 1e-3);
    }

    #[test]
    fn drawn_beeps_stay_within_their_ranges() {
        let mut random = Random::new(3);
        for _ in 0..1000 {
            let beep = Beep::drawn(&mut random);
            assert!(beep.hz.iter().all(|hz| (300.0..=2500.0).contains(hz)), "{beep:?}");
            assert!((80..=3000).contains(&beep.duration.as_millis()), "{beep:?}");
        }
    }

    /// ITU-T E.180 Supplement 2: every row sounds at its frequencies while on, and is silent while off.
    #[test]
    fn supervisory_tones_follow_their_cadence() {
        for row in SUPERVISORY {
            let samples = supervisory(row, Duration::from_secs(20), Dbm0(-15.0));
            assert_eq!(samples.len(), 160_000);
            let (sound, silence) = row.cadence[0];
            let (sound, silence) = (millis(usize::from(sound)), millis(usize::from(silence)));
            assert!((level(&samples[40..sound - 40]).0 - -15.0).abs() < 1.5, "{row:?}");
            let power: f32 = row.hz.iter().map(|hz| power_at(&samples[..sound], f64::from(*hz))).sum();
            assert!(power > 0.7 * Dbm0(-15.0).mean_square(), "{row:?}");
            assert!(level(&samples[sound..sound + silence.min(8000)]).0 < -90.0, "{row:?}");
        }
    }

    /// Telcordia GR-674: each segment has its frequency and its length.
    #[test]
    fn special_information_tones_have_their_segments() {
        for row in SIT {
            let samples = special_information(row, Dbm0(-15.0));
            let mut at = 0;
            for (hz, length) in row.segments {
                let end = at + millis(usize::from(length));
                assert!(power_at(&samples[at..end], f64::from(hz)) > 0.9 * Dbm0(-15.0).mean_square(), "{row:?}");
                at = end;
            }
            assert_eq!(samples.len(), at);
        }
        assert!(SIT.iter().any(|row| row.code == SitCode::VacantCode));
    }

    /// ITU-T Q.23: two frequencies; the twist is between them and leaves the whole at its level.
    #[test]
    fn digits_have_their_two_frequencies() {
        let samples = dtmf('5', Duration::from_millis(100), Dbm0(-12.0), 4.0).unwrap();
        let (low, high) = (power_at(&samples, 770.0), power_at(&samples, 1336.0));
        assert!((10.0 * (high / low).log10() - 4.0).abs() < 0.5);
        assert!((level(&samples).0 - -12.0).abs() < 0.3);
        assert_eq!(dtmf('x', Duration::from_millis(100), Dbm0(-12.0), 0.0), None);
    }

    /// ITU-T T.30 and V.8.
    #[test]
    fn fax_tones_are_as_the_standards_say() {
        let cng = fax(FaxTone::Cng, Duration::from_secs(8), Dbm0(-12.0));
        assert!(power_at(&cng[..4000], 1100.0) > 0.9 * Dbm0(-12.0).mean_square());
        assert!(level(&cng[4000..28_000]).0 < -90.0 && level(&cng[28_000..32_000]).0 > -13.0);
        let ansam = fax(FaxTone::Ansam, Duration::from_secs(3), Dbm0(-12.0));
        let phase = |samples: &[f32]| samples.iter().enumerate().map(|(at, x)| f64::from(*x) * sine(2100.0, at)).sum();
        let (before, after): (f64, f64) = (phase(&ansam[1600..3200]), phase(&ansam[4000..5600]));
        assert!(before * after < 0.0, "{before} {after}");
        let part = power_at(&ansam[400..3600], 2115.0) / power_at(&ansam[400..3600], 2100.0);
        assert!((part - 0.01).abs() < 0.005, "{part}");
    }

    #[test]
    fn no_length_gives_no_samples() {
        for row in SUPERVISORY {
            assert!(supervisory(row, Duration::ZERO, Dbm0(-15.0)).is_empty());
        }
        for tone in [FaxTone::Cng, FaxTone::Ced, FaxTone::Ansam] {
            assert!(fax(tone, Duration::ZERO, Dbm0(-15.0)).is_empty());
        }
    }
}
