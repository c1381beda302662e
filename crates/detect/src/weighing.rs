//! The decision of the learned models: certainty against time.
//!
//! A machine is called as soon as its probability reaches the threshold of the operating point. A person is called in
//! silence: after the least silence if a person is very likely, after more silence if less so. After the latest silence it
//! is one or the other.

use std::time::Duration;

use crate::config::WeighConfig;
use crate::learned::Learned;
use crate::trackers::{Cadence, Weigh, Weighed};
use crate::verdict::{AnsweredBy, Cause, Probability};

/// From this probability on either is the likeliest: provisional.
const LIKELIEST: f32 = 0.7;
/// Silence after the first words from which a person may be the likeliest: provisional.
const FIRST_GUESS: Duration = Duration::from_millis(200);
/// No machine is called by less voice than this: it may be a cough.
const LEAST_VOICE: Duration = Duration::from_millis(300);

/// Who it is, and why, once that is certain enough for the time that has passed. `music` is whether music is likely.
pub(crate) fn decided(
    w: &WeighConfig,
    c: &Cadence,
    weigh: &mut Weigh,
    learned: &Learned,
    music: bool,
) -> Option<(AnsweredBy, Cause)> {
    c.first_word?;
    let opinion = weigh.opinion(learned, c.sounding())?;
    let (silence, threshold) = (c.silence(), weigh.balance(learned).threshold);
    let certain = opinion.machine >= threshold;
    let late = w.late_machine.get().min(threshold);
    let quiet = !c.sounding() && !music;
    let settled = quiet && silence >= w.late_silence && opinion.machine >= late;
    if (certain || settled) && c.voice >= LEAST_VOICE {
        let machine = if music { AnsweredBy::Ivr } else { AnsweredBy::Voicemail };
        let limit = if certain { threshold } else { late };
        return Some((machine, cause(c, weigh, learned, opinion, limit)));
    }
    if !quiet || silence < w.least_silence {
        return None;
    }
    let limit = person_below(w, late, silence);
    (opinion.machine < limit).then(|| (AnsweredBy::Human, cause(c, weigh, learned, opinion, limit)))
}

/// A machine must be less likely than this for a person to be called after this much silence. The limit rises in log-odds
/// as the square of the silence: most of the way lies at the end, where a reader's pauses are over.
fn person_below(w: &WeighConfig, last: f32, silence: Duration) -> f32 {
    let first = (1.0 - w.early_certainty.get()).min(last);
    let span = w.late_silence.saturating_sub(w.least_silence).as_secs_f32();
    let waited = silence.saturating_sub(w.least_silence).as_secs_f32();
    if waited >= span {
        return last;
    }
    let (first, last) = (log_odds(first), log_odds(last));
    1.0 / (1.0 + (-(first + (last - first) * (waited / span).powi(2))).exp())
}

fn log_odds(p: f32) -> f32 {
    let p = p.clamp(1e-4, 1.0 - 1e-4);
    (p / (1.0 - p)).ln()
}

/// The likeliest, before that; `None` if it is who was `told`: causes are not worked out to be thrown away.
pub(crate) fn likeliest(
    c: &Cadence,
    weigh: &mut Weigh,
    learned: &Learned,
    told: Option<AnsweredBy>,
) -> Option<(AnsweredBy, Cause)> {
    c.first_word?;
    let opinion = weigh.opinion(learned, c.sounding())?;
    let (who, limit) = if opinion.machine >= LIKELIEST && c.voice >= LEAST_VOICE {
        (AnsweredBy::Voicemail, LIKELIEST)
    } else if opinion.machine < 1.0 - LIKELIEST && c.silence() >= FIRST_GUESS {
        (AnsweredBy::Human, 1.0 - LIKELIEST)
    } else {
        return None;
    };
    (told != Some(who)).then(|| (who, cause(c, weigh, learned, opinion, limit)))
}

fn cause(c: &Cadence, weigh: &Weigh, learned: &Learned, opinion: Weighed, limit: f32) -> Cause {
    Cause::Weighed {
        machine: Probability::saturating(opinion.machine),
        limit: Probability::saturating(limit),
        voice: c.turn_voice,
        silence: c.silence(),
        timing: opinion.timing,
        net: opinion.net,
        reasons: weigh.reasons(learned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_certainty_is_asked_for_the_longer_it_is_silent() {
        let w = WeighConfig::default();
        let at = |ms| person_below(&w, 0.9, Duration::from_millis(ms));
        assert!((at(300) - (1.0 - w.early_certainty.get())).abs() < 1e-6 && at(600) > at(400));
        let latest = w.late_silence.as_millis() as u64;
        assert_eq!((at(latest), at(5000)), (0.9, 0.9));
        assert!(at(latest - 10) < 0.9);
        let strict = WeighConfig { early_certainty: Probability::percent(50.0), ..w };
        assert!((person_below(&strict, 0.3, w.least_silence) - 0.3).abs() < 1e-6);
    }
}
