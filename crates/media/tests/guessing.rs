//! Headerless audio told from its bytes, and what is no audio left alone.

mod support;

use std::path::{Path, PathBuf};

use offhook_audio::{Resampler, SampleRate, g711};
use offhook_media::{MediaError, Warning, decode_file};
use support::{open, reference, sine};

/// A raw format's name, and the bytes of a signal in it.
type Stored = (&'static str, Vec<u8>);

/// A signal at 8 kHz in each raw format.
fn stored(signal: &[i16]) -> Result<[Stored; 6], Box<dyn std::error::Error>> {
    let mut wide = Vec::new();
    let mut up = Resampler::new(SampleRate::TELEPHONE, SampleRate::new(16_000)?)?;
    let floats: Vec<f32> = signal.iter().map(|&x| f32::from(x) / 32_768.0).collect();
    up.push(&floats, &mut wide)?;
    up.finish(&mut wide)?;
    let wide: Vec<i16> = wide.iter().map(|x| (x * 32_768.0) as i16).collect();
    Ok([
        ("s16le@8000", signal.iter().flat_map(|x| x.to_le_bytes()).collect()),
        ("s16be@8000", signal.iter().flat_map(|x| x.to_be_bytes()).collect()),
        ("ulaw@8000", signal.iter().map(|&x| g711::encode_ulaw(x)).collect()),
        ("alaw@8000", signal.iter().map(|&x| g711::encode_alaw(x)).collect()),
        ("s16le@16000", wide.iter().flat_map(|x| x.to_le_bytes()).collect()),
        ("s16be@16000", wide.iter().flat_map(|x| x.to_be_bytes()).collect()),
    ])
}

fn guessed(bytes: &[u8]) -> Result<String, MediaError> {
    let recording = open(bytes)?;
    match recording.warnings[..] {
        [Warning::Guessed(format), ..] => Ok(format.to_string()),
        _ => Ok(format!("{:?}", recording.info)),
    }
}

#[test]
fn the_signal_of_the_fixtures_is_told_in_every_format() {
    for (name, bytes) in stored(&reference()).unwrap() {
        assert_eq!(guessed(&bytes).unwrap_or_else(|error| panic!("{name}: {error}")), name);
    }
}

#[test]
fn call_progress_tones_are_told() {
    for hz in [350.0, 425.0, 1_000.0] {
        let tone: Vec<i16> = sine(hz, 8_000, 8_000).iter().map(|x| x / 4).collect();
        for (name, bytes) in &stored(&tone).unwrap()[..4] {
            let guess = guessed(bytes).unwrap_or_else(|error| panic!("{hz} {name}: {error}"));
            // A pure tone does not tell its rate.
            assert_eq!(guess.split('@').next(), name.split('@').next(), "{hz}");
        }
    }
}

/// Numbers without pattern (splitmix64), the same in each run.
fn noise(seed: u64, count: usize) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = state;
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (word ^ word >> 31) as u8
    };
    (0..count).map(|_| next()).collect()
}

#[test]
fn what_is_no_audio_is_left_alone() {
    let text = include_str!("guessing.rs").as_bytes();
    let accents = "à l'écoute des répondeurs: «bip». ".repeat(60);
    let mut cases = vec![
        ("text", text.to_vec()),
        ("accented text", accents.into_bytes()),
        ("zeros", vec![0; 5_000]),
        ("few bytes", reference().iter().flat_map(|x| x.to_le_bytes()).take(700).collect()),
        ("a counter", (0..2_000u32).flat_map(u32::to_le_bytes).collect()),
        ("base64-like lines", text.iter().map(|b| b & 0x3f | 0x40).collect()),
    ];
    cases.extend((0..20).map(|seed| ("noise", noise(seed, 900 + 1_000 * seed as usize))));
    // The insides of coded audio, with the signature cut off.
    for name in ["mp3-stereo-44k.mp3", "opus-stereo-48k.ogg", "vorbis-48k.ogg"] {
        let mut bytes = support::fixture(name)[1_000..].to_vec();
        bytes.retain(|&byte| byte != 0xff);
        cases.push((name, bytes));
    }
    for (name, bytes) in cases {
        let error = match guessed(&bytes) {
            Ok(guess) => panic!("{name} of {} bytes was taken for {guess}", bytes.len()),
            Err(error) => error,
        };
        assert!(matches!(error, MediaError::NotAudio { .. } | MediaError::UnknownFormat { .. }), "{name}: {error}");
    }
}

fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
}

/// Real recordings, for who has them: `OFFHOOK_RECORDINGS` names the folder, and every `OFFHOOK_STEP`th file in it is
/// read.
#[test]
fn real_recordings_are_told_or_refused() {
    let Ok(folder) = std::env::var("OFFHOOK_RECORDINGS") else {
        println!("left out: OFFHOOK_RECORDINGS names no folder");
        return;
    };
    let mut paths = Vec::new();
    files(Path::new(&folder), ".wav", &mut paths);
    paths.sort();
    let step = std::env::var("OFFHOOK_STEP").ok().and_then(|step| step.parse().ok()).unwrap_or(200);
    let mut tally = std::collections::BTreeMap::<(String, String), u32>::new();
    let (mut right, mut wrong, mut all) = (0, 0, 0);
    for path in paths.iter().step_by(step) {
        let signal = decode_file(path, &Default::default()).unwrap().samples;
        for (name, bytes) in stored(&signal).unwrap() {
            let guess = guessed(&bytes).unwrap_or_else(|error| match error {
                MediaError::NotAudio { reason } | MediaError::UnknownFormat { reason } => reason.into(),
                error => panic!("{}: {error}", path.display()),
            });
            all += 1;
            right += u32::from(guess == name);
            wrong += u32::from(guess.contains('@') && guess.split('@').next() != name.split('@').next());
            *tally.entry((name.into(), guess)).or_default() += 1;
        }
    }
    for ((name, guess), count) in tally {
        println!("{name:12} {count:5} {guess}");
    }
    assert!(right * 10 >= all * 7, "{right} of {all} right");
    assert!(wrong * 200 <= all, "{wrong} of {all} wrong");
}
