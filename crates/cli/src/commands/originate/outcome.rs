//! What became of calls, one by one and in all.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;

use crate::terminal::{Ink, Paint};

/// What became of one call.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Outcome {
    /// Who was called.
    to: String,
    call_id: Option<String>,
    id: Option<String>,
    /// `human`, `voicemail`, …; `busy`, `no_answer`, `not_reached`; `failed`.
    outcome: String,
    /// Whether it was answered.
    answered: bool,
    confidence: Option<f64>,
    decided_ms: Option<u64>,
    ready_ms: Option<u64>,
    /// What was done with it.
    done: Vec<String>,
    hangup_cause: Option<String>,
    /// Why it failed.
    error: Option<String>,
}

impl Outcome {
    /// By its record.
    pub(super) fn of(to: &str, record: &Value) -> Self {
        let handling = &record["handling"];
        let cause = handling["hangup_cause"].as_str();
        let answered = !handling["answered_ms"].is_null();
        let heard = record["answered_by"].as_str().unwrap_or("unknown");
        let steps = handling["steps"].as_array().into_iter().flatten();
        let tells = |word: &str| matches!(word, "transfer" | "bridge" | "hangup" | "play" | "stop_playing" | "park");
        Self {
            to: to.to_owned(),
            call_id: record["call_id"].as_str().map(str::to_owned),
            id: record["id"].as_str().map(str::to_owned),
            outcome: if answered { heard.to_owned() } else { unanswered(cause).to_owned() },
            answered,
            confidence: record["confidence"].as_f64().filter(|_| answered),
            decided_ms: record["decided_ms"].as_u64().filter(|_| answered),
            ready_ms: record["ready_ms"].as_u64(),
            done: steps
                .filter_map(|step| step["order"].as_str())
                .filter(|word| tells(word))
                .map(str::to_owned)
                .collect(),
            hangup_cause: cause.map(str::to_owned),
            error: None,
        }
    }

    /// It could not be placed, or nothing was heard of it.
    pub(super) fn failed(to: &str, call_id: Option<&str>, error: &str) -> Self {
        Self {
            to: to.to_owned(),
            call_id: call_id.map(str::to_owned),
            id: None,
            outcome: "failed".into(),
            answered: false,
            confidence: None,
            decided_ms: None,
            ready_ms: None,
            done: Vec::new(),
            hangup_cause: None,
            error: Some(error.to_owned()),
        }
    }

    /// What became of it, in a word.
    pub(super) fn word(&self) -> &str {
        &self.outcome
    }
}

/// Why nobody answered, by the cause of Q.850 or the word that a switch has for it.
fn unanswered(cause: Option<&str>) -> &'static str {
    match cause.unwrap_or_default() {
        "USER_BUSY" | "BUSY" | "17" => "busy",
        "NO_ANSWER" | "NO_USER_RESPONSE" | "ALLOTTED_TIMEOUT" | "NOANSWER" | "18" | "19" => "no_answer",
        _ => "not_reached",
    }
}

/// All calls.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Summary {
    calls: usize,
    answered: usize,
    human: usize,
    voicemail: usize,
    other: usize,
    busy: usize,
    no_answer: usize,
    not_reached: usize,
    /// Those that could not be placed, or of which nothing was heard.
    pub(super) failed: usize,
    /// Half of the verdicts came by then, in milliseconds of audio.
    decided_median_ms: Option<u64>,
    /// 95 of 100 did.
    decided_p95_ms: Option<u64>,
}

impl Summary {
    /// Counts.
    pub(super) fn of(outcomes: &[Outcome]) -> Self {
        let count = |word: &str| outcomes.iter().filter(|outcome| outcome.outcome == word).count();
        let answered = outcomes.iter().filter(|outcome| outcome.answered).count();
        let (human, voicemail) = (count("human"), count("voicemail"));
        let mut times: Vec<u64> = outcomes.iter().filter_map(|outcome| outcome.decided_ms).collect();
        times.sort_unstable();
        let part = |of_hundred: usize| {
            let place = (times.len() * of_hundred).div_ceil(100).saturating_sub(1);
            times.get(place).copied()
        };
        Self {
            calls: outcomes.len(),
            answered,
            human,
            voicemail,
            other: answered - human - voicemail,
            busy: count("busy"),
            no_answer: count("no_answer"),
            not_reached: count("not_reached"),
            failed: count("failed"),
            decided_median_ms: part(50),
            decided_p95_ms: part(95),
        }
    }
}

