use offhook_audio::SampleRate;
use offhook_detect::Fact;
use offhook_telephony::chan_websocket::{Command, Decoder, Form, LARGEST, Notice, Sending, Start, Status, format};
use offhook_telephony::{Encoding, Inbound, PcmFormat, PcmReader};
use proptest::prelude::*;

const CALL: &str = include_str!("../captures/chan_websocket-words.txt");

#[test]
fn a_real_call_in_words_is_read() {
    let (mut decoder, mut into) = (Decoder::new(), Vec::new());
    let notices: Vec<_> = CALL.lines().map(|line| decoder.text(line, &mut into).unwrap()).collect();
    decoder.binary(vec![0xff; 160], &mut into).unwrap();
    let start = Start {
        connection: "vmconn".into(),
        channel: "WebSocket/vmconn/0x7f3d740034c0".into(),
        channel_id: "1795166672.40".into(),
        format: "ulaw".into(),
        frame: 160,
        ptime_ms: 20,
        ..Start::default()
    };
    let status = Status { xon: 800, xoff: 900, ..Status::default() };
    let mut expected = vec![Notice::Start(start), Notice::Status(status)];
    expected.extend(['1', '2', '#', 'A'].map(Notice::Digit));
    assert_eq!(notices, expected);
    let mut heard = vec![Inbound::Named("1795166672.40".into()), Inbound::Format(PcmFormat::MULAW)];
    heard.extend(['1', '2', '#', 'A'].map(|digit| Inbound::Fact(Fact::Dtmf(digit))));
    heard.push(Inbound::Audio(vec![0xff; 160]));
    assert_eq!(into, heard);
    assert_eq!(decoder.form(), Form::Words);
}

#[test]
fn the_same_in_json_is_read_and_answered_in_json() {
    let (mut decoder, mut into) = (Decoder::new(), Vec::new());
    let text = r#"{"event":"MEDIA_START","connection_id":"c","channel":"WebSocket/c/0x1","channel_id":"17.4",
        "format":"slin16","optimal_frame_size":640,"ptime":20,"channel_variables":{"A":"1","N":2}}"#;
    let Notice::Start(start) = decoder.text(text, &mut into).unwrap() else { panic!("a start") };
    assert_eq!((start.frame, start.format.as_str()), (640, "slin16"));
    assert_eq!(start.variables.into_iter().collect::<Vec<_>>(), [("A".into(), "1".into()), ("N".into(), "2".into())]);
    let rate = SampleRate::new(16_000).unwrap();
    assert_eq!(into, [Inbound::Named("17.4".into()), Inbound::Format(PcmFormat { rate, ..PcmFormat::default() })]);
    let status = r#"{"event":"STATUS","queue_length":43,"xon_level":800,"xoff_level":900,"queue_full":false,"bulk_media":true,"media_paused":false}"#;
    let expected = Status { queue: 43, xon: 800, xoff: 900, buffering: true, ..Status::default() };
    assert_eq!(decoder.text(status, &mut into).unwrap(), Notice::Status(expected));
    assert_eq!(
        Command::Mark("m1".into()).encode(decoder.form()).unwrap(),
        r#"{"command":"MARK_MEDIA","correlation_id":"m1"}"#
    );
}

#[test]
fn the_queue_says_when_it_takes_no_more_and_what_is_played() {
    let (mut decoder, mut into) = (Decoder::new(), Vec::new());
    for (text, notice) in [
        ("MEDIA_XOFF", Notice::Takes(false)),
        ("MEDIA_XON channel_id:1.2", Notice::Takes(true)),
        ("QUEUE_DRAINED", Notice::Drained),
        ("MEDIA_BUFFERING_COMPLETED", Notice::Buffered(None)),
        ("MEDIA_BUFFERING_COMPLETED b1", Notice::Buffered(Some("b1".into()))),
        ("MEDIA_MARK_PROCESSED correlation_id:m1", Notice::Marked(Some("m1".into()))),
        ("SOMETHING else:1", Notice::Other("SOMETHING".into())),
    ] {
        assert_eq!(decoder.text(text, &mut into).unwrap(), notice);
    }
    assert_eq!(into, [Inbound::Takes(false), Inbound::Takes(true)]);
}

#[test]
fn what_is_wrong_is_refused_and_changes_nothing() {
    let (mut decoder, mut into) = (Decoder::new(), Vec::new());
    for text in [
        "",
        "{",
        "{}",
        "DTMF_END digit:12",
        "DTMF_END",
        "MEDIA_START format:ulaw",
        "MEDIA_START format:ulaw optimal_frame_size:0",
        "MEDIA_START format:opus optimal_frame_size:80",
        &"x".repeat(LARGEST + 1),
    ] {
        assert!(decoder.text(text, &mut into).is_err(), "{text:?}");
    }
    assert!(decoder.binary(vec![0; LARGEST + 1], &mut into).is_err());
    assert_eq!(into, []);
}

#[test]
fn commands_are_words_of_at_most_128_bytes() {
    let word = |command: Command| command.encode(Form::Words).unwrap();
    assert_eq!(word(Command::GetStatus), "GET_STATUS");
    assert_eq!(word(Command::StopBuffering(Some("b1".into()))), "STOP_MEDIA_BUFFERING b1");
    assert_eq!(Command::Flush.encode(Form::Json).unwrap(), r#"{"command":"FLUSH_MEDIA"}"#);
    for wrong in ["", "a b", "a\nHANGUP", "é", &"x".repeat(130)] {
        assert!(Command::Mark(wrong.to_owned()).encode(Form::Words).is_err(), "{wrong:?}");
    }
}

#[test]
fn audio_goes_out_in_whole_frames_and_comes_back_the_same() {
    let samples: Vec<i16> = (0..500).map(|n| ((f64::from(n) * 0.2).sin() * 8_000.0) as i16).collect();
    for (name, frame) in [("ulaw", 160), ("alaw", 160), ("slin", 320), ("slin16", 640), ("slin48", 1_920)] {
        let format = format(name).unwrap();
        let mut sending = Sending::new(format, frame).unwrap();
        let mut frames: Vec<_> = samples.chunks(70).flat_map(|piece| sending.push(piece).unwrap()).collect();
        frames.extend(sending.finish().unwrap());
        assert_eq!(frames.len(), 4, "{name}");
        assert!(frames.iter().all(|bytes| bytes.len() == frame));
        let (mut reader, mut heard) = (PcmReader::new(format).unwrap(), Vec::new());
        frames.iter().for_each(|bytes| reader.push(bytes, &mut heard).unwrap());
        let most = if format.encoding == Encoding::Linear16 { 200 } else { 400 };
        for (at, (heard, sent)) in heard.iter().zip(&samples).enumerate().take(400).skip(60) {
            assert!(heard.abs_diff(*sent) < most, "{name} at {at}: {heard}, sent {sent}");
        }
    }
    assert!(format("opus").is_none() && format("slin192").is_none());
}

proptest! {
    #[test]
    fn no_text_makes_it_fall_over(text in "(?s).{0,60}", name in "[A-Z_]{0,20}") {
        let (mut decoder, mut into) = (Decoder::new(), Vec::new());
        let _ = decoder.text(&text, &mut into);
        let _ = decoder.text(&format!("{name} {text}"), &mut into);
        if let Ok(command) = Command::Mark(text).encode(Form::Words) {
            prop_assert!(command.len() <= 128 && !command.contains('\n'));
        }
    }
}
