//! A FreeSWITCH by script: it speaks the event socket as a real one does, and streams the audio of its calls as
//! mod_audio_fork does.

mod media;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{broadcast, mpsc, watch};

use super::wire;

/// How the switch is to behave.
#[derive(Clone, Debug)]
pub(crate) struct Manner {
    pub(crate) password: &'static str,
    /// Bytes are written in pieces of so many.
    pub(crate) piece: usize,
    /// What is said comes only after so long, every time.
    pub(crate) stall: Duration,
    /// So many frames of 20 ms are sent at a time.
    pub(crate) hurry: usize,
    /// They are sent as often as this.
    pub(crate) every: Duration,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            password: "ClueCon",
            piece: usize::MAX,
            stall: Duration::ZERO,
            hurry: 5,
            every: Duration::from_millis(10),
        }
    }
}

/// One leg.
#[derive(Clone, Debug, Default)]
struct Leg {
    up: bool,
    audio: Arc<Vec<i16>>,
    variables: Vec<(String, String)>,
    /// How many samples of its audio were sent.
    sent: usize,
    /// Stops its stream.
    stop: Option<mpsc::Sender<()>>,
    /// Runs of its stream.
    streams: Vec<String>,
}

#[derive(Debug)]
struct Shared {
    manner: Mutex<Manner>,
    legs: Mutex<HashMap<String, Leg>>,
    /// Of each leg, also one that is over: when samples were sent, and how many it were then.
    sendings: Mutex<HashMap<String, Vec<(Instant, usize)>>>,
    commands: watch::Sender<Vec<String>>,
    /// When each came.
    came: Mutex<Vec<Instant>>,
    events: broadcast::Sender<String>,
    hang: broadcast::Sender<()>,
}

