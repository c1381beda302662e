//! What is not read, and how it is said.

mod support;

use std::io::{self, Cursor, Read};
use std::time::Duration;

use offhook_media::{Channel, Container, DecodeOptions, ErrorKind, MediaError, Warning, decode, decode_file};
use support::{Header, fixture, open, sine};

fn refuse(bytes: impl Into<Vec<u8>>) -> MediaError {
    open(bytes).expect_err("this should be refused")
}

fn wav_data() -> Vec<u8> {
    sine(500.0, 8_000, 400).iter().flat_map(|x| x.to_le_bytes()).collect()
}

#[test]
fn nothing_and_too_little() {
    assert!(matches!(refuse([]), MediaError::Empty));
    let whole = Header::new(1, 16).with(&wav_data());
    for cut in 4..44 {
        let error = refuse(&whole[..cut]);
        assert!(matches!(error, MediaError::Truncated { container: Container::Wav, .. }), "{cut}: {error}");
    }
    // All the header, none of the 800 bytes it states; or a frame cut in two.
    assert!(matches!(refuse(&whole[..44]), MediaError::Truncated { bytes: 44, .. }));
    assert!(matches!(refuse(&whole[..45]), MediaError::Truncated { bytes: 45, .. }));
    assert!(matches!(refuse(Header::new(1, 16).with(&[])), MediaError::NoAudio { container: Container::Wav }));
    for name in ["opus-voip-8k.ogg", "opus-48k.webm", "ulaw-8k.au"] {
        let error = refuse(&fixture(name)[..20]);
        assert!(matches!(error, MediaError::Truncated { .. }), "{name}: {error}");
    }
}

#[test]
fn headers_that_contradict_themselves() {
    let cases = [
        Header { bits: 16, ..Header::new(7, 8) },
        Header { bits: 16, ..Header::new(6, 8) },
        Header { bits: 12, ..Header::new(1, 16) },
        Header { bits: 0, ..Header::new(1, 16) },
        Header { bits: 16, ..Header::new(3, 32) },
        Header { frame: Some(4), ..Header::new(1, 16) },
        Header { frame: Some(0), ..Header::new(1, 16) },
        Header { byte_rate: Some(32_000), ..Header::new(1, 16) },
        Header { byte_rate: Some(16_000), ..Header::new(7, 8) },
    ];
    for header in cases {
        let error = refuse(header.with(&wav_data()));
        assert!(matches!(error, MediaError::Mislabelled { .. }), "{header:?}: {error}");
        assert_eq!(error.kind(), ErrorKind::Damaged);
    }
    let error = refuse(b"RIFF\x24\0\0\0WAVEdata\x04\0\0\0\0\0\0\0".to_vec());
    assert!(matches!(error, MediaError::Mislabelled { .. }), "{error}");
    let error = refuse(b"RIFF\x24\0\0\0WAVEfmt \x04\0\0\0\0\0\0\0".to_vec());
    assert!(matches!(error, MediaError::Mislabelled { .. }), "{error}");
    // A byte rate that fits no other rate is a slip and leaves a warning.
    for given in [0, 123, 12_345_678] {
        let recording = open(Header { byte_rate: Some(given), ..Header::new(1, 16) }.with(&wav_data())).unwrap();
        assert_eq!(recording.warnings, [Warning::ByteRateIgnored { given, implied: 16_000 }]);
    }
}

