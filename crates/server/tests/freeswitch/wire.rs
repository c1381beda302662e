//! Bytes of a real FreeSWITCH, made to tell of other calls.

use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) const PLAIN: &str = include_str!("../../../telephony/tests/captures/esl-plain-answer-hangup.txt");
pub(crate) const JSON: &str = include_str!("../../../telephony/tests/captures/esl-json-answer-hangup.txt");
pub(crate) const BEEP: &str = include_str!("../../../telephony/tests/captures/esl-plain-avmd-beep.txt");
pub(crate) const BAD_PASSWORD: &str = include_str!("../../../telephony/tests/captures/esl-bad-password.txt");
pub(crate) const OUTBOUND: &str = include_str!("../../../telephony/tests/captures/esl-outbound.txt");

static SEQUENCE: AtomicU64 = AtomicU64::new(10_000);

/// The number of the next event.
pub(crate) fn next() -> u64 {
    SEQUENCE.fetch_add(1, Ordering::Relaxed)
}

/// A frame around the text of an event.
pub(crate) fn frame(event: &str) -> String {
    format!("Content-Length: {}\nContent-Type: text/event-plain\n\n{event}", event.len())
}

/// The texts of the events of a capture.
fn events(capture: &str) -> Vec<&str> {
    let mut rest = capture;
    let mut events = Vec::new();
    while let Some(after) = rest.strip_prefix("Content-Length: ") {
        let (length, after) = after.split_once('\n').unwrap();
        let (_, body) = after.split_once("\n\n").unwrap();
        let length: usize = length.parse().unwrap();
        events.push(&body[..length]);
        rest = &body[length..];
    }
    events
}

/// The event with these headers instead of its own of the same names, of this leg, and with a number of its own.
fn changed(event: &str, leg: &str, changes: &[(&str, &str)]) -> String {
    let number = next().to_string();
    let event = event.replace(unique_id(event), leg);
    let lines = event.lines().filter(|line| !line.is_empty()).map(|line| {
        let (name, value) = line.split_once(": ").unwrap_or((line, ""));
        let value = match name {
            "Event-Sequence" => &number,
            name => changes.iter().find(|(changed, _)| *changed == name).map_or(value, |(_, value)| value),
        };
        format!("{name}: {value}\n")
    });
    let mut all: String = lines.collect();
    for (name, value) in changes {
        if !all.contains(&format!("{name}: ")) {
            all += &format!("{name}: {value}\n");
        }
    }
    all + "\n"
}

/// `CHANNEL_ANSWER` as it was captured.
pub(crate) fn answer(leg: &str, changes: &[(&str, &str)]) -> String {
    frame(&changed(events(PLAIN)[0], leg, changes))
}

/// `CHANNEL_HANGUP_COMPLETE` as it was captured.
pub(crate) fn hangup(leg: &str) -> String {
    frame(&changed(events(PLAIN)[1], leg, &[]))
}

/// `CHANNEL_PROGRESS_MEDIA`: the same leg before its answer.
pub(crate) fn early(leg: &str) -> String {
    let changes =
        [("Event-Name", "CHANNEL_PROGRESS_MEDIA"), ("Answer-State", "early"), ("Caller-Channel-Answered-Time", "0")];
    answer(leg, &changes)
}

/// An event of the switch that tells of a leg.
pub(crate) fn event(name: &str, leg: &str, headers: &[(&str, &str)], body: Option<&str>) -> String {
    let mut text = format!("Event-Name: {name}\nEvent-Sequence: {}\nUnique-ID: {leg}\n", next());
    for (name, value) in headers {
        text += &format!("{name}: {value}\n");
    }
    match body {
        Some(body) => text += &format!("Content-Length: {}\n\n{body}", body.len()),
        None => text += "\n",
    }
    frame(&text)
}

/// `avmd::beep` as it was captured: both copies, with one number.
pub(crate) fn beep(leg: &str) -> String {
    let events = events(BEEP);
    let known = unique_id(events[0]);
    let number = next().to_string();
    events
        .iter()
        .map(|event| {
            let event = event.replace(known, leg);
            let lines = event.lines().map(|line| {
                let number = format!("Event-Sequence: {number}");
                if line.starts_with("Event-Sequence:") { number } else { line.to_owned() }
            });
            frame(&(lines.collect::<Vec<_>>().join("\n") + "\n"))
        })
        .collect()
}

fn unique_id(event: &str) -> &str {
    event.lines().find_map(|line| line.strip_prefix("Unique-ID: ")).unwrap()
}

/// What `uuid_dump LEG json` says: the captured answer, with variables.
pub(crate) fn dump(leg: &str, variables: &[(String, String)]) -> String {
    let (_, body) = JSON.split_once("\n\n").unwrap();
    let mut value: serde_json::Value = serde_json::Deserializer::from_str(body).into_iter().next().unwrap().unwrap();
    let known = value["Unique-ID"].as_str().unwrap().to_owned();
    let text = value.to_string().replace(&known, leg);
    value = serde_json::from_str(&text).unwrap();
    for (name, text) in variables {
        value[format!("variable_{name}")] = text.clone().into();
    }
    value.to_string()
}

/// What `connect` is answered with, for a leg.
pub(crate) fn channel(leg: &str) -> String {
    let (first, _) = OUTBOUND.split_once("\n\n").unwrap();
    let known = first.lines().find_map(|line| line.strip_prefix("Channel-Unique-ID: ")).unwrap();
    first.replace(known, leg) + "\n\n"
}

/// A header in the percent-encoding of the switch.
pub(crate) fn encoded(text: &str) -> String {
    text.replace('%', "%25").replace(':', "%3A").replace(' ', "%20")
}
