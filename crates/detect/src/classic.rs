//! The rules of Asterisk's `AMD()`: energy, counters and limits, reproduced from its behaviour so that a dialplan tuned
//! for it gets the same answers here.
//!
//! What is counted, and in which order it is tested, decides many calls, so both are kept as Asterisk has them:
//!
//! - A frame is 20 ms. It is silent if the mean of its absolute samples, rounded down, is below the threshold.
//! - Counting begins as if within a word: a voice that is there from the first frame on is no counted word.
//! - Voice adds up over pauses for the long greeting, but starts anew after a pause for words and word lengths.
//! - The time allowed is tested before the frame is looked at.
//! - A frame that never arrives moves the time and nothing else: neither silence nor voice, and no silence ends.

use std::time::Duration;

use crate::config::ClassicConfig;
use crate::signals::Signals;
use crate::verdict::{AnsweredBy, Cause};

/// Milliseconds in a frame.
const FRAME_MS: u32 = 20;
/// Samples in a frame.
const FRAME_SAMPLES: u32 = 160;

/// The limits in milliseconds, as Asterisk has them.
#[derive(Clone, Copy, Debug)]
struct Limits {
    initial_silence: u32,
    greeting: u32,
    after_greeting_silence: u32,
    total_analysis_time: u32,
    min_word_length: u32,
    between_words_silence: u32,
    maximum_number_of_words: u16,
    silence_threshold: u32,
    maximum_word_length: u32,
}

impl Limits {
    fn new(config: &ClassicConfig) -> Self {
        let ms = |limit: Duration| u32::try_from(limit.as_millis()).unwrap_or(u32::MAX);
        Self {
            initial_silence: ms(config.initial_silence),
            greeting: ms(config.greeting),
            after_greeting_silence: ms(config.after_greeting_silence),
            total_analysis_time: ms(config.total_analysis_time),
            min_word_length: ms(config.min_word_length),
            between_words_silence: ms(config.between_words_silence),
            maximum_number_of_words: config.maximum_number_of_words,
            silence_threshold: u32::from(config.silence_threshold),
            maximum_word_length: ms(config.maximum_word_length),
        }
    }
}

/// One half of a frame.
#[derive(Clone, Copy, Debug)]
struct Half {
    sum_abs: u32,
    lost: bool,
}

/// Counts words and silences from the answer on and gives one verdict.
#[derive(Clone, Debug)]
pub(crate) struct ClassicRules {
    limits: Limits,
    half: Option<Half>,
    /// Time since the answer.
    elapsed: u32,
    /// Whether any frame arrived.
    audio: bool,
    /// The silence going on.
    silence: u32,
    /// All voice.
    voice: u32,
    /// Voice since the last pause that parts words.
    word: u32,
    words: u16,
    /// Whether a pause that parts words came before what is heard now.
    between_words: bool,
    /// Whether a voice long enough for a word was heard.
    greeting: bool,
    decided: bool,
}

impl ClassicRules {
    /// Rules that begin to count with the next hop.
    pub(crate) fn new(config: &ClassicConfig) -> Self {
        Self {
            limits: Limits::new(config),
            half: None,
            elapsed: 0,
            audio: false,
            silence: 0,
            voice: 0,
            word: 0,
            words: 0,
            between_words: false,
            greeting: false,
            decided: false,
        }
    }

    /// Takes a hop; two make a frame. Gives who answered, and why, once.
    ///
    /// Silence at the beginning makes a machine in Asterisk, so it is [`AnsweredBy::Voicemail`] here too, with
    /// [`Cause::InitialSilence`] to tell it from a machine that was heard.
    pub(crate) fn push(&mut self, signals: &Signals) -> Option<(AnsweredBy, Cause)> {
        if self.decided {
            return None;
        }
        let late = Half { sum_abs: signals.level.sum_abs, lost: signals.lost };
        let Some(early) = self.half.take() else {
            self.half = Some(late);
            return None;
        };
        let mean = (!early.lost && !late.lost).then(|| early.sum_abs.saturating_add(late.sum_abs) / FRAME_SAMPLES);
        let verdict = self.frame(mean);
        self.decided = verdict.is_some();
        verdict
    }

    /// Takes the mean absolute sample of a frame, or `None` for one that never arrived.
    fn frame(&mut self, mean: Option<u32>) -> Option<(AnsweredBy, Cause)> {
        self.elapsed += FRAME_MS;
        self.audio |= mean.is_some();
        if self.elapsed >= self.limits.total_analysis_time {
            let (elapsed, limit) = (ms(self.elapsed), ms(self.limits.total_analysis_time));
            let cause = if self.audio {
                Cause::Timeout { elapsed, voice: ms(self.voice), limit }
            } else {
                Cause::NoAudio { elapsed, limit }
            };
            return Some((AnsweredBy::Unknown, cause));
        }
        if mean? < self.limits.silence_threshold { self.silent_frame() } else { self.voice_frame() }
    }

