use super::*;

fn read(text: &str) -> Result<Switches, SwitchError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("switches.toml");
    std::fs::write(&path, text).unwrap();
    Switches::read(&path)
}

#[test]
fn a_short_file_is_enough() {
    let switches = read("[[freeswitch]]\nname = 'fs1'\npassword = 'ClueCon'\n").unwrap();
    assert_eq!(switches.freeswitch[0].address, "127.0.0.1:8021");
    assert_eq!(switches.rules.len(), 1, "every call is watched where no rule says otherwise");
    assert!(!format!("{switches:?}").contains("ClueCon"));
}

#[test]
fn a_whole_file_is_read() {
    let switches = read(
        r#"
            node = "a"
            audiosocket = { bind = "127.0.0.1:9092" }
            fastagi = { bind = "127.0.0.1:4573", allow = ["10.0.0.0/8"] }
            rtp = { bind = "127.0.0.1", ports = [40000, 40100] }
            [[freeswitch]]
            name = "fs1"
            password = { env = "FS_PASSWORD" }
            audio = "record"
            folder = "/var/spool/offhook"
            [[asterisk]]
            name = "ast1"
            ami = { address = "127.0.0.1:5038", user = "offhook", password = { file = "/etc/secret" } }
            ari = { url = "http://127.0.0.1:8088/ari", user = "offhook", password = "x", audio = "rtp" }
            [[rule]]
            name = "spring"
            switches = ["fs1"]
            variables = { campaign = "^spring$" }
            within = "4s"
            [rule.on]
            human = [{ transfer = "1000 XML default" }]
            voicemail = [{ drop = "/srv/message.wav" }]
            machine = [{ hangup = "NORMAL_CLEARING" }]
            late = [{ webhook = { url = "https://dialer.example.com/late", within = "300ms", otherwise = ["stay"] } }]
            "#,
    )
    .unwrap();
    assert_eq!(switches.rules[0].on.len(), 4);
    assert_eq!(switches.freeswitch[0].audio, Tap::Record);
}

#[test]
fn the_examples_of_the_guide_can_be_used() {
    let guide = include_str!("../../../../../docs/guide/switches.md");
    let blocks = guide.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let files: Vec<&str> = blocks.filter(|block| !block.starts_with("# offhook.toml")).collect();
    assert!(files.len() >= 2);
    for file in files {
        read(file).unwrap_or_else(|error| panic!("{error}: {file}"));
    }
}

#[test]
fn a_mistake_is_told_by_its_line_without_what_stands_there() {
    let error = read("node = 'a'\n\n[[freeswitch]]\nname = 'a'\npassword = ['ClueCon']\n").unwrap_err().to_string();
    assert!(error.contains("line 5") && !error.contains("ClueCon"), "{error}");
}

#[test]
fn what_cannot_be_used_is_named() {
    for (text, named) in [
        ("[[freeswitch]]\nname = 'a'\npassword = 'x'\naudio = 'record'", "freeswitch[0].folder"),
        ("[[freeswitch]]\nname = 'a'\npassword = 'x'\nnodes = ['http://x']", "freeswitch[0].nodes"),
        ("[[freeswitch]]\nname = 'a'\npassword = 'x'\n[[freeswitch]]\nname = 'a'\npassword = 'x'", "name"),
        ("[[asterisk]]\nname = 'a'", "asterisk[0]"),
        (
            "[[asterisk]]\nname = 'a'\nami = { address = 'x', user = 'y', password = 'z', place = 's' }",
            "asterisk[0].ami.place",
        ),
        ("[[freeswitch]]\nname = 'a'\npassword = 'x'\ndial = 'sofia/x'", "freeswitch[0].dial"),
        ("[[rule]]\nshare = 101", "rule[0].share"),
        ("[[rule]]\nswitches = ['x']", "rule[0].switches"),
        ("[[rule]]\nvocabularies = ['latin']", "rule[0].vocabularies"),
        ("[[rule]]\nrate = 44100", "rule[0].rate"),
        ("[[rule]]\n[rule.on]\nhuman = [{ transfer = \"a\\nb\" }]", "rule[0].on.human"),
        ("[[rule]]\n[rule.on]\nhumen = []", "humen"),
        ("[[rule]]\nwithin = 'soon'", "soon"),
        ("[[rule]]\ncaller = '('", "line 2: given \"(\", allowed is a regular expression: unclosed group"),
        ("[[frieswitch]]", "frieswitch"),
    ] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains(named), "{text}: {error}");
    }
}
