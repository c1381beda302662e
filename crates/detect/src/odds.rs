//! From what was heard to probabilities, by one readable formula.
//!
//! The odds that a person answered fall with the voice heard and rise with the silence that follows it:
//! `ln odds = VOICE · (EVEN − voice) + SILENCE · (silence − 0.8 s)`, times in seconds. A person's greeting is short and
//! then waits; a machine's is long and goes on. What is not a person is shared among the kinds of machine by what else
//! was heard. The constants were read off
//! the calls marked `dev`.

use std::time::Duration;

use crate::verdict::{AnsweredBy, Cause, Probabilities};

/// Voice at which, 0.8 s of silence later, person and machine are equally likely, in seconds.
const EVEN: f32 = 2.5;
/// What a second of voice takes from the logarithm of the odds.
const VOICE: f32 = 2.6;
/// What a second of silence adds to it.
const SILENCE: f32 = 1.0;
/// The silence counted from, in seconds.
const AWAITED: f32 = 0.8;
/// How often the classic rules are right where they say human, and where they say machine.
const CLASSIC: (f32, f32) = (0.82, 0.74);
/// The most a person is likely after a verdict for a machine by its voice.
const PERSON_AFTER_ALL: f32 = 0.15;
/// The least a person is likely after a verdict for one.
const PERSON_AT_LEAST: f32 = 0.6;
/// How certain an unmistakable sound makes its verdict.
const CERTAIN: f32 = 0.98;

/// What has been heard since the answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heard {
    pub(crate) voice: Duration,
    pub(crate) silence: Duration,
    pub(crate) elapsed: Duration,
    /// What the learned models make of it, if they have a say.
    pub(crate) opinion: Option<Opinion>,
}

/// What the learned models make of what has been heard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Opinion {
    /// How likely a machine is.
    pub(crate) machine: f32,
    /// Of the machine's voice, the share that sounds like a menu or an announcement, if there is a net.
    pub(crate) prompt: Option<f32>,
}

/// How the probability of a machine is shared among its kinds. A voice that sounds like a prompt's may be a carrier's
/// greeting, a menu or an announcement, which words alone tell apart; the greeting, after which a message may be left, stays
/// the likeliest.
fn share_machines(weights: &mut [f32; AnsweredBy::ALL.len()], machine: f32, prompt: Option<f32>) {
    let prompt = prompt.unwrap_or(0.5);
    weights[AnsweredBy::Voicemail.index()] = (0.98 - 0.53 * prompt) * machine;
    weights[AnsweredBy::Ivr.index()] = 0.30 * prompt * machine;
    weights[AnsweredBy::Announcement.index()] = 0.23 * prompt * machine;
    weights[AnsweredBy::MailboxUnavailable.index()] = 0.02 * machine;
}

/// The probabilities of a verdict of the classic rules: as often as they are right on the calls marked `dev`.
pub(crate) fn classic(kind: AnsweredBy) -> Probabilities {
    let right = match kind {
        AnsweredBy::Human => CLASSIC.0,
        AnsweredBy::Voicemail => CLASSIC.1,
        _ => 1.0,
    };
    let mut weights = [0.0; AnsweredBy::ALL.len()];
    weights[AnsweredBy::Human.index()] = 1.0 - right;
    weights[AnsweredBy::Voicemail.index()] = 1.0 - right;
    weights[kind.index()] = right;
    Probabilities::from_weights(weights)
}

