#![no_main]
//! Any bytes, in any container or none: decoding ends, in an error or in samples, and gives no more than it may.

use std::io::Cursor;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use offhook_media::{Channel, DecodeOptions, Decoder};

fuzz_target!(
    // The default hook ends the process at each panic, even one in a library that `offhook_media` catches and turns into
    // an error. Without it a panic that nobody catches still ends the process.
    init: std::panic::set_hook(Box::new(|panic| eprintln!("{panic}"))),
    |bytes: &[u8]| {
    let Some((&choice, source)) = bytes.split_first() else { return };
    let channel = [Channel::Left, Channel::Right, Channel::Mix][usize::from(choice % 3)];
    let raw =
        ["", "", "s16le@8000", "s16be@16000", "ulaw@8000", "alaw@44100", "ulaw@8001", ""][usize::from(choice >> 5)];
    let options = DecodeOptions {
        channel,
        raw: raw.parse().ok(),
        max_header_bytes: 1 << 16,
        max_duration: Some(Duration::from_secs(30)),
    };
    let Ok(mut decoder) = Decoder::open(Cursor::new(source.to_vec()), &options) else { return };
    let mut samples = 0;
    while let Ok(Some(piece)) = decoder.next_piece() {
        assert!(!piece.is_empty());
        samples += piece.len();
    }
    assert!(samples <= 30 * 8_000);
    decoder.warnings();
}
);