#[test]
fn rates_channels_and_limits() {
    for rate in [0, 7_999, 48_001, 96_000, u32::MAX] {
        let error = refuse(Header { rate, byte_rate: Some(0), ..Header::new(1, 16) }.with(&wav_data()));
        assert!(matches!(&error, MediaError::Rate(inner) if inner.given == rate), "{error}");
    }
    for channels in [0, 3, 6, u16::MAX] {
        let error = refuse(Header { channels, frame: Some(2), ..Header::new(1, 16) }.with(&wav_data()));
        assert!(matches!(error, MediaError::Channels { given } if given == u32::from(channels)), "{error}");
    }
    let error = refuse(Header { junk: b"JUNK\xff\xff\xff\xff".to_vec(), ..Header::new(1, 16) }.with(&wav_data()));
    assert!(matches!(error, MediaError::HeaderTooLarge { allowed: 0x100_0000, .. }), "{error}");
    let error = refuse(b"ID3\x04\0\0\x7f\x7f\x7f\x7f".to_vec());
    assert!(matches!(error, MediaError::HeaderTooLarge { container: Container::Mp3, .. }), "{error}");

    let mono = || Cursor::new(Header::new(1, 16).with(&wav_data()));
    let right = DecodeOptions { channel: Channel::Right, ..Default::default() };
    let error = decode(mono(), &right).unwrap_err();
    assert!(matches!(error, MediaError::NoSuchChannel { asked: Channel::Right }), "{error}");
    let raw = DecodeOptions { raw: "s16le@8000".parse().ok(), ..right };
    let error = decode(Cursor::new(wav_data()), &raw).unwrap_err();
    assert!(matches!(error, MediaError::NoSuchChannel { .. }), "{error}");
    let short = DecodeOptions { max_duration: Some(Duration::from_millis(49)), ..Default::default() };
    assert!(matches!(decode(mono(), &short).unwrap_err(), MediaError::TooLong { .. }));
    let enough = DecodeOptions { max_duration: Some(Duration::from_millis(50)), ..Default::default() };
    assert_eq!(decode(mono(), &enough).unwrap().samples.len(), 400);
}

#[test]
fn codecs_and_formats_are_named() {
    for (name, codec) in [("gsm-8k.wav", "GSM 6.10"), ("ima-8k.wav", "IMA ADPCM"), ("vorbis-48k.ogg", "Vorbis")] {
        let text = refuse(fixture(name)).to_string();
        assert!(text.starts_with(codec), "{text}");
    }
    let error = refuse(Header::new(0x1234, 16).with(&wav_data()));
    assert!(matches!(&error, MediaError::UnsupportedCodec { codec, .. } if codec == "format 0x1234"), "{error}");
    for (head, name) in [(&b"fLaC"[..], "FLAC"), (b"\0\0\0\x20ftypM4A ", "MP4"), (b"PK\x03\x04", "ZIP")] {
        let error = refuse([head, &[7; 900]].concat());
        assert!(matches!(error, MediaError::UnsupportedContainer { .. }), "{error}");
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn a_raw_format_named_for_a_container_is_an_error() {
    let options = DecodeOptions { raw: Some("ulaw@8000".parse().unwrap()), ..Default::default() };
    for name in ["reference-8k.wav", "opus-48k.webm", "opus-voip-8k.ogg", "ulaw-8k.au"] {
        let error = decode(Cursor::new(fixture(name)), &options).unwrap_err();
        assert!(matches!(error, MediaError::NotRaw { .. }), "{name}: {error}");
    }
}

#[test]
fn damaged_payloads_are_survived_or_refused() {
    for name in ["mp3-8k.mp3", "opus-stereo-48k.ogg", "opus-48k.webm"] {
        let mut bytes = fixture(name);
        let length = bytes.len();
        for (n, byte) in bytes[length / 2..].iter_mut().enumerate() {
            *byte = byte.wrapping_add((n * 37) as u8);
        }
        match open(bytes) {
            Ok(recording) => assert!(!recording.warnings.is_empty(), "{name}"),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Damaged, "{name}: {error}"),
        }
    }
}

#[test]
fn a_source_that_fails_is_an_io_error_and_the_end() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }
    let error = decode(Failing, &DecodeOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    let source = Cursor::new(Header { data_bytes: Some(9), ..Header::new(1, 16) }.with(&[])).chain(Failing);
    let mut decoder = offhook_media::Decoder::open(source, &DecodeOptions::default()).unwrap();
    assert!(matches!(decoder.next_piece(), Err(MediaError::Io(_))));
    assert!(decoder.next_piece().unwrap().is_none());
    let error = decode_file("/nonexistent/call.wav", &DecodeOptions::default()).unwrap_err();
    assert!(matches!(error, MediaError::Io(_)));
}
