//! RTP: no packets make it fall over, and what is heard is no longer than what came and what time says is lost. The
//! first byte of each packet is its length.

#![no_main]

use libfuzzer_sys::fuzz_target;
use offhook_telephony::Inbound;
use offhook_telephony::rtp::{Packet, PayloadTypes, Reader};

fuzz_target!(|data: &[u8]| {
    let (mut reader, mut into) = (Reader::new(PayloadTypes::default(), 4), Vec::new());
    let mut rest = data;
    let mut packets = 0;
    while let Some((length, more)) = rest.split_first() {
        let (packet, more) = more.split_at(usize::from(*length).min(more.len()));
        rest = more;
        packets += 1;
        if let Ok(packet) = Packet::read(packet) {
            let bytes = packet.encode();
            assert_eq!(Packet::read(&bytes), Ok(packet));
        }
        let _ = reader.push(packet, &mut into);
    }
    reader.finish(&mut into);
    let (mut audio, mut lost) = (0, 0);
    for inbound in into {
        match inbound {
            Inbound::Audio(bytes) => audio += bytes.len(),
            Inbound::Lost(samples) => lost += samples,
            _ => {}
        }
    }
    assert!(audio <= data.len());
    assert!(lost <= packets * 60 * 8_000);
    assert!(reader.counts().packets <= packets);
});
