//! The rules on rhythm: who picked up, by voice and silence and their limits.

use std::time::Duration;

use crate::config::DecideConfig;
use crate::trackers::Cadence;
use crate::verdict::{AnsweredBy, Cause};

/// Silence after the first words from which a person is the likeliest: provisional.
const FIRST_GUESS: Duration = Duration::from_millis(300);
/// Share of the longest greeting of a person from which a machine is the likeliest: provisional.
const GUESS_SHARE: f32 = 0.8;

/// Who it is, and why, once the limits are met. `music` is whether music is likely.
pub(crate) fn decided(d: &DecideConfig, c: &Cadence, music: bool) -> Option<(AnsweredBy, Cause)> {
    let (voice, silence) = (c.turn_voice, c.silence());
    let limit = silence_for(d, voice);
    if voice >= d.long_greeting {
        let machine = if music { AnsweredBy::Ivr } else { AnsweredBy::Voicemail };
        Some((machine, Cause::LongGreeting { voice, limit: d.long_greeting }))
    } else if c.turn_utterances >= d.read_utterances && voice >= d.read_voice {
        let (utterances, longest_pause) = (c.turn_utterances, c.turn_longest_pause);
        Some((AnsweredBy::Voicemail, Cause::Cadence { utterances, voice, longest_pause }))
    } else if c.first_word.is_some() && silence >= limit && !c.sounding() && !music {
        Some((AnsweredBy::Human, Cause::ShortGreeting { voice, silence, limit }))
    } else {
        None
    }
}

/// The same in the clear cases only: a word or two and silence, or much more voice than a person's greeting has.
pub(crate) fn clear(d: &DecideConfig, c: &Cadence, music: bool) -> Option<(AnsweredBy, Cause)> {
    let voice = c.turn_voice;
    if voice >= d.clear_greeting {
        let machine = if music { AnsweredBy::Ivr } else { AnsweredBy::Voicemail };
        return Some((machine, Cause::LongGreeting { voice, limit: d.clear_greeting }));
    }
    let short = voice >= d.least_greeting && voice <= d.short_greeting;
    decided(d, c, music).filter(|(who, _)| *who == AnsweredBy::Human && short)
}

/// The likeliest, before the limits are met.
pub(crate) fn likeliest(d: &DecideConfig, c: &Cadence) -> Option<(AnsweredBy, Cause)> {
    let (voice, silence) = (c.turn_voice, c.silence());
    if voice >= d.long_greeting.mul_f32(GUESS_SHARE) {
        Some((AnsweredBy::Voicemail, Cause::LongGreeting { voice, limit: d.long_greeting }))
    } else if c.first_word.is_some() && silence >= FIRST_GUESS {
        Some((AnsweredBy::Human, Cause::ShortGreeting { voice, silence, limit: silence_for(d, voice) }))
    } else {
        None
    }
}

/// The silence asked for after this much voice: it grows evenly from a short to a longer greeting.
fn silence_for(d: &DecideConfig, voice: Duration) -> Duration {
    let span = d.longer_greeting.saturating_sub(d.short_greeting);
    let over = voice.saturating_sub(d.short_greeting).min(span);
    let share = if voice < d.least_greeting {
        1.0
    } else if span.is_zero() {
        f32::from(u8::from(voice > d.short_greeting))
    } else {
        over.as_secs_f32() / span.as_secs_f32()
    };
    let more = d.after_longer_greeting_silence.saturating_sub(d.after_greeting_silence);
    d.after_greeting_silence + more.mul_f32(share)
}
