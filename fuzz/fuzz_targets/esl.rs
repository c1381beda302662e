//! FreeSWITCH's wires: no bytes make the event socket's reader or a stream's fall over, and cuts change nothing.
//! The first byte says how the rest is cut.

#![no_main]

use libfuzzer_sys::fuzz_target;
use offhook_telephony::esl::{ApiLine, EslDecoder, Event, Frame, Leg, Twins, rows, setting};
use offhook_telephony::tap::Tap;

/// All frames, until an error or the end; how the bytes are cut changes none of them.
fn read(bytes: &[u8], piece: usize) -> Vec<Result<Frame, String>> {
    let mut decoder = EslDecoder::new();
    let mut read = Vec::new();
    for piece in bytes.chunks(piece) {
        decoder.push(piece);
        loop {
            match decoder.next() {
                Ok(None) => break,
                Ok(Some(frame)) => read.push(Ok(frame)),
                Err(error) => {
                    let error = error.to_string();
                    if read.last() == Some(&Err(error.clone())) {
                        return read;
                    }
                    read.push(Err(error));
                }
            }
        }
    }
    read
}

fuzz_target!(|data: &[u8]| {
    let Some((first, bytes)) = data.split_first() else { return };
    let whole = read(bytes, bytes.len().max(1));
    assert_eq!(read(bytes, usize::from(*first).max(1)), whole);
    let mut twins = Twins::new();
    for frame in whole.into_iter().flatten() {
        if let Frame::Event(event) | Frame::ChannelData(event) = frame {
            let _ = (twins.takes(&event), Leg::of(&event));
        }
    }
    let _ = (Event::from_plain(bytes), Event::from_json(bytes));
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = rows(text);
    let (head, tail) = text.split_once('\n').unwrap_or((text, ""));
    if let Ok(mut tap) = Tap::open(Some(tail), head) {
        let mut inbound = Vec::new();
        tap.text(tail, &mut inbound);
        tap.binary(tail.as_bytes().to_vec(), &mut inbound);
    }
    for line in setting("u-1", &[("a", head), ("b", tail)]).unwrap_or_default() {
        assert!(!line.as_str().contains(['\n', '\r']));
    }
    if let Ok(line) = ApiLine::transfer_inline("u-1", &[(head, tail)]) {
        assert!(!line.as_str().contains(['\n', '\r']));
    }
});
