use offhook_audio::{Dbm0, HOP_LENGTH};

use super::features::TimingFeatures;
use super::words::{Burst, Words};

/// Hops without voice that part two words: 60 ms.
const BETWEEN_WORDS: u32 = 6;

/// Follows the rhythm of voice and silence since the answer, for the timing model.
///
/// A burst of voice is a word once it is 100 ms long and 50 ms of it are voiced; others (clicks, breath, clatter) leave
/// no trace. Words are 60 ms apart or more, utterances 400 ms, turns 1.4 s. These limits are the defaults of
/// [`crate::CadenceConfig`] and, unlike those, fixed: what a model has learned depends on them.
///
/// Time counts in hops that were heard. A lost hop is neither voice nor silence, but enough of them end a word.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timing {
    heard: u32,
    /// Hops lost since the last hop with voice.
    lost: u32,
    /// Where the wait for the first word began.
    origin: u32,
    burst: Option<Burst>,
    /// The words that are over.
    words: Words,
}

impl Timing {
    /// Nothing heard: the call is answered now.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins anew: the call is answered now.
    pub fn restart(&mut self) {
        *self = Self::new();
    }

    /// One hop of 10 ms: whether it holds voice (tones and music are none) and whether that is a voiced sound, its level
    /// and that of the background.
    pub fn push(&mut self, voice: bool, voiced: bool, level: Dbm0, floor: Dbm0) {
        let started = self.heard;
        self.heard = self.heard.saturating_add(1);
        if voice {
            self.lost = 0;
            self.burst.get_or_insert(Burst::beginning(started)).push(self.heard, voiced, level, floor);
        } else {
            self.part_words();
        }
    }

    /// One hop that never arrived.
    pub fn push_gap(&mut self) {
        self.lost = self.lost.saturating_add(1);
        self.part_words();
    }

    /// What sounds now is a tone of the network: the wait for the first word begins after it.
    pub fn ringing(&mut self) {
        if self.words.lengths.count == 0 && self.word().is_none() {
            self.origin = self.heard;
        }
    }

    fn part_words(&mut self) {
        let Some(burst) = self.burst else { return };
        if (self.heard - burst.ended).saturating_add(self.lost) >= BETWEEN_WORDS {
            if burst.is_word() {
                self.words.add(&burst, self.origin);
            }
            self.burst = None;
        }
    }

    /// The word that goes on.
    fn word(&self) -> Option<&Burst> {
        self.burst.as_ref().filter(|burst| burst.is_word())
    }

    /// What was heard so far.
    pub fn features(&self) -> TimingFeatures {
        let mut words = self.words;
        if let Some(word) = self.word() {
            words.add(word, self.origin);
        }
        let speaking = f32::from(u8::from(self.word().is_some()));
        if words.lengths.count == 0 {
            let wait = seconds(self.heard - self.origin);
            return TimingFeatures { delay: wait, silence: wait, speaking, ..TimingFeatures::default() };
        }
        let count = words.lengths.count as f32;
        let voice = words.lengths.sum as f32 * SECONDS;
        let since_first_word = seconds(self.heard - words.began);
        TimingFeatures {
            delay: seconds(words.delay),
            since_first_word,
            voice,
            voice_share: voice / since_first_word,
            words: count,
            word_rate: count / voice,
            mean_word: voice / count,
            longest_word: seconds(words.longest),
            latest_word: seconds(words.latest),
            word_variation: words.lengths.deviation() * SECONDS,
            utterances: words.utterances as f32,
            first_utterance: seconds(words.first_utterance),
            latest_utterance: seconds(words.latest_utterance),
            longest_utterance: seconds(words.longest_utterance),
            turn_voice: seconds(words.turn_voice),
            silence: seconds(self.heard - words.ended),
            mean_pause: words.pauses.mean() * SECONDS,
            longest_pause: seconds(words.longest_pause),
            latest_pause: seconds(words.latest_pause),
            pause_variation: words.pauses.deviation() * SECONDS,
            short_pauses: words.short_pauses as f32,
            pause_before: seconds(words.pause_before),
            speaking,
            voiced_share: words.voiced as f32 / words.lengths.sum as f32,
            voiced_rate: words.voiced_runs as f32 / voice,
            level_variation: words.levels.deviation(),
            level_above_floor: words.above_floor.mean(),
        }
    }
}

/// Seconds a hop.
const SECONDS: f32 = HOP_LENGTH.as_millis() as f32 / 1000.0;