/// The switch.
#[derive(Clone, Debug)]
pub(crate) struct Switch {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

impl Switch {
    pub(crate) async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            manner: Mutex::new(manner),
            legs: Mutex::default(),
            sendings: Mutex::default(),
            commands: watch::channel(Vec::new()).0,
            came: Mutex::default(),
            events: broadcast::channel(65_536).0,
            hang: broadcast::channel(4).0,
        });
        let switch = Self { address, shared };
        let serving = switch.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let switch = serving.clone();
                tokio::spawn(async move { switch.serve(stream, None).await });
            }
        });
        switch
    }

    pub(crate) fn manner(&self, change: impl FnOnce(&mut Manner)) {
        change(&mut self.shared.manner.lock().unwrap());
    }

    /// Ends every connection.
    pub(crate) fn hang_up_on_all(&self) {
        self.shared.hang.send(()).ok();
    }

    /// All connections are told.
    pub(crate) fn raise(&self, bytes: String) {
        self.shared.events.send(bytes).ok();
    }

    /// A leg that is not answered, and will be heard so.
    pub(crate) fn add(&self, leg: &str, audio: Vec<i16>) {
        let audio = Arc::new(audio);
        self.shared.sendings.lock().unwrap().remove(leg);
        self.shared.legs.lock().unwrap().insert(leg.into(), Leg { audio, ..Leg::default() });
    }

    /// A leg that is answered and will be heard so.
    pub(crate) fn answer(&self, leg: &str, audio: Vec<i16>) {
        self.add(leg, audio);
        self.shared.legs.lock().unwrap().get_mut(leg).unwrap().up = true;
        self.raise(wire::answer(leg, &[]));
    }

    /// A leg is over.
    pub(crate) fn hang_up(&self, leg: &str) {
        self.forget(leg);
        self.raise(wire::hangup(leg));
    }

    /// The same, and nobody is told.
    pub(crate) fn forget(&self, leg: &str) {
        self.shared.legs.lock().unwrap().remove(leg);
    }

    pub(crate) fn variable(&self, leg: &str, name: &str) -> Option<String> {
        let legs = self.shared.legs.lock().unwrap();
        let found = legs.get(leg)?.variables.iter().rfind(|(own, _)| own == name)?;
        Some(found.1.clone())
    }

    /// The samples of a leg that were sent so far.
    pub(crate) fn sent(&self, leg: &str) -> usize {
        self.shared.legs.lock().unwrap().get(leg).map_or(0, |leg| leg.sent)
    }

    /// When so many samples of a leg had been sent.
    pub(crate) fn sent_at(&self, leg: &str, samples: usize) -> Option<Instant> {
        let sendings = self.shared.sendings.lock().unwrap();
        sendings.get(leg)?.iter().find(|(_, sent)| *sent >= samples).map(|(at, _)| *at)
    }

    /// Whether a leg is there.
    pub(crate) fn has(&self, leg: &str) -> bool {
        self.shared.legs.lock().unwrap().contains_key(leg)
    }

    /// The addresses to which a leg's audio was sent.
    pub(crate) fn streams(&self, leg: &str) -> Vec<String> {
        self.shared.legs.lock().unwrap().get(leg).map(|leg| leg.streams.clone()).unwrap_or_default()
    }

    pub(crate) fn commands(&self) -> Vec<String> {
        self.shared.commands.borrow().clone()
    }

    /// The commands after the first so many, and when each came.
    pub(crate) fn since(&self, first: usize) -> Vec<(Instant, String)> {
        let commands = self.shared.commands.borrow();
        let came = self.shared.came.lock().unwrap();
        commands.iter().zip(came.iter()).skip(first).map(|(command, came)| (*came, command.clone())).collect()
    }

    /// The commands about a leg that have this text.
    pub(crate) fn about(&self, leg: &str, text: &str) -> Vec<String> {
        self.commands().into_iter().filter(|command| command.contains(leg) && command.contains(text)).collect()
    }

    /// Waits for a command about a leg that has this text.
    pub(crate) async fn told(&self, leg: &str, text: &str) -> String {
        let mut commands = self.shared.commands.subscribe();
        let found = commands.wait_for(|all| all.iter().any(|one| one.contains(leg) && one.contains(text)));
        let found = tokio::time::timeout(Duration::from_secs(60), found).await;
        let Ok(found) = found else { panic!("never told {text:?} of {leg}; was told {:#?}", self.short()) };
        found.unwrap().iter().find(|one| one.contains(leg) && one.contains(text)).unwrap().clone()
    }

    /// The commands, each shortened, without those by which nodes tell that they live.
    pub(crate) fn short(&self) -> Vec<String> {
        let told = self.commands().into_iter().filter(|command| !command.contains("offhook::alive"));
        told.map(|command| command.chars().take(110).collect()).collect()
    }

    /// Calls the service, as `socket` in a dialplan does.
    pub(crate) async fn socket(&self, to: SocketAddr, leg: &str) -> tokio::task::JoinHandle<()> {
        let stream = TcpStream::connect(to).await.unwrap();
        let (switch, leg) = (self.clone(), leg.to_owned());
        tokio::spawn(async move {
            switch.note(format!("socket of {leg}"));
            switch.serve(stream, Some(leg.clone())).await;
            switch.note(format!("released {leg}"));
        })
    }

    fn note(&self, command: String) {
        self.shared.commands.send_modify(|all| {
            self.shared.came.lock().unwrap().push(Instant::now());
            all.push(command);
        });
    }

    async fn serve(&self, stream: TcpStream, leg: Option<String>) {
        let (read, mut write) = stream.into_split();
        let (out, mut waiting) = mpsc::unbounded_channel::<String>();
        let (mut events, mut hang) = (self.shared.events.subscribe(), self.shared.hang.subscribe());
        let (listens, mut listening) = watch::channel(false);
        let switch = self.clone();
        let mut writer = tokio::spawn(async move {
            loop {
                let bytes = tokio::select! {
                    biased;
                    bytes = waiting.recv() => match bytes { Some(bytes) => bytes, None => return },
                    event = events.recv(), if *listening.borrow_and_update() => match event { Ok(event) => event, Err(_) => return },
                    _ = listening.changed() => continue,
                };
                let manner = switch.shared.manner.lock().unwrap().clone();
                tokio::time::sleep(manner.stall).await;
                for piece in bytes.as_bytes().chunks(manner.piece.min(bytes.len()).max(1)) {
                    if write.write_all(piece).await.is_err() {
                        return;
                    }
                    if manner.piece != usize::MAX {
                        write.flush().await.ok();
                        tokio::task::yield_now().await;
                    }
                }
            }
        });
        let mut lines = BufReader::new(read);
        if leg.is_none() {
            out.send("Content-Type: auth/request\n\n".into()).unwrap();
        }
        let mut known = leg.is_some();
        loop {
            let command = tokio::select! {
                command = command(&mut lines) => command,
                _ = hang.recv() => break,
                _ = &mut writer => break,
            };
            let Some(command) = command else { break };
            self.note(command.clone());
            match command.split_whitespace().next().unwrap_or_default() {
                "auth" if command != format!("auth {}", self.shared.manner.lock().unwrap().password) => {
                    let (_, refusal) = wire::BAD_PASSWORD.split_once("\n\n").unwrap();
                    out.send(refusal.into()).ok();
                    drop(out);
                    (&mut writer).await.ok();
                    return;
                }
                "auth" => {
                    known = true;
                    out.send(reply("+OK accepted")).ok();
                }
                _ if !known => drop(out.send(reply("-ERR command not found"))),
                "connect" => drop(out.send(wire::channel(leg.as_deref().unwrap()))),
                "event" | "myevents" => {
                    listens.send_replace(true);
                    out.send(reply("+OK event listener enabled plain")).ok();
                }
                "api" => {
                    let body = self.api(command.strip_prefix("api ").unwrap());
                    out.send(format!("Content-Type: api/response\nContent-Length: {}\n\n{body}", body.len())).ok();
                }
                "bgapi" => {
                    let job = command.lines().find_map(|line| line.strip_prefix("Job-UUID: ")).unwrap();
                    out.send(format!(
                        "Content-Type: command/reply\nReply-Text: +OK Job-UUID: {job}\nJob-UUID: {job}\n\n"
                    ))
                    .ok();
                    self.background(&command, job);
                }
                "sendmsg" => {
                    out.send(reply("+OK")).ok();
                    self.message(&command, leg.as_deref());
                }
                "sendevent" => {
                    out.send(reply("+OK 00000000-0000-0000-0000-000000000000")).ok();
                    self.custom(&command);
                }
                "exit" => {
                    out.send(reply("+OK bye")).ok();
                    drop(out);
                    (&mut writer).await.ok();
                    return;
                }
                _ => drop(out.send(reply("+OK"))),
            }
        }
        writer.abort();
    }

    /// Places a call: one to `busy` is, all others are answered at once and heard as `human-short.wav`.
    fn background(&self, command: &str, job: &str) {
        let (_, rest) = command.split_once("origination_uuid=").unwrap();
        let leg = rest.split([',', '}']).next().unwrap();
        let busy = command.contains("/busy");
        if !busy {
            self.answer(leg, super::support::samples("human-short.wav"));
        }
        let body = if busy { "-ERR USER_BUSY\n".to_owned() } else { format!("+OK {leg}\n") };
        self.raise(wire::event("BACKGROUND_JOB", "none", &[("Job-UUID", job)], Some(&body)));
    }

    /// An event that somebody raises comes to all who listen.
    fn custom(&self, command: &str) {
        let mut text = format!("Event-Name: CUSTOM\nEvent-Sequence: {}\n", wire::next());
        for line in command.lines().skip(1).take_while(|line| !line.is_empty()) {
            if let Some((name, value)) = line.split_once(": ")
                && !name.eq_ignore_ascii_case("content-length")
            {
                text += &format!("{name}: {}\n", wire::encoded(value));
            }
        }
        self.raise(wire::frame(&(text + "\n")));
    }

    fn message(&self, command: &str, leg: Option<&str>) {
        let header = |name: &str| command.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        let named = command.lines().next().and_then(|line| line.split_once(' ')).map(|(_, leg)| leg.to_owned());
        let leg = named.or(leg.map(str::to_owned)).unwrap();
        if header("execute-app-name: ").as_deref() == Some("playback") {
            let file = header("execute-app-arg: ").unwrap();
            let path = [("Playback-File-Path", file.as_str())];
            self.raise(wire::event("PLAYBACK_START", &leg, &path, None));
            let (switch, stop) = (self.clone(), wire::event("PLAYBACK_STOP", &leg, &path, None));
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(300)).await;
                switch.raise(stop);
            });
        }
    }

    fn api(&self, line: &str) -> String {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["show", "channels", ..] => self.rows(),
            ["status"] => "UP 0 years\n".into(),
            ["uuid_audio_fork", leg, "start", url, ..] => self.fork(leg, url),
            ["uuid_audio_fork", leg, "stop", ..] => {
                let stop = self.shared.legs.lock().unwrap().get_mut(leg).and_then(|leg| leg.stop.take());
                if stop.is_some() { "+OK Success\n".into() } else { "-ERR Operation Failed\n".into() }
            }
            ["uuid_dump", leg, "json"] => match self.shared.legs.lock().unwrap().get(leg) {
                Some(known) => wire::dump(leg, &known.variables),
                None => "-ERR No such channel!\n".into(),
            },
            ["uuid_getvar", leg, name] => self.variable(leg, name).unwrap_or("_undef_".into()),
            ["uuid_setvar", leg, name, ..] => {
                self.set(leg, name, &words[3..].join(" "));
                "+OK\n".into()
            }
            ["uuid_setvar_multi", leg, ..] => {
                for pair in words[2..].join(" ").split(';') {
                    let (name, value) = pair.split_once('=').unwrap();
                    self.set(leg, name, value);
                }
                "+OK\n".into()
            }
            ["uuid_record", leg, "start", path, ..] => {
                self.record(leg, path);
                "+OK Success\n".into()
            }
            ["uuid_kill", leg, ..] => {
                self.hang_up(leg);
                "+OK\n".into()
            }
            _ => "+OK\n".into(),
        }
    }

    /// Sets a variable of a leg.
    pub(crate) fn set(&self, leg: &str, name: &str, value: &str) {
        if let Some(leg) = self.shared.legs.lock().unwrap().get_mut(leg) {
            leg.variables.push((name.into(), value.into()));
        }
    }

    fn rows(&self) -> String {
        let legs = self.shared.legs.lock().unwrap();
        let rows: Vec<_> = legs
            .iter()
            .map(|(uuid, leg)| {
                let state = if leg.up { "ACTIVE" } else { "EARLY" };
                serde_json::json!({ "uuid": uuid, "direction": "outbound", "callstate": state, "name": "sofia/x" })
            })
            .collect();
        if rows.is_empty() {
            return serde_json::json!({ "row_count": 0 }).to_string();
        }
        serde_json::json!({ "row_count": rows.len(), "rows": rows }).to_string()
    }
}

fn reply(text: &str) -> String {
    format!("Content-Type: command/reply\nReply-Text: {text}\n\n")
}

/// A whole command, with its body if it has one.
async fn command(lines: &mut BufReader<tokio::net::tcp::OwnedReadHalf>) -> Option<String> {
    let mut text = String::new();
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        if line == "\n" {
            if text.is_empty() {
                continue;
            }
            break;
        }
        text += &line;
    }
    let length =
        text.lines().find_map(|line| line.strip_prefix("content-length: ")).map(|length| length.parse::<usize>());
    if let Some(Ok(length)) = length {
        let mut body = vec![0; length];
        lines.read_exact(&mut body).await.ok()?;
        text += "\n";
        text += &String::from_utf8(body).unwrap();
    }
    Some(text.trim_end().to_owned())
}
