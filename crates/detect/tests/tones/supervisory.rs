use offhook_audio::tones::{Country, SUPERVISORY, SupervisoryTone, ToneRow};
use offhook_detect::Signals;
use offhook_sim::tones;

use super::{CLEAN, LEVEL, LINES, given, hear, ms, silence, sine};

/// The shortest burst that is told from speech, in ms.
const SHORTEST: u16 = 100;

/// Each supervisory tone told, and when, in ms.
pub(crate) fn supervisory(heard: &[Signals]) -> Vec<(u64, SupervisoryTone)> {
    given(heard, |s| s.supervisory).into_iter().map(|(at, tone)| (at.as_millis(), tone)).collect()
}

/// Whether `tone` is what `row` is, or can't be told from it: the table gives both the same frequencies and cadence.
fn same(row: &ToneRow, tone: SupervisoryTone) -> bool {
    let like = |other: &ToneRow| other.country == row.country && other.hz == row.hz && other.cadence == row.cadence;
    SUPERVISORY.iter().any(|other| other.tone == tone && like(other))
}

fn period(row: &ToneRow) -> u64 {
    row.cadence.iter().map(|(on, off)| u64::from(*on) + u64::from(*off)).sum()
}

#[test]
fn e180_each_tone_of_each_country_is_told_on_every_line() {
    let mut wrong = Vec::new();
    for row in SUPERVISORY.iter().filter(|row| row.cadence[0].0 >= SHORTEST) {
        let period = period(row);
        let length = (period * 7 / 2).max(4000);
        for line in LINES {
            let mut samples = silence(333);
            samples.extend(tones::supervisory(row, ms(length), LEVEL));
            let told = supervisory(&hear(&samples, line, row.country));
            let cycles = if let [(_, 0)] = row.cadence { length / 1000 } else { length / period };
            let in_time = told.first().is_some_and(|t| t.0 <= 333 + (3 * period + 200).max(2700));
            if !in_time || !told.iter().all(|t| same(row, t.1)) || told.len() > cycles as usize + 1 {
                wrong.push(format!("{row:?} {line:?}: {told:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn e180_frequencies_and_cadences_in_service_deviate() {
    let mut wrong = Vec::new();
    for row in SUPERVISORY.iter().filter(|row| row.cadence[0].0 >= SHORTEST && row.hz[0] < 1000.0) {
        for (hz_off, off) in [(1.008, 1.08), (0.992, 0.92)] {
            let hz: Vec<f64> = row.hz.iter().map(|hz| f64::from(*hz) * hz_off).collect();
            let mut samples = silence(100);
            while samples.len() < (period(row) as usize * 30).max(32_000) {
                for (sound, pause) in row.cadence {
                    samples.extend(tones::together(&hz, (f64::from(*sound) * off * 8.0) as usize, LEVEL));
                    samples.extend(silence((f64::from(*pause) * off) as usize));
                }
            }
            let told = supervisory(&hear(&samples, CLEAN, row.country));
            if told.is_empty() || !told.iter().all(|t| same(row, t.1)) {
                wrong.push(format!("{row:?} {hz_off}: {told:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn e180_ringing_of_two_frequencies_is_known_in_its_first_burst() {
    for (country, within) in [(Country::Us, 400), (Country::Gb, 400), (Country::Nz, 400), (Country::Au, 750)] {
        let row = SUPERVISORY.iter().find(|r| r.country == country && r.tone == SupervisoryTone::Ringback).unwrap();
        let heard = hear(&tones::supervisory(row, ms(5000), LEVEL), CLEAN, country);
        let told = supervisory(&heard);
        assert!(told[0].0 <= within, "{country:?}: {told:?}");
        assert!(heard.iter().position(|s| s.supervisory_sounding).is_some_and(|hop| hop <= 10));
        assert!(!heard.last().unwrap().supervisory_sounding);
    }
}

#[test]
fn e180_a_lone_burst_of_one_frequency_is_no_supervisory_tone() {
    for country in Country::ALL {
        for hz in [400.0, 425.0, 440.0, 450.0, 1000.0, 1400.0] {
            for length in [100, 200, 330, 500, 1000] {
                let mut samples = silence(500);
                samples.extend(sine(hz, length, LEVEL));
                samples.extend(silence(3000));
                assert_eq!(supervisory(&hear(&samples, CLEAN, country)), [], "{country:?} {hz} {length}");
            }
        }
    }
}
