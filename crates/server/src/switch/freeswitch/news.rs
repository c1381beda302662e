//! What an event of FreeSWITCH means for the watch of its leg.

use offhook_detect::Fact;
use offhook_telephony::esl::{Event, Leg};
use serde_json::{Map, Value};

use super::line::FreeSwitchLine;
use crate::switch::line::LegNews;

/// Events that the switch's tone detector raises for tones that are no record tones (mod_spandsp).
const OTHER_TONES: [&str; 7] = ["BUSY", "RING", "REORDER", "SIT", "CED", "CNG", "FAX"];

/// What an event means; `None`: nothing, or nothing new.
pub(super) fn of(event: &Event, line: &FreeSwitchLine) -> Option<LegNews> {
    let path = || event.get("Playback-File-Path").unwrap_or_default();
    match event.name() {
        "CHANNEL_ANSWER" => line.answered().then_some(LegNews::Answered),
        "DTMF" => digit(event).map(|digit| LegNews::Fact(Fact::Dtmf(digit))),
        "PLAYBACK_START" => {
            line.play_began(path());
            None
        }
        "PLAYBACK_STOP" => line.play_ended(path()).then_some(LegNews::PlayingEnded),
        "DETECTED_TONE" => is_beep(event).then_some(LegNews::Beep),
        "CHANNEL_BRIDGE" => (!line.is_given()).then_some(LegNews::Taken),
        "CHANNEL_HANGUP_COMPLETE" => Some(hung_up(event)),
        "CUSTOM" => custom(event, line),
        _ => None,
    }
}

fn custom(event: &Event, line: &FreeSwitchLine) -> Option<LegNews> {
    let subclass = event.subclass()?;
    if matches!(subclass, "avmd::beep" | "vmd::beep") {
        return Some(LegNews::Beep);
    }
    let (module, what) = subclass.split_once("::")?;
    if !matches!(module, "mod_audio_fork" | "mod_audio_stream") {
        return None;
    }
    let heard_here = || line.is_heard_here();
    match what {
        "connect" => {
            line.audio_began();
            (!heard_here()).then_some(LegNews::AudioBegan)
        }
        "connect_failed" | "error" | "disconnect" => {
            let said = event.body().map(str::trim).filter(|body| !body.is_empty());
            let why = said.map_or_else(|| subclass.to_owned(), |said| format!("{subclass}: {said}"));
            let why = why.chars().filter(|letter| !letter.is_control()).take(300).collect();
            line.audio_failed().then_some(LegNews::AudioFailed(why))
        }
        "json" if !heard_here() => serde_json::from_str(event.body()?).ok().map(LegNews::Result),
        _ => None,
    }
}

fn digit(event: &Event) -> Option<char> {
    let digit = event.get("DTMF-Digit")?.chars().next()?;
    (digit.is_ascii_digit() || matches!(digit, 'A'..='D' | '*' | '#')).then_some(digit)
}

fn is_beep(event: &Event) -> bool {
    let tone = event.get("Detected-Tone").unwrap_or_default().to_ascii_uppercase();
    event.get("Detected-Fax-Tone").is_none() && !OTHER_TONES.iter().any(|other| tone.starts_with(other))
}

fn hung_up(event: &Event) -> LegNews {
    let leg = Leg::of(event).unwrap_or_default();
    let number = |name: &str| event.variable(name).and_then(|value| value.parse::<f64>().ok()).map(Value::from);
    let all = [
        ("q850", leg.q850.map(Value::from)),
        ("sip_status", leg.sip_status.map(Value::from)),
        ("billed_ms", event.variable("billmsec").and_then(|value| value.parse::<u64>().ok()).map(Value::from)),
        ("mos", number("rtp_audio_in_mos")),
        ("disposition", event.variable("sip_hangup_disposition").map(Value::from)),
    ];
    let details: Map<String, Value> =
        all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    LegNews::HungUp { cause: leg.cause.unwrap_or_else(|| "UNKNOWN".into()), details: Value::Object(details) }
}
