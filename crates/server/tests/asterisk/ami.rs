//! A manager interface as Asterisk has it, and calls that it tells of.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use md5::{Digest as _, Md5};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::sync::{broadcast, watch};
use uuid::Uuid;

use crate::socket::AudioSocket;
use crate::support::{Service, samples};
use crate::{service, until};

type Headers = HashMap<String, String>;

/// A scripted Asterisk.
pub(crate) struct AmiServer {
    pub(crate) address: std::net::SocketAddr,
    pub(crate) actions: Arc<Mutex<Vec<Headers>>>,
    events: broadcast::Sender<String>,
    logins: watch::Receiver<u32>,
    cut: broadcast::Sender<()>,
    /// What `CoreShowChannels` lists.
    pub(crate) listed: Arc<Mutex<Vec<String>>>,
}

fn packet(lines: &[(&str, &str)]) -> String {
    let lines: String = lines.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    lines + "\r\n"
}

impl AmiServer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let actions: Arc<Mutex<Vec<Headers>>> = Arc::default();
        let listed: Arc<Mutex<Vec<String>>> = Arc::default();
        let (events, cut) = (broadcast::channel(4_096).0, broadcast::channel(4).0);
        let (login, logins) = watch::channel(0);
        let (all, list, sent, cuts) = (Arc::clone(&actions), Arc::clone(&listed), events.clone(), cut.clone());
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let mut cut = cuts.subscribe();
                let serving = serve(stream, Arc::clone(&all), Arc::clone(&list), sent.subscribe(), login.clone());
                tokio::spawn(async move {
                    tokio::select! { () = serving => {}, _ = cut.recv() => {} }
                });
            }
        });
        Self { address, actions, events, logins, cut, listed }
    }

    /// The part of the file of switches that names it.
    pub(crate) fn toml(&self) -> String {
        format!(
            "[[asterisk]]\nname = 'ast1'\nami = {{ address = '{}', user = 'offhook', password = 'secret' }}\n",
            self.address
        )
    }

    /// Waits for so many logins in all.
    pub(crate) async fn logged_in(&mut self, times: u32) {
        let waited = self.logins.wait_for(|logins| *logins >= times);
        drop(tokio::time::timeout(crate::PATIENCE, waited).await.unwrap().unwrap());
    }

    /// Ends all connections.
    pub(crate) fn cut(&self) {
        self.cut.send(()).ok();
    }

    pub(crate) fn event(&self, lines: &[(&str, &str)]) {
        self.events.send(packet(lines)).unwrap();
    }

    /// A channel that was placed and answered.
    pub(crate) fn channel(&self, id: &str, number: &str) {
        let name = format!("PJSIP/carrier-{id}");
        for (event, state) in [("Newchannel", "0"), ("Newstate", "6")] {
            self.event(&[
                ("Event", event),
                ("Channel", &name),
                ("ChannelState", state),
                ("CallerIDNum", number),
                ("CallerIDName", "<unknown>"),
                ("ConnectedLineNum", "<unknown>"),
                ("Exten", "s"),
                ("Context", "campaign"),
                ("Uniqueid", id),
                ("Linkedid", id),
            ]);
        }
    }

    /// Its dialplan comes to `AudioSocket()`.
    pub(crate) fn runs_audiosocket(&self, id: &str, uuid: Uuid) {
        self.event(&[
            ("Event", "Newexten"),
            ("Channel", &format!("PJSIP/carrier-{id}")),
            ("Context", "campaign"),
            ("Exten", "s"),
            ("Application", "AudioSocket"),
            ("AppData", &format!("{uuid},127.0.0.1:9092")),
            ("Uniqueid", id),
        ]);
    }

    pub(crate) fn hangs_up(&self, id: &str) {
        let name = format!("PJSIP/carrier-{id}");
        self.event(&[
            ("Event", "Hangup"),
            ("Channel", &name),
            ("Uniqueid", id),
            ("Cause", "16"),
            ("Cause-txt", "Normal Clearing"),
        ]);
    }

    /// The actions of this name on this channel so far.
    pub(crate) fn asked(&self, action: &str, channel: &str) -> Vec<Headers> {
        let actions = self.actions.lock().unwrap();
        let of = |headers: &&Headers| {
            headers["Action"] == action
                && ["Channel", "Uniqueid"].iter().any(|name| headers.get(*name).is_some_and(|c| c == channel))
        };
        actions.iter().filter(of).cloned().collect()
    }

    /// The variables of a channel as they were set.
    pub(crate) fn variables(&self, channel: &str) -> HashMap<String, String> {
        let set = self.asked("Setvar", channel);
        set.iter().map(|headers| (headers["Variable"].clone(), headers["Value"].clone())).collect()
    }
}

