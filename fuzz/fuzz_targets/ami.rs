//! AMI: any bytes, however they are cut, give the same, and no value can begin a line of an action.

#![no_main]

use libfuzzer_sys::fuzz_target;
use offhook_telephony::WireError;
use offhook_telephony::ami::{Action, Decoder, Packet, leg};

fn read(bytes: &[u8], size: usize) -> Vec<Result<Packet, WireError>> {
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
    for headers in whole.iter().flatten().filter_map(Packet::headers) {
        let _ = leg(headers);
        for (name, value) in headers.iter() {
            let action =
                Action::user_event(name, &[(name, value)]).and_then(|action| action.with_variable(name, value));
            if let Ok(bytes) = action.and_then(|action| action.encode("1")) {
                assert_eq!(bytes.iter().filter(|byte| **byte == b'\n').count(), 6);
            }
        }
    }
});
