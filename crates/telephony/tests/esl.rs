//! What a real FreeSWITCH said on its event socket is read as it was meant, however it is cut.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use offhook_telephony::WireError;
use offhook_telephony::esl::{
    Direction, Disconnect, EslDecoder, Event, Frame, LARGEST_BODY, LARGEST_HEADERS, Leg, MOST_HEADERS, Reply, Twins,
    rows,
};
use proptest::prelude::*;

const REPLIES: &[u8] = include_bytes!("captures/esl-replies.txt");
const BAD_PASSWORD: &[u8] = include_bytes!("captures/esl-bad-password.txt");
const PLAIN: &[u8] = include_bytes!("captures/esl-plain-answer-hangup.txt");
const JSON: &[u8] = include_bytes!("captures/esl-json-answer-hangup.txt");
const BEEP: &[u8] = include_bytes!("captures/esl-plain-avmd-beep.txt");
const OUTBOUND: &[u8] = include_bytes!("captures/esl-outbound.txt");

type Read = Vec<Result<Frame, WireError>>;

/// Reads pieces as a connection would: until nothing is left, or an error that stays.
fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Read {
    let mut decoder = EslDecoder::new();
    let mut read = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        loop {
            match decoder.next() {
                Ok(None) => break,
                Err(error) if read.last() == Some(&Err(error.clone())) => return read,
                Ok(Some(frame)) => read.push(Ok(frame)),
                Err(error) => read.push(Err(error)),
            }
        }
    }
    read
}

fn frames(bytes: &[u8]) -> Vec<Frame> {
    read([bytes]).into_iter().map(Result::unwrap).collect()
}

fn events(bytes: &[u8]) -> Vec<Event> {
    let event = |frame| match frame {
        Frame::Event(event) => event,
        other => panic!("{other:?}"),
    };
    frames(bytes).into_iter().map(event).collect()
}

fn reply(text: &str) -> Frame {
    Frame::Reply(Reply { text: text.into(), headers: Vec::new() })
}

const BYE: &str = "Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n";

#[test]
fn replies_of_a_real_switch() {
    let frames = frames(REPLIES);
    let expected = [
        "-ERR command not found",
        "+OK accepted",
        "+OK filter added. [Unique-ID]=[abc]",
        "+OK filter deleted. [Unique-ID][abc]",
        "+OK event listener enabled json",
        "+OK event listener enabled plain",
        "-ERR no keywords supplied",
        "+OK events nixed",
        "+OK no longer listening for events",
        "-ERR command not found",
    ];
    assert_eq!(frames[0], Frame::AuthRequest);
    for (frame, text) in frames[1..].iter().zip(expected) {
        assert_eq!(*frame, reply(text));
    }
    let Frame::Reply(job) = &frames[11] else { panic!("{:?}", frames[11]) };
    assert_eq!((job.text.as_str(), job.job(), job.ok()), ("+OK Job-UUID: my-job-1", Some("my-job-1"), true));
    let Frame::Reply(refused) = &frames[12] else { panic!("{:?}", frames[12]) };
    assert_eq!(refused.refusal(), Some("invalid session id [nosuch-uuid]"));
    let bodies: Vec<_> = frames
        .iter()
        .filter_map(|frame| match frame {
            Frame::ApiResponse(response) => Some((response.body.as_str(), response.ok())),
            _ => None,
        })
        .collect();
    assert_eq!(bodies, [("false", true), ("c0c39394-6a7f-4e7c-9209-265834fa413c", true), ("vm", true)]);
    assert_eq!(frames[frames.len() - 2], reply("+OK bye"));
    assert_eq!(frames[frames.len() - 1], Frame::Disconnect(Disconnect { text: BYE.into(), ..Disconnect::default() }));
    assert_eq!(frames.len(), 24);
}

#[test]
fn a_wrong_password() {
    let frames = frames(BAD_PASSWORD);
    assert_eq!(frames[..2], [Frame::AuthRequest, reply("-ERR invalid")]);
    assert!(matches!(&frames[2], Frame::Disconnect(notice) if notice.text == BYE && !notice.lingers));
    assert_eq!(frames.len(), 3);
}