fn seconds(ms: Option<u64>) -> String {
    ms.map_or_else(String::new, |ms| format!("{:.2} s", ms as f64 / 1e3))
}

/// A line a call, and the summary.
pub(super) fn write(out: &mut dyn Write, outcomes: &[Outcome], summary: &Summary, paint: Paint) -> io::Result<()> {
    let width = outcomes.iter().map(|outcome| outcome.to.chars().count()).max().unwrap_or_default().max(2);
    let head = format!("{:width$}  {:20} {:>5} {:>8}  {:24} {}", "to", "picked up", "sure", "after", "done", "cause");
    writeln!(out, "{}", paint.mark(Ink::Strong, head))?;
    for outcome in outcomes {
        let ink = match outcome.word() {
            "human" => Ink::Person,
            "failed" => Ink::Wrong,
            _ if outcome.answered => Ink::Machine,
            _ => Ink::Faint,
        };
        let word = paint.mark(ink, format!("{:20}", outcome.word().replace('_', " ")));
        let sure = outcome.confidence.map_or_else(String::new, |sure| format!("{:.0} %", sure * 100.0));
        let cause = outcome.error.as_deref().or(outcome.hangup_cause.as_deref()).unwrap_or_default();
        let (after, done) = (seconds(outcome.decided_ms), outcome.done.join(", "));
        writeln!(out, "{:width$}  {word} {sure:>5} {after:>8}  {done:24} {cause}", outcome.to)?;
    }
    let Summary { calls, answered, human, voicemail, other, busy, no_answer, not_reached, failed, .. } = summary;
    writeln!(out)?;
    writeln!(
        out,
        "{calls} calls: {answered} answered ({human} human, {voicemail} voicemail, {other} other), {busy} busy, {no_answer} without answer, {not_reached} not reached, {failed} failed"
    )?;
    if summary.decided_median_ms.is_some() {
        let (median, p95) = (seconds(summary.decided_median_ms), seconds(summary.decided_p95_ms));
        writeln!(out, "verdict after {median} in the median, {p95} at the 95th percentile")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn calls_are_counted_by_what_became_of_them() {
        let heard = |who: &str, decided: u64| {
            json!({"id": "1", "call_id": "a", "answered_by": who, "confidence": 0.9, "decided_ms": decided,
                "handling": {"answered_ms": 0, "hangup_cause": "NORMAL_CLEARING", "steps": [{"order": "set"}, {"order": "hangup"}]}})
        };
        let rang = |cause: &str| json!({"answered_by": "unknown", "handling": {"answered_ms": null, "hangup_cause": cause, "steps": []}});
        let mut outcomes: Vec<Outcome> = [
            heard("human", 900),
            heard("voicemail", 2_000),
            heard("fax", 400),
            rang("USER_BUSY"),
            rang("NO_ANSWER"),
            rang("X"),
        ]
        .iter()
        .map(|record| Outcome::of("100", record))
        .collect();
        outcomes.push(Outcome::failed("100", None, "refused"));
        assert_eq!(outcomes[0].done, ["hangup"]);
        let summary = Summary::of(&outcomes);
        let expected = Summary {
            calls: 7,
            answered: 3,
            human: 1,
            voicemail: 1,
            other: 1,
            busy: 1,
            no_answer: 1,
            not_reached: 1,
            failed: 1,
            decided_median_ms: Some(900),
            decided_p95_ms: Some(2_000),
        };
        assert_eq!(summary, expected);
        let mut text = Vec::new();
        write(&mut text, &outcomes, &summary, Paint::for_output()).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.contains("7 calls: 3 answered (1 human, 1 voicemail, 1 other), 1 busy"), "{text}");
        assert!(text.contains("refused"), "{text}");
    }

    #[test]
    fn no_calls_are_no_figures() {
        assert_eq!(Summary::of(&[]), Summary::default());
    }
}
