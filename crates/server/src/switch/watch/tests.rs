//! Watches under every order of events, with a line that writes down what it is told.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use offhook_detect::{DetectConfig, Params};
use offhook_telephony::PcmFormat;
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::oneshot;

use super::*;
use crate::Server;
use crate::config::ServerConfig;
use crate::store::CallDetail;
use crate::switch::action::{Action, Moment};
use crate::switch::feed::Feed;
use crate::switch::rule::tests::call;

/// A line that obeys all but what it is told to refuse.
#[derive(Debug, Default)]
struct Recording {
    orders: Mutex<Vec<&'static str>>,
    refuses: &'static [&'static str],
    lost: AtomicBool,
}

impl Recording {
    fn words(&self) -> Vec<&'static str> {
        let orders = self.orders.lock().unwrap();
        orders.iter().copied().filter(|word| !matches!(*word, "set" | "announce" | "hook")).collect()
    }
}

impl Line for Recording {
    fn obey(&self, order: &Order) -> BoxFuture<'static, Result<(), OrderError>> {
        self.orders.lock().unwrap().push(order.word());
        let refused = self.refuses.contains(&order.word());
        Box::pin(async move { if refused { Err(OrderError::Refused("-ERR".into())) } else { Ok(()) } })
    }

    fn nodes(&self) -> usize {
        1
    }

    fn is_alive(&self) -> bool {
        !self.lost.load(Ordering::Relaxed)
    }
}

async fn app() -> (Arc<App>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = ServerConfig::default();
    config.http.bind = SocketAddr::from(([127, 0, 0, 1], 0));
    config.storage.folder = folder.path().to_owned();
    config.http.drain = Duration::from_millis(50);
    let server = Server::open(config, Arc::new(Params::new(DetectConfig::default()).unwrap())).await.unwrap();
    (Arc::clone(server.app()), folder)
}

/// A rule that hangs up on machines and sends people on.
fn rule() -> Rule {
    let text = "[on]\nmachine = [{ hangup = 'NORMAL_CLEARING' }]\nhuman = [{ transfer = '1000 XML default' }]";
    toml::from_str(text).unwrap()
}

fn watch(app: &Arc<App>, uuid: &str, rule: Rule, line: Recording) -> Arc<Recording> {
    let (call, line) = (Arc::new(call(uuid)), Arc::new(line));
    let expected = app.switches.links.expect(uuid, Arc::clone(&call), None);
    let line_of = Arc::clone(&line) as Arc<dyn Line>;
    let terms =
        Terms { call, rule: Arc::new(rule), line: line_of, expected, by_itself: false, held: false, resumed: false };
    assert!(begin(app, terms));
    line
}

/// Waits until the call is not watched any more, and nothing of it is left.
async fn over(app: &App) {
    let gone = async {
        while app.switches.watches.count() > 0 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(30), gone).await.expect("the watch ends");
    assert_eq!((app.switches.links.count(), app.switches.placements.count()), (0, 0));
}

async fn until(is_so: impl Fn() -> bool) {
    let so = async {
        while !is_so() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(30), so).await.expect("it comes to be so");
}

fn hung_up() -> LegNews {
    LegNews::HungUp { cause: "NORMAL_CLEARING".into(), details: json!({ "q850": 16 }) }
}

/// The audio of a call, heard here.
struct Audio(Feed);

impl Audio {
    fn begin(app: &Arc<App>, uuid: &str) -> Self {
        let link = app.switches.links.take(uuid);
        assert!(link.is_some(), "the call is watched");
        Self(Feed::begin(app, uuid, PcmFormat::default(), link, None).unwrap())
    }

    fn hear(&mut self, samples: &[i16]) {
        let bytes = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        self.0.take(&offhook_telephony::Inbound::Audio(bytes), Instant::now()).unwrap();
    }

    fn id(&self) -> Uuid {
        self.0.info().id
    }
}

async fn record(app: &App, id: Uuid) -> CallDetail {
    assert!(app.store.settle(Duration::from_secs(10)).await);
    app.store.call(&id.to_string(), None).await.unwrap().expect("a record")
}

fn voicemail() -> Vec<i16> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/voicemail-personal-beep.wav");
    offhook_media::decode_file(file, &offhook_media::DecodeOptions::default()).unwrap().samples
}

#[tokio::test]
async fn a_call_that_ends_before_its_audio_comes_leaves_nothing() {
    let (app, _folder) = app().await;
    let line = watch(&app, "a", rule(), Recording::default());
    assert!(app.switches.watches.tell("a", hung_up()));
    over(&app).await;
    assert_eq!(line.words(), ["start_audio"]);
    assert!(!app.switches.watches.tell("a", hung_up()));
}

#[tokio::test]
async fn audio_that_came_but_was_not_yet_heard_of_when_the_call_ended_has_its_handling() {
    let (app, _folder) = app().await;
    watch(&app, "a", rule(), Recording::default());
    // Both are there before the watch looks at either.
    let audio = Audio::begin(&app, "a");
    let id = audio.id();
    app.switches.watches.tell("a", hung_up());
    sleep(Duration::from_millis(20)).await;
    assert_eq!(app.switches.watches.count(), 1, "the record is not safe yet");
    audio.0.finish().await;
    over(&app).await;
    assert_eq!(record(&app, id).await.handling.unwrap().hangup_cause.as_deref(), Some("NORMAL_CLEARING"));
}

