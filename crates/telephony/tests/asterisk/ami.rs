use offhook_telephony::WireError;
use offhook_telephony::ami::{Action, Change, ChannelState, Decoder, Originate, Packet, Place, leg};
use proptest::prelude::*;

use crate::decoded;

const HUMAN: &[u8] = include_bytes!("../captures/ami-originate-human.txt");
const MACHINE: &[u8] = include_bytes!("../captures/ami-originate-machine.txt");

fn read(bytes: &[u8], size: usize) -> Vec<Result<Packet, WireError>> {
    decoded!(Decoder::new(), bytes, size)
}

fn packets(bytes: &[u8]) -> Vec<Packet> {
    read(bytes, 4_096).into_iter().map(Result::unwrap).collect()
}

fn text(action: &Action) -> String {
    String::from_utf8(action.encode("7").unwrap()).unwrap()
}

#[test]
fn a_real_session_begins_with_banner_login_and_originate() {
    let packets = packets(HUMAN);
    assert_eq!(packets[0], Packet::Banner("Asterisk Call Manager/13.0.0".into()));
    assert!(packets[1].is_success());
    assert_eq!(packets[1].action_id(), Some("1"));
    assert_eq!(packets[1].headers().unwrap().get("message"), Some("Authentication accepted"));
    let queued = packets.iter().find(|packet| packet.action_id() == Some("o1")).unwrap();
    assert_eq!(queued.headers().unwrap().get("Message"), Some("Originate successfully queued"));
    assert!(queued.is_success());
}

#[test]
fn a_real_call_is_followed_from_its_making_to_its_end() {
    let packets = packets(HUMAN);
    let ours = packets
        .iter()
        .filter_map(|packet| leg(packet.headers()?))
        .filter(|(leg, _)| leg.unique_id == "vm-1795166640.479");
    let changes: Vec<_> = ours.map(|(leg, change)| (leg.state, change)).collect();
    let (down, up) = (Some(ChannelState::Down), Some(ChannelState::Up));
    assert_eq!(
        changes,
        [
            (down, Change::Created),
            (down, Change::Variable { name: "A", value: "1" }),
            (down, Change::DialBegan { string: "9002@test" }),
            (up, Change::State),
            (up, Change::DialEnded { status: "ANSWER" }),
            (None, Change::Originated { success: true, reason: Some(4) }),
            (up, Change::Variable { name: "AMDSTATUS", value: "HUMAN" }),
            (up, Change::Variable { name: "AMDCAUSE", value: "HUMAN-803-800" }),
            (up, Change::User { name: "AMDResult" }),
            (up, Change::HangupAsked { cause: Some(16) }),
            (up, Change::HungUp { cause: Some(16), text: "Normal Clearing" }),
        ]
    );
}

#[test]
fn a_leg_says_who_and_where_and_a_name_that_comes_twice_is_kept_twice() {
    let packets = packets(MACHINE);
    let event = packets.iter().filter_map(Packet::headers).find(|headers| headers.get("UserEvent").is_some()).unwrap();
    let (leg, change) = leg(event).unwrap();
    assert_eq!(change, Change::User { name: "AMDResult" });
    assert_eq!((leg.channel, leg.context, leg.extension), ("PJSIP/freeswitch-00000009", "callers", "amd"));
    assert_eq!((leg.linked_id, leg.caller, leg.account), ("vm-1795166644.171", "", ""));
    assert_eq!((event.get("Status"), event.get("Cause")), (Some("MACHINE"), Some("MAXWORDS-3-2")));
    assert_eq!(event.all("Uniqueid").collect::<Vec<_>>(), ["vm-1795166644.171"; 2]);
}

#[test]
fn the_lines_a_command_printed_come_in_order() {
    let bytes =
        b"Response: Success\nActionID: 7\nMessage: Command output follows\nOutput: a: b\nOutput: \nOutput: c\n\n";
    let packets = packets(bytes);
    assert_eq!(packets[0].output().collect::<Vec<_>>(), ["a: b", "", "c"]);
}

#[test]
fn what_is_wrong_is_said_once_and_the_next_packet_is_read() {
    let long = format!("Event: A\r\nX: {}\r\nY: 1\r\n\r\n", "x".repeat(40_000));
    let large = format!("Event: A\r\n{}\r\nEvent: B\r\n\r\n", "X: 1\r\n".repeat(30_000));
    for (bytes, errors, good) in [
        (long.as_str(), 1, 1),
        (large.as_str(), 1, 1),
        ("Event: A\r\nnonsense\r\n\r\n", 1, 1),
        ("Strange: A\r\n\r\nEvent: B\r\n\r\n", 1, 1),
        ("SSH-2.0-x\r\n\r\n\r\nEvent: B\r\n\r\n", 1, 1),
    ] {
        let given = read(bytes.as_bytes(), 1_000);
        let shown = bytes.get(..30).unwrap_or(bytes);
        assert_eq!(given.iter().filter(|one| one.is_err()).count(), errors, "{shown}");
        assert_eq!(given.iter().filter(|one| one.is_ok()).count(), good, "{shown}");
    }
}

