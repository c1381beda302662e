//! Verdicts, causes and tones in plain words.

use std::time::Duration;

use offhook_detect::{AnsweredBy, Cause, FaxTone, ReadyReason, SitCode, SupervisoryTone};

/// Who, or what, picked up, as the beginning of a sentence.
pub fn who(answered_by: AnsweredBy) -> &'static str {
    match answered_by {
        AnsweredBy::Human => "a person",
        AnsweredBy::Voicemail => "voicemail",
        AnsweredBy::MailboxUnavailable => "a mailbox that takes no message",
        AnsweredBy::Announcement => "an announcement of the network",
        AnsweredBy::Ivr => "a menu or a queue",
        AnsweredBy::CallScreener => "a service that screens calls",
        AnsweredBy::Fax => "a fax machine",
        AnsweredBy::Sit(_) => "a special information tone of the network",
        AnsweredBy::Silence => "nobody",
        AnsweredBy::Unknown => "it could not be told",
    }
}

fn s(span: Duration) -> String {
    format!("{:.2} s", span.as_secs_f64())
}

/// Why, with the numbers, as the end of a sentence.
pub fn why(cause: &Cause) -> String {
    match *cause {
        Cause::ShortGreeting { voice, silence, .. } => {
            format!("{} of voice, then {} of silence awaiting a reply", s(voice), s(silence))
        }
        Cause::LongGreeting { voice, limit } => {
            format!("{} of voice, where a person's greeting has less than {}", s(voice), s(limit))
        }
        Cause::Weighed { machine, voice, silence, net, timing, reasons, limit } => {
            let side = |adds: f32| if adds < 0.0 { "a person" } else { "a machine" };
            let mut why = format!(
                "a machine is {:.1} % likely (limit {:.1} %) after {} of voice and {} of silence",
                machine.get() * 100.0,
                limit.get() * 100.0,
                s(voice),
                s(silence)
            );
            for (what, adds) in
                [("the sound", net), ("the rhythm", timing)].into_iter().filter(|(_, adds)| *adds != 0.0)
            {
                why += &format!(", {what} speaks for {} ({adds:+.1})", side(adds));
            }
            for reason in reasons.iter().filter(|reason| reason.adds != 0.0) {
                why += &format!(", {} of {:.2} {:+.1}", reason.feature.replace('_', " "), reason.value, reason.adds);
            }
            why
        }
        Cause::TooManyWords { words, limit } => {
            format!("{words} words, where a person's greeting has no more than {limit}")
        }
        Cause::LongWord { length, limit } => {
            format!("one unbroken burst of voice of {}, where no word is as long as {}", s(length), s(limit))
        }
        Cause::Cadence { utterances, voice, longest_pause } => format!(
            "a text read out: {utterances} utterances, {} of voice, no pause longer than {}",
            s(voice),
            s(longest_pause)
        ),
        Cause::InitialSilence { silence, limit } => {
            format!("nothing was said for {}, and {} is the most that was waited", s(silence), s(limit))
        }
        Cause::Beep { hz, length, level } => format!("a record tone of {hz:.0} Hz for {} at {level}", s(length)),
        Cause::Sit { code } => format!("the tone that says: {}", sit(code)),
        Cause::Fax { tone } => fax(tone).to_owned(),
        Cause::Supervisory { tone } => format!("{} tone", supervisory(tone)),
        Cause::Music { length } => format!("music for {}", s(length)),
        Cause::Conversation { utterances, voice } => {
            format!("spoke again after a verdict that said otherwise: turn {utterances}, {} of voice", s(voice))
        }
        Cause::Timeout { elapsed, voice, limit } => {
            format!("not enough evidence within {} ({} is allowed), {} of voice in it", s(elapsed), s(limit), s(voice))
        }
        Cause::NoAudio { elapsed, limit } => {
            format!("no audio arrived for {}, and {} is the most that was waited", s(elapsed), s(limit))
        }
        Cause::HungUp { elapsed, voice } => {
            format!(
                "the call ended after {}, {} of voice in it, before there was enough evidence",
                s(elapsed),
                s(voice)
            )
        }
    }
}

/// What a special information tone says.
pub fn sit(code: SitCode) -> &'static str {
    match code {
        SitCode::Intercept => "the number was changed or is not in service (IC)",
        SitCode::VacantCode => "there is no such number (VC)",
        SitCode::Reorder => "the call could not be completed (RO)",
        SitCode::NoCircuit => "all circuits are busy (NC)",
        SitCode::Uncoded => "the call cannot be completed (no code)",
    }
}

/// The word for a special information tone in our output.
pub fn sit_word(code: SitCode) -> &'static str {
    match code {
        SitCode::Intercept => "intercept",
        SitCode::VacantCode => "vacant_code",
        SitCode::Reorder => "reorder",
        SitCode::NoCircuit => "no_circuit",
        SitCode::Uncoded => "uncoded",
    }
}

/// What a fax tone is.
pub fn fax(tone: FaxTone) -> &'static str {
    match tone {
        FaxTone::Cng => "the tone of a calling fax machine (CNG)",
        FaxTone::Ced => "the tone of an answering fax machine or modem (CED)",
        FaxTone::Ansam => "the tone of an answering fast modem (ANSam)",
    }
}

/// The word for a fax tone in our output.
pub fn fax_word(tone: FaxTone) -> &'static str {
    match tone {
        FaxTone::Cng => "cng",
        FaxTone::Ced => "ced",
        FaxTone::Ansam => "ansam",
    }
}

/// The word for a tone of the network.
pub fn supervisory(tone: SupervisoryTone) -> &'static str {
    match tone {
        SupervisoryTone::Dial => "dial",
        SupervisoryTone::Ringback => "ringback",
        SupervisoryTone::Busy => "busy",
        SupervisoryTone::Reorder => "reorder",
        SupervisoryTone::CallWaiting => "call_waiting",
    }
}

/// Why a message may start.
pub fn ready(reason: &ReadyReason) -> String {
    match reason {
        ReadyReason::Beep { ended } => format!("the record tone ended at {:.2} s", ended.as_secs_f64()),
        ReadyReason::Silence { silence } => format!("the greeting ended and {} of silence followed", s(*silence)),
        ReadyReason::Timeout { limit } => {
            format!("neither a record tone nor lasting silence came within {}", s(*limit))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_a_clause_with_its_numbers() {
        let ms = Duration::from_millis;
        let cause = Cause::ShortGreeting { voice: ms(620), silence: ms(800), limit: ms(800) };
        assert_eq!(why(&cause), "0.62 s of voice, then 0.80 s of silence awaiting a reply");
        let cause = Cause::LongGreeting { voice: ms(3400), limit: ms(3400) };
        assert_eq!(why(&cause), "3.40 s of voice, where a person's greeting has less than 3.40 s");
    }
}
