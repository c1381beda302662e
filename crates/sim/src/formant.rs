//! The built-in voice: a source and a filter that speak no language, but with the rhythm of a text.
//!
//! A text is read letter by letter: a group of vowels becomes a voiced sound with that vowel's formants, consonants
//! become noise, a stop or a murmur, punctuation a pause; the pitch falls through a sentence and rises at a question
//! mark. Nobody could make out the words. It is there so that calls can be made where no recordings and no synthesiser
//! are at hand: durations, syllables, pauses and spectrum are those of speech, its content is not.

use crate::filter::Biquad;
use crate::random::Random;
use crate::signal::{NOMINAL_SPEECH, active_level, millis, set_level};
use offhook_audio::RATE;

/// Samples over which the vocal tract is taken as fixed: 5 ms.
const STEP: usize = 40;

/// How one built-in speaker sounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FormantVoice {
    /// Mean pitch in Hz.
    pub pitch_hz: f64,
    /// Formant frequencies relative to a grown man's; children and women have shorter vocal tracts and more.
    pub tract: f64,
    /// Speed; 1 is about four syllables a second.
    pub speed: f64,
    /// Share of noise in voiced sounds, 0 to 1.
    pub breath: f64,
}

impl FormantVoice {
    /// A random grown speaker.
    pub fn drawn(random: &mut Random) -> Self {
        let low = random.chance(0.5);
        Self {
            pitch_hz: if low { random.between(85.0..145.0) } else { random.between(165.0..255.0) },
            tract: if low { random.between(0.93..1.06) } else { random.between(1.08..1.22) },
            speed: random.between(0.8..1.3),
            breath: random.between(0.02..0.15),
        }
    }

    /// A name that tells speakers apart.
    pub fn name(&self) -> String {
        format!("formant-{:.0}hz-{:.2}", self.pitch_hz, self.tract)
    }

    /// Speaks with the rhythm of `text`, ±1 at 8 kHz at the nominal level of speech. Empty for a text without letters.
    pub fn speak(&self, text: &str, random: &mut Random) -> Vec<f32> {
        let sounds = sounds(text);
        let mut voice = Tract::new(self, sounds.len());
        let mut samples = Vec::new();
        for (place, sound) in sounds.iter().enumerate() {
            let length = (sound.millis * random.between(0.85..1.2) / self.speed.clamp(0.3, 3.0)) as usize;
            for _ in 0..millis(length) / STEP {
                voice.step(sound, place, random, &mut samples);
            }
        }
        if let Some(spoken) = active_level(&samples) {
            set_level(&mut samples, spoken, NOMINAL_SPEECH);
        }
        samples
    }
}

/// One sound of speech.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Sound {
    millis: f64,
    voiced: f64,
    noisy: f64,
    noise_hz: f64,
    formants: [f64; 3],
    /// Where the pitch goes at the end of the sentence that this sound belongs to.
    fall: f64,
}

const PAUSE: Sound =
    Sound { millis: 0.0, voiced: 0.0, noisy: 0.0, noise_hz: 2000.0, formants: [500.0, 1500.0, 2500.0], fall: 1.0 };

/// The sounds that the letters of a text stand for.
fn sounds(text: &str) -> Vec<Sound> {
    let mut sounds: Vec<Sound> = Vec::new();
    let (mut last_vowel, mut sentence) = (false, 0);
    for letter in text.chars().flat_map(char::to_lowercase) {
        let sound = sound(letter);
        let vowel = is_vowel(letter);
        match sound {
            Some(more) if vowel && last_vowel => {
                if let Some(sound) = sounds.last_mut() {
                    sound.millis += 30.0;
                    sound.formants = more.formants;
                }
            }
            Some(sound) => sounds.push(sound),
            None => {}
        }
        if matches!(letter, '.' | '?' | '!' | ':') {
            let fall = if letter == '?' { 1.3 } else { 0.75 };
            for sound in &mut sounds[sentence..] {
                sound.fall = fall;
            }
            sentence = sounds.len();
        }
        last_vowel = vowel;
    }
    while sounds.last().is_some_and(|sound| sound.voiced + sound.noisy == 0.0) {
        sounds.pop();
    }
    sounds
}

fn is_vowel(letter: char) -> bool {
    matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
}

