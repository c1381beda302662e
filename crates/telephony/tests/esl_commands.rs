//! What is said to a FreeSWITCH: each command as its protocol has it, and no text that breaks out of its line.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use offhook_telephony::esl::{ApiLine, Command, EventFormat, Originate, Playing, SentEvent, Wanted, setting};
use offhook_telephony::tap::{Mix, Module};
use proptest::prelude::*;

fn said(command: &Command) -> String {
    String::from_utf8(command.encode().unwrap()).unwrap()
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn wanted(names: &[&str], subclasses: &[&str]) -> Wanted {
    Wanted { names: words(names), subclasses: words(subclasses) }
}

#[test]
fn commands_are_written_as_the_protocol_has_them() {
    let leg = || Some(String::from("u-1"));
    let line = || ApiLine::new("status").unwrap();
    let execute = |leg, argument: &str, event: Option<&str>| Command::Execute {
        leg,
        application: "playback".into(),
        argument: argument.into(),
        lock: false,
        event: event.map(str::to_owned),
    };
    let filter = || ("Unique-ID".to_owned(), "u-1".to_owned());
    for (command, text) in [
        (Command::Auth("ClueCon".into()), "auth ClueCon"),
        (Command::UserAuth { user: "100@example.com".into(), password: "a b".into() }, "userauth 100@example.com:a b"),
        (
            Command::Events(EventFormat::Plain, wanted(&["CHANNEL_ANSWER", "DTMF"], &["avmd::beep", "vmd::beep"])),
            "event plain CHANNEL_ANSWER DTMF CUSTOM avmd::beep vmd::beep",
        ),
        (Command::Events(EventFormat::Json, wanted(&["ALL"], &[])), "event json ALL"),
        (Command::NixEvents(wanted(&["HEARTBEAT"], &[])), "nixevent HEARTBEAT"),
        (Command::Filter { header: filter().0, value: filter().1 }, "filter Unique-ID u-1"),
        (Command::Unfilter { header: filter().0, value: Some(filter().1) }, "filter delete Unique-ID u-1"),
        (Command::Unfilter { header: filter().0, value: None }, "filter delete Unique-ID"),
        (Command::Api(line()), "api status"),
        (Command::Background(line(), "my-job-1".into()), "bgapi status\nJob-UUID: my-job-1"),
        (
            Command::HangUp { leg: leg(), cause: "USER_BUSY".into() },
            "sendmsg u-1\ncall-command: hangup\nhangup-cause: USER_BUSY",
        ),
        (
            execute(None, "/sounds/hello.wav", Some("my-ev-1")),
            "sendmsg\ncall-command: execute\nexecute-app-name: playback\nexecute-app-arg: /sounds/hello.wav\nEvent-UUID: my-ev-1",
        ),
        (Command::Connect, "connect"),
        (Command::MyEvents(EventFormat::Json, None), "myevents json"),
        (Command::MyEvents(EventFormat::Plain, leg()), "myevents u-1 plain"),
        (Command::Linger(Some(5)), "linger 5"),
        (Command::DivertEvents(false), "divert_events off"),
        (Command::GetVar("uuid".into()), "getvar uuid"),
        (Command::NoEvents, "noevents"),
        (Command::Exit, "exit"),
    ] {
        assert_eq!(said(&command), format!("{text}\n\n"));
    }
    assert_eq!(
        said(&execute(leg(), "a\nb", None)),
        "sendmsg u-1\ncall-command: execute\nexecute-app-name: playback\ncontent-type: text/plain\ncontent-length: 3\n\na\nb"
    );
    let long = "x".repeat(600);
    assert!(said(&execute(leg(), &long, None)).ends_with(&format!("content-length: 600\n\n{long}")));
    let event = SentEvent {
        name: "CUSTOM".into(),
        subclass: Some("voicemail::detected".into()),
        headers: vec![("Detection-Confidence".into(), "0.97 sure".into())],
        body: Some("{\"a\":\n1}".into()),
    };
    assert_eq!(
        said(&Command::Send(event)),
        "sendevent CUSTOM\nEvent-Subclass: voicemail::detected\nDetection-Confidence: 0.97 sure\ncontent-length: 8\n\n{\"a\":\n1}"
    );
}

#[test]
fn what_would_break_out_of_a_line_is_named() {
    let send = |name: &str, subclass: Option<&str>, header: (&str, &str)| {
        Command::Send(SentEvent {
            name: name.into(),
            subclass: subclass.map(str::to_owned),
            headers: vec![(header.0.into(), header.1.into())],
            body: None,
        })
    };
    for (command, field) in [
        (Command::Auth("a\nexit".into()), "password"),
        (Command::UserAuth { user: "a:b".into(), password: "c".into() }, "user"),
        (Command::Events(EventFormat::Plain, wanted(&[], &[])), "event"),
        (Command::Events(EventFormat::Plain, wanted(&["ALL\n"], &[])), "event"),
        (Command::Events(EventFormat::Plain, wanted(&[], &["a b"])), "subclass"),
        (Command::Filter { header: "a".into(), value: "b\r".into() }, "value"),
        (Command::Background(ApiLine::channels(), "a b".into()), "job"),
        (Command::HangUp { leg: Some("a\n".into()), cause: "X".into() }, "leg"),
        (Command::HangUp { leg: None, cause: "x y".into() }, "cause"),
        (Command::GetVar("a\nb".into()), "variable"),
        (send("CUSTOM", None, ("a", "b")), "subclass"),
        (send("CUSTOM", Some("a::b"), ("a:", "b")), "header"),
        (send("CUSTOM", Some("a::b"), ("Content-Length", "9")), "header"),
        (send("CUSTOM", Some("a::b"), ("a", "b\nc: d")), "value"),
    ] {
        let error = command.encode().unwrap_err();
        assert_eq!(error.field, field, "{error}");
        assert!(error.to_string().contains("allowed is"), "{error}");
    }
    let error = Command::Auth("secret\n".into()).encode().unwrap_err();
    assert!(!error.to_string().contains("secret") && !format!("{error:?}").contains("secret"), "{error:?}");
}

#[test]
fn lines_of_the_switch_s_own_commands() {
    let line = |line: Result<ApiLine, _>| line.unwrap().to_string();
    let fork = Module::AudioFork;
    for (written, text) in [
        (ApiLine::start_record("u-1", "/tmp/a b.wav", Some(60)), "uuid_record u-1 start '/tmp/a b.wav' 60"),
        (ApiLine::stop_record("u-1", "/tmp/a.wav"), "uuid_record u-1 stop /tmp/a.wav"),
        (ApiLine::play("u-1", "/tmp/a.wav", Playing::Leg), "uuid_broadcast u-1 /tmp/a.wav aleg"),
        (ApiLine::stop_playing("u-1", true), "uuid_break u-1 all"),
        (ApiLine::transfer("u-1", "agents", "XML", "default"), "uuid_transfer u-1 agents XML default"),
        (
            ApiLine::transfer_inline("u-1", &[("bridge", "sofia/gateway/trunk/100")]),
            "uuid_transfer u-1 bridge:sofia/gateway/trunk/100 inline",
        ),
        (
            ApiLine::transfer_inline("u-1", &[("set", "a=1,2"), ("bridge", "user/1000"), ("hangup", "")]),
            "uuid_transfer u-1 m:^:set:a=1,2^bridge:user/1000^hangup inline",
        ),
        (ApiLine::transfer_inline("u-1", &[("log", "a b")]), "uuid_transfer u-1 'log:a b' inline"),
        (ApiLine::park("u-1"), "uuid_park u-1"),
        (ApiLine::kill("u-1", "NORMAL_CLEARING"), "uuid_kill u-1 NORMAL_CLEARING"),
        (ApiLine::dump("u-1", EventFormat::Json), "uuid_dump u-1 json"),
        (ApiLine::dump("u-1", EventFormat::Plain), "uuid_dump u-1"),
        (ApiLine::exists("u-1"), "uuid_exists u-1"),
        (Ok(ApiLine::channels()), "show channels as json"),
        (
            ApiLine::start_tap(Module::VgTap, "u-1", "http://127.0.0.1/x", Mix::Mono, 8_000, None),
            "uuid_vg_tap_ws u-1 start http://127.0.0.1/x",
        ),
        (ApiLine::stop_tap(Module::VgTap, "u-1", Some("x")), "uuid_vg_tap_ws u-1 stop"),
        (
            ApiLine::start_tap(fork, "u-1", "wss://a/b?c=1", Mix::Stereo, 16_000, Some("{\"a\": \"it's\"}")),
            "uuid_audio_fork u-1 start wss://a/b?c=1 stereo 16k '{\"a\": \"it\\'s\"}'",
        ),
    ] {
        assert_eq!(line(written), text);
    }
    for (refused, field) in [
        (ApiLine::new("status\nexit"), "command"),
        (ApiLine::park("u 1"), "leg"),
        (ApiLine::park(""), "leg"),
        (ApiLine::play("u-1", "hangup::x", Playing::Leg), "file"),
        (ApiLine::transfer("u-1", "-both", "XML", "default"), "extension"),
        (ApiLine::transfer_inline("u-1", &[("set", "a='b'")]), "argument"),
        (ApiLine::transfer_inline("u-1", &[("set", ",^~|;")]), "argument"),
        (ApiLine::start_tap(fork, "u-1", "http://a", Mix::Mono, 8_000, None), "url"),
        (ApiLine::start_tap(fork, "u-1", "ws://a b", Mix::Mono, 8_000, None), "url"),
        (ApiLine::start_tap(fork, "u-1", "ws://a", Mix::Mono, 44_100, None), "rate"),
        (ApiLine::start_tap(fork, "u-1", "ws://a", Mix::Mono, 8_000, Some("{\"a\":\"\\n\"}")), "metadata"),
        (ApiLine::send_text(Module::VgTap, "u-1", "a"), "module"),
    ] {
        assert_eq!(refused.unwrap_err().field, field);
    }
}

#[test]
fn the_commands_that_started_the_recorded_streams() {
    for (module, recorded) in [
        (Module::AudioFork, include_str!("captures/audio-fork-esl-side.txt")),
        (Module::AudioStream, include_str!("captures/audio-stream-esl-side.txt")),
    ] {
        let lines: Vec<_> = recorded
            .lines()
            .filter_map(|line| line.trim().strip_prefix("api ")?.strip_suffix(r" -> '+OK Success\n'"))
            .collect();
        let mut parts = lines[0].split(' ');
        let (leg, url) = (parts.nth(1).unwrap(), parts.nth(1).unwrap());
        let own = [
            ApiLine::start_tap(module, leg, url, Mix::Mono, 8_000, Some(r#"{"a":1}"#)),
            ApiLine::send_text(module, leg, r#"{"b":2}"#),
            ApiLine::stop_tap(module, leg, Some(r#"{"end":1}"#)),
        ];
        assert_eq!(own.map(|line| line.unwrap().to_string()).to_vec(), lines);
    }
}

#[test]
fn variables_are_set_together_where_that_is_safe() {
    let lines = |variables: &[(&str, &str)]| -> Vec<String> {
        setting("u-1", variables).unwrap().iter().map(ApiLine::to_string).collect()
    };
    assert_eq!(lines(&[("a", "1"), ("b", "x=y z")]), ["uuid_setvar_multi u-1 a=1;b=x=y z"]);
    assert_eq!(lines(&[("a", "1=2")]), ["uuid_setvar u-1 a 1=2"]);
    assert_eq!(
        lines(&[("a", "1"), ("b", "x;y"), ("c", "it's"), ("d", ""), ("e", "2")]),
        ["uuid_setvar_multi u-1 a=1;e=2", "uuid_setvar u-1 b x;y", "uuid_setvar u-1 c it\\'s", "uuid_setvar u-1 d"]
    );
    let many: Vec<_> = (0..70).map(|number| format!("v{number}")).collect();
    let many: Vec<_> = many.iter().map(|name| (name.as_str(), "1")).collect();
    assert_eq!(lines(&many).iter().map(|line| line.matches('=').count()).collect::<Vec<_>>(), [64, 6]);
    for (variable, field) in
        [(("a b", "1"), "variable"), (("a", "1\n"), "value"), (("a", "\\n"), "value"), (("a", " "), "value")]
    {
        assert_eq!(setting("u-1", &[variable]).unwrap_err().field, field);
    }
}

#[test]
fn calls_are_placed() {
    let place = |variables: &[(&str, &str)]| {
        let applications = [("park", "")];
        let call = Originate { destination: "sofia/gateway/t/100", variables, applications: &applications };
        call.line().map(|line| line.to_string())
    };
    assert_eq!(place(&[]).unwrap(), "originate sofia/gateway/t/100 park inline");
    assert_eq!(
        place(&[("origination_uuid", "u-1"), ("originate_timeout", "30")]).unwrap(),
        "originate {origination_uuid=u-1,originate_timeout=30}sofia/gateway/t/100 park inline"
    );
    assert_eq!(
        place(&[("a", "x,y"), ("b", "1 2")]).unwrap(),
        "originate '{^^;a=x,y;b=1 2}sofia/gateway/t/100' park inline"
    );
    for value in ["", "a}b", "it's", "a\\b", "a\nb", "a:_:b", " a", ",;|~!#"] {
        assert_eq!(place(&[("a", value)]).unwrap_err().field, "value", "{value}");
    }
}

proptest! {
    #[test]
    fn no_text_breaks_out_of_its_line(text in "(?s).{0,40}", other in "[ -~\r\n]{0,20}") {
        let leg = Some(text.clone());
        let wanted = Wanted { names: vec![text.clone()], subclasses: vec![other.clone()] };
        let event = SentEvent {
            name: "CUSTOM".into(),
            subclass: Some(text.clone()),
            headers: vec![(other.clone(), text.clone())],
            body: None,
        };
        // How many line breaks each may have: those of its own form.
        for (command, breaks) in [
            (Command::Auth(text.clone()), 2),
            (Command::UserAuth { user: text.clone(), password: other.clone() }, 2),
            (Command::Events(EventFormat::Plain, wanted.clone()), 2),
            (Command::Filter { header: text.clone(), value: other.clone() }, 2),
            (Command::Filter { header: "a".into(), value: text.clone() }, 2),
            (Command::MyEvents(EventFormat::Json, leg.clone()), 2),
            (Command::HangUp { leg: leg.clone(), cause: "X".into() }, 4),
            (Command::HangUp { leg: None, cause: text.clone() }, 4),
            (Command::Send(event), 4),
        ] {
            if let Ok(bytes) = command.encode() {
                let found = bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r' | 0)).count();
                prop_assert_eq!(found, breaks, "{:?}", String::from_utf8_lossy(&bytes));
                prop_assert!(bytes.ends_with(b"\n\n"));
            }
        }
        let lines = [
            ApiLine::new(&text),
            ApiLine::start_tap(Module::AudioFork, "u", &format!("ws://{text}"), Mix::Mono, 8_000, Some(&other)),
            ApiLine::start_record("u", &text, None),
            ApiLine::transfer("u", &text, &other, &other),
            ApiLine::transfer_inline("u", &[(&text, &other), (&other, &text)]),
            Originate { destination: &text, variables: &[("a", &other)], applications: &[("park", "")] }.line(),
        ];
        let set = setting("u", &[("a", &text), ("b", &other)]).unwrap_or_default();
        for line in lines.into_iter().flatten().chain(set) {
            prop_assert!(!line.as_str().contains(['\n', '\r', '\0']), "{line}");
        }
    }

    #[test]
    fn an_argument_with_line_breaks_goes_into_a_body(argument in "(?s).{0,600}") {
        let command =
            Command::Execute { leg: None, application: "set".into(), argument: argument.clone(), lock: true, event: None };
        if let Ok(bytes) = command.encode() {
            let text = String::from_utf8(bytes).unwrap();
            let (head, body) = text.split_once("\n\n").unwrap();
            let carried = match head.split("content-length: ").nth(1) {
                Some(length) => {
                    prop_assert_eq!(length.parse::<usize>().unwrap(), body.len());
                    body
                }
                None => head.split("execute-app-arg: ").nth(1).map_or("", |rest| rest.split('\n').next().unwrap()),
            };
            prop_assert_eq!(carried, argument);
        } else {
            prop_assert!(argument.contains('\0'));
        }
    }
}
