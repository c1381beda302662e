//! Recordings made for the tests, and the real binary run on them.

#![allow(dead_code, reason = "each test binary uses a part of this")]

use std::path::Path;
use std::process::{Command, Output};

use offhook_sim::Random;
use offhook_sim::formant::FormantVoice;

/// The binary, with nothing of the environment that could change what it does.
pub(crate) fn offhook() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_offhook"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OFFHOOK_")) {
        command.env_remove(name);
    }
    command.env_remove("NO_COLOR").env("COLUMNS", "80");
    command
}

/// Runs the binary in `folder`.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    offhook().current_dir(folder).args(arguments).output().unwrap()
}

pub(crate) fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub(crate) fn silence(ms: usize) -> Vec<i16> {
    // A faint dither, as on a real line.
    (0..ms * 8).map(|at| [3, -2, 1, -3][at % 4]).collect()
}

/// A voice that speaks for about so long: the simulator's, which has the rhythm of speech and no words.
pub(crate) fn voice(ms: usize) -> Vec<i16> {
    let mut random = Random::new(5);
    let voice = FormantVoice { pitch_hz: 130.0, tract: 1.0, speed: 1.0, breath: 0.05 };
    let mut samples = Vec::new();
    while samples.len() < ms * 8 {
        samples.extend(voice.speak("You have reached the office of the company", &mut random));
    }
    samples.truncate(ms * 8);
    offhook_sim::signal::to_pcm(&samples)
}

pub(crate) fn tone(hz: f64, ms: usize) -> Vec<i16> {
    let sample = |at: usize| ((2.0 * std::f64::consts::PI * hz * at as f64 / 8000.0).sin() * 8000.0) as i16;
    (0..ms * 8).map(sample).collect()
}

/// "Hello?", and waiting for a reply.
pub(crate) fn person() -> Vec<i16> {
    [silence(600), voice(500), silence(4000)].concat()
}

/// A long greeting, a beep, silence.
pub(crate) fn voicemail() -> Vec<i16> {
    [silence(500), voice(7000), silence(600), tone(1000.0, 400), silence(3000)].concat()
}

/// Writes a 16-bit WAV.
pub(crate) fn write_wav(path: &Path, samples: &[i16]) {
    let bytes = samples.len() as u32 * 2;
    let mut file = b"RIFF".to_vec();
    file.extend((36 + bytes).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend(8000u32.to_le_bytes());
    file.extend(16_000u32.to_le_bytes());
    file.extend(b"\x02\0\x10\0data");
    file.extend(bytes.to_le_bytes());
    file.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    std::fs::write(path, file).unwrap();
}
