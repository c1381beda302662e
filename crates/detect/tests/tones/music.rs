use offhook_audio::Dbm0;
use offhook_audio::tones::{Country, FaxTone, SUPERVISORY};
use offhook_detect::Signals;
use offhook_sim::formant::FormantVoice;
use offhook_sim::music::hold_music;
use offhook_sim::noise::{NoiseKind, noise};
use offhook_sim::{Random, tones};

use super::{CLEAN, LEVEL, LINES, NOISY, hear, ms};

/// For how much of the time, and from when on in s, music is likelier than 0.8.
fn likely(heard: &[Signals]) -> (f32, Option<f32>) {
    let hops = heard.iter().filter(|s| s.music.get() > 0.8).count();
    let first = heard.windows(30).position(|w| w.iter().all(|s| s.music.get() > 0.8));
    (hops as f32 / heard.len() as f32, first.map(|hop| hop as f32 / 100.0))
}

#[test]
fn music_is_told_within_four_seconds_on_every_line() {
    for seed in 0..6 {
        for line in LINES {
            let heard = hear(&hold_music(12 * 8000, LEVEL, &mut Random::new(seed)), line, Country::Us);
            let (share, first) = likely(&heard);
            assert!(first.is_some_and(|first| first < 4.0) && share > 0.6, "{seed} {line:?}: {share} {first:?}");
        }
    }
}

#[test]
fn speech_noise_and_tones_are_no_music() {
    let text = "Hello, you have reached the office of seven two four one. Please leave a message after the tone.";
    let mut sounds = Vec::new();
    for seed in 0..6 {
        let random = &mut Random::new(seed);
        sounds.push(("speech", FormantVoice::drawn(random).speak(text, random)));
    }
    for kind in [NoiseKind::White, NoiseKind::Pink, NoiseKind::Babble, NoiseKind::Comfort, NoiseKind::Street] {
        sounds.push((kind.name(), noise(kind, 12 * 8000, Dbm0(-25.0), &mut Random::new(3))));
    }
    for tone in [FaxTone::Cng, FaxTone::Ced, FaxTone::Ansam] {
        sounds.push(("fax", tones::fax(tone, ms(8000), LEVEL)));
    }
    for row in SUPERVISORY.iter().filter(|row| [Country::Us, Country::De, Country::Jp].contains(&row.country)) {
        sounds.push(("supervisory", tones::supervisory(row, ms(8000), LEVEL)));
    }
    let mut wrong: Vec<String> = Vec::new();
    for (name, sound) in sounds {
        // The built-in voice keeps its pitch for as long as a note: noise that fills its pauses makes it music. Two
        // frequencies beat, and in noise that looks like notes; that they are a tone the supervisory analyser says.
        for line in [CLEAN, NOISY].into_iter().take(if matches!(name, "speech" | "supervisory") { 1 } else { 2 }) {
            let (share, first) = likely(&hear(&sound, line, Country::Us));
            if share >= 0.05 {
                wrong.push(format!("{name} {line:?}: {share} {first:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
