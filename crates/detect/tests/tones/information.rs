use offhook_audio::tones::{Country, SIT, SitCode, SitRow};
use offhook_sim::tones;

use super::{CLEAN, LEVEL, LINES, Line, given, hear, silence, sine};

#[test]
fn gr674_each_code_is_told_before_the_third_segment_ends() {
    let worse = [Line { gain_db: -25.0, ..CLEAN }, Line { snr_db: Some(5.0), ..CLEAN }];
    for row in SIT {
        for line in LINES.into_iter().chain(worse) {
            for off in [0.998, 1.0, 1.002] {
                let segments = row.segments.map(|(hz, length)| (hz * off, length));
                let mut samples = silence(437);
                samples.extend(tones::special_information(&SitRow { segments, ..*row }, LEVEL));
                let end = samples.len() as u64 / 8;
                samples.extend(silence(500));
                let told = given(&hear(&samples, line, Country::Us), |s| s.sit);
                assert_eq!(told.iter().map(|t| t.1).collect::<Vec<_>>(), [row.code], "{row:?} {line:?} {off}");
                assert!(told[0].0.as_millis() < end, "{row:?} {line:?}: {told:?}");
            }
        }
    }
}

#[test]
fn e180_gaps_and_tolerances_of_the_information_tone() {
    for (off, length, gap) in [(0.0, 330, 30), (45.0, 330, 0), (-45.0, 330, 0), (0.0, 265, 0), (0.0, 395, 50)] {
        for line in LINES {
            let mut samples = silence(200);
            for hz in [950.0, 1400.0, 1800.0] {
                samples.extend(sine(hz + off, length, LEVEL));
                samples.extend(silence(gap));
            }
            samples.extend(silence(300));
            let told = given(&hear(&samples, line, Country::Us), |s| s.sit);
            assert_eq!(told.len(), 1, "{off} {length} {gap} {line:?}: {told:?}");
            assert!(off != 0.0 || told[0].1 == SitCode::Uncoded, "{off} {length} {gap} {line:?}: {told:?}");
        }
    }
}

#[test]
fn e180_other_sequences_are_no_information_tone() {
    for sequence in [&[950.0, 1400.0][..], &[1400.0, 950.0, 1800.0], &[950.0, 1200.0, 1800.0], &[1400.0, 1800.0]] {
        let mut samples = silence(200);
        for hz in sequence {
            samples.extend(sine(*hz, 330, LEVEL));
        }
        samples.extend(silence(500));
        assert_eq!(given(&hear(&samples, CLEAN, Country::Us), |s| s.sit), [], "{sequence:?}");
    }
}
