//! Server-sent events.

use reqwest::Response;
use serde_json::Value;

use crate::Api;
use crate::support::Service;

/// One who listens, and what was read but not yet told.
struct Ear {
    answer: Response,
    text: String,
}

impl Ear {
    async fn open(api: &Api, path: &str) -> Self {
        let answer = api.get(path).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self { answer, text: String::new() }
    }

    /// The next event; `None` at the end.
    async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                let told = field("event: ").zip(field("data: "));
                self.text = rest.to_owned();
                match told {
                    Some((name, data)) => return Some((name, serde_json::from_str(&data).unwrap())),
                    None => continue,
                }
            }
            self.text.push_str(std::str::from_utf8(&self.answer.chunk().await.ok()??).unwrap());
        }
    }

    /// Everything up to the end of a call.
    async fn until_ended(&mut self) -> Vec<(String, Value)> {
        let mut heard = Vec::new();
        loop {
            let told = self.next().await.expect("the end of a call");
            let ended = told.0 == "ended";
            heard.push(told);
            if ended {
                return heard;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_told_from_its_beginning_to_its_end() {
    let service = Service::start(|_| {}).await;
    let api = Api::new(&service);
    let mut ear = Ear::open(&api, "/v1/events").await;
    let answer = api.upload("voicemail-personal-beep.wav", "told").await;
    let heard = ear.until_ended().await;
    assert_eq!(heard[0].0, "started");
    assert_eq!((heard[0].1["id"].as_str(), heard[0].1["call_id"].as_str()), (answer["id"].as_str(), Some("told")));
    let verdict = heard.iter().find(|(name, told)| name == "event" && told["event"]["event"] == "final");
    assert_eq!(verdict.unwrap().1["event"]["answered_by"], answer["answered_by"]);
    assert!(heard.iter().all(|(name, _)| name != "picture"), "nobody asked for the picture");
    assert_eq!(heard.last().unwrap().1["answered_by"], answer["answered_by"]);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_call_can_be_listened_to_and_clients_hear_their_own() {
    let service = Service::start(|_| {}).await;
    let admin = Api::new(&service);
    let (one, other) = (admin.client("one").await, admin.client("other").await);
    let mut of_one = Ear::open(&one, "/v1/events").await;
    let mut of_call = Ear::open(&admin, "/v1/events?call=wanted").await;
    other.upload("human-short.wav", "unheard").await;
    one.upload("human-short.wav", "wanted").await;
    for ear in [&mut of_one, &mut of_call] {
        for (name, told) in ear.until_ended().await {
            assert!(name == "picture" || told["call_id"] == "wanted", "{name} {told}");
        }
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_end_when_the_service_stops() {
    let service = Service::start(|_| {}).await;
    let mut ear = Ear::open(&Api::new(&service), "/v1/events").await;
    service.stop().await;
    assert!(ear.next().await.is_none());
}
