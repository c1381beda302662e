//! AudioSocket: any bytes, however they are cut, give the same, and no more audio than came.

#![no_main]

use libfuzzer_sys::fuzz_target;
use offhook_telephony::audiosocket::Decoder;
use offhook_telephony::{Inbound, WireError};

fn read(bytes: &[u8], size: usize) -> Vec<Result<Inbound, WireError>> {
    let (mut decoder, mut given) = (Decoder::new(), Vec::new());
    for piece in bytes.chunks(size) {
        decoder.push(piece);
        while let Some(one) = decoder.next().transpose() {
            given.push(one);
        }
    }
    given
}

fuzz_target!(|data: &[u8]| {
    let Some((size, bytes)) = data.split_first() else { return };
    let whole = read(bytes, bytes.len().max(1));
    assert_eq!(read(bytes, usize::from(*size).max(1)), whole);
    let audio: usize = whole
        .iter()
        .map(|one| match one {
            Ok(Inbound::Audio(audio)) => audio.len(),
            _ => 0,
        })
        .sum();
    assert!(audio <= bytes.len());
});