async fn serve(
    stream: tokio::net::TcpStream,
    actions: Arc<Mutex<Vec<Headers>>>,
    listed: Arc<Mutex<Vec<String>>>,
    mut events: broadcast::Receiver<String>,
    logins: watch::Sender<u32>,
) {
    let (reading, mut writing) = stream.into_split();
    let mut lines = BufReader::new(reading).lines();
    writing.write_all(b"Asterisk Call Manager/13.0.0\r\n").await.ok();
    let mut headers = Headers::new();
    loop {
        let line = tokio::select! {
            line = lines.next_line() => match line { Ok(Some(line)) => line, _ => return },
            Ok(event) = events.recv() => {
                // In two pieces, as it may well come.
                let (one, two) = event.split_at(event.len() / 2);
                for half in [one, two] {
                    if writing.write_all(half.as_bytes()).await.is_err() { return }
                }
                continue;
            }
        };
        if let Some((name, value)) = line.split_once(": ") {
            headers.insert(name.to_owned(), value.to_owned());
            continue;
        }
        let action = std::mem::take(&mut headers);
        let id = action["ActionID"].clone();
        let mut answer = vec![("Response", "Success"), ("ActionID", id.as_str())];
        let mut more = String::new();
        match action["Action"].as_str() {
            "Challenge" => answer.push(("Challenge", "840415273")),
            "Login" => {
                let key = hex::encode(Md5::new().chain_update("840415273").chain_update("secret").finalize());
                assert_eq!(action["Key"], key, "the password is not sent");
                answer.push(("Message", "Authentication accepted"));
            }
            "CoreShowChannels" => {
                more = listed.lock().unwrap().concat();
                more += &packet(&[("Event", "CoreShowChannelsComplete"), ("ActionID", &id)]);
                logins.send_modify(|logins| *logins += 1);
            }
            "Park" => answer = vec![("Response", "Error"), ("ActionID", &id), ("Message", "No such command")],
            _ => {}
        }
        let answer = packet(&answer) + &more;
        actions.lock().unwrap().push(action);
        if writing.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

const FILE: &str = "audiosocket = { bind = '127.0.0.1:0' }\n";

/// A call through `AudioSocket()`, and the variables that its dialplan finds once that is over.
async fn drop_in(service: &Service, manager: &AmiServer, id: &str, audio: &[i16]) -> HashMap<String, String> {
    let uuid = Uuid::new_v4();
    manager.channel(id, "+15550100");
    manager.runs_audiosocket(id, uuid);
    let mut socket = AudioSocket::open(service, uuid).await;
    socket.say(audio).await;
    socket.closed().await;
    // As the socket is closed the dialplan goes on: what is not set now comes too late for it.
    manager.variables(id)
}

#[tokio::test(flavor = "multi_thread")]
async fn audiosocket_stands_in_for_amd() {
    let mut manager = AmiServer::start().await;
    let service = service(&format!("{FILE}{}", manager.toml())).await;
    manager.logged_in(1).await;
    let human = drop_in(&service, &manager, "1763620000.1", &samples("human-short.wav")).await;
    assert_eq!(human["AMDSTATUS"], "HUMAN", "{human:#?}");
    assert_eq!(human["OFFHOOK_ANSWERED_BY"], "human");
    let machine = drop_in(&service, &manager, "1763620000.2", &samples("voicemail-personal-beep.wav")).await;
    assert_eq!(machine["AMDSTATUS"], "MACHINE", "{machine:#?}");
    assert_eq!(machine["OFFHOOK_ANSWERED_BY"], "voicemail");
    assert_eq!(machine["ai_voicemail_detected"], "true");
    let news = manager.asked("UserEvent", "1763620000.2");
    let names: Vec<&str> = news.iter().map(|headers| headers["UserEvent"].as_str()).collect();
    for name in ["VoicemailDetected", "OffhookVerdict", "OffhookReady"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    until("the end of both watches", || (service.app.switches.watches.count() == 0).then_some(())).await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_call_without_a_verdict_goes_on_as_amd_would_say_it() {
    let mut manager = AmiServer::start().await;
    let service = service(&format!("{FILE}{}[[rule]]\nwithin = '300ms'\n", manager.toml())).await;
    manager.logged_in(1).await;
    let late = drop_in(&service, &manager, "1763620001.1", &[0; 800]).await;
    assert_eq!(late["AMDSTATUS"], "NOTSURE");
    assert!(late["AMDCAUSE"].starts_with("TOOLONG-"), "{late:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn actions_are_done_on_the_channel_and_what_ami_cannot_is_said() {
    let mut manager = AmiServer::start().await;
    let rules = "[[rule]]\nhold = 'verdict'\n[rule.on]\nhuman = ['park', { set = { CAMPAIGN = 'won' } }, { play = 'x.wav' }, \
        { transfer = 'queue,100,1' }]\nmachine = [{ hangup = 'USER_BUSY' }]\n";
    let service = service(&format!("{FILE}{}{rules}", manager.toml())).await;
    manager.logged_in(1).await;
    drop_in(&service, &manager, "1763620002.1", &samples("human-short.wav")).await;
    let moved = &manager.asked("Redirect", "1763620002.1")[0];
    assert_eq!((moved["Context"].as_str(), moved["Exten"].as_str(), moved["Priority"].as_str()), ("queue", "100", "1"));
    assert_eq!(manager.variables("1763620002.1")["CAMPAIGN"], "won");
    let uuid = Uuid::new_v4();
    manager.channel("1763620002.2", "+15550101");
    manager.runs_audiosocket("1763620002.2", uuid);
    let mut socket = AudioSocket::open(&service, uuid).await;
    socket.say(&samples("voicemail-personal-beep.wav")).await;
    let hangup = until("the call is hung up", || manager.asked("Hangup", "1763620002.2").pop()).await;
    assert_eq!(hangup["Cause"], "17");
    manager.hangs_up("1763620002.2");
    drop(socket);
    let calls = until("both records", || {
        let done = service.app.switches.watches.count() == 0;
        done.then_some(())
    });
    calls.await;
    let folder = service.stop().await;
    drop(folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_lost_connection_calls_are_picked_up_again() {
    let mut manager = AmiServer::start().await;
    let service = service(&format!("{FILE}{}[[rule]]\nwithin = '60s'\n", manager.toml())).await;
    manager.logged_in(1).await;
    let uuids = [Uuid::new_v4(), Uuid::new_v4()];
    let [going, ended, new] = ["1763620003.1", "1763620003.2", "1763620003.3"];
    let mut sockets = Vec::new();
    for (id, uuid) in [going, ended].into_iter().zip([uuids[0], Uuid::new_v4()]) {
        manager.channel(id, "+15550100");
        manager.runs_audiosocket(id, uuid);
        sockets.push(AudioSocket::open(&service, uuid).await);
        until("its watch", || service.app.switches.watches.has(id).then_some(())).await;
    }
    // While the connection is cut one call ends, and another comes to AudioSocket().
    for (id, uuid) in [(going, uuids[0]), (new, uuids[1])] {
        manager.listed.lock().unwrap().push(packet(&[
            ("Event", "CoreShowChannel"),
            ("Channel", &format!("PJSIP/carrier-{id}")),
            ("ChannelState", "6"),
            ("Uniqueid", id),
            ("Application", "AudioSocket"),
            ("ApplicationData", &format!("{uuid},127.0.0.1:9092")),
        ]));
    }
    manager.cut();
    drop(sockets.pop());
    // Its verdict comes while nobody can be told: it is held for the connection.
    sockets[0].say(&samples("human-short.wav")).await;
    sockets[0].closed().await;
    assert_eq!(manager.variables(going)["AMDSTATUS"], "HUMAN");
    manager.logged_in(2).await;
    until("the end of the second", || (!service.app.switches.watches.has(ended)).then_some(())).await;
    let mut socket = AudioSocket::open(&service, uuids[1]).await;
    socket.say(&samples("human-short.wav")).await;
    socket.closed().await;
    assert_eq!(manager.variables(new)["AMDSTATUS"], "HUMAN");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_calls_at_once_each_hear_their_own() {
    let mut manager = AmiServer::start().await;
    let service = service(&format!("{FILE}{}", manager.toml())).await;
    manager.logged_in(1).await;
    let (human, machine) = (samples("human-short.wav"), samples("voicemail-personal-beep.wav"));
    let (service, manager) = (Arc::new(service), Arc::new(manager));
    let calls = (0..50).map(|n| {
        let (service, manager) = (Arc::clone(&service), Arc::clone(&manager));
        let audio = if n % 2 == 0 { human.clone() } else { machine.clone() };
        tokio::spawn(async move {
            let id = format!("1763620004.{n}");
            (n, drop_in(&service, &manager, &id, &audio).await)
        })
    });
    for call in calls.collect::<Vec<_>>() {
        let (n, variables) = call.await.unwrap();
        let expected = if n % 2 == 0 { ("HUMAN", "human") } else { ("MACHINE", "voicemail") };
        assert_eq!((variables["AMDSTATUS"].as_str(), variables["OFFHOOK_ANSWERED_BY"].as_str()), expected, "call {n}");
    }
    until("no call is left", || (service.app.live.count() == 0).then_some(())).await;
    assert_eq!(service.app.switches.links.count(), 0);
}