#[test]
fn an_answer_and_a_hangup_in_the_plain_format() {
    let events = events(PLAIN);
    let [answer, hangup] = &events[..] else { panic!("{}", events.len()) };
    assert_eq!((answer.name(), answer.headers().len()), ("CHANNEL_ANSWER", 134));
    assert_eq!(answer.get("Channel-Name"), Some("sofia/internal/9002@127.0.0.1:5060"));
    assert_eq!(answer.get("event-date-gmt"), Some("Fri, 20 Nov 2026 09:12:15 GMT"));
    let leg = Leg::of(answer).unwrap();
    assert_eq!(Some(leg.uuid.as_str()), answer.unique_id());
    assert_eq!(leg.direction, Some(Direction::Outbound));
    assert_eq!(leg.destination.as_deref(), Some("9002"));
    assert_eq!((leg.profile.as_deref(), leg.gateway.as_deref()), (Some("internal"), None));
    assert_eq!((leg.answered, leg.progress, leg.hung_up), (Some(1_795_165_935_666_486), None, None));
    assert!(leg.is_up());
    assert!(leg.variable("switch_r_sdp").unwrap().starts_with("v=0\r\no=FreeSWITCH "));

    assert_eq!((hangup.name(), hangup.sequence()), ("CHANNEL_HANGUP_COMPLETE", Some(2_526)));
    assert_eq!(hangup.all("Hangup-Cause").collect::<Vec<_>>(), ["NORMAL_CLEARING"; 2]);
    let leg = Leg::of(hangup).unwrap();
    assert_eq!(leg.uuid, "fd3d2fca-dda3-45c6-9fef-bbbc5b4150b3");
    assert_eq!((leg.cause.as_deref(), leg.q850, leg.sip_status), (Some("NORMAL_CLEARING"), Some(16), None));
    assert_eq!(leg.hung_up, Some(1_795_165_938_686_495));
    assert_eq!(hangup.variable("billmsec"), Some("3020"));
    assert!(!leg.is_up());
}

#[test]
fn the_same_as_json() {
    let events = events(JSON);
    let [answer, hangup] = &events[..] else { panic!("{}", events.len()) };
    assert_eq!((answer.name(), answer.sequence()), ("CHANNEL_ANSWER", Some(2_562)));
    assert_eq!(answer.get("Channel-Name"), Some("sofia/internal/9002@127.0.0.1:5060"));
    assert_eq!(answer.headers().len(), 134);
    assert_eq!(hangup.name(), "CHANNEL_HANGUP_COMPLETE");
    assert_eq!(hangup.all("Hangup-Cause").count(), 2);
    assert_eq!(Leg::of(hangup).unwrap().q850, Some(16));
    assert_eq!(Leg::of(answer).unwrap().uuid, Leg::of(hangup).unwrap().uuid);
}

