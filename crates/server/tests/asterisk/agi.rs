//! A dialplan that asks by FastAGI, as Asterisk does.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use uuid::Uuid;

use crate::service;
use crate::socket::AudioSocket;
use crate::support::{Service, samples};

const FILE: &str = "audiosocket = { bind = '127.0.0.1:0' }\nfastagi = { bind = '127.0.0.1:0' }\n";

/// What the dialplan was told in one step: variables, and everything else in order.
#[derive(Debug, Default)]
struct Step {
    variables: BTreeMap<String, String>,
    commands: Vec<String>,
}

async fn step(service: &Service, script: &str, id: &str) -> Step {
    let address = service.app.switches.asterisk.fastagi.as_ref().unwrap().address;
    let (reading, mut writing) = TcpStream::connect(address).await.unwrap().into_split();
    let environment = format!(
        "agi_network: yes\nagi_network_script: {script}\nagi_request: agi://127.0.0.1/{script}\nagi_channel: \
         PJSIP/carrier-00000001\nagi_uniqueid: {id}\nagi_callerid: +15550100\nagi_dnid: unknown\nagi_context: test\n\
         agi_extension: 9060\nagi_enhanced: 0.0\n\n"
    );
    // Cut within a line.
    let (one, two) = environment.as_bytes().split_at(50);
    writing.write_all(one).await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    writing.write_all(two).await.unwrap();
    let mut lines = BufReader::new(reading).lines();
    let mut step = Step::default();
    while let Some(line) = lines.next_line().await.unwrap() {
        let reply = if line == "CHANNEL STATUS" { "200 result=6\n" } else { "200 result=1\n" };
        match line.strip_prefix("SET VARIABLE \"").and_then(|rest| rest.strip_suffix('"')) {
            Some(rest) => {
                let (name, value) = rest.split_once("\" \"").unwrap();
                step.variables.insert(name.to_owned(), value.to_owned());
            }
            None => step.commands.push(line),
        }
        writing.write_all(reply.as_bytes()).await.unwrap();
    }
    step
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dialplan_needs_no_manager_interface() {
    let rule = "[[rule]]\nname = 'spring'\n[rule.on]\nhuman = [{ transfer = 'queue,100,1' }]\n";
    let service = service(&format!("{FILE}{rule}")).await;
    for (id, file, status) in
        [("1763620010.1", "human-short.wav", "HUMAN"), ("1763620010.2", "voicemail-personal-beep.wav", "MACHINE")]
    {
        let begun = step(&service, "begin?rule=spring&campaign=x", id).await;
        let uuid: Uuid = begun.variables["OFFHOOK_ID"].parse().unwrap();
        let mut socket = AudioSocket::open(&service, uuid).await;
        socket.say(&samples(file)).await;
        socket.closed().await;
        let result = step(&service, "result", id).await;
        assert_eq!(result.variables["AMDSTATUS"], status, "{result:#?}");
        let moved = result.commands.iter().any(|line| line == "SET CONTEXT \"queue\"");
        assert_eq!(moved, status == "HUMAN", "{result:#?}");
        let again = step(&service, "result", id).await;
        assert!(again.variables["OFFHOOK_ERROR"].contains("nothing is known"), "{again:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_that_cannot_be_done_says_so() {
    let service = service(FILE).await;
    for (script, why) in [
        ("beginn", "allowed is begin or result"),
        ("begin?rule=absent", "the name of a rule"),
        ("result?within=soon", "milliseconds"),
        ("result", "nothing is known of this channel"),
    ] {
        let step = step(&service, script, "1763620011.1").await;
        assert!(step.variables["OFFHOOK_ERROR"].contains(why), "{script}: {step:?}");
    }
    let help = step(&service, "", "1763620011.1").await;
    assert!(help.commands.iter().any(|line| line.contains("agi://HOST/result")), "{help:?}");
    // A call whose results do not come is not sure, and goes on.
    let begun = step(&service, "begin", "1763620011.2").await;
    assert!(begun.variables["OFFHOOK_ID"].parse::<Uuid>().is_ok());
    let late = step(&service, "result?within=50", "1763620011.2").await;
    assert_eq!((late.variables["AMDSTATUS"].as_str(), late.variables["AMDCAUSE"].as_str()), ("NOTSURE", "TOOLONG-50"));
}