#[test]
fn actions_are_written_as_asterisk_reads_them() {
    assert_eq!(
        text(&Action::login("me", "pw", "on").unwrap()),
        "Action: Login\r\nActionID: 7\r\nUsername: me\r\nSecret: pw\r\nEvents: on\r\n\r\n"
    );
    let place = Place { context: "callers".into(), extension: "amd".into(), priority: "1".into() };
    let call = Originate {
        channel: "Local/9002@test".into(),
        place: Some(place.clone()),
        ring_limit_ms: Some(30_000),
        channel_id: Some("vm-1".into()),
        variables: vec![("A".into(), "1".into()), ("__B".into(), r#"x,"y"\z"#.into())],
        ..Originate::default()
    };
    assert_eq!(
        text(&Action::originate(&call).unwrap()),
        "Action: Originate\r\nActionID: 7\r\nChannel: Local/9002@test\r\nContext: callers\r\nExten: amd\r\nPriority: 1\r\n\
         Timeout: 30000\r\nAsync: true\r\nChannelId: vm-1\r\nVariable: A=1\r\nVariable: __B=x\\,\\\"y\\\"\\\\z\r\n\r\n"
    );
    assert_eq!(
        text(&Action::setvar(Some("PJSIP/a-1"), "AMDSTATUS", "HUMAN, yes").unwrap()),
        "Action: Setvar\r\nActionID: 7\r\nChannel: PJSIP/a-1\r\nVariable: AMDSTATUS\r\nValue: HUMAN, yes\r\n\r\n"
    );
    assert!(
        text(&Action::redirect("PJSIP/a-1", &place).unwrap()).contains("Context: callers\r\nExten: amd\r\nPriority: 1")
    );
    assert!(text(&Action::hangup("PJSIP/a-1", Some(16)).unwrap()).ends_with("Channel: PJSIP/a-1\r\nCause: 16\r\n\r\n"));
    assert!(
        text(&Action::user_event("Verdict", &[("Status", "HUMAN")]).unwrap())
            .ends_with("UserEvent: Verdict\r\nStatus: HUMAN\r\n\r\n")
    );
    assert!(
        text(&Action::status(None, &["AMDSTATUS", "CDR(x)"]).unwrap()).ends_with("Variables: AMDSTATUS,CDR(x)\r\n\r\n")
    );
}

#[test]
fn the_challenge_is_answered_with_the_md5_of_both() {
    let action = Action::login_md5("me", "secret", "123456789", "off").unwrap();
    // printf 123456789secret | md5sum
    assert!(text(&action).contains("Key: 7ccde16e862dfe7681297713e9e9cadb\r\n"), "{}", text(&action));
    assert!(!format!("{action:?}").contains("7ccde16e862dfe7681297713e9e9cadb"));
}

#[test]
fn what_would_mean_more_than_one_thing_is_refused() {
    assert!(Action::hangup("/.*/", None).is_err());
    assert!(Action::hangup("", None).is_err());
    assert!(Action::setvar(None, "A,B", "1").is_err());
    assert!(Action::user_event("A", &[("B: c", "d")]).is_err());
    assert!(Action::ping().encode("").is_err());
    assert!(Action::setvar(None, "A", &"x".repeat(1_100)).is_err());
    let error = Action::login("me", "p\nw", "on").unwrap_err();
    assert!(!error.to_string().contains("p\\nw"), "{error}");
    assert!(error.to_string().starts_with("Secret: given"), "{error}");
}

proptest! {
    #[test]
    fn cuts_change_nothing(size in 1usize..700, noise in prop::collection::vec("[A-Z]?[a-z: \r]{0,12}\n{0,2}", 0..30)) {
        let bytes = [MACHINE, noise.concat().as_bytes()].concat();
        prop_assert_eq!(read(&bytes, size), read(&bytes, bytes.len()));
    }

    #[test]
    fn no_value_ends_its_line(name in "\\PC{0,8}", value in "(?s).{0,30}") {
        if let Ok(action) = Action::user_event("X", &[(&name, &value)]) {
            let text = text(&action);
            prop_assert_eq!(text.lines().count(), 5);
            prop_assert_eq!(text.matches('\r').count(), 5);
            let given = packets(text.replacen("Action: UserEvent", "Event: UserEvent", 1).as_bytes());
            let headers = given[0].headers().unwrap();
            prop_assert_eq!(headers.iter().last(), Some((name.as_str(), value.as_str())));
        }
    }

    #[test]
    fn a_variable_is_one_variable_to_asterisk(value in "[a-c,\"\\\\=()]{0,20}") {
        let call = Originate {
            channel: "Local/1@x".into(),
            application: Some(("Wait".into(), "1".into())),
            variables: vec![("V".into(), value.clone())],
            ..Originate::default()
        };
        let text = text(&Action::originate(&call).unwrap());
        let line = text.lines().find_map(|line| line.strip_prefix("Variable: V=")).unwrap();
        // As Asterisk's separation of arguments reads it: a backslash takes the next letter as it is.
        let (mut letters, mut read) = (line.chars(), String::new());
        while let Some(letter) = letters.next() {
            prop_assert!(!matches!(letter, ',' | '"'));
            read.extend(if letter == '\\' { letters.next() } else { Some(letter) });
        }
        prop_assert_eq!(read, value);
    }
}
