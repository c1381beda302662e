//! What FreeSWITCH's audio modules send over WebSocket is read as recorded, and what goes back is what they take.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use offhook_audio::SampleRate;
use offhook_detect::Fact;
use offhook_telephony::tap::{Mix, Module, Tap};
use offhook_telephony::{Inbound, Outbound, PcmFormat, PcmReader, Side};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The recorder's notes of one connection, as a stream reads them: what came in, and how many bytes of audio.
fn replayed(notes: &str) -> (Tap, Vec<Inbound>) {
    let mut tap = None;
    let mut inbound = Vec::new();
    for line in notes.lines() {
        if let Some(rest) = line.strip_prefix("OPEN path ") {
            let query = rest.split_once('?').and_then(|(_, query)| query.split(' ').next()).unwrap();
            let subprotocol = rest.split(" sub ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
            tap = Some(Tap::open((subprotocol != "None").then_some(subprotocol), query).unwrap());
        }
        let Some(tap) = &mut tap else { continue };
        if let Some((_, text)) = line.split_once(" TEXT ") {
            tap.text(text.trim_matches('\''), &mut inbound);
        } else if let Some((_, rest)) = line.split_once(" BIN ") {
            let size = rest.split(' ').next().unwrap().parse().unwrap();
            tap.binary(vec![0xff; size], &mut inbound);
        }
    }
    (tap.unwrap(), inbound)
}

fn note(text: &str) -> Inbound {
    Inbound::Note(text.into())
}

fn audio(size: usize) -> Inbound {
    Inbound::Audio(vec![0xff; size])
}

#[test]
fn a_recorded_audio_fork() {
    let (tap, inbound) = replayed(include_str!("captures/audio-fork-mono8k.txt"));
    assert_eq!(tap.module(), Module::AudioFork);
    let expected = [
        note(r#"{"a":1}"#),
        Inbound::Format(PcmFormat::default()),
        audio(640),
        audio(320),
        audio(320),
        note(r#"{"b":2}"#),
        note(r#"{"end":1}"#),
    ];
    assert_eq!(inbound, expected);
}

#[test]
fn a_recorded_audio_stream() {
    let (tap, inbound) = replayed(include_str!("captures/audio-stream-mono8k.txt"));
    assert_eq!(tap.module(), Module::AudioStream);
    let expected = [
        Inbound::Format(PcmFormat::default()),
        audio(320),
        note(r#"{"a":1}"#),
        audio(320),
        audio(320),
        note(r#"{"b":2}"#),
        note(r#"{"end":1}"#),
    ];
    assert_eq!(inbound, expected);
}

#[test]
fn the_query_says_it_all() {
    for module in [Module::AudioFork, Module::AudioStream, Module::VgTap] {
        for mix in [Mix::Mono, Mix::Mixed, Mix::Stereo] {
            for hz in [8_000, 16_000] {
                let tap = Tap::open(None, &Tap::query(module, mix, hz)).unwrap();
                assert_eq!((tap.module(), tap.format()), (module, mix.format(SampleRate::new(hz).unwrap())));
            }
        }
    }
    assert_eq!(Tap::open(None, "x=1&rate=16k").unwrap().format().rate.hz(), 16_000);
    for (query, field) in [("rate=4000", "rate"), ("rate=x", "rate"), ("mix=left", "mix"), ("via=x", "via")] {
        assert_eq!(Tap::open(None, query).unwrap_err().field, field);
    }
}

#[test]
fn of_stereo_the_far_party_is_heard() {
    let mut tap = Tap::open(None, "mix=stereo").unwrap();
    let mut inbound = Vec::new();
    tap.binary([100i16, -7, 200, -7].iter().flat_map(|sample| sample.to_le_bytes()).collect(), &mut inbound);
    let [Inbound::Format(format), Inbound::Audio(bytes)] = &inbound[..] else { panic!("{inbound:?}") };
    assert_eq!((format.channels, format.side), (2, Side::Left));
    let mut samples = Vec::new();
    PcmReader::new(*format).unwrap().push(bytes, &mut samples).unwrap();
    assert_eq!(samples, [100, 200]);
}

#[test]
fn metadata_says_what_the_query_left_open() {
    let metadata = r#"{"sampleRate":16000,"mixType":"stereo","callSid":"x"}"#;
    let mut inbound = Vec::new();
    let mut tap = Tap::open(Some("audio.drachtio.org"), "").unwrap();
    tap.text(metadata, &mut inbound);
    tap.binary(vec![1, 2], &mut inbound);
    let format = Mix::Stereo.format(SampleRate::new(16_000).unwrap());
    assert_eq!(inbound, [note(metadata), Inbound::Format(format), Inbound::Audio(vec![1, 2])]);

    let mut inbound = Vec::new();
    let mut tap = Tap::open(None, "rate=8000&mix=mono").unwrap();
    tap.text(metadata, &mut inbound);
    tap.binary(vec![1, 2], &mut inbound);
    assert_eq!(inbound[1], Inbound::Format(PcmFormat::default()));

    let mut inbound = Vec::new();
    let mut tap = Tap::open(None, "").unwrap();
    tap.binary(vec![1], &mut inbound);
    tap.text(r#"{"sampleRate":"16000"}"#, &mut inbound);
    tap.binary(vec![2], &mut inbound);
    tap.binary(Vec::new(), &mut inbound);
    assert_eq!(inbound.iter().filter(|inbound| matches!(inbound, Inbound::Format(_))).count(), 2);
    assert_eq!(tap.format().rate.hz(), 16_000);
}

#[test]
fn digits_are_facts() {
    let mut tap = Tap::open(None, "").unwrap();
    let mut inbound = Vec::new();
    tap.text(r#"{"event":"dtmf","dtmf":"5","duration":"1600"}"#, &mut inbound);
    tap.text(r#"{"event":"dtmf","dtmf":"x"}"#, &mut inbound);
    tap.text(r#"{"event":"mark","dtmf":"5"}"#, &mut inbound);
    assert_eq!(inbound, [Inbound::Fact(Fact::Dtmf('5')), note(r#"{"event":"mark","dtmf":"5"}"#)]);
}

#[test]
fn what_goes_back() {
    let sent = |via: &str, out: &Outbound| -> Option<Value> {
        let text = Tap::open(None, &format!("via={via}")).unwrap().encode(out)?;
        Some(serde_json::from_str(&text).unwrap())
    };
    let news = Outbound::News(json!({"type": "verdict", "answered_by": "machine"}));
    for via in ["fork", "stream"] {
        let expected = json!({"type": "json", "kind": "verdict", "answered_by": "machine"});
        assert_eq!(sent(via, &news), Some(expected));
        assert_eq!(sent(via, &Outbound::News(json!([1]))), Some(json!({"type": "json", "data": [1]})));
        assert_eq!(sent(via, &Outbound::HangUp), None);
    }
    let audio = Outbound::Audio(vec![1, -2]);
    assert_eq!(
        sent("fork", &audio),
        Some(json!({"type": "playAudio", "data":
            {"audioContentType": "raw", "sampleRate": 8000, "audioContent": "AQD+/w==", "textContent": ""}}))
    );
    assert_eq!(
        sent("stream", &audio),
        Some(
            json!({"type": "streamAudio", "data": {"audioDataType": "raw", "sampleRate": 8000, "audioData": "AQD+/w=="}})
        )
    );
    assert_eq!(sent("fork", &Outbound::Flush), Some(json!({"type": "killAudio"})));
    assert_eq!(sent("stream", &Outbound::Flush), None);
    assert_eq!(sent("vg_tap", &news), None);
}

proptest! {
    #[test]
    fn no_text_is_lost_but_digits(text in "(?s).{0,80}", query in "[a-z=&0-9]{0,20}") {
        if let Ok(mut tap) = Tap::open(None, &query) {
            let mut inbound = Vec::new();
            tap.text(&text, &mut inbound);
            prop_assert_eq!(inbound, [Inbound::Note(text)]);
        }
    }
}