#[test]
fn a_beep_that_came_twice_is_taken_once() {
    let events = events(BEEP);
    assert_eq!(events.len(), 2);
    for event in &events {
        assert_eq!((event.name(), event.subclass(), event.sequence()), ("CUSTOM", Some("avmd::beep"), Some(2_645)));
        assert_eq!(event.unique_id(), Some("62109b72-e27e-41e3-b58c-53f0a29c8e9c"));
        assert_eq!(event.get("Frequency"), Some("995.054793"));
        assert_eq!(event.time("Detection-time"), Some(13_839_734));
    }
    assert_eq!(events[0].headers().len(), 25);
    assert_eq!(events[1].all("Unique-ID").count(), 2);
    assert_eq!(events[1].variable("avmd_total_time"), Some("[13839]"));
    let mut twins = Twins::new();
    assert_eq!(events.iter().map(|event| twins.takes(event)).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn of_two_copies_the_one_that_names_its_leg_is_taken() {
    let event = |headers: &[(&str, &str)]| {
        Event::new(headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(), None)
    };
    let tone = |sequence: &str, leg: &str| {
        event(&[("Event-Name", "DETECTED_TONE"), ("Event-Sequence", sequence), ("Unique-ID", leg)])
    };
    let mut twins = Twins::new();
    let nameless = event(&[("Event-Name", "DETECTED_TONE"), ("Event-Sequence", "7")]);
    assert!(!twins.takes(&nameless));
    assert!(twins.takes(&tone("7", "a")));
    assert!(!twins.takes(&tone("7", "a")));
    assert!(!twins.takes(&nameless));
    assert!(twins.takes(&tone("8", "a")));
    let job = event(&[("Event-Name", "BACKGROUND_JOB"), ("Event-Sequence", "9")]);
    assert!(twins.takes(&job));
    assert!(!twins.takes(&job));
    assert!(twins.takes(&event(&[("Event-Name", "HEARTBEAT")])));
    for sequence in 10..5_000 {
        assert!(twins.takes(&tone(&sequence.to_string(), "a")));
        assert!(!twins.takes(&tone(&sequence.to_string(), "a")));
    }
}

#[test]
fn an_outbound_connection() {
    let frames = frames(OUTBOUND);
    let Frame::ChannelData(channel) = &frames[0] else { panic!("{:?}", frames[0]) };
    assert_eq!((channel.name(), channel.get("Control")), ("CHANNEL_DATA", Some("full")));
    assert_eq!(channel.get("Reply-Text"), Some("+OK\n"));
    let leg = Leg::of(channel).unwrap();
    assert_eq!(leg.uuid, "e2017dfa-32dc-4e39-af9b-b0fad525d538");
    assert_eq!(leg.direction, Some(Direction::Inbound));
    assert_eq!((leg.destination.as_deref(), leg.channel.as_deref()), (Some("9500"), Some("loopback/9500-b")));
    assert_eq!(leg.variable("socket_host"), Some("127.0.0.1"));
    for (frame, text) in frames[1..].iter().zip(["+OK Events Enabled", "+OK will linger 5 seconds"]) {
        assert_eq!(*frame, reply(text));
    }
    assert_eq!(frames[7], reply("e2017dfa-32dc-4e39-af9b-b0fad525d538"));
    assert!(matches!(&frames[8], Frame::ApiResponse(response) if response.body == "false"));
    let Frame::Disconnect(notice) = &frames[10] else { panic!("{:?}", frames[10]) };
    assert_eq!(notice.leg.as_deref(), Some("e2017dfa-32dc-4e39-af9b-b0fad525d538"));
    assert_eq!((notice.lingers, notice.text.as_str()), (false, BYE));
    assert_eq!(frames.len(), 11);
}

#[test]
fn what_was_not_recorded() {
    let bytes = b"Content-Type: text/rude-rejection\r\nContent-Length: 24\r\n\r\nAccess Denied, go away.\n\n\n\
        Content-Type: text/disconnect-notice\nContent-Disposition: linger\nLinger-Time: 5\n\n\
        Content-Type: log/data\nContent-Length: 3\n\nabc\
        Content-Length: 9\nContent-Type: text/event-xml\n\n<event/>\n\
        Content-Length: 2\nContent-Type: text/event-json\n\n[]\
        Content-Type: api/response\nContent-Length: 13\n\n-ERR no such\n\
        Content-Length: 76\nContent-Type: text/event-plain\n\n\
        Event-Name: BACKGROUND_JOB\nJob-UUID: j1\nContent-Length: 16\n\n-ERR NO_ANSWER\n\n";
    let read = read([&bytes[..]]);
    assert_eq!(read[0], Ok(Frame::Rejected("Access Denied, go away.\n".into())));
    assert!(matches!(&read[1], Ok(Frame::Disconnect(notice)) if notice.lingers && notice.linger_s == Some(5)));
    assert_eq!(read[2], Ok(Frame::Other { content_type: "log/data".into(), length: 3 }));
    assert!(read[3].as_ref().unwrap_err().to_string().contains("not as XML"), "{:?}", read[3]);
    assert!(read[4].as_ref().unwrap_err().to_string().contains("one JSON object"), "{:?}", read[4]);
    assert!(matches!(&read[5], Ok(Frame::ApiResponse(response)) if response.refusal() == Some("no such")));
    let Ok(Frame::Event(job)) = &read[6] else { panic!("{:?}", read[6]) };
    assert_eq!((job.job(), job.body(), job.refusal()), (Some("j1"), Some("-ERR NO_ANSWER\n\n"), Some("NO_ANSWER")));
}

#[test]
fn limits_hold_and_stay() {
    let long = vec![b'a'; LARGEST_HEADERS + 2];
    let many = "a:\n".repeat(MOST_HEADERS + 1);
    for (bytes, at) in [
        (&long[..], 0),
        (format!("\n\nContent-Type: api/response\nContent-Length: {}\n\n", LARGEST_BODY + 1).as_bytes(), 2),
        (b"Content-Type: api/response\nContent-Length: -1\n\n", 0),
        (b"GET / HTTP/1.1\nHost: a\n\n", 0),
        (format!("{many}\n").as_bytes(), 0),
    ] {
        let mut decoder = EslDecoder::new();
        decoder.push(bytes);
        let error = decoder.next().unwrap_err();
        assert_eq!(error.offset, at, "{error}");
        decoder.push(b"Content-Type: auth/request\n\n");
        assert_eq!(decoder.next().unwrap_err(), error);
    }
    let mut decoder = EslDecoder::new();
    decoder.push(format!("Content-Type: text/event-plain\nContent-Length: {}\n\n{many}", many.len()).as_bytes());
    assert!(decoder.next().is_err());
    decoder.push(b"Content-Type: auth/request\n\n");
    assert_eq!(decoder.next(), Ok(Some(Frame::AuthRequest)));
}

#[test]
fn the_list_of_channels() {
    let body = r#"{"row_count":2,"rows":[{"uuid":"a-1","direction":"outbound","created":"2026-11-20 09:12:15",
        "created_epoch":"1795165935","name":"sofia/internal/9002","state":"CS_EXECUTE","cid_name":"Kim","cid_num":"100",
        "dest":"9002","application":"park","callstate":"ACTIVE","call_uuid":"a-1"},{"uuid":"","dest":null}]}"#;
    let rows = rows(body).unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].uuid.as_str(), rows[0].direction), ("a-1", Some(Direction::Outbound)));
    assert_eq!((rows[0].call_state.as_str(), rows[0].destination.as_str()), ("ACTIVE", "9002"));
    assert_eq!(rows[0].created_s, Some(1_795_165_935));
    assert_eq!(offhook_telephony::esl::rows(r#"{"row_count":0}"#), Ok(Vec::new()));
    assert!(offhook_telephony::esl::rows("-ERR no reply\n").is_err());
}

/// As the switch encodes values in the plain format.
fn encoded(value: &str) -> String {
    let mut text = String::new();
    for byte in value.bytes() {
        if (b' '..=b'~').contains(&byte) && !b"\r\n \"#%&+:;<=>?@[\\]^`{|}".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text += &format!("%{byte:02X}");
        }
    }
    text
}