fn sound(letter: char) -> Option<Sound> {
    let vowel = |formants| Sound { millis: 105.0, voiced: 1.0, formants, ..PAUSE };
    let hiss = |millis, noisy, noise_hz| Sound { millis, noisy, noise_hz, ..PAUSE };
    let murmur = |formants| Sound { millis: 55.0, voiced: 0.35, formants, ..PAUSE };
    Some(match letter {
        'a' => vowel([730.0, 1090.0, 2440.0]),
        'e' => vowel([530.0, 1840.0, 2480.0]),
        'i' | 'y' => vowel([300.0, 2200.0, 2900.0]),
        'o' => vowel([570.0, 840.0, 2410.0]),
        'u' => vowel([320.0, 870.0, 2240.0]),
        's' | 'x' | 'z' | 'c' => hiss(75.0, 0.25, 3300.0),
        'f' | 'j' => hiss(65.0, 0.12, 2500.0),
        'h' => hiss(45.0, 0.1, 1500.0),
        't' | 'k' | 'p' | 'q' => hiss(35.0, 0.3, 2800.0),
        'b' | 'd' | 'g' => Sound { millis: 40.0, ..murmur([250.0, 1300.0, 2300.0]) },
        'm' | 'n' => murmur([270.0, 1200.0, 2200.0]),
        'l' | 'r' | 'w' | 'v' => murmur([360.0, 1100.0, 2300.0]),
        '0'..='9' => Sound { millis: 330.0, ..vowel([500.0, 1500.0, 2500.0]) },
        ' ' => Sound { millis: 20.0, ..PAUSE },
        ',' | ';' => Sound { millis: 260.0, ..PAUSE },
        '.' | '?' | '!' | ':' => Sound { millis: 480.0, ..PAUSE },
        _ => return None,
    })
}

/// A vocal tract and the voice that drives it.
struct Tract<'a> {
    voice: &'a FormantVoice,
    sounds: usize,
    formants: [f64; 3],
    filters: [Biquad; 3],
    noise_filter: Biquad,
    smoother: Biquad,
    voiced: f64,
    noisy: f64,
    phase: f64,
}

impl<'a> Tract<'a> {
    fn new(voice: &'a FormantVoice, sounds: usize) -> Self {
        Self {
            voice,
            sounds,
            formants: PAUSE.formants,
            filters: [Biquad::band_pass(500.0, 8.0); 3],
            noise_filter: Biquad::band_pass(2000.0, 1.5),
            smoother: Biquad::low_pass(900.0, 0.6),
            voiced: 0.0,
            noisy: 0.0,
            phase: 0.0,
        }
    }

    /// Speaks 5 ms of a sound.
    fn step(&mut self, sound: &Sound, place: usize, random: &mut Random, samples: &mut Vec<f32>) {
        for (formant, target) in self.formants.iter_mut().zip(sound.formants) {
            *formant += 0.3 * (target * self.voice.tract - *formant);
        }
        for (filter, (hz, width)) in self.filters.iter_mut().zip(self.formants.iter().zip([70.0, 100.0, 150.0])) {
            filter.retune(Biquad::band_pass(*hz, hz / width));
        }
        self.noise_filter.retune(Biquad::band_pass(sound.noise_hz, 1.5));
        let through = place as f64 / self.sounds.max(1) as f64;
        let pitch_hz = self.voice.pitch_hz * (1.1 + (sound.fall - 1.1) * through) * random.between(0.985..1.015);
        for _ in 0..STEP {
            self.voiced += 0.008 * (sound.voiced - self.voiced);
            self.noisy += 0.015 * (sound.noisy - self.noisy);
            self.phase = (self.phase + pitch_hz / f64::from(RATE)).fract();
            let pulse = if self.phase < 0.6 { (self.phase / 0.6).powi(2) - 0.33 } else { -0.33 };
            let source = self.smoother.step(pulse) + self.voice.breath * random.normal() * 0.3;
            let noise = self.noise_filter.step(random.normal());
            let vowel: f64 =
                self.filters.iter_mut().zip([1.0, 0.7, 0.35]).map(|(f, weight)| weight * f.step(source)).sum();
            samples.push((self.voiced * vowel + 0.15 * self.noisy * noise) as f32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::trimmed;

    const VOICE: FormantVoice = FormantVoice { pitch_hz: 120.0, tract: 1.0, speed: 1.0, breath: 0.05 };

    fn spoken(text: &str) -> Vec<f32> {
        VOICE.speak(text, &mut Random::new(1))
    }

    #[test]
    fn the_length_follows_the_text() {
        let seconds = |text| trimmed(&spoken(text)).len() as f64 / 8000.0;
        assert!((0.2..0.9).contains(&seconds("Hello?")), "{}", seconds("Hello?"));
        let greeting = "Hi, you have reached Sarah. I can't take your call right now. Please leave a message.";
        assert!((4.0..9.0).contains(&seconds(greeting)), "{}", seconds(greeting));
    }

    #[test]
    fn it_has_the_level_of_speech_and_repeats_by_seed() {
        let samples = spoken("Good morning.");
        assert!((active_level(&samples).unwrap().0 - NOMINAL_SPEECH.0).abs() < 0.1);
        assert_eq!(samples, spoken("Good morning."));
        assert!(spoken("").is_empty() && spoken(" ... ").is_empty());
    }

    #[test]
    fn odd_voices_do_not_fail() {
        let voice = FormantVoice { pitch_hz: -1e9, tract: f64::NAN, speed: 0.0, breath: 1e9 };
        voice.speak("What?", &mut Random::new(1));
    }
}
