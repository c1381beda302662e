//! The protocol of `/v1/stream`: no message makes it fall over, a chunk's bytes are read however they are cut, and
//! numbered chunks come out in order, each once.

#![no_main]

use libfuzzer_sys::fuzz_target;
use offhook_telephony::stream::{Message, decode};
use offhook_telephony::{Arrival, PcmReader, Reorder};

/// Of a chunk no more is heard: rates are converted slowly here.
const MOST: usize = 2_000;

fuzz_target!(|data: &[u8]| {
    let mut reader = None;
    let mut reorder = Reorder::new(4);
    let (mut arrivals, mut samples) = (Vec::new(), Vec::new());
    for line in data.split(|byte| *byte == b'\n') {
        let Ok(text) = std::str::from_utf8(line) else { continue };
        match decode(text) {
            Ok(Message::Start(start)) => reader = PcmReader::new(start.format).ok(),
            Ok(Message::Chunk(chunk)) => {
                let sequence = chunk.sequence.unwrap_or_default();
                let _ = reorder.push(sequence, (sequence, chunk.audio), 500, &mut arrivals);
            }
            Ok(Message::Stop { .. } | Message::Fact { .. }) => {}
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    reorder.finish(&mut arrivals);
    let mut next = None;
    for arrival in arrivals {
        match arrival {
            Arrival::Next((sequence, audio)) => {
                assert_eq!(*next.get_or_insert(sequence), sequence);
                next = sequence.checked_add(1);
                if let Some(reader) = &mut reader {
                    let _ = reader.push(&audio[..audio.len().min(MOST)], &mut samples);
                }
            }
            Arrival::Missing(chunks) => next = next.map(|next| next + chunks),
        }
    }
});
