use offhook_detect::Fact;
use offhook_telephony::audiosocket::{self, Decoder};
use offhook_telephony::{Inbound, Outbound, PcmFormat, PcmReader, WireError};
use proptest::prelude::*;

use crate::decoded;

fn read(bytes: &[u8], size: usize) -> Vec<Result<Inbound, WireError>> {
    decoded!(Decoder::new(), bytes, size)
}

fn capture() -> Vec<u8> {
    include_str!("../captures/audiosocket.hex").lines().flat_map(|line| hex::decode(line).unwrap()).collect()
}

fn message(kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut message = vec![kind];
    message.extend_from_slice(&u16::try_from(payload.len()).unwrap().to_be_bytes());
    message.extend_from_slice(payload);
    message
}

#[test]
fn a_real_call_is_named_heard_and_its_digits_are_facts() {
    let given: Vec<_> = read(&capture(), 4_096).into_iter().map(Result::unwrap).collect();
    let mut expected = vec![
        Inbound::Named("40325ec2-5efd-4bd3-805f-53576e581d13".into()),
        Inbound::Format(PcmFormat::default()),
        Inbound::Audio(vec![0; 320]),
        Inbound::Audio(vec![0; 320]),
    ];
    expected.extend(['1', '2', '#', 'A'].map(|digit| Inbound::Fact(Fact::Dtmf(digit))));
    assert_eq!(given, expected);
}

#[test]
fn every_rate_is_heard_for_as_long_as_it_lasts() {
    for (kind, hz) in (0x10..).zip([8_000usize, 12_000, 16_000, 24_000, 32_000, 44_100, 48_000, 96_000, 192_000]) {
        // A second in messages of odd sizes.
        let second = vec![7u8; 2 * hz];
        let bytes: Vec<u8> = second.chunks(777).flat_map(|piece| message(kind, piece)).collect();
        let (mut reader, mut samples, mut formats) = (None, Vec::new(), 0);
        for inbound in read(&bytes, 1_000) {
            match inbound.unwrap() {
                Inbound::Format(format) => {
                    formats += 1;
                    reader = Some(PcmReader::new(format).unwrap());
                }
                Inbound::Audio(audio) => reader.as_mut().unwrap().push(&audio, &mut samples).unwrap(),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(formats, 1);
        // A rate's conversion holds back 15 ms at most.
        assert!((7_880..=8_000).contains(&samples.len()), "{hz} Hz: {}", samples.len());
        let middle = samples[4_000];
        assert!((1_790..=1_810).contains(&middle), "{hz} Hz: {middle}");
    }
}

#[test]
fn the_format_is_said_again_when_the_rate_changes() {
    let bytes = [message(0x10, &[1, 0]), message(0x12, &[2, 0]), message(0x12, &[3, 0]), message(0x10, &[4, 0])];
    let given = read(&bytes.concat(), 1);
    let rates: Vec<_> = given
        .iter()
        .filter_map(|one| match one {
            Ok(Inbound::Format(format)) => Some(format.rate.hz()),
            _ => None,
        })
        .collect();
    assert_eq!(rates, [8_000, 16_000, 8_000]);
    assert_eq!(given.len(), 7);
}

#[test]
fn what_is_wrong_is_named_and_the_stream_goes_on() {
    for wrong in
        [message(0x42, b"abc"), message(0x01, &[1; 15]), message(0x03, b"12"), message(0x03, b"x"), message(0x10, &[])]
    {
        let bytes = [message(0x03, b"5"), wrong, vec![0, 0, 0]].concat();
        let given = read(&bytes, 2);
        assert_eq!(given.len(), 3, "{given:?}");
        assert_eq!(given[0], Ok(Inbound::Fact(Fact::Dtmf('5'))));
        let error = given[1].as_ref().unwrap_err();
        assert_eq!(error.offset, 4);
        assert!(error.expected.contains("0x"), "{error}");
        assert_eq!(given[2], Ok(Inbound::Ended));
    }
    let given = read(&message(0x42, b"abc"), 10);
    assert!(given[0].as_ref().unwrap_err().to_string().contains("B\\x00\\x03abc"), "{given:?}");
}

#[test]
fn an_error_tells_its_code() {
    let Ok(Inbound::Note(note)) = &read(&message(0xff, &[2]), 10)[0] else { panic!("a note") };
    assert_eq!(note, "AudioSocket error 0x02: a frame could not be forwarded");
}

#[test]
fn what_goes_out_is_one_buffer_a_message_and_comes_back_the_same() {
    let samples: Vec<i16> = (0..400).map(|n| n * 50 - 10_000).collect();
    let messages = audiosocket::encode(&Outbound::Audio(samples.clone()));
    assert_eq!(messages.iter().map(Vec::len).collect::<Vec<_>>(), [323, 323, 163]);
    let (mut reader, mut heard) = (PcmReader::new(PcmFormat::default()).unwrap(), Vec::new());
    for inbound in read(&messages.concat(), 50) {
        if let Inbound::Audio(audio) = inbound.unwrap() {
            reader.push(&audio, &mut heard).unwrap();
        }
    }
    assert_eq!(heard, samples);
    assert_eq!(audiosocket::encode(&Outbound::HangUp), [[0, 0, 0]]);
    assert_eq!(audiosocket::encode(&Outbound::Audio(Vec::new())), Vec::<Vec<u8>>::new());
    assert_eq!(audiosocket::silence(), message(0x10, &[0; 320]));
}

proptest! {
    #[test]
    fn cuts_change_nothing(
        messages in prop::collection::vec(
            (prop::sample::select(vec![0u8, 1, 3, 0x10, 0x12, 0x17, 0x18, 0x19, 0xff]), prop::collection::vec(any::<u8>(), 0..40)),
            0..20,
        ),
        size in 1usize..50,
    ) {
        let mut bytes = capture();
        bytes.extend(messages.iter().flat_map(|(kind, payload)| message(*kind, payload)));
        prop_assert_eq!(read(&bytes, size), read(&bytes, bytes.len()));
    }
}
