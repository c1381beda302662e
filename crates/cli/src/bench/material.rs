//! What is listened to: half a minute of all that calls hold.

use std::time::Duration;

use offhook_audio::Dbm0;
use offhook_audio::tones::{Country, FaxTone, SIT, SUPERVISORY, SupervisoryTone};
use offhook_sim::formant::FormantVoice;
use offhook_sim::noise::{NoiseKind, noise};
use offhook_sim::signal::{samples_in, to_pcm};
use offhook_sim::{Random, music, tones};

/// What is said in it.
const TEXT: &str = "Hello, you have reached the office. Nobody can take your call right now, so please leave your name, \
                    your number and a short message after the tone, and we will call you back as soon as we can.";

/// Speech, music, tones, noise and silence, one after the other; always the same.
pub(crate) fn mixed() -> Vec<i16> {
    let mut random = Random::new(1);
    let mut sound = Vec::new();
    let seconds = |s: u64| samples_in(Duration::from_secs(s));
    sound.extend(FormantVoice::drawn(&mut random).speak(TEXT, &mut random));
    sound.resize(sound.len() + seconds(1), 0.0);
    sound.extend(tones::Beep::default().samples());
    sound.resize(sound.len() + seconds(2), 0.0);
    sound.extend(music::hold_music(seconds(6), Dbm0(-18.0), &mut random));
    for row in SUPERVISORY.iter().filter(|row| row.country == Country::Us && row.tone != SupervisoryTone::CallWaiting) {
        sound.extend(tones::supervisory(row, Duration::from_secs(3), Dbm0(-18.0)));
    }
    for row in SIT.iter().take(1) {
        sound.extend(tones::special_information(row, Dbm0(-18.0)));
    }
    for digit in "18005550".chars() {
        let length = Duration::from_millis(80);
        sound.extend(tones::dtmf(digit, length, Dbm0(-14.0), 1.0).unwrap_or_default());
        sound.resize(sound.len() + samples_in(length), 0.0);
    }
    sound.extend(tones::fax(FaxTone::Ansam, Duration::from_secs(2), Dbm0(-14.0)));
    for kind in NoiseKind::ALL {
        sound.extend(noise(kind, seconds(2), Dbm0(-38.0), &mut random));
    }
    let whole = sound.len() - sound.len() % offhook_audio::HOP;
    to_pcm(&sound[..whole])
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_material_is_whole_hops_and_always_the_same() {
        let sound = super::mixed();
        assert_eq!(sound, super::mixed());
        assert_eq!(sound.len() % offhook_audio::HOP, 0);
        assert!(sound.len() > 30 * 8000, "{}", sound.len());
    }
}
