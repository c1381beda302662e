//! Calls, their audio, feedback, review and figures.

use std::io::Cursor;

use serde_json::{Value, json};

use crate::support::Service;
use crate::{Api, json, problem};

fn names(page: &Value) -> Vec<&str> {
    page["calls"].as_array().unwrap().iter().map(|call| call["call_id"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_listed_found_filtered_and_paged() {
    let service = Service::start(|_| {}).await;
    let api = Api::new(&service);
    api.upload("voicemail-personal-beep.wav", "first").await;
    let second = api.upload("human-short.wav", "second").await;
    let all = api.until("/v1/calls", |page| names(page).len() == 2).await;
    assert_eq!((names(&all), &all["next"]), (vec!["second", "first"], &Value::Null));
    assert_eq!(all["calls"][0]["id"], second["id"]);
    let page = json(api.get("/v1/calls?limit=1").await, 200).await;
    assert_eq!(names(&page), ["second"]);
    let next = page["next"].as_str().unwrap();
    let rest = json(api.get(&format!("/v1/calls?cursor={next}")).await, 200).await;
    assert_eq!(names(&rest), ["first"]);
    for (query, expected) in [
        ("answered_by=voicemail", vec!["first"]),
        ("answered_by=human,voicemail&campaign=autumn", vec!["second", "first"]),
        ("voicemail_only=true", vec!["first"]),
        ("human_only=true", vec!["second"]),
        ("call_id=second", vec!["second"]),
        ("source=stream", vec![]),
        ("campaign=spring", vec![]),
        ("reviewed=true", vec![]),
        ("from=2100-01-01T00:00:00Z", vec![]),
        ("to=2100-01-01T00:00:00Z&min_confidence=0", vec!["second", "first"]),
    ] {
        let page = json(api.get(&format!("/v1/calls?{query}")).await, 200).await;
        assert_eq!(names(&page), expected, "{query}");
    }
    let id = second["id"].as_str().unwrap();
    for name in [id, "second"] {
        let call = json(api.get(&format!("/v1/calls/{name}")).await, 200).await;
        assert_eq!(call["id"], id);
        assert!(!call["timeline"].as_array().unwrap().is_empty());
        assert!(call["probabilities"]["human"].as_f64().unwrap() > 0.5, "{call}");
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_request_is_said_by_field() {
    let service = Service::start(|_| {}).await;
    let api = Api::new(&service);
    for (query, field) in [
        ("limit=0", Some("limit")),
        ("limit=many", Some("limit")),
        ("min_confidence=2", Some("min_confidence")),
        ("min_confidence=NaN", Some("min_confidence")),
        ("answered_by=ghost", Some("answered_by")),
        ("from=yesterday", Some("from")),
        ("source=pigeon", Some("source")),
        ("cursor=nonsense", Some("cursor")),
        ("campaign=%00", Some("campaign")),
    ] {
        problem(api.get(&format!("/v1/calls?{query}")).await, 400, "bad_field", field).await;
    }
    let answer = api.get("/v1/calls?answeredby=human").await;
    assert_eq!(answer.status(), 400);
    assert!(answer.text().await.unwrap().contains("answered_by"));
    for path in ["/v1/calls/none", "/v1/calls/%00", "/v1/calls/none/audio"] {
        problem(api.get(path).await, 404, "unknown_call", None).await;
    }
    problem(api.get("/v1/stats?window=2h").await, 400, "bad_field", Some("window")).await;
    problem(api.get("/v1/review?limit=201").await, 400, "bad_field", Some("limit")).await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kept_audio_is_sent_whole_and_in_parts() {
    let service = Service::start(|_| {}).await;
    let api = Api::new(&service);
    let call = api.upload("human-short.wav", "heard").await;
    let id = call["id"].as_str().unwrap();
    api.until(&format!("/v1/calls/{id}"), |call| call["audio_kept"] == true).await;
    let path = format!("/v1/calls/{id}/audio");
    let whole = api.get(&path).await;
    assert_eq!((whole.status().as_u16(), &whole.headers()["content-type"]), (200, &"audio/wav".parse().unwrap()));
    let tag = whole.headers()["etag"].clone();
    let whole = whole.bytes().await.unwrap();
    let decoded = offhook_media::decode(Cursor::new(whole.clone()), &offhook_media::DecodeOptions::default()).unwrap();
    let milliseconds = decoded.samples.len() as i64 / 8;
    assert!((milliseconds - call["audio_ms"].as_i64().unwrap()).abs() <= 20, "{milliseconds}");
    let part = |range: &'static str| api.getting(&path).header("range", range);
    let some = part("bytes=10-19").send().await.unwrap();
    assert_eq!(some.status(), 206);
    assert_eq!(some.headers()["content-range"], format!("bytes 10-19/{}", whole.len()));
    assert_eq!(some.bytes().await.unwrap(), whole[10..20]);
    let same = part("bytes=-4").header("if-range", tag).send().await.unwrap();
    assert_eq!((same.status().as_u16(), same.bytes().await.unwrap()), (206, whole.slice(whole.len() - 4..)));
    let other = part("bytes=-4").header("if-range", "\"other\"").send().await.unwrap();
    assert_eq!((other.status().as_u16(), other.bytes().await.unwrap().len()), (200, whole.len()));
    let beyond = part("bytes=99999999-").send().await.unwrap();
    assert_eq!(beyond.headers()["content-range"], format!("bytes */{}", whole.len()));
    problem(beyond, 416, "range_not_satisfiable", Some("Range")).await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn audio_that_is_not_kept_is_said_to_be_so() {
    let service = Service::start(|config| config.set("audio.keep", "none").unwrap()).await;
    let api = Api::new(&service);
    api.upload("human-short.wav", "unheard").await;
    api.until("/v1/calls", |page| names(page).len() == 1).await;
    problem(api.get("/v1/calls/unheard/audio").await, 404, "audio_not_kept", None).await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn feedback_takes_a_call_off_the_review_queue_and_shows_in_the_figures() {
    let service = Service::start(|_| {}).await;
    let api = Api::new(&service);
    api.upload("human-short.wav", "judged").await;
    api.until("/v1/review", |queue| names(queue) == ["judged"]).await;
    let path = "/v1/calls/judged/feedback";
    for (body, field) in [
        (json!({ "answered_by": "ghost" }), Some("answered_by")),
        (json!({ "answered_by": "human", "by": "cat" }), Some("by")),
        (json!({ "answered_by": "human", "note": "" }), Some("note")),
    ] {
        problem(api.post(path, &body).await, 400, "bad_field", field).await;
    }
    assert_eq!(api.post(path, &json!({})).await.status(), 400);
    let text = api.client.post(service.url(path)).body("{}").send().await.unwrap();
    problem(text, 415, "media_type_not_allowed", None).await;
    let human = json!({ "answered_by": "human" });
    problem(api.post("/v1/calls/none/feedback", &human).await, 404, "unknown_call", None).await;
    let kept = json(api.post(path, &json!({ "answered_by": "voicemail", "note": "I heard it" })).await, 201).await;
    assert_eq!((&kept["answered_by"], &kept["by"]), (&json!("voicemail"), &json!("person")));
    let call = api.until("/v1/calls/judged", |call| call["truth"]["note"] == "I heard it").await;
    assert_eq!(call["feedback"].as_array().unwrap().len(), 1);
    assert!(names(&json(api.get("/v1/review").await, 200).await).is_empty());
    let figures = json(api.get("/v1/stats?window=1h&campaign=autumn").await, 200).await;
    assert_eq!(figures["reviewed"]["machines_called_people"]["count"], 1, "{figures}");
    assert_eq!(figures["reviewed"]["machines_called_people"]["of"], 1);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_sees_its_own_calls_alone() {
    let service = Service::start(|_| {}).await;
    let admin = Api::new(&service);
    let (one, other) = (admin.client("one").await, admin.client("other").await);
    one.upload("human-short.wav", "mine").await;
    admin.until("/v1/calls", |page| names(page) == ["mine"]).await;
    assert_eq!(names(&json(one.get("/v1/calls").await, 200).await), ["mine"]);
    assert!(names(&json(other.get("/v1/calls").await, 200).await).is_empty());
    assert!(names(&json(other.get("/v1/review").await, 200).await).is_empty());
    assert_eq!(json(other.get("/v1/stats").await, 200).await["calls"], 0);
    for path in ["/v1/calls/mine", "/v1/calls/mine/audio"] {
        problem(other.get(path).await, 404, "unknown_call", None).await;
    }
    let truth = json!({ "answered_by": "human" });
    problem(other.post("/v1/calls/mine/feedback", &truth).await, 404, "unknown_call", None).await;
    for path in ["/v1/settings", "/v1/webhooks"] {
        problem(one.get(path).await, 403, "forbidden", None).await;
    }
    service.stop().await;
}
