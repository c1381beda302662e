use offhook_audio::{SampleRate, g711};
use offhook_detect::Fact;
use offhook_telephony::rtp::{Packet, PayloadTypes, Reader, Writer};
use offhook_telephony::{Encoding, Inbound, PcmFormat};
use proptest::prelude::*;

/// Packet `n` of a call: 160 bytes that tell its number.
fn packet(source: u32, n: u64) -> Vec<u8> {
    let payload = [n as u8; 160];
    Packet {
        marker: false,
        payload_type: 0,
        sequence: n as u16,
        timestamp: (n as u32).wrapping_mul(160),
        source,
        payload: &payload,
    }
    .encode()
}

fn event(sequence: u16, timestamp: u32, digit: u8, end: bool) -> Vec<u8> {
    let payload = [digit, u8::from(end) << 7 | 10, 0, 160];
    Packet { marker: false, payload_type: 101, sequence, timestamp, source: 1, payload: &payload }.encode()
}

fn read(packets: &[Vec<u8>], window: usize) -> (Vec<Inbound>, Reader) {
    let (mut reader, mut into) = (Reader::new(PayloadTypes::default(), window), Vec::new());
    packets.iter().for_each(|packet| reader.push(packet, &mut into).unwrap());
    reader.finish(&mut into);
    (into, reader)
}

/// The packets that were heard, and 160ths of what was lost before each as `None`s.
fn heard(inbounds: &[Inbound]) -> Vec<Option<u8>> {
    let mut heard = Vec::new();
    for inbound in inbounds {
        match inbound {
            Inbound::Audio(audio) => heard.push(Some(audio[0])),
            Inbound::Lost(samples) => heard.extend((0..samples / 160).map(|_| None)),
            _ => {}
        }
    }
    heard
}

#[test]
fn a_call_over_the_wrap_of_its_numbers_is_heard_in_order() {
    let from = u64::from(u32::MAX / 160) - 3;
    let order = [0, 1, 3, 2, 5, 4, 6, 6, 8];
    let numbers: Vec<u64> = order.iter().map(|n| from + n).collect();
    // The sequence numbers wrap two packets on, the timestamps four on.
    let packets: Vec<_> = order
        .iter()
        .map(|n| {
            let whole = packet(1, from + n);
            let read = Packet::read(&whole).unwrap();
            Packet { sequence: (65_534 + n) as u16, ..read }.encode()
        })
        .collect();
    let (into, reader) = read(&packets, 4);
    assert_eq!(into[0], Inbound::Format(PcmFormat::MULAW));
    let mut expected: Vec<_> = (0..7).map(|n| Some((numbers[0] + n) as u8)).collect();
    expected.extend([None, Some((from + 8) as u8)]);
    assert_eq!(heard(&into), expected);
    let counts = reader.counts();
    assert_eq!((counts.packets, counts.missing, counts.late + counts.twice, counts.restarts), (8, 1, 1, 0));
}

#[test]
fn a_silence_that_was_not_sent_is_time_that_passes() {
    let mut packets = vec![packet(1, 0), packet(1, 1)];
    let late = packet(1, 51);
    packets.push(Packet { sequence: 2, ..Packet::read(&late).unwrap() }.encode());
    let (into, _) = read(&packets, 4);
    assert_eq!(into[3], Inbound::Lost(49 * 160));
}

#[test]
fn a_source_that_begins_anew_is_believed_at_its_second_packet() {
    let mut packets: Vec<_> = (0..5).map(|n| packet(1, n)).collect();
    packets.push(packet(9, 40_000)); // A stray packet.
    packets.extend((5..8).map(|n| packet(1, n)));
    packets.extend((20_000..20_004).map(|n| packet(2, n)));
    let (into, reader) = read(&packets, 4);
    let numbers = (0..8).chain(20_000..20_004).map(|n: u64| Some(n as u8)).collect::<Vec<_>>();
    assert_eq!(heard(&into), numbers);
    let counts = reader.counts();
    assert_eq!((counts.restarts, counts.strange, counts.packets), (1, 1, 12));
}

#[test]
fn a_digit_is_one_fact_however_often_it_is_sent() {
    let mut packets = vec![packet(1, 0)];
    packets.extend((1..5).map(|n| event(n, 160, 5, false)));
    packets.extend((5..8).map(|n| event(n, 160, 5, true)));
    packets.extend([event(8, 1_600, 5, true), event(9, 3_200, 11, true), event(10, 4_800, 16, true)]);
    let (into, _) = read(&packets, 4);
    let facts: Vec<_> = into.iter().filter(|one| matches!(one, Inbound::Fact(_))).cloned().collect();
    assert_eq!(facts, ['5', '5', '#'].map(|digit| Inbound::Fact(Fact::Dtmf(digit))));
}