/// The probabilities of a verdict for `kind` because of `cause`, after what was heard.
pub(crate) fn probabilities(kind: AnsweredBy, cause: &Cause, heard: &Heard) -> Probabilities {
    let mut weights = match cause {
        // Calibrated as they are.
        Cause::Weighed { .. } => return Probabilities::from_weights(likely(heard)),
        Cause::Beep { .. }
        | Cause::Sit { .. }
        | Cause::Fax { .. }
        | Cause::Music { .. }
        | Cause::Supervisory { .. }
        | Cause::Conversation { .. } => {
            let mut weights = [(1.0 - CERTAIN) / 9.0; AnsweredBy::ALL.len()];
            weights[kind.index()] = CERTAIN;
            return Probabilities::from_weights(weights);
        }
        _ => likely(heard),
    };
    // A verdict that was given is at least as likely as verdicts of its kind have proved to be.
    let person = weights[AnsweredBy::Human.index()];
    if kind.is_machine() && person > PERSON_AFTER_ALL {
        weights[AnsweredBy::Human.index()] = PERSON_AFTER_ALL;
        weights[kind.index()] += person - PERSON_AFTER_ALL;
    } else if kind == AnsweredBy::Human && person < PERSON_AT_LEAST {
        weights = weights.map(|w| w * (1.0 - PERSON_AT_LEAST) / (1.0 - person));
        weights[AnsweredBy::Human.index()] = PERSON_AT_LEAST;
    }
    // A decided kind of machine takes most of what the formula gives to machines.
    if kind.is_machine() {
        let machines: f32 = AnsweredBy::ALL.iter().filter(|k| k.is_machine()).map(|k| weights[k.index()]).sum();
        for k in AnsweredBy::ALL.iter().filter(|k| k.is_machine()) {
            weights[k.index()] *= 0.3;
        }
        weights[kind.index()] += 0.7 * machines;
    }
    Probabilities::from_weights(weights)
}

/// The probabilities by voice and silence alone.
pub(crate) fn likely(heard: &Heard) -> [f32; AnsweredBy::ALL.len()] {
    let (voice, silence) = (heard.voice.as_secs_f32(), heard.silence.as_secs_f32());
    let mut weights = [0.0; AnsweredBy::ALL.len()];
    if heard.voice.is_zero() {
        // Most who will speak do so within two seconds.
        let nobody = 1.0 - (-heard.elapsed.as_secs_f32() / 2.0).exp();
        weights[AnsweredBy::Silence.index()] = nobody;
        weights[AnsweredBy::Unknown.index()] = 1.0 - nobody;
        return weights;
    }
    if let Some(opinion) = heard.opinion {
        weights[AnsweredBy::Human.index()] = 1.0 - opinion.machine;
        share_machines(&mut weights, opinion.machine, opinion.prompt);
        return weights;
    }
    let person = 1.0 / (1.0 + (VOICE * (voice - EVEN) + SILENCE * (AWAITED - silence)).exp());
    let person = person.clamp(0.01, 0.99);
    weights[AnsweredBy::Human.index()] = person;
    weights[AnsweredBy::CallScreener.index()] = 0.01;
    share_machines(&mut weights, 1.0 - person, None);
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(voice: f32, silence: f32) -> f32 {
        let heard = Heard {
            voice: Duration::from_secs_f32(voice),
            silence: Duration::from_secs_f32(silence),
            elapsed: Duration::from_secs_f32(voice + silence),
            opinion: None,
        };
        Probabilities::from_weights(likely(&heard)).of(AnsweredBy::Human).get()
    }

    #[test]
    fn a_person_is_likelier_the_shorter_the_greeting_and_the_longer_the_silence() {
        assert!(person(0.6, 0.8) > 0.95 && person(4.0, 0.8) < 0.05);
        assert!(person(2.4, 2.0) > person(2.4, 0.8) && person(2.0, 0.8) > person(2.4, 0.8));
    }

    #[test]
    fn probabilities_sum_to_one() {
        for (voice, silence) in [(0.0, 0.0), (0.0, 9.0), (1.0, 0.5), (30.0, 0.0)] {
            let heard = Heard {
                voice: Duration::from_secs_f32(voice),
                silence: Duration::from_secs_f32(silence),
                elapsed: Duration::from_secs_f32(voice + silence),
                opinion: None,
            };
            let cause = Cause::HungUp { elapsed: heard.elapsed, voice: heard.voice };
            for kind in AnsweredBy::ALL {
                let sum: f32 = probabilities(kind, &cause, &heard).iter().map(|(_, p)| p.get()).sum();
                assert!((sum - 1.0).abs() < 1e-5);
            }
        }
    }
}
