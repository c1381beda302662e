//! Bytes that were cut, changed or made up: an error or some samples, never a panic, never more than was there.

mod support;

use std::io::Cursor;
use std::time::Duration;

use offhook_media::{Channel, DecodeOptions, RawFormat, decode};
use proptest::prelude::*;
use support::{Header, fixture, open};

const FIXTURES: [&str; 12] = [
    "ulaw-8k.wav",
    "streamed-ulaw-8k.wav",
    "stereo-s24-16k.wav",
    "ulaw-8k.au",
    "mp3-8k.mp3",
    "mp3-stereo-44k.mp3",
    "mp3-16k-bare.mp3",
    "opus-voip-8k.ogg",
    "opus-stereo-48k.ogg",
    "opus-48k.webm",
    "opus-live.webm",
    "gsm-8k.wav",
];

fn survive(bytes: Vec<u8>, options: &DecodeOptions) {
    let most = 60 * 8_000;
    if let Ok(recording) = decode(Cursor::new(bytes), options) {
        assert!(recording.samples.len() <= most, "{} samples", recording.samples.len());
    }
}

fn options() -> DecodeOptions {
    DecodeOptions { max_duration: Some(Duration::from_secs(60)), ..Default::default() }
}

#[test]
fn a_source_cut_anywhere_is_survived() {
    for name in FIXTURES {
        let bytes = fixture(name);
        let near = (0..bytes.len().min(600)).chain((600..bytes.len()).step_by(487));
        for cut in near {
            match open(&bytes[..cut]) {
                Ok(recording) => assert!(!recording.samples.is_empty(), "{name} cut at {cut}"),
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    #[test]
    fn changed_bytes_are_survived(
        name in prop::sample::select(&FIXTURES[..]),
        early in prop::collection::vec((0..200_usize, any::<u8>()), 0..6),
        anywhere in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        cut in any::<Option<prop::sample::Index>>(),
    ) {
        let mut bytes = fixture(name);
        for (at, byte) in early {
            bytes[at] = byte;
        }
        for (at, byte) in anywhere {
            let at = at.index(bytes.len());
            bytes[at] ^= byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        survive(bytes, &options());
    }

    #[test]
    fn any_wav_header_is_survived(
        tag in prop_oneof![0..8_u16, any::<u16>()],
        bits in prop_oneof![Just(8_u16), Just(16), Just(24), Just(32), Just(64), any::<u16>()],
        channels in prop_oneof![0..4_u16, any::<u16>()],
        rate in prop_oneof![Just(8_000_u32), Just(47_999), Just(8_001), any::<u32>()],
        byte_rate in any::<Option<u32>>(),
        frame in prop_oneof![Just(None), any::<u16>().prop_map(Some)],
        data_bytes in any::<Option<u32>>(),
        extensible in any::<bool>(),
        riff in prop::sample::select(vec![b"RIFF", b"RIFX", b"RF64"]),
        data in prop::collection::vec(any::<u8>(), 0..3_000),
        junk in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let header = Header { riff, tag, channels, rate, byte_rate, frame, bits, junk, data_bytes, extensible };
        survive(header.with(&data), &options());
    }

    #[test]
    fn any_bytes_are_survived(
        head in prop::sample::select(vec![&b""[..], b"OggS\0\x02", b"\x1a\x45\xdf\xa3", b".snd", b"ID3\x03\0\0", b"\xff\xfb\x90\0"]),
        data in prop::collection::vec(any::<u8>(), 0..5_000),
        channel in prop::sample::select(vec![Channel::Left, Channel::Right, Channel::Mix]),
        raw in prop::sample::select(vec!["", "s16le@8000", "s16be@16000", "ulaw@44100", "alaw@8001"]),
    ) {
        let raw: Option<RawFormat> = raw.parse().ok();
        survive([head, &data].concat(), &DecodeOptions { channel, raw, ..options() });
    }
}
