use offhook_audio::Dbm0;
use offhook_audio::tones::{Country, FaxTone};
use offhook_detect::Signals;
use offhook_sim::music::hold_music;
use offhook_sim::{Random, tones};

use super::{LEVEL, LINES, given, hear, ms, silence, sine};

/// Each fax tone told, and when, in ms.
pub(crate) fn fax(heard: &[Signals]) -> Vec<(u64, FaxTone)> {
    given(heard, |s| s.fax).into_iter().map(|(at, tone)| (at.as_millis(), tone)).collect()
}

#[test]
fn t30_cng_is_told_once_at_its_first_burst_after_silence() {
    for line in LINES.into_iter().filter(|line| line.snr_db.is_none()) {
        for hz_off in [-38.0, 0.0, 38.0] {
            let mut samples = silence(800);
            for _ in 0..3 {
                samples.extend(sine(1100.0 + hz_off, 500, LEVEL));
                samples.extend(silence(3000));
            }
            let told = fax(&hear(&samples, line, Country::Us));
            assert!(matches!(told[..], [(1300..=1650, FaxTone::Cng)]), "{hz_off} {line:?}: {told:?}");
        }
    }
}

#[test]
fn t30_cng_is_told_once_at_its_second_burst_after_other_sounds() {
    for line in LINES {
        let mut samples = hold_music(8000, Dbm0(-20.0), &mut Random::new(1));
        samples.extend(silence(500));
        samples.extend(tones::fax(FaxTone::Cng, ms(12_000), LEVEL));
        let told = fax(&hear(&samples, line, Country::Us));
        assert!(matches!(told[..], [(5200..=5400, FaxTone::Cng)]), "{line:?}: {told:?}");
    }
}

#[test]
fn t30_a_record_tone_is_no_fax() {
    for (hz, length) in [(1100.0, 300), (1100.0, 900), (1000.0, 500), (1400.0, 500), (2100.0, 500)] {
        for line in LINES {
            let mut samples = silence(500);
            samples.extend(sine(hz, length, LEVEL));
            samples.extend(silence(4000));
            assert_eq!(fax(&hear(&samples, line, Country::Us)), [], "{hz} {length} {line:?}");
        }
    }
}

#[test]
fn t30_ced_is_told_once_within_its_tolerance() {
    for line in LINES {
        for (off, expected) in [(0.0, 1), (14.0, 1), (-14.0, 1), (40.0, 0), (-40.0, 0)] {
            let mut samples = silence(300);
            samples.extend(sine(2100.0 + off, 3000, LEVEL));
            samples.extend(silence(500));
            let told = fax(&hear(&samples, line, Country::Us));
            assert_eq!(told.len(), expected, "{off} {line:?}: {told:?}");
            assert!(told.iter().all(|t| t.1 == FaxTone::Ced && (1300..=1500).contains(&t.0)), "{line:?}: {told:?}");
        }
    }
}

#[test]
fn v8_ansam_is_told_once_from_ced() {
    for line in LINES {
        for cut in [0, 1000, 2500] {
            let mut samples = silence(300);
            samples.extend(&tones::fax(FaxTone::Ansam, ms(4000), LEVEL)[cut..]);
            samples.extend(silence(500));
            let told = fax(&hear(&samples, line, Country::Us));
            assert!(matches!(told[..], [(700..=1000, FaxTone::Ansam)]), "{cut} {line:?}: {told:?}");
        }
    }
}

#[test]
fn v25_phase_reversals_alone_are_told_from_ced() {
    for line in LINES {
        let mut tone = sine(2100.0, 3000, LEVEL);
        for (index, x) in tone.iter_mut().enumerate() {
            *x *= if (index / 3600) % 2 == 0 { 1.0 } else { -1.0 };
        }
        let mut samples = silence(300);
        samples.extend(tone);
        let told = fax(&hear(&samples, line, Country::Us));
        assert!(matches!(told[..], [(1150..=1700, FaxTone::Ansam)]), "{line:?}: {told:?}");
    }
}
