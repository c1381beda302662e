use offhook_audio::Dbm0;
use offhook_audio::tones::{Country, DTMF_DIGITS, DTMF_HIGH_HZ, DTMF_LOW_HZ};
use offhook_detect::{DtmfDigit, Signals};
use offhook_sim::signal::{fade, mix};
use offhook_sim::tones;

use super::{CLEAN, LEVEL, LINES, NOISY, given, hear, ms, silence, sine};

pub(crate) fn digits(heard: &[Signals]) -> Vec<DtmfDigit> {
    given(heard, |s| s.dtmf).into_iter().map(|(_, digit)| digit).collect()
}

/// Two frequencies for `millis`, `at` samples after 200 ms.
fn dual(low: (f32, Dbm0), high: (f32, Dbm0), at: usize, millis: usize) -> Vec<f32> {
    let mut tone = sine(low.0, millis, low.1);
    mix(&mut tone, &sine(high.0, millis, high.1), 0);
    fade(&mut tone, 8, 8);
    let mut samples = silence(600);
    mix(&mut samples, &tone, 1600 + at);
    samples
}

#[test]
fn q23_each_digit_is_told_with_its_times_on_every_line() {
    for digit in DTMF_DIGITS.into_iter().flatten() {
        for line in LINES {
            for length in [50, 100, 400] {
                let mut samples = silence(203);
                samples.extend(tones::dtmf(digit, ms(length), LEVEL, 0.0).unwrap());
                samples.extend(silence(300));
                let heard = hear(&samples, line, Country::Us);
                let told = digits(&heard);
                assert_eq!(told.len(), 1, "{digit} {length} ms {line:?}: {told:?}");
                assert_eq!(told[0].digit, digit);
                assert!(told[0].length.abs_diff(ms(length)) <= ms(15), "{length} ms {line:?}: {told:?}");
                let began = told[0].started.as_millis();
                assert!((188..=218).contains(&began), "{length} ms {line:?}: {told:?}");
                let sounding = heard.iter().filter(|s| s.dtmf_sounding).count() as u64 * 10;
                assert!(sounding + 40 >= length && sounding <= length + 40, "{sounding} of {length} {line:?}");
            }
        }
    }
}

#[test]
fn q24_tones_and_pauses_of_40_ms_are_accepted_and_tones_of_20_ms_are_not() {
    for (at, line) in (0..80).step_by(7).flat_map(|at| [(at, CLEAN), (at, NOISY)]) {
        for pair in 0..4 {
            let (low, high) = ((DTMF_LOW_HZ[pair], Dbm0(-18.0)), (DTMF_HIGH_HZ[pair], Dbm0(-18.0)));
            let told = digits(&hear(&dual(low, high, at, 40), line, Country::Us));
            assert_eq!(told.len(), 1, "40 ms {pair} {at} {line:?}");
            assert!(told[0].length.abs_diff(ms(40)) <= ms(8), "{told:?}");
            assert_eq!(digits(&hear(&dual(low, high, at, 20), line, Country::Us)), [], "20 ms {pair} {at} {line:?}");
        }
        let mut samples = vec![0.0; 800 + at];
        for digit in "1959#12".chars() {
            samples.extend(tones::dtmf(digit, ms(40), LEVEL, 0.0).unwrap());
            samples.extend(silence(40));
        }
        samples.extend(silence(200));
        let told: String = digits(&hear(&samples, line, Country::Us)).iter().map(|d| d.digit).collect();
        assert_eq!(told, "1959#12", "{at} {line:?}");
    }
}

#[test]
fn q24_a_break_of_10_ms_does_not_cut_a_digit() {
    for at in (0..80).step_by(11) {
        let mut samples = dual((852.0, Dbm0(-18.0)), (1477.0, Dbm0(-18.0)), at, 120);
        samples[1600 + at + 400..1600 + at + 480].fill(0.0);
        let told = digits(&hear(&samples, CLEAN, Country::Us));
        assert_eq!(told.len(), 1, "{at}: {told:?}");
        assert!(told[0].length.abs_diff(ms(120)) <= ms(15), "{told:?}");
    }
}

#[test]
fn q24_frequencies_off_by_one_and_a_half_percent_are_accepted_and_by_three_and_a_half_are_not() {
    for (row, column) in [(0, 0), (1, 2), (2, 1), (3, 3)] {
        for (off, accepted) in [(0.0, true), (0.015, true), (-0.015, true), (0.036, false), (-0.036, false)] {
            for both in [true, false] {
                for line in [CLEAN, NOISY] {
                    // Within the tolerance another 2 Hz are allowed.
                    let more = if accepted { 2.0 * f32::signum(off) } else { 0.0 };
                    let low = DTMF_LOW_HZ[row] * (1.0 + off) + more;
                    let high = if both { DTMF_HIGH_HZ[column] * (1.0 + off) + more } else { DTMF_HIGH_HZ[column] };
                    let samples = dual((low, Dbm0(-18.0)), (high, Dbm0(-18.0)), 0, 80);
                    let told = digits(&hear(&samples, line, Country::Us));
                    assert_eq!(told.len(), usize::from(accepted), "{row} {column} {off} {line:?}: {told:?}");
                }
            }
        }
    }
}

#[test]
fn q24_twist_and_levels_are_accepted() {
    for (low, high) in [(-15.0, -11.0), (-11.0, -19.0), (-29.0, -29.0), (-29.0, -25.0), (-21.0, -29.0), (-3.5, -3.5)] {
        for (row, column) in [(0, 0), (3, 3), (1, 2)] {
            let samples = dual((DTMF_LOW_HZ[row], Dbm0(low)), (DTMF_HIGH_HZ[column], Dbm0(high)), 0, 60);
            let told = digits(&hear(&samples, CLEAN, Country::Us));
            assert_eq!(told.len(), 1, "{low} {high}: {told:?}");
        }
    }
    for (low, high) in [(-15.0, -5.0), (-5.0, -19.0), (-50.0, -50.0)] {
        let samples = dual((DTMF_LOW_HZ[0], Dbm0(low)), (DTMF_HIGH_HZ[0], Dbm0(high)), 0, 60);
        assert_eq!(digits(&hear(&samples, CLEAN, Country::Us)), [], "{low} {high}");
    }
}
