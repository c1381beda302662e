//! Recordings sent whole, over real HTTP.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use reqwest::multipart::{Form, Part};
use serde_json::Value;
use support::{Service, corpus};

fn wav(name: &str) -> Vec<u8> {
    std::fs::read(corpus(name)).unwrap()
}

fn part(name: &str) -> Part {
    Part::bytes(wav(name)).file_name(name.to_owned())
}

/// So many samples of a steady tone, as a WAV of 16 bits.
fn tone(samples: usize, hz: u32) -> Vec<u8> {
    let mut wav = Vec::new();
    let bytes = (samples * 2) as u32;
    wav.extend(b"RIFF");
    wav.extend((36 + bytes).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend(hz.to_le_bytes());
    wav.extend((hz * 2).to_le_bytes());
    wav.extend(b"\x02\0\x10\0data");
    wav.extend(bytes.to_le_bytes());
    wav.extend((0..samples).flat_map(|at| (((at as f32 * 0.7).sin() * 9e3) as i16).to_le_bytes()));
    wav
}

fn form_of(audio: Vec<u8>) -> Form {
    Form::new().part("audio_file", Part::bytes(audio))
}

async fn post(service: &Service, path: &str, form: Form) -> (u16, Value) {
    let answer = reqwest::Client::new().post(service.url(path)).multipart(form).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_with_a_recording_is_answered_as_specified_and_kept() {
    let service = Service::start(|_| {}).await;
    let form = Form::new()
        .part("audio_file", part("voicemail-personal-beep.wav"))
        .text("call_id", "order-7")
        .text("sample_rate", "8000")
        .text("duration", "12.08")
        .text("campaign", "autumn");
    let (status, answer) = post(&service, "/v1/detect", form).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!((answer["is_voicemail"].as_bool(), answer["call_id"].as_str()), (Some(true), Some("order-7")));
    assert!((0.0..=1.0).contains(&answer["confidence"].as_f64().unwrap()));
    assert!(["ai", "avmd", "hybrid"].contains(&answer["method"].as_str().unwrap()));
    assert!(answer["processing_time"].as_f64().unwrap() > 0.0);
    assert!(answer["model_version"].as_str().unwrap().starts_with("offhook-"));
    assert_eq!(answer["beeps"].as_array().unwrap().len(), 1);
    assert_eq!(answer["vocabularies"]["asterisk"]["AMDSTATUS"], "MACHINE");
    assert_eq!(answer["warnings"].as_array().unwrap().len(), 0, "{answer}");
    let call = service.app.store.call("order-7", None).await.unwrap().expect("the record");
    assert_eq!((call.summary.campaign.as_deref(), call.summary.source.word()), (Some("autumn"), "upload"));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_says_by_its_type_and_the_query_what_it_is() {
    let service = Service::start(|_| {}).await;
    let client = reqwest::Client::new();
    let samples = support::samples("human-short.wav");
    let big: Vec<u8> = samples.iter().flat_map(|s| s.to_be_bytes()).collect();
    let little: Vec<u8> = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
    for (kind, query, body) in [
        ("audio/wav", "", wav("human-short.wav")),
        ("audio/l16;rate=8000", "", big),
        ("application/octet-stream", "?encoding=s16le&sample_rate=8000", little.clone()),
        ("application/octet-stream", "?sample_rate=8000", little),
    ] {
        let url = service.url(&format!("/v1/detect{query}"));
        let answer = client.post(url).header("content-type", kind).body(body).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{kind}{query}");
        assert_eq!(answer.json::<Value>().await.unwrap()["answered_by"], "human", "{kind}{query}");
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_allowed_is_refused_with_the_limit_it_broke() {
    let service = Service::start(|config| {
        config.limits.longest = std::time::Duration::from_secs(5);
        config.limits.file = bytesize::ByteSize::kib(150);
        config.limits.sample_rates = vec![8_000];
    })
    .await;
    let voicemail = || Form::new().part("audio_file", part("voicemail-personal-beep.wav"));
    for (form, status, code, says) in [
        (voicemail(), 422, "audio_too_long", "limits.longest"),
        (form_of(tone(4_000, 8_000)), 422, "audio_too_short", "limits.shortest"),
        (form_of(tone(32_000, 16_000)), 422, "sample_rate_not_allowed", "limits.sample_rates"),
        (Form::new().part("audio_file", Part::bytes(vec![0u8; 200 << 10])), 413, "body_too_large", "limits.file"),
        (Form::new().part("audio_file", Part::bytes(b"not audio at all".to_vec())), 422, "bad_audio", ""),
        (Form::new().text("call_id", "x"), 400, "bad_field", "audio_file"),
        (voicemail().text("sample_rate", "fast"), 400, "bad_field", "sample_rate"),
        (voicemail().text("colour", "red"), 400, "bad_field", "colour"),
        (voicemail().text("duration", "31"), 422, "audio_too_long", "limits.longest"),
        (Form::new().part("audio_file", Part::bytes(Vec::new())), 422, "bad_audio", "empty"),
    ] {
        let (given, answer) = post(&service, "/v1/detect", form).await;
        assert_eq!((given, answer["code"].as_str()), (status, Some(code)), "{answer}");
        assert!(answer["detail"].as_str().unwrap().contains(says), "{answer}");
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_recording_of_a_batch_does_not_keep_the_others_from_their_verdict() {
    let service = Service::start(|config| config.limits.batch = 3).await;
    let form = Form::new()
        .part("audio_file", part("voicemail-personal-beep.wav"))
        .part("audio_file", Part::bytes(b"noise".to_vec()).file_name("broken.wav"))
        .part("audio_file", part("human-short.wav"))
        .text("call_id", "one")
        .text("call_id", "two")
        .text("call_id", "three");
    let (status, answer) = post(&service, "/v1/detect/batch", form).await;
    assert_eq!(status, 200, "{answer}");
    let results = answer["results"].as_array().unwrap();
    assert_eq!(results[0]["result"]["answered_by"], "voicemail");
    assert_eq!(results[1]["error"]["code"], "bad_audio");
    assert_eq!(results[1]["file"], "broken.wav");
    assert_eq!(
        (results[2]["result"]["call_id"].as_str(), results[2]["result"]["answered_by"].as_str()),
        (Some("three"), Some("human"))
    );
    let form = (0..4).fold(Form::new(), |form, _| form.part("audio_file", part("silence.wav")));
    let (status, answer) = post(&service, "/v1/detect/batch", form).await;
    assert_eq!((status, answer["code"].as_str()), (413, Some("too_many_items")));
    service.stop().await;
}

/// Frameworks stop at 2 MiB where nobody tells them otherwise.
#[tokio::test(flavor = "multi_thread")]
async fn a_form_may_be_as_large_as_the_limits_say() {
    let service = Service::start(|_| {}).await;
    let large = tone(25 * 48_000, 48_000);
    assert!(large.len() > 2 << 20);
    let (status, answer) = post(&service, "/v1/detect", form_of(large.clone())).await;
    assert_eq!((status, answer["audio_ms"].as_u64()), (200, Some(25_000)), "{answer}");
    let both = form_of(large.clone()).part("audio_file", Part::bytes(large));
    let (status, answer) = post(&service, "/v1/detect/batch", both).await;
    assert_eq!(status, 200, "{answer}");
    assert!(answer["results"].as_array().unwrap().iter().all(|item| item["result"]["audio_ms"] == 25_000), "{answer}");
    service.stop().await;
}