    fn silent_frame(&mut self) -> Option<(AnsweredBy, Cause)> {
        let limits = &self.limits;
        self.silence += FRAME_MS;
        if self.silence >= limits.between_words_silence {
            self.between_words = true;
            self.word = 0;
        }
        let silence = ms(self.silence);
        if !self.greeting && self.silence >= limits.initial_silence {
            let cause = Cause::InitialSilence { silence, limit: ms(limits.initial_silence) };
            return Some((AnsweredBy::Voicemail, cause));
        }
        if self.greeting && self.silence >= limits.after_greeting_silence {
            let limit = ms(limits.after_greeting_silence);
            return Some((AnsweredBy::Human, Cause::ShortGreeting { voice: ms(self.voice), silence, limit }));
        }
        None
    }

    fn voice_frame(&mut self) -> Option<(AnsweredBy, Cause)> {
        let limits = &self.limits;
        self.silence = 0;
        self.voice += FRAME_MS;
        self.word += FRAME_MS;
        let long_enough = self.word >= limits.min_word_length;
        if long_enough && self.between_words {
            self.between_words = false;
            self.words = self.words.saturating_add(1);
        }
        let machine = |cause| Some((AnsweredBy::Voicemail, cause));
        if self.word >= limits.maximum_word_length {
            return machine(Cause::LongWord { length: ms(self.word), limit: ms(limits.maximum_word_length) });
        }
        if self.words > limits.maximum_number_of_words {
            return machine(Cause::TooManyWords { words: self.words, limit: limits.maximum_number_of_words });
        }
        if self.greeting && self.voice >= limits.greeting {
            return machine(Cause::LongGreeting { voice: ms(self.voice), limit: ms(limits.greeting) });
        }
        self.greeting |= long_enough;
        None
    }
}

