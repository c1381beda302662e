//! ARI as Asterisk has it: REST, events over a WebSocket, and external media by each of its ways.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{Message, WebSocketUpgrade};
use axum::extract::{Query, Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures_util::{SinkExt as _, StreamExt as _};
use offhook_telephony::PcmFormat;
use offhook_telephony::rtp::Writer;
use serde_json::{Value, json};
use tokio::net::UdpSocket;
use tokio::sync::{broadcast, watch};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use uuid::Uuid;

use crate::socket::AudioSocket;
use crate::support::{Service, samples};
use crate::{service, until};

type Requests = Arc<Mutex<Vec<(String, HashMap<String, String>)>>>;

/// A scripted Asterisk.
#[derive(Clone)]
struct Rest {
    address: SocketAddr,
    /// Method and path, and the parameters.
    requests: Requests,
    events: broadcast::Sender<String>,
    connected: Arc<watch::Sender<u32>>,
    cut: broadcast::Sender<()>,
    /// The channels that are there, as `GET /channels` gives them.
    channels: Arc<Mutex<Vec<Value>>>,
    /// What each call's party says; a snoop's audio is its call's.
    audio: Arc<Mutex<HashMap<String, Vec<i16>>>>,
    /// External media that waits for the call it is of: how audio is sent, and where.
    carriers: Arc<Mutex<HashMap<String, HashMap<String, String>>>>,
    snoops: Arc<Mutex<HashMap<String, String>>>,
    service: Arc<Mutex<Option<SocketAddr>>>,
    refuse: Arc<Mutex<Option<&'static str>>>,
}

impl Rest {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let rest = Self {
            address: listener.local_addr().unwrap(),
            requests: Arc::default(),
            events: broadcast::channel(4_096).0,
            connected: Arc::default(),
            cut: broadcast::channel(4).0,
            channels: Arc::default(),
            audio: Arc::default(),
            carriers: Arc::default(),
            snoops: Arc::default(),
            service: Arc::default(),
            refuse: Arc::default(),
        };
        let router = Router::new().route("/ari/events", get(events)).fallback(asked).with_state(rest.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        rest
    }

    fn toml(&self, audio: &str) -> String {
        format!(
            "[[asterisk]]\nname = 'ast1'\ndial = 'PJSIP/{{number}}@carrier'\nari = {{ url = 'http://{}/ari', user = 'offhook', \
             password = 'secret', audio = '{audio}', audio_address = {} }}\n",
            self.address,
            if audio == "web_socket" { "'media1'" } else { "'127.0.0.1'" },
        )
        .replace(", audio_address = '127.0.0.1'", "")
    }

    async fn is_connected(&self, times: u32) {
        let mut connected = self.connected.subscribe();
        let waited = connected.wait_for(|connected| *connected >= times);
        drop(tokio::time::timeout(crate::PATIENCE, waited).await.unwrap().unwrap());
    }

    fn tell(&self, kind: &str, id: &str, more: Value) {
        let mut event = json!({ "type": kind, "application": "offhook", "timestamp": "2026-11-20T09:24:08.243+0000",
            "channel": channel(id) });
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.events.send(event.to_string()).unwrap();
    }

    /// A call comes into the application, whose party says this.
    fn comes(&self, id: &str, audio: Vec<i16>) {
        self.audio.lock().unwrap().insert(id.to_owned(), audio);
        self.channels.lock().unwrap().push(channel(id));
        self.tell("StasisStart", id, json!({ "args": [] }));
    }

    fn gone(&self, id: &str) {
        self.channels.lock().unwrap().retain(|channel| channel["id"] != id);
        self.tell("StasisEnd", id, json!({}));
        self.tell("ChannelDestroyed", id, json!({ "cause": 16, "cause_txt": "Normal Clearing" }));
    }

    fn asked(&self, what: &str) -> Vec<HashMap<String, String>> {
        let requests = self.requests.lock().unwrap();
        requests.iter().filter(|(given, _)| given == what).map(|(_, query)| query.clone()).collect()
    }

    fn variables(&self, id: &str) -> HashMap<String, String> {
        let set = self.asked(&format!("POST /ari/channels/{id}/variable"));
        set.into_iter().map(|query| (query["variable"].clone(), query["value"].clone())).collect()
    }

    /// Channels and bridges that were made and are still there.
    fn left(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        let gone = |id: &str| requests.iter().any(|(what, _)| what.starts_with("DELETE") && what.ends_with(id));
        let made = requests.iter().filter_map(|(what, query)| {
            let snoop = what.contains("/snoop/").then(|| what.rsplit('/').next().unwrap().to_owned());
            let bridge = what.strip_prefix("POST /ari/bridges/").filter(|id| !id.contains('/')).map(str::to_owned);
            let carrier = what.ends_with("/externalMedia").then(|| query["channelId"].clone());
            snoop.or(bridge).or(carrier)
        });
        made.filter(|id| !gone(id)).collect()
    }

    /// Sends the audio of a call as its external media has it.
    async fn carry(self, carrier: HashMap<String, String>, audio: Vec<i16>) {
        let service = self.service.lock().unwrap().unwrap();
        match carrier["encapsulation"].as_str() {
            "audiosocket" => {
                let address: SocketAddr = carrier["external_host"].parse().unwrap();
                let mut socket = AudioSocket::to(address, carrier["data"].parse::<Uuid>().unwrap()).await;
                socket.say(&audio).await;
                socket.closed().await;
            }
            "rtp" => {
                let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
                let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
                let mut writer = Writer::new(0, PcmFormat::MULAW, 7, 65_500, 1_000).unwrap();
                let mut other = Writer::new(0, PcmFormat::MULAW, 8, 1, 1).unwrap();
                let mut packets = writer.packets(&audio);
                for n in (10..packets.len() - 2).step_by(10) {
                    packets.swap(n, n + 1);
                }
                for packet in packets {
                    socket.send_to(&packet, &carrier["external_host"]).await.unwrap();
                    let noise = other.packets(&[9_000; 160]).remove(0);
                    stranger.send_to(&noise, &carrier["external_host"]).await.unwrap();
                    tokio::time::sleep(Duration::from_micros(500)).await;
                }
            }
            _ => {
                let mut request = format!("ws://{service}/media/media1").into_client_request().unwrap();
                request.headers_mut().insert("Sec-WebSocket-Protocol", "media".parse().unwrap());
                let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
                let start = format!(
                    "MEDIA_START connection_id:{} channel:WebSocket/media1/x channel_id:{} format:slin \
                     optimal_frame_size:320 ptime:20",
                    Uuid::new_v4(),
                    carrier["channelId"]
                );
                socket.send(tokio_tungstenite::tungstenite::Message::text(start)).await.unwrap();
                for frame in audio.chunks(160) {
                    let bytes: Vec<u8> = frame.iter().flat_map(|sample| sample.to_le_bytes()).collect();
                    if socket.send(tokio_tungstenite::tungstenite::Message::binary(bytes)).await.is_err() {
                        break;
                    }
                }
                while let Some(Ok(_)) = socket.next().await {}
            }
        }
    }
}

fn channel(id: &str) -> Value {
    json!({ "id": id, "name": format!("PJSIP/carrier-{id}"), "state": "Up", "caller": { "name": "", "number": "+15550100" },
        "connected": { "name": "", "number": "" },
        "dialplan": { "context": "test", "exten": "9040", "priority": 1, "app_name": "Stasis", "app_data": "offhook" } })
}

async fn events(State(rest): State<Rest>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(async move |mut socket| {
        let (mut events, mut cut) = (rest.events.subscribe(), rest.cut.subscribe());
        rest.connected.send_modify(|times| *times += 1);
        loop {
            tokio::select! {
                Ok(event) = events.recv() => if socket.send(Message::Text(event.into())).await.is_err() { return },
                _ = cut.recv() => return,
                message = socket.recv() => if !matches!(message, Some(Ok(_))) { return },
            }
        }
    })
}

async fn asked(State(rest): State<Rest>, Query(query): Query<HashMap<String, String>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    assert_eq!(request.headers()["authorization"], "Basic b2ZmaG9vazpzZWNyZXQ=");
    rest.requests.lock().unwrap().push((format!("{} {path}", request.method()), query.clone()));
    if let Some(refused) = *rest.refuse.lock().unwrap()
        && path.contains(refused)
    {
        return (StatusCode::INTERNAL_SERVER_ERROR, axum::Json(json!({ "message": "Allocation failed" })))
            .into_response();
    }
    let parts: Vec<&str> = path.trim_start_matches("/ari/").split('/').collect();
    match (request.method(), parts.as_slice()) {
        (&Method::GET, ["channels"]) => return axum::Json(rest.channels.lock().unwrap().clone()).into_response(),
        (&Method::GET, ["bridges"]) => {
            return axum::Json(json!([{ "id": "offhook-offhook-b-stray" }, { "id": "other" }])).into_response();
        }
        (_, ["channels", "externalMedia"]) => {
            let id = query["channelId"].clone();
            rest.carriers.lock().unwrap().insert(id.clone(), query);
            rest.tell("StasisStart", &id, json!({ "args": [] }));
        }
        (_, ["channels", call, "snoop", id]) => {
            assert_eq!(query["spy"], "in");
            rest.snoops.lock().unwrap().insert((*id).to_owned(), (*call).to_owned());
            rest.tell("StasisStart", id, json!({ "args": [] }));
        }
        (_, ["bridges", _, "addChannel"]) => {
            let channels: Vec<&str> = query["channel"].split(',').collect();
            let carrier = channels.iter().find_map(|id| rest.carriers.lock().unwrap().get(*id).cloned());
            let call = channels.iter().find_map(|id| rest.snoops.lock().unwrap().get(*id).cloned());
            if let (Some(carrier), Some(call)) = (carrier, call) {
                let audio = rest.audio.lock().unwrap()[&call].clone();
                tokio::spawn(rest.clone().carry(carrier, audio));
            }
        }
        (_, ["channels", _, "play", playback]) => {
            let event = json!({ "type": "PlaybackFinished", "application": "offhook",
                "playback": { "id": playback, "state": "done" } });
            rest.events.send(event.to_string()).unwrap();
        }
        (&Method::POST, ["channels"]) => {
            let id = query["channelId"].clone();
            rest.audio.lock().unwrap().insert(id.clone(), samples("human-short.wav"));
            rest.tell("StasisStart", &id, json!({ "args": [] }));
        }
        (_, ["channels", id, "continue"]) => rest.tell("StasisEnd", id, json!({})),
        (&Method::DELETE, ["channels", id]) => rest.gone(id),
        _ => {}
    }
    axum::Json(json!({})).into_response()
}

async fn with(rest: &Rest, audio: &str, rules: &str) -> Service {
    let listen = "audiosocket = { bind = '127.0.0.1:0' }\nrtp = { bind = '127.0.0.1', ports = [41000, 41100] }\n";
    let service = service(&format!("{listen}{}{rules}", rest.toml(audio))).await;
    *rest.service.lock().unwrap() = Some(service.address);
    rest.is_connected(1).await;
    service
}

async fn heard_by(audio: &str) {
    let rest = Rest::start().await;
    let service = with(&rest, audio, "").await;
    for (id, file, status) in [("a.1", "human-short.wav", "HUMAN"), ("a.2", "voicemail-personal-beep.wav", "MACHINE")] {
        rest.comes(id, samples(file));
        until("it goes on in its dialplan", || rest.asked(&format!("POST /ari/channels/{id}/continue")).pop()).await;
        assert_eq!(rest.variables(id)["AMDSTATUS"], status, "{audio}");
        until("nothing is left", || rest.left().is_empty().then_some(())).await;
    }
    until("no call is left", || (service.app.live.count() == 0).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_heard_by_audiosocket() {
    heard_by("audio_socket").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_heard_by_rtp_and_strangers_are_not() {
    heard_by("rtp").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_heard_by_websocket() {
    heard_by("web_socket").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_left_when_it_may_start_and_then_the_call_is_ended() {
    let rest = Rest::start().await;
    let _service =
        with(&rest, "audio_socket", "[[rule]]\n[rule.on]\nvoicemail = [{ drop = '/srv/message.wav' }]\n").await;
    rest.comes("b.1", samples("voicemail-personal-beep.wav"));
    let hangup = until("the end", || rest.asked("DELETE /ari/channels/b.1").pop()).await;
    assert_eq!(hangup["reason_code"], "16");
    let requests = rest.requests.lock().unwrap();
    let played = requests.iter().find(|(what, _)| what.starts_with("POST /ari/channels/b.1/play/")).unwrap();
    assert_eq!(played.1["media"], "sound:/srv/message");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_where_media_cannot_be_made_and_the_call_goes_on() {
    for refused in ["externalMedia", "snoop", "addChannel"] {
        let rest = Rest::start().await;
        *rest.refuse.lock().unwrap() = Some(refused);
        let _service = with(&rest, "audio_socket", "[[rule]]\nwithin = '300ms'\n").await;
        rest.comes("c.1", Vec::new());
        until("it goes on", || rest.asked("POST /ari/channels/c.1/continue").pop()).await;
        until("nothing is left", || rest.left().is_empty().then_some(())).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_lost_connection_calls_are_picked_up_and_leavings_are_cleared() {
    let rest = Rest::start().await;
    let service = with(&rest, "audio_socket", "[[rule]]\nwithin = '60s'\n").await;
    rest.comes("d.1", vec![0; 800]);
    until("the watch", || service.app.switches.watches.has("d.1").then_some(())).await;
    rest.audio.lock().unwrap().insert("d.2".into(), samples("human-short.wav"));
    *rest.channels.lock().unwrap() = vec![channel("d.2"), channel("offhook-offhook-m-stray")];
    rest.cut.send(()).unwrap();
    rest.is_connected(2).await;
    until("the end of the first", || (!service.app.switches.watches.has("d.1")).then_some(())).await;
    until("the second goes on", || rest.asked("POST /ari/channels/d.2/continue").pop()).await;
    assert_eq!(rest.variables("d.2")["AMDSTATUS"], "HUMAN");
    until("the stray channel is gone", || rest.asked("DELETE /ari/channels/offhook-offhook-m-stray").pop()).await;
    until("the stray bridge is gone", || rest.asked("DELETE /ari/bridges/offhook-offhook-b-stray").pop()).await;
    assert!(rest.asked("DELETE /ari/bridges/other").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_bridged_and_both_ends_end_together() {
    let rest = Rest::start().await;
    let _service = with(&rest, "audio_socket", "[[rule]]\n[rule.on]\nhuman = [{ bridge = 'PJSIP/100' }]\n").await;
    rest.comes("e.1", samples("human-short.wav"));
    let dialled = until("the agent is dialled", || rest.asked("POST /ari/channels").pop()).await;
    assert_eq!(dialled["endpoint"], "PJSIP/100");
    let leg = dialled["channelId"].clone();
    until("both are joined", || {
        let requests = rest.requests.lock().unwrap();
        requests.iter().any(|(_, query)| query.get("channel").is_some_and(|c| *c == format!("e.1,{leg}"))).then_some(())
    })
    .await;
    rest.gone(&leg);
    until("the call ends too", || rest.asked("DELETE /ari/channels/e.1").pop()).await;
}