#[test]
fn wide_pcm_comes_in_network_order_and_other_payloads_are_passed_over() {
    let wide = PcmFormat { rate: SampleRate::new(16_000).unwrap(), ..PcmFormat::default() };
    let types = PayloadTypes { audio: vec![(118, wide)], events: None };
    let (mut reader, mut into) = (Reader::new(types, 2), Vec::new());
    let of = |payload_type, sequence, timestamp, payload| {
        Packet { marker: true, payload_type, sequence, timestamp, source: 1, payload }.encode()
    };
    reader.push(&of(118, 1, 0, &[1, 2, 3, 4]), &mut into).unwrap();
    reader.push(&of(13, 2, 2, &[60]), &mut into).unwrap();
    reader.push(&[0x80, 200, 0, 0], &mut into).unwrap();
    reader.push(&of(118, 3, 322, &[5, 6, 7]), &mut into).unwrap();
    assert_eq!(
        into,
        [Inbound::Format(wide), Inbound::Audio(vec![2, 1, 4, 3]), Inbound::Lost(160), Inbound::Audio(vec![6, 5]),]
    );
}

#[test]
fn lists_extensions_and_padding_are_taken_off() {
    let mut bytes = vec![0x80 | 0x20 | 0x10 | 2, 0x80, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
    bytes.extend([9; 8]); // two contributing sources
    bytes.extend([0xbe, 0xde, 0, 1, 9, 9, 9, 9]); // an extension of one word
    bytes.extend([1, 2, 3, 0, 2]); // audio, and two bytes of padding
    let packet = Packet::read(&bytes).unwrap();
    assert_eq!((packet.payload, packet.sequence, packet.timestamp, packet.source), ([1, 2, 3].as_slice(), 1, 2, 3));
    assert!(packet.marker);
    for length in 0..bytes.len() - 5 {
        assert!(Packet::read(&bytes[..length]).is_err(), "{length}");
    }
    bytes[0] = 0x40;
    let error = Reader::new(PayloadTypes::default(), 2).push(&bytes, &mut Vec::new()).unwrap_err();
    assert_eq!(error.expected, "RTP version 2");
}

#[test]
fn what_is_written_is_read_again() {
    let samples: Vec<i16> = (0..400).map(|n| n * 60 - 12_000).collect();
    let alaw = PcmFormat { encoding: Encoding::Alaw, ..PcmFormat::MULAW };
    let mut writer = Writer::new(8, alaw, 7, 65_535, u32::MAX).unwrap();
    let mut packets = writer.packets(&samples);
    writer.pause(800);
    packets.extend(writer.packets(&samples[..160]));
    assert_eq!(packets.iter().map(|one| one[1] >> 7).collect::<Vec<_>>(), [1, 0, 0, 1]);
    let (into, _) = read(&packets, 4);
    let audio: Vec<u8> = samples.iter().map(|sample| g711::encode_alaw(*sample)).collect();
    let mut expected = vec![Inbound::Format(alaw)];
    expected.extend(audio.chunks(160).map(|piece| Inbound::Audio(piece.to_vec())));
    expected.extend([Inbound::Lost(800), Inbound::Audio(audio[..160].to_vec())]);
    assert_eq!(into, expected);
    let wide = PcmFormat { rate: SampleRate::new(16_000).unwrap(), ..PcmFormat::default() };
    assert!(Writer::new(118, wide, 7, 0, 0).is_err());
}

proptest! {
    #[test]
    fn disorder_within_the_window_changes_nothing(
        first in any::<u16>(),
        swaps in prop::collection::vec(1usize..60, 0..30),
        twice in prop::collection::vec(0usize..60, 0..10),
    ) {
        let first = 65_536 + u64::from(first);
        let mut numbers: Vec<u64> = (0..62).map(|n| first + n).collect();
        // No packet moves further than the window: pairs swap, and the first stays first.
        let mut swapped = [false; 62];
        for at in swaps {
            if !swapped[at] && !swapped[at + 1] {
                numbers.swap(at, at + 1);
                (swapped[at], swapped[at + 1]) = (true, true);
            }
        }
        for at in twice {
            let again = numbers[at];
            numbers.insert(at + 1, again);
        }
        let packets: Vec<_> = numbers.iter().map(|n| packet(1, *n)).collect();
        let (into, _) = read(&packets, 4);
        prop_assert_eq!(heard(&into), (0..62).map(|n| Some((first + n) as u8)).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_lost_is_counted_in_its_place(lost in prop::collection::vec(1u64..60, 0..40)) {
        let packets: Vec<_> = (0..=60).filter(|n| !lost.contains(n)).map(|n| packet(1, n)).collect();
        let (into, _) = read(&packets, 4);
        let expected: Vec<_> = (0..=60).map(|n| (!lost.contains(&n)).then_some(n as u8)).collect();
        prop_assert_eq!(heard(&into), expected);
    }

    #[test]
    fn no_bytes_make_it_fall_over(packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..40)) {
        let (mut reader, mut into) = (Reader::new(PayloadTypes::default(), 3), Vec::new());
        for mut packet in packets {
            if let Some(flags) = packet.first_mut() {
                *flags = *flags & 0x3f | 0x80;
            }
            let _ = reader.push(&packet, &mut into);
        }
        reader.finish(&mut into);
    }
}