fn seconds(hops: u32) -> f32 {
    hops as f32 * SECONDS
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOOR: Dbm0 = Dbm0(-50.0);

    /// Plays spans of hops: `v` voiced, `u` unvoiced voice, `.` silence, `x` lost.
    fn play(timing: &mut Timing, spans: &[(char, u32)]) {
        for &(kind, hops) in spans {
            for _ in 0..hops {
                match kind {
                    'v' => timing.push(true, true, Dbm0(-20.0), FLOOR),
                    'u' => timing.push(true, false, Dbm0(-30.0), FLOOR),
                    'x' => timing.push_gap(),
                    _ => timing.push(false, false, FLOOR, FLOOR),
                }
            }
        }
    }

    fn after(spans: &[(char, u32)]) -> TimingFeatures {
        let mut timing = Timing::new();
        play(&mut timing, spans);
        timing.features()
    }

    fn assert_close(found: TimingFeatures, expected: TimingFeatures) {
        let rows = TimingFeatures::TABLE.iter().zip(found.values()).zip(expected.values());
        for ((feature, found), expected) in rows {
            assert!((found - expected).abs() < 1e-4, "{}: {found}, not {expected}", feature.name);
        }
    }

    #[test]
    fn one_word_and_the_silence_after_it() {
        let expected = TimingFeatures {
            delay: 0.5,
            since_first_word: 0.8,
            voice: 0.3,
            voice_share: 0.375,
            words: 1.0,
            word_rate: 1.0 / 0.3,
            mean_word: 0.3,
            longest_word: 0.3,
            latest_word: 0.3,
            utterances: 1.0,
            first_utterance: 0.3,
            latest_utterance: 0.3,
            longest_utterance: 0.3,
            turn_voice: 0.3,
            silence: 0.5,
            pause_before: 0.5,
            voiced_share: 2.0 / 3.0,
            voiced_rate: 2.0 / 0.3,
            level_variation: (200.0f32 / 9.0).sqrt(),
            level_above_floor: (2.0 * 30.0 + 20.0) / 3.0,
            ..TimingFeatures::default()
        };
        let hello = [('.', 50), ('v', 10), ('u', 10), ('v', 10), ('.', 50)];
        assert_close(after(&hello), expected);
        assert_close(
            after(&hello[..4]),
            TimingFeatures { since_first_word: 0.3, voice_share: 1.0, silence: 0.0, speaking: 1.0, ..expected },
        );
    }

    #[test]
    fn words_utterances_and_turns() {
        let found = after(&[
            ('.', 20),
            ('v', 20),
            ('.', 10),
            ('v', 40),
            ('.', 50),
            ('v', 30),
            ('.', 140),
            ('v', 10),
            ('.', 6),
            ('v', 12),
        ]);
        let pauses = [0.1, 0.5, 1.4, 0.06f32];
        let words = [0.2, 0.4, 0.3, 0.1, 0.12f32];
        let mean = |of: &[f32]| of.iter().sum::<f32>() / of.len() as f32;
        let deviation = |of: &[f32]| {
            let mean = mean(of);
            (of.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / of.len() as f32).sqrt()
        };
        assert_close(
            found,
            TimingFeatures {
                delay: 0.2,
                since_first_word: 3.18,
                voice: 1.12,
                voice_share: 1.12 / 3.18,
                words: 5.0,
                word_rate: 5.0 / 1.12,
                mean_word: mean(&words),
                longest_word: 0.4,
                latest_word: 0.12,
                word_variation: deviation(&words),
                utterances: 3.0,
                first_utterance: 0.6,
                latest_utterance: 0.22,
                longest_utterance: 0.6,
                turn_voice: 0.22,
                silence: 0.0,
                mean_pause: mean(&pauses),
                longest_pause: 1.4,
                latest_pause: 0.06,
                pause_variation: deviation(&pauses),
                short_pauses: 2.0,
                pause_before: 1.4,
                speaking: 1.0,
                voiced_share: 1.0,
                voiced_rate: 5.0 / 1.12,
                level_variation: 0.0,
                level_above_floor: 30.0,
            },
        );
    }

    #[test]
    fn what_is_no_word_leaves_no_trace() {
        let waiting = TimingFeatures { delay: 0.4, silence: 0.4, ..TimingFeatures::default() };
        assert_close(after(&[('.', 40)]), waiting);
        assert_close(after(&[('.', 21), ('v', 9), ('.', 10)]), waiting);
        assert_close(after(&[('u', 30), ('v', 4), ('.', 6)]), waiting);
        let quiet = [('v', 30), ('.', 30)];
        let clicks = [('v', 30), ('.', 10), ('v', 3), ('.', 10), ('u', 3), ('.', 4)];
        assert_close(after(&clicks), after(&quiet));
    }

    #[test]
    fn a_pause_within_a_word_is_voice() {
        let found = after(&[('v', 10), ('.', 5), ('v', 10)]);
        assert_eq!((found.words, found.voiced_share), (1.0, 0.8));
        assert!((found.voice - 0.25).abs() < 1e-6 && (found.voiced_rate - 8.0).abs() < 1e-4);
        assert_eq!(after(&[('v', 10), ('.', 6), ('v', 10)]).words, 2.0);
    }

    #[test]
    fn what_is_lost_is_neither_voice_nor_silence() {
        let whole = [('.', 20), ('v', 30), ('.', 30)];
        let holes = [('x', 50), ('.', 20), ('v', 15), ('x', 5), ('v', 15), ('.', 10), ('x', 99), ('.', 20), ('x', 7)];
        assert_close(after(&holes), after(&whole));
        let parted = after(&[('v', 15), ('x', 6), ('v', 15)]);
        assert_eq!((parted.words, parted.mean_pause), (2.0, 0.0));
        assert!((parted.voice - 0.3).abs() < 1e-6);
    }

    #[test]
    fn the_wait_begins_with_the_answer_or_after_ringing() {
        let mut timing = Timing::new();
        play(&mut timing, &[('.', 100), ('v', 20)]);
        timing.restart();
        play(&mut timing, &[('.', 30)]);
        timing.ringing();
        play(&mut timing, &[('.', 20), ('v', 20), ('.', 10)]);
        timing.ringing();
        assert_close(timing.features(), after(&[('.', 20), ('v', 20), ('.', 10)]));
    }

    #[test]
    fn it_is_small() {
        assert!(size_of::<Timing>() <= 400, "{}", size_of::<Timing>());
    }
}