#[tokio::test]
async fn a_machine_is_hung_up_on_and_the_cause_is_waited_for_though_the_audio_ends_first() {
    let (app, _folder) = app().await;
    let line = watch(&app, "a", rule(), Recording::default());
    let mut audio = Audio::begin(&app, "a");
    let id = audio.id();
    voicemail().chunks(160).for_each(|packet| audio.hear(packet));
    until(|| line.words().contains(&"hangup")).await;
    audio.0.finish().await;
    app.switches.watches.tell("a", hung_up());
    over(&app).await;
    assert_eq!(line.words(), ["start_audio", "hangup"]);
    let handling = record(&app, id).await.handling.unwrap();
    assert_eq!((handling.hangup_cause.as_deref(), &handling.hangup), (Some("NORMAL_CLEARING"), &json!({ "q850": 16 })));
    let step = handling.steps.iter().find(|step| step.order == "hangup").unwrap();
    assert_eq!((step.done, step.with.as_deref()), (Some(true), Some("NORMAL_CLEARING")));
}

#[tokio::test]
async fn audio_that_ends_with_its_call_is_no_failure_and_audio_that_ends_alone_is() {
    let (app, _folder) = app().await;
    let line = watch(&app, "a", Rule::default(), Recording::default());
    Audio::begin(&app, "a").0.finish().await;
    app.switches.watches.tell("a", hung_up());
    over(&app).await;
    assert_eq!(line.words(), ["start_audio"]);
    let line = watch(&app, "b", Rule::default(), Recording::default());
    Audio::begin(&app, "b").0.finish().await;
    until(|| line.words().contains(&"listen_for_beep")).await;
    app.switches.watches.tell("b", hung_up());
    over(&app).await;
}

#[tokio::test]
async fn a_call_that_was_taken_away_is_let_go_even_where_nobody_tells_of_its_end() {
    let (app, _folder) = app().await;
    let line = watch(&app, "a", rule(), Recording::default());
    app.switches.watches.tell("a", LegNews::Taken);
    over(&app).await;
    assert_eq!(line.words(), ["start_audio", "stop_audio"]);
}

#[tokio::test]
async fn what_the_api_asks_for_is_done_until_the_call_was_given_away() {
    let (app, _folder) = app().await;
    let line = watch(&app, "a", Rule::default(), Recording::default());
    let ask = async |actions: Vec<Action>| {
        let (answer, taken) = oneshot::channel();
        app.switches.watches.tell("a", LegNews::Asked(actions, answer)) && taken.await.unwrap_or(false)
    };
    assert!(ask(vec![Action::Park]).await);
    assert!(ask(vec![Action::Hangup("USER_BUSY".into()), Action::Park]).await);
    assert!(!ask(vec![Action::Park]).await, "it is not ours any more");
    app.switches.watches.tell("a", hung_up());
    over(&app).await;
    assert_eq!(line.words(), ["start_audio", "park", "hangup"]);
}

#[tokio::test]
async fn the_service_that_stops_ends_its_watches() {
    let (app, _folder) = app().await;
    watch(&app, "a", Rule::default(), Recording::default());
    app.stopping.cancel();
    over(&app).await;
}

#[tokio::test]
async fn a_switch_that_is_out_of_reach_is_not_waited_for_for_ever() {
    let (app, _folder) = app().await;
    let call = Arc::new(call("a"));
    let expected = app.switches.links.expect("a", Arc::clone(&call), None);
    let line = Arc::new(Recording::default());
    let line_of = Arc::clone(&line) as Arc<dyn Line>;
    let terms =
        Terms { call, rule: Arc::default(), line: line_of, expected, by_itself: false, held: false, resumed: false };
    let mut watch = Watch::new(Arc::clone(&app), terms);
    line.lost.store(true, Ordering::Relaxed);
    assert_eq!(watch.is_lost(), None, "it may come back");
    watch.unreachable = watch.unreachable.and_then(|since| since.checked_sub(LOST));
    assert_eq!(watch.is_lost(), Some("connection_lost"));
    let _audio = Audio::begin(&app, "a");
    assert_eq!(watch.is_lost(), None, "its audio still comes");
    line.lost.store(false, Ordering::Relaxed);
    assert_eq!((watch.is_lost(), watch.unreachable), (None, None));
}

#[tokio::test]
async fn a_node_that_cannot_be_reached_is_followed_by_the_switch_itself() {
    let (app, _folder) = app().await;
    let on = std::collections::BTreeMap::from([(Moment::Late, vec![Action::Transfer("agent".into())])]);
    let quick = Rule { within: Duration::from_millis(30), on, ..Rule::default() };
    let line = watch(&app, "a", quick, Recording { refuses: &["start_audio"], ..Recording::default() });
    until(|| line.words().contains(&"transfer")).await;
    over(&app).await;
    assert_eq!(line.words(), ["start_audio", "listen_for_beep", "transfer"]);
}
