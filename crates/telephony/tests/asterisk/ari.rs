use offhook_telephony::ari::{ExternalMedia, Happening, Id, Method, NewChannel, Request, Snoop, Spy, decode};
use proptest::prelude::*;
use serde_json::json;

const CALL: &str = include_str!("../captures/ari-stasis.jsonl");

fn id(text: &str) -> Id {
    Id::new(text).unwrap()
}

#[test]
fn a_real_call_is_followed_into_the_application() {
    let events: Vec<_> = CALL.lines().map(|line| decode(line).unwrap()).collect();
    assert!(events.iter().all(|event| event.application == "vmtest"));
    let ours: Vec<_> = events
        .iter()
        .filter_map(|event| event.channel.as_ref().filter(|channel| channel.id == "vm1795166648").map(|of| (of, event)))
        .map(|(channel, event)| (channel.state.as_str(), event.happening.clone()))
        .collect();
    let dial = |status: &str, string: &str| Happening::Dial { status: status.into(), string: string.into() };
    assert_eq!(
        ours,
        [
            ("Down", dial("", "9002@test")),
            ("Up", Happening::StateChange),
            ("Up", dial("ANSWER", "9002@test")),
            ("Up", Happening::Varset { variable: "STASISSTATUS".into(), value: String::new() }),
            ("Up", Happening::StasisStart { arguments: vec!["a".into(), "b".into()] }),
            ("Up", Happening::TalkingStarted),
            ("Up", Happening::TalkingFinished { duration_ms: 544 }),
        ]
    );
    let strange = events.iter().find(|event| event.happening == Happening::Other("ChannelDialplan".into())).unwrap();
    let channel = strange.channel.as_ref().unwrap();
    assert_eq!((channel.name.as_str(), channel.dialplan.exten.as_str()), ("Local/9002@test-0000000d;2", "9002"));
}

