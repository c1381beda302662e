use std::sync::Arc;

use offhook_audio::tones::{Country, FaxTone, SIT, SUPERVISORY, SupervisoryTone};
use offhook_audio::{Dbm0, HOP};
use offhook_detect::{DetectConfig, Detector, Params, Signals};
use offhook_sim::formant::FormantVoice;
use offhook_sim::music::hold_music;
use offhook_sim::noise::{NoiseKind, noise};
use offhook_sim::signal::to_pcm;
use offhook_sim::{Random, tones};

use super::digits::digits;
use super::fax::fax;
use super::supervisory::supervisory;
use super::{CLEAN, LEVEL, given, hear, ms, silence};

const TEXT: &str = "Hello, you have reached the voice mail of seven two four one. We are unable to take your call at the \
    moment, so please leave a message after the tone and we will call you back. Goodbye, oh, and do try the office.";

#[test]
fn q24_neither_speech_nor_music_nor_noise_is_a_tone() {
    let mut sounds = Vec::new();
    for seed in 0..8 {
        let random = &mut Random::new(seed);
        sounds.push(("speech", FormantVoice::drawn(random).speak(TEXT, random)));
        sounds.push(("music", hold_music(20 * 8000, LEVEL, random)));
    }
    for kind in NoiseKind::ALL {
        sounds.push(("noise", noise(kind, 20 * 8000, Dbm0(-25.0), &mut Random::new(7))));
    }
    for (name, sound) in sounds {
        for country in [Country::Us, Country::Gb, Country::De, Country::Jp] {
            let heard = hear(&sound, CLEAN, country);
            assert_eq!(digits(&heard), [], "{name}");
            assert_eq!(fax(&heard), [], "{name}");
            assert_eq!(given(&heard, |s| s.sit), [], "{name}");
            assert_eq!(supervisory(&heard), [], "{name} {country:?}");
        }
    }
}

#[test]
fn q24_digits_are_no_supervisory_tone_and_no_fax() {
    for country in Country::ALL {
        let mut samples = silence(200);
        for digit in "159D*0#1590123".chars() {
            samples.extend(tones::dtmf(digit, ms(250), LEVEL, 0.0).unwrap());
            samples.extend(silence(250));
        }
        let heard = hear(&samples, CLEAN, country);
        assert_eq!(digits(&heard).len(), 14);
        assert_eq!((fax(&heard), supervisory(&heard)), (vec![], vec![]), "{country:?}");
        assert!(given(&heard, |s| s.sit).is_empty() && heard.iter().all(|s| !s.supervisory_sounding));
    }
}

#[test]
fn a_detector_that_was_reset_hears_the_same_again() {
    let mut samples = silence(200);
    samples.extend(tones::dtmf('7', ms(90), LEVEL, 0.0).unwrap());
    samples.extend(tones::special_information(&SIT[0], LEVEL));
    samples.extend(tones::supervisory(&SUPERVISORY[7], ms(2500), LEVEL));
    samples.extend(hold_music(4000, LEVEL, &mut Random::new(1)));
    samples.extend(tones::fax(FaxTone::Ansam, ms(700), LEVEL));
    let mut config = DetectConfig::default();
    config.tone.country = Country::Gb;
    let mut detector = Detector::new(&Arc::new(Params::new(config).unwrap()));
    let mut pass = || -> Vec<Signals> {
        detector.reset();
        let hops = to_pcm(&samples);
        let mut heard = Vec::new();
        for hop in hops.chunks_exact(HOP) {
            detector.push(hop).for_each(drop);
            heard.push(*detector.signals());
        }
        heard
    };
    let first = pass();
    assert_eq!(digits(&first).len(), 1);
    assert_eq!(supervisory(&first).first().map(|t| t.1), Some(SupervisoryTone::Busy));
    assert_eq!(first, pass());
}