fn ms(millis: u32) -> Duration {
    Duration::from_millis(u64::from(millis))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::signals::Level;

    const LOUD: u32 = 80 * 1000;

    fn hop(sum_abs: u32, lost: bool) -> Signals {
        Signals { lost, level: Level { sum_abs, ..Level::default() }, ..Signals::default() }
    }

    /// Stretches of milliseconds: `v` voice, `s` silence, `x` lost. The verdict, and when it came.
    fn run_with(config: &ClassicConfig, stretches: &[(char, u64)]) -> Option<(AnsweredBy, Cause, u64)> {
        let mut rules = ClassicRules::new(config);
        let mut at = 0;
        for &(kind, length) in stretches {
            for _ in 0..length / 10 {
                at += 10;
                let signals = hop(if kind == 'v' { LOUD } else { 0 }, kind == 'x');
                if let Some((who, cause)) = rules.push(&signals) {
                    return Some((who, cause, at));
                }
            }
        }
        None
    }

    fn run(stretches: &[(char, u64)]) -> Option<(AnsweredBy, Cause, u64)> {
        run_with(&ClassicConfig::default(), stretches)
    }

    fn span(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_short_greeting_then_silence_is_a_person() {
        let cause = Cause::ShortGreeting { voice: span(400), silence: span(800), limit: span(800) };
        assert_eq!(run(&[('s', 500), ('v', 400), ('s', 5000)]), Some((AnsweredBy::Human, cause, 1700)));
    }

    #[test]
    fn silence_from_the_answer_on_is_a_machine_in_these_rules() {
        let cause = Cause::InitialSilence { silence: span(2500), limit: span(2500) };
        assert_eq!(run(&[('s', 5000)]), Some((AnsweredBy::Voicemail, cause, 2500)));
    }

    #[test]
    fn voice_adds_up_over_pauses() {
        let cause = Cause::LongGreeting { voice: span(1500), limit: span(1500) };
        assert_eq!(run(&[('s', 60), ('v', 900), ('s', 400), ('v', 900)]), Some((AnsweredBy::Voicemail, cause, 1960)));
    }

    #[test]
    fn the_third_word_is_one_too_many() {
        let cause = Cause::TooManyWords { words: 3, limit: 2 };
        let words = [('s', 60), ('v', 120), ('s', 60), ('v', 120), ('s', 60), ('v', 120)];
        assert_eq!(run(&words), Some((AnsweredBy::Voicemail, cause, 520)));
    }

    #[test]
    fn voice_from_the_first_frame_on_is_no_counted_word() {
        let three_words = [('v', 120), ('s', 60), ('v', 120), ('s', 60), ('v', 120), ('s', 60)];
        assert_eq!(run(&three_words), None);
        let four_words = [three_words.as_slice(), &[('v', 120)]].concat();
        assert!(matches!(run(&four_words), Some((_, Cause::TooManyWords { words: 3, .. }, _))));
    }

    #[test]
    fn a_pause_that_does_not_part_words_does_not_count_one() {
        let words = [('s', 60), ('v', 120), ('s', 40), ('v', 120), ('s', 40), ('v', 120), ('s', 40)];
        assert_eq!(run(&words), None);
    }

    #[test]
    fn a_click_is_no_word_and_no_greeting() {
        let cause = Cause::InitialSilence { silence: span(2500), limit: span(2500) };
        assert_eq!(run(&[('s', 1000), ('v', 80), ('s', 3000)]), Some((AnsweredBy::Voicemail, cause, 3580)));
    }

    #[test]
    fn an_unbroken_word_is_tested_before_the_words_and_the_greeting() {
        let config = ClassicConfig {
            maximum_word_length: span(1500),
            maximum_number_of_words: 0,
            min_word_length: span(1500),
            ..ClassicConfig::default()
        };
        let cause = Cause::LongWord { length: span(1500), limit: span(1500) };
        let heard = run_with(&config, &[('s', 60), ('v', 2000)]);
        assert_eq!(heard, Some((AnsweredBy::Voicemail, cause, 1560)));
    }

    #[test]
    fn the_default_word_limit_is_reached_only_with_a_longer_greeting() {
        let config =
            ClassicConfig { greeting: span(6000), total_analysis_time: span(8000), ..ClassicConfig::default() };
        let cause = Cause::LongWord { length: span(5000), limit: span(5000) };
        assert_eq!(run_with(&config, &[('v', 7000)]), Some((AnsweredBy::Voicemail, cause, 5000)));
    }

    #[test]
    fn clicks_alone_run_out_of_time() {
        let clicks: Vec<_> = (0..60).flat_map(|_| [('v', 20), ('s', 80)]).collect();
        let cause = Cause::Timeout { elapsed: span(5000), voice: span(980 + 20), limit: span(5000) };
        assert_eq!(run(&clicks), Some((AnsweredBy::Unknown, cause, 5000)));
    }

    #[test]
    fn time_is_tested_before_the_frame_is_looked_at() {
        let config = ClassicConfig { total_analysis_time: span(2500), ..ClassicConfig::default() };
        assert!(matches!(run_with(&config, &[('s', 2500)]), Some((_, Cause::Timeout { .. }, 2500))));
    }

    #[test]
    fn a_line_without_a_single_frame_is_told_from_a_silent_one() {
        let cause = Cause::NoAudio { elapsed: span(5000), limit: span(5000) };
        assert_eq!(run(&[('x', 6000)]), Some((AnsweredBy::Unknown, cause, 5000)));
    }

    #[test]
    fn lost_frames_move_the_time_but_are_neither_silence_nor_voice() {
        let cause = Cause::InitialSilence { silence: span(2500), limit: span(2500) };
        assert_eq!(run(&[('s', 1000), ('x', 500), ('s', 2000)]), Some((AnsweredBy::Voicemail, cause, 3000)));
        let cause = Cause::ShortGreeting { voice: span(200), silence: span(800), limit: span(800) };
        let greeting = [('v', 100), ('x', 1000), ('v', 100), ('s', 400), ('x', 1000), ('s', 400)];
        assert_eq!(run(&greeting), Some((AnsweredBy::Human, cause, 3000)));
    }

    #[test]
    fn the_threshold_itself_is_voice() {
        let voiced = |mean: u32| {
            let mut rules = ClassicRules::new(&ClassicConfig::default());
            for _ in 0..2 {
                rules.push(&hop(mean * 80, false));
            }
            rules.voice > 0
        };
        assert!(voiced(256) && !voiced(255));
        let mut rules = ClassicRules::new(&ClassicConfig::default());
        rules.push(&hop(255 * 160 + 159, false));
        rules.push(&hop(0, false));
        assert_eq!(rules.voice, 0, "the mean is rounded down");
    }

    proptest! {
        #[test]
        fn any_sound_gets_one_verdict_in_time(
            hops in prop::collection::vec((0u32..=80 * 32_768, prop::bool::weighted(0.1)), 900),
            quiet in prop::collection::vec(any::<bool>(), 90),
            total in 20u64..8000,
            words in 0u16..6,
        ) {
            let config = ClassicConfig {
                total_analysis_time: span(total), maximum_number_of_words: words, ..ClassicConfig::default()
            };
            let mut rules = ClassicRules::new(&config);
            let mut verdicts = Vec::new();
            for (i, &(sum_abs, lost)) in hops.iter().enumerate() {
                let sum_abs = if quiet[i / 10] { sum_abs % 1000 } else { sum_abs };
                if rules.push(&hop(sum_abs, lost)).is_some() {
                    verdicts.push((i as u64 + 1) * 10);
                }
            }
            prop_assert_eq!(verdicts.len(), 1);
            prop_assert!(verdicts[0] < total + u64::from(FRAME_MS));
        }
    }
}
