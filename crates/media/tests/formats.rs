//! Each format that is read, decoded and compared with the signal that went into it.

mod support;

use std::io::Cursor;

use offhook_audio::g711;
use offhook_media::{Channel, Codec, Container, DecodeOptions, Encoding, Warning, decode};
use support::{Header, best_shift, fixture, open, reference, sine, snr_db};

/// Name, least SNR in dB at the best shift, allowed shift and surplus length in samples.
fn check(name: &str, least: f64, most_shift: i32, surplus: usize) {
    let recording = open(fixture(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let whole = reference();
    let seconds = match name {
        "f32-8k.wav" => 0.4,
        "s16-22k.wav" => 0.6,
        _ => 1.2,
    };
    let expected = &whole[..(seconds * 8_000.0) as usize];
    let (shift, snr) = best_shift(expected, &recording.samples, 20);
    let length = recording.samples.len();
    assert!(snr >= least, "{name}: {snr:.1} dB at shift {shift}");
    assert!(shift.abs() <= most_shift, "{name}: shifted by {shift}");
    assert!(length >= expected.len() && length <= expected.len() + surplus, "{name}: {length} samples");
    assert!(recording.warnings.is_empty(), "{name}: {:?}", recording.warnings);
}

#[test]
fn pcm_files_hold_the_signal_in_place() {
    assert_eq!(open(fixture("reference-8k.wav")).unwrap().samples, reference());
    check("ulaw-8k.wav", 30.0, 0, 0);
    check("alaw-8k.wav", 30.0, 0, 0);
    check("u8-8k.wav", 25.0, 0, 0);
    check("f32-8k.wav", 60.0, 0, 0);
    check("s16-22k.wav", 35.0, 0, 1);
    check("ulaw-8k.au", 30.0, 0, 0);
    check("streamed-ulaw-8k.wav", 30.0, 0, 0);
}

#[test]
fn mp3_files_hold_the_signal_in_place() {
    // Without a LAME tag nobody can tell the encoder's delay: 1105 samples at 16 kHz, plus the last frame's padding.
    check("mp3-8k.mp3", 18.0, 1, 600);
    let bare = open(fixture("mp3-16k-bare.mp3")).unwrap();
    let (_, snr) = best_shift(&reference(), &bare.samples[530..], 40);
    // The delay is a half sample at 8 kHz, hence the modest likeness.
    assert!(snr > 8.0, "{snr}");
    assert_eq!((bare.info.container, bare.info.codec, bare.info.rate), (Container::Mp3, Codec::Mp3, 16_000));
}

#[test]
fn opus_files_hold_the_signal_in_place() {
    check("opus-voip-8k.ogg", 10.0, 1, 0);
    check("opus-48k.webm", 10.0, 1, 160);
    check("opus-live.webm", 10.0, 1, 160);
    let info = open(fixture("opus-48k.webm")).unwrap().info;
    assert_eq!((info.container, info.codec, info.rate, info.channels), (Container::WebM, Codec::Opus, 48_000, 1));
}

#[test]
fn stereo_gives_each_party_or_both() {
    let left = reference();
    let right: Vec<i16> = sine(440.0, 8_000, left.len()).iter().map(|x| x / 2).collect();
    let mix: Vec<i16> = left.iter().zip(&right).map(|(l, r)| ((i32::from(*l) + i32::from(*r)) / 2) as i16).collect();
    let names =
        [("stereo-s24-16k.wav", 35.0, 0.4), ("mp3-stereo-44k.mp3", 15.0, 1.2), ("opus-stereo-48k.ogg", 15.0, 1.2)];
    for (name, least, seconds) in names {
        for (channel, expected) in [(Channel::Left, &left), (Channel::Right, &right), (Channel::Mix, &mix)] {
            let options = DecodeOptions { channel, ..Default::default() };
            let recording = decode(Cursor::new(fixture(name)), &options).unwrap();
            assert_eq!(recording.info.channels, 2);
            let expected = &expected[..(seconds * 8_000.0) as usize];
            let (shift, snr) = best_shift(expected, &recording.samples, 4);
            assert!(snr > least && shift.abs() <= 1, "{name} {channel}: {snr:.1} dB at {shift}");
        }
    }
}

/// From a sample to the bytes that store it.
type Encode = Box<dyn Fn(i16) -> Vec<u8>>;

/// Every WAV format tag with its bits.
fn encodings() -> Vec<(u16, u16, Encode)> {
    vec![
        (1, 8, Box::new(|x| vec![((x >> 8) + 128) as u8])),
        (1, 16, Box::new(|x| x.to_le_bytes().to_vec())),
        (1, 24, Box::new(|x| (i32::from(x) << 8).to_le_bytes()[..3].to_vec())),
        (1, 32, Box::new(|x| (i32::from(x) << 16).to_le_bytes().to_vec())),
        (3, 32, Box::new(|x| (f32::from(x) / 32_768.0).to_le_bytes().to_vec())),
        (3, 64, Box::new(|x| (f64::from(x) / 32_768.0).to_le_bytes().to_vec())),
        (6, 8, Box::new(|x| vec![g711::encode_alaw(x)])),
        (7, 8, Box::new(|x| vec![g711::encode_ulaw(x)])),
    ]
}

#[test]
fn every_wav_encoding_is_read_in_every_dress() {
    let signal = sine(700.0, 8_000, 801);
    for (tag, bits, encode) in encodings() {
        for extensible in [false, true] {
            for riff in [b"RIFF", b"RIFX"] {
                for channels in [1, 2] {
                    let big = riff == b"RIFX";
                    let stored = |x: i16| {
                        let mut bytes = encode(x);
                        if big {
                            bytes.reverse();
                        }
                        bytes
                    };
                    let data: Vec<u8> = signal
                        .iter()
                        .flat_map(|&x| if channels == 1 { stored(x) } else { [stored(x), stored(x)].concat() })
                        .collect();
                    let bytes = Header { riff, channels, extensible, ..Header::new(tag, bits) }.with(&data);
                    let recording = open(bytes).unwrap_or_else(|error| panic!("{tag} {bits} {extensible}: {error}"));
                    let least = if bits == 8 { 30.0 } else { 99.0 };
                    let snr = snr_db(&signal, &recording.samples);
                    assert!(snr > least, "{tag} {bits} {extensible} {channels}: {snr:.1} dB");
                    assert_eq!(recording.samples.len(), signal.len());
                    assert_eq!(recording.info.stated_samples, Some(801));
                }
            }
        }
    }
}

#[test]
fn every_rate_keeps_time() {
    for rate in [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000] {
        let data: Vec<u8> = sine(600.0, rate, rate as usize).iter().flat_map(|x| x.to_le_bytes()).collect();
        let recording = open(Header { rate, ..Header::new(1, 16) }.with(&data)).unwrap();
        assert_eq!(recording.samples.len(), 8_000, "{rate}");
        let snr = snr_db(&sine(600.0, 8_000, 8_000)[80..7_900], &recording.samples[80..7_900]);
        assert!(snr > 25.0, "{rate}: {snr:.1} dB");
        assert_eq!(recording.info.rate, rate);
    }
}

#[test]
fn chunks_before_the_audio_and_streamed_lengths_are_taken_as_meant() {
    let signal = sine(500.0, 8_000, 1_000);
    let data: Vec<u8> = signal.iter().flat_map(|x| x.to_le_bytes()).collect();
    let junk = [&b"JUNK\x05\0\0\0abcde\0LIST\x04\0\0\0INFO"[..], &[0; 0]].concat();
    assert_eq!(open(Header { junk, ..Header::new(1, 16) }.with(&data)).unwrap().samples, signal);
    for stated in [0, u32::MAX, 0x7fff_ffff, 0x8000_0000] {
        let recording = open(Header { data_bytes: Some(stated), ..Header::new(1, 16) }.with(&data)).unwrap();
        assert_eq!(recording.samples, signal, "{stated:#x}");
        assert!(!recording.is_truncated() && recording.info.stated_samples.is_none());
    }
    // RF64 keeps the true length in its own chunk; what follows the audio is left alone.
    let mut junk = b"ds64\x1c\0\0\0".to_vec();
    junk.extend(0u64.to_le_bytes());
    junk.extend(2_000u64.to_le_bytes());
    junk.extend([0; 12]);
    let header = Header { riff: b"RF64", junk, data_bytes: Some(u32::MAX), ..Header::new(1, 16) };
    let recording = open(header.with(&[&data[..], b"LIST\x04\0\0\0INFO"].concat())).unwrap();
    assert_eq!(recording.samples, signal);
}

#[test]
fn a_file_cut_midway_gives_what_is_there_and_says_so() {
    let data: Vec<u8> = sine(500.0, 8_000, 1_000).iter().flat_map(|x| x.to_le_bytes()).collect();
    let bytes = Header::new(1, 16).with(&data);
    let recording = open(&bytes[..bytes.len() - 501]).unwrap();
    assert_eq!(recording.samples.len(), 749);
    assert_eq!(recording.warnings, [Warning::Truncated { missing_bytes: Some(501) }]);
    // An Ogg page, here of a second, is whole or worth nothing.
    for (name, percent) in [("opus-stereo-48k.ogg", 95), ("opus-48k.webm", 75), ("mp3-8k.mp3", 75)] {
        let bytes = fixture(name);
        let recording = open(&bytes[..bytes.len() * percent / 100]).unwrap();
        assert!(recording.is_truncated(), "{name}: {:?}", recording.warnings);
        assert!((2_000..9_600).contains(&recording.samples.len()), "{name}: {}", recording.samples.len());
    }
}

#[test]
fn encodings_are_named_for_people() {
    let info = open(fixture("alaw-8k.wav")).unwrap().info;
    assert_eq!((info.codec, info.codec.to_string()), (Codec::Pcm(Encoding::Alaw), "A-law".into()));
    assert_eq!(open(fixture("stereo-s24-16k.wav")).unwrap().info.codec.to_string(), "24-bit little-endian PCM");
}
