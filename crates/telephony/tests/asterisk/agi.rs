use offhook_telephony::WireError;
use offhook_telephony::agi::{Command, Decoder, Message, Reply};
use proptest::prelude::*;

use crate::decoded;

const CALL: &[u8] = include_bytes!("../captures/fastagi.txt");

fn read(bytes: &[u8], size: usize) -> Vec<Result<Message, WireError>> {
    decoded!(Decoder::new(), bytes, size)
}

fn done(result: &str, value: Option<&str>, endpos: Option<u64>) -> Message {
    let (result, value) = (result.to_owned(), value.map(str::to_owned));
    Message::Reply(Reply { code: 200, result, value, endpos, text: String::new() })
}

fn failed(code: u16, text: &str) -> Message {
    Message::Reply(Reply { code, result: String::new(), value: None, endpos: None, text: text.to_owned() })
}

#[test]
fn a_real_call_says_where_it_is_and_answers_each_command() {
    let mut given: Vec<_> = read(CALL, 4_096).into_iter().map(Result::unwrap).collect();
    let Message::Environment(environment) = given.remove(0) else { panic!("an environment") };
    assert_eq!((environment.path.as_str(), environment.parameter("x")), ("voicemail", Some("1")));
    assert_eq!(environment.arguments, ["arg1", "arg two"]);
    assert_eq!(environment.get("uniqueid"), Some("1795165434.9"));
    assert_eq!(environment.get("channel"), Some("Local/9002@test-00000004;1"));
    assert_eq!((environment.get("callerid"), environment.get("accountcode")), (None, Some("")));
    assert_eq!(
        given,
        [
            done("0", None, None),
            done("6", None, None),
            done("1", Some("1795165434.9"), None),
            done("1", None, None),
            failed(510, "Invalid or unknown command"),
            done("0", None, Some(6_291)),
            done("0", None, None),
            done("0", None, None),
            done("1", Some("MACHINE"), None),
            done("1", Some("INITIALSILENCE-2500-2500"), None),
            done("1", None, None),
            done("1", None, None),
            Message::HangUp,
        ]
    );
}

#[test]
fn replies_of_every_form_are_read() {
    let bytes = b"\n200 result=1 (a (b) c) endpos=5\n200 result= (timeout)\n200 result=-1 endpos=0\n\
        520-Invalid command syntax.  Proper usage follows:\n Usage: ANSWER\n\nHANGUP\n520 End of proper usage.\n\
        511 Command Not Permitted on a dead channel or intercept routine\n200 result=0042#\nHANGUP\n";
    let given: Vec<_> = read(bytes, 3).into_iter().map(Result::unwrap).skip(1).collect();
    let usage = "Invalid command syntax.  Proper usage follows:\n Usage: ANSWER\n\nHANGUP\nEnd of proper usage.";
    assert_eq!(
        given,
        [
            done("1", Some("a (b) c"), Some(5)),
            done("", Some("timeout"), None),
            done("-1", None, Some(0)),
            failed(520, usage),
            failed(511, "Command Not Permitted on a dead channel or intercept routine"),
            done("0042#", None, None),
            Message::HangUp,
        ]
    );
    let Message::Reply(reply) = &given[2] else { panic!("a reply") };
    assert!(!reply.is_success());
}

#[test]
fn what_is_no_reply_is_said_and_passed_over() {
    let given = read(b"agi_a: 1\nnonsense\n\nGET / HTTP/1.1\n200 result=1\n", 7);
    assert_eq!(given.iter().map(Result::is_ok).collect::<Vec<_>>(), [false, true, false, true]);
}

#[test]
fn the_parameters_of_the_url_are_decoded() {
    let given = read(b"agi_network_script: a%20b/c?who=J%C3%BCrgen+K&flag&x=1=2\n\n", 9);
    let Ok(Message::Environment(environment)) = &given[0] else { panic!("an environment") };
    assert_eq!(environment.path, "a b/c");
    assert_eq!(environment.parameter("who"), Some("Jürgen K"));
    assert_eq!((environment.parameter("flag"), environment.parameter("x")), (Some(""), Some("1=2")));
}

#[test]
fn commands_are_written_as_asterisk_reads_them() {
    let line = |command: Command| String::from_utf8(command.encode()).unwrap();
    assert_eq!(line(Command::answer()), "ANSWER\n");
    assert_eq!(
        line(Command::set_variable("VMRESULT", r#"a "b" \c"#).unwrap()),
        "SET VARIABLE \"VMRESULT\" \"a \\\"b\\\" \\\\c\"\n"
    );
    assert_eq!(line(Command::exec("AMD", "").unwrap()), "EXEC \"AMD\" \"\"\n");
    let error = Command::get_variable("a\nHANGUP").unwrap_err();
    assert!(error.to_string().starts_with("argument of GET VARIABLE: given"), "{error}");
    assert!(Command::set_variable("A", &"\"".repeat(1_500)).is_err());
}

proptest! {
    #[test]
    fn cuts_change_nothing(size in 1usize..400, noise in "[0-9a-z=() \n-]{0,80}") {
        let bytes = [CALL, noise.as_bytes()].concat();
        prop_assert_eq!(read(&bytes, size), read(&bytes, bytes.len()));
    }

    #[test]
    fn an_argument_is_one_argument(argument in "(?s).{0,30}") {
        if let Ok(command) = Command::get_variable(&argument) {
            let line = String::from_utf8(command.encode()).unwrap();
            prop_assert_eq!(line.matches(['\n', '\r', '\0']).count(), 1);
            let quoted = line.strip_prefix("GET VARIABLE \"").and_then(|line| line.strip_suffix("\"\n")).unwrap();
            let (mut letters, mut read) = (quoted.chars(), String::new());
            while let Some(letter) = letters.next() {
                prop_assert!(letter != '"');
                read.extend(if letter == '\\' { letters.next() } else { Some(letter) });
            }
            prop_assert_eq!(read, argument);
        }
    }
}
