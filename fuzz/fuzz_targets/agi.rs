//! FastAGI: any bytes, however they are cut, give the same, and no argument can begin a line.

#![no_main]

use libfuzzer_sys::fuzz_target;
use offhook_telephony::WireError;
use offhook_telephony::agi::{Command, Decoder, Message};

fn read(bytes: &[u8], size: usize) -> Vec<Result<Message, WireError>> {
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
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(command) = Command::set_variable(text, text)
    {
        assert_eq!(command.encode().iter().filter(|byte| **byte == b'\n').count(), 1);
    }
});