#[test]
fn the_other_events_are_read() {
    let happening = |text: &str| decode(text).unwrap().happening;
    assert_eq!(
        happening(r#"{"type":"ChannelDestroyed","cause":16,"cause_txt":"Normal Clearing","channel":{"id":"c"}}"#),
        Happening::Destroyed { cause: 16, text: "Normal Clearing".into() }
    );
    assert_eq!(
        happening(r#"{"type":"ChannelDtmfReceived","digit":"5","duration_ms":120,"channel":{"id":"c"}}"#),
        Happening::Dtmf { digit: "5".into(), duration_ms: 120 }
    );
    assert_eq!(happening(r#"{"type":"ApplicationReplaced"}"#), Happening::Replaced);
    let Happening::PlaybackFinished(playback) = happening(
        r#"{"type":"PlaybackFinished","playback":{"id":"p","media_uri":"sound:x","target_uri":"channel:c","state":"done"}}"#,
    ) else {
        panic!("a playback");
    };
    assert_eq!((playback.id.as_str(), playback.state.as_str()), ("p", "done"));
    // A type that is not known may have other things under known names.
    assert_eq!(happening(r#"{"type":"Odd","args":{"a":1},"cause":"x"}"#), Happening::Other("Odd".into()));
    for wrong in ["", "[]", "{}", r#"{"type":5}"#, r#"{"type":"StasisStart","args":{"a":1}}"#] {
        assert!(decode(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn requests_are_what_asterisk_takes() {
    let call = id("vm 1/ü");
    for (request, method, target) in [
        (Request::answer(&call), Method::Post, "/channels/vm%201%2F%C3%BC/answer"),
        (Request::channel(&call), Method::Get, "/channels/vm%201%2F%C3%BC"),
        (Request::channels(), Method::Get, "/channels"),
        (Request::hangup(&id("c"), 16), Method::Delete, "/channels/c?reason_code=16"),
        (Request::variable(&id("c"), "CDR(x)"), Method::Get, "/channels/c/variable?variable=CDR%28x%29"),
        (
            Request::set_variable(&id("c"), "A", "1&b=2"),
            Method::Post,
            "/channels/c/variable?variable=A&value=1%26b%3D2",
        ),
        (
            Request::go_on(&id("c"), Some("ctx"), None, Some(2)),
            Method::Post,
            "/channels/c/continue?context=ctx&priority=2",
        ),
        (Request::create_bridge(&id("b")), Method::Post, "/bridges/b?type=mixing"),
        (Request::add_channels(&id("b"), &[&id("c"), &id("d")]), Method::Post, "/bridges/b/addChannel?channel=c%2Cd"),
        (Request::destroy_bridge(&id("b")), Method::Delete, "/bridges/b"),
        (Request::play(&id("c"), &id("p"), "sound:hello"), Method::Post, "/channels/c/play/p?media=sound%3Ahello"),
        (Request::play_to_bridge(&id("b"), &id("p"), "sound:x"), Method::Post, "/bridges/b/play/p?media=sound%3Ax"),
        (Request::stop(&id("p")), Method::Delete, "/playbacks/p"),
        (Request::dial(&id("c"), Some(20)), Method::Post, "/channels/c/dial?timeout=20"),
        (Request::redirect(&id("c"), "PJSIP/1"), Method::Post, "/channels/c/redirect?endpoint=PJSIP%2F1"),
        (Request::move_to(&id("c"), "app", &[]), Method::Post, "/channels/c/move?app=app"),
        (Request::events(&["a", "b"], true), Method::Get, "/events?app=a%2Cb&subscribeAll=true"),
        (
            Request::subscribe(&id("a"), &["channel:c"]),
            Method::Post,
            "/applications/a/subscription?eventSource=channel%3Ac",
        ),
    ] {
        assert_eq!((request.method, request.target().as_str(), &request.body), (method, target, &None));
    }
}

#[test]
fn a_call_is_heard_by_a_snoop_and_carried_by_external_media() {
    let snoop = Snoop { spy: Spy::In, app: "offhook".into(), arguments: vec!["snoop".into(), "c".into()], id: id("s") };
    assert_eq!(Request::snoop(&id("c"), &snoop).target(), "/channels/c/snoop/s?spy=in&app=offhook&appArgs=snoop%2Cc");
    let media = ExternalMedia {
        app: "offhook".into(),
        external_host: "10.0.0.1:9092".into(),
        encapsulation: "audiosocket",
        transport: "tcp",
        format: "slin".into(),
        data: Some("40325ec2-5efd-4bd3-805f-53576e581d13".into()),
        variables: vec![("A".into(), "1".into())],
        ..ExternalMedia::default()
    };
    let request = Request::external_media(&media);
    assert_eq!(
        request.target(),
        "/channels/externalMedia?app=offhook&external_host=10.0.0.1%3A9092&encapsulation=audiosocket&transport=tcp\
         &format=slin&direction=both&data=40325ec2-5efd-4bd3-805f-53576e581d13"
    );
    assert_eq!(request.body, Some(json!({ "variables": { "A": "1" } })));
    let call = NewChannel {
        endpoint: "Local/9002@test".into(),
        app: "a".into(),
        ring_limit_s: Some(30),
        ..NewChannel::default()
    };
    assert_eq!(Request::originate(&call).target(), "/channels?endpoint=Local%2F9002%40test&app=a&timeout=30");
    assert_eq!(Request::create(&call).target(), "/channels/create?endpoint=Local%2F9002%40test&app=a");
}

#[test]
fn a_name_that_would_lead_elsewhere_is_refused() {
    for wrong in ["", ".", "..", "a\nb", &"x".repeat(150)] {
        assert!(Id::new(wrong).is_err(), "{wrong:?}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_fall_over_and_no_name_leaves_its_place(text in "(?s).{0,40}") {
        let _ = decode(&text);
        if let Ok(id) = Id::new(&text) {
            let target = Request::set_variable(&id, &text, &text).target();
            prop_assert_eq!(target.matches('/').count(), 3);
            prop_assert_eq!((target.matches('?').count(), target.matches('&').count(), target.matches('=').count()), (1, 1, 2));
            prop_assert!(target.bytes().all(|byte| byte.is_ascii_graphic()));
        }
    }
}