fn headers() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec(("[A-Za-z][A-Za-z-]{0,12}x", "(?s).{1,20}"), 1..8)
}

fn session() -> impl Strategy<Value = Vec<u8>> {
    let whole = prop::sample::select(vec![REPLIES, BAD_PASSWORD, PLAIN, JSON, BEEP, OUTBOUND]).prop_map(<[u8]>::to_vec);
    let noise = prop::collection::vec(prop::sample::select(b"Content-Type: apievnt/sL\n\r0123".to_vec()), 0..200);
    prop_oneof![3 => whole, 1 => noise]
}

proptest! {
    #[test]
    fn cuts_change_nothing(
        sessions in prop::collection::vec(session(), 1..4),
        cuts in prop::collection::vec(1usize..4_000, 0..60),
    ) {
        let bytes = sessions.concat();
        let mut rest = &bytes[..];
        let mut pieces = Vec::new();
        for cut in cuts {
            let (piece, after) = rest.split_at(cut.min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        pieces.push(rest);
        prop_assert_eq!(read(pieces), read([&bytes[..]]));
    }

    #[test]
    fn single_bytes_change_nothing(session in session()) {
        prop_assert_eq!(read(session.chunks(1)), read([&session[..]]));
    }

    #[test]
    fn both_formats_say_the_same(headers in headers(), body in prop::option::of("(?s).{1,40}")) {
        let mut plain: String = headers.iter().map(|(name, value)| format!("{name}: {}\n", encoded(value))).collect();
        let pairs: Vec<_> =
            headers.iter().map(|(name, value)| format!("{}:{}", json(name), json(value))).collect();
        let mut object = pairs.join(",");
        let mut expected = headers.clone();
        if let Some(body) = &body {
            plain += &format!("Content-Length: {}\n\n{body}", body.len());
            object += &format!(",\"Content-Length\":\"{}\",\"_body\":{}", body.len(), json(body));
            expected.push(("Content-Length".into(), body.len().to_string()));
        } else {
            plain.push('\n');
        }
        let expected = Event::new(expected, body);
        prop_assert_eq!(&Event::from_plain(plain.as_bytes()).unwrap(), &expected);
        prop_assert_eq!(&Event::from_json(format!("{{{object}}}").as_bytes()).unwrap(), &expected);
        let framed = format!("Content-Length: {}\nContent-Type: text/event-plain\n\n{plain}", plain.len());
        prop_assert_eq!(frames(framed.as_bytes()), [Frame::Event(expected)]);
    }
}

fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
